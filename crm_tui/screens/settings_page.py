"""What the pages of the settings share: one table, and the way from page to page."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, ClassVar, Generic, TypeVar

from textual import on
from textual.app import ComposeResult
from textual.widgets import Static

from crm_tui.commands import Command
from crm_tui.core.language import _
from crm_tui.screens.base import ConsoleScreen
from crm_tui.screens.console import Visit
from crm_tui.widgets.record_table import Column, MemorySource, RecordTable
from crm_tui.widgets.text import Cell, shown

if TYPE_CHECKING:
    from crm_tui.storage.events import EventRow
    from crm_tui.storage.store import ReadWork

Row = TypeVar("Row")


class SettingsPages(ConsoleScreen):
    """The commands that lead from one page of the settings to another."""

    def page_fields(self) -> None:
        self.console.go_to(Visit("fields"))

    def page_tags(self) -> None:
        self.console.go_to(Visit("tags"))

    def page_levels(self) -> None:
        self.console.go_to(Visit("levels"))

    def page_splits(self) -> None:
        self.console.go_to(Visit("split_rules"))


class SettingsPage(SettingsPages, Generic[Row]):
    """A page that is one table, with what is special about the row under the cursor below it."""

    CSS_PATH = "settings_page.tcss"
    AUTO_FOCUS = "#page"
    SHOWN_BY: ClassVar[frozenset[str]]
    """The kinds of events that change a row here; what only counts is read anew by ctrl+r."""
    NEED_A_ROW: ClassVar[frozenset[str]]
    """The commands that act on the row under the cursor."""

    def __init__(
        self, key: Callable[[Row], int | str], cells: Callable[[Row], tuple[Cell, ...]]
    ) -> None:
        super().__init__()
        self.source: MemorySource[Row] = MemorySource(key=key, cells=cells)
        self._key = key
        self._awaited: int | str | None = None

    def columns(self) -> tuple[Column, ...]:
        """The columns of the table, in the language in force."""
        raise NotImplementedError

    def look(self, work: ReadWork) -> list[Row]:
        """All rows; on a worker thread."""
        raise NotImplementedError

    def nothing(self) -> str:
        """What the table says when it is empty."""
        raise NotImplementedError

    def meaning(self, row: Row) -> str:
        """What is said below the table of the row under the cursor."""
        raise NotImplementedError

    def compose_body(self) -> ComposeResult:
        yield RecordTable(self.columns(), self.source, empty=_("Reading …"), id="page")
        yield Static(id="meaning", markup=False)

    @property
    def table(self) -> RecordTable:
        """The table of the page."""
        return self.query_one("#page", RecordTable)

    def row(self) -> Row | None:
        """The row under the cursor."""
        return self.source.get(self.table.cursor_key) if self.is_mounted else None

    def reload(self) -> None:
        self.read(self.look, self._show)

    def take(self, events: Iterable[EventRow]) -> None:
        if any(event.kind in self.SHOWN_BY for event in events):
            self.reload()

    def _show(self, rows: list[Row]) -> None:
        changed = self.source.replace(rows)
        self.table.empty = self.nothing()
        self.table.reload(changed)
        if self._awaited is not None and self.table.move_to(self._awaited):
            self._awaited = None
        self._show_meaning()

    @on(RecordTable.Highlighted, "#page")
    def _show_meaning(self) -> None:
        row = self.row()
        self.query_one("#meaning", Static).update(shown(self.meaning(row)) if row else "")
        self.refresh_keys()

    def why_not(self, command: Command) -> str | None:
        if command.id in self.NEED_A_ROW and self.row() is None:
            return _("There is nothing under the cursor.")
        return super().why_not(command)

    def cursor_visit(self) -> Visit:
        row = self.row()
        return Visit(self.PLACE, self._key(row) if row is not None else None)

    def show_record(self, key: int | str) -> None:
        if not self.table.move_to(key):
            self._awaited = key
