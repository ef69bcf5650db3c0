"""Cohorts: of those who came in a month, how many ordered again, month after month."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.content import Content

from crm_tui.core.language import N_, _
from crm_tui.screens import figures_board as board
from crm_tui.screens.figures_board import Board, Shown
from crm_tui.screens.figures_page import FigurePage, Orders, Query
from crm_tui.screens.figures_period import Kind, Period
from crm_tui.screens.figures_wanted import Wanted
from crm_tui.widgets.chart import heat
from crm_tui.widgets.panel import Panel
from crm_tui.widgets.record_table import Column

if TYPE_CHECKING:
    from crm_tui.services.figures.copy.door import Frames
    from crm_tui.services.figures.rows import CohortRow
    from crm_tui.storage.store import ReadWork

MONTHS = 24
"""How far the grid goes; narrow screens show the first ones."""


@dataclass(frozen=True, slots=True)
class CohortLine:
    """A month's new customers, what each of them has brought by now, and the part of them that
    ordered 0, 1, 2 … months after."""

    cohort: str
    size: int
    value_fen: int
    rates: tuple[float | None, ...]

    @property
    def days(self) -> tuple[date, date]:
        """The month of their first order."""
        month = Period.around(Kind.MONTH, date.fromisoformat(f"{self.cohort}-01"))
        return month.first, month.last


def read(wanted: Wanted, frames: Frames, work: ReadWork) -> tuple[CohortRow, ...]:
    """Of all months: cohorts are told of the whole history, whatever the period."""
    from crm_tui.services.figures import reads_people

    return reads_people.cohorts(work, frames, wanted.scope())


def lines_of(rows: Iterable[CohortRow]) -> Iterator[CohortLine]:
    """The grid, the newest cohort first."""
    by_cohort = sorted(rows, key=lambda row: row.cohort, reverse=True)
    for cohort, each in groupby(by_cohort, lambda row: row.cohort):
        told = {row.month: row for row in each}
        rates = (told[month].rate if month in told else None for month in range(MONTHS))
        latest = told[max(told)]
        yield CohortLine(cohort, latest.size, latest.value_fen, tuple(rates))


class CohortsPage(FigurePage):
    """Whether new customers stay."""

    NAME = "cohorts"
    TITLE = N_("Cohorts")
    FOCUS = "#cohorts"

    def asks(self) -> Query:
        return read

    def compose(self) -> ComposeResult:
        yield Panel(id="cohorts-title")
        yield Board(
            _("Cohorts"),
            _columns(),
            lambda row: row.cohort,
            empty=_("Nobody has ordered yet."),
            id="cohorts",
            behind=lambda row: Orders(
                _("first orders of {month}").format(month=row.cohort), row.days, nth=1
            ),
        )

    def fill(self, found: tuple[CohortRow, ...], same: bool) -> None:
        text = _("How many of each month's new customers ordered again so many months after.")
        self.query_one("#cohorts-title", Panel).show(Content(text))
        self.query_one("#cohorts", Board).show(lines_of(found), same=same)


def _columns() -> tuple[Shown, ...]:
    return (
        board.words("cohort", _("Month"), lambda row: row.cohort, 7, most=7),
        board.number("size", _("New"), 5),
        board.money("value", _("LTV"), 9, priority=4),
        *(_rate(month) for month in range(MONTHS)),
    )


def _rate(month: int) -> Shown:
    """The cell of a month: a sign that fills up, and the number."""

    def cell(row: CohortLine) -> str:
        rate = row.rates[month]
        return "" if rate is None else f"{heat(rate)}{rate:>4.0%}"

    column = Column(f"m{month}", f"+{month}", 5, align="right", priority=month)
    return Shown(column, lambda row: row.rates[month], cell, look="rate")
