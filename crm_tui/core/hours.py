"""Business hours: when a store is open, and how long that is between two instants.

One span a weekday, on the store's wall clock; it may run past midnight. As text: ``always``,
``10:00-02:00`` for every day, or ``1-5 14:00-02:00, 6-7 10:00-04:00`` with Monday as 1.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from itertools import count
from zoneinfo import ZoneInfo

ALWAYS = "always"
DAYS = 7
_ONE_DAY = timedelta(days=1)

Span = tuple[time, time]
"""From the first time to the second, on the next day where that is not later."""


def parse_hours(text: str) -> tuple[Span | None, ...]:
    """The span of each weekday, Monday first, ``None`` where it is closed; empty: always open.

    Raises ``ValueError`` for a text of another form, and for a weekday that is named twice.
    """
    if text.strip() == ALWAYS:
        return ()
    week: list[Span | None] = [None] * DAYS
    for part in text.split(","):
        *named, span = part.split()
        days = _days(" ".join(named)) if named else range(DAYS)
        opens, _, closes = span.partition("-")
        for day in days:
            if week[day] is not None:
                raise ValueError(text)
            week[day] = time.fromisoformat(opens), time.fromisoformat(closes)
    return tuple(week)


def _days(text: str) -> range:
    """The weekdays of ``2`` or ``1-5``, Monday as 0."""
    first, _, last = text.partition("-")
    days = range(int(first) - 1, int(last or first))
    if not days or days[0] < 0 or days[-1] >= DAYS:
        raise ValueError(text)
    return days


@dataclass(frozen=True, slots=True)
class BusinessHours:
    """When a store is open; without a ``week``, always."""

    zone: ZoneInfo
    week: tuple[Span | None, ...] = ()

    @classmethod
    def of(cls, text: str, zone: ZoneInfo) -> BusinessHours:
        """The hours that ``text`` means in a time zone. Raises ``ValueError``."""
        return cls(zone, parse_hours(text))

    def after(self, start: datetime, span: timedelta) -> datetime:
        """The instant at which the store has been open for ``span`` since ``start`` (UTC)."""
        if not self.week:
            return start + span
        left = span
        for opens, closes in self._open_from(start):
            if closes - opens >= left:
                return opens + left
            left -= closes - opens
        raise AssertionError("a week without an open day")

    def between(self, start: datetime, end: datetime) -> timedelta:
        """How long the store is open in ``[start, end)``; zero where ``end`` is not later."""
        if not self.week:
            return max(end - start, timedelta())
        open_for = timedelta()
        for opens, closes in self._open_from(start):
            if opens >= end:
                break
            open_for += min(closes, end) - opens
        return open_for

    def _open_from(self, start: datetime) -> Iterator[tuple[datetime, datetime]]:
        """The open spans from ``start`` on without end, in UTC, none overlapping another."""
        seen = start
        yesterday = start.astimezone(self.zone).date() - _ONE_DAY
        for day in (yesterday + _ONE_DAY * number for number in count()):
            span = self.week[day.weekday()]
            if span is None:
                continue
            until = day if span[1] > span[0] else day + _ONE_DAY
            opens = max(self._instant(datetime.combine(day, span[0])), seen)
            closes = self._instant(datetime.combine(until, span[1]))
            if closes > opens:
                yield opens, closes
                seen = closes

    def _instant(self, wall: datetime) -> datetime:
        return wall.replace(tzinfo=self.zone).astimezone(UTC)
