"""The board as it was at a past minute: read-only, and marked so."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

from textual import on
from textual.app import ComposeResult
from textual.widgets import Static

from crm_tui.core.errors import CrmError
from crm_tui.core.language import N_, _, ngettext
from crm_tui.screens import order_cells
from crm_tui.screens.base import ConsoleScreen
from crm_tui.screens.console import Visit
from crm_tui.screens.registry import REGISTRY
from crm_tui.screens.replay_commands import TEN_MINUTES_AGO
from crm_tui.services.filters.rules import FilterSpec
from crm_tui.services.orders import filtering
from crm_tui.widgets.record_table import MemorySource, RecordTable, Tone
from crm_tui.widgets.text import shown

if TYPE_CHECKING:
    from crm_tui.services.orders.rows import OrderRow
    from crm_tui.services.replay.reads import PastBoard
    from crm_tui.storage.store import ReadWork

MINUTE = timedelta(minutes=1)


def _board_said(text: str, work: ReadWork) -> PastBoard:
    from crm_tui.services.replay import reads, rules

    return reads.board_at(work, rules.moment(text, work.clock.now(), work.calendar()))


def _board_at(at: datetime, work: ReadWork) -> PastBoard:
    from crm_tui.services.replay import reads

    return reads.board_at(work, min(at, work.clock.now()))


class ReplayScreen(ConsoleScreen):
    """What the board showed at one moment. Nothing here can be changed; the feed changes nothing
    either, since the past does not move."""

    PLACE = "replay"
    HEADING = N_("The board as it was")
    CSS_PATH = "replay.tcss"
    AUTO_FOCUS = "#past"
    ON_CHOSEN = "replay.now"

    def __init__(self) -> None:
        super().__init__()
        self.source: MemorySource[OrderRow] = MemorySource(
            key=lambda row: row.id, cells=self._cells, tone=self._tone
        )
        self.source.filter(self._passes)
        self._board: PastBoard | None = None
        self._asked_for = TEN_MINUTES_AGO

    def compose_body(self) -> ComposeResult:
        yield Static(id="moment", markup=False)
        yield Static(id="counts", markup=False)
        yield RecordTable(order_cells.columns(), self.source, empty=_("Reading …"), id="past")

    @property
    def _table(self) -> RecordTable:
        return self.query_one("#past", RecordTable)

    def order(self) -> OrderRow | None:
        """The order under the cursor, as it was."""
        return self.source.get(self._table.cursor_key) if self.is_mounted else None

    # Reading

    def reload(self) -> None:
        if self._board is None:
            self._show_time(self._asked_for)
        else:
            self.read(partial(_board_at, self._board.at), self._show)

    def show_record(self, key: int | str) -> None:
        """``key`` is a time as a person writes it, or an order's id."""
        if isinstance(key, str):
            self._show_time(key)
        else:
            self._table.move_to(key)

    def _show_time(self, text: str) -> None:
        self._asked_for = text
        self.read(partial(_board_said, text), self._show, failed=self._refused)

    def _refused(self, error: CrmError) -> None:
        self.say(error.message(), "warning")
        if self._board is None:
            self._show_time(TEN_MINUTES_AGO)

    def _show(self, board: PastBoard) -> None:
        self._board = board
        self.source.replace(board.rows)
        self._table.empty = _("There was nothing on the board.")
        self._table.reload(at_once=True)
        self._show_moment(board)
        self._show_counts()
        self.refresh_filter()
        self.refresh_keys()

    def _show_moment(self, board: PastBoard) -> None:
        if self.console.studio is None or self.desk is None:
            return
        studio, ago = self.console.studio, (self.desk.now() - board.at) // MINUTE
        line = _("PAST {time}, business day {day} · {ago} · read-only").format(
            time=f"{studio.wall(board.at):%Y-%m-%d %H:%M:%S}",
            day=f"{studio.day(board.at):%m-%d}",
            ago=ngettext("{count} minute ago", "{count} minutes ago", ago).format(count=ago),
        )
        self.query_one("#moment", Static).update(shown(line))

    def _show_counts(self) -> None:
        if self._board is not None:
            line = self.query_one("#counts", Static)
            line.update(order_cells.counted(self._board, line.content_size.width))

    def on_resize(self) -> None:
        self._show_counts()

    # Cells, filter, cursor

    def _cells(self, row: OrderRow) -> tuple[str, ...]:
        return order_cells.cells(row, self._board.at) if self._board else ()

    def _tone(self, row: OrderRow) -> Tone:
        return order_cells.tone(row, self._board.at) if self._board else ""

    def _passes(self, row: OrderRow) -> bool:
        return self.filter is None or self.filter(row)

    def filter_spec(self) -> FilterSpec[OrderRow]:
        return filtering.filter_spec()

    def filtered(self) -> tuple[int, int]:
        self.source.filter(self._passes)
        self._table.reload(at_once=True)
        return self.source.count(), self.source.total

    def cursor_visit(self) -> Visit:
        return Visit(self.PLACE, self._board.at.isoformat() if self._board else None)

    @on(RecordTable.Highlighted, "#past")
    def _other_order(self) -> None:
        self.refresh_keys()

    # Commands

    def replay_earlier(self) -> None:
        self._move(-MINUTE)

    def replay_later(self) -> None:
        self._move(MINUTE)

    def replay_much_earlier(self) -> None:
        self._move(-10 * MINUTE)

    def replay_much_later(self) -> None:
        self._move(10 * MINUTE)

    def _move(self, by: timedelta) -> None:
        if self._board is not None:
            self.read(partial(_board_at, self._board.at + by), self._show)

    def replay_to(self, text: str = "") -> None:
        if text:
            self._show_time(text)
        else:
            self.ask(REGISTRY["replay.to"])

    def replay_now(self) -> None:
        row = self.order()
        self.console.go_to(Visit("board", row.id if row else None))
