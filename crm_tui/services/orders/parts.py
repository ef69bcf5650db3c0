"""Who has which part of an order's price: by place, and in a place by the time that each served.

Every place costs the same. In a place that was handed over the time served parts its price, to the
second. While the order is served the time that is left of it counts for those who serve it now, so
that what is seen before it is finished is what would come of it as planned. Amounts are fen.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, func, select
from sqlmodel import col

from crm_tui.core.portions import portions
from crm_tui.core.words import BillingUnit, OrderKind, OrderStatus, SessionEnd
from crm_tui.models import Assignment, Companion, CompanionLevel, Order, ServiceSession
from crm_tui.services.orders.billing import amount_fen, apportion, served_time
from crm_tui.services.orders.rules import STAFFED
from crm_tui.storage.store import ReadWork


@dataclass(frozen=True, slots=True)
class Priced:
    """What an order costs, and what its price is parted by."""

    id: int
    store_id: int
    kind: OrderKind
    status: OrderStatus
    places: int
    planned_minutes: int
    billed_minutes: int | None
    billing_unit: BillingUnit
    rate_fen: int
    amount_fen: int
    completed_at: datetime | None
    cancelled_at: datetime | None

    @property
    def over_at(self) -> datetime | None:
        """When it was completed or, served and not paid for, written off."""
        return self.completed_at or self.cancelled_at

    @property
    def list_fen(self) -> int:
        """The price by the list: the hourly rate for the minutes billed, where it is billed so;
        else there is none but the amount."""
        if self.billing_unit is not BillingUnit.HOURLY or not self.rate_fen:
            return self.amount_fen
        minutes = self.planned_minutes if self.billed_minutes is None else self.billed_minutes
        return amount_fen(self.rate_fen, minutes, self.places)


@dataclass(frozen=True, slots=True)
class Part:
    """One companion's part of an order: the time they served, and their part of the price that
    the customer pays and of the list price, to be split between them and the studio."""

    order_id: int
    assignment_id: int
    companion_id: int
    companion: str
    place: int
    level: str
    """The code of the companion's level now; empty for none."""
    level_name: str
    agreed_bp: int
    """The companion's share when they accepted, in basis points."""
    served: timedelta = timedelta(0)
    bound: bool = True
    """Whether they have the place now, or had it when the order was finished."""
    paid_fen: int = 0
    list_fen: int = 0


_IDS: Any = bindparam("ids", expanding=True)
_PRICED = select(*(getattr(Order, name) for name in Priced.__slots__)).where(
    col(Order.id).in_(_IDS)
)
_COLUMNS: tuple[Any, ...] = (
    col(Assignment.id),
    col(Assignment.order_id),
    col(Assignment.companion_id),
    col(Companion.nick),
    col(Assignment.place),
    func.coalesce(CompanionLevel.code, "").label("level"),
    func.coalesce(CompanionLevel.name, "").label("level_name"),
    col(Assignment.share_bp),
    col(Assignment.ended_at),
    col(Assignment.outcome),
)
_ASSIGNMENTS = (
    select(*_COLUMNS)
    .join(Companion, col(Companion.id) == col(Assignment.companion_id))
    .outerjoin(CompanionLevel, col(CompanionLevel.id) == col(Companion.level_id))
    .where(col(Assignment.order_id).in_(_IDS))
    .order_by(col(Assignment.place), col(Assignment.id))
)
_STRETCH: tuple[Any, ...] = (
    col(ServiceSession.assignment_id),
    col(ServiceSession.started_at),
    col(ServiceSession.ended_at),
)
_STRETCHES = select(*_STRETCH).where(col(ServiceSession.order_id).in_(_IDS))
_AT_ONCE = 5000
_SECOND = timedelta(seconds=1)


def priced(work: ReadWork, ids: Sequence[int]) -> list[Priced]:
    """The orders with these ids, in no particular order."""
    connection = work.session.connection()
    return [
        Priced(*row)
        for some in portions(ids, _AT_ONCE)
        for row in connection.execute(_PRICED, {"ids": some})
    ]


def parts_of(work: ReadWork, orders: Sequence[Priced]) -> dict[int, tuple[Part, ...]]:
    """By order: everybody who serves it or served a part of it, by place; those who left before
    they had served anything are left out."""
    found: dict[int, tuple[Part, ...]] = {}
    connection, now = work.session.connection(), work.clock.now()
    for some in portions(orders, _AT_ONCE):
        which = {"ids": [order.id for order in some]}
        stretches: defaultdict[int, list[tuple[datetime, datetime | None]]] = defaultdict(list)
        for assignment_id, began, ended in connection.execute(_STRETCHES, which):
            stretches[assignment_id].append((began, ended))
        there: defaultdict[int, list[Part]] = defaultdict(list)
        for row in connection.execute(_ASSIGNMENTS, which):
            part = _part(row, served_time(stretches[row.id], now))
            if part.served or part.bound:
                there[row.order_id].append(part)
        found |= {order.id: apportioned(order, there[order.id]) for order in some}
    return found


def _part(row: Any, served: timedelta) -> Part:
    return Part(
        row.order_id,
        row.id,
        row.companion_id,
        row.nick,
        row.place,
        row.level,
        row.level_name,
        row.share_bp,
        served,
        bound=row.ended_at is None or row.outcome is SessionEnd.FINISHED,
    )


def apportioned(order: Priced, parts: Sequence[Part]) -> tuple[Part, ...]:
    """``parts`` with the amounts that are theirs, by place; what the places cost that nobody has
    is nobody's. Pure."""
    places = max([order.places, *(part.place for part in parts)])
    paid = apportion(order.amount_fen, [1] * places)
    listed = apportion(order.list_fen, [1] * places)
    return tuple(
        replace(part, paid_fen=own_paid, list_fen=own_listed)
        for place in range(1, places + 1)
        if (there := [part for part in parts if part.place == place])
        for weights in [_weights(order, there)]
        for part, own_paid, own_listed in zip(
            there,
            apportion(paid[place - 1], weights),
            apportion(listed[place - 1], weights),
            strict=True,
        )
    )


def _weights(order: Priced, there: Sequence[Part]) -> list[int]:
    """The seconds that each of those who have one place after another counts."""
    served = sum((part.served for part in there), timedelta(0))
    left = max(timedelta(minutes=order.planned_minutes) - served, timedelta(0))
    goes_on = order.status in STAFFED
    return [(part.served + left * (goes_on and part.bound)) // _SECOND for part in there]
