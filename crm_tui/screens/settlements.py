"""The settlement batches, newest first."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from functools import partial
from typing import TYPE_CHECKING, Any

from textual import on
from textual.app import ComposeResult
from textual.widgets import Static

from crm_tui.core.language import N_, _
from crm_tui.core.money import yuan
from crm_tui.screens.console import Visit
from crm_tui.screens.dialogs.form_dialog import FormDialog
from crm_tui.screens.dialogs.progress import ProgressDialog
from crm_tui.screens.settlement_steps import SEEN_BY, SettlementSteps, choice_field
from crm_tui.widgets.form import Field
from crm_tui.widgets.record_table import Column, MemorySource, RecordTable
from crm_tui.widgets.text import Cell, shown

if TYPE_CHECKING:
    from crm_tui.screens.dialogs.progress import Tell
    from crm_tui.services.money.settlement.reads import BatchRow, NextPeriod
    from crm_tui.storage.events import EventRow
    from crm_tui.storage.store import ReadWork


def _batches(work: ReadWork) -> list[BatchRow]:
    from crm_tui.services.money.settlement import reads

    return reads.newest(work)


def _next_periods(login: str, work: ReadWork) -> list[NextPeriod]:
    from crm_tui.screens.pickers import own_store
    from crm_tui.services.money.settlement import reads

    return reads.next_periods(work, own_store(work, login))


class SettlementsScreen(SettlementSteps):
    """Enter opens the batch under the cursor; below stands who took which step."""

    PLACE = "settlements"
    HEADING = N_("Settlement")
    CSS_PATH = "settlements.tcss"
    AUTO_FOCUS = "#settlements"
    ON_CHOSEN = "settlement.open"

    def __init__(self) -> None:
        super().__init__()
        self.source: MemorySource[BatchRow] = MemorySource(key=lambda row: row.no, cells=_cells)
        self._awaited: int | str | None = None

    def compose_body(self) -> ComposeResult:
        yield RecordTable(_columns(), self.source, empty=_("Reading …"), id="settlements")
        yield Static(id="about", markup=False)

    @property
    def _table(self) -> RecordTable:
        return self.query_one("#settlements", RecordTable)

    def in_hand(self) -> BatchRow | None:
        return self.source.get(self._table.cursor_key) if self.is_mounted else None

    # Reading

    def reload(self) -> None:
        self.read(_batches, self._show)

    def take(self, events: Iterable[EventRow]) -> None:
        if any(event.entity == SEEN_BY for event in events):
            self.reload()

    def _show(self, rows: list[BatchRow]) -> None:
        changed = self.source.replace(rows)
        self._table.empty = _("Nothing was settled yet: c drafts the first batch.")
        self._table.reload(changed)
        if self._awaited is not None and self._table.move_to(self._awaited):
            self._awaited = None
        self._show_steps()

    @on(RecordTable.Highlighted, "#settlements")
    def _show_steps(self) -> None:
        batch, studio = self.in_hand(), self.console.studio
        text = ""
        if batch is not None and studio is not None:
            steps = (
                (_("Drafted by"), batch.made_by, batch.made_at),
                (_("Approved by"), batch.approved_by, batch.approved_at),
                (_("Paid by"), batch.paid_by, batch.paid_at),
            )
            told = [f"{step} {who} {studio.wall(at):%m-%d %H:%M}" for step, who, at in steps if at]
            text = " · ".join((*told, _("free up to {day}").format(day=batch.free_on)))
        self.query_one("#about", Static).update(shown(text, limit=300))
        self.refresh_keys()

    # What the base asks

    def copy_text(self) -> str | None:
        batch = self.in_hand()
        return batch.no if batch else None

    def cursor_visit(self) -> Visit:
        batch = self.in_hand()
        return Visit(self.PLACE, batch.no if batch else None)

    def show_record(self, key: int | str) -> None:
        if not self._table.move_to(key):
            self._awaited = key

    # Commands

    def settlement_open(self) -> None:
        batch = self.in_hand()
        if batch is not None:
            self.console.go_to(Visit("settlement", batch.no))

    def settlement_draft(self) -> None:
        if self.desk is not None:
            self.read(partial(_next_periods, self.desk.actor.login), self._ask_period)

    def _ask_period(self, found: list[NextPeriod]) -> None:
        """For which days, and of which store where there are several; its own comes first."""
        own, stores = found[0], {each.store: each for each in found}
        fields = [
            Field("first", _("From"), _day, _("a day such as 2026-09-01"), initial=str(own.first)),
            Field("last", _("To"), _day, _("a day such as 2026-09-30"), initial=str(own.last)),
        ]
        if len(stores) > 1:
            fields.append(choice_field("store", _("Store"), stores, own.store))

        def submit(values: dict[str, Any], dialog: FormDialog) -> None:
            store = values.get("store") or own
            dialog.dismiss()
            self.call_later(self._draft, values["first"], values["last"], store.store_id)

        self.app.push_screen(FormDialog(_("Draft a batch"), _("Settlement"), fields, submit))

    def _draft(self, first: date | None, last: date | None, store_id: int) -> None:
        from crm_tui.services.money.settlement import drafting

        desk = self.desk
        if desk is None:
            return

        def work(tell: Tell) -> dict[str, Any]:
            return drafting.draft(
                desk.store, desk.actor, first, last, store_id=store_id, progress=tell
            )

        self.open_dialog(ProgressDialog(_("Settlement"), work), self.drafted)


def _day(text: str) -> date:
    return date.fromisoformat(text.strip())


def _columns() -> tuple[Column, ...]:
    return (
        Column("no", _("Number"), 11),
        Column("state", _("Status"), 8),
        Column("period", _("Period"), 13, grow=1, most=24),
        Column("companions", _("Companions"), 6, align="right", priority=2),
        Column("orders", _("Orders"), 7, align="right", priority=3),
        Column("adjustments", _("Adjustments"), 10, align="right", priority=4),
        Column("kept", _("Kept back"), 10, align="right", priority=4),
        Column("frozen", _("Still frozen"), 11, align="right", priority=1),
        Column("payable", _("To pay"), 13, align="right"),
        Column("store", _("Store"), 6, grow=1, most=16, priority=5),
    )


def _cells(row: BatchRow) -> tuple[Cell, ...]:
    return (
        row.no,
        row.state.label,
        f"{row.period_from:%m-%d} … {row.period_to:%m-%d}",
        f"{row.companions:,}",
        f"{row.orders:,}",
        yuan(row.adjustments_fen),
        yuan(row.clawback_fen),
        yuan(row.frozen_fen),
        yuan(row.payable_fen),
        shown(row.store),
    )
