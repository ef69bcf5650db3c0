"""What a customer has with the studio: balance, level, what they topped up. Amounts are fen.

The balance is that of the ledger (accounts ``stored`` and ``bonus``, which are credit); the level
follows from what was topped up in all, less what was given back.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any

from sqlalchemy import Select, bindparam, func, select
from sqlmodel import col

from crm_tui.core.errors import NotFound
from crm_tui.core.language import _
from crm_tui.core.money import share_of
from crm_tui.core.words import Account, JournalKind
from crm_tui.models import MAIN_STORE, STUDIO, Customer
from crm_tui.models.ledger import Journal, JournalLine, LedgerBalance
from crm_tui.models.members import Membership, MembershipLevel
from crm_tui.services.money.counting import COUNTS_AS, with_taken_back
from crm_tui.services.money.members.rules import (
    Level,
    Parts,
    bonus_bp,
    level_for,
    next_level,
    steps_from,
)
from crm_tui.storage.store import ReadWork

PARTS = (Account.STORED, Account.BONUS)
"""The accounts of a customer's balance: what was paid, what is bonus."""
TOPPING_UP = (JournalKind.TOP_UP, JournalKind.STORED_REFUND)
"""The journals that count towards a level; each is that of a payment of no order."""


@dataclass(frozen=True, slots=True)
class Member:
    """A customer as a member of the studio. ``topped_up_fen`` is what they topped up in all, less
    what was given back; ``ahead`` is the level that comes next."""

    customer_id: int
    no: str
    nick: str
    balance: Parts
    topped_up_fen: int
    level: Level | None
    since: datetime | None
    ahead: Level | None

    @property
    def missing_fen(self) -> int:
        """What is to be topped up for the next level; 0 above all levels."""
        return self.ahead.threshold_fen - self.topped_up_fen if self.ahead else 0


@dataclass(frozen=True, slots=True)
class TopUpQuote:
    """What a top-up would bring: the bonus and the share it is, the balance and level then."""

    amount_fen: int
    bonus_bp: int
    bonus_fen: int
    balance: Parts
    level: Level | None
    rises: bool
    """The level is a higher one than now."""


_BALANCE = select(col(LedgerBalance.account), col(LedgerBalance.balance_fen)).where(
    col(LedgerBalance.store_id) == bindparam("of_store"),
    col(LedgerBalance.account).in_(PARTS),
    col(LedgerBalance.subject_id) == bindparam("of_customer"),
)
_HELD = _BALANCE.order_by(col(LedgerBalance.account)).with_for_update()
_LEVEL: tuple[Any, ...] = (
    col(MembershipLevel.id),
    col(MembershipLevel.rank),
    col(MembershipLevel.name),
    col(MembershipLevel.threshold_fen),
    col(MembershipLevel.discount_bp),
    col(MembershipLevel.bonus_bp),
)


def balance_of(
    work: ReadWork, customer_id: int, store_id: int = MAIN_STORE, *, hold: bool = False
) -> Parts:
    """What the customer has in a store; nothing where they never topped up.

    With ``hold``, nobody else spends it until the work ends.
    """
    asked = {"of_store": store_id, "of_customer": customer_id}
    rows = work.session.connection().execute(_HELD if hold else _BALANCE, asked)
    found = {account: -int(fen) for account, fen in rows}
    return Parts(*(found.get(account, 0) for account in PARTS))


def levels(work: ReadWork) -> tuple[Level, ...]:
    """The studio's levels, the lowest first."""
    rows = work.session.connection().execute(
        select(*_LEVEL)
        .where(col(MembershipLevel.store_id) == STUDIO)
        .order_by(col(MembershipLevel.rank))
    )
    return tuple(Level(*row) for row in rows)


def member(work: ReadWork, customer_id: int) -> Member:
    """The customer as a member. Raises :class:`NotFound`."""
    customer = work.session.get(Customer, customer_id)
    if customer is None:
        raise NotFound(what=_("customer"), ref=str(customer_id))
    known = levels(work)
    total = topped_up(work, [customer_id]).get(customer_id, 0)
    row = work.session.get(Membership, customer_id, populate_existing=True)
    held = next((each for each in known if row and each.id == row.level_id), None)
    return Member(
        customer_id=customer_id,
        no=customer.no,
        nick=customer.nick,
        balance=balance_of(work, customer_id, customer.store_id or MAIN_STORE),
        topped_up_fen=total,
        level=held,
        since=row.since if row and held else None,
        ahead=next_level(total, known),
    )


def discount_bp(work: ReadWork, customer_id: int) -> int:
    """What the customer's level takes off the price of an order; 0 without a level."""
    found = work.session.connection().scalar(
        select(col(MembershipLevel.discount_bp))
        .join(Membership, col(Membership.level_id) == col(MembershipLevel.id))
        .where(col(Membership.customer_id) == customer_id)
    )
    return int(found or 0)


def quote_top_up(work: ReadWork, customer_id: int, amount_fen: int) -> TopUpQuote:
    """What :func:`.actions.top_up` of ``amount_fen`` would bring. The level that the customer has
    now gives its bonus; the one that this top-up reaches gives it from the next on.

    Raises :class:`NotFound`.
    """
    now = member(work, customer_id)
    steps = steps_from(work.setting("members.bonus_steps", MAIN_STORE))
    share = bonus_bp(amount_fen, steps, now.level)
    bonus_fen = share_of(amount_fen, share)
    then = level_for(now.topped_up_fen + amount_fen, levels(work))
    return TopUpQuote(
        amount_fen=amount_fen,
        bonus_bp=share,
        bonus_fen=bonus_fen,
        balance=now.balance + Parts(amount_fen, bonus_fen),
        level=then,
        rises=then is not None and then != now.level,
    )


def topped_up(work: ReadWork, customer_ids: Collection[int] | None = None) -> dict[int, int]:
    """What these customers, or all, topped up less what was given back; who never did is left
    out. What was merged into somebody counts for them."""
    query = _topped_up()
    if customer_ids is not None:
        own = select(col(Customer.id)).where(col(Customer.id).in_(customer_ids))
        merged = select(col(Customer.id)).where(col(Customer.merged_into_id).in_(customer_ids))
        query = query.where(col(JournalLine.subject_id).in_(own.union(merged)))
    return {int(whose): int(fen) for whose, fen in work.session.connection().execute(query)}


def _topped_up() -> Select[Any]:
    """``(customer, fen)``; a journal that takes another one back counts as that."""
    whose = func.coalesce(col(Customer.merged_into_id), col(Customer.id))
    columns: tuple[Any, ...] = (whose, -func.sum(col(JournalLine.amount_fen)))
    query = (
        select(*columns)
        .select_from(JournalLine)
        .join(Journal, col(Journal.id) == col(JournalLine.journal_id))
        .join(Customer, col(Customer.id) == col(JournalLine.subject_id))
        .where(col(JournalLine.account) == Account.STORED, COUNTS_AS.in_(TOPPING_UP))
        .group_by(whose)
    )
    return with_taken_back(query)


def document(found: Member, zone: tzinfo) -> dict[str, object]:
    """A member as commands answer one; times in ``zone``."""
    return {
        "id": found.customer_id,
        "no": found.no,
        "nick": found.nick,
        "balance_fen": found.balance.total_fen,
        "paid_fen": found.balance.paid_fen,
        "bonus_fen": found.balance.bonus_fen,
        "topped_up_fen": found.topped_up_fen,
        "level": found.level.name if found.level else None,
        "discount_bp": found.level.discount_bp if found.level else 0,
        "since": found.since.astimezone(zone).isoformat() if found.since else None,
        "next_level": found.ahead.name if found.ahead else None,
        "missing_fen": found.missing_fen,
    }


def level_documents(found: Iterable[Level]) -> list[dict[str, object]]:
    """Levels as commands answer them."""
    return [
        {
            "rank": each.rank,
            "name": each.name,
            "threshold_fen": each.threshold_fen,
            "discount_bp": each.discount_bp,
            "bonus_bp": each.bonus_bp,
        }
        for each in found
    ]
