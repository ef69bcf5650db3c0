"""Where a record table gets its rows: a source that answers by position and by key."""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterable, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any, Generic, Literal, Protocol, TypeVar

from crm_tui.widgets.arrangement import Arrangement
from crm_tui.widgets.text import Cell

Key = Hashable
Tone = Literal["", "alarm", "warning", "muted"]
"""How a whole row is coloured; the cells say the same in words."""

FEW = 8
"""Up to one of so many records is put into its place alone; for more, all are sorted anew."""

Record = TypeVar("Record")


@dataclass(frozen=True, slots=True)
class Row:
    """What a table paints for one record: a cell for every column, in the columns' order."""

    key: Key
    cells: tuple[Cell, ...]
    tone: Tone = ""


class RecordSource(Protocol):
    """Rows in their present order. Asked while painting: answers from memory, at once."""

    def count(self) -> int:
        """How many rows there are."""
        ...

    def window(self, first: int, n: int) -> Sequence[Row]:
        """At most ``n`` rows from position ``first`` on; fewer only at the end."""
        ...

    def position(self, key: Key) -> int | None:
        """Where the record with ``key`` stands, or ``None`` when it is not among the rows."""
        ...


class MemorySource(Generic[Record]):
    """Records held in memory, by key; filtered and sorted without losing what is hidden.

    Cells are made only for the rows that are painted. Without a sort the records stay in the
    order in which they came. A record that changes is filtered and put into its place alone: what
    it is sorted by, and whether the filter lets it through, must follow from the record. Where it
    follows from something else, too (the time), call :meth:`filter` or :meth:`sort` again.
    """

    def __init__(
        self,
        key: Callable[[Record], Key],
        cells: Callable[[Record], Iterable[Cell]],
        tone: Callable[[Record], Tone] | None = None,
    ) -> None:
        self._key = key
        self._cells = cells
        self._tone = tone
        self._records: dict[Key, Record] = {}
        self._keep: Callable[[Record], bool] | None = None
        self._by: Callable[[Record], Any] | None = None
        self._reverse = False
        self._turns: dict[Key, int] = {}
        self._turn = count()
        self._order: Arrangement | None = None

    @property
    def total(self) -> int:
        """How many records there are, whatever the filter hides."""
        return len(self._records)

    def get(self, key: Key | None) -> Record | None:
        """The record with ``key``, also when the filter hides it."""
        return self._records.get(key)

    def records(self) -> list[Record]:
        """All records, also those that the filter hides, as they came."""
        return list(self._records.values())

    def shown(self) -> list[Record]:
        """The records that the filter lets through, in their order."""
        return [self._records[key] for key in self._arranged().stretch()]

    def replace(self, records: Iterable[Record]) -> set[Key]:
        """Hold these records and no others.

        Returns the keys that are new or whose record differs; none when there was nothing before,
        because a first reading is not a change.
        """
        before = self._records
        self._records = {self._key(record): record for record in records}
        self._turns = {key: next(self._turn) for key in self._records}
        self._order = None
        if not before:
            return set()
        return {
            key
            for key, record in self._records.items()
            if key not in before or before[key] != record
        }

    def upsert(self, records: Iterable[Record]) -> set[Key]:
        """Add or overwrite by key. Returns the keys that are new or whose record differs."""
        changed = set()
        for record in records:
            key = self._key(record)
            if key not in self._records or self._records[key] != record:
                self._records[key] = record
                if key not in self._turns:
                    self._turns[key] = next(self._turn)
                changed.add(key)
        self._rearrange(changed)
        return changed

    def remove(self, keys: Iterable[Key]) -> None:
        """Forget these records; unknown keys are fine."""
        gone = [key for key in keys if self._records.pop(key, None) is not None]
        for key in gone:
            del self._turns[key]
        self._rearrange(gone)

    def filter(self, keep: Callable[[Record], bool] | None) -> None:
        """Show only records for which ``keep`` holds; ``None`` shows all."""
        self._keep = keep
        self._order = None

    def sort(self, by: Callable[[Record], Any] | None, *, reverse: bool = False) -> None:
        """Order by what ``by`` returns; equal ones stay as they came. ``None``: as they came."""
        self._by = by
        self._reverse = reverse
        self._order = None

    def count(self) -> int:
        return len(self._arranged())

    def window(self, first: int, n: int) -> list[Row]:
        return [self._row(key) for key in self._arranged().stretch(first, n)]

    def position(self, key: Key) -> int | None:
        return self._arranged().position(key)

    def _row(self, key: Key) -> Row:
        record = self._records[key]
        tone = self._tone(record) if self._tone else ""
        return Row(key, tuple(self._cells(record)), tone)

    def _arranged(self) -> Arrangement:
        """The keys in order; after a filter or a sort worked out when next asked for."""
        if self._order is None:
            self._order = Arrangement(reverse=self._reverse)
            self._order.fill(
                (key, self._sorted_by(record), self._turns[key])
                for key, record in self._records.items()
                if self._passes(record)
            )
        return self._order

    def _rearrange(self, keys: Collection[Key]) -> None:
        """The records with these keys are new, others or gone."""
        if self._order is None:
            return
        if len(keys) > len(self._order) // FEW:
            self._order = None
            return
        for key in keys:
            record = self._records.get(key)
            if record is not None and self._passes(record):
                self._order.put(key, self._sorted_by(record), self._turns[key])
            else:
                self._order.drop(key)

    def _passes(self, record: Record) -> bool:
        return self._keep is None or self._keep(record)

    def _sorted_by(self, record: Record) -> Any:
        return None if self._by is None else self._by(record)


class RowWindow:
    """The rows around what is painted, fetched from a source a few screens at a time."""

    def __init__(self, source: RecordSource) -> None:
        self._source = source
        self._rows: dict[int, Row] = {}

    def held(self, at: int) -> Row | None:
        """The row at ``at`` if it was fetched since the last :meth:`forget`."""
        return self._rows.get(at)

    def hold(self, first: int, n: int) -> None:
        """Fetch ``n`` rows from ``first`` on."""
        self._rows.update(enumerate(self._source.window(first, n), first))

    def fetch(self, at: int, around: int) -> Row | None:
        """The row at ``at``, fetched with ``around`` rows before and twice as many after.

        ``None`` where the source has no row (any more).
        """
        if len(self._rows) > 20 * around:
            self._rows.clear()
        self.hold(max(at - around, 0), 3 * around)
        return self._rows.get(at)

    def keys_near(self, at: int) -> list[Key]:
        """The keys held around ``at``: that one, those below, then those above, nearest first."""
        places = sorted(self._rows)
        below = [self._rows[place].key for place in places if place >= at]
        above = [self._rows[place].key for place in reversed(places) if place < at]
        return below + above

    def forget(self) -> None:
        """The source changed: nothing held is true any more."""
        self._rows.clear()
