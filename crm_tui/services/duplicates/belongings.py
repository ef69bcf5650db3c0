"""What belongs to a customer and goes with them into another record, and comes back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Table, func, insert, select, update
from sqlmodel import SQLModel

import crm_tui.models.persons  # noqa: F401  (judged pairs and stances are read as tables)
from crm_tui.core.portions import portions
from crm_tui.core.words import Stance
from crm_tui.models.base import Instant
from crm_tui.services.money.members.reads import balance_of
from crm_tui.storage.store import ReadWork, UnitOfWork

Row = dict[str, Any]
"""A row of a table as JSON."""

_TABLES = SQLModel.metadata.tables
_CUSTOMER = _TABLES["customer"]
_TAG = _TABLES["customer_tag"]
_STANCE = _TABLES["companion_stance"]
MOVED = {
    "orders": "orders",
    "payments": "payment",
    "identities": "customer_identity",
    "interactions": "interaction",
    "tasks": "task",
}
"""What changes hands row by row, under the name that a preview counts it by, with its table."""
_IDS_AT_ONCE = 400


@dataclass(frozen=True, slots=True)
class Counts:
    """How many of each are the other's and go into the record that stays."""

    orders: int
    payments: int
    identities: int
    interactions: int
    tasks: int
    tags: int
    stances: int
    stored_fen: int
    """Stored value, bonus and all."""


def counts(work: ReadWork, customer_id: int) -> Counts:
    """What belongs to a customer."""

    def count(table: Table) -> int:
        owned = select(func.count()).select_from(table).where(table.c.customer_id == customer_id)
        return int(work.session.connection().scalar(owned) or 0)

    moved = {name: count(_TABLES[table]) for name, table in MOVED.items()}
    balance = balance_of(work, customer_id, customer_row(work, customer_id)["store_id"])
    return Counts(**moved, tags=count(_TAG), stances=count(_STANCE), stored_fen=balance.total_fen)


def customer_row(work: ReadWork, customer_id: int) -> Row:
    """A customer's row with values as Python has them."""
    row = work.session.connection().execute(select(_CUSTOMER).where(_CUSTOMER.c.id == customer_id))
    return dict(row.mappings().one())


def hand_over(work: UnitOfWork, giver: int, taker: int) -> Row:
    """Give all that belongs to ``giver`` to ``taker``; answers, as JSON, what :func:`take_back`
    needs. Where both have a stance towards one companion, a refusal wins, else that of ``taker``.
    """
    kept: Row = {
        name: _move_all(work, _TABLES[table], giver, taker) for name, table in MOVED.items()
    }
    kept["tags"] = _hand_over_tags(work, giver, taker)
    kept["stances"] = _hand_over_stances(work, giver, taker)
    return kept


def take_back(work: UnitOfWork, giver: int, taker: int, kept: Row) -> None:
    """Give back to ``giver`` what :func:`hand_over` gave away and ``taker`` still has. What
    ``taker`` got since stays with them."""
    connection = work.session.connection()
    for name, table_name in MOVED.items():
        table = _TABLES[table_name]
        for ids in portions(kept[name], _IDS_AT_ONCE):
            still = (table.c.id.in_(ids), table.c.customer_id == taker)
            connection.execute(update(table).where(*still).values(customer_id=giver))
    tags = kept["tags"]
    connection.execute(
        _TAG.delete().where(_TAG.c.customer_id == taker, _TAG.c.tag_id.in_(tags["added"]))
    )
    _wear(work, giver, _existing(work, tags["worn"]))
    stances = kept["stances"]
    connection.execute(
        _STANCE.delete().where(
            _STANCE.c.customer_id == taker, _STANCE.c.companion_id.in_(stances["won"])
        )
    )
    for row in (*stances["replaced"], *stances["given"]):
        connection.execute(insert(_STANCE).values(from_json(_STANCE, row)))


def _move_all(work: UnitOfWork, table: Table, giver: int, taker: int) -> list[int]:
    connection = work.session.connection()
    owned = table.c.customer_id == giver
    ids = list(connection.scalars(select(table.c.id).where(owned).order_by(table.c.id)))
    connection.execute(update(table).where(owned).values(customer_id=taker))
    return ids


def _hand_over_tags(work: UnitOfWork, giver: int, taker: int) -> dict[str, list[int]]:
    mine, theirs = _worn(work, taker), _worn(work, giver)
    added = [tag for tag in theirs if tag not in mine]
    work.session.connection().execute(_TAG.delete().where(_TAG.c.customer_id == giver))
    _wear(work, taker, added)
    return {"worn": theirs, "added": added}


def _worn(work: ReadWork, customer_id: int) -> list[int]:
    worn = select(_TAG.c.tag_id).where(_TAG.c.customer_id == customer_id).order_by(_TAG.c.tag_id)
    return list(work.session.connection().scalars(worn))


def _wear(work: UnitOfWork, customer_id: int, tag_ids: Sequence[int]) -> None:
    if tag_ids:
        rows = [{"customer_id": customer_id, "tag_id": tag_id} for tag_id in tag_ids]
        work.session.connection().execute(insert(_TAG), rows)


def _existing(work: ReadWork, tag_ids: Sequence[int]) -> list[int]:
    """Those tags that nobody has deleted meanwhile."""
    tag = _TABLES["tag"]
    query = select(tag.c.id).where(tag.c.id.in_(tag_ids)).order_by(tag.c.id)
    return list(work.session.connection().scalars(query))


def _hand_over_stances(work: UnitOfWork, giver: int, taker: int) -> dict[str, list[Any]]:
    connection = work.session.connection()
    mine = {row["companion_id"]: row for row in _stances(work, taker)}
    given = _stances(work, giver)
    won = [
        row
        for row in given
        if row["companion_id"] not in mine
        or (row["stance"], mine[row["companion_id"]]["stance"])
        == (Stance.REFUSED, Stance.PREFERRED)
    ]
    companions = [row["companion_id"] for row in won]
    connection.execute(_STANCE.delete().where(_STANCE.c.customer_id == giver))
    connection.execute(
        _STANCE.delete().where(
            _STANCE.c.customer_id == taker, _STANCE.c.companion_id.in_(companions)
        )
    )
    for row in won:
        connection.execute(insert(_STANCE).values({**row, "customer_id": taker}))
    return {
        "given": [to_json(row) for row in given],
        "won": companions,
        "replaced": [to_json(mine[each]) for each in companions if each in mine],
    }


def _stances(work: ReadWork, customer_id: int) -> list[Row]:
    rows = work.session.connection().execute(
        select(_STANCE).where(_STANCE.c.customer_id == customer_id).order_by(_STANCE.c.companion_id)
    )
    return [dict(row) for row in rows.mappings()]


def to_json(row: Row) -> Row:
    """A row in a form that JSON keeps exactly."""
    return {
        name: value.isoformat() if isinstance(value, datetime | date) else value
        for name, value in row.items()
    }


def from_json(table: Table, row: Row) -> Row:
    """The row of ``table`` that :func:`to_json` made JSON of."""
    return {name: _value(table, name, value) for name, value in row.items()}


def _value(table: Table, name: str, value: Any) -> Any:
    if value is None:
        return None
    if isinstance(table.c[name].type, Instant):
        return datetime.fromisoformat(value)
    return date.fromisoformat(value) if table.c[name].type.python_type is date else value
