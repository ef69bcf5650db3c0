"""A table of orders kept up to date by the feed: what the board and the dispatch queue stand on."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from crm_tui.commands import Command
from crm_tui.core.errors import CrmError
from crm_tui.core.language import _, joined
from crm_tui.core.money import yuan
from crm_tui.core.words import OrderStatus
from crm_tui.screens import order_cells
from crm_tui.screens.base import ConsoleScreen
from crm_tui.screens.console import Visit, entity_ids
from crm_tui.screens.exporting import ListShown
from crm_tui.screens.owed import Owed
from crm_tui.services.filters.rules import FilterSpec
from crm_tui.services.orders import filtering
from crm_tui.services.orders.rules import TRANSITIONS, urgency
from crm_tui.widgets.record_table import MemorySource, RecordTable, Tone

if TYPE_CHECKING:
    from crm_tui.services.orders.reads import BoardCounts
    from crm_tui.services.orders.rows import OrderRow
    from crm_tui.storage.events import EventRow
    from crm_tui.storage.store import ReadWork

PATIENCE = 3
"""Readings in which a record that was asked for may still turn up."""
TOGETHER = frozenset({"import_batch", "setting"})
"""Changes of these may touch any row: everything is read again."""
MOVING = frozenset({"customer.merged", "customer.unmerged"})
"""With these, orders come to a customer of whom no row tells yet."""


@dataclass(frozen=True, slots=True)
class Reading:
    """Orders as they are now, the counts of all, and the business day."""

    rows: list[OrderRow]
    counts: BoardCounts
    day: date


def _read_board(work: ReadWork) -> Reading:
    from crm_tui.services.orders import reads

    return Reading(reads.board(work), reads.counts(work), _today(work))


def _read_some(ids: Sequence[int], work: ReadWork) -> Reading:
    from crm_tui.services.orders import reads

    return Reading(reads.by_ids(work, ids), reads.counts(work), _today(work))


def _today(work: ReadWork) -> date:
    return work.calendar().day_of(work.clock.now())


class OrderList(ConsoleScreen):
    """Reads orders, merges what changed, filters, and knows the order under the cursor."""

    RECORDS = "order"
    TABLE: ClassVar[str] = "#orders"
    """The table whose cursor names the order."""

    NOTHING: ClassVar[str] = ""
    """What an empty table says (msgid), once it is known that there is nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.source: MemorySource[OrderRow] = MemorySource(
            key=lambda row: row.id, cells=self._cells, tone=self._tone
        )
        self.source.sort(lambda row: urgency(row.status, row.due_at, row.created_at))
        self.source.filter(self._passes)
        self.counts: BoardCounts | None = None
        self._day: date | None = None
        self._awaited: int | str | None = None
        self._patience = 0
        self._owed = Owed("order")

    def keeps(self, row: OrderRow) -> bool:
        """Whether ``row`` belongs on this screen at all."""
        raise NotImplementedError

    def counted(self) -> None:
        """``self.counts`` is new."""

    @property
    def orders(self) -> RecordTable:
        """The table of orders."""
        return self.query_one(self.TABLE, RecordTable)

    def order(self) -> OrderRow | None:
        """The order under the cursor."""
        return self.source.get(self.orders.cursor_key) if self.is_mounted else None

    # Reading

    def reload(self) -> None:
        self._owed.owe_everything()
        self._read_owed()

    def take(self, events: Iterable[EventRow]) -> None:
        events = tuple(events)
        self._owed.owe("order", entity_ids(events, "order"))
        if customers := set(entity_ids(events, "customer")):
            rows = self.source.records()
            self._owed.owe("order", (row.id for row in rows if row.customer_id in customers))
        if any(event.entity in TOGETHER or event.kind in MOVING for event in events):
            self._owed.owe_everything()
        self._read_owed()

    def _read_owed(self) -> None:
        due = self._owed.begin() if self.desk else None
        if due is None:
            return
        if due.everything:
            self.read(_read_board, self._show_all, group="orders", failed=self._not_read)
        else:
            query = partial(_read_some, tuple(due.ids["order"]))
            self.read(query, self._merge, group="orders", failed=self._not_read)

    def _not_read(self, error: CrmError) -> None:
        """Everything is read when something is heard of the store again."""
        self._owed.failed()
        self.say(error.message(), "error")

    def _show_all(self, reading: Reading) -> None:
        self._day = reading.day
        changed = self.source.replace(filter(self.keeps, reading.rows))
        self._shown(reading, changed, at_once=True)

    def _merge(self, reading: Reading) -> None:
        if reading.day != self._day:
            self._owed.owe_everything()
        kept = [row for row in reading.rows if self.keeps(row) and self._is_of_today(row)]
        gone = {row.id for row in reading.rows} - {row.id for row in kept}
        self.source.remove(gone)
        self._shown(reading, self.source.upsert(kept))

    def _is_of_today(self, row: OrderRow) -> bool:
        """Open, or closed this business day; an old order may change too (a tip, a note)."""
        studio = self.console.studio
        if row.completed_at is not None and studio is not None:
            return studio.day(row.completed_at) == self._day
        return bool(TRANSITIONS[row.status]) or self.source.get(row.id) is not None

    def _shown(self, reading: Reading, changed: set[object], *, at_once: bool = False) -> None:
        self._owed.ended()
        self.counts = reading.counts
        self.orders.empty = _(self.NOTHING)
        self.orders.reload(changed, at_once=at_once)
        self.counted()
        self._recount()
        self.refresh_keys()
        self._look_for_awaited()
        self._read_owed()

    def _recount(self) -> None:
        """The filter is applied anew only where time alone changes what it lets pass."""
        if self.filter is not None and self.filter.timed:
            self.refresh_filter()
        else:
            self.show_passed(self.source.count(), self.source.total)

    # Cells, filter, cursor

    def _cells(self, row: OrderRow) -> tuple[str, ...]:
        return order_cells.cells(row, self.desk.now()) if self.desk else ()

    def _tone(self, row: OrderRow) -> Tone:
        return order_cells.tone(row, self.desk.now()) if self.desk else ""

    def _passes(self, row: OrderRow) -> bool:
        return self.filter is None or self.filter(row)

    def filter_spec(self) -> FilterSpec[OrderRow]:
        return filtering.filter_spec(self.custom_fields)

    def filtered(self) -> tuple[int, int]:
        self.source.filter(self._passes)
        self.orders.reload(at_once=True)
        return self.source.count(), self.source.total

    def shown_list(self) -> ListShown:
        marked = self.orders.marks
        rows = [row for row in self.source.shown() if not marked or row.id in marked]
        return ListShown("orders", len(rows), [row.id for row in rows], self.filter_line())

    def record_state(self) -> str | None:
        row = self.order()
        return row.status.value if row else None

    def why_not(self, command: Command) -> str | None:
        row = self.order()
        if row is not None and command.states and row.status.value not in command.states:
            states = (state.label for state in OrderStatus if state in command.states)
            return _("{no} is {status}; “{title}” needs: {states}.").format(
                no=row.no,
                status=row.status.label,
                title=_(command.title),
                states=joined(states),
            )
        return super().why_not(command)

    def copy_text(self) -> str | None:
        row = self.order()
        if row is None:
            return None
        parts = (row.no, row.status.label, row.customer, row.game, row.companion or "")
        return "\t".join((*parts, yuan(row.amount_fen)))

    def cursor_visit(self) -> Visit:
        row = self.order()
        return Visit(self.PLACE, row.id if row else None)

    def show_record(self, key: int | str) -> None:
        self._awaited = None
        if self.source.get(key) is None:
            self._awaited, self._patience = key, PATIENCE
        elif not self.orders.move_to(key):
            self.filter_by("")
            self.orders.move_to(key)

    def order_taken(self, order_id: int) -> None:
        self.show_record(order_id)

    def _look_for_awaited(self) -> None:
        """Go to the record that was asked for before it had been read."""
        key, left = self._awaited, self._patience
        if key is not None and left > 0:
            self.show_record(key)
            self._patience = left - 1
