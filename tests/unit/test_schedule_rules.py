"""Hours of a week: read as people write them, and as windows of real time."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm_tui.core.clock import BusinessCalendar
from crm_tui.core.errors import Invalid
from crm_tui.core.language import set_language
from crm_tui.services.companions.schedule_rules import (
    DAY,
    DayHours,
    Stretch,
    dates_of,
    standing,
    wall_clock,
    windows_of,
)
from crm_tui.services.companions.schedule_words import read_hours, read_week, week_in_words

ZONES = ("Asia/Shanghai", "America/New_York", "Europe/Berlin", "Australia/Lord_Howe")
EVENING = ((0, 18, 26), (1, 18, 26), (2, 18, 26), (3, 18, 26), (4, 18, 26))


@pytest.mark.parametrize(
    ("text", "hours"),
    [
        ("周一至周五 18:00-02:00", EVENING),
        ("Mon-Fri 18:00-02:00; Wed off; Wed 18-26", EVENING),
        ("工作日：晚6点到次日2点", EVENING),
        ("Mon-Fri 18:00-02:00; Sat,Sun 12:00-03:00", (*EVENING, (5, 12, 27), (6, 12, 27))),
        ("周六、日全天", ((5, 0, 24), (6, 0, 24))),
        ("周一三五 晚上8点-11点", ((0, 20, 23), (2, 20, 23), (4, 20, 23))),
        ("每天 20-24，周一休", tuple((day, 20, 24) for day in range(1, 7))),
        ("Fri-Mon 8pm-2am", ((0, 20, 26), (4, 20, 26), (5, 20, 26), (6, 20, 26))),
        ("monday 10:00-12:00, 14:30-18:00", ((0, 10, 12), (0, 14.5, 18))),
        ("", ()),
    ],
)
def test_a_week_is_read(text: str, hours: tuple[tuple[int, float, float], ...]) -> None:
    assert read_week(text) == tuple((day, 60 * begin, 60 * end) for day, begin, end in hours)


@pytest.mark.parametrize(
    "text", ["周一", "whenever", "18:00", "daily off", "mon 9-12, 11-14", "mon 25:70-3", "8d 1-2"]
)
def test_what_is_no_week_is_said(text: str) -> None:
    with pytest.raises(Invalid) as told:
        read_week(text)
    assert "Works" in told.value.message()


def test_the_hours_of_one_day_are_read() -> None:
    assert read_hours("18:00-02:00") == read_hours("晚6点至2点") == (1080, 1560)
    assert read_hours("off") is read_hours("休") is None
    for text in ("", "mon 1-2", "1-2, 3-4"):
        with pytest.raises(Invalid):
            read_hours(text)


def _stretch(day: int, starts: int, length: int) -> Stretch:
    return Stretch(day, starts * 15, starts * 15 + length * 15)


stretches = st.builds(_stretch, st.integers(0, 6), st.integers(0, 95), st.integers(1, 96))
weeks = st.dictionaries(st.integers(0, 6), stretches).map(
    lambda days: tuple(sorted(each._replace(weekday=day) for day, each in days.items()))
)


@given(weeks, st.sampled_from(["en", "zh"]))
def test_what_is_said_of_a_week_reads_back(week: tuple[Stretch, ...], language: str) -> None:
    set_language(language)
    assert read_week(week_in_words(week)) == week


@given(
    st.lists(stretches, max_size=12),
    st.sampled_from(ZONES),
    st.integers(0, 270 * 24 * 60),
    st.booleans(),
)
def test_windows_never_overlap_and_cover_what_the_wall_clock_says(
    week: list[Stretch], zone: str, minutes: int, off: bool
) -> None:
    calendar = BusinessCalendar(ZoneInfo(zone), time(6))
    now = datetime(2026, 3, 1, tzinfo=UTC) + timedelta(minutes=minutes)
    first, last = now - timedelta(hours=30), now + timedelta(hours=30)
    today = calendar.local(now).date()
    others = {(1, today): DayHours(today)} if off else {}
    dates = dates_of(calendar, first, last)
    found = windows_of(((1, each) for each in week), others, wall_clock(calendar), dates)
    windows = found.get(1, [])
    assert all(begin < end for begin, end in windows)
    assert all(before[1] < after[0] for before, after in pairwise(windows))
    for hours in range(-29, 30, 3):
        instant = now + timedelta(hours=hours, seconds=1)
        if _changes_near(calendar, instant):
            continue
        covered = any(begin <= instant < end for begin, end in windows)
        assert covered == _says(calendar, week, instant, today if off else None)


def _changes_near(calendar: BusinessCalendar, instant: datetime) -> bool:
    """The clocks change within a day, so that a wall clock may show a time twice or never."""
    around = (calendar.local(instant + timedelta(days=days)) for days in (-2, 2))
    return len({each.utcoffset() for each in around}) > 1


def _says(
    calendar: BusinessCalendar, week: list[Stretch], instant: datetime, off: date | None
) -> bool:
    wall = calendar.local(instant)
    minute = wall.hour * 60 + wall.minute
    days = ((wall.date(), minute), (wall.date() - timedelta(days=1), minute + DAY))
    return any(
        each.weekday == day.weekday() and each.starts <= at < each.ends and day != off
        for each in week
        for day, at in days
    )


def test_an_hour_that_the_clocks_leave_out_or_repeat() -> None:
    """In New York 2026-03-08 has no 02:30, and 2026-11-01 has two of 01:30."""
    calendar = BusinessCalendar(ZoneInfo("America/New_York"), time(6))

    def hours(day: date, starts: int, ends: int) -> list[float]:
        week = [(1, Stretch(day.weekday(), starts * 60, ends * 60))]
        windows = windows_of(week, {}, wall_clock(calendar), [day]).get(1, [])
        return [(end - begin) / timedelta(hours=1) for begin, end in windows]

    spring, autumn = date(2026, 3, 8), date(2026, 11, 1)
    assert (hours(spring, 0, 6), hours(autumn, 0, 6)) == ([5], [7])
    assert hours(spring, 2, 3) == []


def test_where_somebody_stands() -> None:
    noon = datetime(2026, 9, 21, 12, tzinfo=UTC)
    hour = timedelta(hours=1)
    windows = [(noon - hour, noon + hour), (noon + 5 * hour, noon + 6 * hour)]
    assert (standing(windows, noon).until, standing(windows, noon).next_at) == (
        noon + hour,
        noon + 5 * hour,
    )
    after = standing(windows, noon + hour)
    assert (after.works, after.until, after.next_at) == (False, None, noon + 5 * hour)
    assert not standing([], noon).works
