"""Dispatch: rounds that hold offers."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index, Text, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from crm_tui.core.words import DispatchMode, OfferState
from crm_tui.models.base import (
    NEVER_REUSED,
    id_field,
    instant_field,
    json_field,
    reference,
    word_field,
    words_of,
)


class DispatchRound(SQLModel, table=True):
    """One attempt to find companions for an order."""

    __tablename__ = "dispatch_round"
    __table_args__ = (
        words_of("mode", DispatchMode),
        UniqueConstraint("order_id", "number"),
        NEVER_REUSED,
    )

    id: int | None = id_field()
    store_id: int = reference("store.id")
    order_id: int = reference("orders.id")
    number: int
    mode: DispatchMode = word_field(DispatchMode)
    opened_at: datetime = instant_field()
    expires_at: datetime = instant_field()
    closed_at: datetime | None = instant_field(nullable=True)


class Offer(SQLModel, table=True):
    """An order offered to one companion. It ends in exactly one state."""

    __tablename__ = "offer"
    __table_args__ = (
        words_of("state", OfferState),
        UniqueConstraint("round_id", "companion_id"),
        Index(
            "uq_offer_winner",
            "round_id",
            unique=True,
            sqlite_where=text("state = 'accepted'"),
            postgresql_where=text("state = 'accepted'"),
        ),
        Index("ix_offer_order", "order_id", "state"),
        Index("ix_offer_state", "state", "expires_at"),
        Index("ix_offer_companion", "companion_id", "state"),
        NEVER_REUSED,
    )

    id: int | None = id_field()
    store_id: int = reference("store.id")
    round_id: int = reference("dispatch_round.id")
    order_id: int = reference("orders.id")
    companion_id: int = reference("companion.id")
    state: OfferState = word_field(OfferState, default=OfferState.OPEN)
    score: float = 0.0
    parts: dict[str, Any] = json_field()
    """The parts of the score, 0…1 each, and the version of the weights."""
    sent_at: datetime = instant_field()
    expires_at: datetime = instant_field()
    answered_at: datetime | None = instant_field(nullable=True)
    reason: str = Field(default="", sa_type=Text)
