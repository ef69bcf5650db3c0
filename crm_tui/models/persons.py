"""One record a person: merges that can be undone, pairs that were judged, who suits whom."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index, Text, text
from sqlmodel import Field, SQLModel

from crm_tui.core.words import Stance
from crm_tui.models.base import (
    NEVER_REUSED,
    check,
    id_field,
    instant_field,
    json_field,
    partial_index,
    reference,
    word_field,
    words_of,
)


class CustomerMerge(SQLModel, table=True):
    """``other`` was found to be the same person as ``kept`` and went into it (A5)."""

    __tablename__ = "customer_merge"
    __table_args__ = (
        check("two", "kept_id <> other_id"),
        partial_index(
            "uq_customer_merge_other", "other_id", unique=True, where=text("undone_at IS NULL")
        ),
        Index("ix_customer_merge_kept", "kept_id"),
        NEVER_REUSED,
    )

    id: int | None = id_field()
    store_id: int = reference("store.id")
    kept_id: int = reference("customer.id")
    other_id: int = reference("customer.id")
    merged_at: datetime = instant_field()
    merged_by: str = Field(max_length=60)
    undone_at: datetime | None = instant_field(nullable=True)
    snapshot: dict[str, Any] = json_field()
    """What restores both as they were: replaced values, and the ids of what was moved."""


class NotDuplicate(SQLModel, table=True):
    """Two customers who look alike and were judged to be two people."""

    __tablename__ = "not_duplicate"
    __table_args__ = (check("ordered", "first_id < second_id"),)

    first_id: int = reference("customer.id", primary_key=True)
    second_id: int = reference("customer.id", primary_key=True)
    judged_at: datetime = instant_field()
    judged_by: str = Field(max_length=60)


class CompanionStance(SQLModel, table=True):
    """A customer prefers a companion, or one of the two refuses the other (A9)."""

    __tablename__ = "companion_stance"
    __table_args__ = (words_of("stance", Stance), Index("ix_companion_stance", "companion_id"))

    customer_id: int = reference("customer.id", primary_key=True)
    companion_id: int = reference("companion.id", primary_key=True)
    stance: Stance = word_field(Stance)
    reason: str = Field(default="", sa_type=Text)
    set_at: datetime = instant_field()
    set_by: str = Field(max_length=60)
