"""Bills of the payment channels: each line of each file once, and what it was found to be."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index, Text, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from crm_tui.core.words import BillLineKind, BillLineState, PayChannel
from crm_tui.models.base import (
    NEVER_REUSED,
    fen_field,
    id_field,
    instant_field,
    json_field,
    partial_index,
    reference,
    word_field,
    words_of,
)


class BillFile(SQLModel, table=True):
    """A bill that was read; the same content is stored once."""

    __tablename__ = "bill_file"
    __table_args__ = (words_of("channel", PayChannel), UniqueConstraint("sha256"), NEVER_REUSED)

    id: int | None = id_field()
    store_id: int = reference("store.id")
    form: str = Field(max_length=40)
    """How it looks: ``wechat_merchant_all``, ``alipay_personal`` …"""
    name: str = Field(default="", sa_type=Text)
    sha256: str = Field(max_length=64)
    channel: PayChannel = word_field(PayChannel)
    imported_at: datetime = instant_field()
    by: str = Field(default="", max_length=60)
    stated: dict[str, Any] = json_field()
    """The totals that the file itself states."""
    read: dict[str, Any] = json_field()
    """The totals of its lines as they were read."""


class BillLine(SQLModel, table=True):
    """One movement of money as the channel tells it; the same line of two files is one."""

    __tablename__ = "bill_line"
    __table_args__ = (
        words_of("channel", PayChannel),
        words_of("kind", BillLineKind),
        words_of("state", BillLineState),
        UniqueConstraint("channel", "line_key"),
        Index("ix_bill_line_file", "file_id"),
        Index("ix_bill_line_outside", "outside_no"),
        Index("ix_bill_line_state", "state", "at"),
        partial_index("ix_bill_line_payment", "payment_id", where=text("payment_id IS NOT NULL")),
        NEVER_REUSED,
    )

    id: int | None = id_field()
    store_id: int = reference("store.id")
    file_id: int = reference("bill_file.id")
    channel: PayChannel = word_field(PayChannel)
    line_key: str = Field(max_length=200)
    kind: BillLineKind = word_field(BillLineKind)
    at: datetime = instant_field()
    amount_fen: int = fen_field(None)
    outside_no: str = Field(default="", max_length=100)
    merchant_no: str = Field(default="", max_length=100)
    refund_of: str = Field(default="", max_length=100)
    """Of a refund: the outside number of the payment that it gives back."""
    payer: str = Field(default="", sa_type=Text)
    title: str = Field(default="", sa_type=Text)
    raw: dict[str, Any] = json_field()
    payment_id: int | None = reference("payment.id", nullable=True)
    confidence: float | None = None
    """How sure the match is, 0…1."""
    state: BillLineState = word_field(BillLineState, default=BillLineState.OPEN)
