"""The pages of the figures: as they look, and that what they show is what was measured."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from crm_tui.config import Config
from crm_tui.core.clock import FixedClock
from crm_tui.core.language import set_language
from crm_tui.core.words import OrderStatus, SourceChannel
from crm_tui.screens.dialogs.customers_behind import CustomersBehind
from crm_tui.screens.dialogs.form_dialog import FormDialog
from crm_tui.screens.dialogs.orders_behind import OrdersBehind
from crm_tui.screens.figures import PAGES
from crm_tui.screens.figures_choice import ChoiceDialog
from crm_tui.screens.figures_report_form import ReportForm
from crm_tui.screens.figures_report_schedules import SchedulesDialog
from crm_tui.services.companions import actions as companions
from crm_tui.services.customers import actions as customers
from crm_tui.services.customers.rules import NewCustomer
from crm_tui.services.figures import goals, reads_income, reads_people
from crm_tui.services.figures.copy import door
from crm_tui.services.figures.periods import Period
from crm_tui.services.figures.reports import actions as reports
from crm_tui.services.figures.reports.definition import checked
from crm_tui.storage.store import Store
from crm_tui.widgets.chart import Chart
from tests.desk import MANAGER, Desk, open_desk
from tests.screens.console import console, opens, screen_text, settled, toasts, until
from tests.screens.snapshots import assert_as_kept

KEYS = {
    "glance": "T",
    "income": "I",
    "leaders": "L",
    "customers": "C",
    "games": "A",
    "cities": "E",
    "cohorts": "H",
    "goals": "O",
    "reports": "W",
}


@pytest.fixture(autouse=True)
def _own_config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CRM_TUI_CONFIG", str(tmp_path / "config.toml"))
    monkeypatch.setenv("CRM_TUI_EXPORTS", str(tmp_path / "exports"))


@pytest.fixture
def desk(sqlite_store: Store, clock: FixedClock) -> Desk:
    """A studio whose customers of two cities ordered last month, last week and today."""
    clock.advance(timedelta(days=-40))
    desk = open_desk(sqlite_store, clock)
    known = desk.customer
    other = NewCustomer("夜猫", city="杭州", channel=SourceChannel.DOUYIN)
    ids = [known, desk.do(customers.add, other)]
    for days, who, companion in ((0, 0, 0), (33, 0, 1), (3, 1, 0), (4, 0, 0)):
        clock.advance(timedelta(days=days))
        desk.customer = ids[who]
        desk.order_in(OrderStatus.COMPLETED, companion)
    desk.wait(5)
    with desk.store.write(MANAGER) as work:
        month = Period(work.calendar().day_of(clock.now()).replace(day=1), clock.now().date())
        goals.set_goal(work, goals.NewGoal("gross_fen", "200", month))
        by_game = checked({"measures": "gross_fen, orders", "group": "game"})
        reports.save(work, reports.NewReport("按游戏", by_game, shared=True, on_glance=True))
    return desk


def frames_of(desk: Desk, measure: Any, *args: Any) -> Any:
    """What a read answers of the copy, brought up to date."""
    with desk.store.read() as work:
        frames = door.frames(work, door.folder_of(desk.store))
        return measure(work, frames, *args)


async def open_page(app: Any, pilot: Any, name: str) -> Any:
    """The page, once it was read from a copy that is up to date."""
    await pilot.press("7", KEYS[name])
    await until(pilot, lambda: app.place.PLACE == "figures" and app.place.current == name)
    await until(pilot, lambda: app.place.frames is not None and app.place._building is None)
    await settled(pilot)
    await until(pilot, lambda: app.place.shown)
    return app.place.page


@pytest.mark.parametrize("language", ["en", "zh"])
async def test_every_page_looks_as_kept(desk: Desk, language: str) -> None:
    set_language(language)
    config = Config(language=language)
    async with console(desk.store, size=(80, 24), config=config) as (app, pilot):
        for width, height in ((80, 24), (120, 36)):
            await pilot.resize_terminal(width, height)
            for name in PAGES:
                await open_page(app, pilot, name)
                await settled(pilot)
                assert_as_kept(app, f"figures-{name}-{language}-{width}x{height}")


async def test_what_a_chart_and_a_table_show_is_what_was_measured(desk: Desk) -> None:
    today = desk.clock.now().date()
    september = Period(today.replace(day=1), today.replace(day=30))
    async with console(desk.store, size=(80, 24)) as (app, pilot):
        page = await open_page(app, pilot, "income")
        told = frames_of(desk, reads_income.income, september)
        days, hours = page.query_one("#days", Chart), page.query_one("#hours", Chart)
        seen = []
        await pilot.press(*["left"] * 30)
        for _row in told.rows[: told.elapsed]:
            caption = days.render().plain.split("\n")[0]
            assert caption in screen_text(app)
            seen.append(caption.split("¥")[1].split()[0])
            await pilot.press("right")
            await pilot.pause()
        assert seen == [f"{row.gross_fen / 100:,.2f}" for row in told.rows[: told.elapsed]]
        assert sum(float(value) for value in seen) == 135
        counted = frames_of(desk, reads_income.hours, september)
        hours.focus()
        await pilot.press(*["left"] * 24)
        for row in counted:
            assert hours.render().plain.startswith(f"{row.hour}  ⣿ Orders by hour {row.orders} ")
            await pilot.press("right")
        glance = frames_of(desk, reads_income.glance)
        today_hours = (await open_page(app, pilot, "glance")).query_one("#today-hours", Chart)
        today_hours.focus()
        await pilot.press(*["left"] * 24)
        for row, before in zip(glance.hours, glance.hours_last_week, strict=True):
            so_far = f"{row.orders}   " if row.hour in range(6, 24) else "  "  # it is past 23:00
            told = f"{row.hour}  ⣿ Orders by hour {so_far}"
            assert today_hours.render().plain.startswith(told)
            assert f" a week before {before.orders} " in f"{today_hours.caption_text()} "
            await pilot.press("right")
        own = (await open_page(app, pilot, "reports")).query_one("#report-chart", Chart)
        assert (own.caption_text() or "").startswith("王者荣耀  ⣿ Income 135.00")
        await open_page(app, pilot, "leaders")
        text = screen_text(app)
        for leader in frames_of(desk, reads_people.leaderboard, september):
            line = next(line for line in text.split("\n") if leader.companion in line)
            assert f"{leader.gross_fen / 100:,.2f}" in line and f" {leader.orders} " in line


async def test_a_pick_narrows_all_pages_and_rows_open(desk: Desk) -> None:
    async with console(desk.store) as (app, pilot):
        await open_page(app, pilot, "leaders")
        await pilot.press("j", "o")
        await until(pilot, lambda: "Only: 鹿鹿01" in screen_text(app))
        await open_page(app, pilot, "income")
        await until(pilot, lambda: "Income ¥45.00" in screen_text(app))
        await pilot.press("T", "I", "a")
        await until(pilot, lambda: "against 2026-08-25 to 09-23" in screen_text(app))
        await pilot.press("backspace")
        await until(pilot, lambda: "Income ¥135.00" in screen_text(app))
        assert "Only:" not in screen_text(app)
        await pilot.press("backspace")
        assert "no filter is in force" in toasts(app)[-1]
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, OrdersBehind))
        await settled(pilot)
        assert "2026-09-21 · 1 order · ¥45.00" in screen_text(app)
        await pilot.press("escape", "o")
        await until(pilot, lambda: "2026-09-21 Mon" in screen_text(app))
        await pilot.press("f")
        assert "running period" in toasts(app)[-1]
        await pilot.press("b", "w")
        await until(pilot, lambda: "2026-09-14 to 09-20" in screen_text(app))
        await pilot.press("colon", *"period tomorrow", "enter")
        assert "2026-09-21" in toasts(app)[-1]
        await pilot.press("colon", *"period 0001-01-01", "enter")
        assert "days from 1970-01-01 to 9998-12-31" in toasts(app)[-1]
        await pilot.press("s")
        await until(pilot, lambda: "There is only one" in toasts(app)[-1])
        await pilot.press("colon", *"game 王者", "enter")
        await until(pilot, lambda: "Only: 王者荣耀" in screen_text(app))
        await pilot.press("escape", "t")
        page = await open_page(app, pilot, "customers")
        await pilot.press("colon", *"game 王者", "enter")
        await until(pilot, lambda: page.reading.wanted.picks)
        await pilot.press("j", "j", "j", "enter")
        dialog = await opens(pilot, CustomersBehind)
        assert "New customer · 2026-09-21 · 1 customer · ¥45.00" in screen_text(app)
        await pilot.press("escape", "backspace", "colon", *"period 2026-09-15", "enter")
        await until(pilot, lambda: page.reading.found.day.day == 15)
        await pilot.press("G", "enter")
        await until(pilot, lambda: app.screen not in (dialog, app.place))
        await settled(pilot)
        assert "Prospect · 2026-09-15 · 1 customer" in screen_text(app), "who is a customer by now"
        await pilot.press("enter")
        await until(pilot, lambda: app.place.PLACE == "person" and "夜猫" in screen_text(app))
        page = await open_page(app, pilot, "customers")
        await pilot.press("m", "t")
        await until(pilot, lambda: page.reading.found.day == page.reading.today)
        await pilot.press("g", "j", "j", "j", "enter")
        await until(pilot, lambda: app.place.PLACE == "customers")
        only = 'tier:"New customer"'
        await until(pilot, lambda: only in screen_text(app) and "夜猫" in screen_text(app))
        await until(pilot, lambda: "小鱼干12" not in screen_text(app))


async def test_an_hour_and_a_level_narrow_all_pages(desk: Desk) -> None:
    desk.wait(60)  # after midnight: the same business day
    for _order in range(2):
        desk.order_in(OrderStatus.COMPLETED, companion=1)
    desk.do(companions.edit, desk.companions[1], {"level_id": 2})
    async with console(desk.store, size=(80, 24)) as (app, pilot):
        page = await open_page(app, pilot, "income")
        await until(pilot, lambda: "Income ¥225.00" in screen_text(app))
        page.query_one("#hours", Chart).focus()
        await pilot.press(*["left"] * 5, "o")
        await until(pilot, lambda: "Only: 00:00-01:00" in screen_text(app))
        await until(pilot, lambda: "Income ¥90.00" in screen_text(app))
        await pilot.press("b")
        await until(pilot, lambda: "Income ¥0.00" in screen_text(app))
        await pilot.press("o", "f")
        assert "can't be narrowed" in toasts(app)[-1], "there is no bar to stand on"
        await open_page(app, pilot, "leaders")
        await until(pilot, lambda: "鹿鹿01" in screen_text(app))
        assert "鹿鹿00" not in screen_text(app), "served at other hours"
        for key in ("backspace", "I", "d"):
            await pilot.press(key)
            await settled(pilot)
        await until(pilot, lambda: "Income ¥135.00" in screen_text(app))
        await settled(pilot)
        page.query_one("#buckets").focus()
        await settled(pilot)
        await pilot.press("j")
        await settled(pilot)
        await pilot.press("o")
        await until(pilot, lambda: "Only: 23:00-24:00" in screen_text(app))
        await until(pilot, lambda: "Income ¥45.00" in screen_text(app))
        await pilot.press("backspace", "m", "colon", *"level 技", "enter")
        await until(pilot, lambda: "Only: 技术" in screen_text(app))
        await until(pilot, lambda: "Income ¥135.00" in screen_text(app))
        await pilot.press("V")
        await opens(pilot, ChoiceDialog)
        await pilot.press("G", "enter")
        await until(pilot, lambda: "Only: without a level" in screen_text(app))
        await until(pilot, lambda: "Income ¥90.00" in screen_text(app))


async def test_an_order_that_closes_is_counted_where_one_looks(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("crm_tui.screens.figures.PAUSE_SECONDS", 0.05)
    async with console(desk.store) as (app, pilot):
        page = await open_page(app, pilot, "leaders")
        await pilot.press("j")
        at = page.query_one("#leaders").cursor_key
        desk.order_in(OrderStatus.COMPLETED, companion=1)
        desk.order_in(OrderStatus.COMPLETED, companion=1)
        await until(pilot, lambda: "135.00" in screen_text(app))
        assert page.query_one("#leaders").cursor_key == at, "others came before it"
        assert app.place.current == "leaders"


async def test_a_page_is_copied_and_exported(desk: Desk, tmp_path: Path) -> None:
    async with console(desk.store) as (app, pilot):
        await open_page(app, pilot, "leaders")
        await pilot.press("y")
        assert toasts(app)[-1].startswith("Copied: 鹿鹿00")
        await open_page(app, pilot, "income")
        await pilot.press("x")
        await until(pilot, lambda: isinstance(app.screen, FormDialog))
        file = tmp_path / "exports" / "income.csv"
        await pilot.press("ctrl+u", *str(file), "ctrl+s")
        await until(pilot, lambda: file.exists() and app.screen is app.place)
        text = file.read_text("utf-8-sig")
        assert "09-21 Mon" in text and "45" in text
        await open_page(app, pilot, "goals")
        await pilot.press("x")
        await until(pilot, lambda: isinstance(app.screen, FormDialog))
        file = tmp_path / "exports" / "goals.csv"
        await pilot.press("ctrl+u", *str(file), "ctrl+s")
        await until(pilot, lambda: file.exists() and app.screen is app.place)
        assert ",135.0,200.0," in file.read_text("utf-8-sig"), "yuan, as people read them"


async def test_goals_and_reports_are_set_on_their_pages(desk: Desk) -> None:
    async with console(desk.store) as (app, pilot):
        with desk.store.write(MANAGER) as work:
            today = work.calendar().day_of(work.clock.now())
            goals.set_goal(work, goals.NewGoal("acceptance_rate", "90%", Period(today, today)))
        page = await open_page(app, pilot, "glance")
        await until(pilot, lambda: "68%" in screen_text(app))
        page.query_one("#goals-now").focus()
        await pilot.press("G", "enter")
        await until(pilot, lambda: app.place.current == "goals")
        await settled(pilot)
        await until(pilot, lambda: app.place.page.reading and app.place.page.sought is None)
        await pilot.press("enter")
        await until(pilot, lambda: toasts(app) and "not counted from orders" in toasts(app)[-1])
        await pilot.press("g", "enter")
        await until(pilot, lambda: isinstance(app.screen, OrdersBehind))
        await settled(pilot)
        assert "Income → 200.00 · 2026-09-01 to 2026-09-21 · 3 orders · ¥135.00" in screen_text(app)
        await pilot.press("escape", "G", "minus")
        await until(pilot, lambda: "Acceptance" not in screen_text(app))
        assert "68%" in screen_text(app), "135 of 200"
        await pilot.press("minus")
        await until(pilot, lambda: "No goals yet" in screen_text(app))
        await pilot.press("u")
        await until(pilot, lambda: "68%" in screen_text(app))
        await pilot.press("e")
        await until(pilot, lambda: isinstance(app.screen, FormDialog))
        await pilot.press(*"270", "ctrl+s")
        await until(pilot, lambda: app.screen is app.place and "50%" in screen_text(app))
        await pilot.press("Y", "o")
        await until(pilot, lambda: app.place.wanted.step == "day")
        await open_page(app, pilot, "reports")
        assert "王者荣耀" in screen_text(app) and "135.00" in screen_text(app)
        for place in ("report-chart", "report-rows"):
            app.place.page.query_one(f"#{place}").focus()
            await pilot.press("enter")
            await until(pilot, lambda: isinstance(app.screen, OrdersBehind))
            await settled(pilot)
            assert "按游戏 · 王者荣耀 · 3 orders · ¥135.00" in screen_text(app)
            await pilot.press("escape")
        app.place.page.query_one("#own-reports").focus()
        await pilot.press("minus")
        await until(pilot, lambda: "No reports yet" in screen_text(app))


async def test_a_report_is_seen_while_it_is_composed(desk: Desk) -> None:
    async with console(desk.store, size=(80, 24)) as (app, pilot):
        await open_page(app, pilot, "reports")
        await pilot.press("plus")
        await until(pilot, lambda: isinstance(app.screen, ReportForm))
        await until(pilot, lambda: "as soon as there is a measure" in screen_text(app))
        await pilot.press(*"mine", "enter", *"income", "enter", *"day", "enter")
        await until(pilot, lambda: "Income 135.00" in screen_text(app))
        assert "2026-09-01" in screen_text(app), "the first rows"
        await pilot.press(*"hour:x")
        await until(pilot, lambda: "! Character 6: hour can’t be “x”" in screen_text(app))
        await pilot.press("backspace", *"0..23", "tab", *"2026-09", "enter", *"period", "enter")
        await until(pilot, lambda: "against 2026-08-01 to 2026-08-21" in screen_text(app))
        await until(pilot, lambda: "⠒⠒" in screen_text(app))
        assert "Income 135.00" in screen_text(app)
        for _field in range(3):
            await pilot.press("tab")
        await pilot.press(*"yes", "ctrl+s")
        await until(pilot, lambda: app.screen is app.place and "mine  2026-09" in screen_text(app))
        await open_page(app, pilot, "glance")
        await until(pilot, lambda: "mine: Income 135.00" in screen_text(app))


async def test_a_page_is_sent_by_itself_until_that_is_ended(desk: Desk, tmp_path: Path) -> None:
    async with console(desk.store, size=(80, 24)) as (app, pilot):
        await open_page(app, pilot, "goals")
        await pilot.press("S")
        await until(pilot, lambda: "No report is sent by itself yet" in screen_text(app))
        await pilot.press("plus")
        await until(pilot, lambda: isinstance(app.screen, FormDialog))
        await pilot.press("enter", *"weekly", "enter", "enter", *"8", "enter")
        await pilot.press(*str(tmp_path), "ctrl+s")
        await until(pilot, lambda: "“8” is not valid" in screen_text(app))
        await pilot.press(*"5", "ctrl+s")
        await until(pilot, lambda: isinstance(app.screen, SchedulesDialog))
        await until(pilot, lambda: "Weekly Fri 09:30" in screen_text(app))
        assert "Goals" in screen_text(app) and str(tmp_path)[:12] in screen_text(app)
        await pilot.press("minus")
        await until(pilot, lambda: "No report is sent by itself yet" in screen_text(app))
        await pilot.press("escape", "u")
        await until(pilot, lambda: "Undone" in toasts(app)[-1])
        await pilot.press("S")
        await until(pilot, lambda: "Weekly Fri 09:30" in screen_text(app))
