"""What people keep of their lists: saved views, and bulk actions with what undoes them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index, Text, UniqueConstraint
from sqlmodel import Field, SQLModel

from crm_tui.models.base import (
    NEVER_REUSED,
    BigId,
    id_field,
    instant_field,
    json_field,
    reference,
)


class SavedView(SQLModel, table=True):
    """A filter line with a name, for one list; of one person (``login``) or, empty, of all."""

    __tablename__ = "saved_view"
    __table_args__ = (UniqueConstraint("place", "login", "name"), NEVER_REUSED)

    id: int | None = id_field()
    place: str = Field(max_length=40)
    """The list: ``board``, ``dispatch``, ``customers``, ``roster`` …"""
    login: str = Field(default="", max_length=60)
    name: str = Field(max_length=60)
    filter: str = Field(sa_type=Text)
    sort: str = Field(default="", max_length=60)
    """The column sorted by, with ``-`` before it for downwards; empty: as the list itself does."""
    saved_at: datetime = instant_field()


class BulkRun(SQLModel, table=True):
    """One action on many records, which can be undone as one (N6)."""

    __tablename__ = "bulk_run"
    __table_args__ = (NEVER_REUSED,)

    id: int | None = id_field()
    store_id: int = reference("store.id")
    token: str = Field(max_length=40, unique=True)
    kind: str = Field(max_length=40)
    """``tag``, ``owner`` …"""
    request: dict[str, Any] = json_field()
    """What was asked for."""
    ran_at: datetime = instant_field()
    ran_by: str = Field(max_length=60)
    undone_at: datetime | None = instant_field(nullable=True)


class BulkRow(SQLModel, table=True):
    """What a bulk action did to one record, with what it takes to undo that."""

    __tablename__ = "bulk_row"
    __table_args__ = (Index("ix_bulk_row_entity", "entity", "entity_id"),)

    run_id: int = reference("bulk_run.id", primary_key=True, ondelete="CASCADE")
    entity: str = Field(primary_key=True, max_length=40)
    entity_id: int = Field(primary_key=True, sa_type=BigId)
    verdict: str = Field(max_length=20)
    """done, unchanged, refused."""
    code: str = Field(default="", max_length=60)
    """Why it was refused."""
    before: dict[str, Any] = json_field()
