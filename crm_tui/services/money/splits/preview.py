"""Who would get what of an order, seen before it is given to a companion or taken down (N3).

Amounts are fen. Nothing is written; the rule is the one that holds today.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import bindparam, func, select
from sqlmodel import col

from crm_tui.core.errors import NotFound
from crm_tui.core.language import _
from crm_tui.core.money import yuan
from crm_tui.core.text import clean
from crm_tui.core.words import OrderStatus
from crm_tui.models import Companion, CompanionLevel, Order, Reservation
from crm_tui.services.money.splits.in_force import in_force
from crm_tui.services.money.splits.record import PartSplit, split_parts
from crm_tui.services.money.splits.rules import studio_fen
from crm_tui.services.money.splits.words import next_step
from crm_tui.services.orders.billing import margin
from crm_tui.services.orders.parts import Part, Priced, apportioned, parts_of, priced
from crm_tui.storage.store import ReadWork

LONGEST_NICK = 24
"""Characters of a nickname before what they get."""
_PERSON: tuple[Any, ...] = (
    col(Companion.id),
    col(Companion.nick),
    func.coalesce(CompanionLevel.code, "").label("level"),
    func.coalesce(CompanionLevel.name, "").label("level_name"),
    col(Companion.share_bp),
)
_PEOPLE = (
    select(*_PERSON)
    .outerjoin(CompanionLevel, col(CompanionLevel.id) == col(Companion.level_id))
    .where(col(Companion.id).in_(bindparam("ids", expanding=True)))
)
_RESERVED = (
    select(col(Reservation.place), col(Reservation.companion_id))
    .where(col(Reservation.order_id) == bindparam("of_order"))
    .order_by(col(Reservation.place))
)
_BY_NO = select(col(Order.id)).where(col(Order.no) == bindparam("no"))


@dataclass(frozen=True, slots=True)
class Preview:
    """What each party would get. ``lines`` are those of everybody who has a place then or served
    a part, by place; ``wanted`` is the line that is asked about."""

    wanted: PartSplit
    lines: tuple[PartSplit, ...]
    amount_fen: int
    """What the filled places cost."""
    filled: int
    places: int

    @property
    def companion_fen(self) -> int:
        """What the companions get of :attr:`amount_fen`."""
        return sum(one.companion_fen for one in self.lines)

    @property
    def studio_fen(self) -> int:
        """What the studio keeps of it; negative where it pays for the order."""
        return studio_fen(self.amount_fen, (one.line for one in self.lines))

    @property
    def text(self) -> str:
        """All of it on one line, a loss in words."""
        who = clean(self.wanted.companion, LONGEST_NICK)
        parts = [f"{who}: {self.wanted.explanation}"]
        if len(self.lines) > 1:
            told = _("{count} of {places} places filled then: ¥{theirs} to companions")
            theirs = yuan(self.companion_fen)
            parts.append(told.format(count=self.filled, places=self.places, theirs=theirs))
        parts += [margin(self.studio_fen), next_step(self.wanted.line)]
        return " · ".join(filter(None, parts))


def of_giving(work: ReadWork, no: str, companion_id: int, leaving_id: int | None = None) -> Preview:
    """What would come of giving order ``no``, or what is left of its service, to the companion:
    the place of who is leaving, else the first free one, else the place of whoever has the first.

    Raises :class:`NotFound`.
    """
    order_id = work.session.connection().execute(_BY_NO, {"no": no.strip()}).scalar()
    if order_id is None:
        raise NotFound(what=_("order"), ref=no)
    (order,) = priced(work, [order_id])
    there = [
        replace(part, bound=part.bound and part.companion_id != companion_id)
        for part in parts_of(work, [order])[order.id]
    ]
    reserved: Any = work.session.connection().execute(_RESERVED, {"of_order": order_id})
    kept = {place: who for place, who in reserved if who != companion_id}
    stay = (part for part in there if part.bound and part.companion_id != leaving_id)
    taken = {part.place for part in stay} | set(kept)
    places = range(1, order.places + 1)
    place = next((each for each in places if each not in taken), 1)
    kept = {each: who for each, who in kept.items() if each != place}
    there = [replace(part, bound=part.bound and part.place != place) for part in there]
    return _preview(work, order, there, kept | {place: companion_id}, place)


def of_new_order(work: ReadWork, order: Priced, companion_id: int) -> Preview:
    """What would come of an order that is not taken down yet, with the companion in its first
    place. Raises :class:`NotFound`."""
    return _preview(work, order, (), {1: companion_id}, 1)


def _preview(
    work: ReadWork, order: Priced, there: Sequence[Part], coming: Mapping[int, int], place: int
) -> Preview:
    """The preview for those who are ``there`` and, by place, those who would come."""
    rows = work.session.connection().execute(_PEOPLE, {"ids": list(coming.values())})
    people = {row.id: row for row in rows}
    if coming[place] not in people:
        raise NotFound(what=_("companion"), ref=coming[place])
    new = [
        Part(order.id, 0, who, row.nick, at, row.level, row.level_name, row.share_bp)
        for at, who in coming.items()
        for row in [people[who]]
    ]
    going_on = replace(order, status=OrderStatus.ACCEPTED)
    parts = apportioned(going_on, [*(part for part in there if part.served or part.bound), *new])
    now = work.clock.now()
    version = in_force(work, order.store_id, work.calendar(order.store_id).day_of(now))
    lines = split_parts(work, order, parts, version, now)
    filled = {part.place for part in parts}
    (wanted,) = (one for one in lines if one.place == place and not one.assignment_id)
    amount = sum(part.paid_fen for part in parts)
    return Preview(wanted, lines, amount, len(filled), order.places)
