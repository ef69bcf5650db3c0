"""What a customer ordered and paid: open orders at once, the rest in pages, the newest first.

A page costs the same wherever it stands and however many there are: it goes on from the last row
of the page before (``before``), down an index.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, or_, select
from sqlmodel import col

from crm_tui.core.words import JournalKind, PayChannel, PaymentKind
from crm_tui.models import Order, Payment
from crm_tui.models.ledger import Journal
from crm_tui.models.orders import STILL_OPEN
from crm_tui.services.money.members.reads import TOPPING_UP
from crm_tui.services.orders.rows import OrderRow, newest, rows_of
from crm_tui.storage.store import ReadWork

PAGE = 50
Place = tuple[datetime, int]
"""Where a page goes on: the instant and the id of the last row before it."""


@dataclass(frozen=True, slots=True)
class PaymentRow:
    """Money that came from the customer, or went back; ``amount_fen`` is positive."""

    id: int
    order_id: int | None
    order_no: str | None
    kind: PaymentKind
    channel: PayChannel
    amount_fen: int
    external_ref: str | None
    paid_at: datetime
    taken_by: str
    stored: JournalKind | None
    """What it did to the customer's balance, where it is of no order: topped up or given back."""

    @property
    def label(self) -> str:
        """What the money was for, in words."""
        return (self.stored or self.kind).label


def open_orders(work: ReadWork, customer_id: int) -> tuple[OrderRow, ...]:
    """The orders that are not closed, oldest first."""
    rows = rows_of(work, col(Order.customer_id) == customer_id, STILL_OPEN)  # type: ignore[arg-type]
    return tuple(sorted(rows, key=lambda row: (row.created_at, row.id)))


def orders(
    work: ReadWork, customer_id: int, before: Place | None = None, limit: int = PAGE
) -> list[OrderRow]:
    """A page of all orders, open ones too, by when they were taken."""
    which = [col(Order.customer_id) == customer_id, *_older(Order.created_at, Order.id, before)]
    return newest(work, limit, col(Order.created_at), *which)


def orders_among(work: ReadWork, customer_id: int, ids: Collection[int]) -> list[OrderRow]:
    """Those of the orders ``ids`` that are this customer's, in no particular order."""
    return rows_of(work, col(Order.id).in_(ids), col(Order.customer_id) == customer_id)


_PAYMENT: tuple[Any, ...] = (
    col(Payment.id),
    col(Payment.order_id),
    col(Order.no),
    col(Payment.kind),
    col(Payment.channel),
    col(Payment.amount_fen),
    col(Payment.external_ref),
    col(Payment.paid_at),
    col(Payment.taken_by),
    col(Journal.kind),
)
_PAYMENTS = (
    select(*_PAYMENT)
    .outerjoin(Order, col(Order.id) == col(Payment.order_id))
    .outerjoin(
        Journal,
        (col(Journal.payment_id) == col(Payment.id)) & col(Journal.kind).in_(TOPPING_UP),
    )
    .order_by(col(Payment.paid_at).desc(), col(Payment.id).desc())
)


def payments(
    work: ReadWork, customer_id: int, before: Place | None = None, limit: int = PAGE
) -> list[PaymentRow]:
    """A page of payments, tips and refunds."""
    which = [col(Payment.customer_id) == customer_id, *_older(Payment.paid_at, Payment.id, before)]
    rows = work.session.connection().execute(_PAYMENTS.where(*which).limit(limit))
    return [PaymentRow(*row) for row in rows]


def payments_by_ids(work: ReadWork, ids: Collection[int]) -> list[PaymentRow]:
    """The payments with these ids, the newest first."""
    rows = work.session.connection().execute(_PAYMENTS.where(col(Payment.id).in_(ids)))
    return [PaymentRow(*row) for row in rows]


def _older(at: Any, row_id: Any, before: Place | None) -> list[ColumnElement[bool]]:
    """The condition of standing after ``before`` in an order by ``at`` and ``row_id`` downwards."""
    if before is None:
        return []
    instant, last = before
    return [
        col(at) <= instant,
        or_(col(at) < instant, and_(col(at) == instant, col(row_id) < last)),
    ]
