"""Enter: the rows behind a figure."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from crm_tui.commands import Command
from crm_tui.core.language import _
from crm_tui.screens import figures_reading as reading
from crm_tui.screens.console import Visit
from crm_tui.screens.figures_in_hand import FiguresInHand
from crm_tui.screens.figures_page import Orders, Tier
from crm_tui.screens.figures_reading import Behind
from crm_tui.widgets.chart import Chart

if TYPE_CHECKING:
    from crm_tui.services.figures.rows import CustomerRow
    from crm_tui.storage.store import ReadWork


class OpeningCommands(FiguresInHand):
    """What lies behind a figure: orders and customers in a dialog, or on the customers' screen."""

    def why_not_open(self, command: Command) -> str | None:
        """Why a command that opens can't act now."""
        if command.id == "figures.open" and self.shown is None:
            return _("The figures are still being read.")
        return None

    def on_chart_chosen(self, event: Chart.Chosen) -> None:
        event.stop()
        self.action_run("figures.open")

    def figures_open(self) -> None:
        behind = self.page.behind()
        if isinstance(behind, Visit):
            self.console.go_to(behind)
        elif isinstance(behind, Orders) and self.frames is not None:
            self.open_orders(partial(reading.behind, self.frames, behind, self.wanted))
        elif isinstance(behind, Tier) and self.frames is not None:
            query = partial(reading.tier, self.frames, behind, self.wanted)
            self.read(query, partial(self._show_customers, behind.title), group="target")
        elif not self.page.open_row(self):
            self.say(_("No rows lie behind this."), "warning")

    def figures_edit(self) -> None:
        if not self.page.edit_row(self):
            self.say(_("There is no goal or report under the cursor."), "warning")

    def figures_add(self) -> None:
        if not self.page.add_row(self):
            self.say(_("Only goals and reports of your own can be added."), "warning")

    def figures_remove(self) -> None:
        if not self.page.take_row_away(self):
            self.say(_("There is no goal or report under the cursor."), "warning")

    def open_orders(self, query: Callable[[ReadWork], Behind | None]) -> None:
        self.read(query, self._show_orders, group="target")

    def _show_orders(self, found: Behind | None) -> None:
        from crm_tui.screens.dialogs.orders_behind import OrdersBehind

        if found is None:
            text = _("No orders lie behind this figure: it is not counted from orders.")
            self.say(text, "warning")
        elif self.console.studio is not None:
            self.app.push_screen(OrdersBehind(found, self.console.studio, self.read))

    def _show_customers(self, title: str, rows: tuple[CustomerRow, ...]) -> None:
        from crm_tui.screens.dialogs.customers_behind import CustomersBehind

        def open_person(customer_id: int) -> None:
            self.console.go_to(Visit("person", customer_id))

        if self.console.studio is not None:
            if len(rows) == reading.MOST_OF_TIER:
                first = _("the {count} who spent most").format(count=f"{len(rows):,}")
                title = f"{title} · {first}"
            self.open_dialog(CustomersBehind(title, rows, self.console.studio), open_person)
