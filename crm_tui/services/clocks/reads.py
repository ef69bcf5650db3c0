"""Which clocks have run out and were not told of yet.

Two steps, so that no look goes through all open orders one by one: a query for each clock finds
the orders whose clock *may* have run out and that have no alarm of this occasion; the rules then
say of those few whether it has, by the terms of their store. Instants are UTC.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, String, cast, func, or_, select, type_coerce
from sqlmodel import col

from crm_tui.core.clock import to_micros
from crm_tui.core.words import AlarmKind, OrderStatus, SessionEnd
from crm_tui.models import Order, ServiceSession, Store
from crm_tui.services.alarms.reads import untold
from crm_tui.services.clocks.clockwork import Service, clockwork, services
from crm_tui.services.clocks.rules import Terms, ran_out
from crm_tui.services.clocks.terms import shortest, terms_of
from crm_tui.services.orders.rules import WAITING
from crm_tui.storage.store import ReadWork

_MINUTE = timedelta(minutes=1) // timedelta(microseconds=1)
_ID: Any = col(Order.id)
Bounds = Mapping[str, timedelta]
Which = Callable[[datetime, Bounds], Sequence[ColumnElement[bool]]]


@dataclass(frozen=True, slots=True)
class RunOut:
    """A clock of an order that has run out, and that nobody was told of."""

    kind: AlarmKind
    order_id: int
    store_id: int
    no: str
    occasion: str
    """Which of the times that this clock can run out for the order."""
    due_at: datetime


@dataclass(frozen=True, slots=True)
class _Search:
    """How the orders are found whose clock may have run out, and what tells its occasions apart."""

    which: Which
    occasion: ColumnElement[Any]
    unless: tuple[AlarmKind, ...] = ()
    """Other alarms of the same occasion after which this one is not worth telling."""


def _micros(column: Any) -> ColumnElement[int]:
    return type_coerce(col(column), BigInteger)


def _unanswered(until: datetime) -> Sequence[ColumnElement[bool]]:
    return (
        col(Order.status).in_(WAITING),
        col(Order.asked_customer_at).is_(None),
        col(Order.due_at) <= until,
    )


def _late_start(now: datetime, bounds: Bounds) -> Sequence[ColumnElement[bool]]:
    before = now - bounds["start_delay"]
    booked = col(Order.start_at)
    return (
        col(Order.status) == OrderStatus.ACCEPTED,
        col(Order.accepted_at) <= before,
        or_(booked.is_(None), booked <= before),
    )


def _planned_to_end(until: datetime) -> Sequence[ColumnElement[bool]]:
    """In service, and begun so early that it may have ended by ``until``; pauses move that on."""
    planned = cast(col(Order.planned_minutes), BigInteger) * _MINUTE
    ends = _micros(Order.started_at) + planned
    return col(Order.status) == OrderStatus.SERVING, ends <= to_micros(until)


_STRETCH_OF_ORDER = col(ServiceSession.order_id) == _ID
_LAST_LOST = (
    select(func.max(_micros(ServiceSession.ended_at)))
    .where(_STRETCH_OF_ORDER, col(ServiceSession.ended_by) == SessionEnd.DISCONNECTED)
    .correlate(Order)
    .scalar_subquery()
)
"""Of the order; it stands in a subquery, too, from where it would not be seen by itself."""


def _lost(now: datetime, bounds: Bounds) -> Sequence[ColumnElement[bool]]:
    running = select(col(ServiceSession.id)).where(
        _STRETCH_OF_ORDER, col(ServiceSession.ended_at).is_(None)
    )
    return (
        col(Order.status) == OrderStatus.SERVING,
        ~running.exists(),
        _LAST_LOST.is_not(None),
        to_micros(now - bounds["disconnect"]) >= _LAST_LOST,
    )


def _stands(status: OrderStatus, since: Any, until: datetime) -> Sequence[ColumnElement[bool]]:
    return col(Order.status) == status, since <= until


_CONFIRMED = func.coalesce(col(Order.confirmed_at), col(Order.finished_at))
_PLANNED: Any = col(Order.planned_minutes)
_SEARCHES: Mapping[AlarmKind, _Search] = {
    AlarmKind.RESPONSE: _Search(lambda now, _by: _unanswered(now), _micros(Order.due_at)),
    AlarmKind.ESCALATION: _Search(
        lambda now, by: _unanswered(now - by["escalation"]), _micros(Order.due_at)
    ),
    AlarmKind.START_DELAY: _Search(_late_start, _micros(Order.accepted_at)),
    AlarmKind.ENDING: _Search(
        lambda now, by: _planned_to_end(now + by["warning"]), _PLANNED, (AlarmKind.OVERRUN,)
    ),
    AlarmKind.OVERRUN: _Search(lambda now, by: _planned_to_end(now - by["overrun"]), _PLANNED),
    AlarmKind.DISCONNECT: _Search(_lost, _LAST_LOST),
    AlarmKind.UNCONFIRMED: _Search(
        lambda now, by: _stands(
            OrderStatus.CONFIRMING, col(Order.finished_at), now - by["unconfirmed"]
        ),
        _micros(Order.finished_at),
    ),
    AlarmKind.UNPAID: _Search(
        lambda now, by: _stands(OrderStatus.UNPAID, _CONFIRMED, now - by["unpaid"]),
        type_coerce(_CONFIRMED, BigInteger),
    ),
}
"""The occasion is the instant from which the clock runs, or the planned length of the service: a
pause moves the end on, and is no reason to warn of it again."""


def run_out(work: ReadWork, among: Collection[RunOut] | None = None) -> list[RunOut]:
    """The clocks that have run out and that nobody was told of, those due longest first.

    With ``among``, those of them that are so still; their orders are held until the work ends, and
    those that somebody else has hold of are left out.
    """
    now = work.clock.now()
    stores = work.session.connection().scalars(select(col(Store.id)))
    terms = {store_id: terms_of(work, store_id) for store_id in stores if store_id is not None}
    bounds = shortest(terms.values())
    kinds = _SEARCHES if among is None else {each.kind for each in among}
    found: list[RunOut] = []
    for kind in kinds:
        ids = None if among is None else [each.order_id for each in among if each.kind is kind]
        occasions = _candidates(work, kind, _SEARCHES[kind], now, bounds, ids)
        found += _confirmed(work, kind, occasions, terms, now)
    return sorted(found, key=lambda each: (each.due_at, each.order_id))


def _candidates(
    work: ReadWork,
    kind: AlarmKind,
    search: _Search,
    now: datetime,
    bounds: Bounds,
    ids: Collection[int] | None,
) -> dict[int, str]:
    """Orders whose clock may have run out, with the occasion; held where ``ids`` are given."""
    occasion = cast(search.occasion, String)
    new = untold((kind, *search.unless), "order", _ID, occasion)
    columns: tuple[Any, ...] = (_ID, occasion)
    query = select(*columns).where(*search.which(now, bounds), new)
    if ids is not None:
        query = query.where(work.store.dialect.among(_ID, ids))
        query = query.with_for_update(of=Order, skip_locked=True)
    return dict(work.session.connection().execute(query).all())


_FACTS: Mapping[str, Any] = {
    name: col(getattr(Order, name))
    for name in (
        "id",
        "store_id",
        "no",
        "status",
        "planned_minutes",
        "due_at",
        "asked_customer_at",
        "start_at",
        "accepted_at",
        "finished_at",
        "confirmed_at",
    )
}


def _confirmed(
    work: ReadWork,
    kind: AlarmKind,
    occasions: Mapping[int, str],
    terms: Mapping[int, Terms],
    now: datetime,
) -> Iterator[RunOut]:
    """Those of the candidates of which the rules say that the clock has run out."""
    if not occasions:
        return
    among = work.store.dialect.among(_ID, list(occasions))
    rows = work.session.connection().execute(select(*_FACTS.values()).where(among))
    orders = [dict(zip(_FACTS, row, strict=True)) for row in rows]
    begun = [order["id"] for order in orders if order["status"] is OrderStatus.SERVING]
    served = services(work, begun)
    for order in orders:
        order_id, store_id = order["id"], order["store_id"]
        works = clockwork(order, served.get(order_id, Service()))
        at = ran_out(kind, works, terms[store_id], now)
        if at is not None:
            yield RunOut(kind, order_id, store_id, order["no"], occasions[order_id], at)
