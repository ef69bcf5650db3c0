"""The dispatch queue: waiting orders left, who fits the one under the cursor right."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.widgets import Static

from crm_tui.commands import Command
from crm_tui.core.language import N_, _
from crm_tui.screens import money_preview, order_cells
from crm_tui.screens.candidates import Advice, candidate_table, read_advice, why_out
from crm_tui.screens.dialogs.assign import Choice
from crm_tui.screens.orders import OrderScreen
from crm_tui.screens.plan import PlanCommands
from crm_tui.widgets.record_table import RecordTable
from crm_tui.widgets.text import shown

if TYPE_CHECKING:
    from collections.abc import Iterable

    from crm_tui.services.dispatch.reads import Candidate
    from crm_tui.services.orders.rows import OrderRow
    from crm_tui.storage.events import EventRow


class DispatchScreen(PlanCommands, OrderScreen):
    """Mode 2. Enter gives the order to the companion under the right cursor."""

    PLACE = "dispatch"
    HEADING = N_("Dispatch queue")
    CSS_PATH = "dispatch.tcss"
    AUTO_FOCUS = "#orders"
    ON_CHOSEN = "dispatch.take"
    NOTHING = N_("No order waits.")

    def __init__(self) -> None:
        super().__init__()
        self._advice: Advice | None = None

    def compose_body(self) -> ComposeResult:
        self.candidates, self.candidate_source = candidate_table(
            _("Nobody fits. Below stands why."), "candidates"
        )
        with Horizontal():
            yield RecordTable(order_cells.waiting_columns(), self.source, id="orders")
            with Vertical(id="who"):
                yield Static(id="asked", markup=False)
                yield self.candidates
                yield Static(id="money", markup=False)
                with VerticalScroll(id="out", can_focus=False):
                    yield Static(markup=False)

    def _cells(self, row: OrderRow) -> tuple[str, ...]:
        return order_cells.waiting_cells(row, self.desk.now()) if self.desk else ()

    def keeps(self, row: OrderRow) -> bool:
        return row.free_places > 0

    def why_not(self, command: Command) -> str | None:
        if command.id == "dispatch.take" and self.candidate() is None:
            return _("Nobody fits this order now.")
        return super().why_not(command)

    def candidate(self) -> Candidate | None:
        """The companion under the right cursor."""
        return self.candidate_source.get(self.candidates.cursor_key)

    def dispatch_take(self) -> None:
        row, candidate = self.order(), self.candidate()
        # The suggestion on the right may still be that of the order looked at before.
        if row and candidate and self._advice and self._advice.suggestion.order_no == row.no:
            self.give(row, Choice(candidate.companion_id, candidate.companion, candidate.score))

    def dispatch_why(self, no: str = "", companion: str = "") -> None:
        from crm_tui.screens.dialogs.why import WhyDialog

        self.with_order(no, lambda row: self.app.push_screen(WhyDialog(row, self.read, companion)))

    def take(self, events: Iterable[EventRow]) -> None:
        events = tuple(events)
        super().take(events)
        if any(event.entity in ("order", "companion") for event in events):
            self._advise()

    @on(RecordTable.Highlighted, "#orders")
    def _other_order(self) -> None:
        self._advise()

    @on(RecordTable.Highlighted, "#candidates")
    def _other_candidate(self) -> None:
        self._show_money()

    def _advise(self) -> None:
        row = self.order()
        if row is None:
            self._show_advice(None)
        else:
            self.read(partial(read_advice, row.no), self._show_advice, group="advice")

    def _show_advice(self, advice: Advice | None) -> None:
        before, self._advice = self._advice, advice
        same = before and advice and before.suggestion.order_no == advice.suggestion.order_no
        changed = self.candidate_source.replace(advice.suggestion.candidates if advice else [])
        self.candidates.reload(changed if same else (), at_once=not same)
        if not same:
            self.candidates.action_cursor_first()
        out = self.query_one("#out Static", Static)
        told = advice.suggestion if advice else None
        out.update(why_out(told, told.excluded) if told else "")
        self._show_money()

    def _show_money(self) -> None:
        row, candidate = self.order(), self.candidate()
        self.query_one("#asked", Static).update(shown(order_cells.headline(row)) if row else "")
        if row and candidate:
            query = partial(money_preview.of_giving, row.no, candidate.companion_id, None)
            self.read(query, self.query_one("#money", Static).update, group="money")
        else:
            self.query_one("#money", Static).update("")
        self.refresh_keys()
