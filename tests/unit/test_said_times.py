"""Until when a task is, and when a contact was, as people say it."""

from __future__ import annotations

from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

import pytest

from crm_tui.core.clock import BusinessCalendar
from crm_tui.core.errors import Invalid
from crm_tui.services.interactions.rules import happened
from crm_tui.services.tasks.rules import due

CALENDAR = BusinessCalendar(ZoneInfo("Asia/Shanghai"), time(6))
EVENING = datetime(2026, 9, 21, 15, 4, tzinfo=UTC)
"""23:04 on Monday, in Shanghai."""
NIGHT = datetime(2026, 9, 21, 18, 4, tzinfo=UTC)
"""02:04 on Tuesday, still Monday's business day."""


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("+2h", "09-22 01:04"),
        ("30分钟后", "09-21 23:34"),
        ("明天 18:00", "09-22 18:00"),
        ("明天18:00", "09-22 18:00"),
        ("Tomorrow 18:00", "09-22 18:00"),
        ("18:00", "09-22 18:00"),
        ("23:30", "09-21 23:30"),
        ("01:30", "09-22 01:30"),
        ("今天", "09-22 05:59"),
        ("+3d", "09-25 05:59"),
        ("2026-09-25 20:00", "09-25 20:00"),
        ("9月25日 20:00", "09-25 20:00"),
    ],
)
def test_the_end_of_a_task(said: str, meant: str) -> None:
    at = due(said, EVENING, CALENDAR)
    assert at.tzinfo is UTC
    assert CALENDAR.local(at).strftime("%m-%d %H:%M") == meant


def test_tomorrow_is_the_next_business_day() -> None:
    at = due("明天 18:00", NIGHT, CALENDAR)
    assert CALENDAR.local(at).strftime("%m-%d %H:%M") == "09-22 18:00"


@pytest.mark.parametrize(
    ("said", "meant"),
    [("-2h", "09-21 21:04"), ("20:00", "09-21 20:00"), ("昨天 21:30", "09-20 21:30")],
)
def test_when_a_contact_was(said: str, meant: str) -> None:
    at = happened(said, EVENING, CALENDAR)
    assert CALENDAR.local(at).strftime("%m-%d %H:%M") == meant


@pytest.mark.parametrize("said", ["", "soon", "25:00", "+99999y", "2026-13-01", "\x1b[6n"])
def test_what_says_no_time_is_refused(said: str) -> None:
    with pytest.raises(Invalid):
        due(said, EVENING, CALENDAR)
    with pytest.raises(Invalid):
        happened(said, EVENING, CALENDAR)
