"""The order board: all open orders and today's, what runs out first on top."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from textual import on
from textual.app import ComposeResult
from textual.content import Content

from crm_tui.core.actor import by
from crm_tui.core.language import N_
from crm_tui.screens import order_cells
from crm_tui.screens import order_writes as writes
from crm_tui.screens.console import Visit
from crm_tui.screens.orders import OrderScreen
from crm_tui.screens.replay_commands import TEN_MINUTES_AGO
from crm_tui.widgets.panel import Panel
from crm_tui.widgets.record_table import RecordTable
from crm_tui.widgets.text import shown

if TYPE_CHECKING:
    from collections.abc import Iterable

    from crm_tui.services.orders.history import OrderDetail
    from crm_tui.services.orders.rows import OrderRow
    from crm_tui.storage.events import EventRow


class BoardScreen(OrderScreen):
    """Mode 1. Counts by state above, the history of the order under the cursor below."""

    PLACE = "board"
    HEADING = N_("Order board")
    AUTO_FOCUS = "#orders"
    ON_CHOSEN = "order.open"
    NOTHING = N_("No orders. N takes one down.")

    def __init__(self) -> None:
        super().__init__()

    def compose_body(self) -> ComposeResult:
        yield Panel(id="counts")
        yield RecordTable(order_cells.columns(), self.source, id="orders")
        yield Panel(id="history")

    def on_mount(self) -> None:
        self.set_interval(1.0, self._watch_the_clock)

    def _watch_the_clock(self) -> None:
        """Count the orders that are late, for the title of every screen."""
        if self.desk is not None and self.counts is not None:
            now = self.desk.now()
            self.console.late = sum(order_cells.is_late(row, now) for row in self.source.records())

    def keeps(self, row: OrderRow) -> bool:
        return True

    def counted(self) -> None:
        if self.counts is not None:
            line = self.query_one("#counts", Panel)
            line.show(order_cells.counted(self.counts, line.content_size.width))

    def on_resize(self) -> None:
        self.counted()

    def take(self, events: Iterable[EventRow]) -> None:
        events = tuple(events)
        super().take(events)
        row = self.order()
        if row is not None and any(event.entity_id == row.id for event in events):
            self._read_history(row)

    @on(RecordTable.Highlighted, "#orders")
    def _other_order(self) -> None:
        row = self.order()
        if row is None:
            self.query_one("#history", Panel).show(Content(""))
        else:
            self._read_history(row)

    def _read_history(self, row: OrderRow) -> None:
        self.read(partial(writes.order_detail, row.no), self._show_history, group="history")

    def _show_history(self, detail: OrderDetail) -> None:
        studio = self.console.studio
        if studio is None:
            return
        lines = [
            f"{studio.wall(line.at):%H:%M} {line.text} {by(line.actor)}" for line in detail.history
        ]
        parts = [shown(detail.order.no, "bold"), *(shown(line) for line in lines)]
        if detail.explanation:
            parts.append(shown(detail.explanation, "$text-muted", limit=600))
        if detail.order.note:
            parts.append(shown(detail.order.note, "$text-accent"))
        self.query_one("#history", Panel).show(Content(" · ").join(parts))

    def board_replay(self, text: str = "") -> None:
        self.console.go_to(Visit("replay", text or TEN_MINUTES_AGO))
