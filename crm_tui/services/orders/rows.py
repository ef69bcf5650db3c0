"""The order as a row: what every list, board and document of orders is made of.

Five queries at most for any number of orders; no row asks the database for more later.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Executable, bindparam, func, or_, select
from sqlmodel import col

from crm_tui.core.words import DispatchMode, OfferState, OrderKind, OrderStatus, SessionEnd
from crm_tui.models import (
    Assignment,
    Companion,
    Customer,
    Game,
    Offer,
    Order,
    Rating,
    ServiceSession,
)
from crm_tui.services.orders.billing import whole_minutes
from crm_tui.services.orders.rules import WAITING, Clockwork, due_at
from crm_tui.storage.store import ReadWork


@dataclass(frozen=True, slots=True)
class OrderRow:
    """One order, with the names people know things by."""

    id: int
    no: str
    store_id: int
    status: OrderStatus
    customer_id: int
    customer: str
    companion_id: int | None
    companion: str | None
    game: str
    kind: OrderKind
    mode: DispatchMode
    demands: dict[str, Any]
    """What was asked for: ``gender``, ``level``, ``rank``, ``tags``; only what was."""
    planned_minutes: int
    billed_minutes: int | None
    amount_fen: int
    paid_fen: int
    tip_fen: int
    created_at: datetime
    due_at: datetime | None
    """What the clock runs to: the promised answer, an offer's expiry, the planned end."""
    started_at: datetime | None
    finished_at: datetime | None
    completed_at: datetime | None
    open_offers: int
    served_minutes: int
    """Whole minutes of the closed stretches of service."""
    running_since: datetime | None
    """Start of the stretch that runs now; an order in service without one is paused."""
    note: str
    rating: int | None
    version: int
    start_at: datetime | None
    """When the customer wants to begin; none means at once."""

    @property
    def paused(self) -> bool:
        """In service, and the clock stands."""
        return self.status is OrderStatus.SERVING and self.running_since is None


_FROM_ORDER: dict[str, Any] = {
    name: col(getattr(Order, name))
    for name in OrderRow.__slots__
    if name in Order.model_fields and name != "customer"
}
_ORDERS = (
    select(
        *_FROM_ORDER.values(), col(Customer.nick).label("customer"), col(Game.name).label("game")
    )
    .join(Customer, col(Customer.id) == col(Order.customer_id))
    .join(Game, col(Game.id) == col(Order.game_id))
)
_NAMES = (*_FROM_ORDER, "customer", "game")
_IDS: Any = bindparam("ids", expanding=True)
_BY_IDS = _ORDERS.where(col(Order.id).in_(_IDS))
_COMPANIONS = (
    select(col(Assignment.order_id), col(Assignment.companion_id), col(Companion.nick))
    .join(Companion, col(Companion.id) == col(Assignment.companion_id))
    .where(
        col(Assignment.order_id).in_(_IDS),
        or_(col(Assignment.ended_at).is_(None), col(Assignment.outcome) == SessionEnd.FINISHED),
    )
    .order_by(col(Assignment.id))
)
_STRETCHES = select(
    col(ServiceSession.order_id), col(ServiceSession.started_at), col(ServiceSession.ended_at)
).where(col(ServiceSession.order_id).in_(_IDS))
_OPEN_OFFERS = (
    select(col(Offer.order_id), func.count(), func.max(col(Offer.expires_at)))
    .where(col(Offer.order_id).in_(_IDS), col(Offer.state) == OfferState.OPEN)
    .group_by(col(Offer.order_id))
)
_RATINGS = select(col(Rating.order_id), col(Rating.overall)).where(col(Rating.order_id).in_(_IDS))
_AT_ONCE = 5000
"""Ids in one query; engines cap the parameters of a statement."""


def rows_of(work: ReadWork, *which: ColumnElement[bool]) -> list[OrderRow]:
    """The orders that meet all conditions, in no particular order."""
    return _with_surroundings(work, work.session.connection().execute(_ORDERS.where(*which)))


def newest(
    work: ReadWork, limit: int | None, by: Any, *which: ColumnElement[bool]
) -> list[OrderRow]:
    """The last ``limit`` orders by the instant ``by`` that meet all conditions, last one first."""
    query = _ORDERS.where(*which).order_by(by.desc(), col(Order.id).desc()).limit(limit)
    return _with_surroundings(work, work.session.connection().execute(query))


def rows_by_ids(work: ReadWork, ids: Sequence[int]) -> list[OrderRow]:
    """The orders with these ids, in no particular order."""
    connection = work.session.connection()
    return [
        row
        for some in _portions(ids)
        for row in _with_surroundings(work, connection.execute(_BY_IDS, {"ids": some}))
    ]


def _portions(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    for first in range(0, len(ids), _AT_ONCE):
        yield ids[first : first + _AT_ONCE]


def _with_surroundings(work: ReadWork, found: Iterable[Any]) -> list[OrderRow]:
    """The rows of orders, each with who serves it, how long, its offers and its rating."""
    orders: list[dict[str, Any]] = [dict(zip(_NAMES, row, strict=True)) for row in found]
    served = [order for order in orders if order["status"] not in WAITING]
    companions = {
        order_id: (companion_id, nick)
        for order_id, companion_id, nick in _about(work, _COMPANIONS, served)
    }
    begun = [order for order in orders if order["started_at"]]
    closed, running = _service(_about(work, _STRETCHES, begun))
    offered = [order for order in orders if order["status"] is OrderStatus.OFFERED]
    offers = {
        order_id: (count, expires)
        for order_id, count, expires in _about(work, _OPEN_OFFERS, offered)
    }
    ratings = dict(_about(work, _RATINGS, served))
    rows = []
    for order in orders:
        order_id = order["id"]
        order["companion_id"], order["companion"] = companions.get(order_id, (None, None))
        order["open_offers"], offer_expires = offers.get(order_id, (0, None))
        order["running_since"] = running.get(order_id)
        order["served_minutes"] = whole_minutes(closed[order_id])
        order["rating"] = ratings.get(order_id)
        order["due_at"] = due_at(
            Clockwork(
                order["status"],
                timedelta(minutes=order["planned_minutes"]),
                order["due_at"],
                offer_expires,
                closed[order_id],
                order["running_since"],
            )
        )
        rows.append(OrderRow(**order))
    return rows


def _about(work: ReadWork, query: Executable, orders: Sequence[Mapping[str, Any]]) -> Iterator[Any]:
    """What ``query`` finds about ``orders``; nothing is asked where there are none."""
    connection = work.session.connection()
    for some in _portions([order["id"] for order in orders]):
        yield from connection.execute(query, {"ids": some})


def _service(
    stretches: Iterable[tuple[int, datetime, datetime | None]],
) -> tuple[defaultdict[int, timedelta], dict[int, datetime]]:
    """The closed stretches of each order added up, and where one runs, its start."""
    closed: defaultdict[int, timedelta] = defaultdict(timedelta)
    running: dict[int, datetime] = {}
    for order_id, started, ended in stretches:
        if ended is None:
            running[order_id] = started
        else:
            closed[order_id] += ended - started
    return closed, running
