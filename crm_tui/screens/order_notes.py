"""Notes and tasks of the customer of the order under the cursor."""

from __future__ import annotations

from crm_tui.core.language import _
from crm_tui.screens.contacts import About, ContactScreen
from crm_tui.screens.order_list import OrderList


class OrderNoteCommands(OrderList, ContactScreen):
    """``I`` notes, ``T`` adds a task."""

    def order_note(self) -> None:
        if about := self._about():
            self.take_note(about)

    def order_task(self) -> None:
        if about := self._about():
            self.take_task(about)

    def _about(self) -> About | None:
        row = self.order()
        if row is None:
            self.say(_("There is nothing under the cursor."), "warning")
            return None
        return About(row.customer_id, row.customer, row.id, row.no)
