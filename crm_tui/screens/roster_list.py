"""The companions as a table kept up to date by the feed, filtered and sorted."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, datetime
from functools import partial
from typing import TYPE_CHECKING

from textual import on

from crm_tui.core.errors import CrmError
from crm_tui.core.language import _
from crm_tui.screens import companion_cells, companion_matrix
from crm_tui.screens import companion_writes as writes
from crm_tui.screens.base import ConsoleScreen
from crm_tui.screens.companion_writes import Reading
from crm_tui.screens.console import Visit, entity_ids
from crm_tui.screens.exporting import ListShown
from crm_tui.screens.owed import Owed
from crm_tui.services.companions import filtering
from crm_tui.widgets.record_table import MemorySource, RecordTable
from crm_tui.widgets.text import Cell

if TYPE_CHECKING:
    from crm_tui.services.companions.reads import CompanionRow
    from crm_tui.services.filters.rules import FilterSpec
    from crm_tui.storage.events import EventRow

TOGETHER = frozenset({"import_batch", "setting", "catalogue", "store"})
"""Changes of these may touch any row: everybody is read again."""
NAMING = ("companion_id", "companions", "companion_ids")
"""Under which names the facts of an order's event name companions."""


class RosterList(ConsoleScreen):
    """Reads everybody once, then only whom events concern; knows the companion under the cursor."""

    RECORDS = "companion"

    def __init__(self) -> None:
        super().__init__()
        self.source: MemorySource[CompanionRow] = MemorySource(
            key=lambda row: row.id, cells=self._cells, tone=companion_cells.tone
        )
        self.source.filter(self._passes)
        self._sort = "presence"
        self.source.sort(companion_cells.SORTS[self._sort])
        self._games: tuple[str, ...] | None = None
        """The columns of the matrix; none while the roster shows its own."""
        self._awaited: int | None = None
        self._day: date | None = None
        self._owed = Owed("companion", "order")

    @property
    def table(self) -> RecordTable:
        """The table of companions."""
        return self.query_one("#roster", RecordTable)

    def companion(self) -> CompanionRow | None:
        """The companion under the cursor."""
        return self.source.get(self.table.cursor_key) if self.is_mounted else None

    def shown_anew(self, ids: Iterable[int]) -> None:
        """These companions have been read, and are shown."""

    # Reading

    def reload(self) -> None:
        self._owed.owe_everything()
        self._read_owed()

    def take(self, events: Iterable[EventRow]) -> None:
        events = tuple(events)
        self._owed.owe("companion", (*entity_ids(events, "companion"), *_named(events)))
        self._owed.owe("order", entity_ids(events, "order"))
        if any(event.entity in TOGETHER for event in events):
            self._owed.owe_everything()
        self._read_owed()

    def _read_owed(self) -> None:
        due = self._owed.begin() if self.desk else None
        if due is None:
            return
        if due.everything:
            self.read(writes.roster, self._show_all, group="roster", failed=self._not_read)
        else:
            query = partial(writes.touched, due.ids["companion"], due.ids["order"])
            self.read(query, self._merge, group="roster", failed=self._not_read)

    def _not_read(self, error: CrmError) -> None:
        """Everybody is read when something is heard of the store again."""
        self._owed.failed()
        self.say(error.message(), "error")

    def _show_all(self, reading: Reading) -> None:
        self._day = reading.day
        self._shown(reading, self.source.replace(reading.rows))

    def _merge(self, reading: Reading) -> None:
        if reading.day != self._day:
            self._owed.owe_everything()
        self.source.remove(row.id for row in reading.rows if not row.active)
        self._shown(reading, self.source.upsert(row for row in reading.rows if row.active))

    def _shown(self, reading: Reading, changed: set[object]) -> None:
        self._owed.ended()
        self.table.empty = _("No companions. Import them, or add them with c.")
        if self._games is not None:
            self._show_matrix()
        self.table.reload(changed)
        if self.filter is not None:
            self.refresh_filter()
        else:
            self.show_passed(self.source.count(), self.source.total)
        if self._awaited is not None:
            self.show_record(self._awaited)
        self.shown_anew(row.id for row in reading.rows)
        self._read_owed()

    # Cells, filter, sort, cursor

    def wall(self, instant: datetime) -> datetime:
        """``instant`` on the studio's wall clock."""
        return self.console.studio.wall(instant) if self.console.studio else instant

    def _cells(self, row: CompanionRow) -> tuple[Cell, ...]:
        if self._games is not None:
            return companion_matrix.cells(row, self._games)
        return companion_cells.cells(row, self.desk.now(), self.wall) if self.desk else ()

    def companion_matrix(self) -> None:
        """Show games across instead of the roster's columns, or those again."""
        if self._games is None:
            self._show_matrix()
        else:
            self._games = None
            self.table.set_columns(companion_cells.columns())

    def _show_matrix(self) -> None:
        games = companion_matrix.games_of(self.source.records())
        if games != self._games:
            self._games = games
            self.table.set_columns(companion_matrix.columns(games))

    def _passes(self, row: CompanionRow) -> bool:
        return self.filter is None or self.filter(row)

    def filter_spec(self) -> FilterSpec[CompanionRow]:
        return filtering.filter_spec(self._now, self.custom_fields)

    def _now(self) -> datetime:
        assert self.desk is not None, "there are rows to filter once the store is open"
        return self.desk.now()

    def filtered(self) -> tuple[int, int]:
        self.source.filter(self._passes)
        self.table.reload(at_once=self.filter is not None)
        return self.source.count(), self.source.total

    def shown_list(self) -> ListShown:
        marked = self.table.marks
        rows = [row for row in self.source.shown() if not marked or row.id in marked]
        return ListShown("companions", len(rows), [row.id for row in rows], self.filter_line())

    def companion_by(self) -> None:
        names = list(companion_cells.SORTS)
        self._sort_by(names[(names.index(self._sort) + 1) % len(names)])

    @on(RecordTable.HeaderChosen, "#roster")
    def _header(self, event: RecordTable.HeaderChosen) -> None:
        if event.name in companion_cells.SORTS:
            self._sort_by(event.name)

    def sorted_by(self) -> str:
        return self._sort

    def sort_by(self, name: str) -> None:
        if name in companion_cells.SORTS:
            self._sort_by(name)

    def _sort_by(self, name: str) -> None:
        self._sort = name
        self.source.sort(companion_cells.SORTS[name])
        self.table.show_sorted(name)
        self.table.reload(at_once=True)
        by = _(companion_cells.SORT_NAMES[name])
        self.say(_("Sorted by {column}").format(column=by))

    def copy_text(self) -> str | None:
        row = self.companion()
        return "\t".join((row.no, row.nick, row.presence.label)) if row else None

    def cursor_visit(self) -> Visit:
        row = self.companion()
        return Visit(self.PLACE, row.id if row else None)

    def show_record(self, key: int | str) -> None:
        self._awaited = None
        if not isinstance(key, int):
            return
        if self.source.get(key) is None:
            self._awaited = key
        elif not self.table.move_to(key):
            self.filter_by("")
            self.table.move_to(key)


def _named(events: Iterable[EventRow]) -> Iterator[int]:
    """The companions whom events of orders name in their facts."""
    for event in events:
        for name in NAMING if event.entity == "order" else ():
            value = event.data.get(name)
            yield from value if isinstance(value, list) else (value,) if value else ()
