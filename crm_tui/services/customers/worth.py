"""What a customer comes to: sums over all their orders and payments, and the tier they make.

These are the only reads of a customer that take longer the more they ordered; a screen shows
everything else first.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import case, exists, func, select
from sqlmodel import col

from crm_tui.core.words import OrderStatus, PaymentKind, SessionEnd
from crm_tui.models import Assignment, Companion, Order, Payment
from crm_tui.models.ledger import Journal
from crm_tui.services.customers.rfm import Tier
from crm_tui.services.customers.tiers import NOT_COMPLETED, tier_of
from crm_tui.services.money.members.reads import TOPPING_UP, Member, member
from crm_tui.storage.store import ReadWork

FAVOURITES = 3
SERVED = (OrderStatus.CONFIRMING, OrderStatus.UNPAID)
"""Served and not closed: what is not paid of these is owed."""


@dataclass(frozen=True, slots=True)
class CompanionOf:
    """A companion who served this customer, and in how many completed orders."""

    companion_id: int
    companion: str
    orders: int


@dataclass(frozen=True, slots=True)
class CustomerStats:
    """What the completed orders come to: fen without tips, tips in fen, billed minutes."""

    orders: int
    cancelled: int
    spent_fen: int
    tips_fen: int
    minutes: int
    first_order_at: datetime | None
    last_order_at: datetime | None

    @property
    def average_fen(self) -> int:
        """Of a completed order, in fen, rounded down."""
        return self.spent_fen // self.orders if self.orders else 0


@dataclass(frozen=True, slots=True)
class Balance:
    """Between the customer and the studio, in fen.

    ``paid_fen``, ``tips_fen`` and ``refunded_fen`` add up the payments of each kind, from a balance
    too, but not those into it and out of it again: that is :attr:`Worth.member`; ``owed_fen``
    is what orders that were served lack, ``overpaid_fen`` what was paid beyond an order's amount,
    or for one that was called off before it was served.
    """

    paid_fen: int
    tips_fen: int
    refunded_fen: int
    owed_fen: int
    overpaid_fen: int


@dataclass(frozen=True, slots=True)
class Worth:
    """A customer in figures."""

    tier: Tier
    stats: CustomerStats
    balance: Balance
    favourites: tuple[CompanionOf, ...]
    member: Member


def worth(work: ReadWork, customer_id: int) -> Worth:
    """What a customer comes to. Raises :class:`NotFound`."""
    return Worth(
        tier=tier_of(work, customer_id),
        stats=_stats(work, customer_id),
        balance=_balance(work, customer_id),
        favourites=_favourites(work, customer_id),
        member=member(work, customer_id),
    )


def _stats(work: ReadWork, customer_id: int) -> CustomerStats:
    done = col(Order.status) == OrderStatus.COMPLETED
    count, cancelled, spent, tips_fen, minutes, first, last = (
        work.session.connection()
        .execute(
            select(
                func.count(case((done, 1))),
                func.count(case((col(Order.status) == OrderStatus.CANCELLED, 1))),
                func.coalesce(func.sum(case((done, Order.amount_fen))), 0),
                func.coalesce(func.sum(case((done, Order.tip_fen))), 0),
                func.coalesce(func.sum(case((done, Order.billed_minutes))), 0),
                func.min(case((done, Order.completed_at))),
                func.max(case((done, Order.completed_at))),
            ).where(col(Order.customer_id) == customer_id)
        )
        .one()
    )
    return CustomerStats(count, cancelled, int(spent), int(tips_fen), int(minutes), first, last)


_OF_A_BALANCE = col(Payment.order_id).is_(None) & exists(
    select(col(Journal.id)).where(
        col(Journal.payment_id) == col(Payment.id), col(Journal.kind).in_(TOPPING_UP)
    )
)
"""Of a payment: it tops a balance up, or gives stored value back."""


def _balance(work: ReadWork, customer_id: int) -> Balance:
    connection = work.session.connection()
    by_kind: dict[PaymentKind, int] = {
        kind: int(fen)
        for kind, fen in connection.execute(
            select(col(Payment.kind), func.sum(col(Payment.amount_fen)))
            .where(col(Payment.customer_id) == customer_id, ~_OF_A_BALANCE)
            .group_by(col(Payment.kind))
        )
    }
    amount, paid = col(Order.amount_fen), col(Order.paid_fen)
    lacking = case((col(Order.status).in_(SERVED) & (amount > paid), amount - paid), else_=0)
    unserved = col(Order.billed_minutes).is_(None)
    beyond = case(
        ((col(Order.status) == OrderStatus.CANCELLED) & unserved, paid),
        (paid > amount, paid - amount),
        else_=0,
    )
    owed, overpaid = connection.execute(
        select(func.coalesce(func.sum(lacking), 0), func.coalesce(func.sum(beyond), 0)).where(
            col(Order.customer_id) == customer_id
        )
    ).one()
    return Balance(
        paid_fen=by_kind.get(PaymentKind.PAYMENT, 0),
        tips_fen=by_kind.get(PaymentKind.TIP, 0),
        refunded_fen=by_kind.get(PaymentKind.REFUND, 0),
        owed_fen=int(owed),
        overpaid_fen=int(overpaid),
    )


def _favourites(work: ReadWork, customer_id: int) -> tuple[CompanionOf, ...]:
    served = func.count()
    companion: tuple[Any, ...] = (col(Companion.id), col(Companion.nick), served)
    rows = work.session.connection().execute(
        select(*companion)
        .join(Assignment, col(Assignment.companion_id) == col(Companion.id))
        .join(Order, col(Order.id) == col(Assignment.order_id))
        .where(
            col(Order.customer_id) == customer_id,
            col(Order.status).not_in(NOT_COMPLETED),
            col(Assignment.outcome) == SessionEnd.FINISHED,
        )
        .group_by(col(Companion.id), col(Companion.nick))
        .order_by(served.desc(), col(Companion.id))
        .limit(FAVOURITES)
    )
    return tuple(CompanionOf(*row) for row in rows)
