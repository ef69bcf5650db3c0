"""Orders booked ahead: those who are kept for them are bound when the time comes."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import aliased
from sqlmodel import col

from crm_tui.core.errors import CrmError, Refused, Taken
from crm_tui.core.words import AlarmKind, OrderStatus
from crm_tui.models import Assignment, Order, Reservation
from crm_tui.services.alarms.actions import raise_alarm
from crm_tui.services.clocks.terms import answer_by
from crm_tui.services.orders import reservations, staffing
from crm_tui.services.orders.giving import fill
from crm_tui.services.orders.moves import Held, amend, hold_free, tell
from crm_tui.services.orders.reservations import Kept
from crm_tui.services.orders.rules import AHEAD, STAFFED, WAITING
from crm_tui.storage.store import ReadWork, UnitOfWork


def bind_reserved_due(work: UnitOfWork) -> list[str]:
    """Bind those who are kept for orders that begin soon; answers the numbers of those orders.

    ``dispatch.reserve_minutes`` before its start an order has its companions, whatever presence
    they say. Who still serves another that is planned to end by then is waited for. Where somebody
    can't be had the order waits for dispatch, and an alarm says so. A renewal of an order in hand
    is left to the end of that. Orders that somebody holds are left for the next time.
    """
    done = []
    now = work.clock.now()
    for order_id in work.session.connection().scalars(_due(now)).all():
        held = hold_free(work, order_id)
        if held is None or held.status not in WAITING or held.start_at is None:
            continue
        lead = timedelta(minutes=work.setting("dispatch.reserve_minutes", held.store_id))
        if held.start_at <= now + lead and _bind_all(work, held):
            done.append(held.no)
    return done


def to_dispatch(
    work: UnitOfWork, held: Held, refusal: CrmError, companion_id: int | None = None
) -> Held:
    """Give up keeping ``companion_id``, or all, for the order: it waits for dispatch from now on,
    and an alarm says why."""
    reservations.drop(work, held, companion_id)
    now = work.clock.now()
    due = answer_by(work, held.store_id, now)
    moved = amend(work, held, due_at=due)
    tell(
        work,
        moved,
        "order.unreserved",
        companion_id=companion_id,
        reserved=[one.companion_id for one in reservations.kept(work, held.id)],
        due_at=due.isoformat(),
        reason=refusal.message(),
    )
    parts = {"companion_id": companion_id, "reason": refusal.facts.get("reason", refusal.code)}
    occasion = f"{companion_id or 'all'} {now.isoformat()}"
    raise_alarm(work, AlarmKind.RESERVATION, "order", held.id, occasion, parts=parts)
    return moved


def _due(now: datetime) -> Any:
    """Ids of the waiting orders that somebody is kept for and that begin soon."""
    first = aliased(Order)
    in_hand = (
        select(col(first.id))
        .where(
            col(first.id) == col(Order.renewal_of_id),
            col(first.status).in_((*WAITING, *STAFFED)),
        )
        .exists()
    )
    return (
        select(col(Order.id))
        .join(Reservation, col(Reservation.order_id) == col(Order.id))
        .where(col(Order.status).in_(WAITING), col(Order.start_at) <= now + AHEAD, ~in_hand)
        .distinct()
        .order_by(col(Order.id))
    )


def _bind_all(work: UnitOfWork, held: Held) -> bool:
    """Bind whom there is; True where something changed."""
    before = held
    for one in reservations.kept(work, held.id):
        if held.status not in WAITING:
            break
        if _free_in_time(work, one, held):
            held = _bind(work, held, one)
    if held.status is OrderStatus.ACCEPTED:
        reservations.drop(work, held)
    return held.version != before.version


def _bind(work: UnitOfWork, held: Held, one: Kept) -> Held:
    try:
        with work.session.begin_nested():
            who = staffing.candidate(work, one.companion_id)
            reservations.drop(work, held, who.id)
            return fill(work, held, who, kind="order.assigned")
    except (Refused, Taken) as refusal:
        return to_dispatch(work, held, refusal, one.companion_id)


def _free_in_time(work: ReadWork, one: Kept, held: Held) -> bool:
    """False while they serve another order that is planned to end before this one begins; then
    they are waited for."""
    now = work.clock.now()
    columns: tuple[Any, ...] = (
        col(Order.id),
        col(Order.planned_minutes),
    )
    query = (
        select(*columns)
        .join(Assignment, col(Assignment.order_id) == col(Order.id))
        .where(col(Assignment.companion_id) == one.companion_id, col(Assignment.ended_at).is_(None))
    )
    other = work.session.connection().execute(query).one_or_none()
    if other is None:
        return True
    left = timedelta(minutes=other.planned_minutes) - staffing.served(work, other.id, now)
    assert held.start_at is not None
    return now >= held.start_at or now + left > held.start_at
