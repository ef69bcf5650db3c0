"""When a customer wants to begin, out of how people say it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta

from crm_tui.core.clock import BusinessCalendar
from crm_tui.core.numerals import NUMERALS, digits
from crm_tui.services.imports import times
from crm_tui.services.imports.reasons import BadCell
from crm_tui.services.paste.page import Page, Span
from crm_tui.services.paste.pieces import How, Part, Piece
from crm_tui.services.paste.vocabulary import Lexicon, pattern

_NUMBER = rf"(?:\d{{1,2}}|[{NUMERALS}]{{1,3}})"
_HALVES = {
    "凌晨": "凌晨", "半夜": "晚上", "深夜": "晚上", "夜里": "晚上", "夜": "晚上", "晚上": "晚上",
    "晚": "晚上", "早上": "早上", "早晨": "早上", "清晨": "早上", "早": "早上", "上午": "上午",
    "中午": "中午", "下午": "下午", "傍晚": "傍晚", "am": "am", "pm": "pm",
}  # fmt: skip
"""The halves of a day as people say them, as ``imports.times`` reads them."""
_HALF = "|".join(sorted(_HALVES, key=len, reverse=True))
_DAY = (
    r"(?P<day>(?P<date>\d{4}\s*[-/.年]\s*\d{1,2}\s*[-/.月]\s*\d{1,2}日?)|今天|今日|今儿|今|明天|明日|明儿|明|后天|后|tonight|today|tomorrow(?:\s*night)?"
    r"|(?P<next>下)?个?(?:这|本)?(?:周|星期|礼拜)(?P<weekday>[一二三四五六日天末])"
    r"|\d{1,2}\s*月\s*\d{1,2}\s*[日号]|\d{1,2}[-/.]\d{1,2}(?=\s+\d)|(?P<dom>\d{1,2})\s*[号日])?"
)


def _clock(place: str) -> str:
    """The pattern of a time of day; its groups end in ``place``."""
    return (
        rf"(?P<h{place}>{_NUMBER})\s*(?:点钟|[:点时](?!\s*间))\s*"
        rf"(?P<m{place}>半|一刻|三刻|\d{{1,2}}|[{NUMERALS}]{{1,3}})?(?![个位名小])\s*分?"
        rf"(?P<p{place}>am|pm)?"
    )


_START = re.compile(
    rf"{_DAY}\s*,?\s*(?:at\s*)?(?P<half>{_HALF})?\s*(?:的\s*)?"
    rf"(?:(?P<first>{_NUMBER})\s*(?P<pf>am|pm)?\s*(?:[-~到至—]|to)\s*(?P<half2>{_HALF})?\s*"
    + _clock("2")
    + "|"
    + _clock("")
    + rf"(?:\s*(?:[-~到至—]|to)\s*(?P<half3>{_HALF})?\s*"
    + _clock("3")
    + r")?|(?P<eng>(?<![\d.])\d{1,2})\s*(?P<ep>am|pm)(?![a-z])"
    r"|(?<=at )(?P<at>\d{1,2}))(?![\d小:])"
)
_DAY_ALONE = re.compile(
    rf"(?:今晚|明晚|后晚|(?:今天|明天|后天|tomorrow|(?:下)?(?:周|星期)[一二三四五六日天])(?:{_HALF})?)"
)
"""A day, perhaps with its half, that was named apart from the time."""
_LATER = re.compile(
    rf"(?:过|再过|等)?\s*(?P<span>(?:半|{_NUMBER})\s*个?半?(?:小时|钟头|分钟|分|min(?:ute)?s?|h(?:ou)?rs?))"
    r"\s*(?:以后|之后|后|later)|(?<![a-z])in\s*(?P<eng>\d+\s*(?:min(?:ute)?s?|h(?:ou)?rs?))"
)
_WEEKDAYS = {"一": 0, "二": 1, "三": 2, "四": 3, "五": 4, "六": 5, "末": 5, "日": 6, "天": 6}
_QUARTERS = {"半": 30, "一刻": 15, "三刻": 45}
GRACE = timedelta(minutes=30)
"""A time that has just passed still means today."""
FAR = 300
"""Characters before a time in which its day may have been named."""
LONGEST = 12 * 60
"""Minutes; a longer stretch is not one order."""


@dataclass(frozen=True, slots=True)
class _Wall:
    """A time of day, and whether its half was said."""

    clock: timedelta
    told: bool


def start_of(text: str, now: datetime, calendar: BusinessCalendar) -> datetime | None:
    """The start that ``text`` says and nothing else: an instant, or None for "at once".

    Raises ``ValueError`` where it says none, more than that, or leaves something to suppose
    (``9点`` without morning or evening).
    """
    page = Page(text)
    found = [*read_start(page, page.whole, Lexicon(now, calendar))]
    if len(found) != 1 or not found[0].sure or any(char.isalnum() for char in page.rest):
        raise ValueError(text)
    start: datetime | None = found[0].value
    return start.astimezone(UTC) if start else None


def read_start(page: Page, span: Span, lexicon: Lexicon) -> Iterator[Piece]:
    """Starts, and the minutes where the end was said, too. ``12 min later`` counts from now."""
    for match in page.find(_LATER, span):
        minutes = times.minutes(digits(match["span"] or match["eng"]))
        instant = lexicon.now + timedelta(minutes=minutes or 0)
        page.strike(*match.span())
        yield Piece(Part.START, instant.replace(second=0), *match.span(), How.SAID)
    for match in page.find(_START, span):
        yield from _of_day_before(page, match, lexicon) or _from_match(page, match, lexicon)
    for match in page.find(pattern("at_once"), span):
        page.strike(*match.span())
        yield Piece(Part.START, None, *match.span(), How.SAID)


def _of_day_before(page: Page, match: re.Match[str], lexicon: Lexicon) -> list[Piece]:
    """A time whose day was named apart from it (明天下午有空吗 … 两点开始); never sure."""
    apart = [*_DAY_ALONE.finditer(page.rest, max(match.start() - FAR, 0), match.start())]
    if match["day"] or match["half"] or not apart:
        return []
    day = apart[-1]
    joined = Page(day.group() + match.group().strip(" ,"))
    found = [
        piece
        for together in joined.find(_START, joined.whole)
        if together["day"]  # else the two can't be said together
        for piece in _from_match(joined, together, lexicon)
    ]
    if not found:
        alone = _from_match(page, match, lexicon)
        return [replace(each, how=How.NEXT, sure=False) for each in alone]
    page.strike(*day.span())
    page.strike(*match.span())
    start, end = match.span()
    return [replace(each, start=start, end=end, how=How.NEXT, sure=False) for each in found]


def _from_match(page: Page, match: re.Match[str], lexicon: Lexicon) -> Iterator[Piece]:
    half = _HALVES.get(match["half"] or "", "")
    day = match["day"] or ""
    if "night" in day or (day in ("今", "明", "后") and not half):
        if day in ("今", "明", "后"):
            return
        half = "晚上"
    if match["h"] == "一" and not (half or day or match["m"]):
        return  # 甜一点
    if match["first"]:
        begin = (match["first"], "", match["pf"] or "")
    else:
        begin = (
            match["eng"] or match["at"] or match["h"],
            match["m"] or "",
            match["ep"] or match["p"] or "",
        )
    end = (match["h2"] or match["h3"], match["m2"] or match["m3"] or "")
    try:
        wall = _wall(*begin[:2], begin[2] or half)
    except BadCell:
        return
    named = _day(day, match, lexicon.calendar.day_of(lexicon.now))
    if day and named is None:
        return  # no such day
    instant, sure = _instant(wall, named, lexicon, dated=bool(match["date"]))
    start, stop = match.span()
    start += len(match.group()) - len(match.group().lstrip(" ,"))
    page.strike(start, stop)
    yield Piece(Part.START, instant, start, stop, How.SAID if sure else How.NEXT, sure)
    if end[0]:
        last = _HALVES.get(match["half2"] or match["half3"] or "", "")
        last = match["p2"] or match["p3"] or last or (half if half != "凌晨" else "")
        minutes = _length(wall.clock, _wall(*end, last).clock)
        if 0 < minutes <= LONGEST:
            yield Piece(Part.MINUTES, minutes, start, stop, How.COUNTED)


def _wall(hour: str, minute: str, half: str) -> _Wall:
    """The time of day; in the night an hour after midnight belongs to the day before."""
    h = int(digits(hour))
    m = _QUARTERS.get(minute) if minute in _QUARTERS else int(digits(minute or "0"))
    late = half == "晚上" and (h <= 5 or h == 12)
    read = times.when(
        f"{'' if late else half}{0 if late and h == 12 else h}:{m:02}", times.Dating()
    )
    clock = (read.clock if read else None) or timedelta()
    told = bool(half) or h > 12
    return _Wall(clock + timedelta(days=1) if late else clock, told)


def _length(begin: timedelta, end: timedelta) -> int:
    """Minutes from one time of day to the next such ``end``; half days are taken as meant."""
    while end <= begin:
        end += timedelta(hours=12)
    return (end - begin) // timedelta(minutes=1)


def _instant(
    wall: _Wall, named: date | None, lexicon: Lexicon, *, dated: bool
) -> tuple[datetime, bool]:
    """The instant that is meant, and whether nothing had to be supposed.

    Without a day it is the next such time; a time before the business day begins belongs to its
    end. Where no half of the day was said, the next of both; on a later day the second. A date
    (``dated``) is never moved on.
    """
    calendar, now = lexicon.calendar, lexicon.now
    today = calendar.day_of(now)
    clocks = [wall.clock]
    if not wall.told and wall.clock < timedelta(hours=12):
        clocks.append(wall.clock + timedelta(hours=12))
    day_start = datetime.combine(today, calendar.day_start) - datetime.combine(today, time.min)
    after_midnight = named is None and wall.told and wall.clock < day_start
    choices = [
        calendar.from_local(datetime.combine(named or today, time.min) + clock + timedelta(days=on))
        for on in ((1, 2) if after_midnight else (0, 1))
        for clock in clocks
    ]
    if dated:
        return choices[0], True
    if named is not None and named > today:
        return choices[len(clocks) - 1], wall.told
    ahead = [choice for choice in choices if choice >= now - GRACE] or choices
    return ahead[0], wall.told and ahead[0] == choices[0]


def _day(day: str, match: re.Match[str], today: date) -> date | None:
    """The business day that was named."""
    if not day:
        return None
    if day.startswith(("今", "to")) and not day.startswith("tom"):
        return today
    if day.startswith(("明", "tom")):
        return today + timedelta(days=1)
    if day.startswith("后"):
        return today + timedelta(days=2)
    if weekday := match["weekday"]:
        monday = today - timedelta(days=today.weekday())
        found = monday + timedelta(days=_WEEKDAYS[weekday] + (7 if match["next"] else 0))
        return found if found >= today else found + timedelta(days=7)
    if match["dom"]:
        return _day_of_month(int(match["dom"]), today)
    try:
        read = times.when(day, times.Dating(today=today))
    except BadCell:
        return None
    return read.day if read else None


def _day_of_month(number: int, today: date) -> date | None:
    """The next day of a month with that number."""
    for ahead in range(62):
        candidate = today + timedelta(days=ahead)
        if candidate.day == number:
            return candidate
    return None
