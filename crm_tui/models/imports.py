"""Imports: batches, and a verdict for every row, with what it takes to undo them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index, Text
from sqlmodel import Field, SQLModel

from crm_tui.core.words import BatchState
from crm_tui.models.base import (
    NEVER_REUSED,
    BigId,
    id_field,
    instant_field,
    json_field,
    reference,
    word_field,
    words_of,
)


class ImportBatch(SQLModel, table=True):
    """One run of one file: all of it, or nothing."""

    __tablename__ = "import_batch"
    __table_args__ = (words_of("state", BatchState), NEVER_REUSED)

    id: int | None = id_field()
    store_id: int = reference("store.id")
    token: str = Field(max_length=40, unique=True)
    """The name that commands use: ``import undo TOKEN``."""
    entity: str = Field(max_length=40)
    """customers, companions, orders, payments, or book."""
    file: str = Field(sa_type=Text)
    file_sha256: str = Field(max_length=64)
    state: BatchState = word_field(BatchState, default=BatchState.RUNNING)
    started_at: datetime = instant_field()
    finished_at: datetime | None = instant_field(nullable=True)
    started_by: str = Field(max_length=60)
    verdict: dict[str, Any] = json_field()
    """The verdict as it was answered, without the list of rows."""
    rows_done: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    """Data rows that are committed, of a batch that commits in portions."""
    stopped_at: datetime | None = instant_field(nullable=True)
    """When somebody stopped it before its end; it can be resumed, or undone."""


class ImportSpan(SQLModel, table=True):
    """A run of rows that each inserted one record: row ``first_row + n`` is ``first_id + n``."""

    __tablename__ = "import_span"
    __table_args__ = (Index("ix_import_span_record", "entity", "first_id"), NEVER_REUSED)

    id: int | None = id_field()
    batch_id: int = reference("import_batch.id", ondelete="CASCADE", index=True)
    sheet: str = Field(default="", max_length=200)
    entity: str = Field(max_length=40)
    first_row: int
    first_id: int = Field(sa_type=BigId)
    count: int


class ImportRow(SQLModel, table=True):
    """What became of one row of a file, or of one record it brought with it."""

    __tablename__ = "import_row"
    __table_args__ = (
        Index("ix_import_row_batch", "batch_id", "sheet", "row"),
        Index("ix_import_row_record", "entity", "entity_id"),
        NEVER_REUSED,
    )

    id: int | None = id_field()
    batch_id: int = reference("import_batch.id", ondelete="CASCADE")
    sheet: str = Field(default="", max_length=200)
    row: int
    """The number that the spreadsheet shows."""
    verdict: str = Field(max_length=20)
    """inserted, updated, unchanged, merged, skipped, rejected."""
    entity: str = Field(max_length=40)
    entity_id: int | None = Field(default=None, sa_type=BigId)
    before: dict[str, Any] = json_field()
    """The fields that an update replaced, as they were."""
    column: str = Field(default="", max_length=200)
    value: str = Field(default="", sa_type=Text)
    code: str = Field(default="", max_length=60)
    reason: str = Field(default="", sa_type=Text)
