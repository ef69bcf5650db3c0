"""When companions work, as it is stored, on both engines."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlmodel import select

from crm_tui.core.clock import FixedClock
from crm_tui.core.errors import Invalid, NotFound
from crm_tui.models import Event
from crm_tui.services.companions import schedule
from crm_tui.services.companions.schedule_actions import clear_day, set_day, set_hours
from crm_tui.services.companions.schedule_rules import DayHours
from crm_tui.services.companions.schedule_words import read_week
from crm_tui.storage.store import Store
from tests.desk import open_desk

MONDAY = date(2026, 9, 21)


def test_windows_follow_the_week_and_single_days(store: Store, clock: FixedClock) -> None:
    desk = open_desk(store, clock, companions=4)
    evening, only_days, weekend, free = desk.companions
    desk.do(set_hours, evening, read_week("Mon-Fri 18:00-02:00"))
    desk.do(set_hours, evening, read_week("Mon-Fri 18:00-02:00"))
    desk.do(set_hours, weekend, read_week("周末 12:00-20:00"))
    desk.do(set_day, evening, DayHours(MONDAY + timedelta(days=1), reason="回家"))
    desk.do(set_day, only_days, DayHours(MONDAY, 600, 720))
    now = clock.now()

    def told(*who: int) -> dict[int, list[str]]:
        with store.read() as work:
            found = schedule.windows(work, who or None, now, now + timedelta(hours=24))
        return {each: [_spell(window) for window in windows] for each, windows in found.items()}

    assert told() == {
        evening: ["21 18:00 – 22 02:00"],
        only_days: ["22 00:00 – 23 00:00"],
        weekend: [],
    }
    assert told(free) == {} and told(evening, free) == {evening: ["21 18:00 – 22 02:00"]}
    desk.do(clear_day, evening, MONDAY + timedelta(days=1))
    desk.do(clear_day, evening, MONDAY + timedelta(days=1))
    assert told(evening) == {evening: ["21 18:00 – 22 02:00", "22 18:00 – 23 02:00"]}
    desk.do(set_hours, evening, ())
    assert told(evening) == {}
    with store.read() as work:
        kinds = select(Event.kind).where(Event.entity_id == evening).order_by(Event.seq)
        assert [kind for kind in work.session.exec(kinds) if kind.startswith("companion.")] == [
            "companion.hours",
            "companion.day",
            "companion.day_cleared",
            "companion.hours",
        ]


def test_a_day_may_be_said_anew(store: Store, clock: FixedClock) -> None:
    desk = open_desk(store, clock)
    who = desk.companions[0]
    desk.do(set_day, who, DayHours(MONDAY, 600, 720, "考试"))
    desk.do(set_day, who, DayHours(MONDAY))
    with store.read() as work:
        assert schedule.days(work, who, MONDAY, MONDAY) == (DayHours(MONDAY),)
        assert schedule.week(work, who) == ()
    with pytest.raises(Invalid):
        desk.do(set_day, who, DayHours(MONDAY, reason="x" * 300))
    with pytest.raises(NotFound):
        desk.do(set_hours, 999, ())


def _spell(window: tuple[datetime, datetime]) -> str:
    zone = ZoneInfo("Asia/Shanghai")
    return " – ".join(each.astimezone(zone).strftime("%d %H:%M") for each in window)
