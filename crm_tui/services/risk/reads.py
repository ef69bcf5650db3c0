"""What the rules look at: who was touched by what happened, and what is known of them.

Every query goes by an index and looks at one customer, one companion or one pair.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    String,
    and_,
    cast,
    exists,
    func,
    literal,
    or_,
    select,
    type_coerce,
)
from sqlmodel import col

from crm_tui.core.clock import BusinessCalendar, to_micros
from crm_tui.core.words import AlarmKind, OrderStatus, SessionEnd, TaskKind
from crm_tui.models import STUDIO, Assignment, Customer, Operator, Order, Rating
from crm_tui.models.contacts import Interaction, Task
from crm_tui.services.alarms.reads import untold
from crm_tui.services.orders.rows import OrderRow, rows_by_ids
from crm_tui.services.risk.rules import Limits, Pair, Rate, near, telling, usual_hour
from crm_tui.storage.events import EventRow
from crm_tui.storage.store import ReadWork

OVERRUN_OCCASION = "planned:"
"""An overrun is told of once for each length that was planned; the minutes follow."""
LOW_RATING = 2
"""The best rating that counts as a complaint."""
_COMPLAINING = frozenset({"order.confirmed", "task.added", "task.reopened"})
_CANCELLING = frozenset({"order.cancelled", "order.released"})
_SERVING = frozenset({"order.started"})
_NOTED = frozenset({"interaction.noted", "interaction.edited", "interaction.restored"})
_MINUTE = 60_000_000


@dataclass(slots=True)
class Touched:
    """Whom the rules have to look at again, because of what happened."""

    complaining: set[int] = field(default_factory=set)
    """Customers."""
    cancelling: set[int] = field(default_factory=set)
    """Customers."""
    withdrawing: set[int] = field(default_factory=set)
    """Companions."""
    pairs: set[tuple[int, int]] = field(default_factory=set)
    """Customers and companions."""


def touched(work: ReadWork, told: Sequence[EventRow], limits: Limits) -> Touched:
    """Whom ``told`` concerns."""
    by_order = _of_orders(work, {each.entity_id for each in told if each.entity == "order"})
    found = Touched()
    served, noted = set(), set()
    for event in told:
        customer_id, companions = by_order.get(event.entity_id, (None, set()))
        if event.kind in _COMPLAINING:
            found.complaining.add(_customer(event, customer_id))
        elif event.kind in _CANCELLING and customer_id is not None:
            found.withdrawing |= companions
            found.pairs |= {(customer_id, each) for each in companions}
            if event.kind == "order.cancelled":
                found.cancelling.add(customer_id)
        elif event.kind in _SERVING:
            served |= companions
        elif event.kind in _NOTED:
            noted.add(_customer(event, None))
    since = work.clock.now() - timedelta(days=limits.pair_days)
    noted.discard(0)
    found.complaining.discard(0)
    found.pairs |= _regular(work, since, limits, companions=served)
    found.pairs |= _regular(work, since, limits, customers=noted)
    return found


def _customer(event: EventRow, of_order: int | None) -> int:
    """The customer whom an event is about; 0 for none."""
    return event.data.get("customer_id") or (of_order if event.entity == "order" else None) or 0


def _of_orders(work: ReadWork, ids: set[int]) -> dict[int, tuple[int, set[int]]]:
    """The customer of each order, and the companions who had accepted it."""
    query: Any = (
        select(col(Order.id), col(Order.customer_id), col(Assignment.companion_id))
        .outerjoin(Assignment, col(Assignment.order_id) == col(Order.id))
        .where(col(Order.id).in_(ids))
    )
    found: dict[int, tuple[int, set[int]]] = {}
    for order_id, customer_id, companion_id in work.session.connection().execute(query):
        companions = found.setdefault(order_id, (customer_id, set()))[1]
        if companion_id is not None:
            companions.add(companion_id)
    return found


def _regular(
    work: ReadWork,
    since: datetime,
    limits: Limits,
    *,
    companions: Iterable[int] = (),
    customers: Iterable[int] = (),
) -> set[tuple[int, int]]:
    """The regular pairs of these companions, or of these customers."""
    them = (set(companions), set(customers))
    if not any(them):
        return set()
    mine: ColumnElement[bool] = or_(
        and_(col(Assignment.companion_id).in_(them[0]), col(Assignment.accepted_at) >= since),
        and_(col(Order.customer_id).in_(them[1]), col(Order.created_at) >= since),
    )
    query: Any = (
        select(col(Order.customer_id), col(Assignment.companion_id))
        .join(Assignment, col(Assignment.order_id) == col(Order.id))
        .where(mine, _FINISHED)
        .group_by(col(Order.customer_id), col(Assignment.companion_id))
        .having(func.count() >= limits.pair_orders)
    )
    return {(row[0], row[1]) for row in work.session.connection().execute(query)}


_FINISHED = col(Assignment.outcome) == SessionEnd.FINISHED


def overrunning(work: ReadWork, limits: Limits) -> list[tuple[OrderRow, int]]:
    """The orders in service whose planned time may be far behind, with the minutes served, and of
    which nobody was told as they are planned now.

    By the time since they started; pauses only make it less, and are counted for those few.
    """
    now = work.clock.now()
    started: Any = type_coerce(col(Order.started_at), BigInteger)
    planned = cast(col(Order.planned_minutes), BigInteger) * _MINUTE
    least = to_micros(now) - limits.overrun_minutes * _MINUTE - planned
    occasion = literal(OVERRUN_OCCASION) + cast(col(Order.planned_minutes), String)
    query = select(col(Order.id)).where(
        col(Order.status) == OrderStatus.SERVING,
        started <= least,
        untold((AlarmKind.LONG_OVERRUN,), "order", col(Order.id), occasion),
    )
    ids = [each for each in work.session.connection().scalars(query) if each is not None]
    return [(row, _served(row, now)) for row in rows_by_ids(work, ids)]


def _served(row: OrderRow, now: datetime) -> int:
    running = (now - row.running_since) // timedelta(minutes=1) if row.running_since else 0
    return row.served_minutes + running


def complaints_of(work: ReadWork, customer_id: int, since: datetime) -> list[datetime]:
    """When a customer complained: complaints taken down, and low ratings nobody took down."""
    connection = work.session.connection()
    taken: Any = select(col(Task.created_at)).where(
        col(Task.customer_id) == customer_id,
        col(Task.created_at) > since,
        col(Task.kind) == TaskKind.COMPLAINT,
    )
    told = exists().where(
        col(Task.customer_id) == customer_id,
        col(Task.order_id) == col(Order.id),
        col(Task.kind) == TaskKind.COMPLAINT,
    )
    rated: Any = (
        select(func.max(col(Rating.rated_at)))
        .join(Order, col(Order.id) == col(Rating.order_id))
        .where(
            col(Rating.rated_at) > since,
            col(Rating.overall) <= LOW_RATING,
            col(Order.customer_id) == customer_id,
            ~told,
        )
        .group_by(col(Order.id))
    )
    return [*connection.scalars(taken), *connection.scalars(rated)]


def cancels_of(work: ReadWork, customer_id: int, since: datetime) -> Rate:
    """How many of the orders that a customer made since were called off."""
    cancelled = col(Order.status) == OrderStatus.CANCELLED
    query = select(func.count().filter(cancelled), func.count()).where(
        col(Order.customer_id) == customer_id, col(Order.created_at) >= since
    )
    return Rate(*work.session.connection().execute(query).one())


def withdrawals_of(work: ReadWork, companion_id: int, since: datetime) -> Rate:
    """From how many of the orders that they accepted since a companion withdrew.

    Orders that were called off meanwhile are not theirs to answer for.
    """
    mine = (col(Assignment.companion_id) == companion_id, col(Assignment.accepted_at) >= since)
    return _withdrawn(work, *mine)


def usual_cancels(work: ReadWork, since: datetime) -> Rate:
    """How many of the studio's orders were called off."""
    connection = work.session.connection()
    cancelled = select(func.count()).where(col(Order.cancelled_at) >= since)
    made = select(func.count()).where(col(Order.created_at) >= since)
    return Rate(connection.scalar(cancelled) or 0, connection.scalar(made) or 0)


def usual_withdrawals(work: ReadWork, since: datetime) -> Rate:
    """From how many orders the studio's companions withdrew."""
    return _withdrawn(work, col(Order.created_at) >= since)


def _withdrawn(work: ReadWork, *which: ColumnElement[bool]) -> Rate:
    withdrew = and_(
        col(Assignment.outcome) == SessionEnd.WITHDRAWN,
        col(Order.cancelled_at).is_distinct_from(col(Assignment.ended_at)),
    )
    query = (
        select(func.count().filter(withdrew), func.count())
        .select_from(Order)
        .join(Assignment, col(Assignment.order_id) == col(Order.id))
        .where(*which)
    )
    return Rate(*work.session.connection().execute(query).one())


def pair(
    work: ReadWork, customer_id: int, companion_id: int, since: datetime, calendar: BusinessCalendar
) -> Pair:
    """What is known of a customer and a companion since then."""
    query: Any = (
        select(col(Order.started_at), col(Order.status), col(Assignment.outcome))
        .join(Assignment, col(Assignment.order_id) == col(Order.id))
        .where(
            col(Order.customer_id) == customer_id,
            col(Order.created_at) >= since,
            col(Assignment.companion_id) == companion_id,
        )
        .order_by(col(Order.created_at))
    )
    rows = work.session.connection().execute(query).all()
    served = [row.started_at for row in rows if row.outcome is SessionEnd.FINISHED]
    ordered_at = sorted(at for at in served if at is not None)
    called_off = sum(
        1
        for row in rows
        if row.status is OrderStatus.CANCELLED and row.outcome is SessionEnd.WITHDRAWN
    )
    others = _served_others(work, companion_id, ordered_at, calendar) if ordered_at else 0
    noted = telling(_said(work, customer_id, companion_id, since)) if ordered_at else 0.0
    return Pair(ordered_at, others, called_off, noted)


def _served_others(
    work: ReadWork, companion_id: int, ordered_at: Sequence[datetime], calendar: BusinessCalendar
) -> int:
    """Orders the companion accepted after the pair's last one, about its usual hour."""
    usual = usual_hour(calendar.local(at).hour for at in ordered_at)
    query: Any = select(col(Assignment.accepted_at)).where(
        col(Assignment.companion_id) == companion_id,
        col(Assignment.accepted_at) > ordered_at[-1],
    )
    accepted = work.session.connection().scalars(query)
    return sum(1 for at in accepted if near(calendar.local(at).hour, usual))


def _said(work: ReadWork, customer_id: int, companion_id: int, since: datetime) -> list[str]:
    """What was noted of the customer since: of orders with this companion, or of none at all."""
    with_them = select(col(Assignment.order_id)).where(
        col(Assignment.order_id) == col(Interaction.order_id),
        col(Assignment.companion_id) == companion_id,
    )
    notes: Any = select(col(Interaction.summary)).where(
        col(Interaction.customer_id) == customer_id,
        col(Interaction.at) >= since,
        or_(col(Interaction.order_id).is_(None), exists(with_them)),
    )
    orders: Any = (
        select(col(Order.note), col(Order.cancel_reason))
        .join(Assignment, col(Assignment.order_id) == col(Order.id))
        .where(
            col(Order.customer_id) == customer_id,
            col(Order.created_at) >= since,
            col(Assignment.companion_id) == companion_id,
        )
    )
    connection = work.session.connection()
    written = [text for row in connection.execute(orders) for text in row if text]
    return [*connection.scalars(notes), *written]


def known(work: ReadWork, customers: Iterable[int]) -> set[int]:
    """Those of the customers about whom something may be written."""
    query = select(col(Customer.id)).where(
        col(Customer.id).in_(set(customers)),
        col(Customer.merged_into_id).is_(None),
        col(Customer.erased_at).is_(None),
    )
    return {each for each in work.session.connection().scalars(query) if each is not None}


def owner_of(work: ReadWork, customer_id: int | None, store_id: int = STUDIO) -> str | None:
    """The login of who looks into it: the setting ``risk.owner``, else the customer's owner."""
    wanted = str(work.setting("risk.owner", store_id))
    named = col(Operator.login) == wanted
    theirs = col(Operator.id).in_(
        select(col(Customer.owner_id)).where(col(Customer.id) == customer_id)
    )
    query = (
        select(col(Operator.login))
        .where(col(Operator.active), or_(named, theirs))
        .order_by(named.desc())
    )
    return work.session.connection().scalars(query).first()
