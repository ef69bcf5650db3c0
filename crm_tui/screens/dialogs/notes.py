"""All notes of one customer, with their files: read, changed, taken away, saved."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, ClassVar, Protocol

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from crm_tui.core.language import _, joined
from crm_tui.widgets.record_table import Column, MemorySource, RecordTable
from crm_tui.widgets.text import Cell, shown

if TYPE_CHECKING:
    from crm_tui.screens.desk import Studio
    from crm_tui.services.attachments.reads import AttachmentRow
    from crm_tui.services.interactions.reads import InteractionRow

WHOLE = 20_000
"""Characters of a note that are shown in full."""


class NoteActions(Protocol):
    """What can be done with a note of the list; the dialog is told when it was done."""

    def edit_note(self, row: InteractionRow, done: Callable[[], object]) -> None: ...
    def remove_note(self, row: InteractionRow, done: Callable[[], object]) -> None: ...
    def save_files(self, row: InteractionRow) -> None: ...


class NotesDialog(ModalScreen[None]):
    """The notes above, the one under the cursor in full below. ``read`` reads them anew; ``at`` is
    the note that one begins with, where it is not the newest."""

    DEFAULT_CSS = """
    NotesDialog { align: center middle; }
    NotesDialog RecordTable { height: 1fr; }
    NotesDialog #whole { height: 8; border-top: solid $primary; }
    NotesDialog #whole Static { height: auto; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "dismiss", show=False),
        Binding("e", "edit", show=False),
        Binding("X,delete", "remove", show=False),
        Binding("s", "save", show=False),
    ]

    def __init__(
        self,
        title: str,
        studio: Studio,
        actions: NoteActions,
        read: Callable[[Callable[[Sequence[InteractionRow]], object]], object],
        at: int | None = None,
    ) -> None:
        super().__init__()
        self._at = at
        self._title, self._studio, self._actions, self._read = title, studio, actions, read
        self.source: MemorySource[InteractionRow] = MemorySource(
            key=lambda row: row.id, cells=self._cells
        )

    def compose(self) -> ComposeResult:
        box = Vertical(classes="dialog tall")
        box.border_title = shown(self._title)
        box.border_subtitle = Content(_("e edits, s saves the files, X removes, Esc closes"))
        columns = (
            Column("at", _("When"), 11),
            Column("direction", _("Direction"), 8, grow=1, most=17, priority=1),
            Column("summary", _("What"), 16, grow=4),
            Column("files", _("Files"), 5, align="right", priority=2),
            Column("by", _("By"), 6, grow=1, most=12, priority=3),
        )
        with box:
            yield RecordTable(columns, self.source, empty=_("Nothing was noted yet."))
            with VerticalScroll(id="whole", can_focus=False):
                yield Static(markup=False)

    def on_mount(self) -> None:
        self._read_again()

    def _read_again(self) -> None:
        self._read(self._show)

    def _show(self, rows: Sequence[InteractionRow]) -> None:
        if self.is_mounted:
            table = self.query_one(RecordTable)
            table.reload(self.source.replace(rows), at_once=True)
            if self._at is not None:
                table.move_to(self._at)
                self._at = None
            self._show_whole()

    def on_record_table_highlighted(self, event: RecordTable.Highlighted) -> None:
        event.stop()
        self._show_whole()

    def on_record_table_chosen(self, event: RecordTable.Chosen) -> None:
        event.stop()
        self.action_edit()

    def _show_whole(self) -> None:
        row = self.source.get(self.query_one(RecordTable).cursor_key)
        text = whole(row, self._studio) if row else Content("")
        self.query_one("#whole Static", Static).update(text)

    def _cells(self, row: InteractionRow) -> tuple[Cell, ...]:
        return (
            f"{self._studio.wall(row.at):%m-%d %H:%M}",
            row.direction.label,
            shown(row.summary or joined(file.name for file in row.attachments)),
            str(len(row.attachments) or ""),
            shown(row.noted_by),
        )

    def _row(self) -> InteractionRow | None:
        return self.source.get(self.query_one(RecordTable).cursor_key)

    def action_edit(self) -> None:
        if row := self._row():
            self._actions.edit_note(row, self._read_again)

    def action_remove(self) -> None:
        if row := self._row():
            self._actions.remove_note(row, self._read_again)

    def action_save(self) -> None:
        if row := self._row():
            self._actions.save_files(row)


def whole(row: InteractionRow, studio: Studio) -> Content:
    """A note in full: when, how, by whom, the text, its files."""
    head = [f"{studio.wall(row.at):%Y-%m-%d %H:%M}", row.channel.label, row.direction.label]
    if row.order_no:
        head.append(row.order_no)
    lines = [
        shown(" · ".join([*head, row.noted_by]), "$text-muted"),
        shown(row.summary, limit=WHOLE),
        *(_file(file) for file in row.attachments),
    ]
    return Content("\n").join(line for line in lines if line.plain)


def _file(file: AttachmentRow) -> Content:
    kilobytes = max(1, round(file.size_bytes / 1000))
    return shown(f"[{file.id}] {file.name} · {file.media_type} · {kilobytes} kB", "bold")
