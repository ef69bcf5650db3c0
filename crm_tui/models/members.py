"""Membership: levels that customers reach by their top-ups."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import UniqueConstraint
from sqlmodel import Field, SQLModel

from crm_tui.models.base import (
    NEVER_REUSED,
    check,
    fen_field,
    id_field,
    instant_field,
    reference,
)


class MembershipLevel(SQLModel, table=True):
    """What a member of this level has; ``rank`` counts from the lowest."""

    __tablename__ = "membership_level"
    __table_args__ = (
        check("discount", "discount_bp BETWEEN 0 AND 10000"),
        check("bonus", "bonus_bp >= 0"),
        check("threshold", "threshold_fen >= 0"),
        UniqueConstraint("store_id", "rank"),
        NEVER_REUSED,
    )

    id: int | None = id_field()
    store_id: int = reference("store.id")
    """Store 0 for levels of the whole studio."""
    rank: int
    name: str = Field(max_length=60)
    threshold_fen: int = fen_field()
    """What a customer must have topped up in all to reach it."""
    discount_bp: int = 0
    """Off the price, in basis points."""
    bonus_bp: int = 0
    """On top of each top-up, in basis points of it."""


class Membership(SQLModel, table=True):
    """The level that a customer has reached."""

    __tablename__ = "membership"

    customer_id: int = reference("customer.id", primary_key=True, ondelete="CASCADE")
    level_id: int = reference("membership_level.id", index=True)
    since: datetime = instant_field()
