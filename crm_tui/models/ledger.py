"""The books: journals of lines that sum to zero, append-only by trigger, and their balances.

An amount is debit positive, credit negative. The lines of a journal are written first, then its
head: a trigger on the head refuses lines that don't sum to zero, a trigger on the lines refuses
any that come after the head. A mistake is corrected by a new journal. The accounts are explained
in :mod:`crm_tui.services.money.accounts`.

Orders, payments, companions and customers are named by id without a foreign key: the books
outlive what they tell of, and ids are never given out again.
"""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, text
from sqlmodel import Field, SQLModel

import crm_tui.models.bills
import crm_tui.models.settlement  # noqa: F401  (a journal refers to both)
from crm_tui.core.words import Account, JournalKind, PayChannel
from crm_tui.models.base import (
    NEVER_REUSED,
    BigId,
    check,
    fen_field,
    id_field,
    instant_field,
    partial_index,
    reference,
    word_field,
    words_of,
)

OF_SOMEBODY = (
    Account.CLAWBACK,
    Account.PREPAID,
    Account.STORED,
    Account.BONUS,
    Account.COMPANION_PAYABLE,
    Account.SETTLED_PAYABLE,
)
"""The accounts that are kept for each companion or customer; a line of theirs names the subject."""

NEVER_DEBIT = (
    Account.PREPAID,
    Account.STORED,
    Account.BONUS,
    Account.COMPANION_PAYABLE,
    Account.SETTLED_PAYABLE,
)
"""What the studio owes: nobody can have had more than was theirs."""

NEVER_CREDIT = (Account.RECEIVABLE, Account.CLAWBACK)
"""What is owed to the studio: nobody can have given more than they owed."""


def _listed(accounts: tuple[Account, ...]) -> str:
    return ", ".join(f"'{account.value}'" for account in accounts)


def _channels() -> CheckConstraint:
    """A channel that there is; money in hand lies in one, other accounts may name one."""
    values = ", ".join(f"'{channel.value}'" for channel in PayChannel)
    return check(
        "channel", f"channel IN ('', {values}) AND (account <> 'channel' OR channel <> '')"
    )


def _subject() -> CheckConstraint:
    return check(
        "subject",
        f"subject_id >= 0 AND (subject_id > 0 OR account NOT IN ({_listed(OF_SOMEBODY)}))",
    )


class Journal(SQLModel, table=True):
    """The head of one posting: when, why, about what. The same key is never posted twice."""

    __tablename__ = "journal"
    __table_args__ = (
        words_of("kind", JournalKind),
        Index("ix_journal_order", "order_id"),
        Index("ix_journal_at", "at"),
        partial_index("ix_journal_payment", "payment_id", where=text("payment_id IS NOT NULL")),
        partial_index("ix_journal_batch", "batch_id", where=text("batch_id IS NOT NULL")),
        partial_index(
            "ix_journal_bill_line", "bill_line_id", where=text("bill_line_id IS NOT NULL")
        ),
        partial_index(
            "uq_journal_reverses", "reverses_id", unique=True, where=text("reverses_id IS NOT NULL")
        ),
        NEVER_REUSED,
    )

    id: int | None = id_field()
    store_id: int = reference("store.id")
    at: datetime = instant_field()
    """When it happened; books that are made up later keep the time of what they tell of."""
    kind: JournalKind = word_field(JournalKind)
    key: str = Field(max_length=200, unique=True)
    request_sha256: str = Field(max_length=64)
    """Of the entries that were asked for: the same key with others is refused."""
    order_id: int | None = Field(default=None, sa_type=BigId)
    payment_id: int | None = Field(default=None, sa_type=BigId)
    companion_id: int | None = Field(default=None, sa_type=BigId)
    customer_id: int | None = Field(default=None, sa_type=BigId)
    batch_id: int | None = reference("settlement_batch.id", nullable=True)
    bill_line_id: int | None = reference("bill_line.id", nullable=True)
    reverses_id: int | None = reference("journal.id", nullable=True)
    """The journal that this one takes back; each can be taken back once."""
    reason: str = Field(default="", sa_type=Text)
    actor: str = Field(default="", max_length=60)


class JournalLine(SQLModel, table=True):
    """One amount on one account."""

    __tablename__ = "journal_line"
    __table_args__ = (
        words_of("account", Account),
        check("amount", "amount_fen <> 0"),
        _channels(),
        _subject(),
        Index("ix_journal_line_account", "account", "subject_id", "journal_id"),
        {"sqlite_with_rowid": False},
    )

    journal_id: int = Field(
        sa_type=BigId,
        sa_column_args=(ForeignKey("journal.id", deferrable=True, initially="DEFERRED"),),
        primary_key=True,
    )
    position: int = Field(primary_key=True)
    """From 1."""
    store_id: int = reference("store.id")
    account: Account = word_field(Account)
    subject_id: int = Field(default=0, sa_type=BigId)
    """The companion or customer whose account it is; 0 for the studio's own."""
    channel: str = Field(default="", max_length=20)
    amount_fen: int = fen_field(None)
    available_on: date | None = None
    """The first business day on which a companion may be paid this: the end of its freeze."""


class LedgerBalance(SQLModel, table=True):
    """The sum of the lines of one account of one subject and channel, kept with them.

    What may not go beyond zero is refused here: :data:`NEVER_DEBIT`, :data:`NEVER_CREDIT`.
    """

    __tablename__ = "ledger_balance"
    __table_args__ = (
        words_of("account", Account),
        _channels(),
        _subject(),
        check("never_debit", f"balance_fen <= 0 OR account NOT IN ({_listed(NEVER_DEBIT)})"),
        check("never_credit", f"balance_fen >= 0 OR account NOT IN ({_listed(NEVER_CREDIT)})"),
        {"sqlite_with_rowid": False},
    )

    store_id: int = reference("store.id", primary_key=True)
    account: Account = word_field(Account, primary_key=True)
    subject_id: int = Field(default=0, sa_type=BigId, primary_key=True)
    channel: str = Field(default="", max_length=20, primary_key=True)
    balance_fen: int = fen_field()
