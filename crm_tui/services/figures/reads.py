"""The figures as screens and commands show them. Days are business days (N11), money is fen."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import polars as pl

from crm_tui.models import STUDIO
from crm_tui.services.figures import load, measures
from crm_tui.services.figures.measures import Step
from crm_tui.storage.store import ReadWork


@dataclass(frozen=True, slots=True)
class Period:
    """The business days from ``first`` to ``last``, both in."""

    first: date
    last: date

    def before(self) -> Period:
        """What this period is compared with.

        A month, or its days so far, with the same days of the month before; anything else with as
        many days just before it.
        """
        if self.first.day == 1 and self.first.replace(day=1) == self.last.replace(day=1):
            month = (self.first - timedelta(days=1)).replace(day=1)
            whole = self.last.day == _days_of(self.last)
            day = _days_of(month) if whole else min(self.last.day, _days_of(month))
            return Period(month, month.replace(day=day))
        length = self.last - self.first + timedelta(days=1)
        return Period(self.first - length, self.last - length)


@dataclass(frozen=True, slots=True)
class RevenueRow:
    """Income of one day, hour or month; see :func:`.measures.revenue` for the formulas.

    ``at``: ``2026-09-21``, ``2026-09-21T20:00+08:00``, ``2026-09``; empty in a total.
    """

    at: str
    orders: int
    gross_fen: int
    tips_fen: int
    studio_fen: int
    companion_fen: int
    refunds_fen: int
    customers: int
    new_customers: int


@dataclass(frozen=True, slots=True)
class Revenue:
    """Income over a period: a row for every bucket of it, and the whole."""

    period: Period
    step: Step
    rows: tuple[RevenueRow, ...]
    total: RevenueRow


@dataclass(frozen=True, slots=True)
class HourRow:
    """Orders and income of one hour of the day (0…23) over a period."""

    hour: int
    orders: int
    gross_fen: int
    tips_fen: int


@dataclass(frozen=True, slots=True)
class CompanionRow:
    """A companion's place on the leaderboard; see :func:`.measures.companions`."""

    companion_id: int
    companion: str
    orders: int
    minutes: int
    gross_fen: int
    share_fen: int
    tips_fen: int
    rating: float | None
    ratings: int
    repurchase_rate: float
    average_fen: int
    acceptance_rate: float | None


@dataclass(frozen=True, slots=True)
class ChannelRow:
    """What a channel brought; see :func:`.measures.channels`."""

    channel: str
    customers: int
    new_customers: int
    repurchase_rate: float
    orders: int
    gross_fen: int
    average_fen: int


@dataclass(frozen=True, slots=True)
class CohortRow:
    """Customers of a month's cohort who ordered ``month`` months after; see
    :func:`.measures.cohorts`."""

    cohort: str
    month: int
    customers: int
    size: int
    rate: float


def today(work: ReadWork, store_id: int | None = None) -> date:
    """The business day that is running."""
    return work.calendar(store_id or STUDIO).day_of(work.clock.now())


def revenue(
    work: ReadWork, first: date, last: date, by: Step = "day", store_id: int | None = None
) -> Revenue:
    """Income of the business days ``first`` to ``last``, of one store or all."""
    calendar = work.calendar(store_id or STUDIO)
    lines = load.lines(work, first, last, store_id)
    books = load.books(work, first, last, store_id)
    rows = measures.revenue(lines, books, calendar, first, last, by)
    whole = measures.total(lines, books)
    told, total = pl.collect_all([rows, whole])
    return Revenue(
        Period(first, last),
        by,
        tuple(RevenueRow(_label(at, by), *figures) for at, *figures in told.iter_rows()),
        RevenueRow("", *total.row(0)),
    )


def hours(work: ReadWork, first: date, last: date, store_id: int | None = None) -> list[HourRow]:
    """Orders and income by the hour of the day, 24 rows from the beginning of the day."""
    lines = load.lines(work, first, last, store_id)
    told = measures.hours(lines, work.calendar(store_id or STUDIO)).collect()
    return [HourRow(**row) for row in told.iter_rows(named=True)]


def companions(
    work: ReadWork, first: date, last: date, store_id: int | None = None
) -> list[CompanionRow]:
    """The leaderboard: most orders first, equals by nickname."""
    lines, offers, shares = (
        each(work, first, last, store_id) for each in (load.lines, load.offers, load.shares)
    )
    told = measures.companions(lines, offers, shares).collect()
    nicks = load.nicks(work)
    rows = [
        CompanionRow(companion=nicks[row["companion_id"]], **row)
        for row in told.iter_rows(named=True)
    ]
    return sorted(rows, key=lambda row: (-row.orders, row.companion, row.companion_id))


def channels(
    work: ReadWork, first: date, last: date, store_id: int | None = None
) -> list[ChannelRow]:
    """What each channel's customers brought in the period, most income first."""
    told = measures.channels(load.lines(work, first, last, store_id)).collect()
    return [ChannelRow(**row) for row in told.iter_rows(named=True)]


def cohorts(work: ReadWork, store_id: int | None = None) -> list[CohortRow]:
    """Who came back, by the month of the first order, over the whole history."""
    last = today(work, store_id)
    told = measures.cohorts(
        load.lines(work, date(2000, 1, 1), last, store_id), work.calendar(store_id or STUDIO)
    ).collect()
    return [
        CohortRow(**{**row, "cohort": _label(row["cohort"], "month")})
        for row in told.iter_rows(named=True)
    ]


def _label(at: Any, step: Step) -> str:
    if step == "month":
        return f"{at:%Y-%m}"
    return at.isoformat(timespec="minutes") if isinstance(at, datetime) else str(at.isoformat())


def _days_of(day: date) -> int:
    return monthrange(day.year, day.month)[1]
