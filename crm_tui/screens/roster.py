"""The roster: the companions by presence, what they play, how busy and how good they are."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import TYPE_CHECKING

from textual import on
from textual.app import ComposeResult
from textual.widgets import Static

from crm_tui.commands import Command
from crm_tui.core.errors import CrmError
from crm_tui.core.language import N_, _
from crm_tui.core.permissions import Permission, require
from crm_tui.core.words import Presence
from crm_tui.screens import companion_cells
from crm_tui.screens import companion_writes as writes
from crm_tui.screens import order_writes as orders
from crm_tui.screens.companion_editing import CompanionEdits
from crm_tui.screens.desk import Undo
from crm_tui.screens.dialogs.companion_day import CompanionDayDialog
from crm_tui.widgets.record_table import RecordTable

if TYPE_CHECKING:
    from crm_tui.services.orders.history import OrderDetail

NEED_A_ROW = frozenset(
    f"companion.{verb}" for verb in ("day", "open", "edit", "hours", "correct", "retire")
)
"""The commands that act on the companion under the cursor."""


class RosterScreen(CompanionEdits):
    """Mode 4. Presence is changed by key; what follows from orders changes by itself."""

    PLACE = "roster"
    HEADING = N_("Roster")
    CSS_PATH = "roster.tcss"
    AUTO_FOCUS = "#roster"
    ON_CHOSEN = "companion.day"

    def compose_body(self) -> ComposeResult:
        yield Static(id="counts", markup=False)
        yield RecordTable(companion_cells.columns(), self.source, empty=_("Reading …"), id="roster")
        yield Static(id="companion", markup=False)

    def shown_anew(self, ids: Iterable[int]) -> None:
        counts = companion_cells.counted(self.source.records())
        self.query_one("#counts", Static).update(counts)
        self._show_page()
        dialog = self.app.screen
        if isinstance(dialog, CompanionDayDialog) and dialog.companion_id in set(ids):
            self._read_day(dialog.companion_id, dialog)

    @on(RecordTable.Highlighted, "#roster")
    def _show_page(self) -> None:
        row, desk = self.companion(), self.desk
        text = companion_cells.page(row, desk.now(), self.wall) if row and desk else ""
        self.query_one("#companion", Static).update(text)
        self.refresh_keys()

    def record_state(self) -> str | None:
        row = self.companion()
        return row.presence.value if row else None

    def why_not(self, command: Command) -> str | None:
        row = self.companion()
        if row is None and command.id in NEED_A_ROW:
            return _("There is nothing under the cursor.")
        if row is not None and command.states and row.presence.value not in command.states:
            return _("{companion} is serving {order}; finish it first.").format(
                companion=row.nick, order=row.current_order or ""
            )
        if command.id == "companion.correct" and self.desk is not None:
            try:
                require(self.desk.actor, Permission.CREDIT)
            except CrmError as refusal:
                return refusal.message()
        if command.id == "companion.open" and (row is None or row.current_order is None):
            return _("There is no order in hand here.")
        return super().why_not(command)

    # Presence

    def companion_idle(self) -> None:
        self._presence(Presence.IDLE)

    def companion_rest(self, reason: str = "") -> None:
        self._presence(Presence.RESTING, reason)

    def companion_offline(self, reason: str = "") -> None:
        self._presence(Presence.OFFLINE, reason)

    def _presence(self, presence: Presence, reason: str = "") -> None:
        row = self.companion()
        if row is None:
            return
        before = Presence.IDLE if row.presence is Presence.OFFERED else row.presence
        done = _("{companion}: {presence}").format(companion=row.nick, presence=presence.label)
        self.write(
            partial(writes.set_presence, row.id, presence, reason),
            done,
            undo=Undo(done, partial(writes.set_presence, row.id, before, "")),
        )

    # Looking closer

    def companion_day(self) -> None:
        row = self.companion()
        if row is not None:
            self._read_day(row.id)

    def _read_day(self, companion_id: int, dialog: CompanionDayDialog | None = None) -> None:
        """Read the day, and show it: in ``dialog``, where it is open already."""
        studio, desk = self.console.studio, self.desk
        if studio is None or desk is None:
            return
        query = partial(writes.day_of, companion_id, desk.actor.role)
        if dialog is not None:
            self.read(query, dialog.show_day, group="day")
            return
        lead_on = partial(self._lead_on, companion_id)
        self.read(
            query,
            lambda view: self.open_dialog(CompanionDayDialog(view, studio, desk.now), lead_on),
            group="day",
        )

    def _lead_on(self, companion_id: int, command: str) -> None:
        """Run a command for whom the dialog showed, wherever the cursor has come to meanwhile."""
        if self.source.get(companion_id) is None:
            self.say(_("They have left the roster meanwhile."), "warning")
            return
        self.show_record(companion_id)
        self.call_later(self.action_run, command)

    def companion_open(self) -> None:
        row = self.companion()
        if row is not None and row.current_order is not None:
            read = partial(orders.order_detail, row.current_order)
            self.read(read, self._show_order, group="target")

    def _show_order(self, found: OrderDetail) -> None:
        from crm_tui.screens.dialogs.detail import DetailDialog

        if self.console.studio is not None:
            self.app.push_screen(DetailDialog(found, self.console.studio))
