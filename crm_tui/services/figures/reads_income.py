"""What the pages of income and the glance show."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import polars as pl

from crm_tui.core.clock import BusinessCalendar
from crm_tui.services.figures import measures_income as measures
from crm_tui.services.figures import sales
from crm_tui.services.figures.copy.frames import Frames
from crm_tui.services.figures.goals import target_for
from crm_tui.services.figures.measures import CUSTOMERS, GROSS, NEW, ORDERS
from crm_tui.services.figures.periods import (
    Compare,
    Period,
    Step,
    buckets,
    has_begun,
    label,
    same_moment,
)
from crm_tui.services.figures.reads import calendar_of, narrowed
from crm_tui.services.figures.reads_anomalies import strange_days
from crm_tui.services.figures.rows import Glance, HourRow, Income, RevenueRow, Sum
from crm_tui.services.figures.scope import EVERYTHING, Narrowed, Scope
from crm_tui.storage.store import ReadWork

GLANCE_DAYS = 14


def income(
    work: ReadWork,
    frames: Frames,
    period: Period,
    step: Step = "day",
    scope: Scope = EVERYTHING,
    compare: Compare = "previous",
) -> Income:
    """Income of ``period`` by bucket, as a whole, and what it is compared with."""
    calendar, now = calendar_of(work, scope), work.clock.now()
    of = narrowed(work, frames, scope, period.last)
    against = period.compared(compare)
    asked = [*_told(of, calendar, period, step)]
    if against is not None:
        asked += _told(of, calendar, against, step)
        asked.append(_until(of, calendar, period, against, now))
    told = pl.collect_all(asked)
    begun = buckets(calendar, period, step)
    return Income(
        period,
        step,
        _rows(told[0], step),
        _total(told[1]),
        sum(has_begun(at, calendar, now) for at in begun),
        against,
        _rows(told[2], step) if against else (),
        _total(told[4]) if against else None,
        _target(work, period, scope),
    )


def hours(
    work: ReadWork, frames: Frames, period: Period, scope: Scope = EVERYTHING
) -> tuple[HourRow, ...]:
    """Orders and income by the hour of the day, 24 rows from the beginning of the day."""
    of = narrowed(work, frames, scope, period.last)
    told = measures.hours(sales.days(of, period), calendar_of(work, scope)).collect()
    return _hours(told)


def glance(work: ReadWork, frames: Frames, scope: Scope = EVERYTHING) -> Glance:
    """The running business day against yesterday and the same weekday of last week, both up to
    the same time; see :class:`Glance`."""
    calendar, now = calendar_of(work, scope), work.clock.now()
    today = calendar.day_of(now)
    of = narrowed(work, frames, scope, today)
    day, last_week = _day(today), _day(today - timedelta(weeks=1))
    days = Period(today - timedelta(days=GLANCE_DAYS - 1), today)
    sums = [
        of.lines(_day(today - timedelta(days=back)))
        .filter(pl.col("at") < same_moment(calendar, now, back))
        .select(ORDERS, GROSS, CUSTOMERS, NEW)
        for back in (0, 1, 7)
    ]
    told = pl.collect_all(
        [
            _by_step(of, calendar, days, "day"),
            measures.hours(sales.days(of, day), calendar),
            measures.hours(sales.days(of, last_week), calendar),
            *sums,
        ]
    )
    return Glance(
        day=today,
        now=now,
        today=Sum(*told[3].row(0)),
        yesterday=Sum(*told[4].row(0)),
        last_week=Sum(*told[5].row(0)),
        target_fen=_target(work, day, scope),
        days=_rows(told[0], "day"),
        hours=_hours(told[1]),
        hours_last_week=_hours(told[2]),
        anomalies=strange_days(work, of, day, calendar),
    )


def _told(
    of: Narrowed, calendar: BusinessCalendar, period: Period, step: Step
) -> tuple[pl.LazyFrame, pl.LazyFrame]:
    whole = measures.total(sales.sales(of, period), of.books(period))
    return _by_step(of, calendar, period, step), whole


def _by_step(of: Narrowed, calendar: BusinessCalendar, period: Period, step: Step) -> pl.LazyFrame:
    sold = (
        sales.days(of, period)
        if step == "day"
        else sales.sales(of, period, sales.by_step(step, calendar))
    )
    return measures.revenue(sold, of.books(period), calendar, period, step)


def _until(
    of: Narrowed, calendar: BusinessCalendar, period: Period, against: Period, now: datetime
) -> pl.LazyFrame:
    """The whole of ``against``, up to where ``period`` has come where it is running. An hour of
    the ledger counts once it has begun."""
    books = of.books(against)
    if not period.holds(calendar.day_of(now)):
        return measures.total(sales.sales(of, against), books)
    begun = pl.col("at") < same_moment(calendar, now, (period.first - against.first).days)
    books = books.filter(begun) if books is not None else None
    return measures.total(sales.counted(of.lines(against).filter(begun), pl.lit(0)), books)


def _target(work: ReadWork, period: Period, scope: Scope) -> int | None:
    if not scope.only_store:
        return None
    target = target_for(work, "gross_fen", period, scope.store_id)
    return None if target is None else round(target)


def _rows(told: pl.DataFrame, step: Step) -> tuple[RevenueRow, ...]:
    return tuple(RevenueRow(label(at, step), *values) for at, *values in told.iter_rows())


def _hours(told: pl.DataFrame) -> tuple[HourRow, ...]:
    return tuple(HourRow(*row) for row in told.iter_rows())


def _total(told: pl.DataFrame) -> RevenueRow:
    return RevenueRow("", *told.row(0))


def _day(day: date) -> Period:
    return Period(day, day)
