"""What a report of one's own came to: in words, drawn, and row by row. It stands on the page of own
reports, and in the form in which one is composed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from textual.app import ComposeResult
from textual.containers import Container, Vertical
from textual.content import Content

from crm_tui.core.language import _
from crm_tui.core.text import clean
from crm_tui.core.words import ReportChart
from crm_tui.screens import figures_board as board
from crm_tui.screens.figures_board import Board, Shown
from crm_tui.widgets.chart import Chart, ChartData, difference
from crm_tui.widgets.panel import Panel
from crm_tui.widgets.record_table import Column
from crm_tui.widgets.text import fit

if TYPE_CHECKING:
    from crm_tui.services.figures.catalogue import Measure
    from crm_tui.services.figures.reports.asking import Values
    from crm_tui.services.figures.reports.run import Report, ReportRow


LONGEST_NAME = 12
"""Cells below a bar: a longer name would take the place of the others."""
_WRITTEN = {"fen": "{:,.2f}", "minutes": "{:,.1f}", "points": "{:.2f}"}
"""How a value is written under the cursor, by its unit; counts as they are."""


class ReportView(Vertical):
    """A report with its title, chart and rows; without one, why there is none."""

    def __init__(self, *, id: str, to_look_at: bool = False) -> None:
        super().__init__(id=id)
        self._to_look_at = to_look_at
        """No keys reach it."""
        self._looks: tuple[object, ...] = ()
        self._told: Report | None = None

    def compose(self) -> ComposeResult:
        yield Panel(id="report-title")
        with Container(id="report-body"):
            chart = Chart(empty=_("Nothing to draw."), id="report-chart")
            rows = Board(_("Report"), (), lambda row: str(row.key), empty="", id="report-rows")
            chart.can_focus = rows.can_focus = not self._to_look_at
            yield chart
            yield rows

    def say(self, text: str, *, wrong: bool = False) -> None:
        """Say ``text`` instead of a report."""
        self._show(Content.styled(clean(text), "$text-warning" if wrong else "$text-muted"), None)

    def show(self, told: Report, *, same: bool) -> None:
        """Show a report; the cursor stays on its row where it is the ``same`` one, read again."""
        self._show(_title(told), told, same=same)

    @property
    def row(self) -> ReportRow | None:
        """The row under the cursor, of the table or of the chart."""
        chart, rows = self.query_one("#report-chart", Chart), self.query_one("#report-rows", Board)
        if self._told is None or not chart.has_focus:
            row: ReportRow | None = rows.row
            return row
        of_bars = self._told.rows
        return of_bars[chart.selected] if chart.selected < len(of_bars) else None

    def _show(self, title: Content, told: Report | None, *, same: bool = False) -> None:
        self.query_one("#report-title", Panel).show(title)
        chart, rows = self.query_one("#report-chart", Chart), self.query_one("#report-rows", Board)
        self._told, drawn = told, _chart(told) if told is not None else None
        chart.display, rows.display = drawn is not None, told is not None and bool(told.rows)
        if drawn is not None:
            chart.show(drawn)
        if told is not None:
            looks = (told.name, told.definition)
            if looks != self._looks:
                self._looks = looks
                rows.show((), same=False)  # what stands there has other values
                rows.use(tuple(_columns(told)))
            rows.show(told.rows, same=same)


def sums(told: Report) -> list[str]:
    """What the whole of a report comes to, by measure, and how it changed."""
    before = told.total_before or (None,) * len(told.total)
    return [
        " ".join(filter(None, (measure.label, _figure(measure, now), _change(measure, now, was))))
        for measure, now, was in zip(told.definition.measures, told.total, before, strict=True)
    ]


def _title(told: Report) -> Content:
    """What is told and compared, and the whole of it."""
    from crm_tui.services.figures.tables import about

    asked = f"/{told.definition.filter}" if told.definition.filter else ""
    of = [about(told.period), asked]
    if told.compared is not None:
        of.insert(1, _("against {period}").format(period=about(told.compared)))
    parts = [Content.styled(clean(told.name), "bold"), *(Content(clean(each)) for each in of)]
    heading = Content("  ").join(part for part in parts if part)
    return Content("\n").join((heading, Content("   ".join(sums(told)))))


def _chart(told: Report) -> ChartData | None:
    """The first measure as bars, with marks for what was before; a report of one row has none."""
    from crm_tui.services.figures.reports.tables import as_read, look_of

    if told.definition.chart is ReportChart.NONE or not told.rows:
        return None
    measure = told.definition.measures[0]

    def read(values: Values | None) -> float:
        return as_read(measure, values[0] if values else None) or 0

    rate, group = measure.unit.value == "rate", told.definition.group
    begin = len("2026-") if group is not None and group.name == "day" else 0
    return ChartData(
        names=tuple(fit(clean(row.label[begin:]), LONGEST_NAME).rstrip() for row in told.rows),
        values=tuple(read(row.values) for row in told.rows),
        label=measure.label,
        before=tuple(read(row.before) for row in told.rows) if told.compared else None,
        before_label=told.definition.compare.label,
        full=measure.unit.shown if rate else _WRITTEN.get(measure.unit.value, "{:,.10g}").format,
        short=measure.unit.shown if rate else "{:,.0f}".format,
        look=look_of(measure).value,
    )


def _columns(told: Report) -> Iterator[Shown]:
    group = told.definition.group
    yield board.words("group", group.label if group else "", lambda row: row.label, 10)
    for place, measure in enumerate(told.definition.measures):
        yield from _measured(told, place, measure)


def _measured(told: Report, place: int, measure: Measure) -> Iterator[Shown]:
    """The columns of a measure: its value, what was before, and how it changed."""
    from crm_tui.services.figures.reports.tables import (
        as_read,
        before_title,
        change_look,
        change_title,
        look_of,
    )

    look, name, first = look_of(measure).value, measure.name, 3 * place

    def before(row: Any) -> float | None:
        value: float | None = row.before[place]
        return value

    yield Shown(
        Column(name, measure.label, 11, align="right", priority=first),
        lambda row: as_read(measure, row.values[place]),
        lambda row: _figure(measure, row.values[place]),
        look=look,
    )
    if told.compared is None:
        return
    yield Shown(
        Column(f"before_{name}", told.definition.compare.label, 13, align="right", priority=first),
        lambda row: as_read(measure, before(row)),
        lambda row: _figure(measure, before(row)),
        look=look,
        title=before_title(measure, told.definition.compare),
    )
    yield Shown(
        Column(f"{name}_change", _("change"), 8, align="right", priority=first),
        lambda row: measure.unit.change(row.values[place], before(row)),
        lambda row: _change(measure, row.values[place], before(row)) or board.NOTHING,
        look=change_look(measure).value,
        title=change_title(measure),
    )


def _figure(measure: Measure, value: float | None) -> str:
    return measure.unit.shown(value) or board.NOTHING


def _change(measure: Measure, value: float | None, before: float | None) -> str:
    """How a value changed, with its sign; empty where there was nothing."""
    part = measure.unit.change(value, before)
    if part is None:
        return ""
    if measure.unit.value == "rate":
        return _("{points} pt").format(points=f"{part:+.1f}")
    return difference(part)
