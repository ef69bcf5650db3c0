"""What the figures screen reads, and how it is put into charts, lines and cells."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from textual.content import Content

from crm_tui.core.language import _
from crm_tui.core.money import yuan
from crm_tui.screens.figures_period import Kind, Period, weekday
from crm_tui.widgets.chart import ChartData, change, hbar
from crm_tui.widgets.record_table import Column
from crm_tui.widgets.text import Cell, shown

if TYPE_CHECKING:
    from crm_tui.services.figures.reads import CompanionRow, HourRow, RevenueRow
    from crm_tui.services.orders.rows import OrderRow
    from crm_tui.storage.store import ReadWork

BAR_CELLS = 12


@dataclass(frozen=True, slots=True)
class Reading:
    """The figures of ``period`` and of the one before it, read at ``at``.

    ``elapsed`` of the rows have begun: totals are compared over as many.
    """

    period: Period
    before: Period
    at: datetime
    elapsed: int
    rows: tuple[RevenueRow, ...]
    rows_before: tuple[RevenueRow, ...]
    hours: tuple[HourRow, ...]
    hours_before: tuple[HourRow, ...]
    companions: tuple[CompanionRow, ...]


def read_figures(wanted: Period | Kind, work: ReadWork) -> Reading:
    """Everything that the screen shows, on a worker thread; a kind means the running period."""
    from crm_tui.services.figures import reads

    today = reads.today(work)
    period = Period.around(wanted, today) if isinstance(wanted, Kind) else wanted
    before = period.moved(-1)
    if period.kind is Kind.OWN:
        compared = reads.Period(period.first, period.last).before()
        before = Period(Kind.OWN, compared.first, compared.last)
    now = work.clock.now()
    rows = reads.revenue(work, period.first, period.last, period.step).rows
    return Reading(
        period,
        before,
        now,
        sum(_has_begun(row.at, now, today) for row in rows),
        rows,
        reads.revenue(work, before.first, before.last, period.step).rows,
        tuple(reads.hours(work, period.first, period.last)),
        tuple(reads.hours(work, before.first, before.last)),
        tuple(reads.companions(work, period.first, period.last)),
    )


def _has_begun(at: str, now: datetime, today: date) -> bool:
    if len(at) > len("2026-09-21"):
        return datetime.fromisoformat(at) <= now
    return at <= f"{today}"[: len(at)]


def read_behind(
    days: tuple[date, date], at: str, companion_id: int | None, work: ReadWork
) -> list[OrderRow]:
    """The orders behind a figure: completed in ``days``, in the hour ``at`` where it is one."""
    from crm_tui.services.orders import reads

    start, end = work.calendar().bounds(*days)
    if len(at) > len("2026-09-21"):
        start = datetime.fromisoformat(at)
        end = start + timedelta(hours=1)
    return reads.completed_between(work, start, end, companion_id)


def days_of(row_at: str, period: Period) -> tuple[date, date]:
    """The business days of the bar ``row_at``."""
    if len(row_at) == len("2026-09"):
        return _both(Period.around(Kind.MONTH, date.fromisoformat(f"{row_at}-01")))
    if len(row_at) == len("2026-09-21"):
        day = date.fromisoformat(row_at)
        return day, day
    return _both(period)


def _both(period: Period) -> tuple[date, date]:
    return period.first, period.last


def income_chart(reading: Reading) -> ChartData:
    """Income by hour, day or month, the period before behind it."""
    return ChartData(
        names=tuple(_bar_name(row.at, reading.period) for row in reading.rows),
        values=tuple(row.gross_fen / 100 for row in reading.rows[: reading.elapsed]),
        label=_("Income"),
        before=tuple(row.gross_fen / 100 for row in reading.rows_before),
        before_label=_("period before"),
        full=lambda value: f"¥{value:,.2f}",
    )


def hours_chart(reading: Reading) -> ChartData:
    """Completed orders by the hour of the day."""
    return ChartData(
        names=tuple(str(row.hour) for row in reading.hours),
        values=tuple(float(row.orders) for row in reading.hours),
        label=_("Orders by hour"),
        before=tuple(float(row.orders) for row in reading.hours_before),
        before_label=_("before"),
    )


def _bar_name(at: str, period: Period) -> str:
    if period.step == "hour":
        return at[11:13]
    if period.step == "month":
        return at[2:7]
    if period.kind is Kind.WEEK:
        return f"{weekday(date.fromisoformat(at))} {at[5:]}"
    return at[8:] if period.kind is Kind.MONTH else at[5:]


def totals(reading: Reading) -> Content:
    """The period's sums, each against as much of the period before."""
    rows, earlier = reading.rows, reading.rows_before[: reading.elapsed]

    def figure(label: str, name: str, *, money: bool = False) -> Content:
        value = sum(getattr(row, name) for row in rows)
        before = sum(getattr(row, name) for row in earlier)
        text = f"¥{yuan(value)}" if money else f"{value:,}"
        against = f" ({change(value, before)})" if before else ""
        return Content.assemble(label, " ", (text, "bold"), (against, "$text-muted"))

    parts = [
        figure(_("Income"), "gross_fen", money=True),
        figure(_("Orders"), "orders"),
        figure(_("New customers"), "new_customers"),
        figure(_("Tips"), "tips_fen", money=True),
        figure(_("Studio"), "studio_fen", money=True),
        figure(_("Companions"), "companion_fen", money=True),
    ]
    if any(row.refunds_fen for row in rows):
        parts.append(figure(_("Refunds"), "refunds_fen", money=True))
    return Content("   ").join(parts)


def heading(reading: Reading) -> Content:
    """Which period, and which one it is compared with."""
    against = _("against {period}").format(period=reading.before.title())
    return Content.assemble((reading.period.title(), "bold"), (f"  {against}", "$text-muted"))


def leader_columns() -> tuple[Column, ...]:
    """The leaderboard's columns, in the language in force."""
    return (
        Column("companion", _("Companion"), 9, grow=2, most=20),
        Column("orders", _("Orders"), 6, align="right"),
        Column("gross", _("Income"), 10, align="right"),
        Column("hours", _("Hours"), 6, align="right", priority=2),
        Column("rating", _("Rating"), 6, align="right", priority=1),
        Column("again", _("Again"), 5, align="right", priority=4),
        Column("accepts", _("Accepts"), 7, align="right", priority=5),
        Column("bar", "", BAR_CELLS, priority=3),
    )


def leader_cells(row: CompanionRow, most: int) -> tuple[Cell, ...]:
    """What :func:`leader_columns` name; ``most`` is the greatest number of orders."""
    accepts = row.acceptance_rate
    return (
        shown(row.companion),
        str(row.orders),
        yuan(row.gross_fen),
        f"{row.minutes / 60:,.1f}",
        "-" if row.rating is None else f"{row.rating:.2f}",
        f"{row.repurchase_rate:.0%}",
        "-" if accepts is None else f"{accepts:.0%}",
        hbar(row.orders, most, BAR_CELLS),
    )
