"""The roster by keyboard only: form, schedule, the day at a glance, skills, credit."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from crm_tui.app import ConsoleApp
from crm_tui.core.clock import FixedClock
from crm_tui.core.language import set_language
from crm_tui.core.words import OrderStatus, PayChannel, Presence
from crm_tui.screens.dialogs.companion_day import CompanionDayDialog
from crm_tui.screens.dialogs.companion_schedule import ScheduleDialog
from crm_tui.screens.dialogs.form_dialog import FormDialog
from crm_tui.screens.roster import RosterScreen
from crm_tui.services.catalogue.reads import find_game
from crm_tui.services.companions import actions, credit, schedule
from crm_tui.services.companions.reads import CompanionRow
from crm_tui.services.companions.rules import Skill
from crm_tui.services.companions.schedule_actions import set_day, set_hours
from crm_tui.services.companions.schedule_rules import DayHours
from crm_tui.services.companions.schedule_words import read_week, week_in_words
from crm_tui.services.dispatch import actions as dispatch
from crm_tui.services.fields import actions as fields
from crm_tui.services.fields.reads import of_record
from crm_tui.services.fields.rules import Definition
from crm_tui.services.orders import actions as orders
from crm_tui.storage.store import Store
from tests.desk import MANAGER, Desk, open_desk
from tests.screens.console import console, opens, screen_text, settled, toasts, until
from tests.screens.snapshots import assert_as_kept

SIZES = [(80, 24), (120, 36)]
MONDAY = date(2026, 9, 21)


@pytest.fixture
def desk(sqlite_store: Store, clock: FixedClock) -> Desk:
    """An evening on which 鹿鹿00 has done much."""
    desk = open_desk(sqlite_store, clock)
    who, other, _third = desk.companions
    with desk.store.write(MANAGER) as work:
        mbti = Definition("mbti", "性格", "choice", options={"choices": ["E", "I"]})
        fields.define(work, "companion", mbti)
        skills = [Skill(find_game(work, "王者"), "至尊星耀"), Skill(find_game(work, "lol"))]
        changes = {"skills": skills, "tags": ["声音好听"], "note": "只接女单", "custom.mbti": "E"}
        actions.edit(work, who, changes)
    desk.clock.advance(-timedelta(hours=3))
    desk.do(set_hours, who, read_week("Mon-Fri 18:00-02:00; Sat,Sun 12:00-03:00"))
    desk.do(set_day, who, DayHours(MONDAY + timedelta(days=2), reason="考试"))
    first = desk.order_in(OrderStatus.ACCEPTED)
    desk.wait(12)
    desk.do(orders.start, first)
    desk.wait(50)
    desk.do(orders.finish, first)
    desk.do(orders.confirm, first, rating=5)
    desk.do(orders.pay, first, PayChannel.CASH, 4500)
    desk.wait(4)
    desk.do(actions.set_presence, who, Presence.RESTING, "吃饭到 21:40")
    desk.wait(20)
    desk.do(actions.set_presence, who, Presence.IDLE)
    desk.wait(3)
    asked = desk.order()
    desk.do(dispatch.offer, asked, [who])
    desk.do(dispatch.decline, asked, who, "太晚")
    desk.wait(1)
    taken = desk.order(minutes=120)
    desk.do(orders.assign, taken, who)
    desk.do(orders.start, taken)
    desk.wait(60)
    desk.do(orders.assign, asked, other)
    return desk


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("language", ["en", "zh"])
async def test_roster_and_day(desk: Desk, language: str, size: tuple[int, int]) -> None:
    set_language(language)
    async with console(desk.store, size=size) as (app, pilot):
        await to_roster(app, pilot, desk.companions[0])
        name = f"{language}-{size[0]}x{size[1]}"
        assert_as_kept(app, f"roster-{name}")
        await pilot.press("enter")
        await opens(pilot, CompanionDayDialog)
        assert_as_kept(app, f"companion-day-{name}")


async def test_the_day_is_kept_up_to_date_and_leads_on(desk: Desk) -> None:
    who = desk.companions[0]
    async with console(desk.store) as (app, pilot):
        roster = await to_roster(app, pilot, who)
        await pilot.press("enter")
        await opens(pilot, CompanionDayDialog)
        assert "95 = 100 - 5 Started late" not in screen_text(app)
        desk.actor = MANAGER
        desk.do(credit.correct, who, -3, "two complaints")
        await until(pilot, lambda: "two complaints" in screen_text(app))
        await settled(pilot)
        assert "95 = 100 - 5 Started late - 3 Corrected by hand" in screen_text(app)
        await pilot.press("C")
        await opens(pilot, FormDialog)
        await pilot.press(*"3", "enter", *"settled", "ctrl+s")
        await until(pilot, lambda: app.screen is roster)
        await until(pilot, lambda: row_of(roster, who).credit == 98)
        await pilot.press("u")
        await until(pilot, lambda: row_of(roster, who).credit == 95)
        roster.show_record(desk.companions[2])
        await pilot.press("colon", *"rest tea", "enter")
        await until(pilot, lambda: row_of(roster, desk.companions[2]).presence is Presence.RESTING)
        await pilot.press("enter")
        await until(pilot, lambda: "Resting: tea" in screen_text(app))
        await pilot.press("escape")
        roster.filter_by("credit:<96 on-duty:yes")
        await until(pilot, lambda: roster.source.count() == 1)
        assert roster.source.shown()[0].id == who


async def test_a_companion_is_added_edited_and_leaves(desk: Desk) -> None:
    async with console(desk.store) as (app, pilot):
        roster = await to_roster(app, pilot, desk.companions[2])
        await pilot.press("c")
        await opens(pilot, FormDialog)
        await pilot.press(*"木子", "enter", *"1390000", "ctrl+s")
        await settled(pilot)
        assert isinstance(app.screen, FormDialog), "half a phone keeps the form open"
        await pilot.press(*"0009", "enter", "enter", *"大神", "enter", "ctrl+s")
        await until(pilot, lambda: app.screen is roster and roster.companion() is not None)
        await until(pilot, lambda: roster.companion().nick == "木子")
        added = roster.companion()
        assert (added.level_label, added.phone) == ("大神", "139****0009") and added.rate_fen > 0
        await pilot.press("e")
        await opens(pilot, FormDialog)
        form = app.screen.form
        form.row("game-1").query_one(Input).focus()
        await pilot.press(*"最强")
        await until(pilot, lambda: form.row("game-1")._open)
        await pilot.press("enter")
        form.row("custom-mbti").query_one(Input).focus()
        await pilot.press(*"I", "ctrl+s")
        await until(pilot, lambda: row_of(roster, added.id).games != ())
        assert [(each.game, each.rank) for each in row_of(roster, added.id).games] == [
            ("王者荣耀", "最强王者")
        ]
        with desk.store.read() as work:
            (mbti,) = of_record(work, "companion", added.id, None)
        assert mbti.value == "I"
        await until(pilot, lambda: app.screen is roster)
        await pilot.press("u")
        await until(pilot, lambda: row_of(roster, added.id).games == ())
        await pilot.press("D")
        await opens(pilot, FormDialog)
        await pilot.press(*"moved", "enter")
        await until(pilot, lambda: roster.source.get(added.id) is None)
        assert "木子 has left the roster" in toasts(app)[-1]
        await pilot.press("u")
        await until(pilot, lambda: roster.source.get(added.id) is not None)


async def test_the_schedule_is_changed_and_the_skills_are_shown(desk: Desk) -> None:
    who = desk.companions[0]
    async with console(desk.store) as (app, pilot):
        roster = await to_roster(app, pilot, who)
        await pilot.press("m")
        await settled(pilot)
        assert "至尊星耀" in screen_text(app) and "英雄联盟" in screen_text(app)
        await pilot.press("h")
        await opens(pilot, ScheduleDialog)
        week = app.screen.form.row("week").query_one(Input)
        week.value = "每天"
        await settled(pilot)
        assert "! Works: “每天” is not valid" in screen_text(app)
        week.value = "每天 20:00-02:00"
        await until(pilot, lambda: "Sat 09-26  20:00-02:00" in screen_text(app))
        await pilot.press("tab", *"tomorrow", "ctrl+s")
        await settled(pilot)
        assert isinstance(app.screen, ScheduleDialog), "a day needs its hours"
        await pilot.press(*"off", "tab", *"exam")
        await until(pilot, lambda: "Tue 09-22  off  exam" in screen_text(app))
        await pilot.press("ctrl+s")
        await until(pilot, lambda: app.screen is roster)
        assert plan(desk, who) == ("daily 20:00-02:00", ["09-22 exam", "09-23 考试"])
        await pilot.press("u")
        await until(pilot, lambda: plan(desk, who)[0].startswith("Mon-Fri"))
        assert plan(desk, who)[1] == ["09-23 考试"]


async def to_roster(app: ConsoleApp, pilot: Pilot[None], who: int) -> RosterScreen:
    """The roster, once it has been read, with the cursor on ``who``."""
    await pilot.press("4")
    await until(pilot, lambda: isinstance(app.place, RosterScreen) and app.place.source.total == 3)
    roster = app.place
    assert isinstance(roster, RosterScreen)
    roster.show_record(who)
    await settled(pilot)
    return roster


def row_of(roster: RosterScreen, who: int) -> CompanionRow:
    row = roster.source.get(who)
    assert row is not None
    return row


def plan(desk: Desk, who: int) -> tuple[str, list[str]]:
    """The week in words, and the other days with their reasons."""
    with desk.store.read() as work:
        days = schedule.days(work, who, MONDAY, MONDAY + timedelta(days=9))
        week = week_in_words(schedule.week(work, who))
    return week, [f"{each.day:%m-%d} {each.reason}" for each in days]
