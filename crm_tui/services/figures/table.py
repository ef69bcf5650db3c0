"""What a table of figures is, whoever shows it: a terminal, a spreadsheet, a chart, a script."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from unicodedata import east_asian_width

Row = tuple[Any, ...]
Watched = Callable[[Iterable[Row]], Iterable[Row]]
"""The rows that it is given, for who writes them; it may tell somebody how far that is."""
MOST_DRAWN = 30
"""Bars of what does not follow the time: the first of the table."""
_DAY_OR_HOUR = re.compile(r"\d{4}-\d\d-\d\d( \d\d:\d\d)?")


class Look(StrEnum):
    """How the values of a column are read: texts, or numbers as people read them."""

    TEXT = "text"
    WHEN = "when"
    """A business day, or an hour of one, as ISO writes it; in Excel a date. A total and what has
    no day stay texts."""
    NUMBER = "number"
    """A count, hours, days, points."""
    MONEY = "money"
    """Yuan, with two decimals; in JSON fen, whose key ends with ``_fen``."""
    RATE = "rate"
    """From 0 to 1, shown in per cent."""
    CHANGE = "change"
    """A part of what was before, shown in per cent with its sign."""
    POINTS = "points"
    """A difference of rates in percentage points, shown with its sign."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its key in JSON, its title for people, how its values are read."""

    key: str
    title: str
    look: Look = Look.NUMBER


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart of a table's columns, by their places: names along the axis, a series each of the
    others. ``line`` joins the values; else they are bars. ``timed``: the names are parts of the
    time. ``before``: the second series tells of what was before the first one's."""

    names: int
    series: tuple[int, ...]
    line: bool = False
    timed: bool = False
    before: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under titles, with a chart or without. ``about`` says of what they are (period, filter,
    age)."""

    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Any, ...], ...]
    chart: Chart | None = None
    about: str = ""
    total: tuple[Any, ...] | None = None
    """The last row, which no chart draws."""

    @property
    def all_rows(self) -> tuple[tuple[Any, ...], ...]:
        """The rows with the total below them."""
        return self.rows if self.total is None else (*self.rows, self.total)

    @property
    def drawn(self) -> tuple[tuple[Any, ...], ...]:
        """The rows that its chart draws."""
        if self.chart is None:
            return ()
        return self.rows if self.chart.timed else self.rows[:MOST_DRAWN]


def when(value: object) -> datetime | None:
    """The day, or the hour of one, that a value of :attr:`Look.WHEN` names; None for another.

    >>> when("2026-09-05 06:00"), when("2026-W36")
    (datetime.datetime(2026, 9, 5, 6, 0), None)
    """
    named = isinstance(value, str) and _DAY_OR_HOUR.fullmatch(value)
    return datetime.fromisoformat(named.string) if named else None


def width(text: str) -> int:
    """How many digits are about as wide as ``text`` in print.

    >>> width("流水 8")
    6
    """
    return sum(2 if east_asian_width(sign) in "WF" else 1 for sign in text)
