"""Today at one glance: the four numbers, the hours, what is unusual, how far the goals are."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content

from crm_tui.core.errors import CrmError
from crm_tui.core.language import N_, _
from crm_tui.core.money import yuan
from crm_tui.screens import figures_board as board
from crm_tui.screens.console import Visit
from crm_tui.screens.figures_board import Board, Shown
from crm_tui.screens.figures_goal_cells import goal_columns
from crm_tui.screens.figures_goals import GoalsPage
from crm_tui.screens.figures_hours import hour_pick, hours_chart, hours_elapsed
from crm_tui.screens.figures_page import ROW, FigurePage, Orders, Query, Reading
from crm_tui.screens.figures_period import weekday
from crm_tui.screens.figures_report_view import sums
from crm_tui.screens.figures_wanted import Pick, Wanted
from crm_tui.widgets.chart import Chart, change, sparkline
from crm_tui.widgets.panel import Panel
from crm_tui.widgets.record_table import Column, Tone
from crm_tui.widgets.text import shown

if TYPE_CHECKING:
    from crm_tui.core.actor import Actor
    from crm_tui.screens.figures_in_hand import FiguresInHand
    from crm_tui.services.figures.copy.door import Frames
    from crm_tui.services.figures.rows import Anomaly, Glance, KpiRow
    from crm_tui.storage.store import ReadWork

SPARK_CELLS = 7
"""For 14 days, two in a cell."""
NUMBERS = {
    "gross_fen": N_("Income"),
    "orders": N_("Orders"),
    "customers": N_("Active customers"),
    "new_customers": N_("New customers"),
}


@dataclass(frozen=True, slots=True)
class Found:
    """What the page shows."""

    glance: Glance
    goals: tuple[KpiRow, ...]
    own: tuple[str, ...]
    """What the reports that were put here come to, a line each."""
    wall_hour: int
    """The running hour on the wall clock."""


@dataclass(frozen=True, slots=True)
class NumberRow:
    """One of the four numbers, what it is held against, and how it went for two weeks."""

    name: str
    today: int
    yesterday: int
    last_week: int
    target: int | None
    days: tuple[int, ...]


def read(actor: Actor, wanted: Wanted, frames: Frames, work: ReadWork) -> Found:
    """The running day, whatever the period of the other pages."""
    from crm_tui.services.figures import reads_goals, reads_income

    scope = wanted.scope()
    glance = reads_income.glance(work, frames, scope)
    hour = work.calendar(scope.store_id or 0).local(glance.now).hour
    own = tuple(_own(actor, scope.store_id, frames, work))
    return Found(glance, reads_goals.kpi(work, frames, store_id=scope.store_id), own, hour)


def _own(actor: Actor, store_id: int | None, frames: Frames, work: ReadWork) -> Iterator[str]:
    """The reports that were put here; one that this person may not see says nothing."""
    from crm_tui.services.figures.reports import reads, run

    for report in reads.reports_of(work, actor.login, on_glance=True):
        with suppress(CrmError):
            told = run.run(work, frames, report.definition, actor.role, store_id=store_id)
            yield f"{report.name}: {', '.join(sums(told))}"


class GlancePage(FigurePage):
    """What the owner looks at first."""

    NAME = "glance"
    TITLE = N_("Today")
    FOCUS = "#numbers"

    def asks(self) -> Query:
        place = cast("FiguresInHand", self.screen)
        assert place.desk is not None, "nothing is read before the store is open"
        return partial(read, place.desk.actor)

    def compose(self) -> ComposeResult:
        yield Board(
            _("Today"),
            _number_columns(),
            lambda row: row.name,
            empty="",
            id="numbers",
            behind=self._orders_of_today,
        )
        yield Chart(
            empty=_("Nothing was completed yet today, nor on this day last week."), id="today-hours"
        )
        yield Panel(id="own")
        with Horizontal(classes="low"):
            yield Board(
                _("Unusual"),
                _anomaly_columns(),
                lambda row: (row.day, row.measure),
                empty=_("Nothing unusual."),
                id="anomalies",
                behind=_orders_of_day,
                tone=_anomaly_tone,
            )
            yield Board(
                _("Goals"),
                goal_columns(short=True),
                lambda row: row.goal_id,
                empty=_("No goals yet. Set them on the page of goals."),
                id="goals-now",
                behind=lambda row: Visit("figures", f"{GoalsPage.NAME}{ROW}{row.goal_id}"),
            )

    def heading(self, told: Reading) -> Content:
        """The running day, whatever period the other pages show."""
        day = told.found.glance.day
        against = _("against yesterday, last week by now")
        return Content.assemble((f"{day} {weekday(day)}", "bold"), (f"  {against}", "$text-muted"))

    def fill(self, found: Found, same: bool) -> None:
        glance = found.glance
        self.query_one("#numbers", Board).show(number_rows(glance), same=same)
        elapsed = hours_elapsed(glance.hours, found.wall_hour)
        self.query_one("#today-hours", Chart).show(
            hours_chart(glance.hours, elapsed, glance.hours_last_week, _("a week before"))
        )
        own = self.query_one("#own", Panel)
        own.display = bool(found.own)
        own.show(Content("   ").join(shown(text) for text in found.own))
        self.query_one("#anomalies", Board).show(glance.anomalies, same=same)
        self.query_one("#goals-now", Board).show(found.goals, same=same)

    def _orders_of_today(self, row: NumberRow) -> Orders | None:
        if self.reading is None:
            return None
        day = self.reading.found.glance.day
        return Orders(f"{_('Today')} {day}", (day, day), new=row.name == "new_customers")

    def chart_pick(self, chart: Chart) -> Pick | None:
        if self.reading is None:
            return None
        return hour_pick(self.reading.found.glance.hours[chart.selected].hour)

    def chart_behind(self, chart: Chart) -> Orders | None:
        if self.reading is None:
            return None
        glance: Glance = self.reading.found.glance
        hour = glance.hours[chart.selected].hour
        return Orders(f"{glance.day} {hour:02}:00", (glance.day, glance.day), hour=hour)


def number_rows(glance: Glance) -> Iterator[NumberRow]:
    """The four numbers of a glance."""
    for name in NUMBERS:
        yield NumberRow(
            name,
            getattr(glance.today, name),
            getattr(glance.yesterday, name),
            getattr(glance.last_week, name),
            glance.target_fen if name == "gross_fen" else None,
            tuple(getattr(row, name) for row in glance.days),
        )


def amount(measure: str, value: float) -> str:
    """A value of one of the four numbers as people read it."""
    return f"¥{yuan(round(value))}" if measure == "gross_fen" else f"{value:,.0f}"


def _number_columns() -> tuple[Shown, ...]:
    spark = Column("spark", _("14 days"), SPARK_CELLS, priority=1)
    return (
        board.words("number", _("Figure"), lambda row: _(NUMBERS[row.name]), 14, most=24),
        _mixed("today", _("Today"), 11, lambda row: row.name),
        _compared("yesterday", _("yesterday")),
        _compared("last_week", _("last week")),
        board.figure("target", _("Goal"), 5, _reached, "{:.0%}".format, look="rate"),
        Shown(spark, lambda row: None, lambda row: sparkline(row.days, SPARK_CELLS), told=False),
    )


def _mixed(name: str, label: str, width: int, measure: Callable[[Any], str]) -> Shown:
    """A column of several measures' values; an export has money in yuan."""

    def cell(row: Any) -> str:
        return amount(measure(row), getattr(row, name))

    column = Column(name, label, width, align="right")
    return Shown(column, lambda row: _plain(measure(row), getattr(row, name)), cell, look="number")


def _compared(name: str, label: str) -> Shown:
    """Today against the same time of an earlier day, the earlier number first."""

    def cell(row: NumberRow) -> str:
        before = getattr(row, name)
        if not before:
            return board.NOTHING
        return f"{amount(row.name, before)} {change(row.today, before)}"

    column = Column(name, label, 16, align="right")
    return Shown(column, lambda row: _plain(row.name, getattr(row, name)), cell, look="number")


def _plain(measure: str, value: float) -> float:
    return value / 100 if measure == "gross_fen" else value


def _reached(row: NumberRow) -> float | None:
    return row.today / row.target if row.target else None


def _anomaly_columns() -> tuple[Shown, ...]:
    return (
        board.words("day", _("Day"), lambda row: f"{row.day:%m-%d} {weekday(row.day)}", 10),
        board.words("measure", _("Figure"), lambda row: _(NUMBERS[row.measure]), 8, most=16),
        _mixed("value", _("was"), 10, lambda row: row.measure),
        _mixed("expected", _("usually"), 10, lambda row: row.measure),
    )


def _anomaly_tone(row: Anomaly) -> Tone:
    return "" if row.high else "warning"


def _orders_of_day(row: Anomaly) -> Orders:
    title, new = f"{row.day} {weekday(row.day)}", row.measure == "new_customers"
    return Orders(title, (row.day, row.day), new=new)
