"""Reports of one's own: which there are, and what the one under the cursor comes to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content

from crm_tui.core.errors import CrmError
from crm_tui.core.language import N_, _
from crm_tui.core.words import ReportChart
from crm_tui.screens import figures_board as board
from crm_tui.screens.desk import Undo
from crm_tui.screens.figures_board import Board, Shown
from crm_tui.screens.figures_in_hand import FiguresInHand
from crm_tui.screens.figures_page import FigurePage, Query
from crm_tui.screens.figures_report_form import open_form, remove, restore
from crm_tui.screens.figures_wanted import Wanted
from crm_tui.widgets.chart import Chart, ChartData
from crm_tui.widgets.panel import Panel
from crm_tui.widgets.record_table import Column, RecordTable
from crm_tui.widgets.text import shown

if TYPE_CHECKING:
    from crm_tui.core.actor import Actor
    from crm_tui.services.figures.catalogue import Measure
    from crm_tui.services.figures.copy.door import Frames
    from crm_tui.services.figures.reports.reads import OwnReport
    from crm_tui.services.figures.reports.run import Report
    from crm_tui.storage.store import ReadWork


@dataclass(frozen=True, slots=True)
class Found:
    """The reports that the person sees, and what one of them came to, or why it could not."""

    reports: tuple[OwnReport, ...]
    report: Report | None
    why_not: str = ""


def read(chosen: int | None, actor: Actor, wanted: Wanted, frames: Frames, work: ReadWork) -> Found:
    """All reports, and the one with the id ``chosen``, else the first."""
    from crm_tui.services.figures.reports import reads, run

    reports = tuple(reads.reports_of(work, actor.login))
    one = next((each for each in reports if each.id == chosen), reports[0] if reports else None)
    if one is None:
        return Found(reports, None)
    store = wanted.picked("store_id")
    try:
        told = run.run(
            work,
            frames,
            one.definition,
            actor.role,
            name=one.name,
            store_id=store.value if store else None,
        )
    except CrmError as error:
        return Found(reports, None, error.message())
    return Found(reports, told)


class ReportsPage(FigurePage):
    """Own reports; the one under the cursor is run. ``+`` composes one, Enter changes it."""

    NAME = "reports"
    TITLE = N_("Own")
    FOCUS = "#own-reports"

    def __init__(self) -> None:
        super().__init__()
        self.chosen: int | None = None
        """The report that is run."""
        self._looks: tuple[object, ...] = ()

    def asks(self) -> Query:
        place = cast("FiguresInHand", self.screen)
        assert place.desk is not None, "nothing is read before the store is open"
        return partial(read, self.chosen, place.desk.actor)

    def compose(self) -> ComposeResult:
        with Horizontal():
            yield Board(
                _("Reports"),
                _columns(),
                lambda report: report.id,
                empty=_("No reports yet: + composes one."),
                id="own-reports",
            )
            with Vertical(id="told"):
                yield Panel(id="report-title")
                yield Chart(empty=_("Nothing to draw."), id="report-chart")
                yield Board(_("Report"), (), lambda row: str(row.key), empty="", id="report-rows")

    @on(RecordTable.Highlighted, "#own-reports")
    def _other_report(self, event: RecordTable.Highlighted) -> None:
        if isinstance(event.key, int) and event.key != self.chosen:
            first, self.chosen = self.chosen is None, event.key
            if not first:
                cast("FiguresInHand", self.screen).read_page()

    def fill(self, found: Found, same: bool) -> None:
        self.query_one("#own-reports", Board).show(found.reports, same=True)
        told = found.report
        self.query_one("#told").display = bool(found.reports)
        self.query_one("#own-reports").set_class(bool(found.reports), "beside")
        title = Content.styled(found.why_not, "$text-warning") if told is None else _title(told)
        self.query_one("#report-title", Panel).show(title)
        chart, rows = self.query_one("#report-chart", Chart), self.query_one("#report-rows", Board)
        drawn = _chart(told) if told is not None else None
        chart.display, rows.display = drawn is not None, told is not None and bool(told.rows)
        if drawn is not None:
            chart.show(drawn)
        if told is not None:
            looks = (told.name, told.definition)
            if looks != self._looks:
                self._looks = looks
                rows.use(_told_columns(told))
            rows.show(told.rows, same=same)

    def _report(self) -> OwnReport | None:
        return self.query_one("#own-reports", Board).row

    def add_row(self, place: FiguresInHand) -> bool:
        open_form(place, None)
        return True

    def open_row(self, place: FiguresInHand) -> bool:
        report = self._report()
        if report is None or self.at is None or self.at.id != "own-reports":
            return False
        open_form(place, report)
        return True

    def take_row_away(self, place: FiguresInHand) -> bool:
        report = self._report()
        if report is not None:
            done = _("Report “{name}” removed").format(name=report.name)
            undo = Undo(done, partial(restore, report.id))
            place.write(partial(remove, report.id), done, undo=undo)
        return report is not None


def _columns() -> tuple[Shown, ...]:
    return (
        board.words("name", _("Report"), lambda report: report.name, 12, most=24),
        board.words("owner", _("Whose"), _whose, 7, most=10, priority=1),
    )


def _whose(report: OwnReport) -> str:
    return _("everybody's") if report.shared else report.owner


def _title(told: Report) -> Content:
    """What is told, and the whole of it."""
    days = _("{first} to {last}").format(first=told.period.first, last=told.period.last)
    sums = (
        f"{measure.label} {measure.unit.shown(value) or board.NOTHING}"
        for measure, value in zip(told.definition.measures, told.total, strict=True)
    )
    asked = f"  /{told.definition.filter}" if told.definition.filter else ""
    return Content("\n").join(
        (Content.assemble((told.name, "bold"), f"  {days}{asked}"), Content("   ".join(sums)))
    )


def _plain(measure: Measure, value: float | None) -> float | None:
    """As a chart and an export have it: money in yuan, time in hours."""
    return None if value is None else value / _PARTS.get(measure.unit.value, 1)


_PARTS = {"fen": 100, "minutes": 60}


def _chart(told: Report) -> ChartData | None:
    """The first measure as bars; a report of one row has none."""
    if told.definition.chart is ReportChart.NONE or not told.rows:
        return None
    measure = told.definition.measures[0]
    return ChartData(
        names=tuple(shown(row.label).plain for row in told.rows),
        values=tuple(_plain(measure, row.values[0]) or 0 for row in told.rows),
        label=measure.label,
        full=measure.unit.shown if measure.unit.value == "rate" else "{:,.2f}".format,
        short=measure.unit.shown if measure.unit.value == "rate" else "{:,.0f}".format,
        look=_LOOKS.get(measure.unit.value, "number"),
    )


def _told_columns(told: Report) -> Sequence[Shown]:
    group = told.definition.group
    columns = [board.words("group", group.label if group else "", lambda row: row.label, 10)]
    for place, measure in enumerate(told.definition.measures):
        columns.append(_measured(place, measure))
    return columns


def _measured(place: int, measure: Measure) -> Shown:
    def cell(row: Any) -> str:
        return measure.unit.shown(row.values[place]) or board.NOTHING

    column = Column(measure.name, measure.label, 11, align="right", priority=place)
    look = _LOOKS.get(measure.unit.value, "number")
    return Shown(column, lambda row: _plain(measure, row.values[place]), cell, look=look)


_LOOKS = {"fen": "money", "rate": "rate"}
