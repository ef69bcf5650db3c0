"""Dispatch: rounds that hold offers."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Index, Text, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from crm_tui.core.words import DispatchMode, OfferState
from crm_tui.models.base import (
    NEVER_REUSED,
    id_field,
    instant_field,
    json_field,
    partial_index,
    reference,
    word_field,
    words_of,
)


class DispatchRound(SQLModel, table=True):
    """One attempt to find companions for an order, which widens tier by tier.

    ``expires_at`` is when the last of its offers runs out; ``widens_at`` when the next tier is
    asked, empty when there is none left.
    """

    __tablename__ = "dispatch_round"
    __table_args__ = (
        words_of("mode", DispatchMode),
        UniqueConstraint("order_id", "number"),
        partial_index(
            "ix_dispatch_round_widens",
            "widens_at",
            where=text("closed_at IS NULL AND widens_at IS NOT NULL"),
        ),
        NEVER_REUSED,
    )

    id: int | None = id_field()
    store_id: int = reference("store.id")
    order_id: int = reference("orders.id")
    number: int
    mode: DispatchMode = word_field(DispatchMode)
    tier: int = Field(default=1, sa_column_kwargs={"server_default": "1"})
    """The widest tier that was asked so far, from 1."""
    tiers: list[dict[str, Any]] = Field(
        default_factory=list,
        sa_type=JSON,
        nullable=False,
        sa_column_kwargs={"server_default": "[]"},
    )
    """The ladder as it was when the round opened: ``levels`` (codes) and ``seconds`` a tier."""
    widens_at: datetime | None = instant_field(nullable=True)
    opened_at: datetime = instant_field()
    expires_at: datetime = instant_field()
    closed_at: datetime | None = instant_field(nullable=True)


class Offer(SQLModel, table=True):
    """An order offered to one companion. It ends in exactly one state."""

    __tablename__ = "offer"
    __table_args__ = (
        words_of("state", OfferState),
        UniqueConstraint("round_id", "companion_id"),
        partial_index(
            "uq_offer_winner", "round_id", "place", unique=True, where=text("state = 'accepted'")
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
    tier: int = Field(default=1, sa_column_kwargs={"server_default": "1"})
    """The tier of the round in which they were asked."""
    state: OfferState = word_field(OfferState, default=OfferState.OPEN)
    place: int | None = None
    """The place of the order that the winner got."""
    score: float = 0.0
    parts: dict[str, Any] = json_field()
    """The parts of the score, 0…1 each."""
    weights_version: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    """Which version of the weights made the score; 0 is the default."""
    sent_at: datetime = instant_field()
    expires_at: datetime = instant_field()
    answered_at: datetime | None = instant_field(nullable=True)
    reason: str = Field(default="", sa_type=Text)
