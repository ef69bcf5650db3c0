"""Bills held against the books: their lists, and what a person makes of what only they have."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from textual import on
from textual.app import ComposeResult
from textual.content import Content

from crm_tui.commands import Command
from crm_tui.core.errors import CrmError
from crm_tui.core.language import N_, _, ngettext
from crm_tui.core.money import yuan
from crm_tui.screens import reconcile_cells as looks
from crm_tui.screens import reconcile_writes as writes
from crm_tui.screens.base import ConsoleScreen
from crm_tui.screens.console import Visit
from crm_tui.screens.desk import Undo
from crm_tui.screens.importing import existing_file
from crm_tui.screens.owed import PAUSE_SECONDS, Owed
from crm_tui.screens.path_completion import suggest
from crm_tui.widgets.form import Field
from crm_tui.widgets.panel import Panel
from crm_tui.widgets.record_table import MemorySource, RecordTable
from crm_tui.widgets.text import Cell

if TYPE_CHECKING:
    from crm_tui.screens.dialogs.form_dialog import FormDialog
    from crm_tui.screens.dialogs.progress import Tell
    from crm_tui.screens.reconcile_writes import Booked, Lists, ReconcileRow
    from crm_tui.storage.events import EventRow

SHOWN_BY = frozenset({"bill_line", "bill_file", "order", "import_batch"})
"""Whose changes may change what is open."""


class ReconcileScreen(ConsoleScreen):
    """What is only in the bill, what differs, what is only in the books, what is matched; of the
    bill that was read last here, or what is open in all of them."""

    PLACE = "reconcile"
    HEADING = N_("Bills")
    CSS_PATH = "reconcile.tcss"
    AUTO_FOCUS = "#lines"
    ON_CHOSEN = "bills.order"

    def __init__(self) -> None:
        super().__init__()
        self.source: MemorySource[ReconcileRow] = MemorySource(
            key=looks.key_of, cells=self._cells, tone=looks.tone
        )
        self.source.filter(self._passes)
        self._lists: Lists | None = None
        self._chosen = looks.LISTS[0]
        self._owed = Owed()

    def compose_body(self) -> ComposeResult:
        yield Panel(id="bill")
        yield RecordTable(looks.columns(), self.source, empty=_("Reading …"), id="lines")
        yield Panel(id="line")

    @property
    def _table(self) -> RecordTable:
        return self.query_one("#lines", RecordTable)

    def row(self) -> ReconcileRow | None:
        """What is under the cursor."""
        return self.source.get(self._table.cursor_key) if self.is_mounted else None

    # Reading: one at a time, and then a pause

    def reload(self) -> None:
        self._owed.owe_everything()
        self._read_owed()

    def _read_owed(self) -> None:
        if self.desk is not None and self._owed.begin():
            done = self._lists.done if self._lists else None
            self.read(partial(writes.lists, done), self._came, group="lists", failed=self._failed)

    def take(self, events: Iterable[EventRow]) -> None:
        if any(event.entity in SHOWN_BY for event in events):
            self.reload()

    def _came(self, lists: Lists) -> None:
        self.set_timer(PAUSE_SECONDS, self._rested)
        if self._lists is None or self._lists.done is lists.done:
            self._show(lists)

    def _failed(self, error: CrmError) -> None:
        """Everything is read when something is heard of the store again."""
        self._owed.failed()
        self.say(error.message(), "error")

    def _rested(self) -> None:
        self._owed.ended()
        self._read_owed()

    def _show(self, lists: Lists) -> None:
        same = self._lists is not None and self._lists.done is lists.done
        self._lists = lists
        changed = self.source.replace(lists.rows)
        self._table.empty = _("Nothing here. o reads a bill, . goes to the next list.")
        if same:
            self._table.reload(changed)
        else:
            self._table.start_over()
        self._show_counts()

    def _show_counts(self) -> None:
        lists = self._lists
        counts = Counter(map(looks.list_of, lists.rows)) if lists else Counter()
        head = looks.head(lists.done if lists else None, counts, self._chosen)
        self.query_one("#bill", Panel).show(head)
        self._other_row()

    @on(RecordTable.Highlighted, "#lines")
    def _other_row(self) -> None:
        row = self.row()
        self.query_one("#line", Panel).show(looks.page(row) if row else Content(""))
        self.refresh_keys()

    def show_record(self, key: int | str) -> None:
        """``key`` is the file of a bill, or a row's own."""
        if str(key).startswith(("line:", "payment:")):
            self._table.move_to(key)
        else:
            self.call_later(self._ask_file, str(key))

    # Cells, cursor

    def _cells(self, row: ReconcileRow) -> tuple[Cell, ...]:
        return looks.cells(row, self.console.studio) if self.console.studio else ()

    def _passes(self, row: ReconcileRow) -> bool:
        return looks.list_of(row) == self._chosen

    def record_state(self) -> str | None:
        row = self.row()
        return looks.state_of(row) if row else None

    def why_not(self, command: Command) -> str | None:
        why = super().why_not(command)
        state = self.record_state()
        if why is None and command.states and state not in command.states:
            return _("That can't be done with a line of this list.")
        return why

    def copy_text(self) -> str | None:
        row = self.row()
        if row is None or self.console.studio is None:
            return None
        return "\t".join(map(str, looks.cells(row, self.console.studio)))

    def cursor_visit(self) -> Visit:
        key = self._table.cursor_key
        return Visit(self.PLACE, str(key) if key is not None else None)

    # Commands

    def bills_next(self) -> None:
        self._turn(1)

    def bills_previous(self) -> None:
        self._turn(-1)

    def _turn(self, step: int) -> None:
        place = (looks.LISTS.index(self._chosen) + step) % len(looks.LISTS)
        self._chosen = looks.LISTS[place]
        self._table.clear_marks()
        self.source.filter(self._passes)
        self._table.reload(at_once=True)
        self._show_counts()

    def bills_order(self) -> None:
        row = self.row()
        if row is not None and row.order_id:
            self.console.go_to(Visit("board", row.order_id))
        elif row is not None:
            self.say(_("It belongs to no order."))

    def bills_read(self) -> None:
        self._ask_file("")

    def _ask_file(self, file: str) -> None:
        from crm_tui.screens.dialogs.form_dialog import FormDialog

        field = Field(
            "file",
            _("File"),
            parse=existing_file,
            required=True,
            initial=file,
            suggest=suggest,
            hint=_("a bill as WeChat Pay or Alipay made it"),
        )
        effect = _("Lines are stored once, however often they come; nothing is booked.")
        dialog = FormDialog(_("Read a bill"), "", [field], self._read_bill, effect=effect)
        self.app.push_screen(dialog)

    def _read_bill(self, values: dict[str, Any], dialog: FormDialog) -> None:
        from crm_tui.screens.dialogs.progress import ProgressDialog

        if (desk := self.desk) is None:
            return
        path: Path = values["file"]

        def work(tell: Tell) -> Lists:
            return writes.reconcile(desk, path, tell)

        def came(answer: Lists | CrmError) -> None:
            if isinstance(answer, CrmError):
                dialog.failed(answer)
                return
            dialog.dismiss()
            self._show(answer)
            self._tell_rejects(answer)

        title = _("Reading {file}").format(file=path.name)
        self.open_dialog(ProgressDialog(title, work), came)

    def _tell_rejects(self, lists: Lists) -> None:
        bill = lists.done.bill if lists.done else None
        if bill is None:
            return
        for note in bill.totals.notes():
            self.say(note, "warning")
        for reject in bill.document()["rejects"][:3]:
            told = _("Line {line}, {field}: “{value}”. {expected}")
            self.say(told.format(**reject), "warning")

    def _lines(self) -> list[int]:
        """The marked lines, else the one under the cursor."""
        marked = [self.source.get(key) for key in self._table.marks]
        rows = [row for row in (marked or [self.row()]) if row is not None]
        return sorted(row.id for row in rows if looks.line_of(row))

    def bills_book(self) -> None:
        from crm_tui.screens.dialogs.form_dialog import FormDialog

        ids = self._lines()
        amounts = [row.amount_fen for row in self.source.shown() if row.id in set(ids)]
        told = ngettext("{count} line, ¥{sum}.", "{count} lines, ¥{sum} in all.", len(ids))
        order = Field(
            "order",
            _("Order"),
            hint=_("empty: the order that the bill names, else unexplained money"),
        )
        dialog = FormDialog(
            _("Book"),
            "",
            [order],
            partial(self._book, ids),
            effect=told.format(count=len(ids), sum=yuan(sum(amounts))),
        )
        self.app.push_screen(dialog)

    def _book(self, ids: list[int], values: dict[str, Any], dialog: FormDialog) -> None:
        from crm_tui.screens.dialogs.progress import ProgressDialog

        if (desk := self.desk) is None:
            return
        order_no = values.get("order") or None

        def work(tell: Tell) -> Booked:
            return writes.book(desk, ids, order_no, tell)

        def booked(answer: Booked | CrmError) -> None:
            if isinstance(answer, CrmError):
                dialog.failed(answer)
                return
            dialog.dismiss()
            self._tell_booked(answer)

        self.open_dialog(ProgressDialog(_("Book"), work, len(ids)), booked)

    def _tell_booked(self, booked: Booked) -> None:
        self._table.clear_marks()
        on_none = [line for line, order in booked.orders.items() if order is None]
        if booked.orders:
            told = _("Booked: {count}, of which on no order: {on_none}.")
            self.say(told.format(count=len(booked.orders), on_none=len(on_none)))
        for why in booked.refused[:3]:
            self.say(why, "warning")
        if on_none and self.desk is not None:
            self.desk.remember(Undo(_("Book"), partial(writes.reopen, on_none)))

    def bills_accept(self) -> None:
        row = self.row()
        if row is None:
            return
        self.write(
            partial(writes.accept, row.id),
            _("Matched."),
            undo=Undo(_("That is it"), partial(writes.reopen, [row.id])),
        )

    def bills_ignore(self) -> None:
        from crm_tui.screens.dialogs.form_dialog import FormDialog

        ids = self._lines()
        told = ngettext("{count} line is left out.", "{count} lines are left out.", len(ids))
        reason = Field("reason", _("Reason"), required=True)
        dialog = FormDialog(
            _("Ignore"),
            "",
            [reason],
            partial(self._ignore, ids),
            effect=told.format(count=len(ids)),
        )
        self.app.push_screen(dialog)

    def _ignore(self, ids: list[int], values: dict[str, Any], dialog: FormDialog) -> None:
        def ignored(_answer: object) -> None:
            dialog.dismiss()
            self._table.clear_marks()

        self.write(
            partial(writes.ignore, ids, values["reason"]),
            _("Left out."),
            undo=Undo(_("Ignore"), partial(writes.reopen, ids)),
            then=ignored,
            failed=dialog.failed,
        )

    def bills_reopen(self) -> None:
        if row := self.row():
            self.write(partial(writes.reopen, [row.id]), _("Open again."))
