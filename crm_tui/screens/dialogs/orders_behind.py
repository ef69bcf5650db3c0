"""The orders behind a figure."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen

from crm_tui.core.language import _, ngettext
from crm_tui.core.money import yuan
from crm_tui.screens import customer_page
from crm_tui.screens import order_writes as orders
from crm_tui.widgets.record_table import Column, MemorySource, RecordTable
from crm_tui.widgets.text import shown

if TYPE_CHECKING:
    from crm_tui.screens.desk import Studio
    from crm_tui.screens.figures_reading import Behind
    from crm_tui.services.orders.rows import OrderRow


class OrdersBehind(ModalScreen[None]):
    """A table of orders; Enter opens one, Escape goes back to the figure."""

    CSS_PATH = "dialogs.tcss"
    DEFAULT_CSS = "OrdersBehind { align: center middle; } OrdersBehind RecordTable { height: 1fr; }"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,q", "dismiss", show=False)]

    def __init__(
        self,
        found: Behind,
        studio: Studio,
        read: Callable[..., Any],
    ) -> None:
        super().__init__()
        self._found, self._studio, self._read = found, studio, read
        self.source: MemorySource[OrderRow] = MemorySource(
            key=lambda row: row.id,
            cells=lambda row: (shown(row.customer), *customer_page.order_cells(row, studio)),
        )
        self.source.replace(found.rows)

    def compose(self) -> ComposeResult:
        box = Vertical(classes="dialog tall")
        found = self._found
        count = ngettext("{count} order", "{count} orders", found.count).format(
            count=f"{found.count:,}"
        )
        title = f"{found.title} · {count} · ¥{yuan(found.gross_fen)}"
        if found.count > len(found.rows):
            title += " · " + _("the last {count}").format(count=len(found.rows))
        box.border_title = shown(title)
        box.border_subtitle = Content(_("Enter opens, Esc closes"))
        columns = (
            Column("customer", _("Customer"), 9, grow=2, most=24),
            *customer_page.order_columns(),
        )
        with box:
            yield RecordTable(columns, self.source, empty=_("No completed orders."))

    def on_record_table_chosen(self, event: RecordTable.Chosen) -> None:
        event.stop()
        row = self.source.get(event.key)
        if row is not None:
            self._read(partial(orders.order_detail, row.no), self._show_order, group="target")

    def _show_order(self, found: Any) -> None:
        from crm_tui.screens.dialogs.detail import DetailDialog

        self.app.push_screen(DetailDialog(found, self._studio))
