"""Traces of a person in rows that are about others or about nobody: notes, filters, verdicts.

Every text and JSON column of every table is searched, but for the names and words that belong to
somebody or something else, and the event log, which holds no personal values.
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import JSON, Column, String, Table, Text, cast, false, or_, select, update
from sqlalchemy.sql.elements import ColumnElement

from crm_tui.models.base import WordType
from crm_tui.models.every import METADATA
from crm_tui.services.privacy.rules import Traces
from crm_tui.storage.store import UnitOfWork

NOT_SWEPT = frozenset(
    {
        "companion_level",
        "companion_skill",
        "customer_identity",
        "customer_key",
        "event",
        "event_head",
        "event_value",
        "field_definition",
        "game",
        "ladder",
        "ladder_rank",
        "number_series",
        "operator",
        "store",
        "tag",
    }
)
"""Tables whose texts are others' names, vocabulary, digests, or handled by :mod:`actions`."""
OWN_WORDS = frozenset(
    {
        "customer.no",
        "customer.nick",
        "customer.name",
        "customer.keys",
        "customer.city",
        "companion.no",
        "companion.nick",
        "companion.phone",
        "bill_file.sha256",
        "bill_line.line_key",
        "bill_line.outside_no",
        "bill_line.merchant_no",
        "bill_line.refund_of",
        "idempotency_key.key",
        "idempotency_key.request_sha256",
        "import_batch.file_sha256",
        "import_batch.token",
        "journal.actor",
        "journal.key",
        "journal.request_sha256",
        "journal_line.channel",
        "orders.no",
        "payment.external_ref",
    }
)
"""Columns that say who or what a row is, not what somebody wrote; payments keep their numbers, and
the books all but their reasons: nothing else of theirs can be changed."""


def swept_columns() -> Iterator[tuple[Table, Column[object]]]:
    """The columns that may hold a word about anybody."""
    for table in METADATA.sorted_tables:
        if table.name in NOT_SWEPT:
            continue
        for column in table.columns:
            holds_text = isinstance(column.type, (String, Text, JSON))
            is_key = column.primary_key or column.foreign_keys
            vocabulary = isinstance(column.type, WordType)
            named = f"{table.name}.{column.name}" in OWN_WORDS
            if holds_text and not (is_key or vocabulary or named):
                yield table, column


def sweep(work: UnitOfWork, traces: Traces) -> int:
    """Put the pseudonym wherever ``traces`` are found; answers how many values were changed.

    Reads every text of the studio once.
    """
    connection = work.session.connection()
    changed = 0
    for table, column in swept_columns():
        keys = list(table.primary_key.columns)
        query = select(*keys, column.label("swept")).where(holds(column, traces))
        for *key, value in connection.execute(query).all():
            this = [each == part for each, part in zip(keys, key, strict=True)]
            connection.execute(
                update(table).where(*this).values({column.name: traces.wiped(value)})
            )
            changed += 1
    return changed


def holds(column: Column[object], traces: Traces) -> ColumnElement[bool]:
    """Whether a value of ``column`` names the person."""
    text = cast(column, Text)
    return or_(false(), *(text.contains(form, autoescape=True) for form in traces.stored_forms))
