"""Whom an import has brought although they seem to be stored already."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from sqlalchemy import select
from sqlmodel import SQLModel

from crm_tui.services.duplicates.reads import Alike, alike
from crm_tui.services.duplicates.rules import LIKELY
from crm_tui.storage.store import ReadWork

MOST = 200
"""A sheet that brings more new customers, a few milliseconds each, is left to the scan of the whole
base."""

_TABLES = SQLModel.metadata.tables
_SPANS = _TABLES["import_span"]
_ROWS = _TABLES["import_row"]


def alike_rows(work: ReadWork, batch_id: int, sheet: str) -> Iterator[tuple[int, Alike]]:
    """The rows of a sheet that brought a customer who very likely was stored before, each with
    that customer; none where the sheet brought more than :data:`MOST`."""
    brought = list(islice(_brought(work, batch_id, sheet), MOST + 1))
    for row, customer_id in brought if len(brought) <= MOST else ():
        for found in alike(work, customer_id, limit=1):
            if found.score >= LIKELY and found.customer.id < customer_id:
                yield row, found


def _brought(work: ReadWork, batch_id: int, sheet: str) -> Iterator[tuple[int, int]]:
    """The rows that inserted a customer, with the customer's id."""
    connection = work.session.connection()
    for first_row, first_id, count in connection.execute(
        select(_SPANS.c.first_row, _SPANS.c.first_id, _SPANS.c["count"])
        .where(_SPANS.c.batch_id == batch_id, _SPANS.c.sheet == sheet)
        .where(_SPANS.c.entity == "customer")
        .order_by(_SPANS.c.first_row)
    ).all():
        yield from ((first_row + place, first_id + place) for place in range(count))
    rows = connection.execute(
        select(_ROWS.c.row, _ROWS.c.entity_id)
        .where(_ROWS.c.batch_id == batch_id, _ROWS.c.sheet == sheet)
        .where(_ROWS.c.entity == "customer", _ROWS.c.verdict == "inserted", _ROWS.c.row > 0)
        .order_by(_ROWS.c.row)
    )
    yield from ((row.row, row.entity_id) for row in rows.all())
