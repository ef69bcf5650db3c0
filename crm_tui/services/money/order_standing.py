"""How an order stands in the books: what is prepaid, what was earned, what went back since.

It is read from the journals and payments of the order alone, so that a refund can be shown before
it is done. Amounts are fen.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlmodel import col

from crm_tui.core.words import Account, JournalKind, PayChannel, PaymentKind
from crm_tui.models import Payment
from crm_tui.models.ledger import Journal, JournalLine, LedgerBalance
from crm_tui.services.money.refunding import Income, Taken
from crm_tui.services.money.settlement.windows import NEVER_FROZEN, Earned, settled
from crm_tui.services.orders.payments import moved_money
from crm_tui.storage.store import ReadWork

_ENDS = frozenset({JournalKind.COMPLETION, JournalKind.WRITE_OFF})
_THEIRS = frozenset({Account.COMPANION_PAYABLE, Account.CLAWBACK})
_GIVEN_BACK = _THEIRS | {Account.REFUNDS}
_PAID_WITH = frozenset({Account.CHANNEL, Account.STORED, Account.BONUS})
_BROUGHT = frozenset({Account.PREPAID, Account.RECEIVABLE})


@dataclass(frozen=True, slots=True)
class Earning:
    """What an order, or one tip of it, brought, and by which journal."""

    journal_id: int
    at: datetime
    available_on: date | None
    """The business day on which its freeze ends."""
    income: Income
    settled: bool = False
    """It lies in a settlement that was approved."""


@dataclass(frozen=True, slots=True)
class OrderStanding:
    """An order in the books. ``payments`` and ``tips`` come oldest first."""

    prepaid_fen: int
    order: Earning | None
    """None before it is completed or written off."""
    tip_earnings: Mapping[int, Earning]
    """By the id of the tip's payment."""
    payments: tuple[Taken, ...]
    tips: tuple[Taken, ...]
    owed: Mapping[int, int]
    """What each companion who earned of it is owed in all and was not settled."""


@dataclass(slots=True)
class _Gathered:
    """Lines of one journal."""

    id: int
    at: datetime
    kind: JournalKind
    payment_id: int | None
    reverses_id: int | None
    lines: list[Any] = field(default_factory=list)

    def sum_of(self, accounts: Collection[Account], *, debit_only: bool = False) -> int:
        """What it booked on these accounts."""
        return sum(
            line.amount_fen
            for line in self.lines
            if line.account in accounts and (line.amount_fen > 0 or not debit_only)
        )

    def earning(self, counted_fen: int, backs: Iterable[_Gathered]) -> Earning:
        """What it brought, to whom, and what the refunds ``backs`` took of it."""
        parts, given = Counter[int](), Counter[int]()
        returned, free = 0, None
        for line in self.lines:
            if line.account is Account.COMPANION_PAYABLE:
                parts[line.subject_id] -= line.amount_fen
                free = line.available_on
        for back in backs:
            returned += back.sum_of(_GIVEN_BACK)
            for line in back.lines:
                if line.account in _THEIRS:
                    given[line.subject_id] += line.amount_fen
        income = Income(counted_fen, returned, tuple(parts.items()), given)
        return Earning(self.id, self.at, free, income)


_LINES = (
    select(
        col(Journal.id),
        col(Journal.at),
        col(Journal.kind),
        col(Journal.payment_id),
        col(Journal.reverses_id),
        col(JournalLine.account),
        col(JournalLine.subject_id),
        col(JournalLine.amount_fen),
        col(JournalLine.available_on),
    )
    .join(JournalLine, col(JournalLine.journal_id) == col(Journal.id))
    .order_by(col(Journal.id), col(JournalLine.position))
)
_PAYMENTS = (
    select(
        col(Payment.id),
        col(Payment.kind),
        col(Payment.channel),
        col(Payment.amount_fen),
        col(Payment.refund_of_id),
    )
    .where(moved_money())
    .order_by(col(Payment.id))
)


def standing(work: ReadWork, order_id: int, store_id: int, *, hold: bool = False) -> OrderStanding:
    """The order with this id, as its journals and payments tell.

    With ``hold`` nobody else takes of what its companions are owed until the work ends.
    """
    connection = work.session.connection()
    journals = _by_journal(connection.execute(_LINES.where(col(Journal.order_id) == order_id)))
    rows = list(connection.execute(_PAYMENTS.where(col(Payment.order_id) == order_id)))
    tip_ids = {row.id for row in rows if row.kind is PaymentKind.TIP}
    tip_of = {row.id: row.refund_of_id for row in rows if row.refund_of_id in tip_ids}
    taken_back = {one.reverses_id for one in journals}
    valid = [one for one in journals if one.id not in taken_back]
    backs: defaultdict[int | None, list[_Gathered]] = defaultdict(list)
    for one in valid:
        if one.kind is JournalKind.REFUND:
            backs[tip_of.get(one.payment_id or 0)].append(one)
    order, tips = None, {}
    for one in valid:
        if one.kind in _ENDS:
            found = one.earning(one.sum_of(_BROUGHT, debit_only=True), backs[None])
            order = _with_settlement(work, store_id, found)
        elif one.kind is JournalKind.TIP and one.payment_id is not None:
            found = one.earning(one.sum_of(_PAID_WITH), backs[one.payment_id])
            tips[one.payment_id] = _with_settlement(work, store_id, found)
    earnings = (*([order] if order else ()), *tips.values())
    who = {companion_id for one in earnings for companion_id, _fen in one.income.parts}
    return OrderStanding(
        prepaid_fen=-sum(one.sum_of({Account.PREPAID}) for one in journals),
        order=order,
        tip_earnings=tips,
        payments=_left(rows, PaymentKind.PAYMENT, tip_of),
        tips=_left(rows, PaymentKind.TIP, tip_of),
        owed=_owed(work, store_id, who, hold=hold),
    )


def _by_journal(lines: Iterable[Any]) -> list[_Gathered]:
    found: dict[int, _Gathered] = {}
    for line in lines:
        head = (line.id, line.at, line.kind, line.payment_id, line.reverses_id)
        found.setdefault(line.id, _Gathered(*head)).lines.append(line)
    return list(found.values())


def _left(rows: Iterable[Any], kind: PaymentKind, tip_of: Mapping[int, int]) -> tuple[Taken, ...]:
    """The payments of a kind with what is left of each. A refund that names no payment was of the
    last ones before it that had something left."""
    left: dict[int, tuple[PayChannel, int]] = {}
    for row in rows:
        if row.kind is kind:
            left[row.id] = (row.channel, row.amount_fen)
        elif row.kind is PaymentKind.REFUND and (kind is PaymentKind.TIP) == (row.id in tip_of):
            given = row.amount_fen
            named = [row.refund_of_id] if row.refund_of_id in left else list(reversed(left))
            for payment_id in named:
                channel, fen = left[payment_id]
                part = min(fen, given)
                left[payment_id] = (channel, fen - part)
                given -= part
    return tuple(Taken(payment_id, *rest) for payment_id, rest in left.items())


def _owed(work: ReadWork, store_id: int, who: Collection[int], *, hold: bool) -> dict[int, int]:
    """What these companions are owed and was not settled."""
    query = (
        select(col(LedgerBalance.subject_id), col(LedgerBalance.balance_fen))
        .where(
            col(LedgerBalance.store_id) == store_id,
            col(LedgerBalance.account) == Account.COMPANION_PAYABLE,
            col(LedgerBalance.subject_id).in_(who),
        )
        .order_by(col(LedgerBalance.subject_id))
    )
    rows = work.session.connection().execute(query.with_for_update() if hold else query)
    return dict.fromkeys(who, 0) | {companion_id: -fen for companion_id, fen in rows}


def _with_settlement(work: ReadWork, store_id: int, earning: Earning) -> Earning:
    """The earning, settled where it lies in a batch that was approved."""
    earned = Earned(earning.journal_id, earning.at, earning.available_on or NEVER_FROZEN)
    found = work.session.connection().execute(select(settled(store_id, earned))).scalar_one()
    return replace(earning, settled=bool(found))
