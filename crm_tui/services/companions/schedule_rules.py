"""When a companion works: hours of the week, days on which those do not hold, and the windows of
real time that follow. Pure.

Minutes count from local midnight; an end after 1440 lies in the next day. A stretch belongs to the
day on which it begins, so that a day off leaves the night before it alone.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import NamedTuple

from crm_tui.core.clock import BusinessCalendar

DAY = 1440
"""Minutes of a day; the longest stretch, too."""

Window = tuple[datetime, datetime]
"""From an instant (UTC) up to another, which lies outside."""


class Stretch(NamedTuple):
    """A stretch of the week; ``weekday`` 0 is Monday."""

    weekday: int
    starts: int
    ends: int


@dataclass(frozen=True, slots=True)
class DayHours:
    """The hours of one date of the local calendar in place of the week's; without ``starts`` and
    ``ends`` the companion is off."""

    day: date
    starts: int | None = None
    ends: int | None = None
    reason: str = ""

    @property
    def off(self) -> bool:
        """Whether they do not work on that day at all."""
        return self.starts is None


@dataclass(frozen=True, slots=True)
class Standing:
    """Whether somebody works now, until when, and when the next window begins.

    ``until`` is empty for who does not work now, ``next_at`` where no window begins in the range
    that was looked at.
    """

    works: bool
    until: datetime | None = None
    next_at: datetime | None = None


AROUND_THE_CLOCK = tuple(Stretch(weekday, 0, DAY) for weekday in range(7))
"""The week of somebody without hours: there whenever they say so."""


def windows_of(
    weeks: Iterable[tuple[int, Stretch]],
    others: Mapping[tuple[int, date], DayHours],
    at: Callable[[date, int], datetime],
    dates: Sequence[date],
) -> dict[int, list[Window]]:
    """The windows of everybody that begin on ``dates``: ``weeks`` are (companion, stretch), and
    ``others`` the days on which those do not hold.

    Windows are in order; what overlaps or touches is one. ``at`` is the instant of a minute of a
    local date (:func:`wall_clock`). A stretch that a change of the clocks leaves nothing of is
    none.
    """
    on: dict[int, list[date]] = defaultdict(list)
    for day in dates:
        on[day.weekday()].append(day)
    found: dict[int, list[Window]] = defaultdict(list)
    for who, (weekday, starts, ends) in weeks:
        for day in on[weekday]:
            if (who, day) not in others:
                found[who].append((at(day, starts), at(day, ends)))
    for (who, day), other in others.items():
        if other.starts is not None and other.ends is not None and day in on[day.weekday()]:
            found[who].append((at(day, other.starts), at(day, other.ends)))
    return {who: joined(each) for who, each in found.items()}


def joined(windows: Iterable[Window]) -> list[Window]:
    """The same time in as few windows as can be, in order."""
    whole: list[Window] = []
    for begin, end in sorted(windows):
        if begin >= end:
            continue
        if whole and begin <= whole[-1][1]:
            whole[-1] = (whole[-1][0], max(end, whole[-1][1]))
        else:
            whole.append((begin, end))
    return whole


def dates_of(calendar: BusinessCalendar, first: datetime, last: datetime) -> list[date]:
    """The local dates on which a stretch may begin that reaches into ``[first, last)``."""
    begin = calendar.local(first).date() - timedelta(days=1)
    count = (calendar.local(last).date() - begin).days + 1
    return [begin + timedelta(days=number) for number in range(count)]


def wall_clock(calendar: BusinessCalendar) -> Callable[[date, int], datetime]:
    """The instant (UTC) at which the wall clock shows a minute of a date; each worked out once."""
    known: dict[tuple[date, int], datetime] = {}

    def at(day: date, minute: int) -> datetime:
        instant = known.get((day, minute))
        if instant is None:
            wall = datetime.combine(day, time.min) + timedelta(minutes=minute)
            instant = known[day, minute] = calendar.from_local(wall)
        return instant

    return at


def standing(windows: Iterable[Window], now: datetime) -> Standing:
    """Where ``now`` lies among ``windows``, which are in order and do not overlap."""
    until = next_at = None
    for begin, end in windows:
        if begin <= now < end:
            until = end
        elif begin > now:
            next_at = begin
            break
    return Standing(until is not None, until, next_at)
