"""Stored value and levels by keyboard only, on what the store holds."""

from __future__ import annotations

import pytest
from textual.pilot import Pilot
from textual.widgets import Input, Static

from crm_tui.core.clock import FixedClock
from crm_tui.core.words import PayChannel
from crm_tui.screens.dialogs.form_dialog import FormDialog
from crm_tui.screens.levels import LevelsScreen
from crm_tui.services.money.members import actions, levels, reads
from crm_tui.services.money.members.rules import Parts
from crm_tui.services.settings.actions import set_setting
from crm_tui.storage.store import Store
from tests.desk import MANAGER, Desk, open_desk
from tests.screens.console import console, screen_text, settled, toasts, until


@pytest.fixture
def desk(sqlite_store: Store, clock: FixedClock) -> Desk:
    desk = open_desk(sqlite_store, clock, companions=1)
    desk.actor = MANAGER
    desk.do(set_setting, "members.bonus_steps", '[{"from_fen": 50000, "bonus_bp": 500}]')
    return desk


def member(desk: Desk) -> reads.Member:
    with desk.store.read() as work:
        return reads.member(work, desk.customer)


async def fill(pilot: Pilot[None], **texts: str) -> None:
    dialog = pilot.app.screen
    assert isinstance(dialog, FormDialog)
    for name, text in texts.items():
        dialog.form.row(name).fill(text)
    await pilot.press("ctrl+s")
    await settled(pilot)


def price(pilot: Pilot[None]) -> str:
    return str(pilot.app.screen.query_one(".price", Static).content)


async def test_a_balance_is_topped_up_and_paid_out_with_what_comes_of_it_seen_before(
    desk: Desk,
) -> None:
    desk.do(levels.set_level, "Silver", threshold_fen=50_000, discount_bp=500)
    async with console(desk.store) as (app, pilot):
        await pilot.press("3")
        await until(pilot, lambda: "C1" in screen_text(app))
        await pilot.press("down")
        app.place.query_one("#matches").focus()
        await settled(pilot)
        await pilot.press("P")
        await settled(pilot)
        assert "no stored value to be given back" in toasts(app)[-1]
        await pilot.press("dollar_sign")
        await settled(pilot)
        app.screen.query_one("#field-amount Input", Input).value = "500"
        await until(pilot, lambda: "¥25.00 of bonus (5%)" in price(pilot))
        await settled(pilot)
        assert "level Silver" in price(pilot)
        await pilot.press("ctrl+s", "ctrl+s")
        await settled(pilot)
        assert member(desk).balance == Parts(50_000, 2_500)
        await until(pilot, lambda: "Silver, 5% off" in screen_text(app))
        await pilot.press("P")
        await settled(pilot)
        app.screen.query_one("#field-amount Input", Input).value = "600"
        await until(pilot, lambda: price(pilot).startswith("! Refused"))
        app.screen.query_one("#field-amount Input", Input).value = "200"
        await until(pilot, lambda: "¥10.00 of bonus goes" in price(pilot))
        await pilot.press("ctrl+s")
        await settled(pilot)
        assert member(desk).balance == Parts(30_000, 1_500)
        await until(pilot, lambda: not isinstance(app.screen, FormDialog))
        app.place.run_line("liability")
        await until(pilot, lambda: "¥315.00: ¥300.00 paid, ¥15.00 bonus" in screen_text(app))
        await settled(pilot)
        assert "up to 30 days: ¥300.00 + ¥15.00" in screen_text(app)
        await pilot.press("enter")
        await until(pilot, lambda: app.place.PLACE == "person")


async def test_a_member_sees_the_price_less_the_discount(desk: Desk) -> None:
    desk.do(levels.set_level, "Silver", threshold_fen=100, discount_bp=500)
    desk.do(actions.top_up, desk.customer, PayChannel.CASH, 100)
    async with console(desk.store) as (app, pilot):
        await pilot.press("3")
        await until(pilot, lambda: "C1" in screen_text(app))
        app.place.query_one("#matches").focus()
        await settled(pilot)
        await pilot.press("N")
        await settled(pilot)
        await pilot.press("tab")
        await until(pilot, lambda: "¥45.00 by the list, 5% off" in price(pilot))
        await settled(pilot)
        assert "Price ¥42.75" in price(pilot)


async def test_levels_are_made_changed_and_removed(desk: Desk) -> None:
    async with console(desk.store) as (app, pilot):
        await pilot.press("8")
        await settled(pilot)
        await pilot.press("L")
        await settled(pilot)
        assert isinstance(app.place, LevelsScreen)
        await until(pilot, lambda: "no membership levels yet" in screen_text(app))
        await pilot.press("c")
        await settled(pilot)
        await fill(pilot, name="Silver", threshold_fen="500", discount_bp="5%")
        await until(pilot, lambda: "pays 5% less" in screen_text(app))
        await pilot.press("e")
        await settled(pilot)
        await fill(pilot, name="Gold", bonus_bp="2.5")
        with desk.store.read() as work:
            (level,) = reads.levels(work)
        assert (level.name, level.threshold_fen, level.discount_bp, level.bonus_bp) == (
            "Gold",
            50_000,
            500,
            250,
        )
        await until(pilot, lambda: "2.5% of bonus" in screen_text(app))
        await pilot.press("D")
        await settled(pilot)
        await fill(pilot, name="Gold")
        await until(pilot, lambda: "no membership levels yet" in screen_text(app))
        await pilot.press("u")
        await until(pilot, lambda: "pays 5% less" in screen_text(app))
