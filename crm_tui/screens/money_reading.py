"""What the money screen reads: the day, the accounts, the ledger of one of them, a journal."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from crm_tui.core.words import Account

if TYPE_CHECKING:
    from crm_tui.services.money.balances import JournalRow, LedgerLine
    from crm_tui.services.money.day import Takings, ToDo
    from crm_tui.storage.store import ReadWork


@dataclass(frozen=True, slots=True)
class AccountRow:
    """An account, or the part of it that lies in one channel; ``fen`` as people read it."""

    account: Account
    channel: str
    fen: int

    @property
    def key(self) -> str:
        """What names it in its list."""
        return f"{self.account.value}/{self.channel}"


@dataclass(frozen=True, slots=True)
class Overview:
    """All that the screen shows but a ledger."""

    day: date
    takings: list[Takings]
    to_do: ToDo
    accounts: list[AccountRow]
    differs_fen: int
    """By how much debit and credit differ; 0 in sound books."""


@dataclass(frozen=True, slots=True)
class Booked:
    """A line of a ledger, and whose it is."""

    line: LedgerLine
    whose: str

    @property
    def place(self) -> tuple[int, int]:
        """What orders the lines, and names one."""
        return self.line.journal_id, self.line.position


@dataclass(frozen=True, slots=True)
class Shelf:
    """Which ledger is looked at: of an account, of one channel or holder where it is narrowed."""

    account: Account
    channel: str = ""
    subject_id: int | None = None


def overview(work: ReadWork) -> Overview:
    """What the studio has, owes and took today."""
    from crm_tui.services.money import day
    from crm_tui.services.money.accounts import shown_fen
    from crm_tui.services.money.balances import balances

    today = work.calendar().day_of(work.clock.now())
    rows, total = [], 0
    for each in balances(work):
        total += each.balance_fen
        rows.append(AccountRow(each.account, "", shown_fen(each.account, each.balance_fen)))
        parts = each.channels if each.account is Account.CHANNEL else ()
        rows += [AccountRow(each.account, of, shown_fen(each.account, fen)) for of, fen in parts]
    return Overview(today, day.takings(work, today), day.to_do(work), rows, total)


def ledger(
    shelf: Shelf, before: tuple[int, int] | None, limit: int, work: ReadWork
) -> list[Booked]:
    """A page of the ledger, the newest first, behind the line named ``before``."""
    from crm_tui.services.money import holders
    from crm_tui.services.money.balances import statement

    lines = statement(
        work,
        shelf.account,
        shelf.subject_id,
        channel=shelf.channel or None,
        limit=limit,
        before=before,
    )
    names = holders.names(work, shelf.account, {line.subject_id for line in lines})
    return [Booked(line, names.get(line.subject_id, "")) for line in lines]


def journal(journal_id: int, work: ReadWork) -> tuple[JournalRow, list[Booked]]:
    """A journal with all its lines and whose they are."""
    from crm_tui.services.money import balances, holders

    found = balances.journal(work, journal_id)
    lines = []
    for line in found.lines:
        names = holders.names(work, line.account, {line.subject_id})
        lines.append(Booked(line, names.get(line.subject_id, "")))
    return found, lines
