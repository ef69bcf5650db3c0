"""Money as it is seen: today in a few lines, accounts and ledgers as cells, a journal as a text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from textual.content import Content

from crm_tui.core.actor import by
from crm_tui.core.language import _, joined, ngettext
from crm_tui.core.money import yuan
from crm_tui.core.words import Account, PayChannel
from crm_tui.widgets.record_table import Column, Tone
from crm_tui.widgets.text import Cell, shown

if TYPE_CHECKING:
    from crm_tui.screens.desk import Studio
    from crm_tui.screens.money_reading import AccountRow, Booked, Overview, Shelf
    from crm_tui.services.money.balances import JournalRow
    from crm_tui.services.money.day import Takings, ToDo


def today(found: Overview) -> Content:
    """What the day brought, and what waits."""
    told = [_taken(each) for each in found.takings]
    first = f"{found.day:%m-%d}  " + (" · ".join(told) or _("no money moved yet"))
    waits = list(_waiting(found.to_do))
    lines = [shown(first, limit=300)]
    lines.append(shown(" · ".join(waits) or _("Nothing waits to be done."), "$text-muted"))
    if found.differs_fen:
        differs = _("Debit and credit differ by ¥{amount}: run “crm-tui doctor”.")
        lines.append(shown(differs.format(amount=yuan(found.differs_fen)), "bold $error"))
    return Content("\n").join(lines)


def _waiting(todo: ToDo) -> Iterator[str]:
    """What waits to be done about money, in words."""
    if count := todo.bill_lines:
        lines = ngettext(
            "{count} line of a bill to reconcile", "{count} lines of bills to reconcile", count
        )
        yield lines.format(count=count)
    if count := todo.drafts:
        drafts = ngettext("{count} batch to approve", "{count} batches to approve", count)
        yield drafts.format(count=count)
    if count := todo.approved:
        approved = ngettext("{count} batch to pay out", "{count} batches to pay out", count)
        yield approved.format(count=count)


def _taken(day: Takings) -> str:
    parts = [_("{channel} ¥{amount}").format(channel=day.channel.label, amount=yuan(day.taken_fen))]
    if day.given_back_fen > 0:
        parts.append(_("refunds ¥{amount}").format(amount=yuan(day.given_back_fen)))
    elif day.given_back_fen:
        undone = _("refunds taken back ¥{amount}")
        parts.append(undone.format(amount=yuan(-day.given_back_fen)))
    if day.paid_out_fen:
        parts.append(_("paid out ¥{amount}").format(amount=yuan(day.paid_out_fen)))
    return joined(parts)


def account_columns() -> tuple[Column, ...]:
    """The columns of the chart of accounts, in the language in force."""
    return (
        Column("account", _("Account"), 12, grow=1, most=24),
        Column("balance", _("Balance"), 13, align="right"),
    )


def account_cells(row: AccountRow) -> tuple[Cell, ...]:
    """What :func:`account_columns` name."""
    label = f"  {PayChannel(row.channel).label}" if row.channel else row.account.label
    return label, yuan(row.fen)


def account_tone(row: AccountRow) -> Tone:
    """Empty accounts step back; one on its wrong side stands out."""
    return "warning" if row.fen < 0 else "" if row.fen else "muted"


def ledger_columns() -> tuple[Column, ...]:
    """The columns of a ledger, in the language in force."""
    return (
        Column("at", _("When"), 11),
        Column("kind", _("What"), 8, grow=1, most=16),
        Column("amount", _("Amount"), 11, align="right"),
        Column("balance", _("After it"), 12, align="right"),
        Column("order", _("Order"), 9, keep="end", priority=1),
        Column("whose", _("Whose"), 8, grow=1, most=20, priority=2),
        Column("reason", _("Reason"), 8, grow=2, most=40, priority=4),
        Column("by", _("By"), 8, priority=5),
    )


def ledger_cells(booked: Booked, studio: Studio | None) -> tuple[Cell, ...]:
    """What :func:`ledger_columns` name; amounts on the account's own side."""
    from crm_tui.services.money.accounts import shown_fen

    line = booked.line
    return (
        f"{studio.wall(line.at):%m-%d %H:%M}" if studio else "",
        line.kind.label,
        yuan(shown_fen(line.account, line.amount_fen)),
        yuan(shown_fen(line.account, line.balance_fen)),
        line.order_no or "-",
        shown(booked.whose or (PayChannel(line.channel).label if line.channel else "-")),
        shown(line.reason),
        shown(by(line.actor)),
    )


def shelf_title(shelf: Shelf, whose: str) -> str:
    """Which ledger is looked at."""
    told = [shelf.account.label]
    if shelf.channel:
        told.append(PayChannel(shelf.channel).label)
    if shelf.subject_id is not None:
        told.append(whose)
    return " · ".join(told)


def journal_text(found: JournalRow, lines: Sequence[Booked], studio: Studio) -> Content:
    """A journal, line by line: debit left, credit right."""
    return Content("\n").join(_journal_lines(found, lines, studio))


def _journal_lines(found: JournalRow, lines: Sequence[Booked], studio: Studio) -> Iterator[Content]:
    yield shown(f"{studio.wall(found.at):%Y-%m-%d %H:%M}  {found.kind.label}  {by(found.actor)}")
    if found.order_no:
        yield shown(_("Order {no}").format(no=found.order_no))
    if found.reason:
        yield shown(found.reason, limit=400)
    yield Content("")
    for each in lines:
        line = each.line
        fen = yuan(abs(line.amount_fen))
        sides = f"{fen:>13} {'':>13}" if line.amount_fen > 0 else f"{'':>13} {fen:>13}"
        told = [line.account.label]
        if line.channel:
            told.append(PayChannel(line.channel).label)
        if each.whose:
            told.append(each.whose)
        if line.account is Account.COMPANION_PAYABLE and line.available_on:
            told.append(_("free on {day}").format(day=line.available_on))
        yield shown(f"{sides}  {' · '.join(told)}", limit=200)
