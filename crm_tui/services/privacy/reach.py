"""Which rows are about a person: followed along the foreign keys, so that no table is forgotten.

From the customer (and whoever was merged into them) every table that refers to a row of theirs is
about them too: their orders, the ratings of those, their interactions, the attachments of those …
What their rows refer *to* (companions, games, stores) is not.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Column, Table, select
from sqlmodel import SQLModel

from crm_tui.models.every import METADATA
from crm_tui.storage.store import ReadWork

Rows = dict[str, list[dict[str, Any]]]
"""The rows about a person, by table, each as its columns."""
_IDS_AT_ONCE = 500


def reached_tables() -> frozenset[str]:
    """The tables that may hold rows about a customer."""
    reached = {"customer"}
    while True:
        more = {
            table.name
            for table in METADATA.sorted_tables
            if table.name not in reached and _ways_in(table, reached)
        }
        if not more:
            return frozenset(reached)
        reached |= more


def rows_about(work: ReadWork, customer_id: int) -> Rows:
    """Every row about this customer, oldest first in each table.

    Memory holds all of them: a person's, not a studio's.
    """
    tables = [each for each in METADATA.sorted_tables if each.name in reached_tables()]
    found: Rows = {"customer": _persons(work, customer_id)}
    for table in tables:
        if table.name != "customer":
            rows = _rows(work, table, found)
            if rows:
                found[table.name] = rows
    return found


def _persons(work: ReadWork, customer_id: int) -> list[dict[str, Any]]:
    """The customer, and those who were merged into them, at any remove."""
    customer = SQLModel.metadata.tables["customer"]
    found: list[dict[str, Any]] = []
    ids = [customer_id]
    of = customer.c.id
    while ids:
        query = select(customer).where(of.in_(ids)).order_by(customer.c.id)
        rows = [dict(row) for row in work.session.connection().execute(query).mappings()]
        known = {row["id"] for row in found}
        fresh = [row for row in rows if row["id"] not in known]
        found += fresh
        ids, of = [row["id"] for row in fresh], customer.c.merged_into_id
    return found


def _rows(work: ReadWork, table: Table, found: Rows) -> list[dict[str, Any]]:
    keys = list(table.primary_key.columns)
    rows: dict[tuple[Any, ...], dict[str, Any]] = {}
    for column, of in _ways_in(table, set(found)):
        ids = [row["id"] for row in found[of]]
        for start in range(0, len(ids), _IDS_AT_ONCE):
            among = column.in_(ids[start : start + _IDS_AT_ONCE])
            query = select(table).where(among).order_by(*keys)
            for row in work.session.connection().execute(query).mappings():
                rows[tuple(row[key.name] for key in keys)] = dict(row)
    return [rows[key] for key in sorted(rows)]


def _ways_in(table: Table, reached: set[str]) -> list[tuple[Column[Any], str]]:
    """The columns of ``table`` that refer to rows of the ``reached`` tables, and to which."""
    return [
        (column, key.column.table.name)
        for column in table.columns
        for key in column.foreign_keys
        if key.column.table.name in reached and key.column.table.name != table.name
    ]


def ids_of(rows: Rows, table: str) -> list[int]:
    """The ids of the rows of ``table``."""
    return [row["id"] for row in rows.get(table, ())]


def values_of(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row without what is empty, for a reader."""
    return {name: value for name, value in row.items() if value not in (None, "", [], {})}
