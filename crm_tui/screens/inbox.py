"""The inbox: everything that waits for somebody, the most urgent first."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import TYPE_CHECKING, Any

from textual import on
from textual.app import ComposeResult
from textual.content import Content

from crm_tui.commands import Command
from crm_tui.core.errors import CrmError
from crm_tui.core.language import N_, _
from crm_tui.core.words import Cause
from crm_tui.screens import contact_writes, inbox_cells
from crm_tui.screens import inbox_writes as writes
from crm_tui.screens.console import Visit
from crm_tui.screens.contacts import About, ContactScreen
from crm_tui.screens.footer import shown_key
from crm_tui.screens.inbox_next import visit_of
from crm_tui.screens.order_money import MoneyCommands
from crm_tui.screens.registry import REGISTRY
from crm_tui.services.inbox import filtering
from crm_tui.widgets.panel import Panel
from crm_tui.widgets.record_table import MemorySource, RecordTable, Tone
from crm_tui.widgets.text import Cell

if TYPE_CHECKING:
    from crm_tui.screens.dialogs.form_dialog import FormDialog
    from crm_tui.services.filters.rules import FilterSpec
    from crm_tui.services.inbox.rules import Waiting
    from crm_tui.services.orders.rows import OrderRow
    from crm_tui.storage.events import EventRow
    from crm_tui.storage.store import UnitOfWork

Action = Callable[["UnitOfWork"], object]
SHOWN_BY = frozenset(
    {"order", "task", "rating", "alarm", "customer", "companion", "setting", "import_batch"}
)
"""Whose changes may change what waits."""
PAUSE_SECONDS = 0.25
"""Between two readings, however much is told meanwhile."""
AGAIN_SECONDS = 10.0
"""Time alone makes things urgent: so often the order is worked out anew."""


class InboxScreen(MoneyCommands, ContactScreen):
    """Mode 5. One list in the order of urgency; what others have, and what rests, comes last."""

    PLACE = "inbox"
    HEADING = N_("Inbox")
    CSS_PATH = "inbox.tcss"
    AUTO_FOCUS = "#waiting"
    ON_CHOSEN = "inbox.open"

    def __init__(self) -> None:
        super().__init__()
        self.source: MemorySource[Waiting] = MemorySource(
            key=lambda entry: entry.key, cells=self._cells, tone=self._tone
        )
        self.source.filter(self._passes)
        self._awaited: str | None = None
        self._reading = False
        self._owed = False

    def compose_body(self) -> ComposeResult:
        yield Panel(id="counts")
        yield RecordTable(inbox_cells.columns(), self.source, empty=_("Reading …"), id="waiting")
        yield Panel(id="why")

    def on_mount(self) -> None:
        self.set_interval(AGAIN_SECONDS, self._time_has_passed)
        self.set_interval(1.0, self._tick)

    @property
    def _table(self) -> RecordTable:
        return self.query_one("#waiting", RecordTable)

    @property
    def _login(self) -> str:
        return self.desk.actor.login if self.desk else ""

    def entry(self) -> Waiting | None:
        """What is under the cursor."""
        return self.source.get(self._table.cursor_key) if self.is_mounted else None

    def order(self) -> OrderRow | None:
        """None is under the cursor: what waits names its order."""
        return None

    # Reading: one at a time, so that no older answer comes last, and then a pause

    def reload(self) -> None:
        if self._reading:
            self._owed = True
        elif self.desk is not None:
            self._reading, self._owed = True, False
            query = partial(writes.waiting, self._login)
            self.read(query, self._show, group="waiting", failed=self._not_read)

    def take(self, events: Iterable[EventRow]) -> None:
        if any(event.entity in SHOWN_BY for event in events):
            self.reload()

    def _time_has_passed(self) -> None:
        if self.is_current:
            self.reload()

    def _not_read(self, error: CrmError) -> None:
        self._reading = False
        self.say(error.message(), "error")

    def _rested(self) -> None:
        """Another reading may begin."""
        self._reading = False
        if self._owed:
            self.reload()

    def _show(self, entries: list[Waiting]) -> None:
        self.set_timer(PAUSE_SECONDS, self._rested)
        if self.desk is None:
            return
        changed = self.source.replace(entries)
        self._table.empty = _("Nothing waits. T adds a task.")
        self._table.reload(changed)
        counts = inbox_cells.counted(entries, self.desk.now(), self._login)
        self.query_one("#counts", Panel).show(Content(counts))
        self.refresh_filter()
        self.refresh_keys()
        if self._awaited is not None:
            self.show_record(self._awaited)
        self._show_why()

    def _tick(self) -> None:
        if self.is_current:
            self._show_why()

    @on(RecordTable.Highlighted, "#waiting")
    def _other_entry(self) -> None:
        self._show_why()
        self.refresh_keys()

    def _show_why(self) -> None:
        entry, studio = self.entry(), self.console.studio
        text = Content("")
        if entry is not None and self.desk is not None and studio is not None:
            text = inbox_cells.page(entry, self.desk.now(), studio, self._what_to_do(entry))
        self.query_one("#why", Panel).show(text)

    def _what_to_do(self, entry: Waiting) -> str:
        command = REGISTRY[entry.command]
        key, title = shown_key(command, self.console.keymap), _(command.title)
        if command.applies_at(self.PLACE):
            return f"{key} {title}"
        return _("Enter opens it; there {key} {title}").format(key=key, title=title)

    # Cells, filter, cursor

    def _cells(self, entry: Waiting) -> tuple[Cell, ...]:
        return inbox_cells.cells(entry, self.desk.now()) if self.desk else ()

    def _tone(self, entry: Waiting) -> Tone:
        return inbox_cells.tone(entry, self.desk.now(), self._login) if self.desk else ""

    def _passes(self, entry: Waiting) -> bool:
        return self.filter is None or self.filter(entry)

    def filter_spec(self) -> FilterSpec[Waiting]:
        return filtering.filter_spec()

    def filtered(self) -> tuple[int, int]:
        self.source.filter(self._passes)
        self._table.reload(at_once=self.filter is not None)
        return self.source.count(), self.source.total

    def record_state(self) -> str | None:
        entry = self.entry()
        return entry.thing.cause.value if entry else None

    def why_not(self, command: Command) -> str | None:
        if command.id in _NEED_AN_ENTRY and self.entry() is None:
            return _("There is nothing under the cursor.")
        return super().why_not(command)

    def copy_text(self) -> str | None:
        entry = self.entry()
        if entry is None:
            return None
        return "\t".join((entry.matter.label, entry.ref, entry.title))

    def cursor_visit(self) -> Visit:
        entry = self.entry()
        return Visit(self.PLACE, entry.key if entry else None)

    def show_record(self, key: int | str) -> None:
        self._awaited = None
        if self.source.get(key) is None:
            self._awaited = str(key)
        elif not self._table.move_to(key):
            self.filter_by("")
            self._table.move_to(key)

    # Commands

    def inbox_open(self) -> None:
        entry = self.entry()
        if entry is None:
            return
        if entry.thing.cause is Cause.GIVE_BACK:
            self.order_refund(entry.order_no)
            return
        visit = visit_of(entry, to_the_person=True)
        if visit.place == self.PLACE:
            self.say(_("This is all there is to see of it."))
        else:
            self.console.go_to(visit)

    def inbox_refund(self) -> None:
        entry = self.entry()
        if entry is None:
            return
        if entry.order_no:
            self.order_refund(entry.order_no)
        else:
            self.say(_("This is about no order."), "warning")

    def inbox_snooze(self) -> None:
        entry = self.entry()
        if entry is None or self.desk is None:
            return
        if entry.asleep(self.desk.now()):
            wake = partial(writes.snooze, entry.thing, None)
            opposite = partial(writes.rest_again, entry)
            self._act(wake, _("Woken: {title}"), entry, opposite)
            return
        from crm_tui.screens.dialogs.task import snooze_dialog

        def save(values: dict[str, Any], dialog: FormDialog) -> None:
            action = partial(writes.snooze, entry.thing, values["until"])
            opposite = partial(writes.rest_again, entry)
            self._act(action, _("Rests: {title}"), entry, opposite, dialog)

        self.app.push_screen(snooze_dialog(entry, self.read_due, save))

    def inbox_hand_over(self) -> None:
        if entry := self.entry():
            self.read(contact_writes.logins, partial(self._ask_owner, entry), group="target")

    def _ask_owner(self, entry: Waiting, logins: list[str]) -> None:
        from crm_tui.screens.dialogs.task import hand_over_dialog

        def save(values: dict[str, Any], dialog: FormDialog) -> None:
            action = partial(writes.hand_over, entry.thing, values["owner"])
            opposite = partial(writes.hand_over, entry.thing, entry.owner)
            self._act(action, _("Handed over: {title}"), entry, opposite, dialog)

        self.app.push_screen(hand_over_dialog(entry, logins, save))

    def inbox_take(self) -> None:
        entry = self.entry()
        if entry is None:
            return
        owner = None if entry.owner == self._login else self._login
        said = _("Yours now: {title}") if owner else _("Nobody’s now: {title}")
        opposite = partial(writes.hand_over, entry.thing, entry.owner)
        self._act(partial(writes.hand_over, entry.thing, owner), said, entry, opposite)

    def inbox_done(self) -> None:
        entry = self.entry()
        if entry is None:
            return
        from crm_tui.screens.dialogs.task import close_dialog

        if entry.ended_by:
            why = _("{no} waits until {what}.").format(no=entry.ref, what=entry.ended_by)
            self.say(f"{why} {self._what_to_do(entry)}", "warning")
            return

        def save(values: dict[str, Any], dialog: FormDialog) -> None:
            action = partial(writes.done, entry.thing, values["said"] or "")
            self._act(
                action, _("Done: {title}"), entry, partial(writes.undone, entry.thing), dialog
            )

        task = entry.thing.cause is Cause.TASK
        title = _("Task done") if task else _("Dismiss")
        label = _("Outcome") if task else _("Why nothing is to be done")
        self.app.push_screen(close_dialog(title, entry, label, save))

    def inbox_task(self) -> None:
        entry = self.entry()
        about = None
        if entry is not None and entry.customer_id is not None:
            about = About(entry.customer_id, entry.customer or "", entry.order_id, entry.order_no)
        self.take_task(about)

    def _act(
        self,
        action: Action,
        done: str,
        entry: Waiting,
        opposite: Action,
        dialog: FormDialog | None = None,
    ) -> None:
        """Do it, say so, close the dialog, and let ``u`` take it back."""
        title = done.format(title=entry.title)

        def acted(_result: object) -> None:
            if dialog is not None:
                dialog.dismiss()
            self.undoable(title, opposite)

        self.write(action, title, then=acted, failed=dialog.failed if dialog else None)


_NEED_AN_ENTRY = frozenset(
    {
        *("inbox.open", "inbox.done", "inbox.snooze", "inbox.hand_over", "inbox.take"),
        "inbox.refund",
    }
)
