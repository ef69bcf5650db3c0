"""Income over the period: day by day against another period, and by hour of the day."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content

from crm_tui.core.language import N_, _
from crm_tui.core.money import yuan
from crm_tui.core.words import Against
from crm_tui.screens import figures_board as board
from crm_tui.screens.figures_board import Board, Shown
from crm_tui.screens.figures_hours import hour_pick, hours_chart
from crm_tui.screens.figures_page import FigurePage, Orders, Query
from crm_tui.screens.figures_period import Kind, Period, weekday
from crm_tui.screens.figures_wanted import Pick, Wanted
from crm_tui.widgets.chart import Chart, ChartData, change
from crm_tui.widgets.panel import Panel

if TYPE_CHECKING:
    from crm_tui.services.figures.copy.door import Frames
    from crm_tui.services.figures.rows import HourRow, Income
    from crm_tui.storage.store import ReadWork


@dataclass(frozen=True, slots=True)
class Found:
    """What the page shows."""

    income: Income
    hours: tuple[HourRow, ...]
    hours_before: tuple[HourRow, ...] | None


@dataclass(frozen=True, slots=True)
class BucketRow:
    """An hour, a day or a month, with what it is compared with."""

    at: str
    name: str
    orders: int
    gross_fen: int
    gross_before_fen: int | None
    growth: float | None
    customers: int
    new_customers: int
    tips_fen: int
    studio_fen: int | None


def read(wanted: Wanted, frames: Frames, work: ReadWork) -> Found:
    """Of the period and of what it is compared with."""
    from crm_tui.services.figures import reads_income as reads

    period, scope = wanted.span(), wanted.scope()
    income = reads.income(work, frames, period, wanted.step, scope, wanted.against.value)
    before = None
    if income.compared is not None:
        before = reads.hours(work, frames, income.compared, scope)
    return Found(income, reads.hours(work, frames, period, scope), before)


class IncomePage(FigurePage):
    """What came in, when."""

    NAME = "income"
    TITLE = N_("Income")
    FOCUS = "#days"

    def asks(self) -> Query:
        return read

    def compose(self) -> ComposeResult:
        yield Panel(id="totals")
        yield Chart(empty=_("No completed orders in this period."), id="days")
        with Horizontal(classes="halves"):
            yield Chart(empty=_("No completed orders in this period."), id="hours")
            yield Board(
                _("Income"),
                _columns(),
                lambda row: row.at,
                empty=_("No completed orders in this period."),
                id="buckets",
                pick=lambda row: bucket_pick(row.at),
                behind=self._orders_of,
            )

    def fill(self, found: Found, same: bool) -> None:
        if self.reading is None:
            return
        wanted = self.reading.wanted
        self.query_one("#totals", Panel).show(totals(found.income))
        self.query_one("#days", Chart).show(income_chart(found.income, wanted))
        label = wanted.against.label
        hours = hours_chart(found.hours, len(found.hours), found.hours_before, label)
        self.query_one("#hours", Chart).show(hours)
        rows = [row for row in bucket_rows(found.income, wanted) if row.orders or row.tips_fen]
        self.query_one("#buckets", Board).show(reversed(rows), same=same)

    def drill(self) -> Period | None:
        at = self._bucket_at()
        if at is None or self.reading is None or "T" in at:
            return None
        first, last = days_at(at, self.reading.wanted)
        return Period.over(first, last)

    def _bucket_at(self) -> str | None:
        """The bucket under the cursor, of the chart or of the table."""
        at = self.at
        if self.reading is None:
            return None
        if isinstance(at, Chart) and at.id == "days":
            rows = self.reading.found.income.rows
            return rows[at.selected].at if at.selected < len(rows) else None
        return at.row.at if isinstance(at, Board) and at.row is not None else None

    def chart_pick(self, chart: Chart) -> Pick | None:
        if self.reading is None:
            return None
        found: Found = self.reading.found
        if chart.id == "days":
            at = self._bucket_at()
            return bucket_pick(at) if at is not None else None
        return hour_pick(found.hours[chart.selected].hour)

    def chart_behind(self, chart: Chart) -> Orders | None:
        if self.reading is None:
            return None
        found: Found = self.reading.found
        if chart.id == "days":
            return self._orders_at(found.income.rows[chart.selected].at)
        hour = found.hours[chart.selected].hour
        wanted = self.reading.wanted
        return Orders(f"{wanted.title()} {hour:02}:00", wanted.days, hour=hour)

    def _orders_of(self, row: BucketRow) -> Orders | None:
        return self._orders_at(row.at)

    def _orders_at(self, at: str) -> Orders | None:
        if self.reading is None:
            return None
        wanted = self.reading.wanted
        if "T" in at:
            moment = datetime.fromisoformat(at)
            return Orders(f"{moment:%Y-%m-%d %H:00}", wanted.days, hour=moment.hour)
        return Orders(at, days_at(at, wanted))


def days_at(at: str, wanted: Wanted) -> tuple[date, date]:
    """The days of the bucket ``at``."""
    from crm_tui.services.figures.periods import span_of

    span = span_of(at, wanted.span())
    return span.first, span.last


def bucket_pick(at: str) -> Pick | None:
    """The hour that the bucket ``at`` is; days and months narrow the period instead."""
    return hour_pick(datetime.fromisoformat(at).hour) if "T" in at else None


def bucket_name(at: str, wanted: Wanted) -> str:
    """A bucket under its bar: as short as the period lets it be."""
    if "T" in at:
        return at[11:13]
    if wanted.step == "month":
        return at[2:7]
    kind = wanted.period.kind if isinstance(wanted.period, Period) else wanted.period
    if kind is Kind.WEEK:
        return f"{weekday(date.fromisoformat(at))} {at[5:]}"
    return at[8:] if kind is Kind.MONTH else at[5:]


def income_chart(income: Income, wanted: Wanted) -> ChartData:
    """Income by hour, day or month; what it is compared with as marks."""
    before = None
    if wanted.against is not Against.NONE:
        before = tuple(row.gross_fen / 100 for row in income.rows_before)
    return ChartData(
        names=tuple(bucket_name(row.at, wanted) for row in income.rows),
        values=tuple(row.gross_fen / 100 for row in income.rows[: income.elapsed]),
        label=_("Income"),
        before=before,
        before_label=wanted.against.label,
        full=lambda value: f"¥{value:,.2f}",
        look="money",
    )


def bucket_rows(income: Income, wanted: Wanted) -> Iterator[BucketRow]:
    """The buckets as rows, each beside the bucket that it is compared with."""
    for place, row in enumerate(income.rows):
        known = place < len(income.rows_before)
        before = income.rows_before[place].gross_fen if known else None
        grown = (row.gross_fen - before) / before if before else None
        yield BucketRow(
            row.at,
            _in_table(row.at),
            row.orders,
            row.gross_fen,
            before,
            grown,
            row.customers,
            row.new_customers,
            row.tips_fen,
            row.studio_fen,
        )


def _in_table(at: str) -> str:
    if "T" in at:
        return f"{datetime.fromisoformat(at):%H:00}"
    return f"{at[5:]} {weekday(date.fromisoformat(at))}" if len(at) == len("2026-09-21") else at


def totals(income: Income) -> Content:
    """The sums of the period, each against what it is compared with, and the goal."""
    now, before = income.total, income.total_before
    parts = []
    for label, name in _TOTALS:
        value = getattr(now, name)
        if value is None or (not value and name in _LEFT_OUT_WHERE_NONE):
            continue
        text = f"¥{yuan(value)}" if name.endswith("_fen") else f"{value:,}"
        grown = change(value, getattr(before, name) or 0) if before else ""
        against = f" ({grown})" if grown else ""
        parts.append(Content.assemble(_(label), " ", (text, "bold"), (against, "$text-muted")))
    if income.target_fen:
        reached = f"{now.gross_fen / income.target_fen:.0%}"
        parts.append(
            Content.assemble(_("Goal"), f" ¥{yuan(income.target_fen)} ", (reached, "bold"))
        )
    return Content("   ").join(parts)


_TOTALS = (
    (N_("Income"), "gross_fen"),
    (N_("Orders"), "orders"),
    (N_("Customers"), "customers"),
    (N_("New"), "new_customers"),
    (N_("Tips"), "tips_fen"),
    (N_("Studio"), "studio_fen"),
    (N_("Companions"), "companion_fen"),
    (N_("Refunds"), "refunds_fen"),
)
_LEFT_OUT_WHERE_NONE = frozenset({"refunds_fen", "tips_fen"})


def _columns() -> tuple[Shown, ...]:
    return (
        board.words("at", _("When"), lambda row: row.name, 7, most=12),
        board.number("orders", _("Orders"), 6),
        board.money("gross", _("Income"), 11),
        board.growth("growth", _("Growth"), 7),
        board.money("gross_before", _("Before"), 11, priority=5),
        board.number("customers", _("Customers"), 9, priority=3),
        board.number("new_customers", _("New"), 4, priority=2),
        board.money("tips", _("Tips"), 9, priority=4),
        board.money("studio", _("Studio"), 10, priority=6),
    )
