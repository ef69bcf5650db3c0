"""Taking an order: checked, priced, numbered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import or_, select
from sqlmodel import col

from crm_tui.core.errors import Invalid, NotFound
from crm_tui.core.language import _, joined
from crm_tui.core.money import LARGEST_FEN
from crm_tui.core.words import BillingUnit, DispatchMode, Gender, OrderKind
from crm_tui.models import (
    MAIN_STORE,
    CompanionLevel,
    Game,
    Ladder,
    LadderRank,
    Order,
)
from crm_tui.services.clocks.terms import answer_by
from crm_tui.services.customers.stances import keep_apart
from crm_tui.services.customers.states import may_order
from crm_tui.services.fields.values import begin
from crm_tui.services.orders.billing import amount_fen, discounted
from crm_tui.services.orders.moves import Held, hold, tell
from crm_tui.services.orders.rules import AHEAD
from crm_tui.services.orders.staffing import Candidate, candidate
from crm_tui.storage.store import ReadWork, UnitOfWork

LONGEST_MINUTES = 7 * 24 * 60
"""Longer bookings are typing errors."""
MOST_PLACES = 10
"""Companions in one order; a whole team is five."""
FARTHEST_AHEAD = timedelta(days=92)


@dataclass(frozen=True, slots=True)
class NewOrder:
    """What a customer asks for.

    ``mode`` may be left out: a named companion means direct, else auto. ``places`` companions
    serve together; the one named has the first place. ``price_fen`` is the price of the whole
    order, agreed beforehand: the minutes served do not change it. ``demands`` may hold
    ``gender`` (a :class:`Gender`), ``level`` (code or name), ``rank`` (name on the game's ladder)
    and ``tags`` (a list). ``start_at`` is the instant at which the customer wants to begin; none
    means at once. ``custom`` holds custom fields as they were typed.
    """

    customer_id: int
    game_id: int
    planned_minutes: int
    kind: OrderKind = OrderKind.COMPANION
    billing_unit: BillingUnit = BillingUnit.HOURLY
    mode: DispatchMode | None = None
    places: int = 1
    companion_id: int | None = None
    price_fen: int | None = None
    demands: Mapping[str, Any] = field(default_factory=dict)
    note: str = ""
    start_at: datetime | None = None
    custom: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Quote:
    """What an order would cost, in fen: an hour of one companion by the list, and the whole less
    ``discount_bp`` of the list price ``list_fen``."""

    rate_fen: int
    amount_fen: int
    list_fen: int
    discount_bp: int


def quote(
    work: ReadWork,
    minutes: int,
    companion_id: int | None = None,
    level: str | None = None,
    places: int = 1,
    customer_id: int | None = None,
) -> Quote:
    """The price of ``minutes`` with ``places`` companions as :func:`take` would write it, with
    nothing agreed beforehand; without a customer, for one who is no member.

    Raises :class:`NotFound` and :class:`Refused` for the companion, :class:`NotFound` for the
    level.
    """
    named = candidate(work, companion_id) if companion_id is not None else None
    rate = _rate_fen(work, MAIN_STORE, named, level)
    listed = amount_fen(rate, minutes, places)
    discount = _discount_bp(work, customer_id) if customer_id is not None else 0
    return Quote(rate, discounted(listed, discount), listed, discount)


def take(
    work: UnitOfWork, new: NewOrder, follows: Held | None = None
) -> tuple[Held, Candidate | None]:
    """Write the order down as pending, and answer it with the companion who was named.

    ``follows`` is the order that it goes on from, whose hourly rate it keeps.
    Raises :class:`Invalid`, :class:`NotFound`, :class:`Refused` (blocked or minor customer, named
    companion who is kept from them).
    """
    store_id = may_order(work, new.customer_id).store_id or MAIN_STORE
    _check(work, new)
    named = candidate(work, new.companion_id) if new.companion_id is not None else None
    if named is not None:
        keep_apart(work, new.customer_id, named.id)
    mode = new.mode or (DispatchMode.DIRECT if named else DispatchMode.AUTO)
    if mode is DispatchMode.DIRECT and named is None:
        raise Invalid(field="companion", value="", expected=_("the companion who was asked for"))
    now = work.clock.now()
    rate = (
        follows.rate_fen if follows else _rate_fen(work, store_id, named, new.demands.get("level"))
    )
    discount = _discount_bp(work, new.customer_id) if new.price_fen is None else 0
    computed = discounted(amount_fen(rate, new.planned_minutes, new.places), discount)
    price = computed if new.price_fen is None else new.price_fen
    order = Order(
        store_id=store_id,
        no=_number(work, store_id),
        customer_id=new.customer_id,
        game_id=new.game_id,
        kind=new.kind,
        billing_unit=new.billing_unit,
        mode=mode,
        places=new.places,
        demands={name: value for name, value in new.demands.items() if value},
        named_companion_id=named.id if named else None,
        planned_minutes=new.planned_minutes,
        rate_fen=rate,
        amount_fen=price,
        price_agreed=new.price_fen is not None,
        discount_bp=discount,
        note=new.note,
        start_at=new.start_at,
        renewal_of_id=follows.id if follows else None,
        created_at=now,
        due_at=answer_by(work, store_id, _answer_from(new, now)),
        created_by=work.actor.login,
    )
    work.session.add(order)
    work.session.flush()
    may_order(work, new.customer_id)  # again: who is merged meanwhile held this up till they were
    assert order.id is not None
    order.custom = begin(work, "order", order.id, new.custom)
    work.session.flush()
    held = hold(work, order.no)
    tell(
        work,
        held,
        "order.created",
        customer_id=new.customer_id,
        game_id=new.game_id,
        order_kind=new.kind.value,
        billing_unit=new.billing_unit.value,
        mode=mode.value,
        places=new.places,
        named_companion_id=order.named_companion_id,
        planned_minutes=new.planned_minutes,
        rate_fen=rate,
        amount_fen=held.amount_fen,
        discount_bp=discount,
        start_at=new.start_at.isoformat() if new.start_at else None,
        due_at=held.due_at.isoformat() if held.due_at else None,
        renewal_of_id=order.renewal_of_id,
        renewal_of=follows.no if follows else None,
    )
    return held, named


def _answer_from(new: NewOrder, now: datetime) -> datetime:
    """The instant from which the customer waits for an answer."""
    return max(now, new.start_at - AHEAD) if new.start_at else now


def _check(work: UnitOfWork, new: NewOrder) -> None:
    if not 1 <= new.planned_minutes <= LONGEST_MINUTES:
        expected = _("minutes, 1 to {most}").format(most=LONGEST_MINUTES)
        raise Invalid(field="minutes", value=new.planned_minutes, expected=expected)
    if not 1 <= new.places <= MOST_PLACES:
        expected = _("companions, 1 to {most}").format(most=MOST_PLACES)
        raise Invalid(field="places", value=new.places, expected=expected)
    if new.price_fen is not None and not 0 <= new.price_fen <= LARGEST_FEN:
        raise Invalid(field="price_fen", value=new.price_fen, expected=_("an amount in fen"))
    start, now = new.start_at, work.clock.now()
    if start is not None and not now - timedelta(days=1) <= start <= now + FARTHEST_AHEAD:
        raise Invalid(field="start", value=start, expected=_("a time from now to three months on"))
    connection = work.session.connection()
    game = connection.execute(select(col(Game.id)).where(col(Game.id) == new.game_id)).scalar()
    if game is None:
        raise NotFound(what=_("game"), ref=new.game_id)
    gender, rank = new.demands.get("gender"), new.demands.get("rank")
    if gender and gender not in set(Gender):
        raise Invalid(field="gender", value=gender, expected=joined(Gender))
    if rank:
        ranks = (
            select(col(LadderRank.id))
            .join(Ladder, col(Ladder.id) == col(LadderRank.ladder_id))
            .where(col(Ladder.game_id) == new.game_id, col(LadderRank.name) == rank)
        )
        if connection.execute(ranks).first() is None:
            raise Invalid(field="rank", value=rank, expected=_("a rank of the game's ladder"))


def _rate_fen(
    work: ReadWork, store_id: int, named: Candidate | None, wanted_level: str | None
) -> int:
    """The price of an hour: the named companion's, else the level's, else the studio's."""
    if named and named.rate_fen:
        return named.rate_fen
    which = (
        col(CompanionLevel.id) == named.level_id
        if named
        else or_(col(CompanionLevel.code) == wanted_level, col(CompanionLevel.name) == wanted_level)
    )
    level = work.session.connection().execute(select(col(CompanionLevel.rate_fen)).where(which))
    found = level.scalar()
    if found is None and wanted_level and not named:
        raise NotFound(what=_("level"), ref=wanted_level)
    return found or int(work.setting("orders.default_rate_fen", store_id))


def _discount_bp(work: ReadWork, customer_id: int) -> int:
    """What the customer's membership level takes off a price that is not agreed beforehand."""
    from crm_tui.services.money.members.reads import discount_bp  # not before the board is shown

    return discount_bp(work, customer_id)


def _number(work: UnitOfWork, store_id: int) -> str:
    """The next free number of this business day, such as ``O0921-118``.

    Counters go by month and day, so a number never comes back in another year; numbers that an
    import brought along are stepped over. Other stores than the first carry theirs in it.
    """
    day = work.calendar(store_id).day_of(work.clock.now())
    prefix = f"O{day:%m%d}" if store_id == MAIN_STORE else f"O{day:%m%d}-{store_id}"
    while True:
        no = f"{prefix}-{work.next_number(store_id, prefix):03d}"
        taken = select(col(Order.id)).where(col(Order.no) == no)
        if work.session.connection().execute(taken).first() is None:
            return no
