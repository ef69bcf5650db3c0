"""Orders as they are stored: to compare them with a file, and to put them back after an undoing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import Table, insert, select, update
from sqlmodel import SQLModel

from crm_tui.core.portions import portions
from crm_tui.models.base import Instant
from crm_tui.storage.store import ReadWork, UnitOfWork

_TABLES = SQLModel.metadata.tables
_ORDERS = _TABLES["orders"]
CHILDREN = ("rating", "payment", "service_session", "assignment")
"""What hangs on an order, in the order in which it may be deleted."""


@dataclass(slots=True)
class Stored:
    """An order as it is stored, in the form that a file's order is compared in."""

    id: int
    version: int
    custom: dict[str, Any]
    facts: dict[str, Any]
    open_companions: list[int] = field(default_factory=list)
    certified: bool = False
    """A payment of it carries an outside number: its channel is known better than from a file."""


def stored_orders(work: ReadWork, numbers: Sequence[str]) -> dict[str, Stored]:
    """The orders that have these numbers."""
    found: dict[str, Stored] = {}
    connection = work.session.connection()
    for some in portions(sorted(set(numbers)), 400):
        for row in connection.execute(select(_ORDERS).where(_ORDERS.c.no.in_(some))).mappings():
            facts = dict(row) | {"companions": [], "channel": None, "rating": None, "comment": ""}
            if row["named_companion_id"] is not None:
                facts["companions"] = [row["named_companion_id"]]
            found[row["no"]] = Stored(row["id"], row["version"], row["custom"], facts)
    by_id = {stored.id: stored for stored in found.values()}
    for ids in portions(sorted(by_id), 400):
        _add_children(work, ids, by_id)
    return found


def _add_children(work: ReadWork, ids: list[int], by_id: dict[int, Stored]) -> None:
    connection = work.session.connection()
    assignment, payment, rating = (_TABLES[n] for n in ("assignment", "payment", "rating"))
    served: dict[int, list[int]] = defaultdict(list)
    rows = connection.execute(select(assignment).where(assignment.c.order_id.in_(ids)))
    for row in rows:
        served[row.order_id].append(row.companion_id)
        if row.ended_at is None:
            by_id[row.order_id].open_companions.append(row.companion_id)
    for order_id, companions in served.items():
        by_id[order_id].facts["companions"] = sorted(companions)
    for row in connection.execute(select(payment).where(payment.c.order_id.in_(ids))):
        by_id[row.order_id].facts["channel"] = row.channel
        by_id[row.order_id].certified |= row.external_ref is not None
    for row in connection.execute(select(rating).where(rating.c.order_id.in_(ids))):
        by_id[row.order_id].facts |= {"rating": row.overall, "comment": row.comment}


def snapshot(work: ReadWork, order_id: int) -> dict[str, Any]:
    """An order with all that hangs on it, as JSON."""
    connection = work.session.connection()
    order = connection.execute(select(_ORDERS).where(_ORDERS.c.id == order_id)).mappings().one()
    kept: dict[str, Any] = {"order": _as_json(dict(order))}
    for name in CHILDREN:
        table = _TABLES[name]
        rows = connection.execute(select(table).where(table.c.order_id == order_id)).mappings()
        kept[name] = [_as_json(dict(row)) for row in rows]
    return kept


def put_back(work: UnitOfWork, kept: dict[str, Any]) -> None:
    """Make the order what :func:`snapshot` kept of it, its version too."""
    connection = work.session.connection()
    order = _from_json(_ORDERS, kept["order"])
    order_id = order["id"]
    for name in CHILDREN:
        table = _TABLES[name]
        connection.execute(table.delete().where(table.c.order_id == order_id))
    connection.execute(update(_ORDERS).where(_ORDERS.c.id == order_id).values(order))
    for name in reversed(CHILDREN):
        rows = [_from_json(_TABLES[name], row) for row in kept[name]]
        if rows:
            connection.execute(insert(_TABLES[name]), rows)


def _as_json(row: dict[str, Any]) -> dict[str, Any]:
    return {
        name: value.isoformat() if isinstance(value, datetime | date) else value
        for name, value in row.items()
    }


def _from_json(table: Table, row: dict[str, Any]) -> dict[str, Any]:
    return {
        name: datetime.fromisoformat(value)
        if value is not None and isinstance(table.c[name].type, Instant)
        else value
        for name, value in row.items()
    }
