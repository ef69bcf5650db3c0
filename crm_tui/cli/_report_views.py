"""A report for a person: a table and, below it, a chart as wide as the terminal."""

from __future__ import annotations

import shutil
import sys
from typing import TYPE_CHECKING, Any

from crm_tui.cli._run import line, note, table
from crm_tui.core.language import _, joined
from crm_tui.core.text import clean

if TYPE_CHECKING:
    from crm_tui.services.figures.table import Table

_CHART_HEIGHT = 14
_WIDEST_CHART = 160
_WIDE = 100
_NARROW_COLUMNS = 7
"""How many columns a narrower terminal holds."""
_MOST_DRAWN = 20
"""Bars of what does not follow the time: the first of the table."""
_SHORTEST_NAME = 6
"""Cells that a name below the axis has at least; where bars are narrower, not all have a name."""
_AXIS = 8
"""About as many cells stand left of the bars."""


def show(told: Table) -> None:
    """``told`` as a table, and its chart."""
    fits = len(told.columns) if _terminal_width() >= _WIDE else _NARROW_COLUMNS
    heads = [column.title for column in told.columns[:fits]]
    if told.about:
        line(f"{told.title}  {told.about}")
    table(heads, (_cells(told, row)[:fits] for row in told.all_rows), _("Nothing to tell."))
    if left := [column.title for column in told.columns[fits:]]:
        note(_("A wider terminal shows these columns, too: {columns}").format(columns=joined(left)))
    _draw(told)


def _cells(told: Table, row: tuple[Any, ...]) -> list[str]:
    return [
        _cell(value, column.look.value) for value, column in zip(row, told.columns, strict=True)
    ]


def _cell(value: Any, look: str) -> str:
    from crm_tui.widgets.chart import difference

    if value is None or isinstance(value, str):
        return value or ""
    if look == "money":
        return f"{value:,.2f}"
    if look == "rate":
        return f"{value:.0%}"
    if look == "change":
        return difference(value)
    if look == "points":
        return f"{value:+.1f}"
    return f"{value:,}" if isinstance(value, int) else f"{value:,.2f}"


def _draw(told: Table) -> None:
    from crm_tui.widgets.chart import BAR, MARK, ChartData, draw
    from crm_tui.widgets.text import fit

    if told.chart is None or not told.rows:
        return
    first, *others = told.chart.series
    timed = told.chart.timed
    drawn = told.rows if timed else told.rows[:_MOST_DRAWN]
    width = min(_terminal_width(), _WIDEST_CHART)
    room = max((width - _AXIS) // len(drawn) - 1, _SHORTEST_NAME)
    said = [clean(str(row[told.chart.names])) for row in drawn]
    names = tuple(_in_time(each) if timed else fit(each, room).rstrip() for each in said)

    def values(series: int) -> tuple[float, ...]:
        return tuple(float(row[series] or 0) for row in drawn)

    label, before = told.columns[first].title, None
    if told.chart.before:
        before = values(others[0])
        line(f"{BAR} {label}   {MARK} {told.columns[others[0]].title}")
    else:
        line(label)
    data = ChartData(names, values(first), label, before)
    for each in draw(data, width, _CHART_HEIGHT).lines:
        sys.stdout.write(each.rstrip() + "\n")


def _in_time(at: str) -> str:
    """A part of the time as short as it can be.

    >>> [_in_time(at) for at in ("2026-09-21 20:00", "2026-09-21", "2026-W39", "2026-09", "20:00")]
    ['20:00', '09-21', '26-W39', '26-09', '20:00']
    """
    if not at[:4].isdecimal():  # of no year: an hour, a day of the week
        return at
    return at[-5:] if len(at) >= len("2026-09-21") else at[2:]


def _terminal_width() -> int:
    return shutil.get_terminal_size((_WIDEST_CHART, 24)).columns
