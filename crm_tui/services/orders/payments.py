"""The rows that tell of money for an order: a payment, a tip, a refund; none is booked twice."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import insert
from sqlmodel import col

from crm_tui.core.errors import Duplicate
from crm_tui.core.language import _
from crm_tui.core.words import PayChannel, PaymentKind
from crm_tui.models import Payment
from crm_tui.services.orders.moves import Held
from crm_tui.storage.store import UnitOfWork

_BOOK: Any = insert(Payment).returning(col(Payment.id))


def book(
    work: UnitOfWork,
    held: Held,
    kind: PaymentKind,
    channel: PayChannel,
    amount_fen: int,
    at: datetime,
    *,
    external_ref: str | None = None,
    refund_of_id: int | None = None,
) -> int:
    """Note money that came or went for an order, and answer the row's id.

    Raises :class:`Duplicate` for an outside number that its channel has already.
    """
    another = Duplicate(field=channel.label, value=external_ref, owner=_("another payment"))
    with work.on_violation({"uq_payment_channel_external_ref": another}):
        payment_id: int = (
            work.session.connection()
            .execute(
                _BOOK,
                {
                    "store_id": held.store_id,
                    "order_id": held.id,
                    "customer_id": held.customer_id,
                    "kind": kind,
                    "channel": channel,
                    "amount_fen": amount_fen,
                    "external_ref": external_ref or None,
                    "refund_of_id": refund_of_id,
                    "paid_at": at,
                    "taken_by": work.actor.login,
                },
            )
            .scalar_one()
        )
    return payment_id
