"""One settlement batch: who gets what, adjustments with their reasons, each one's statement."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from textual import on
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from crm_tui.core.errors import Invalid
from crm_tui.core.language import N_, _
from crm_tui.core.money import Money, yuan
from crm_tui.screens.console import Visit
from crm_tui.screens.desk import Undo
from crm_tui.screens.dialogs.form_dialog import FormDialog
from crm_tui.screens.settlement_steps import SEEN_BY, SettlementSteps, effect_of
from crm_tui.widgets.form import Field
from crm_tui.widgets.record_table import Column, MemorySource, RecordTable
from crm_tui.widgets.text import Cell, shown

if TYPE_CHECKING:
    from crm_tui.services.money.settlement.reads import AdjustmentRow, BatchRow, LineRow
    from crm_tui.services.money.settlement.statement import Statement
    from crm_tui.storage.events import EventRow
    from crm_tui.storage.store import ReadWork, UnitOfWork


@dataclass(frozen=True, slots=True)
class Opened:
    """A batch as it is shown."""

    batch: BatchRow
    lines: list[LineRow]
    adjustments: list[AdjustmentRow]


def _opened(no: str, work: ReadWork) -> Opened:
    from crm_tui.services.money.settlement import reads

    batch = reads.one(work, no)
    return Opened(batch, reads.lines(work, batch.id), reads.adjustments(work, batch.id))


def _statement(no: str, companion_id: int, work: ReadWork) -> Statement:
    from crm_tui.services.money.settlement import statement

    return statement.of_companion(work, no, companion_id)


def _statement_of(no: str, ref: str, work: ReadWork) -> Statement:
    from crm_tui.services.companions.reads import resolve

    return _statement(no, resolve(work, ref), work)


def _named(ref: str, work: ReadWork) -> tuple[int, str]:
    """The companion whom ``ref`` names, and their nickname."""
    from crm_tui.services.companions.reads import by_ids, resolve

    (row,) = by_ids(work, [resolve(work, ref)])
    return row.id, row.nick


def _adjust(who: int, fen: int, reason: str, store_id: int, work: UnitOfWork) -> int:
    from crm_tui.services.money.settlement import actions

    return actions.adjust(work, who, fen, reason, store_id)


def _drop(adjustment_id: int, work: UnitOfWork) -> None:
    from crm_tui.services.money.settlement import actions

    actions.drop_adjustment(work, adjustment_id)


class SettlementScreen(SettlementSteps):
    """Enter opens the statement of the companion under the cursor."""

    PLACE = "settlement"
    HEADING = N_("Settlement batch")
    CSS_PATH = "settlements.tcss"
    AUTO_FOCUS = "#lines"
    ON_CHOSEN = "settlement.statement"

    def __init__(self) -> None:
        super().__init__()
        self.source: MemorySource[LineRow] = MemorySource(
            key=lambda row: row.companion_id, cells=_cells
        )
        self._no = ""
        self._opened: Opened | None = None

    def compose_body(self) -> ComposeResult:
        yield Static(id="sums", markup=False)
        yield RecordTable(_columns(), self.source, empty=_("Reading …"), id="lines")
        with VerticalScroll(id="adjustments", can_focus=False):
            yield Static(markup=False)

    @property
    def _table(self) -> RecordTable:
        return self.query_one("#lines", RecordTable)

    def in_hand(self) -> BatchRow | None:
        return self._opened.batch if self._opened else None

    def line(self) -> LineRow | None:
        """The line under the cursor."""
        return self.source.get(self._table.cursor_key) if self.is_mounted else None

    # Reading

    def show_record(self, key: int | str) -> None:
        self._no = str(key)
        self.reload()

    def reload(self) -> None:
        if self._no:
            self.read(partial(_opened, self._no), self._show)
        else:
            self._table.empty = _("No batch is open: 6 shows the money, :settlements the batches.")
            self._table.reload(at_once=True)

    def take(self, events: Iterable[EventRow]) -> None:
        if any(event.entity == SEEN_BY for event in events):
            self.reload()

    def _show(self, opened: Opened) -> None:
        self._opened = opened
        changed = self.source.replace(opened.lines)
        self._table.empty = _("Nobody.")
        self._table.reload(changed)
        batch = opened.batch
        sums = (
            (_("Share of orders"), batch.earned_fen),
            (_("Tips"), batch.tips_fen),
            (_("Adjustments"), batch.adjustments_fen),
            (_("Kept back"), -batch.clawback_fen),
            (_("Still frozen"), batch.frozen_fen),
        )
        told = " · ".join(f"{name} ¥{yuan(fen)}" for name, fen in sums if fen)
        head = f"{batch.no} {batch.state.label} · {effect_of(batch)}"
        text = Content("\n").join((shown(head, "bold", limit=300), shown(told, limit=300)))
        self.query_one("#sums", Static).update(text)
        self._show_adjustments()

    @on(RecordTable.Highlighted, "#lines")
    def _show_adjustments(self) -> None:
        """Those of the companion under the cursor."""
        line, opened = self.line(), self._opened
        told = []
        if line is not None and opened is not None:
            told = [
                shown(
                    f"#{each.id} {yuan(each.amount_fen)}: {each.reason} ({each.made_by})",
                    limit=300,
                )
                for each in opened.adjustments
                if each.companion_id == line.companion_id
            ]
        self.query_one("#adjustments Static", Static).update(Content("\n").join(told))
        self.refresh_keys()

    # What the base asks

    def copy_text(self) -> str | None:
        line = self.line()
        return f"{line.nick} {yuan(line.payable_fen)}" if line else None

    def cursor_visit(self) -> Visit:
        return Visit(self.PLACE, self._no or None)

    # Commands

    def settlement_statement(self, ref: str = "") -> None:
        line, batch = self.line(), self.in_hand()
        if batch is None or (line is None and not ref):
            self.say(_("There is nothing under the cursor."), "warning")
        elif ref:
            self.read(partial(_statement_of, batch.no, ref), self._show_statement, group="target")
        elif line is not None:
            asked = partial(_statement, batch.no, line.companion_id)
            self.read(asked, self._show_statement, group="target")

    def _show_statement(self, told: Statement) -> None:
        from crm_tui.screens.dialogs.settlement_statement import StatementDialog

        self.app.push_screen(StatementDialog(self, told))

    def settlement_adjust(self, ref: str = "") -> None:
        line = self.line()
        if ref:
            self.read(partial(_named, ref), lambda who: self._ask_amount(*who), group="target")
        elif line is not None:
            self._ask_amount(line.companion_id, line.nick)
        else:
            self.say(_("Whom? :adjust and a name reaches everybody."), "warning")

    def _ask_amount(self, who: int, nick: str) -> None:
        batch = self.in_hand()
        if batch is None:
            return
        fields = [
            Field("amount", _("Amount"), _fen, _("yuan; less than 0 takes"), required=True),
            Field("reason", _("Reason"), required=True, hint=_("is kept")),
        ]

        def submit(values: dict[str, Any], dialog: FormDialog) -> None:
            given = who, values["amount"], values["reason"], batch.store_id
            told = _("{companion} adjusted by ¥{amount}").format(
                companion=nick, amount=yuan(values["amount"])
            )

            def adjusted(made: int) -> None:
                dialog.dismiss()
                if self.desk is not None:
                    self.desk.remember(Undo(told, partial(_drop, made)))

            self.write(partial(_adjust, *given), told, then=adjusted, failed=dialog.failed)

        title = f"{_('Adjust')} {batch.no}"
        self.app.push_screen(FormDialog(title, nick, fields, submit, effect=effect_of(batch)))

    def settlement_drop(self, number: str = "") -> None:
        if not number.lstrip("#").isdecimal():
            self.say(_("Which one? Its number stands before it: :drop 3"), "warning")
            return
        self.write(partial(_drop, int(number.lstrip("#"))), _("Taken back."))


def _fen(text: str) -> int:
    """Yuan as one types them, in fen. Raises :class:`Invalid`."""
    try:
        return Money.parse(text).fen
    except ValueError:
        raise Invalid(field=_("Amount"), value=text, expected=_("yuan, such as -20")) from None


def _columns() -> tuple[Column, ...]:
    return (
        Column("nick", _("Companion"), 10, grow=2, most=24),
        Column("no", _("Number"), 6, priority=4),
        Column("orders", _("Orders"), 6, align="right", priority=3),
        Column("earned", _("Share of orders"), 12, align="right", priority=1),
        Column("tips", _("Tips"), 9, align="right", priority=2),
        Column("adjustments", _("Adjustments"), 10, align="right", priority=2),
        Column("kept", _("Kept back"), 9, align="right", priority=2),
        Column("payable", _("To pay"), 12, align="right"),
        Column("frozen", _("Still frozen"), 11, align="right", priority=1),
    )


def _cells(row: LineRow) -> tuple[Cell, ...]:
    return (
        shown(row.nick),
        row.no,
        f"{row.orders:,}",
        yuan(row.earned_fen),
        yuan(row.tips_fen),
        yuan(row.adjustments_fen),
        yuan(row.clawback_fen),
        yuan(row.payable_fen),
        yuan(row.frozen_fen),
    )
