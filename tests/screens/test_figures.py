"""Figures and settings by keyboard; every screen at every size in both languages."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest

from crm_tui.config import Config
from crm_tui.core.clock import FixedClock
from crm_tui.core.language import set_language
from crm_tui.core.words import IdentityKind, OrderStatus
from crm_tui.screens.dialogs.form_dialog import FormDialog
from crm_tui.screens.figures_period import Kind, Period
from crm_tui.screens.settings import SettingsScreen
from crm_tui.services.customers import actions as customers
from crm_tui.services.customers.rules import NewCustomer
from crm_tui.services.settings.actions import set_setting
from crm_tui.storage.store import Store
from crm_tui.widgets.text import width_of
from tests.desk import Desk, open_desk
from tests.screens.console import console, opens, screen_text, settled, until

HOSTILE = (
    "[VIP]老白",
    "[/red]x",
    "\x1b]52;c;eA==\x07",
    "\x1b[6n",
    "长" * 10_000,
    "\u202eabc\u2066",
)


@pytest.fixture(autouse=True)
def _own_config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CRM_TUI_CONFIG", str(tmp_path / "config.toml"))


@pytest.fixture
def desk(sqlite_store: Store, clock: FixedClock) -> Desk:
    return open_desk(sqlite_store, clock)


def test_periods_walk_by_their_kind() -> None:
    day = date(2026, 3, 31)
    assert Period.around(Kind.WEEK, day) == Period(Kind.WEEK, date(2026, 3, 30), date(2026, 4, 5))
    month = Period.around(Kind.MONTH, day)
    assert month.moved(-1).last == date(2026, 2, 28)
    assert month.moved(10).first == date(2027, 1, 1)
    assert Period.around(Kind.YEAR, day).moved(1).last == date(2027, 12, 31)
    assert Period(Kind.OWN, day, day + timedelta(days=9)).moved(-1).first == date(2026, 3, 21)
    assert Period.around(Kind.DAY, day).step == "hour"
    assert Period(Kind.OWN, date(2026, 1, 1), day).step == "month"
    assert Period.around(Kind.WEEK, day).title() == "2026-03-30 to 04-05"
    assert Period.over(date(2026, 2, 1), date(2026, 2, 28)).title() == "2026-02"
    assert Period.over(day, day).kind is Kind.DAY
    assert Period.over(day, day + timedelta(days=1)).kind is Kind.OWN


async def test_settings_are_changed_and_taken_back(desk: Desk) -> None:
    async with console(desk.store) as (app, pilot):
        await pilot.press("8")
        await settled(pilot)
        screen = app.place
        assert isinstance(screen, SettingsScreen)
        screen.show_record("store.business_day_start")
        await pilot.press("enter")
        await opens(pilot, FormDialog)
        await pilot.press("end", *["backspace"] * 5, *"25:00", "ctrl+s")
        await settled(pilot)
        assert isinstance(app.screen, FormDialog), "a wrong value keeps the form open"
        await pilot.press(*["backspace"] * 5, *"12:00", "ctrl+s")
        await until(pilot, lambda: "12:00" in screen_text(app) and app.screen is screen)
        await pilot.press("u")
        await until(pilot, lambda: "06:00" in screen_text(app))
        desk.do(set_setting, "store.name", "[b]别家")
        await until(pilot, lambda: "[b]别家" in screen_text(app))


async def test_language_and_theme_change_at_once(desk: Desk) -> None:
    async with console(desk.store) as (app, pilot):
        await pilot.press("8")
        await settled(pilot)
        await pilot.press("colon", *"set console.theme light", "enter")
        await until(pilot, lambda: app.theme == "textual-light")
        await pilot.press("colon", *"set console.language zh", "enter")
        await until(pilot, lambda: "本控制台的语言" in screen_text(app))
        await settled(pilot)
        await until(pilot, lambda: "中文" in screen_text(app) and "浅色" in screen_text(app))


async def test_screens_keep_their_place_when_the_language_changes(desk: Desk) -> None:
    desk.order_in(OrderStatus.COMPLETED)
    new = NewCustomer(nick="夜猫", identities={IdentityKind.QQ: "1000100"})
    desk.do(customers.add, new)
    async with console(desk.store) as (app, pilot):
        await pilot.press("7", "I")
        await until(pilot, lambda: "Income ¥45.00" in screen_text(app))
        await pilot.press("3", *"夜猫", "enter")
        await until(pilot, lambda: "QQ 1000100" in screen_text(app))
        await pilot.press("colon", *"lang zh", "enter")
        await until(pilot, lambda: "还没有完成的订单" in screen_text(app))
        await settled(pilot)
        assert "夜猫" in screen_text(app)
        await pilot.press("7")
        await until(pilot, lambda: "流水 ¥45.00" in screen_text(app))
        await settled(pilot)
        assert "对比 2026-08" in screen_text(app), "the same page as before"


@pytest.mark.parametrize("size", [(80, 24), (120, 36), (200, 50)])
@pytest.mark.parametrize("language", ["zh", "en"])
async def test_every_screen_is_aligned_and_harmless(
    desk: Desk, size: tuple[int, int], language: str
) -> None:
    set_language(language)
    for nick in HOSTILE:
        identities = {IdentityKind.QQ: f"{abs(hash(nick)) % 10**9 + 10**5}"}
        desk.do(customers.add, NewCustomer(nick=nick, note=nick[:50], identities=identities))
    desk.order_in(OrderStatus.COMPLETED)
    config = Config(language=language)
    async with console(desk.store, size=size, config=config) as (app, pilot):
        for key in "3478":
            await pilot.press(key)
            await settled(pilot)
            text = screen_text(app)
            lines = text.split("\n")
            assert len(lines) == size[1]
            assert {width_of(line) for line in lines} == {size[0]}
            assert not any(ord(char) < 32 or char in "\u202e\u2066" for char in "".join(lines))
            if key == "3":
                assert "[VIP]老白" in text and "[/red]x" in text
                await pilot.press("enter", "G")
                await settled(pilot)
