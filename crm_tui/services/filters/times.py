"""Days and times as people write them on a filter line, relative to the business day. Pure.

``today 今天``, ``this-week 本周``, ``-30d 30天前``, ``2026-09``, ``9-21``, ``9月21日``, and for
instants also ``20:00``, ``-2h 2小时前`` and ``2026-09-21T18:30``. Weeks begin on Monday.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from crm_tui.core.clock import BusinessCalendar
from crm_tui.core.language import current_language

_SIGNED = re.compile(r"([+-])(\d{1,5})([a-z]+)")
_SAID = re.compile(r"(\d{1,5})个?(分钟|小时|天|日|周|星期|月|年)(以?前|以?后)")
_DATE = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?")
_MONTH = re.compile(r"(\d{4})[-/.年](\d{1,2})月?")
_THIS_YEAR = re.compile(r"(\d{1,2})[-/.月](\d{1,2})日?")
_CLOCK = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)")
_BOTH = re.compile(r"(.+?)[t ]((?:[01]?\d|2[0-3]):[0-5]\d)")
_MINUTES = {"m": 1, "min": 1, "分钟": 1, "h": 60, "小时": 60}
_DAYS = {"d": 1, "天": 1, "日": 1, "w": 7, "周": 7, "星期": 7}
_MONTHS = {"mo": 1, "月": 1, "y": 12, "年": 12}


@dataclass(frozen=True, slots=True)
class Period:
    """From ``first`` to ``last``; ``open`` says that ``last`` itself lies outside."""

    first: Any
    last: Any
    open: bool = False


def _week(today: date, weeks: int) -> tuple[date, date]:
    monday = today - timedelta(days=today.weekday()) + timedelta(weeks=weeks)
    return monday, monday + timedelta(days=6)


def _month(today: date, months: int) -> tuple[date, date]:
    first = _shifted(today.replace(day=1), months)
    return first, first.replace(day=monthrange(first.year, first.month)[1])


def _year(today: date, years: int) -> tuple[date, date]:
    year = today.year + years
    return date(year, 1, 1), date(year, 12, 31)


def _near(today: date, days: int) -> tuple[date, date]:
    day = today + timedelta(days=days)
    return day, day


Span = Callable[[date, int], tuple[date, date]]
NAMED: tuple[tuple[tuple[str, ...], tuple[str, ...], Span, int], ...] = (
    (("today",), ("今天", "今日"), _near, 0),
    (("yesterday",), ("昨天", "昨日"), _near, -1),
    (("tomorrow",), ("明天", "明日"), _near, 1),
    (("this-week", "thisweek"), ("本周", "这周"), _week, 0),
    (("last-week", "lastweek"), ("上周",), _week, -1),
    (("this-month", "thismonth"), ("本月", "这个月"), _month, 0),
    (("last-month", "lastmonth"), ("上月", "上个月"), _month, -1),
    (("this-year", "thisyear"), ("今年",), _year, 0),
    (("last-year", "lastyear"), ("去年",), _year, -1),
    ((), ("前天",), _near, -2),
    ((), ("后天",), _near, 2),
)
"""The words for days, English and Chinese, and which days they are."""
_BY_WORD = {word: (span, step) for english, said, span, step in NAMED for word in (*english, *said)}


def offered() -> list[str]:
    """The words for days in the language in force, and a relative one, for completion."""
    chinese = current_language() == "zh"
    words = [(said if chinese else english)[:1] for english, said, _span, _step in NAMED]
    return [*(word for some in words for word in some), "-7d", "-30d"]


def days(text: str, today: date) -> Period:
    """The days that ``text`` means. Raises ``ValueError``."""
    if text in _BY_WORD:
        span, step = _BY_WORD[text]
        return Period(*span(today, step))
    number, unit = _relative(text)
    if unit in _DAYS:
        return Period(*_near(today, number * _DAYS[unit]))
    if unit in _MONTHS:
        day = _shifted(today, number * _MONTHS[unit])
        return Period(day, day)
    if match := _DATE.fullmatch(text):
        day = date(*map(int, match.groups()))
        return Period(day, day)
    if match := _MONTH.fullmatch(text):
        return Period(*_month(date(int(match.group(1)), int(match.group(2)), 1), 0))
    if match := _THIS_YEAR.fullmatch(text):
        day = date(today.year, int(match.group(1)), int(match.group(2)))
        return Period(day, day)
    raise ValueError(text)


def instants(text: str, now: datetime, calendar: BusinessCalendar) -> Period:
    """The instants that ``text`` means: a business day from its start on, a minute, a point.

    Raises ``ValueError``.
    """
    number, unit = _relative(text)
    if unit in _MINUTES:
        point = now + timedelta(minutes=number * _MINUTES[unit])
        return Period(point, point)
    today = calendar.day_of(now)
    if _CLOCK.fullmatch(text):
        return _minute(today, text, calendar)
    if match := _BOTH.fullmatch(text):
        return _minute(days(match.group(1), today).first, match.group(2), calendar, on_date=True)
    period = days(text, today)
    try:
        return Period(*calendar.bounds(period.first, period.last), open=True)
    except OverflowError as error:
        raise ValueError(text) from error


def _minute(day: date, clock: str, calendar: BusinessCalendar, *, on_date: bool = False) -> Period:
    """A minute of the clock: within business day ``day``, or on that date of the calendar."""
    hour, minute = map(int, clock.split(":"))
    wall = time(hour, minute)
    after_midnight = not on_date and wall < calendar.day_start
    instant = calendar.from_local(datetime.combine(day, wall) + timedelta(days=after_midnight))
    return Period(instant, instant + timedelta(minutes=1), open=True)


def _relative(text: str) -> tuple[int, str]:
    """How far, and in which unit: ``-30d`` and ``30天前`` are (-30, …); no unit where neither."""
    if match := _SIGNED.fullmatch(text):
        sign, number, unit = match.groups()
    elif match := _SAID.fullmatch(text):
        number, unit, direction = match.groups()
        sign = "-" if direction.endswith("前") else "+"
    else:
        return 0, ""
    if unit not in _MINUTES and unit not in _DAYS and unit not in _MONTHS:
        raise ValueError(text)
    return int(sign + number), unit


def _shifted(day: date, months: int) -> date:
    """The same day so many months on, or the last one of a shorter month."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))
