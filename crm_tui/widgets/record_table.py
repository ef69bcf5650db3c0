"""The one table of the console: virtual, keyed, calm under a flood of changes.

It costs the same with 100 rows and with 1,000,000, because it asks its source only for the rows
that it paints. Cursor and marks belong to *records*, not to row numbers: whatever is inserted,
removed or sorted meanwhile, Enter acts on the record that the person was looking at.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from time import monotonic
from typing import ClassVar, Final

from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.message import Message
from textual.reactive import Reactive
from textual.timer import Timer

from crm_tui.core.language import N_
from crm_tui.widgets.changes import ChangedCells
from crm_tui.widgets.columns import Column
from crm_tui.widgets.records import Key, MemorySource, RecordSource, Row, RowWindow, Tone
from crm_tui.widgets.table_lines import HEADER, TableLines
from crm_tui.widgets.text import Cell

__all__ = ["Cell", "Column", "Key", "MemorySource", "RecordSource", "RecordTable", "Row", "Tone"]

REPAINTS_PER_SECOND = 4
"""The most that changes from outside may repaint; keys and mouse are never held back."""
CHANGE_SHOWN_SECONDS = 2.0


class RecordTable(TableLines, can_focus=True):
    """A table over a :class:`RecordSource`. After the source changed, call :meth:`reload`."""

    ALLOW_SELECT = False
    virtual_size = Reactive(Size(0, 0))
    """Rows come and go inside the table: nothing outside is laid out anew for them, as it would be
    for a container."""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down,j", "cursor_by(1)", N_("Down"), show=False, id="table.down"),
        Binding("up,k", "cursor_by(-1)", N_("Up"), show=False, id="table.up"),
        Binding("pagedown", "cursor_page(1)", N_("Page down"), show=False, id="table.page_down"),
        Binding("pageup", "cursor_page(-1)", N_("Page up"), show=False, id="table.page_up"),
        Binding("home,g", "cursor_first", N_("First row"), show=False, id="table.first"),
        Binding("end,G", "cursor_last", N_("Last row"), show=False, id="table.last"),
        Binding("space", "toggle_mark", N_("Mark"), show=False, id="table.mark"),
        Binding("enter", "choose", N_("Open"), show=False, id="table.choose"),
    ]

    class About(Message):
        """What all messages of a table share: which table."""

        def __init__(self, table: RecordTable) -> None:
            super().__init__()
            self.table = table

        @property
        def control(self) -> RecordTable:
            """The table, for ``@on(..., "#id")``."""
            return self.table

    class Highlighted(About):
        """The cursor came to another record; ``key`` is ``None`` when no row is left."""

        def __init__(self, table: RecordTable, key: Key | None) -> None:
            super().__init__(table)
            self.key = key

    class Chosen(About):
        """Enter or a double click on the record with ``key``."""

        def __init__(self, table: RecordTable, key: Key) -> None:
            super().__init__(table)
            self.key = key

    class Marked(About):
        """The set of marked keys changed."""

        def __init__(self, table: RecordTable, keys: frozenset[Key]) -> None:
            super().__init__(table)
            self.keys = keys

    class HeaderChosen(About):
        """A click on the header of the column ``name``."""

        def __init__(self, table: RecordTable, name: str) -> None:
            super().__init__(table)
            self.name = name

    def __init__(
        self,
        columns: Sequence[Column],
        source: RecordSource,
        *,
        empty: str = "",
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        super().__init__(columns, empty, id=id, classes=classes)
        self.source: Final = source
        self._cursor: Key | None = None
        self._cursor_at = 0
        self._marks: set[Key] = set()
        self._window = RowWindow(source)
        self._changes = ChangedCells(CHANGE_SHOWN_SECONDS)
        self._told: set[Key] = set()
        self._waiting: Timer | None = None
        self._taken_over_at = -1.0

    # What screens ask and say

    @property
    def cursor_key(self) -> Key | None:
        """The record under the cursor; ``None`` only while the table is empty."""
        return self._cursor

    @property
    def marks(self) -> frozenset[Key]:
        """The marked records. Marks of records that left the rows are dropped."""
        return frozenset(self._marks)

    def reload(self, changed: Collection[Key] = (), *, at_once: bool = False) -> None:
        """Take over what the source holds now; ``changed`` names the keys that are new or differ.

        Changes are gathered so that at most :data:`REPAINTS_PER_SECOND` repaints happen;
        ``at_once`` is for what the person did (a filter, a sort). The first rows never wait.
        """
        self._told.update(changed)
        if not self.is_mounted:
            return
        pause = 1 / REPAINTS_PER_SECOND - (monotonic() - self._taken_over_at)
        if at_once or self._count == 0 or (pause <= 0 and self._waiting is None):
            self._take_over()
        elif self._waiting is None:
            self._waiting = self.set_timer(pause, self._take_over)

    def start_over(self) -> None:
        """The source holds something else now: nothing counts as changed, the cursor is on top."""
        self._changes.clear()
        self._told.clear()
        self._cursor, self._cursor_at = None, 0
        self._scroll_rows_to(0)
        self.reload(at_once=True)

    def move_to(self, key: Key) -> bool:
        """Put the cursor on the record with ``key``; ``False`` when it is not among the rows."""
        self._settle()
        at = self.source.position(key)
        if at is None:
            return False
        self._set_cursor(at)
        return True

    def clear_marks(self) -> None:
        """No record is marked any more."""
        self._set_marks(set())

    def set_columns(self, columns: Sequence[Column]) -> None:
        """Show other columns (a change of language, or of what is looked at)."""
        self.columns = tuple(columns)
        self._width = -1
        self._changes.clear()
        self.reload(at_once=True)

    # Taking over the source

    def on_mount(self) -> None:
        self._take_over()
        if any(column.live for column in self.columns):
            self.set_interval(1.0, self._tick)

    def on_resize(self) -> None:
        self._resize_rows()
        self._keep_cursor_in_view()

    def _resize_rows(self) -> None:
        self.virtual_size = Size(self.scrollable_content_region.width, self._count + HEADER)
        self._scroll_update(self.virtual_size)

    def _settle(self) -> None:
        """A person acts on the newest state: what still waits is taken over first."""
        if self._waiting is not None:
            self._take_over()

    def _take_over(self) -> None:
        if self._waiting is not None:
            self._waiting.stop()
            self._waiting = None
        self._taken_over_at = monotonic()
        neighbours = [] if self._cursor is None else self._window.keys_near(self._cursor_at)
        screen_line = self._cursor_at - self.scroll_offset.y
        at_top = self.scroll_offset.y == 0
        self._count = self.source.count()
        self._window.forget()
        self._resize_rows()
        self._hold_visible()
        self._find_cursor(neighbours)
        if not at_top and 0 <= screen_line < self._visible_rows:
            self._scroll_rows_to(self._cursor_at - screen_line)
        self._keep_cursor_in_view()
        self._hold_visible()
        gone = {key for key in self._marks if self.source.position(key) is None}
        if gone:
            self._set_marks(self._marks - gone)
        self._note_changes()
        self._refresh_lines()

    def _find_cursor(self, neighbours: Iterable[Key]) -> None:
        before = self._cursor
        for key in [] if before is None else [before, *neighbours]:
            at = self.source.position(key)
            if at is not None:
                self._cursor, self._cursor_at = key, at
                break
        else:
            self._cursor_at = max(min(self._cursor_at, self._count - 1), 0)
            row = self._row(self._cursor_at)
            self._cursor = row.key if row else None
        if self._cursor != before:
            self.post_message(self.Highlighted(self, self._cursor))

    def _note_changes(self) -> None:
        rows = [row for at in self._visible_places() if (row := self._row(at))]
        if self._changes.note(rows, self._told, self.columns, monotonic()):
            self.set_timer(self._changes.shown_for + 0.05, self._forget_changes)
        self._told.clear()

    def _forget_changes(self) -> None:
        self._changes.forget(monotonic())
        self._refresh_lines()

    def _tick(self) -> None:
        """Show the live columns afresh, from the records already held."""
        if self._waiting is None and self._count:
            self._window.forget()
            self._hold_visible()
            self._refresh_lines()

    # Rows and cursor

    def _visible_places(self) -> range:
        top = self.scroll_offset.y
        return range(top, min(top + self._visible_rows, self._count))

    def _row_on(self, y: int) -> Row | None:
        at = self.scroll_offset.y + y - HEADER
        return self._row(at) if y >= HEADER and at < self._count else None

    def _signs_of(self, row: Row) -> tuple[bool, bool]:
        return row.key == self._cursor, row.key in self._marks

    def _changed_of(self, row: Row) -> frozenset[int]:
        return self._changes.of(row.key)

    def _row_painted(self, row: Row) -> None:
        self._changes.painted(row)

    def _hold_visible(self) -> None:
        """Fetch the rows that are painted; those around them are fetched when they are wanted."""
        visible = self._visible_places()
        if any(self._window.held(at) is None for at in visible):
            self._window.hold(visible.start, len(visible))

    def _row(self, at: int) -> Row | None:
        """The row at ``at``; ``None`` where the source has shrunk and is not taken over yet."""
        return self._window.held(at) or self._window.fetch(at, max(self._visible_rows, 1))

    def _set_cursor(self, at: int) -> None:
        if not self._count:
            return
        self._cursor_at = max(min(at, self._count - 1), 0)
        row = self._row(self._cursor_at)
        self._keep_cursor_in_view()
        if row is not None and row.key != self._cursor:
            self._cursor = row.key
            self.post_message(self.Highlighted(self, row.key))
        self._refresh_lines()

    def _keep_cursor_in_view(self) -> None:
        top, visible = self.scroll_offset.y, self._visible_rows
        if visible and self._count:
            if self._cursor_at < top:
                self._scroll_rows_to(self._cursor_at)
            elif self._cursor_at >= top + visible:
                self._scroll_rows_to(self._cursor_at - visible + 1)

    def _scroll_rows_to(self, top: int) -> None:
        self.scroll_to(y=max(top, 0), animate=False, force=True)

    def _set_marks(self, marks: set[Key]) -> None:
        self._marks = marks
        self.post_message(self.Marked(self, frozenset(marks)))
        self._refresh_lines()

    # Keys and mouse

    def action_cursor_by(self, rows: int) -> None:
        """Move the cursor by ``rows``."""
        self._settle()
        self._set_cursor(self._cursor_at + rows)

    def action_cursor_page(self, pages: int) -> None:
        """Move the cursor by pages of what is visible."""
        self.action_cursor_by(pages * max(self._visible_rows - 1, 1))

    def action_cursor_first(self) -> None:
        """Go to the first row."""
        self._settle()
        self._set_cursor(0)

    def action_cursor_last(self) -> None:
        """Go to the last row."""
        self._settle()
        self._set_cursor(self._count - 1)

    def action_toggle_mark(self) -> None:
        """Mark or unmark the record under the cursor, and go on to the next."""
        if self._cursor is not None:
            self._set_marks(self._marks ^ {self._cursor})
            self.action_cursor_by(1)

    def action_choose(self) -> None:
        """Open the record under the cursor: the one that was painted there."""
        if self._cursor is not None:
            self.post_message(self.Chosen(self, self._cursor))

    def on_click(self, event: events.Click) -> None:
        """The header sorts; a row takes the cursor, a double click opens it."""
        offset = event.get_content_offset_capture(self)
        if offset.y < HEADER:
            name = self._column_at(offset.x)
            if name is not None:
                self.post_message(self.HeaderChosen(self, name))
            return
        row = self._window.held(self.scroll_offset.y + offset.y - HEADER)
        if row is not None and self.move_to(row.key) and event.chain == 2:
            self.post_message(self.Chosen(self, row.key))
