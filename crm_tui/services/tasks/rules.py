"""The states of a task, what leads where, and until when somebody means. Pure."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from crm_tui.core.clock import BusinessCalendar
from crm_tui.core.errors import Invalid
from crm_tui.core.language import _
from crm_tui.core.text import fold
from crm_tui.core.words import TaskState
from crm_tui.services.filters.times import instants

TRANSITIONS: dict[TaskState, frozenset[TaskState]] = {
    TaskState.OPEN: frozenset({TaskState.DONE, TaskState.DROPPED}),
    TaskState.DONE: frozenset({TaskState.OPEN}),
    TaskState.DROPPED: frozenset({TaskState.OPEN}),
}
"""From each state to the ones that may follow; a closed task can be opened again."""

LONGEST_TITLE = 500
LONGEST_TEXT = 20_000
"""Characters of a title, and of a reason or outcome."""
_CLOCK_ALONE = re.compile(r"\d{1,2}:\d{2}")
_BEFORE_CLOCK = re.compile(r"(?<=[\u4e00-\u9fff])(?=\d{1,2}:)")
"""Between a day in Chinese and the time, where people leave the blank out."""


def due(text: str, now: datetime, calendar: BusinessCalendar) -> datetime:
    """The instant, UTC, that ``text`` means as the end of a time to do something.

    ``+2h``, ``3天后``, ``明天 18:00``, ``2026-09-22 18:00``; a day alone means the last minute of
    that business day, a time of day the next such. Raises :class:`Invalid`.
    """
    said = _BEFORE_CLOCK.sub(" ", fold(text))
    try:
        period = instants(said, now, calendar)
        if period.first < now and _CLOCK_ALONE.fullmatch(said):
            period = instants(said, now + timedelta(days=1), calendar)
    except (ValueError, OverflowError):
        expected = _("a time such as +2h, tomorrow 18:00 or 2026-09-22 18:00")
        raise Invalid(field="due", value=text, expected=expected) from None
    whole_day = period.last - period.first > timedelta(minutes=1)
    at: datetime = period.last - timedelta(minutes=1) if whole_day else period.first
    return at.astimezone(UTC)


def to_come(until: datetime | None, now: datetime) -> datetime | None:
    """``until``, to which something may rest. Raises :class:`Invalid` for a time that is over."""
    if until is not None and until <= now:
        raise Invalid(field="until", value=until.isoformat(), expected=_("a time to come"))
    return until
