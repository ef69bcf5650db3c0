"""One customer, all that the studio knows of them (A3)."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.widgets import Static

from crm_tui.core.language import N_, _
from crm_tui.screens import customer_page
from crm_tui.screens import order_writes as orders
from crm_tui.screens.console import Visit
from crm_tui.screens.customer_editing import EditCommands
from crm_tui.screens.customer_in_hand import read_profile
from crm_tui.screens.customer_privacy import PrivacyCommands
from crm_tui.widgets.record_table import MemorySource, RecordTable

if TYPE_CHECKING:
    from crm_tui.services.customers.reads import CustomerProfile
    from crm_tui.services.orders.history import OrderDetail
    from crm_tui.services.orders.rows import OrderRow
    from crm_tui.storage.events import EventRow


class PersonScreen(EditCommands, PrivacyCommands):
    """The whole of one customer. Which one is the visit's key; it stays, whatever happens."""

    PLACE = "person"
    HEADING = N_("Customer")
    CSS_PATH = "person.tcss"
    AUTO_FOCUS = "#history"
    ON_CHOSEN = "customer.open"

    def __init__(self) -> None:
        super().__init__()
        self.customer_id: int | None = None
        self.orders: MemorySource[OrderRow] = MemorySource(
            key=lambda row: row.id,
            cells=lambda row: customer_page.order_cells(row, self.console.studio),
            tone=customer_page.order_tone,
        )

    def compose_body(self) -> ComposeResult:
        with VerticalScroll(id="page", can_focus=False):
            yield Static(markup=False)
        yield RecordTable(
            customer_page.order_columns(), self.orders, empty=_("No orders yet."), id="history"
        )

    def show_record(self, key: int | str) -> None:
        self.customer_id = int(key)
        self.reload()

    def reload(self) -> None:
        if self.customer_id is not None:
            self.read(partial(read_profile, self.customer_id), self._show, group="profile")

    def take(self, events: Iterable[EventRow]) -> None:
        if any(event.entity in ("customer", "order", "import_batch") for event in events):
            self.reload()

    def cursor_visit(self) -> Visit:
        return Visit(self.PLACE, self.customer_id)

    def _show(self, profile: CustomerProfile) -> None:
        self.profile = profile
        text = customer_page.page(profile, self.console.studio)
        self.query_one("#page Static", Static).update(text)
        table = self.query_one("#history", RecordTable)
        table.reload(self.orders.replace(profile.history))
        self.refresh_keys()

    def customer_open(self) -> None:
        row = self.orders.get(self.query_one("#history", RecordTable).cursor_key)
        if row is not None:
            self.read(partial(orders.order_detail, row.no), self._show_order, group="target")

    def _show_order(self, found: OrderDetail) -> None:
        from crm_tui.screens.dialogs.detail import DetailDialog

        if self.console.studio is not None:
            self.app.push_screen(DetailDialog(found, self.console.studio))
