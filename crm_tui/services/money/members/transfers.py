"""Money goes with its customer: into another record, back again, and never away unpaid.

What the books keep by customer is moved by journals when records are merged and taken apart, so
that every order finds what was paid for it with whoever owns the order.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import func, select
from sqlmodel import col

from crm_tui.core.errors import Refused
from crm_tui.core.language import _
from crm_tui.core.money import yuan
from crm_tui.core.portions import portions
from crm_tui.core.words import Account, JournalKind
from crm_tui.models import Customer, Order, Store
from crm_tui.models.ledger import Journal, JournalLine, LedgerBalance
from crm_tui.services.money.accounts import CHART, Holder
from crm_tui.services.money.ledger import Entry, post
from crm_tui.services.money.members import levels
from crm_tui.services.money.members.reads import PARTS, balance_of
from crm_tui.storage.store import ReadWork, UnitOfWork

Place = tuple[int, Account]
"""Where a customer has something: store and account."""

OF_CUSTOMERS = tuple(account for account, terms in CHART.items() if terms.holder is Holder.CUSTOMER)
OF_ORDERS = tuple(account for account in OF_CUSTOMERS if account not in PARTS)
"""What a customer has because of an order."""
_ORDERS_AT_ONCE = 400


def hand_over(work: UnitOfWork, giver: int, taker: int, merge_id: int) -> None:
    """Move all that the books keep for ``giver`` to ``taker``, whom they were merged into, and let
    the levels follow.

    Raises :class:`Refused` where stored value would come to another store.
    """
    rows = work.session.connection().execute(
        select(col(LedgerBalance.store_id), col(LedgerBalance.account), _BALANCE)
        .where(*_kept_for(giver, OF_CUSTOMERS), _BALANCE != 0)
        .order_by(col(LedgerBalance.store_id), col(LedgerBalance.account))
        .with_for_update()
    )
    held: dict[Place, int] = {(store_id, account): fen for store_id, account, fen in rows}
    home = _store(work, taker)
    for (store_id, account), fen in held.items():
        if account in PARTS and store_id != home:
            why = _("their balance of ¥{amount} lies in another store; pay it out first.")
            raise Refused(why=why.format(amount=yuan(-fen)))
    _move(work, giver, taker, held, f"merge:{merge_id}")
    levels.refresh(work, [giver, taker])


def take_back(
    work: UnitOfWork, giver: int, taker: int, merge_id: int, order_ids: Sequence[int]
) -> None:
    """Give back to ``giver`` what :func:`hand_over` moved: with the orders that are theirs again
    what was paid for these, and their balance as far as ``taker`` still has it."""
    back: defaultdict[Place, int] = defaultdict(int)
    for place, fen in _moved(work, taker, merge_id):
        account = place[1]
        held = balance_of(work, taker, place[0], hold=True)
        left = held.paid_fen if account is Account.STORED else held.bonus_fen
        back[place] -= min(-fen, left)
    for ids in portions(order_ids, _ORDERS_AT_ONCE):
        for place, fen in _of_orders(work, giver, ids):
            back[place] += fen
    _move(work, taker, giver, back, f"unmerge:{merge_id}")
    levels.refresh(work, [giver, taker])


def refuse_unpaid(work: ReadWork, customer_ids: Collection[int]) -> None:
    """Raises :class:`Refused` (``reason`` ``balance``) where these customers have stored value that
    they paid: nobody is forgotten whom the studio owes money."""
    owed = sum(-fen for _store_id, _whose, fen in _stored(work, customer_ids, Account.STORED))
    if owed:
        why = _("they have ¥{amount} of stored value. Let them spend it, or pay it out first.")
        raise Refused(why=why.format(amount=yuan(owed)), reason="balance", balance_fen=owed)


def let_bonus_lapse(work: UnitOfWork, customer_ids: Collection[int]) -> None:
    """The bonus of customers who are forgotten is owed to nobody any more."""
    for store_id, whose, fen in _stored(work, customer_ids, Account.BONUS):
        post(
            work,
            JournalKind.BONUS,
            [Entry(Account.BONUS, -fen, whose), Entry(Account.BONUS_COST, fen)],
            key=f"lapse:{store_id}:{whose}",
            store_id=store_id,
            customer_id=whose,
        )


_BALANCE = col(LedgerBalance.balance_fen)


def _kept_for(customer_id: int, accounts: Sequence[Account]) -> tuple[Any, ...]:
    return (
        col(LedgerBalance.subject_id) == customer_id,
        col(LedgerBalance.account).in_(accounts),
    )


def _stored(
    work: ReadWork, customer_ids: Collection[int], account: Account
) -> list[tuple[int, int, int]]:
    """Store, customer and balance of all that is not nothing on ``account``."""
    rows = work.session.connection().execute(
        select(col(LedgerBalance.store_id), col(LedgerBalance.subject_id), _BALANCE).where(
            col(LedgerBalance.account) == account,
            col(LedgerBalance.subject_id).in_(customer_ids),
            _BALANCE != 0,
        )
    )
    return [(store_id, whose, int(fen)) for store_id, whose, fen in rows]


def _moved(work: ReadWork, taker: int, merge_id: int) -> Iterable[tuple[Place, int]]:
    """What of their balance a merge brought to ``taker``."""
    stores = work.session.connection().scalars(select(col(Store.id)))
    keys = [f"merge:{merge_id}:{store_id}" for store_id in stores]
    rows = work.session.connection().execute(
        select(col(JournalLine.store_id), col(JournalLine.account), col(JournalLine.amount_fen))
        .join(Journal, col(Journal.id) == col(JournalLine.journal_id))
        .where(
            col(Journal.key).in_(keys),
            col(JournalLine.subject_id) == taker,
            col(JournalLine.account).in_(PARTS),
        )
        .order_by(col(JournalLine.store_id), col(JournalLine.account))
    )
    return [((store_id, account), fen) for store_id, account, fen in rows]


def _of_orders(work: ReadWork, owner: int, ids: Sequence[int]) -> Iterable[tuple[Place, int]]:
    """What the books keep for ``owner`` because of those of these orders that are theirs."""
    rows = work.session.connection().execute(
        select(
            col(JournalLine.store_id),
            col(JournalLine.account),
            func.sum(col(JournalLine.amount_fen)),
        )
        .join(Journal, col(Journal.id) == col(JournalLine.journal_id))
        .join(Order, col(Order.id) == col(Journal.order_id))
        .where(
            col(Order.id).in_(ids),
            col(Order.customer_id) == owner,
            col(JournalLine.account).in_(OF_ORDERS),
        )
        .group_by(col(JournalLine.store_id), col(JournalLine.account))
    )
    return [((store_id, account), int(fen)) for store_id, account, fen in rows]


def _move(work: UnitOfWork, giver: int, taker: int, held: Mapping[Place, int], key: str) -> None:
    """One journal a store: what stands on the accounts of ``giver`` stands on those of ``taker``
    then."""
    by_store: defaultdict[int, list[Entry]] = defaultdict(list)
    for (store_id, account), fen in sorted(held.items()):
        by_store[store_id] += [Entry(account, -fen, giver), Entry(account, fen, taker)]
    for store_id, entries in by_store.items():
        post(
            work,
            JournalKind.TRANSFER,
            entries,
            key=f"{key}:{store_id}",
            store_id=store_id,
            customer_id=taker,
        )


def _store(work: ReadWork, customer_id: int) -> int:
    return (
        work.session.connection().scalar(
            select(col(Customer.store_id)).where(col(Customer.id) == customer_id)
        )
        or 0
    )
