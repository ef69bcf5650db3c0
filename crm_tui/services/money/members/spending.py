"""What an order's money does to a customer's balance: the lines that stand in the channel's place.

A payment through WeChat is ``Dr channel``; one from the balance is ``Dr stored, Dr bonus`` instead,
and everything behind it is the same. So :mod:`..order_books` asks here for these lines, in the work
in which it posts them. Amounts are fen.
"""

from __future__ import annotations

from sqlalchemy import func, select
from sqlmodel import col

from crm_tui.core.errors import Refused
from crm_tui.core.language import _
from crm_tui.core.money import yuan
from crm_tui.models.ledger import Journal, JournalLine
from crm_tui.services.customers.states import may_use_balance
from crm_tui.services.money.ledger import Entry
from crm_tui.services.money.members.reads import PARTS, balance_of
from crm_tui.services.money.members.rules import Parts, to_give_back, to_spend
from crm_tui.storage.store import ReadWork, UnitOfWork


def spend(work: UnitOfWork, customer_id: int, amount_fen: int, store_id: int) -> tuple[Entry, ...]:
    """The debit lines that pay ``amount_fen`` from the balance: what was paid first, the bonus
    last. Nobody else spends from it until the work ends.

    Raises :class:`Refused` for a minor (``reason`` ``minor``), and where there is less
    (``reason`` ``balance``, with ``balance_fen``).
    """
    may_use_balance(work, customer_id)
    held = balance_of(work, customer_id, store_id, hold=True)
    parts = to_spend(amount_fen, held)
    if parts is None:
        raise too_little(amount_fen, held)
    return entries(customer_id, parts, +1)


def give_back(
    work: UnitOfWork, customer_id: int, order_id: int, amount_fen: int, store_id: int
) -> tuple[Entry, ...]:
    """The credit lines that return ``amount_fen`` to the balance from which the order was paid:
    what was spent last, the bonus, comes back first. Also for a minor: it is theirs.

    Raises :class:`Refused` where less of the order was paid from the balance.
    """
    balance_of(work, customer_id, store_id, hold=True)
    spent = spent_on(work, order_id)
    if amount_fen > spent.total_fen:
        why = _("only ¥{spent} of this was paid from the balance.")
        raise Refused(why=why.format(spent=yuan(spent.total_fen)), spent_fen=spent.total_fen)
    return entries(customer_id, to_give_back(amount_fen, spent), -1)


def spent_on(work: ReadWork, order_id: int) -> Parts:
    """What of each part of a balance was spent on the order and not given back."""
    rows = work.session.connection().execute(
        select(col(JournalLine.account), func.sum(col(JournalLine.amount_fen)))
        .join(Journal, col(Journal.id) == col(JournalLine.journal_id))
        .where(col(Journal.order_id) == order_id, col(JournalLine.account).in_(PARTS))
        .group_by(col(JournalLine.account))
    )
    found = {account: int(fen) for account, fen in rows}
    return Parts(*(found.get(account, 0) for account in PARTS))


def entries(customer_id: int, parts: Parts, sign: int) -> tuple[Entry, ...]:
    """The lines of both parts, without what is nothing; ``sign`` is +1 for debit."""
    amounts = zip(PARTS, (parts.paid_fen, parts.bonus_fen), strict=True)
    return tuple(
        Entry(account, sign * fen, subject_id=customer_id) for account, fen in amounts if fen
    )


def too_little(amount_fen: int, held: Parts) -> Refused:
    """The refusal to spend more than there is."""
    why = _("the balance is ¥{balance}, of which ¥{bonus} is bonus; ¥{amount} are needed.").format(
        balance=yuan(held.total_fen), bonus=yuan(held.bonus_fen), amount=yuan(amount_fen)
    )
    return Refused(why=why, reason="balance", balance_fen=held.total_fen)
