"""The books are sound, and say what payments, orders and splits say."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, String, and_, case, cast, func, or_
from sqlalchemy import select as columns
from sqlmodel import SQLModel, col, select
from sqlmodel.sql.expression import SelectOfScalar

from crm_tui.core.language import N_, _
from crm_tui.core.words import Account, JournalKind, OrderStatus, PaymentKind
from crm_tui.models import Order, Payment
from crm_tui.models.ledger import Journal, JournalLine
from crm_tui.models.splits import OrderSplit
from crm_tui.services.money.balances import replay_differences
from crm_tui.services.upkeep.findings import Finding, Rule, finding
from crm_tui.storage.store import ReadWork

_JOURNALS = SQLModel.metadata.tables["journal"]


def _unbalanced() -> SelectOfScalar[str]:
    """Journals whose lines don't sum to zero, or that have none."""
    return (
        select(col(Journal.key))
        .outerjoin(JournalLine, col(JournalLine.journal_id) == col(Journal.id))
        .group_by(col(Journal.id), col(Journal.key))
        .having(func.coalesce(func.sum(col(JournalLine.amount_fen)), 1) != 0)
    )


def balances(work: ReadWork) -> Finding:
    """Every kept balance is the sum of its lines."""
    broken = [
        f"{row.account.label} {row.channel} {row.subject_id or ''}".strip()
        for row in replay_differences(work)
    ]
    return finding("money.balances", _("Every balance is the sum of its bookings."), broken)


def _sum_of(accounts: tuple[Account, ...]) -> ColumnElement[int]:
    amount = case((col(JournalLine.account).in_(accounts), col(JournalLine.amount_fen)), else_=0)
    return func.coalesce(func.sum(amount), 0)


def _payments_astray() -> SelectOfScalar[str]:
    """Payments that did not move their amount: through their channel, or, paid from a balance, out
    of stored value."""
    moved = (
        columns(
            col(Journal.payment_id).label("payment_id"),
            _sum_of((Account.CHANNEL,)).label("channel_fen"),
            _sum_of((Account.STORED, Account.BONUS)).label("stored_fen"),
        )
        .join(JournalLine, col(JournalLine.journal_id) == col(Journal.id))
        .where(col(Journal.payment_id).is_not(None))
        .group_by(col(Journal.payment_id))
        .subquery()
    )
    sign = case((col(Payment.kind) == PaymentKind.REFUND, -1), else_=1)
    amount = sign * col(Payment.amount_fen)
    booked = or_(
        moved.c.channel_fen == amount,
        and_(moved.c.channel_fen == 0, moved.c.stored_fen == amount),
    )
    return (
        select(func.coalesce(col(Order.no), cast(col(Payment.id), String)))
        .select_from(Payment)
        .outerjoin(moved, moved.c.payment_id == col(Payment.id))
        .outerjoin(Order, col(Order.id) == col(Payment.order_id))
        .where(or_(moved.c.payment_id.is_(None), ~booked))
    )


def _completions() -> Any:
    """By order: what its completion that stands says was asked of the customer, and what
    companions got of it."""
    back = _JOURNALS.alias("back")
    return (
        columns(
            col(Journal.order_id).label("order_id"),
            _sum_of((Account.PREPAID, Account.RECEIVABLE)).label("asked_fen"),
            _sum_of((Account.COMPANION_PAYABLE,)).label("earned_fen"),
        )
        .join(JournalLine, col(JournalLine.journal_id) == col(Journal.id))
        .where(
            col(Journal.kind) == JournalKind.COMPLETION,
            ~columns(back.c.id).where(back.c.reverses_id == col(Journal.id)).exists(),
        )
        .group_by(col(Journal.order_id))
        .subquery()
    )


def _orders_astray() -> SelectOfScalar[str]:
    """Completed orders that were not booked with their whole amount, and others that were."""
    ended = _completions()
    completed = col(Order.status) == OrderStatus.COMPLETED
    asked = func.coalesce(ended.c.asked_fen, 0)
    return (
        select(col(Order.no))
        .outerjoin(ended, ended.c.order_id == col(Order.id))
        .where(
            or_(
                completed & (asked != col(Order.amount_fen)),
                ~completed & ended.c.order_id.is_not(None),
            )
        )
    )


def _splits_astray() -> SelectOfScalar[str]:
    """Completed orders whose companions were booked something else than their splits say."""
    ended = _completions()
    latest = (
        columns(col(OrderSplit.order_id), func.max(col(OrderSplit.seq)).label("seq"))
        .group_by(col(OrderSplit.order_id))
        .subquery()
    )
    told = (
        columns(
            col(OrderSplit.order_id).label("order_id"),
            func.sum(col(OrderSplit.companion_fen)).label("told_fen"),
        )
        .join(
            latest,
            and_(
                latest.c.order_id == col(OrderSplit.order_id), latest.c.seq == col(OrderSplit.seq)
            ),
        )
        .group_by(col(OrderSplit.order_id))
        .subquery()
    )
    return (
        select(col(Order.no))
        .outerjoin(ended, ended.c.order_id == col(Order.id))
        .outerjoin(told, told.c.order_id == col(Order.id))
        .where(
            col(Order.status) == OrderStatus.COMPLETED,
            func.coalesce(ended.c.earned_fen, 0) + func.coalesce(told.c.told_fen, 0) != 0,
        )
    )


RULES = (
    Rule("money.journals", N_("Every journal sums to zero."), _unbalanced),
    Rule("money.payments", N_("Every payment is booked once, with its amount."), _payments_astray),
    Rule(
        "money.orders",
        N_("Completed orders, and no others, are booked as earned, whole."),
        _orders_astray,
    ),
    Rule(
        "money.splits",
        N_("Companions were booked what the splits of their orders say."),
        _splits_astray,
    ),
)
