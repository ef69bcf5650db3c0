"""Payments: money that came or went, each with its outside number, never booked twice."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from crm_tui.core.words import PayChannel, PaymentKind
from crm_tui.models.base import (
    NEVER_REUSED,
    check,
    fen_field,
    id_field,
    instant_field,
    reference,
    word_field,
    words_of,
)


class Payment(SQLModel, table=True):
    """One payment, tip or refund; ``amount_fen`` is positive, ``kind`` says which way it went."""

    __tablename__ = "payment"
    __table_args__ = (
        words_of("kind", PaymentKind),
        words_of("channel", PayChannel),
        check("amount", "amount_fen > 0"),
        UniqueConstraint("channel", "external_ref"),
        Index("ix_payment_customer", "customer_id", "paid_at"),
        NEVER_REUSED,
    )

    id: int | None = id_field()
    store_id: int = reference("store.id")
    order_id: int | None = reference("orders.id", nullable=True, index=True)
    customer_id: int = reference("customer.id")
    kind: PaymentKind = word_field(PaymentKind, default=PaymentKind.PAYMENT)
    channel: PayChannel = word_field(PayChannel)
    amount_fen: int = fen_field(None)
    external_ref: str | None = Field(default=None, max_length=100)
    refund_of_id: int | None = reference("payment.id", nullable=True)
    """Of a refund: the payment that it gives back, where that is known. Of a payment or tip: the
    refund that it takes back, whose money was never sent."""
    paid_at: datetime = instant_field(index=True)
    taken_by: str = Field(default="", max_length=60)
    import_batch_id: int | None = reference("import_batch.id", nullable=True)
