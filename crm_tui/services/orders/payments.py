"""The rows that tell of money for an order: a payment, a tip, a refund; none is booked twice."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, insert, select
from sqlalchemy.orm import aliased
from sqlmodel import col

from crm_tui.core.errors import Duplicate
from crm_tui.core.language import _
from crm_tui.core.words import PayChannel, PaymentKind
from crm_tui.models import Payment
from crm_tui.services.orders.moves import Held
from crm_tui.storage.store import UnitOfWork

_BOOK: Any = insert(Payment).returning(col(Payment.id))
_OPPOSITE = aliased(Payment)


def moved_money() -> ColumnElement[bool]:
    """Whether a row tells of money that really came or went: it is neither a refund that was taken
    back nor the payment that takes one back."""
    is_refund = col(Payment.kind) == PaymentKind.REFUND
    taken_back = (
        select(col(_OPPOSITE.id))
        .where(
            col(_OPPOSITE.order_id) == col(Payment.order_id),
            col(_OPPOSITE.refund_of_id) == col(Payment.id),
        )
        .exists()
    )
    return and_(
        is_refund | col(Payment.refund_of_id).is_(None),
        ~(is_refund & taken_back),
    )


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
