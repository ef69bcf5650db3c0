"""One data row of a recognised table, read field by field."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import NamedTuple, TypeVar

from crm_tui.core.clock import BusinessCalendar
from crm_tui.core.errors import Invalid
from crm_tui.core.text import clean
from crm_tui.core.words import Word
from crm_tui.services.imports.cells import Cell, text, words
from crm_tui.services.imports.files import BROKEN
from crm_tui.services.imports.headers import Column
from crm_tui.services.imports.reasons import BadCell
from crm_tui.services.imports.sheets import Table
from crm_tui.services.imports.times import When
from crm_tui.services.imports.words import meaning

Value = TypeVar("Value")
Known = TypeVar("Known", bound=Word)
_VALUE_SHOWN = 200


class BadRow(ValueError):
    """A row that can't be taken: the column and its value where one is to blame, and the code."""

    def __init__(self, code: str, column: str = "", value: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.column = column
        self.value = value


class Remark(NamedTuple):
    """Something about a row that was taken which a person should know."""

    column: str
    value: str
    code: str


@dataclass(slots=True)
class RowCells:
    """The cells of one row by field. Reading a cell that can't be taken raises :class:`BadRow`."""

    table: Table
    calendar: BusinessCalendar
    number: int
    cells: list[Cell]
    remarks: list[Remark] = field(default_factory=list)

    def __post_init__(self) -> None:
        if self.cells and self.cells[-1] == BROKEN:
            raise BadRow("cut_off")

    @property
    def columns(self) -> Mapping[str, Column]:
        """The table's columns by field."""
        return self.table.columns

    def cell(self, name: str) -> Cell:
        """The cell of field ``name``; empty where the table or row has none."""
        column = self.table.columns.get(name)
        return self.cells[column.index] if column and column.index < len(self.cells) else ""

    def header(self, name: str) -> str:
        """The header of field ``name`` as the file has it."""
        column = self.columns.get(name)
        return column.header if column else ""

    def unit(self, name: str) -> str:
        """The unit that the header of ``name`` states."""
        column = self.columns.get(name)
        return column.unit if column else ""

    def bad(self, name: str, code: str) -> BadRow:
        """The rejection of this row because of field ``name``."""
        return BadRow(code, self.header(name), shown(self.cell(name)))

    def remark(self, name: str, code: str, value: str | None = None) -> None:
        """Note something about field ``name`` of a row that is taken all the same."""
        about = shown(self.cell(name)) if value is None else value
        self.remarks.append(Remark(self.header(name), about, code))

    def read(self, name: str, reader: Callable[[Cell], Value]) -> Value:
        """The value of field ``name`` as ``reader`` understands it."""
        try:
            return reader(self.cell(name))
        except BadCell as problem:
            raise self.bad(name, problem.code) from problem
        except Invalid as problem:
            raise self.bad(name, "identity_invalid") from problem

    def line(self, name: str, longest: int) -> str:
        """A text of at most ``longest`` characters, with a remark where it was cut."""
        value = words(self.cell(name))
        if len(value) > longest:
            self.remark(name, "shortened")
            return value[:longest]
        return value

    def word(self, name: str, vocabulary: Mapping[str, Known]) -> Known | None:
        """What the word in field ``name`` means; None where it is blank or not known."""
        value = words(self.cell(name))
        return meaning(value, vocabulary) if value else None

    def instant(self, moment: When | None) -> datetime | None:
        """``moment`` on the store's wall clock as an instant.

        A day without a time is the beginning of that business day.
        """
        if moment is None or moment.day is None:
            return None
        if moment.clock is None:
            return self.calendar.starts(moment.day)
        wall = moment.wall()
        assert wall is not None
        if wall.tzinfo is not None:
            return wall.astimezone(UTC)
        return self.calendar.from_local(wall)


def shown(cell: Cell) -> str:
    """A cell as a verdict names it: harmless and not too long."""
    return clean(text(cell), _VALUE_SHOWN)
