"""A week's hours as people write them, read and said. Pure.

``周一至周五 18:00-02:00``, ``Mon-Fri 18:00-02:00; Sat,Sun 12:00-03:00``, ``每天 晚8点到2点``,
``工作日 19-24，周末全天，周日休``. Later days replace what was said of them before; several
stretches after the same days all hold. Without days the hours hold for the whole week.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import groupby, pairwise

from crm_tui.core.errors import Invalid
from crm_tui.core.language import N_, _
from crm_tui.core.text import fold
from crm_tui.services.companions.schedule_rules import DAY, Stretch
from crm_tui.services.imports.reasons import BadCell
from crm_tui.services.imports.times import Dating, when

WEEKDAY_NAMES = (N_("Mon"), N_("Tue"), N_("Wed"), N_("Thu"), N_("Fri"), N_("Sat"), N_("Sun"))
EXAMPLE = N_("such as Mon-Fri 18:00-02:00; Sat,Sun 12:00-03:00; Wed off")
HOURS_EXAMPLE = N_("such as 18:00-02:00, or off")

_CHINESE = {"一": 0, "二": 1, "三": 2, "四": 3, "五": 4, "六": 5, "日": 6, "天": 6}
_ENGLISH = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_NAMED = {
    "daily": range(7), "every day": range(7), "everyday": range(7), "每天": range(7),
    "每日": range(7), "天天": range(7), "weekdays": range(5), "weekday": range(5),
    "工作日": range(5), "平日": range(5), "weekends": range(5, 7), "weekend": range(5, 7),
    "周末": range(5, 7), "双休日": range(5, 7),
}  # fmt: skip
_WEEKDAY = (
    r"(?:mon(?:day)?|tue(?:s(?:day)?)?|wed(?:nesday)?|thu(?:r(?:s(?:day)?)?)?|fri(?:day)?"
    r"|sat(?:urday)?|sun(?:day)?)(?![a-z])|(?:周|星期|礼拜)?[一二三四五六日天]"
)
_TO = r"\s*(?:-|–|—|~|至|到|→|to\b|until\b)+\s*"
_HALF = "凌晨|早上|上午|中午|下午|傍晚|晚上|早|晚"
_CLOCK = rf"(?:{_HALF})?\s*\d{{1,2}}\s*(?:(?::|点半?|时)\s*(?:\d{{2}}(?!\d)分?)?)?\s*(?:am|pm)?"
_TOKEN = re.compile(
    rf"(?P<named>{'|'.join(sorted(_NAMED, key=len, reverse=True))})"
    rf"|(?P<first>{_WEEKDAY})(?:{_TO}(?P<last>{_WEEKDAY}))?"
    rf"|(?P<begin>{_CLOCK}){_TO}(?:次日|翌日|第二天|next day)?\s*(?P<end>{_CLOCK})"
    r"|(?P<all>全天|24小时|all day)|(?P<off>休息?|不上班|off(?![a-z])|closed|none)"
    r"|[\s,、;:/|+&和及与。]+|and\b"
)
_SHORT = {"早": "早上", "晚": "晚上"}
_AFTER_NOON = ("中午", "下午", "傍晚", "晚", "pm")


def read_week(text: str) -> tuple[Stretch, ...]:
    """The hours that ``text`` means, from Monday; nothing for an empty one.

    Raises :class:`Invalid` for anything else than days and hours, days without hours, stretches
    of one day that overlap, and a week without any hours.
    """
    week: dict[int, list[tuple[int, int]]] = {}
    named: list[int] = []
    told = False
    for token in _tokens(text, EXAMPLE):
        if days := _days(token):
            named = days if told else [*named, *days]
            told = False
        elif (hours := _hours(token)) is not None:
            for day in named or range(7):
                kept = week[day] if told else []
                week[day] = [*kept, *hours]
            told = True
    if named and not told:
        raise _unread(text, EXAMPLE)
    stretches = tuple(Stretch(day, *each) for day in sorted(week) for each in sorted(week[day]))
    _apart(text, stretches)
    if week and not stretches:
        raise Invalid(field=_("Works"), value=text, expected=_("hours on one day at least"))
    return stretches


def read_hours(text: str) -> tuple[int, int] | None:
    """The stretch of one day that ``text`` means, as minutes; none for a day off.

    Raises :class:`Invalid`.
    """
    read = [hours for token in _tokens(text, HOURS_EXAMPLE) if (hours := _hours(token)) is not None]
    if len(read) != 1 or any(map(_days, _tokens(text, HOURS_EXAMPLE))):
        raise _unread(text, HOURS_EXAMPLE)
    return read[0][0] if read[0] else None


def week_in_words(week: Iterable[Stretch]) -> str:
    """The week as :func:`read_week` reads it back, days with the same hours together."""
    of_day = {
        day: tuple((each.starts, each.ends) for each in stretches)
        for day, stretches in groupby(sorted(week), key=lambda each: each.weekday)
    }
    days_of: dict[tuple[tuple[int, int], ...], list[int]] = {}
    for day, hours in of_day.items():
        days_of.setdefault(hours, []).append(day)
    parts = (
        " ".join((_days_in_words(days), ", ".join(hours_in_words(*each) for each in hours)))
        for hours, days in days_of.items()
    )
    return "; ".join(parts)


def hours_in_words(starts: int | None, ends: int | None) -> str:
    """``18:00-02:00``, or that the day is off."""
    if starts is None or ends is None:
        return _("off")
    return f"{_clock(starts)}-{'24:00' if ends == DAY else _clock(ends)}"


def _days_in_words(days: list[int]) -> str:
    names = [_(WEEKDAY_NAMES[day]) for day in days]
    if len(days) == 7:
        return _("daily")
    if len(days) > 2 and days[-1] - days[0] == len(days) - 1:
        return f"{names[0]}-{names[-1]}"
    return ",".join(names)


def _clock(minute: int) -> str:
    return f"{minute // 60 % 24:02d}:{minute % 60:02d}"


def _tokens(text: str, example: str) -> Iterator[re.Match[str]]:
    """The days and hours that ``text`` is made of. Raises :class:`Invalid` for anything else."""
    shown, at = fold(text), 0
    while at < len(shown):
        token = _TOKEN.match(shown, at)
        if token is None:
            raise _unread(text, example)
        yield token
        at = token.end()


def _days(token: re.Match[str]) -> list[int]:
    if token["named"]:
        return list(_NAMED[token["named"]])
    if not token["first"]:
        return []
    first = _weekday(token["first"])
    last = _weekday(token["last"] or token["first"])
    return [day % 7 for day in range(first, last + (8 if last < first else 1))]


def _weekday(word: str) -> int:
    return _ENGLISH.index(word[:3]) if word.isascii() else _CHINESE[word[-1]]


def _hours(token: re.Match[str]) -> list[tuple[int, int]] | None:
    """The stretch that was named, none for a day off; None where the token names no hours."""
    if token["off"]:
        return []
    if token["all"]:
        return [(0, DAY)]
    if not token["begin"]:
        return None
    begin, end = _minute(token["begin"]), _minute(token["end"])
    if begin >= DAY:
        raise _unread(token.group().strip(), HOURS_EXAMPLE)
    said = any(half in token["begin"] for half in _AFTER_NOON)
    half_day = DAY // 2
    if said and end <= begin < end + half_day < DAY and not re.search(_HALF, token["end"]):
        end += half_day  # 晚上8点到11点
    if end <= begin:
        end += DAY
    if end - begin > DAY:
        raise _unread(token.group().strip(), HOURS_EXAMPLE)
    return [(begin, end)]


def _minute(text: str) -> int:
    """Minutes from midnight of a time of day such as ``18``, ``晚8点半``, ``8pm``, ``26:00``."""
    said = re.sub(r"^(早|晚)(?!上)", lambda half: _SHORT[half.group()], text.strip())
    bare = re.sub(r"(?<!\d)(\d{1,2})(?=\s*(?:am|pm)?$)(?<!:\d\d)(?<!点\d\d)", r"\1:00", said)
    try:
        clock = when(bare, Dating())
    except BadCell as error:
        raise _unread(text.strip(), HOURS_EXAMPLE) from error
    if clock is None or clock.clock is None:
        raise _unread(text, HOURS_EXAMPLE)
    return int(clock.clock.total_seconds()) // 60


def _apart(text: str, week: tuple[Stretch, ...]) -> None:
    for before, after in pairwise(week):
        if before.weekday == after.weekday and after.starts < before.ends:
            expected = _("stretches of a day that do not overlap")
            raise Invalid(field=_("Works"), value=text, expected=expected)


def _unread(text: str, example: str) -> Invalid:
    return Invalid(field=_("Works"), value=text, expected=_(example))
