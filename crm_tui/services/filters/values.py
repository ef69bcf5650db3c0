"""What the values of a filter line mean: words, numbers, money, durations, times. Pure.

A value becomes a :data:`Test`. Times are relative to the studio's business day, which comes in
with :class:`Moment`; nothing here asks for the time. Money is fen, durations are minutes.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from crm_tui.core.clock import BusinessCalendar
from crm_tui.core.errors import CrmError
from crm_tui.core.language import N_, _
from crm_tui.core.text import fold
from crm_tui.services.filters import times
from crm_tui.services.filters.grammar import Value
from crm_tui.services.filters.times import Period

EMPTY = "-"
COMPARISONS = (">=", "<=", "=>", "=<", "≥", "≤", ">", "<", "=")
_RANGE = re.compile(r"(.*?)\.\.\.?(.*)", re.DOTALL)
_NUMBER = re.compile(r"([+-]?\d+(?:\.\d+)?)(k|千|w|万)?")
_SCALE = {"": 1, "k": 1000, "千": 1000, "w": 10_000, "万": 10_000}
_DURATION = re.compile(
    r"(?:(\d+(?:\.\d+)?)(?:h|hours?|小时|时|个小时))?(?:(\d+(?:\.\d+)?)(?:m|min|minutes?|分钟|分)?)?"
)
_CLOCK = re.compile(r"(\d+):([0-5]\d)")
_YES = frozenset({"1", "yes", "y", "true", "on", "是", "有"})
_NO = frozenset({"0", "no", "n", "false", "off", "否", "无"})


class Kind(StrEnum):
    """How the values of a field are read, and what its rows hold."""

    WORDS = "words"
    """Texts: one, or several."""
    NUMBER = "number"
    MONEY = "money"
    """Typed in yuan, held in fen."""
    MINUTES = "minutes"
    INSTANT = "instant"
    DAY = "day"
    FLAG = "flag"


EXPECTED: dict[Kind, str] = {
    Kind.WORDS: N_("a word; put “<” or “>” in quotes to look for them"),
    Kind.NUMBER: N_("a number or a range such as >60 or 50..90"),
    Kind.MONEY: N_("an amount in yuan or a range such as >60 or 50..90"),
    Kind.MINUTES: N_("a duration such as 90, >=2h or 1h..90m"),
    Kind.INSTANT: N_("a time such as today, >=yesterday, <-30d, 20:00 or 2026-09-01..2026-09-21"),
    Kind.DAY: N_("a day such as today, >=yesterday, <-30d or 2026-09-01..2026-09-21"),
    Kind.FLAG: N_("yes or no"),
}


class BadValue(CrmError):
    """A value that its field can't be compared with; ``at`` is its place in the line, from 1."""

    code = "bad_filter_value"
    template = N_("Character {at}: {field} can’t be “{value}”. Expected: {expected}.")


@dataclass(frozen=True, slots=True)
class Moment:
    """When the line is read: what “today” and “two hours ago” mean."""

    now: datetime
    calendar: BusinessCalendar


@dataclass(frozen=True, slots=True)
class Has:
    """The text holds ``text`` (folded), or is it, where ``exact``."""

    text: str
    typed: str
    """As it was typed, for comparing where folding is not to be had (SQL)."""
    exact: bool = False


@dataclass(frozen=True, slots=True)
class Within:
    """The value lies between the bounds; ``None`` is no bound, an open bound lies outside."""

    low: Any = None
    high: Any = None
    low_open: bool = False
    high_open: bool = False

    def __contains__(self, value: Any) -> bool:
        if self.low is not None and (value < self.low or (self.low_open and value == self.low)):
            return False
        if self.high is None:
            return True
        return bool(value < self.high or (not self.high_open and value == self.high))


@dataclass(frozen=True, slots=True)
class Is:
    """The flag is so."""

    flag: bool


@dataclass(frozen=True, slots=True)
class Nothing:
    """There is no value."""


Test = Has | Within | Is | Nothing


def read(kind: Kind, value: Value, moment: Moment | None) -> Test:
    """What ``value`` asks of a field of this kind. Raises ``ValueError`` where it can't be.

    Times need a ``moment``.
    """
    if value.text == EMPTY and not value.quoted:
        return Nothing()
    if kind is Kind.WORDS:
        return _has(value)
    text = fold(value.text)
    if kind is Kind.FLAG:
        return _is(text)
    return _within(text, _READERS[kind], moment)


def _has(value: Value) -> Has:
    if value.quoted or not fold(value.text).startswith(COMPARISONS):
        return Has(fold(value.text), value.text)
    exact = value.text[1:]
    if value.text[0] not in "=＝" or not exact or exact[0] in "<>":
        raise ValueError(value.text)
    return Has(fold(exact), exact, exact=True)


def _is(text: str) -> Is:
    if text in _YES or text in _NO:
        return Is(text in _YES)
    raise ValueError(text)


Reader = Callable[[str, Moment | None], Period]


def _within(text: str, reader: Reader, moment: Moment | None) -> Within:
    if match := _RANGE.fullmatch(text):
        first, last = (reader(part, moment) if part else None for part in match.groups())
        if first is None and last is None:
            raise ValueError(text)
        low = first.first if first else None
        return Within(low, last.last if last else None, False, bool(last and last.open))
    sign = next((each for each in COMPARISONS if text.startswith(each)), "")
    period = reader(text.removeprefix(sign), moment)
    if sign in (">=", "=>", "≥"):
        return Within(low=period.first)
    if sign == ">":
        return Within(low=period.last, low_open=not period.open)
    if sign == "<":
        return Within(high=period.first, high_open=True)
    if sign in ("<=", "=<", "≤"):
        return Within(high=period.last, high_open=period.open)
    return Within(period.first, period.last, False, period.open)


def _number(text: str, _moment: Moment | None) -> Period:
    number = _decimal(text)
    exact = int(number) if number == number.to_integral_value() else float(number)
    return Period(exact, exact)


def _decimal(text: str) -> Decimal:
    match = _NUMBER.fullmatch(text)
    if match is None or len(text) > 20:
        raise ValueError(text)
    return Decimal(match.group(1)) * _SCALE[match.group(2) or ""]


def _money(text: str, _moment: Moment | None) -> Period:
    fen = _decimal(text.strip("¥￥元")) * 100
    if fen != fen.to_integral_value():
        raise ValueError(text)
    return Period(int(fen), int(fen))


def _minutes(text: str, _moment: Moment | None) -> Period:
    if match := _CLOCK.fullmatch(text):
        minutes = int(match.group(1)) * 60 + int(match.group(2))
        return Period(minutes, minutes)
    match = _DURATION.fullmatch(text)
    if not text or match is None or len(text) > 20:
        raise ValueError(text)
    hours, rest = (float(part or 0) for part in match.groups())
    return Period(hours * 60 + rest, hours * 60 + rest)


def _instant(text: str, moment: Moment | None) -> Period:
    assert moment is not None, "times are relative to a moment"
    return times.instants(text, moment.now, moment.calendar)


def _day(text: str, moment: Moment | None) -> Period:
    assert moment is not None, "days are relative to a moment"
    return times.days(text, moment.calendar.day_of(moment.now))


_READERS: dict[Kind, Reader] = {
    Kind.NUMBER: _number,
    Kind.MONEY: _money,
    Kind.MINUTES: _minutes,
    Kind.INSTANT: _instant,
    Kind.DAY: _day,
}


def expected(kind: Kind) -> str:
    """What a field of this kind wants, in the language in force."""
    return _(EXPECTED[kind])
