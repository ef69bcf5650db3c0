"""The lines of a table: columns that share the width, a header, and rows below it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

from textual.geometry import Region
from textual.scroll_view import ScrollView
from textual.strip import Strip

from crm_tui.widgets.columns import GAP, Column, Placed, lay_out
from crm_tui.widgets.lines import Line, PaintedLines, look_of
from crm_tui.widgets.records import Row
from crm_tui.widgets.strips import CURSOR, GUTTER, MARK, header_strip, row_strip, text_strip

HEADER = 1
"""Lines of the header."""


class TableLines(ScrollView):
    """Paints what a table shows, and of that only the lines that look different now.

    Which row stands where, and what is special about it, the table itself says.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "record-table--header",
        "record-table--cursor",
        "record-table--marked",
        "record-table--changed",
        "record-table--empty",
        "record-table--alarm",
        "record-table--warning",
        "record-table--muted",
    }

    DEFAULT_CSS = """
    TableLines {
        background: $surface; color: $foreground; overflow-x: hidden; overflow-y: auto;
        scrollbar-size-vertical: 1;
        & > .record-table--header { background: $panel; color: $foreground; text-style: bold; }
        &:ansi > .record-table--header { text-style: bold underline; }
        & > .record-table--cursor {
            background: $block-cursor-blurred-background;
            color: $block-cursor-blurred-foreground;
            text-style: $block-cursor-blurred-text-style;
        }
        &:ansi > .record-table--cursor { text-style: bold underline; }
        &:focus > .record-table--cursor {
            background: $block-cursor-background;
            color: $block-cursor-foreground;
            text-style: $block-cursor-text-style;
        }
        & > .record-table--marked { text-style: bold; }
        & > .record-table--changed { text-style: bold underline; }
        & > .record-table--empty { color: $text-muted; }
        & > .record-table--alarm { color: $text-error; }
        & > .record-table--warning { color: $text-warning; }
        & > .record-table--muted { color: $text-muted; }
    }
    """

    def __init__(
        self, columns: Sequence[Column], empty: str, *, id: str | None, classes: str | None
    ) -> None:
        super().__init__(id=id, classes=classes)
        self.columns = tuple(columns)
        self.empty = empty
        self._sorted: tuple[str, bool] | None = None
        self._placed: tuple[Placed, ...] = ()
        self._width = -1
        self._count = 0
        self._lines = PaintedLines()

    # What the table says

    def _row_on(self, y: int) -> Row | None:
        """The row on the line ``y`` of what is visible."""
        raise NotImplementedError

    def _signs_of(self, row: Row) -> tuple[bool, bool]:
        """Whether the row has the cursor, and whether it is marked."""
        raise NotImplementedError

    def _changed_of(self, row: Row) -> frozenset[int]:
        """The indexes of the cells that are to be shown as changed."""
        raise NotImplementedError

    def _row_painted(self, row: Row) -> None:
        """The row is on the screen now."""
        raise NotImplementedError

    # Columns and header

    @property
    def painted_columns(self) -> tuple[str, ...]:
        """The names of the columns that fit at the present width."""
        self._lay_out()
        return tuple(placed.column.name for placed in self._placed)

    def show_sorted(self, name: str | None, *, reverse: bool = False) -> None:
        """Show in the header that the source is sorted by the column ``name``."""
        self._sorted = None if name is None else (name, reverse)
        self._refresh_lines()

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._lines.forget()

    def _lay_out(self) -> None:
        """Share out the width, if it changed: also the scroll bar comes and goes."""
        width = self.scrollable_content_region.width
        if width != self._width:
            self._width = width
            self._placed = lay_out(self.columns, width - GUTTER)
            self._lines.forget()

    @property
    def _visible_rows(self) -> int:
        return max(self.scrollable_content_region.height - HEADER, 0)

    def _column_at(self, x: int) -> str | None:
        left = GUTTER
        for placed in self._placed:
            left += GAP + placed.width
            if x < left:
                return placed.column.name
        return None

    # Painting

    def render_lines(self, crop: Region) -> list[Strip]:
        """Called by Textual for what it wants painted."""
        self._lay_out()
        return super().render_lines(crop)

    def render_line(self, y: int) -> Strip:
        """One line of what is visible: the header, a row, or the empty state."""
        row = self._row_on(y)
        if row is not None:
            self._row_painted(row)
        line, make = self._line(y, row)
        return self._lines.strip(y, line, make)

    def _refresh_lines(self) -> None:
        """Have those lines painted again that would look different now."""
        if not self.is_mounted or not self.size:
            return
        self._lay_out()
        lines = (self._line(y, self._row_on(y))[0] for y in range(HEADER + self._visible_rows))
        runs = list(self._lines.differing(lines))
        if runs:
            self.refresh(*(Region(0, run.start, self.size.width, len(run)) for run in runs))

    def _line(self, y: int, row: Row | None) -> tuple[Line, Callable[[], Strip]]:
        """How the line ``y`` looks, and what paints it; ``row`` is the one on it."""
        width = self._width
        if y < HEADER:
            style = self.get_visual_style("record-table--header")
            placed, by = self._placed, self._sorted
            return ("header", placed, by), lambda: header_strip(placed, by, style, width)
        if row is not None:
            has_cursor, is_marked = self._signs_of(row)
            changed = self._changed_of(row)
            line = look_of(row), has_cursor, is_marked, changed, self.has_focus
            return line, lambda: self._row_strip(row, has_cursor, is_marked, changed)
        if self._count == 0 and y == max(self._visible_rows // 3, HEADER):
            style = self.get_visual_style("record-table--empty")
            return ("empty", self.empty), lambda: text_strip(self.empty, style, width)
        return "blank", lambda: Strip.blank(width, self.visual_style.rich_style)

    def _row_strip(
        self, row: Row, has_cursor: bool, is_marked: bool, changed: frozenset[int]
    ) -> Strip:
        names = [row.tone, "marked" if is_marked else "", "cursor" if has_cursor else ""]
        classes = [f"record-table--{name}" for name in names if name]
        return row_strip(
            row.cells,
            self._placed,
            changed,
            (CURSOR if has_cursor else " ") + (MARK if is_marked else " "),
            (
                self.get_visual_style(*classes),
                self.get_visual_style(*classes, "record-table--changed"),
            ),
            self._width,
        )
