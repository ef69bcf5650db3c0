"""Periods of business days, what they are compared with, and the buckets they fall into (N11).

Everything counts in business days: a week is seven of them from Monday, a month those whose dates
are in it, and an hour is one of the store's wall clock, which daylight saving may leave out or
give twice.
"""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Literal

import polars as pl

from crm_tui.core.clock import BusinessCalendar

Step = Literal["day", "hour", "week", "month"]
"""How finely income is told."""

Compare = Literal["none", "previous", "last_week", "last_year"]
"""What a period is compared with; see :meth:`Period.compared`."""

_WEEK = timedelta(days=7)
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Period:
    """The business days from ``first`` to ``last``, both in."""

    first: date
    last: date

    @property
    def days(self) -> int:
        """How many business days it has."""
        return (self.last - self.first).days + 1

    def before(self) -> Period:
        """What this period follows.

        A month, or its days so far, follows the same days of the month before; anything else as
        many days just before it, a single day the day before.
        """
        if self.days > 1 and self.first.day == 1 and self.first == self.last.replace(day=1):
            month = (self.first - _DAY).replace(day=1)
            whole = self.last.day == _days_of(self.last)
            day = _days_of(month) if whole else min(self.last.day, _days_of(month))
            return Period(month, month.replace(day=day))
        length = self.last - self.first + _DAY
        return Period(self.first - length, self.last - length)

    def compared(self, how: Compare) -> Period | None:
        """What it is compared with: the period before, the same days a week before, or the same
        dates a year before (29 February with the 28th). None for ``none``, and where the calendar
        has no such days."""
        if how == "none":
            return None
        try:
            if how == "previous":
                return self.before()
            if how == "last_week":
                return Period(self.first - _WEEK, self.last - _WEEK)
            return Period(_year_before(self.first), _year_before(self.last))
        except (OverflowError, ValueError):
            return None

    def parted(self) -> tuple[Period | None, tuple[Period, ...]]:
        """The business months that lie in it whole (None without one), and the days that do not,
        before and after them."""
        begun, ends = self.first.day > 1, self.last.day == _days_of(self.last)
        months = _month_number(self.first) + begun, _month_number(self.last) - (not ends)
        if months[0] > months[1]:
            return None, (self,)
        first, last = (date(number // 12, number % 12 + 1, 1) for number in months)
        last = last.replace(day=_days_of(last))
        before = [Period(self.first, first - _DAY)] if self.first < first else []
        after = [Period(last + _DAY, self.last)] if last < self.last else []
        return Period(first, last), (*before, *after)

    def holds(self, day: date) -> bool:
        """Whether ``day`` is one of its days."""
        return self.first <= day <= self.last


EVER = Period(date(1970, 1, 1), date(9999, 12, 31))
"""All business days."""


def same_moment(calendar: BusinessCalendar, now: datetime, days: int) -> datetime:
    """The instant that is as far into its business day, on the wall clock, as ``now`` is, and
    ``days`` days before: up to there a running period is compared."""
    wall = calendar.local(now).replace(tzinfo=None)
    return calendar.from_local(wall - timedelta(days=days))


def bucket(step: Step, calendar: BusinessCalendar) -> pl.Expr:
    """Where a row with ``day`` and ``at`` falls: its business day, the Monday of its week, the
    first of its month, or the hour of the store's wall clock in which it lies (aware)."""
    if step == "hour":
        return pl.col("at").dt.convert_time_zone(str(calendar.zone)).dt.truncate("1h")
    day = pl.col("day")
    if step == "day":
        return day
    return day.dt.truncate("1w" if step == "week" else "1mo")


def buckets(calendar: BusinessCalendar, period: Period, step: Step) -> pl.Series:
    """Every bucket of ``period`` in order, named ``bucket``; also those that it holds in part."""
    if step == "hour":
        begins, ends = calendar.bounds(period.first, period.last)
        count = (ends - begins) // timedelta(hours=1)
        instants = [begins + timedelta(hours=hour) for hour in range(count)]
        instants.append(ends - timedelta(microseconds=1))
        told = pl.DataFrame({"at": pl.Series(instants, dtype=pl.Datetime("us", "UTC"))})
    else:
        days = [period.first + timedelta(days=ahead) for ahead in range(period.days)]
        told = pl.DataFrame({"day": pl.Series(days, dtype=pl.Date)})
    fallen = told.select(bucket(step, calendar).alias("bucket"))
    return fallen.unique(maintain_order=True).to_series()


def has_begun(at: Any, calendar: BusinessCalendar, now: datetime) -> bool:
    """Whether the bucket ``at`` has begun by ``now``."""
    return bool(at <= (now if isinstance(at, datetime) else calendar.day_of(now)))


def label(at: Any, step: Step) -> str:
    """A bucket in a document: ``2026-09-21``, ``2026-W39``, ``2026-09``,
    ``2026-09-21T20:00+08:00``."""
    if step == "month":
        return f"{at:%Y-%m}"
    if step == "week":
        year, week, _ = at.isocalendar()
        return f"{year}-W{week:02}"
    return at.isoformat(timespec="minutes") if isinstance(at, datetime) else str(at.isoformat())


def span_of(at: str, period: Period) -> Period:
    """The days of ``period`` in the bucket labelled ``at``; of an hour, its whole period.

    Raises ``ValueError`` for what is no label.
    """
    if "T" in at:
        return period
    if "W" in at:
        first = date.fromisocalendar(int(at[:4]), int(at[6:]), 1)
        last = first + _WEEK - _DAY
    elif len(at) == len("2026-09"):
        first = date.fromisoformat(f"{at}-01")
        last = first.replace(day=_days_of(first))
    else:
        first = last = date.fromisoformat(at)
    return Period(max(first, period.first), min(last, period.last))


def _year_before(day: date) -> date:
    leap = day.month == 2 and day.day == 29
    return day.replace(year=day.year - 1, day=28 if leap else day.day)


def _month_number(day: date) -> int:
    return day.year * 12 + day.month - 1


def _days_of(day: date) -> int:
    return monthrange(day.year, day.month)[1]
