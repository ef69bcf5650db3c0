"""The order that a key acts on, and carrying something out on it: what all order commands share."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from crm_tui.core.language import _
from crm_tui.screens import order_writes as writes
from crm_tui.screens.base import ConsoleScreen
from crm_tui.screens.desk import Undo
from crm_tui.screens.order_notes import OrderNoteCommands

if TYPE_CHECKING:
    from crm_tui.screens.dialogs.form_dialog import FormDialog
    from crm_tui.services.orders.rows import OrderRow
    from crm_tui.storage.store import UnitOfWork

Action = Callable[["UnitOfWork"], Any]
Companion = int | str
"""A companion's id, or what was typed for one."""


class OnOrder(ConsoleScreen):
    """A screen with an order under its cursor.

    ``no`` is what was typed on the ``:`` line; empty means the order under the cursor. A dialog
    gets the order as it was when the key was pressed, and acts on that one, whatever the board
    does meanwhile.
    """

    def order(self) -> OrderRow | None:
        """The order under the cursor."""
        raise NotImplementedError

    def with_order(self, no: str, then: Callable[[OrderRow], object]) -> None:
        """Call ``then`` with order ``no``, or with the one under the cursor where it is empty."""
        row = self.order()
        if no and (row is None or row.no != no):
            self.read(partial(writes.order_row, no), then, group="target")
        elif row is None:
            self.say(_("There is nothing under the cursor."), "warning")
        else:
            then(row)

    def do(
        self,
        row: OrderRow,
        action: Action,
        done: str,
        opposite: Action | None = None,
        dialog: FormDialog | None = None,
    ) -> None:
        """Carry ``action`` out on ``row``'s order and say what was ``done``.

        ``opposite`` is what ``u`` will do; ``dialog`` closes when it is done, or says why not.
        """
        title = f"{row.no} {done}"
        self.write(
            action,
            title,
            undo=Undo(title, opposite) if opposite else None,
            then=(lambda _answer: dialog.dismiss()) if dialog else None,
            failed=dialog.failed if dialog else None,
        )

    def simply(self, no: str, action: Callable[[str, UnitOfWork], object], done: str) -> None:
        """Carry out what needs no more than the order."""
        self.with_order(no, lambda row: self.do(row, partial(action, row.no), done))

    def with_reason(
        self,
        row: OrderRow,
        given: str,
        then: Callable[[str, FormDialog | None], None],
        title: str,
        effect: str,
        usual: tuple[str, ...],
    ) -> None:
        """Call ``then`` with the reason that was given, or that the person gives now."""
        from crm_tui.screens.dialogs.order_forms import reason_dialog

        if given:
            then(given, None)
            return
        dialog = reason_dialog(
            row,
            title,
            effect,
            [_(each) for each in usual],
            lambda values, shown: then(values["reason"], shown),
        )
        self.app.push_screen(dialog)


class OrderInHand(OrderNoteCommands, OnOrder):
    """A list of orders with the commands on the one under its cursor."""
