"""Companions kept for an order that begins later: promised, and bound only when the time comes.

Until then they serve others; what they are promised for does not overlap. Every function expects
that the caller has hold of the order (:func:`.moves.hold`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, bindparam, delete, func, insert, select, update
from sqlmodel import col

from crm_tui.core.errors import Refused, Taken
from crm_tui.core.language import _
from crm_tui.core.text import listed
from crm_tui.models import Companion, Order, Reservation
from crm_tui.services.orders.moves import Held, amend, hold_id, tell
from crm_tui.services.orders.rules import WAITING
from crm_tui.services.orders.staffing import Candidate
from crm_tui.storage.store import ReadWork, UnitOfWork


@dataclass(frozen=True, slots=True)
class Kept:
    """A companion who is kept for a place of an order."""

    companion_id: int
    place: int
    nick: str


_OF_ORDER: Any = bindparam("of_order")
_COLUMNS: tuple[Any, ...] = (
    col(Reservation.companion_id),
    col(Reservation.place),
    col(Companion.nick),
)
_KEPT = (
    select(*_COLUMNS)
    .join(Companion, col(Companion.id) == col(Reservation.companion_id))
    .where(col(Reservation.order_id) == _OF_ORDER)
    .order_by(col(Reservation.place))
)
_TIMES: tuple[Any, ...] = (col(Order.no), col(Order.start_at), col(Order.planned_minutes))
_PROMISED = (
    select(*_TIMES)
    .join(Reservation, col(Reservation.order_id) == col(Order.id))
    .where(
        col(Reservation.companion_id) == bindparam("of_companion"),
        col(Order.id) != _OF_ORDER,
        col(Order.renewal_of_id).is_distinct_from(_OF_ORDER),
        col(Order.status).in_(WAITING),
    )
    .order_by(col(Order.start_at))
)
_LOCK = (
    select(col(Companion.id))
    .where(col(Companion.id) == bindparam("of_companion"))
    .with_for_update(key_share=True)
)
_RENEWAL = select(col(Order.id)).where(
    col(Order.renewal_of_id) == _OF_ORDER, col(Order.status).in_(WAITING)
)


def to_be_found() -> ColumnElement[bool]:
    """The condition "it waits, and not for its beginning only": a place of it is promised to
    nobody."""
    promised = (
        select(func.count())
        .select_from(Reservation)
        .where(col(Reservation.order_id) == col(Order.id))
        .scalar_subquery()
    )
    return col(Order.status).in_(WAITING) & (
        col(Order.start_at).is_(None) | (promised < col(Order.places))
    )


def kept(work: ReadWork, order_id: int) -> tuple[Kept, ...]:
    """Who is kept for the order, by place."""
    rows = work.session.connection().execute(_KEPT, {"of_order": order_id})
    return tuple(Kept(*row) for row in rows)


def keep(
    work: UnitOfWork, held: Held, who: Candidate, place: int | None = None
) -> tuple[Kept, ...]:
    """Keep ``who`` for a place of the order, the first free one where none is said; answers
    everybody who is kept for it then.

    Raises :class:`Taken` where every place is promised, :class:`Refused` where the companion is
    promised to another order at that time.
    """
    already = kept(work, held.id)
    taken = {one.place for one in already}
    free = [each for each in range(1, held.places + 1) if each not in taken]
    if not free or place in taken:
        raise Taken(no=held.no, by=listed(one.nick for one in already))
    if any(one.companion_id == who.id for one in already):
        why = _("{companion} has a place in {no} already.").format(companion=who.nick, no=held.no)
        raise Refused(why=why, companion=who.nick, reason="same")
    # Whoever keeps the same companion for another order meanwhile waits here until it is done.
    work.session.connection().execute(_LOCK, {"of_companion": who.id})
    stand_clear(work, held, who, held.start_at or work.clock.now())
    added = Kept(who.id, place or free[0], who.nick)
    work.session.connection().execute(
        insert(Reservation),
        {
            "order_id": held.id,
            "place": added.place,
            "companion_id": who.id,
            "reserved_at": work.clock.now(),
        },
    )
    return tuple(sorted((*already, added), key=lambda one: one.place))


def stand_clear(work: ReadWork, held: Held, who: Candidate, begins: datetime) -> None:
    """Raises :class:`Refused` (``reason`` ``reserved``) where the order, begun at ``begins``, would
    last into one that ``who`` is promised to, or begin within it; its own renewal waits for it."""
    ends = begins + timedelta(minutes=held.planned_minutes)
    asked = {"of_companion": who.id, "of_order": held.id}
    for no, start_at, planned in work.session.connection().execute(_PROMISED, asked):
        if start_at < ends and begins < start_at + timedelta(minutes=planned):
            wall = work.calendar(held.store_id).local(start_at)
            why = _("{companion} is kept for {no} from {time} on.").format(
                companion=who.nick, no=no, time=f"{wall:%m-%d %H:%M}"
            )
            raise Refused(why=why, companion=who.nick, by=no, reason="reserved")


def claim(work: UnitOfWork, held: Held, who: Candidate, filled: int) -> None:
    """Let ``who`` have a place of the order for which others may be kept; ``filled`` are bound.

    What was kept for ``who`` is theirs. Raises :class:`Taken` where the rest is promised.
    """
    promised = kept(work, held.id)
    others = [one for one in promised if one.companion_id != who.id]
    if filled + len(others) >= held.places:
        raise Taken(no=held.no, by=listed(one.nick for one in others))
    if len(others) < len(promised):
        drop(work, held, who.id)


def drop(work: UnitOfWork, held: Held, companion_id: int | None = None) -> None:
    """Nobody is kept for the order any more, or ``companion_id`` is not."""
    gone = delete(Reservation).where(col(Reservation.order_id) == held.id)
    if companion_id is not None:
        gone = gone.where(col(Reservation.companion_id) == companion_id)
    work.session.connection().execute(gone)


def waiting_renewal(work: ReadWork, order_id: int) -> int | None:
    """The order that waits to go on from this one."""
    return work.session.connection().execute(_RENEWAL, {"of_order": order_id}).scalar()


def hold_renewal(work: UnitOfWork, order_id: int) -> Held | None:
    """Take hold of the order that waits to go on from this one, where there is one."""
    renewal_id = waiting_renewal(work, order_id)
    if renewal_id is None:
        return None
    held = hold_id(work, renewal_id)
    return held if held.status in WAITING else None  # it may have been called off meanwhile


def follow(work: UnitOfWork, first_id: int, place: int, who: Candidate) -> None:
    """``who`` serves that place of the first order now, so they are kept for its renewal."""
    held = hold_renewal(work, first_id)
    if held is None:
        return
    moved = amend(work, held)
    work.session.connection().execute(
        update(Reservation)
        .where(col(Reservation.order_id) == held.id, col(Reservation.place) == place)
        .values(companion_id=who.id)
    )
    reserved = [one.companion_id for one in kept(work, held.id)]
    tell(work, moved, "order.reserved", companion_id=who.id, place=place, reserved=reserved)
