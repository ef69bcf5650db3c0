"""The roster: the companions by presence, what they play, how busy and how good they are."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import TYPE_CHECKING

from textual import on
from textual.app import ComposeResult
from textual.widgets import Static

from crm_tui.commands import Command
from crm_tui.core.language import N_, _
from crm_tui.core.words import Presence
from crm_tui.screens import companion_cells
from crm_tui.screens import order_writes as orders
from crm_tui.screens.base import ConsoleScreen
from crm_tui.screens.console import Visit
from crm_tui.screens.desk import Undo
from crm_tui.screens.exporting import ListShown
from crm_tui.services.companions import filtering
from crm_tui.widgets.record_table import MemorySource, RecordTable
from crm_tui.widgets.text import Cell

if TYPE_CHECKING:
    from crm_tui.services.companions.reads import CompanionRow
    from crm_tui.services.filters.rules import FilterSpec
    from crm_tui.services.orders.history import OrderDetail
    from crm_tui.storage.events import EventRow
    from crm_tui.storage.store import ReadWork, UnitOfWork

SHOWN_BY = frozenset({"companion", "order", "import_batch", "setting"})
"""Whose changes may change a row here."""


def _roster(work: ReadWork) -> list[CompanionRow]:
    from crm_tui.services.companions import reads

    return reads.roster(work)


def _set_presence(companion_id: int, presence: Presence, work: UnitOfWork) -> None:
    from crm_tui.services.companions import actions

    actions.set_presence(work, companion_id, presence)


class RosterScreen(ConsoleScreen):
    """Mode 4. Presence is changed by key; what follows from orders changes by itself."""

    PLACE = "roster"
    HEADING = N_("Roster")
    CSS_PATH = "roster.tcss"
    AUTO_FOCUS = "#roster"
    ON_CHOSEN = "companion.open"

    def __init__(self) -> None:
        super().__init__()
        self.source: MemorySource[CompanionRow] = MemorySource(
            key=lambda row: row.id, cells=self._cells, tone=companion_cells.tone
        )
        self.source.filter(self._passes)
        self._sort = "presence"
        self._awaited: int | None = None

    def compose_body(self) -> ComposeResult:
        yield Static(id="counts", markup=False)
        yield RecordTable(companion_cells.columns(), self.source, empty=_("Reading …"), id="roster")
        yield Static(id="companion", markup=False)

    @property
    def _table(self) -> RecordTable:
        return self.query_one("#roster", RecordTable)

    def companion(self) -> CompanionRow | None:
        """The companion under the cursor."""
        return self.source.get(self._table.cursor_key) if self.is_mounted else None

    # Reading

    def reload(self) -> None:
        self.read(_roster, self._show)

    def take(self, events: Iterable[EventRow]) -> None:
        if any(event.entity in SHOWN_BY for event in events):
            self.reload()

    def _show(self, rows: list[CompanionRow]) -> None:
        changed = self.source.replace(rows)
        self._table.empty = _("No companions. Import them, or add them by command.")
        self._table.reload(changed)
        self.query_one("#counts", Static).update(companion_cells.counted(rows))
        self.refresh_filter()
        if self._awaited is not None and self._table.move_to(self._awaited):
            self._awaited = None
        self._show_page()

    @on(RecordTable.Highlighted, "#roster")
    def _show_page(self) -> None:
        row = self.companion()
        self.query_one("#companion", Static).update(companion_cells.page(row) if row else "")
        self.refresh_keys()

    # Cells, filter, sort, cursor

    def _cells(self, row: CompanionRow) -> tuple[Cell, ...]:
        return companion_cells.cells(row, self.desk.now()) if self.desk else ()

    def _passes(self, row: CompanionRow) -> bool:
        return self.filter is None or self.filter(row)

    def filter_spec(self) -> FilterSpec[CompanionRow]:
        return filtering.filter_spec()

    def filtered(self) -> tuple[int, int]:
        self.source.filter(self._passes)
        self._table.reload(at_once=self.filter is not None)
        return self.source.count(), self.source.total

    def shown_list(self) -> ListShown:
        marked = self._table.marks
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
        self._table.show_sorted(name)
        self._table.reload(at_once=True)
        by = _(companion_cells.SORT_NAMES[name])
        self.say(_("Sorted by {column}").format(column=by))

    def record_state(self) -> str | None:
        row = self.companion()
        return row.presence.value if row else None

    def why_not(self, command: Command) -> str | None:
        row = self.companion()
        if row is not None and command.states and row.presence.value not in command.states:
            return _("{companion} is serving {order}; finish it first.").format(
                companion=row.nick, order=row.current_order or ""
            )
        if command.id == "companion.open" and (row is None or row.current_order is None):
            return _("There is no order in hand here.")
        return super().why_not(command)

    def copy_text(self) -> str | None:
        row = self.companion()
        return "\t".join((row.no, row.nick, row.presence.label)) if row else None

    def cursor_visit(self) -> Visit:
        row = self.companion()
        return Visit(self.PLACE, row.id if row else None)

    def show_record(self, key: int | str) -> None:
        if isinstance(key, int) and not self._table.move_to(key):
            self._awaited = key

    # Commands

    def companion_idle(self) -> None:
        self._presence(Presence.IDLE)

    def companion_rest(self) -> None:
        self._presence(Presence.RESTING)

    def companion_offline(self) -> None:
        self._presence(Presence.OFFLINE)

    def _presence(self, presence: Presence) -> None:
        row = self.companion()
        if row is None:
            return
        before = Presence.IDLE if row.presence is Presence.OFFERED else row.presence
        done = _("{companion}: {presence}").format(companion=row.nick, presence=presence.label)
        self.write(
            partial(_set_presence, row.id, presence),
            done,
            undo=Undo(done, partial(_set_presence, row.id, before)),
        )

    def companion_open(self) -> None:
        row = self.companion()
        if row is not None and row.current_order is not None:
            read = partial(orders.order_detail, row.current_order)
            self.read(read, self._show_order, group="target")

    def _show_order(self, found: OrderDetail) -> None:
        from crm_tui.screens.dialogs.detail import DetailDialog

        if self.console.studio is not None:
            self.app.push_screen(DetailDialog(found, self.console.studio))
