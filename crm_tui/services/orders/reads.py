"""Orders as screens and commands see them: frozen rows, a handful of queries for any number.

Amounts are fen, durations minutes, instants aware UTC.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select
from sqlmodel import col

from crm_tui.core.errors import NotFound
from crm_tui.core.language import _
from crm_tui.core.words import OrderStatus, Presence
from crm_tui.models import STUDIO, Assignment, Companion, Order
from crm_tui.services.orders.rows import OrderRow, newest, rows_by_ids, rows_of
from crm_tui.services.orders.rules import OPEN, urgency
from crm_tui.storage.store import ReadWork

__all__ = [
    "BoardCounts",
    "OrderRow",
    "board",
    "by_ids",
    "counts",
    "document",
    "find",
    "find_passing",
    "how_many",
    "one",
]


_AT_ONCE = 2000
"""Orders read in one go where all have to be looked at."""


@dataclass(frozen=True, slots=True)
class BoardCounts:
    """What the head of the board shows."""

    by_status: dict[OrderStatus, int]
    """Orders in each open state, zero included."""
    completed_today: int
    gross_fen: int
    """Amounts of the orders completed this business day, without tips."""
    companions_online: int


def board(work: ReadWork, store_id: int | None = None) -> list[OrderRow]:
    """All open orders and those closed this business day, the most urgent first."""
    start = _today(work, store_id)
    closed = or_(col(Order.completed_at) >= start, col(Order.cancelled_at) >= start)
    rows = rows_of(work, or_(col(Order.status).in_(OPEN), closed), *_within(store_id))
    return sorted(rows, key=lambda row: urgency(row.status, row.due_at, row.created_at))


def by_ids(work: ReadWork, ids: Sequence[int]) -> list[OrderRow]:
    """The orders with these ids, in this order; unknown ids are left out."""
    found = {row.id: row for row in rows_by_ids(work, ids)}
    return [found[order_id] for order_id in ids if order_id in found]


def find(
    work: ReadWork,
    *,
    status: OrderStatus | None = None,
    day: date | None = None,
    customer_id: int | None = None,
    companion_id: int | None = None,
    store_id: int | None = None,
    limit: int | None = 200,
) -> list[OrderRow]:
    """Orders that meet all that is given, the newest first.

    ``day`` is the business day on which they were taken; ``companion_id`` whoever served a part.
    """
    which = _meeting(work, status, day, customer_id, companion_id, store_id)
    return newest(work, limit, col(Order.created_at), *which)


def find_passing(
    work: ReadWork,
    passes: Callable[[OrderRow], bool],
    *,
    limit: int | None = 200,
    status: OrderStatus | None = None,
    day: date | None = None,
    customer_id: int | None = None,
    companion_id: int | None = None,
) -> tuple[list[OrderRow], int]:
    """The newest orders as :func:`find` has them that ``passes`` lets pass, and how many it does.

    Goes through all that meet the rest, a portion in memory at a time.
    """
    which = _meeting(work, status, day, customer_id, companion_id, None)
    newest_first = (col(Order.created_at).desc(), col(Order.id).desc())
    query = select(col(Order.id)).where(*which).order_by(*newest_first)
    ids = [each for each in work.session.connection().scalars(query) if each is not None]
    kept: list[OrderRow] = []
    total = 0
    for start in range(0, len(ids), _AT_ONCE):
        passing = [row for row in by_ids(work, ids[start : start + _AT_ONCE]) if passes(row)]
        total += len(passing)
        kept += passing[: None if limit is None else max(limit - len(kept), 0)]
    return kept, total


def how_many(
    work: ReadWork,
    *,
    status: OrderStatus | None = None,
    day: date | None = None,
    customer_id: int | None = None,
    companion_id: int | None = None,
    store_id: int | None = None,
) -> int:
    """How many orders :func:`find` would answer without a limit."""
    which = _meeting(work, status, day, customer_id, companion_id, store_id)
    query = select(func.count()).select_from(Order).where(*which)
    return work.session.connection().execute(query).scalar_one()


def one(work: ReadWork, no: str) -> OrderRow:
    """The order with number ``no``. Raises :class:`NotFound`."""
    rows = rows_of(work, col(Order.no) == no.strip())
    if not rows:
        raise NotFound(what=_("order"), ref=no)
    return rows[0]


def counts(work: ReadWork, store_id: int | None = None) -> BoardCounts:
    """The numbers in the head of the board, for now and this business day."""
    connection = work.session.connection()
    per_status = (
        select(col(Order.status), func.count())
        .where(col(Order.status).in_(OPEN), *_within(store_id))
        .group_by(col(Order.status))
    )
    found = dict(connection.execute(per_status).all())
    today = select(func.count(), func.coalesce(func.sum(col(Order.amount_fen)), 0)).where(
        col(Order.status) == OrderStatus.COMPLETED,
        col(Order.completed_at) >= _today(work, store_id),
        *_within(store_id),
    )
    completed, gross = connection.execute(today).one()
    online = select(func.count()).where(
        col(Companion.active), col(Companion.presence) != Presence.OFFLINE
    )
    if store_id is not None:
        online = online.where(col(Companion.store_id) == store_id)
    return BoardCounts(
        {status: found.get(status, 0) for status in OPEN},
        completed,
        int(gross),
        connection.execute(online).scalar_one(),
    )


def document(row: OrderRow, zone: tzinfo = UTC) -> dict[str, Any]:
    """The JSON form of an order that commands answer, with times as ``zone`` shows them."""
    plain = {
        name: iso(value, zone) if isinstance(value, datetime) else value
        for name, value in ((name, getattr(row, name)) for name in OrderRow.__slots__)
    }
    return plain | {
        "companions": [{"id": one.id, "nick": one.nick} for one in row.companions],
        "reserved": [{"id": one.id, "nick": one.nick} for one in row.reserved],
        "paused": row.paused,
        "disconnected": row.disconnected,
    }


def iso(instant: datetime | None, zone: tzinfo) -> str | None:
    """ISO 8601 with offset."""
    return None if instant is None else instant.astimezone(zone).isoformat()


def _meeting(
    work: ReadWork,
    status: OrderStatus | None,
    day: date | None,
    customer_id: int | None,
    companion_id: int | None,
    store_id: int | None,
) -> list[ColumnElement[bool]]:
    """The conditions that an order must meet."""
    which = list(_within(store_id))
    if status is not None:
        which.append(col(Order.status) == status)
    if day is not None:
        first, after = work.calendar(store_id or STUDIO).bounds(day, day)
        which += [col(Order.created_at) >= first, col(Order.created_at) < after]
    if customer_id is not None:
        which.append(col(Order.customer_id) == customer_id)
    if companion_id is not None:
        theirs = col(Assignment.companion_id) == companion_id
        which.append(col(Order.id).in_(select(col(Assignment.order_id)).where(theirs)))
    return which


def _today(work: ReadWork, store_id: int | None) -> datetime:
    calendar = work.calendar(store_id or STUDIO)
    return calendar.starts(calendar.day_of(work.clock.now()))


def _within(store_id: int | None) -> tuple[ColumnElement[bool], ...]:
    """The condition "of this store", or none for the whole studio."""
    return () if store_id is None else (col(Order.store_id) == store_id,)
