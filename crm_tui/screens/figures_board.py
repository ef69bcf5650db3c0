"""Tables of figures: each column says what an export writes and how a person reads it."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

from crm_tui.core.money import yuan
from crm_tui.screens.figures_wanted import Pick
from crm_tui.widgets.chart import difference, hbar
from crm_tui.widgets.record_table import Column, MemorySource, RecordTable
from crm_tui.widgets.text import Cell, shown

BAR_CELLS = 10
NOTHING = "-"
"""Stands for a figure that can't be told: nothing to divide by, nobody asked."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A column: ``value`` is the figure as an export writes it, ``cell`` how a person reads it.

    Both get the row. A bar has no ``cell``: its ``value`` says how long it is. What is not
    ``told`` only shows again what other columns tell; no export writes it.
    """

    column: Column
    value: Callable[[Any], Any]
    cell: Callable[[Any], Cell] | None
    told: bool = True
    look: str = "text"
    """How an export shows the values: a word of ``services.figures.table.Look``."""
    of: str = ""
    """The column that a bar shows again."""
    title: str = ""
    """What an export calls it, where the label on the screen leaves out what stands beside it."""

    @property
    def sorts(self) -> bool:
        """Whether rows can be ranked by it."""
        return self.column.align == "right"


def words(
    name: str,
    label: str,
    value: Callable[[Any], str],
    width: int = 8,
    *,
    most: int = 20,
    priority: int = 0,
) -> Shown:
    """A name; takes the room that is left."""
    column = Column(name, label, width, grow=1, most=most, priority=priority)
    return Shown(column, value, lambda row: shown(value(row)))


def figure(
    name: str,
    label: str,
    width: int,
    value: Callable[[Any], Any],
    written: Callable[[Any], str] = str,
    *,
    priority: int = 0,
    look: str = "number",
) -> Shown:
    """A number: ``written`` puts what ``value`` found into signs; nothing found is a dash."""

    def cell(row: Any) -> str:
        found = value(row)
        return NOTHING if found is None else written(found)

    column = Column(name, label, width, align="right", priority=priority)
    return Shown(column, value, cell, look=look)


def number(name: str, label: str, width: int = 6, priority: int = 0, decimals: int = 0) -> Shown:
    """A count, or a mean with ``decimals``."""
    written = f"{{:,.{decimals}f}}".format
    return figure(name, label, width, attrgetter(name), written, priority=priority)


def money(name: str, label: str, width: int = 10, priority: int = 0) -> Shown:
    """An amount; ``name`` is that of the field, without its ``_fen``."""
    fen = attrgetter(f"{name}_fen")

    def value(row: Any) -> float | None:
        found = fen(row)
        return None if found is None else found / 100

    def written(amount: float) -> str:
        return yuan(round(amount * 100))

    return figure(name, label, width, value, written, priority=priority, look="money")


def rate(name: str, label: str, width: int = 6, priority: int = 0) -> Shown:
    """A part of a whole, 0…1."""
    return figure(
        name, label, width, attrgetter(name), "{:.0%}".format, priority=priority, look="rate"
    )


def growth(name: str, label: str, width: int = 7, priority: int = 0) -> Shown:
    """How much more or less than before, with its sign."""
    return figure(
        name, label, width, attrgetter(name), difference, priority=priority, look="change"
    )


def bar(of: str, priority: int = 3) -> Shown:
    """How large the figure of the column ``of`` is beside the largest."""
    value = attrgetter(of)
    name = of.removesuffix("_fen")
    return Shown(Column("bar", "", BAR_CELLS, priority=priority), value, None, told=False, of=name)


class Board(RecordTable):
    """Rows of figures. ``pick`` says what a row narrows the page to, ``behind`` what lies behind
    it; they answer None for a row without either. That there is nothing is said once it was read:
    ``empty`` says it."""

    def __init__(
        self,
        title: str,
        columns: Sequence[Shown],
        key: Callable[[Any], Hashable],
        *,
        empty: str,
        id: str,
        pick: Callable[[Any], Pick | None] = lambda row: None,
        behind: Callable[[Any], object | None] = lambda row: None,
        tone: Callable[[Any], Any] | None = None,
    ) -> None:
        self.rows: MemorySource[Any] = MemorySource(key=key, cells=self._cells, tone=tone)
        super().__init__([each.column for each in columns], self.rows, id=id)
        self._nothing = empty
        self.title_text = title
        self.figures = tuple(columns)
        self._largest = 0.0
        self._pick, self._behind = pick, behind
        self._ranked = ""

    def show(self, rows: Iterable[Any], *, same: bool) -> None:
        """Show ``rows``; the cursor stays on its record where they are the ``same`` ones, read
        again."""
        kept = list(rows)
        self.empty = self._nothing
        for each in self.figures:
            if each.cell is None:
                self._largest = max(map(each.value, kept), default=0)
        changed = self.rows.replace(kept)
        if same:
            self.reload(changed)
        else:
            self.start_over()

    def use(self, columns: Sequence[Shown]) -> None:
        """Show other figures from now on."""
        self.figures, self._ranked = tuple(columns), ""
        self.rows.sort(None)
        self.show_sorted(None)
        self.set_columns([each.column for each in columns])

    @property
    def row(self) -> Any | None:
        """What the cursor stands on."""
        return self.rows.get(self.cursor_key)

    def pick(self) -> Pick | None:
        """What the row under the cursor narrows the page to."""
        return None if self.row is None else self._pick(self.row)

    def behind(self) -> object | None:
        """What lies behind the row under the cursor."""
        return None if self.row is None else self._behind(self.row)

    def rank_by_next(self) -> str:
        """Rank by the next column of numbers, largest first; after the last as they came. Answers
        the column's label."""
        names = ["", *(each.column.name for each in self.figures if each.sorts)]
        return self.rank(names[(names.index(self._ranked) + 1) % len(names)])

    def rank(self, name: str) -> str:
        """Rank by the column ``name``; by none: as they came."""
        self._ranked = name
        chosen = next((each for each in self.figures if each.column.name == name), None)
        if chosen is None:
            self.rows.sort(None)
            self.show_sorted(None)
        else:
            self.rows.sort(lambda row: _ranked(chosen.value(row)), reverse=True)
            self.show_sorted(name, reverse=True)
        self.reload(at_once=True)
        return chosen.column.label if chosen else ""

    def on_record_table_header_chosen(self, event: RecordTable.HeaderChosen) -> None:
        if any(each.sorts and each.column.name == event.name for each in self.figures):
            event.stop()
            self.rank(event.name)

    def values(self) -> list[tuple[Any, ...]]:
        """What is told of all rows as they are shown: numbers as numbers, money in yuan."""
        kept = [each for each in self.figures if each.told]
        return [tuple(each.value(row) for each in kept) for row in self.rows.shown()]

    def copy_text(self) -> str | None:
        """The row under the cursor, its cells parted by tabs."""
        if self.row is None:
            return None
        row = self.row
        return "\t".join(str(self._cell(each, row)) for each in self.figures if each.told)

    def _cells(self, row: Any) -> tuple[Cell, ...]:
        return tuple(self._cell(each, row) for each in self.figures)

    def _cell(self, each: Shown, row: Any) -> Cell:
        if each.cell is None:
            return hbar(each.value(row), self._largest, BAR_CELLS)
        return each.cell(row)


def _ranked(value: Any) -> tuple[bool, Any]:
    """Rows without a figure stand last."""
    return value is not None, value if value is not None else 0
