"""Going on from an order with a linked one (续单), the companions kept."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlmodel import col

from crm_tui.core.errors import Refused
from crm_tui.core.language import _
from crm_tui.core.words import OrderStatus
from crm_tui.models import Order
from crm_tui.services.orders import reservations, staffing
from crm_tui.services.orders.bookings import to_dispatch
from crm_tui.services.orders.giving import fill, reserve
from crm_tui.services.orders.intake import NewOrder, take
from crm_tui.services.orders.moves import Held, hold, move, not_allowed, tell
from crm_tui.services.orders.rules import OPEN
from crm_tui.storage.store import UnitOfWork

IN_HAND = frozenset({OrderStatus.ACCEPTED, OrderStatus.SERVING})
RENEWABLE = IN_HAND | {OrderStatus.CONFIRMING, OrderStatus.UNPAID, OrderStatus.COMPLETED}


def renew(
    work: UnitOfWork, no: str, minutes: int | None = None, expected_version: int | None = None
) -> int:
    """Take an order that goes on from ``no``, and answer its id.

    It has the customer, game, kind, demands, places and hourly rate of the first, and its length
    where ``minutes`` is left out; an agreed price is repeated for the same length. While the first
    is in hand its companions are kept for the renewal and bound to it when the first is finished;
    then it begins at once. After that they are bound now.

    Raises :class:`Refused` where it is renewed already or a companion is bound or promised
    elsewhere, :class:`NotAllowed` for an order that nobody serves or served.
    """
    first = hold(work, no, expected_version)
    in_hand = first.status in IN_HAND
    who = (staffing.serving if in_hand else staffing.finishers)(work, first.id)
    if first.status not in RENEWABLE or not who:
        raise not_allowed(first)
    _refuse_second(work, first)
    held, _named = take(
        work,
        NewOrder(
            customer_id=first.customer_id,
            game_id=first.game_id,
            planned_minutes=first.planned_minutes if minutes is None else minutes,
            kind=first.kind,
            billing_unit=first.billing_unit,
            places=first.places,
            companion_id=who[0].companion_id,
            price_fen=_repeated_price(first, minutes),
            demands=first.demands,
            note=first.note,
            start_at=_end_of(work, first) if in_hand else None,
        ),
        follows=first,
    )
    for one in who:
        companion = staffing.candidate(work, one.companion_id)
        if in_hand:
            held = reserve(work, held, companion, one.place)
        else:
            held = fill(work, held, companion, kind="order.assigned", place=one.place)
    return held.id


def go_on(work: UnitOfWork, first: Held) -> None:
    """The first order is finished: its renewal, where one waits, is served by the same from now.

    Where that can't be the renewal waits for dispatch, and an alarm says so.
    """
    held = reservations.hold_renewal(work, first.id)
    if held is None:
        return
    try:
        with work.session.begin_nested():
            _begin(work, held, first)
    except Refused as refusal:
        to_dispatch(work, held, refusal)


def _begin(work: UnitOfWork, held: Held, first: Held) -> None:
    reservations.drop(work, held)
    for one in staffing.finishers(work, first.id):
        who = staffing.candidate(work, one.companion_id)
        held = fill(work, held, who, kind="order.assigned", place=one.place)
    if held.status is OrderStatus.ACCEPTED:
        now = work.clock.now()
        begun = move(work, held, OrderStatus.SERVING, started_at=now)
        staffing.run_clocks(work, begun)
        tell(work, begun, "order.started", started_at=now.isoformat())


def _refuse_second(work: UnitOfWork, first: Held) -> None:
    still_open = select(col(Order.no)).where(
        col(Order.renewal_of_id) == first.id, col(Order.status).in_(OPEN)
    )
    by = work.session.connection().execute(still_open).scalar()
    if by is not None:
        why = _("{no} goes on with {renewal} already.").format(no=first.no, renewal=by)
        raise Refused(why=why, by=by, reason="renewed")


def _repeated_price(first: Held, minutes: int | None) -> int | None:
    same = minutes in (None, first.planned_minutes)
    return first.amount_fen if first.price_agreed and same else None


def _end_of(work: UnitOfWork, first: Held) -> datetime:
    """When the first order will have lasted as planned, if it runs from now on; not before now."""
    now = work.clock.now()
    left = timedelta(minutes=first.planned_minutes) - staffing.served(work, first.id, now)
    return now + max(left, timedelta(0))
