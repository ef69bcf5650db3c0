"""Time: instants are aware UTC datetimes; days are the studio's business days.

Only the unit of work hands out a clock. Nothing else in the code asks for the time.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Clock(Protocol):
    """Whatever can say what time it is, in UTC."""

    def now(self) -> datetime:
        """The present instant, aware, UTC."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """The present instant, aware, UTC, to the microsecond."""
        return datetime.now(UTC)


@dataclass
class FixedClock:
    """A clock that stands until it is moved: for tests, demo data and simulation."""

    instant: datetime

    def now(self) -> datetime:
        """The instant it was last set to."""
        return self.instant

    def advance(self, by: timedelta) -> None:
        """Move the clock on by ``by``."""
        self.instant += by


FIRST_DAY, LAST_DAY = date(1970, 1, 1), date(9998, 12, 31)
"""The days that can be asked for: near the calendar's ends a business day is no longer two
instants, and there is nothing to compare it with."""


def to_micros(instant: datetime) -> int:
    """Microseconds since 1970 UTC, exactly. Raises ``ValueError`` for a naive datetime."""
    if instant.tzinfo is None:
        raise ValueError("an instant needs a time zone")
    return (instant - EPOCH) // timedelta(microseconds=1)


def from_micros(micros: int) -> datetime:
    """The aware UTC datetime of ``micros`` microseconds since 1970."""
    return EPOCH + timedelta(microseconds=micros)


@dataclass(frozen=True, slots=True)
class BusinessCalendar:
    """Days that begin when the studio's do, in the store's time zone (N11).

    The business day of 2026-09-21 with a start of 06:00 runs from 2026-09-21T06:00 to
    2026-09-22T06:00 on the local clock, whatever daylight saving does in between.
    """

    zone: ZoneInfo
    day_start: time

    def local(self, instant: datetime) -> datetime:
        """``instant`` on the store's wall clock."""
        return instant.astimezone(self.zone)

    def from_local(self, wall: datetime) -> datetime:
        """The instant at which the store's wall clock shows ``wall`` (naive)."""
        return wall.replace(tzinfo=self.zone).astimezone(UTC)

    def day_of(self, instant: datetime) -> date:
        """The business day that ``instant`` belongs to."""
        wall = self.local(instant)
        return wall.date() if wall.time() >= self.day_start else wall.date() - timedelta(days=1)

    def starts(self, day: date) -> datetime:
        """The first instant of business day ``day``, in UTC."""
        return self.from_local(datetime.combine(day, self.day_start))

    def bounds(self, first: date, last: date) -> tuple[datetime, datetime]:
        """``[start of first, end of last)`` in UTC, for the days ``first`` to ``last``, both in."""
        return self.starts(first), self.starts(last + timedelta(days=1))
