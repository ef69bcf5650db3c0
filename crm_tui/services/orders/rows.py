"""The order as a row: what every list, board and document of orders is made of.

Six queries for any number of orders; no row asks the database for more later.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, func, or_, select
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
from crm_tui.services.orders.rules import Clockwork, due_at
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

    @property
    def paused(self) -> bool:
        """In service, and the clock stands."""
        return self.status is OrderStatus.SERVING and self.running_since is None


@dataclass(frozen=True, slots=True)
class _Service:
    """What the stretches of service of one order come to."""

    closed: timedelta = timedelta(0)
    running_since: datetime | None = None


_ORDER: tuple[Any, ...] = (
    col(Order.id),
    col(Order.no),
    col(Order.store_id),
    col(Order.status),
    col(Order.customer_id),
    col(Customer.nick).label("customer"),
    col(Game.name).label("game"),
    col(Order.kind),
    col(Order.mode),
    col(Order.demands),
    col(Order.planned_minutes),
    col(Order.billed_minutes),
    col(Order.amount_fen),
    col(Order.paid_fen),
    col(Order.tip_fen),
    col(Order.created_at),
    col(Order.due_at),
    col(Order.started_at),
    col(Order.finished_at),
    col(Order.completed_at),
    col(Order.note),
    col(Order.version),
)


def rows_of(work: ReadWork, scope: Select[Any]) -> list[OrderRow]:
    """The orders whose ids ``scope`` selects, in no particular order."""
    orders = (
        select(*_ORDER)
        .join(Customer, col(Customer.id) == col(Order.customer_id))
        .join(Game, col(Game.id) == col(Order.game_id))
        .where(col(Order.id).in_(scope))
    )
    found = work.session.connection().execute(orders).mappings().all()
    if not found:
        return []
    companions = _companions(work, scope)
    services = _services(work, scope)
    offers = _open_offers(work, scope)
    ratings = _ratings(work, scope)
    nobody: tuple[None, None] = (None, None)
    rows = []
    for order in found:
        order_id = order["id"]
        companion_id, companion = companions.get(order_id, nobody)
        service = services.get(order_id, _Service())
        open_offers, offer_expires = offers.get(order_id, (0, None))
        clockwork = Clockwork(
            order["status"],
            timedelta(minutes=order["planned_minutes"]),
            order["due_at"],
            offer_expires,
            service.closed,
            service.running_since,
        )
        shown = dict(order) | {
            "companion_id": companion_id,
            "companion": companion,
            "due_at": due_at(clockwork),
            "open_offers": open_offers,
            "served_minutes": whole_minutes(service.closed),
            "running_since": service.running_since,
            "rating": ratings.get(order_id),
        }
        rows.append(OrderRow(**shown))
    return rows


def _companions(work: ReadWork, scope: Select[Any]) -> dict[int, tuple[int, str]]:
    """Who serves each order, or has finished it."""
    query = (
        select(col(Assignment.order_id), col(Assignment.companion_id), col(Companion.nick))
        .join(Companion, col(Companion.id) == col(Assignment.companion_id))
        .where(
            col(Assignment.order_id).in_(scope),
            or_(
                col(Assignment.ended_at).is_(None),
                col(Assignment.outcome) == SessionEnd.FINISHED,
            ),
        )
        .order_by(col(Assignment.id))
    )
    found = work.session.connection().execute(query)
    return {order_id: (companion_id, nick) for order_id, companion_id, nick in found}


def _services(work: ReadWork, scope: Select[Any]) -> dict[int, _Service]:
    """The stretches of service of each order, added up."""
    query = select(
        col(ServiceSession.order_id), col(ServiceSession.started_at), col(ServiceSession.ended_at)
    ).where(col(ServiceSession.order_id).in_(scope))
    closed: defaultdict[int, timedelta] = defaultdict(timedelta)
    running: dict[int, datetime] = {}
    for order_id, started, ended in work.session.connection().execute(query):
        if ended is None:
            running[order_id] = started
        else:
            closed[order_id] += ended - started
    return {
        order_id: _Service(closed[order_id], running.get(order_id))
        for order_id in running.keys() | closed.keys()
    }


def _open_offers(work: ReadWork, scope: Select[Any]) -> dict[int, tuple[int, datetime]]:
    """How many offers of each order stand, and when the last of them runs out."""
    query = (
        select(col(Offer.order_id), func.count(), func.max(col(Offer.expires_at)))
        .where(col(Offer.order_id).in_(scope), col(Offer.state) == OfferState.OPEN)
        .group_by(col(Offer.order_id))
    )
    found = work.session.connection().execute(query)
    return {order_id: (count, expires) for order_id, count, expires in found}


def _ratings(work: ReadWork, scope: Select[Any]) -> dict[int, int]:
    """What each order was rated, where it was."""
    query = select(col(Rating.order_id), col(Rating.overall)).where(col(Rating.order_id).in_(scope))
    return dict(work.session.connection().execute(query).all())
