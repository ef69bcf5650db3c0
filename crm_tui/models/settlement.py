"""Settlement: what companions earned in a period, approved, paid, and reproducible."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import Index, Text, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from crm_tui.core.words import SettlementState
from crm_tui.models.base import (
    NEVER_REUSED,
    BigId,
    check,
    fen_field,
    id_field,
    instant_field,
    partial_index,
    reference,
    word_field,
    words_of,
)


class SettlementBatch(SQLModel, table=True):
    """One settlement of one store and period of business days, both ends included.

    The batches of a store follow one another: each takes what its window holds and the one before
    did not. The window is stored, so that it stays when a setting changes.
    """

    __tablename__ = "settlement_batch"
    __table_args__ = (
        words_of("state", SettlementState),
        check("period", "period_from <= period_to"),
        UniqueConstraint("no"),
        Index("ix_settlement_batch_state", "state", "store_id"),
        partial_index(
            "uq_settlement_batch_draft", "store_id", unique=True, where=text("state = 'draft'")
        ),
        NEVER_REUSED,
    )

    id: int | None = id_field()
    store_id: int = reference("store.id")
    no: str = Field(max_length=40)
    period_from: date
    period_to: date
    state: SettlementState = word_field(SettlementState, default=SettlementState.DRAFT)
    made_by: str = Field(default="", max_length=60)
    made_at: datetime = instant_field()
    approved_by: str = Field(default="", max_length=60)
    approved_at: datetime | None = instant_field(nullable=True)
    paid_by: str = Field(default="", max_length=60)
    paid_at: datetime | None = instant_field(nullable=True)
    cut_journal_id: int = Field(default=0, sa_type=BigId)
    """The last journal that it saw: from those up to it, it comes out the same at any time."""
    previous_id: int | None = reference("settlement_batch.id", nullable=True)
    """The batch of the store before it, other than those that were cancelled by then."""
    opens_at: datetime = instant_field()
    """Nothing that was earned before is settled: the first day of this batch or of an earlier."""
    closes_at: datetime = instant_field()
    """The end of the period's last business day."""
    free_on: date
    """The business day on which it was drafted: what is frozen longer waits for a later batch."""
    open_from_id: int = Field(default=0, sa_type=BigId)
    """The first journal of which it left something; the next batch need not look further back."""
    version: int = 1


class SettlementLine(SQLModel, table=True):
    """What one companion gets in one batch. Amounts are fen; what is paid is ``payable_fen``."""

    __tablename__ = "settlement_line"
    __table_args__ = (
        check("payable", "payable_fen >= 0"),
        check("sum", "payable_fen = earned_fen + tips_fen + adjustments_fen - clawback_fen"),
        Index("ix_settlement_line_companion", "companion_id"),
    )

    batch_id: int = reference("settlement_batch.id", primary_key=True)
    companion_id: int = reference("companion.id", primary_key=True)
    earned_fen: int = fen_field()
    tips_fen: int = fen_field()
    adjustments_fen: int = fen_field()
    clawback_fen: int = fen_field()
    frozen_fen: int = fen_field()
    """Earned and still in its freeze: it comes with a later batch."""
    payable_fen: int = fen_field()
    orders: int = 0


class SettlementAdjustment(SQLModel, table=True):
    """An amount that a person gave or took from a companion, with the reason."""

    __tablename__ = "settlement_adjustment"
    __table_args__ = (
        check("amount", "amount_fen <> 0"),
        Index("ix_settlement_adjustment_companion", "companion_id", "at"),
        Index("ix_settlement_adjustment_batch", "batch_id"),
        NEVER_REUSED,
    )

    id: int | None = id_field()
    store_id: int = reference("store.id")
    batch_id: int | None = reference("settlement_batch.id", nullable=True)
    companion_id: int = reference("companion.id")
    amount_fen: int = fen_field(None)
    reason: str = Field(default="", sa_type=Text)
    made_by: str = Field(default="", max_length=60)
    at: datetime = instant_field()
