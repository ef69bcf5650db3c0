"""Screens from which an order can be opened with all that happened to it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from crm_tui.screens.base import ConsoleScreen
from crm_tui.screens.order_writes import order_detail

if TYPE_CHECKING:
    from crm_tui.services.orders.history import OrderDetail


class OrderDetails(ConsoleScreen):
    """Opens orders that it does not list itself."""

    def open_order(self, no: str) -> None:
        """Show order ``no`` with all that happened to it."""
        self.read(partial(order_detail, no), self._show_order, group="target")

    def _show_order(self, found: OrderDetail) -> None:
        from crm_tui.screens.dialogs.detail import DetailDialog

        if self.console.studio is not None:
            self.app.push_screen(DetailDialog(found, self.console.studio))
