"""Who gets what of an order: the rules with their versions, and what they said of each order."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import Index, Text, UniqueConstraint
from sqlmodel import Field, SQLModel

from crm_tui.models.base import (
    NEVER_REUSED,
    check,
    fen_field,
    id_field,
    instant_field,
    json_field,
    reference,
)


class SplitRule(SQLModel, table=True):
    """One version of a store's split rule; the newest that is valid on a business day holds."""

    __tablename__ = "split_rule"
    __table_args__ = (UniqueConstraint("store_id", "version"), NEVER_REUSED)

    id: int | None = id_field()
    store_id: int = reference("store.id")
    version: int
    valid_from: date
    """The first business day for which it holds."""
    definition: dict[str, Any] = json_field()
    note: str = Field(default="", sa_type=Text)
    made_by: str = Field(default="", max_length=60)
    made_at: datetime = instant_field()


class OrderSplit(SQLModel, table=True):
    """What one who served a part of an order gets, and why. A later ``seq`` replaces an earlier.

    The rows of one order and ``seq`` belong together.
    """

    __tablename__ = "order_split"
    __table_args__ = (
        check("share", "share_bp BETWEEN 0 AND 10000"),
        Index("ix_order_split_order", "order_id", "seq"),
        Index("ix_order_split_companion", "companion_id", "at"),
        Index("ix_order_split_at", "at"),
        NEVER_REUSED,
    )

    id: int | None = id_field()
    store_id: int = reference("store.id")
    order_id: int = reference("orders.id", ondelete="CASCADE")
    assignment_id: int = reference("assignment.id", index=True, ondelete="CASCADE")
    companion_id: int = reference("companion.id")
    place: int = 1
    seq: int = 1
    rule_id: int | None = reference("split_rule.id", nullable=True)
    """None for the rule that the software comes with."""
    rule_version: int
    inputs: dict[str, Any] = json_field()
    """All that the rule looked at, so that the line can be made again."""
    base_fen: int = fen_field(None)
    """The part of the order's amount that the share is of."""
    share_bp: int
    companion_fen: int = fen_field(None)
    explanation: str = Field(default="", sa_type=Text)
    """For the companion, on one line."""
    at: datetime = instant_field()
