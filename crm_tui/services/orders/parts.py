"""Who has which part of an order's price: by place, and in a place by the time that each served.

Every place costs the same. In a place that was handed over the time served parts its price, to the
second. While the order is served the time that is left of it counts for those who serve it now, so
that what is seen before it is finished is what would come of it as planned. Amounts are fen.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
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
    served: timedelta
    paid_fen: int
    list_fen: int


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
        there: defaultdict[int, list[tuple[Any, timedelta]]] = defaultdict(list)
        for row in connection.execute(_ASSIGNMENTS, which):
            time = served_time(stretches[row.id], now)
            if time or row.ended_at is None or row.outcome is SessionEnd.FINISHED:
                there[row.order_id].append((row, time))
        found |= {order.id: _parts(order, there[order.id]) for order in some}
    return found


def _parts(order: Priced, served: Sequence[tuple[Any, timedelta]]) -> tuple[Part, ...]:
    places = max([order.places, *(row.place for row, _time in served)])
    paid, listed = (
        apportion(amount, [1] * places) for amount in (order.amount_fen, order.list_fen)
    )
    by_place: Mapping[int, list[tuple[Any, timedelta]]] = {
        place: [each for each in served if each[0].place == place] for place in range(1, places + 1)
    }
    return tuple(
        part
        for place, there in by_place.items()
        for part in _of_place(order, paid[place - 1], listed[place - 1], there)
    )


def _of_place(
    order: Priced, paid: int, listed: int, there: Sequence[tuple[Any, timedelta]]
) -> list[Part]:
    """The parts of those who served one place, one after another."""
    served = sum((time for _row, time in there), timedelta(0))
    left = max(timedelta(minutes=order.planned_minutes) - served, timedelta(0))
    weights = [
        (time + left if order.status in STAFFED and row.ended_at is None else time) // _SECOND
        for row, time in there
    ]
    amounts = zip(apportion(paid, weights), apportion(listed, weights), strict=True)
    return [
        Part(
            order.id,
            row.id,
            row.companion_id,
            row.nick,
            row.place,
            row.level,
            row.level_name,
            row.share_bp,
            time,
            *amount,
        )
        for (row, time), amount in zip(there, amounts, strict=True)
    ]
