"""When a schedule falls due: pure arithmetic on the studio's wall clock."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from crm_tui.core.clock import BusinessCalendar
from crm_tui.core.words import Cadence

FIRST_TRY_AGAIN = timedelta(minutes=1)
LONGEST_WAIT = timedelta(hours=1)
_DAYS_BACK = {Cadence.DAILY: 2, Cadence.WEEKLY: 8, Cadence.MONTHLY: 32}
"""Among so many days there is one on which it falls due before any moment of the last."""


@dataclass(frozen=True, slots=True)
class Timetable:
    """Every day, every week or every month at a time of the wall clock.

    ``day``: weekly 1 (Monday) to 7; monthly 1 to 31, where a shorter month's last day stands for
    one that it has not; daily 0. Where the clocks jump over ``at``, it falls due as if they had
    not; where they show it twice, at the first.
    """

    cadence: Cadence
    day: int
    at: time

    def falls_on(self, day: date) -> bool:
        """Whether it falls due on this date of the calendar.

        >>> Timetable(Cadence.MONTHLY, 31, time(9)).falls_on(date(2026, 2, 28))
        True
        """
        if self.cadence is Cadence.WEEKLY:
            return day.isoweekday() == self.day
        if self.cadence is Cadence.MONTHLY:
            return day.day == min(self.day, monthrange(day.year, day.month)[1])
        return True

    def latest(self, now: datetime, calendar: BusinessCalendar) -> datetime:
        """The last time that it fell due, at ``now`` or before (UTC)."""
        return self._due(now, calendar, -1)

    def following(self, now: datetime, calendar: BusinessCalendar) -> datetime:
        """The first time that it falls due after ``now`` (UTC)."""
        return self._due(now, calendar, 1)

    def _due(self, now: datetime, calendar: BusinessCalendar, step: int) -> datetime:
        today = calendar.local(now).date()
        for days in range(_DAYS_BACK[self.cadence] + 1):
            day = today + timedelta(days=step * days)
            instant = calendar.from_local(datetime.combine(day, self.at))
            if self.falls_on(day) and (instant <= now if step < 0 else instant > now):
                return instant
        raise AssertionError(self)


def wait_after(attempts: int) -> timedelta:
    """How long to wait after so many failed attempts: twice as long each time, an hour at most.

    >>> [wait_after(n).total_seconds() / 60 for n in (1, 2, 3, 10)]
    [1.0, 2.0, 4.0, 60.0]
    """
    doublings = min(attempts - 1, 10)
    return min(FIRST_TRY_AGAIN * (1 << doublings), LONGEST_WAIT)
