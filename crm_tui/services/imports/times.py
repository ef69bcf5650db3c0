"""Dates, times of day and durations as they come in spreadsheets.

A column may hold a date, a time, or both; :class:`When` is whatever part is known, and parts of
one row are put together by :func:`joined`. Nothing here knows a time zone: the importer turns the
wall clock into an instant with the store's calendar.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache

from crm_tui.core.numerals import digits
from crm_tui.services.imports.cells import Cell, is_blank, text
from crm_tui.services.imports.reasons import BadCell

_SERIAL_ZERO = datetime(1899, 12, 30)  # noqa: DTZ001  (a wall clock)
_SERIALS = (20_000, 80_000)
_EPOCH_SECONDS = (946_684_800, 4_102_444_800)
_NOISE = re.compile(
    r"[(（]?(星期|周|礼拜)[一二三四五六日天1-7][)）]?|(mon|tue|wed|thu|fri|sat|sun)[a-z]*,?"
)
_NUMBER = re.compile(r"\d{5,}(\.\d+)?|0?\.\d+|0")
_MONTHS = {
    m: i
    for i, m in enumerate(
        ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"], 1
    )
}
_SEP = r"\s*[-/.年]\s*"
_DATES = (
    re.compile(rf"(?P<y>\d{{4}}){_SEP}(?P<m>\d{{1,2}})\s*[-/.月]\s*(?P<d>\d{{1,2}})\s*[日号]?"),
    re.compile(r"(?P<y>20\d{2})(?P<m>[01]\d)(?P<d>[0-3]\d)(?!\d)"),
    re.compile(r"(?P<a>\d{1,2})\s*[-/.]\s*(?P<b>\d{1,2})\s*[-/.]\s*(?P<y>\d{4})"),
    re.compile(rf"(?P<y>\d{{2}}){_SEP}(?P<m>\d{{1,2}})\s*[-/.月]\s*(?P<d>\d{{1,2}})\s*[日号]?"),
    re.compile(r"(?P<m>\d{1,2})\s*月\s*(?P<d>\d{1,2})\s*[日号]?"),
    re.compile(r"(?P<m>\d{1,2})\s*[-/.]\s*(?P<d>\d{1,2})(?![\d:])"),
    re.compile(r"(?P<mon>[a-z]{3})[a-z]*\.?\s*(?P<d>\d{1,2})(?:st|nd|rd|th)?,?\s*(?P<y>\d{4})"),
    re.compile(r"(?P<d>\d{1,2})[\s-]*(?P<mon>[a-z]{3})[a-z]*\.?[\s,-]*(?P<y>\d{4}|\d{2})"),
)
_CLOCK = re.compile(
    r"t?\s*(?P<half>上午|下午|晚上|凌晨|中午|早上|傍晚|am|pm)?\s*(?P<h>\d{1,2})\s*(?:[:：时点]|点钟)"
    r"\s*(?P<min>\d{1,2}|半)?\s*分?(?:\s*[:：]?\s*(?P<s>\d{1,2})(?:\.\d+)?\s*秒?)?"
    r"\s*(?P<post>am|pm)?\s*(?P<zone>z|[+-]\d{2}:?\d{2})?"
)
_AFTERNOON = frozenset(("下午", "晚上", "傍晚", "pm"))
_RANGE = re.compile(r"\s+-\s+|\s*(?:~|至|到|→|—+|–|-(?=\s*\d{1,2}\s*[:点时]))\s*")
_SPAN = re.compile(
    r"(?:(?P<h>\d+(?:\.\d+)?)(?:个?小时|个?钟头?|hours?|hrs?|h|时|个?点))?整?"
    r"(?:(?P<m>\d+(?:\.\d+)?)(?:分钟?|minutes?|mins?|m|'|′)?)?整?"
)
_ROUNDS = re.compile(r"(?P<n>\d+)(?:局|把|场|盘|rounds?|games?)")
_LONGEST = 100_000
_CLOCK_SPAN = re.compile(r"(?P<h>\d{1,3}):(?P<m>[0-5]\d)(?::(?P<s>[0-5]\d))?")


@dataclass(frozen=True, slots=True)
class Dating:
    """What a sheet's dates leave unsaid: the year, and whether 3/9/2026 begins with the day.

    Without a year, a day is the last such day up to a month after ``today``.
    """

    year: int | None = None
    day_first: bool = False
    today: date | None = None


@dataclass(frozen=True, slots=True)
class When:
    """As much of a moment as a cell gives. ``clock`` counts from midnight and may pass 24 h."""

    day: date | None = None
    clock: timedelta | None = None
    zone: tzinfo | None = None

    def wall(self) -> datetime | None:
        """The moment on the wall clock, aware only if a zone was named; None without a day."""
        if self.day is None:
            return None
        start = datetime.combine(self.day, time.min, tzinfo=self.zone)
        return start + (self.clock or timedelta())


def joined(first: When | None, second: When | None) -> When | None:
    """One moment out of a date cell and a time cell; what ``second`` says goes before."""
    if first is None or second is None:
        return second or first
    return When(
        second.day or first.day,
        second.clock if second.clock is not None else first.clock,
        second.zone or first.zone,
    )


def when(cell: Cell, dating: Dating) -> When | None:
    """The date, time or both in a cell; None for a blank one. Raises ``bad_date``."""
    if is_blank(cell):
        return None
    if isinstance(cell, datetime):
        return When(cell.date(), _since_midnight(cell.time()), cell.tzinfo)
    if isinstance(cell, date):
        return When(day=cell)
    if isinstance(cell, time):
        return When(clock=_since_midnight(cell))
    if isinstance(cell, timedelta):
        return When(clock=cell)
    if isinstance(cell, (int, float)):
        return _from_number(float(cell))
    return _from_text(cell or "", dating)


def period(cell: Cell, dating: Dating) -> tuple[When | None, When | None]:
    """Start and end, from a cell that may hold one moment or a stretch such as ``21:00-23:00``."""
    if isinstance(cell, str):
        parts = _RANGE.split(unicodedata.normalize("NFKC", cell).strip())
        if len(parts) == 2 and all(parts):
            start = when(parts[0], dating)
            return start, joined(When(day=start.day) if start else None, when(parts[1], dating))
    return when(cell, dating), None


def day_first(texts: list[str]) -> bool:
    """Whether dates such as ``25/9/2026`` show that this sheet writes the day first."""
    found = (_DATES[2].match(unicodedata.normalize("NFKC", shown).strip()) for shown in texts)
    return any(int(match["a"]) > 12 for match in found if match)


def minutes(cell: Cell, unit: str = "") -> int | None:
    """A duration in minutes; ``unit`` is what the header says ("h", "min"), None if blank.

    A bare number without a unit is hours up to 24, minutes above. Raises ``bad_duration``.
    """
    if is_blank(cell) or isinstance(cell, bool):
        return None
    if isinstance(cell, (time, timedelta)):
        span = cell if isinstance(cell, timedelta) else _since_midnight(cell)
        return _half_up(Decimal(span // timedelta(seconds=1)) / 60)
    shown = unicodedata.normalize("NFKC", text(cell)).casefold().replace(" ", "")
    if isinstance(cell, datetime) or not shown or shown.startswith("-"):
        raise BadCell("bad_duration")
    if clock := _CLOCK_SPAN.fullmatch(shown):
        return int(clock["h"]) * 60 + int(clock["m"]) + (int(clock["s"] or 0) >= 30)
    try:
        return _bare_number(Decimal(shown), unit)
    except ArithmeticError:
        return _spelled_out(shown)


def rounds(cell: Cell) -> int | None:
    """The number of rounds in a cell such as ``3局``; None if it does not count rounds."""
    shown = unicodedata.normalize("NFKC", text(cell)).casefold().replace(" ", "")
    match = _ROUNDS.fullmatch(digits(shown))
    return int(match["n"]) if match else None


def _since_midnight(clock: time) -> timedelta:
    return timedelta(hours=clock.hour, minutes=clock.minute, seconds=clock.second)


def _from_number(number: float) -> When:
    if 0 <= number < 1:
        return When(clock=timedelta(seconds=round(number * 86_400)))
    if _SERIALS[0] <= number < _SERIALS[1]:
        wall = _SERIAL_ZERO + timedelta(seconds=round(number * 86_400))
        return When(wall.date(), None if number.is_integer() else _since_midnight(wall.time()))
    if number.is_integer() and 19_000_101 <= number <= 21_001_231:
        return _read(str(int(number)), Dating())
    seconds = number / 1000 if number > _EPOCH_SECONDS[1] else number
    if _EPOCH_SECONDS[0] <= seconds < _EPOCH_SECONDS[1]:
        instant = datetime.fromtimestamp(int(seconds), UTC)
        return When(instant.date(), _since_midnight(instant.time()), UTC)
    raise BadCell("bad_date")


@lru_cache(maxsize=4096)
def _from_text(cell: str, dating: Dating) -> When:
    shown = _NOISE.sub("", unicodedata.normalize("NFKC", cell).casefold()).strip(" `'\t")
    if _NUMBER.fullmatch(shown):
        return _from_number(float(shown))
    return _read(shown, dating)


def _read(shown: str, dating: Dating) -> When:
    for pattern in _DATES:
        match = pattern.match(shown)
        if match:
            rest = shown[match.end() :].strip(" ,")
            day = _day(match.groupdict(), dating)
            if not rest:
                return When(day=day)
            clock = _CLOCK.fullmatch(rest)
            if clock:
                return _clock(clock, day)
    clock = _CLOCK.fullmatch(shown)
    if clock:
        return _clock(clock, None)
    raise BadCell("bad_date")


def _day(parts: dict[str, str | None], dating: Dating) -> date:
    year = int(parts.get("y") or dating.year or (dating.today.year if dating.today else 0))
    if "a" in parts:
        first, second = int(parts["a"] or 0), int(parts["b"] or 0)
        month, day = (second, first) if dating.day_first or first > 12 else (first, second)
    else:
        month = _MONTHS.get(parts.get("mon") or "") or int(parts.get("m") or 0)
        day = int(parts["d"] or 0)
    try:
        found = date(year + 2000 if 0 < year < 100 else year, month, day)
        unnamed = not (parts.get("y") or dating.year)
        if unnamed and dating.today and found > dating.today + timedelta(days=31):
            return found.replace(year=year - 1)
    except ValueError as error:
        raise BadCell("bad_date") from error
    return found


def _clock(match: re.Match[str], day: date | None) -> When:
    half = match["half"] or match["post"]
    hour, second = int(match["h"]), int(match["s"] or 0)
    minute = 30 if match["min"] == "半" else int(match["min"] or 0)
    if (half in _AFTERNOON and hour < 12) or (half == "中午" and hour < 4):
        hour += 12
    elif half in ("am", "凌晨", "上午") and hour == 12:
        hour = 0
    if hour > 29 or minute > 59 or second > 59:
        raise BadCell("bad_date")
    zone = _offset(match["zone"]) if match["zone"] else None
    return When(day, timedelta(hours=hour, minutes=minute, seconds=second), zone)


def _offset(shown: str) -> tzinfo:
    try:
        return datetime.strptime(shown.upper(), "%z").tzinfo or UTC
    except ValueError as error:
        raise BadCell("bad_date") from error


def _bare_number(number: Decimal, unit: str) -> int:
    if not number.is_finite() or number > _LONGEST:
        raise BadCell("bad_duration")
    in_hours = unit == "h" or (unit != "min" and number <= 24)
    return _half_up(number * 60 if in_hours else number)


def _spelled_out(shown: str) -> int:
    plain = digits(shown)
    plain = re.sub(r"(\d+)个?半(?=个?(?:小时|钟|h))", r"\1.5", plain)
    plain = re.sub(r"(\d+)个?(小时|钟头?)半", r"\1.5小时", plain)
    plain = re.sub(r"^半(?=个?(?:小时|钟|h))", "0.5", plain)
    match = _SPAN.fullmatch(plain)
    if not match or not (match["h"] or match["m"]):
        raise BadCell("bad_duration")
    together = Decimal(match["h"] or 0) * 60 + Decimal(match["m"] or 0)
    if together > _LONGEST:
        raise BadCell("bad_duration")
    return _half_up(together)


def _half_up(number: Decimal) -> int:
    return int(number.quantize(Decimal(1), ROUND_HALF_UP))
