"""Figures as an Excel workbook: a sheet each, ready to read and to print, with native charts.

A chart keeps what it draws beside its references to the cells, because some programs look at that
alone: previews, telephones, LibreOffice for the title.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from math import ceil
from pathlib import Path
from typing import Any

from crm_tui.core.text import clean
from crm_tui.services.exports.writers import excel_book, excel_holds, write_cell
from crm_tui.services.figures.drawing import BEFORE, COLOURS
from crm_tui.services.figures.table import Chart, Column, Look, Table, Watched, when, width

_LONGEST_SHEET_NAME = 31
_NOT_IN_SHEET_NAMES = re.compile(r"[\[\]:*?/\\]")
_CHART_SIZE = {"width": 720, "height": 360}
_GAP = 16
"""Pixels between a table and its chart."""
_A4 = 9
_NARROWEST, _WIDEST, _WIDEST_HEAD = 8, 40, 14
"""Of columns, in digits. A head that is wider takes several lines."""
_LINE = 15
"""Points that a line is high."""
_MEASURED = 1_000
"""So many rows say how wide their columns are."""
_WHOLE, _EXACT = "#,##0", "#,##0.00"
_ENOUGH_WHOLE = 10
"""An axis that reaches so far needs no decimals."""
_FORMATS = {
    Look.MONEY: _EXACT,
    Look.RATE: "0.0%",
    Look.CHANGE: "+#,##0.0%;-#,##0.0%;0.0%",
    Look.POINTS: "+0.0;-0.0;0.0",
}
_DAY, _HOUR = "yyyy-mm-dd", "yyyy-mm-dd hh:mm"
_ON_AXIS = {_DAY: "mm-dd", _HOUR: "hh:mm"}
_GRID = {"color": "#D4D4D8", "width": 0.75}
_SMALL = {"bold": False, "size": 9}
_AXIS = {"name_font": _SMALL, "num_font": _SMALL}
_DAY_NOUGHT = datetime(1899, 12, 30)  # noqa: DTZ001  Excel knows no time zones


def write_workbook(path: Path, tables: Sequence[Table], watched: Watched = iter) -> None:
    """Write ``tables`` to ``path``, a sheet each. Raises :class:`FileProblem` for more rows than a
    sheet holds, :class:`OSError`, and what ``watched`` raises."""
    for table in tables:
        excel_holds(path, _head_of(table) + len(table.all_rows))
    with excel_book(path) as book:
        names = _sheet_names([table.title for table in tables])
        for table, name in zip(tables, names, strict=True):
            _Sheet(book, name, table).write(watched)


class _Sheet:
    """One table on a sheet of its own, its chart beside it."""

    def __init__(self, book: Any, name: str, table: Table) -> None:
        self._book, self._name, self._table = book, name, table
        self._sheet = book.add_worksheet(name)
        self._head = _head_of(table)
        self._forms = [
            _form(column, [row[at] for row in table.all_rows])
            for at, column in enumerate(table.columns)
        ]

    def write(self, watched: Watched) -> None:
        """Title, what it is of, heads, rows, total, chart; and how all that is printed."""
        table = self._table
        self._write_row(0, [table.title], [self._style(bold=True, font_size=14)])
        if table.about:
            self._write_row(1, [table.about], [self._style()])
        self._write_heads()
        styles = self._styles()
        for row, values in enumerate(watched(table.rows), start=self._head + 1):
            self._write_row(row, [*map(_as_date, table.columns, values)], styles)
        if table.total is not None:
            last = self._head + len(table.rows) + 1
            self._write_row(last, table.total, self._styles(bold=True, top=1))
        if table.chart and table.drawn:
            self._draw(table.chart)
        self._set_page()

    def _style(self, **how: Any) -> tuple[Any, Any]:
        """How values look, and texts that begin like a formula."""
        return self._book.add_format(how), self._book.add_format({**how, "quote_prefix": True})

    def _styles(self, **how: Any) -> list[tuple[Any, Any]]:
        """Of the values in each column."""
        return [
            self._style(num_format=form, **self._side(at), **how)
            for at, form in enumerate(self._forms)
        ]

    def _side(self, at: int) -> dict[str, Any]:
        """Where a column's values stand: numbers on the right, texts apart from them."""
        left = self._table.columns[at].look in (Look.TEXT, Look.WHEN)
        side = {"align": "left", "indent": min(at, 1)} if left else {"align": "right"}
        return {**side, "valign": "vcenter"}

    def _write_row(
        self, row: int, values: Sequence[Any], styles: Sequence[tuple[Any, Any]]
    ) -> None:
        for at, (value, style) in enumerate(zip(values, styles, strict=True)):
            write_cell(self._sheet, row, at, value, *style)

    def _write_heads(self) -> None:
        """The heads, on the side of their values, and the columns as wide as they need to be."""
        columns = self._table.columns
        heads = [width(column.title) for column in columns]
        widths = [max(min(head, _WIDEST_HEAD), self._width_of(at)) for at, head in enumerate(heads)]
        lines = max(ceil(head / room) for head, room in zip(heads, widths, strict=True))
        self._sheet.set_row(self._head, _LINE * lines)
        for at, room in enumerate(widths):
            self._sheet.set_column(at, at, room + 2)
        styles = [
            self._style(bold=True, bottom=1, text_wrap=True, **self._side(at))
            for at in range(len(columns))
        ]
        self._write_row(self._head, [column.title for column in columns], styles)
        self._sheet.freeze_panes(self._head + 1, 1)

    def _width_of(self, at: int) -> int:
        """How wide the values of a column are, within bounds."""
        rows = self._table.rows[:_MEASURED]
        total = [self._table.total] if self._table.total else []
        widths = (width(_shown(row[at], self._forms[at])) for row in (*rows, *total))
        return min(max((_NARROWEST, *widths)), _WIDEST)

    def _draw(self, asked: Chart) -> None:
        table = self._table
        chart = self._book.add_chart({"type": "line" if asked.line else "column"})
        for place, at in enumerate(asked.series):
            before = asked.before and place > 0
            look = {"color": BEFORE if before else COLOURS[place % len(COLOURS)]}
            chart.add_series(
                {
                    "name": [self._name, self._head, at],
                    "name_data": [clean(table.columns[at].title)],
                    "categories": self._cells(asked.names),
                    "categories_data": self._names(asked.names),
                    "values": self._cells(at),
                    "values_data": [row[at] for row in table.drawn],
                    "line" if asked.line else "fill": look,
                }
            )
        self._label(chart, asked)
        chart.set_size(_CHART_SIZE)
        self._sheet.insert_chart(self._head, len(table.columns), chart, {"x_offset": _GAP})

    def _label(self, chart: Any, asked: Chart) -> None:
        """The chart's title, axes and legend: of one series the axis tells what it is."""
        table, alone = self._table, len(asked.series) == 1
        name = [self._name, 0, 0]
        chart.set_title({"name": name, "data": [clean(table.title)], "name_font": {"size": 14}})
        form = _ON_AXIS.get(self._forms[asked.names], "General")
        names = {"name": clean(table.columns[asked.names].title), "num_format": form}
        chart.set_x_axis({**_AXIS, **names, "text_axis": True})
        title = clean(table.columns[asked.series[0]].title) if alone else ""
        chart.set_y_axis({**_AXIS, "name": title, **self._scale(asked)})
        chart.set_legend({"none": True} if alone else {"position": "bottom"})

    def _scale(self, asked: Chart) -> dict[str, Any]:
        """The axis of the values: from 0 on, else the smallest bar has no height."""
        drawn = [row[at] or 0 for at in asked.series for row in self._table.drawn]
        form = self._forms[asked.series[0]]
        if form == _EXACT and max(map(abs, drawn)) >= _ENOUGH_WHOLE:
            form = _WHOLE
        grid = {"visible": True, "line": _GRID}
        foot = 0 if min(drawn) >= 0 else None
        return {"num_format": form, "major_gridlines": grid, "min": foot}

    def _cells(self, at: int) -> list[Any]:
        """Where the values of a column stand that are drawn."""
        return [self._name, self._head + 1, at, self._head + len(self._table.drawn), at]

    def _names(self, at: int) -> list[Any]:
        column = self._table.columns[at]
        told = (_as_date(column, row[at]) for row in self._table.drawn)
        # xlsxwriter takes texts for numbers that look like some, "nan" too, unless they hold spaces
        return [
            _days(each) if isinstance(each, date) else f"{clean(str(each or ''))} " for each in told
        ]

    def _set_page(self) -> None:
        """A4 across, as wide as one page, the heads on each."""
        self._sheet.set_landscape()
        self._sheet.set_paper(_A4)
        self._sheet.fit_to_pages(1, 0)
        self._sheet.repeat_rows(self._head)
        self._sheet.set_footer("&L&A&R&P / &N")


def _head_of(table: Table) -> int:
    """The row of the heads, from 0: below the title and what the table is of."""
    return 2 if table.about else 1


def _form(column: Column, values: Iterable[Any]) -> str:
    """The number format of a column; all its numbers have the same decimals."""
    if column.look is Look.NUMBER:
        whole = all(value is None or float(value).is_integer() for value in values)
        return _WHOLE if whole else _EXACT
    if column.look is Look.WHEN:
        return _HOUR if any(":" in str(value) for value in values) else _DAY
    return _FORMATS.get(column.look, "General")


def _as_date(column: Column, value: Any) -> Any:
    """What Excel takes for a date where ``value`` is one, without its time zone."""
    if isinstance(value, datetime):
        return value.replace(tzinfo=None)
    return (when(value) if column.look is Look.WHEN else None) or value


def _days(value: date) -> float:
    """A date as Excel counts it."""
    at = value if isinstance(value, datetime) else datetime(value.year, value.month, value.day)  # noqa: DTZ001
    return (at - _DAY_NOUGHT) / timedelta(days=1)


def _shown(value: Any, form: str) -> str:
    """A value in about as many signs as Excel shows."""
    if not isinstance(value, int | float):
        return "" if value is None else str(value)
    if "%" in form:
        return f"+{value:,.1%}"
    return f"{value:,.0f}" if form == _WHOLE else f"{value:,.2f}"


def _sheet_names(titles: Sequence[str]) -> list[str]:
    """The titles as Excel lets sheets be called: short, without its signs, no two alike."""
    taken: dict[str, str] = {}
    for title in titles:
        plain = _NOT_IN_SHEET_NAMES.sub(" ", title).strip(" '") or "1"
        name, number = plain[:_LONGEST_SHEET_NAME], 1
        while name.casefold() in taken:
            number += 1
            name = f"{plain[: _LONGEST_SHEET_NAME - 4]} {number}"
        taken[name.casefold()] = name
    return list(taken.values())
