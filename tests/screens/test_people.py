"""Customers looked up as one types, and the roster: by keyboard only, on what the store holds."""

from __future__ import annotations

import pytest
from textual.widgets import Input

from crm_tui.core.clock import FixedClock
from crm_tui.core.words import IdentityKind, OrderStatus, Presence
from crm_tui.screens.customers import CustomersScreen
from crm_tui.screens.dialogs.detail import DetailDialog
from crm_tui.screens.dialogs.form_dialog import FormDialog
from crm_tui.screens.roster import RosterScreen
from crm_tui.services.companions import actions as companions
from crm_tui.services.companions import reads as roster
from crm_tui.services.customers import actions as customers
from crm_tui.services.customers import reads
from crm_tui.services.customers.rules import NewCustomer
from crm_tui.storage.store import Store
from tests.desk import Desk, open_desk
from tests.screens.console import console, opens, screen_text, settled, toasts, until


@pytest.fixture
def desk(sqlite_store: Store, clock: FixedClock) -> Desk:
    desk = open_desk(sqlite_store, clock)
    for nick, phone, wechat in (
        ("曾老板[VIP]", "13800138000", "wxid_zeng"),
        ("夜猫", "13911112222", "yemao"),
        ("小鱼精", "", "xyj"),
        ("小鱼儿", "13700001234", ""),
    ):
        identities = {IdentityKind.PHONE: phone, IdentityKind.WECHAT: wechat}
        known = {kind: value for kind, value in identities.items() if value}
        desk.customer = desk.do(customers.add, NewCustomer(nick=nick, identities=known))
    return desk


def nick_of(screen: CustomersScreen) -> str:
    return screen.profile.nick if screen.profile else ""


async def test_a_customer_is_found_by_whatever_is_known(desk: Desk) -> None:
    async with console(desk.store) as (app, pilot):
        await pilot.press("3")
        await settled(pilot)
        screen = app.place
        assert isinstance(screen, CustomersScreen)
        for words, nick in (
            ("zlb", "曾老板[VIP]"),
            ("clb", "曾老板[VIP]"),
            ("2222", "夜猫"),
            ("wxid_z", "曾老板[VIP]"),
            ("鱼儿", "小鱼儿"),
        ):
            await pilot.press(*words)
            await until(pilot, lambda nick=nick: nick_of(screen) == nick)
            await settled(pilot)
            assert nick in screen_text(app)
            await pilot.press("escape")
        assert screen.query_one("#lookup", Input).value == ""
        await pilot.press(*"nobody")
        await until(pilot, lambda: "Nobody like that" in screen_text(app))
        assert screen.profile is None
        await pilot.press("enter", "e")
        assert "no customer under the cursor" in toasts(app)[-1]
        await pilot.press("slash", *"zlb")
        assert screen.query_one("#lookup", Input).value == "zlb"


async def test_only_the_last_keystroke_counts(desk: Desk) -> None:
    async with console(desk.store) as (app, pilot):
        await pilot.press("3")
        await settled(pilot)
        screen = app.place
        assert isinstance(screen, CustomersScreen)
        lookup = screen.query_one("#lookup", Input)
        for words in ("y", "ye", "yem", "yema", "yemao"):
            lookup.value = words
        await until(pilot, lambda: nick_of(screen) == "夜猫")
        assert screen.matches.total == 1


async def test_history_stands_beside_and_opens(desk: Desk) -> None:
    no = desk.order_in(OrderStatus.COMPLETED)
    async with console(desk.store) as (app, pilot):
        await pilot.press("3", *"小鱼儿", "enter")
        await until(pilot, lambda: "1 order · ¥45.00" in screen_text(app))
        await pilot.press("tab", "enter")
        await opens(pilot, DetailDialog)
        assert no in screen_text(app)
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is app.place)
        desk.order()
        await until(pilot, lambda: app.place.orders.total == 2)
        assert app.place.orders.window(0, 1)[0].tone == "warning", "what is open stands out"


async def test_a_customer_is_added_edited_and_tagged(desk: Desk) -> None:
    async with console(desk.store) as (app, pilot):
        await pilot.press("3", *"13655556666", "enter")
        await until(pilot, lambda: "Nobody like that" in screen_text(app))
        await pilot.press("c")
        await opens(pilot, FormDialog)
        await pilot.press(*"新来的", "ctrl+s")
        await until(pilot, lambda: nick_of(app.place) == "新来的")
        await until(pilot, lambda: app.screen is app.place)
        await pilot.press("e")
        await opens(pilot, FormDialog)
        await pilot.press("tab", "end", *"9", "ctrl+s")
        await settled(pilot)
        assert isinstance(app.screen, FormDialog), "a wrong phone keeps the form open"
        await pilot.press("backspace", "shift+tab", "end", *"2号", "ctrl+s")
        await until(pilot, lambda: nick_of(app.place) == "新来的2号")
        await until(pilot, lambda: app.screen is app.place)
        await pilot.press("colon", *"tag +学生 +VIP", "enter")
        await until(pilot, lambda: "Tags #VIP  #学生" in screen_text(app))
        await pilot.press("u")
        await until(pilot, lambda: "VIP 学生" not in screen_text(app))
    with desk.store.read() as work:
        found = reads.profile(work, reads.resolve(work, "13655556666"))
    assert (found.nick, found.tags) == ("新来的2号", ())


async def test_a_new_order_begins_with_the_customer_looked_at(desk: Desk) -> None:
    async with console(desk.store) as (app, pilot):
        await pilot.press("3", *"zlb", "enter")
        await until(pilot, lambda: nick_of(app.place) == "曾老板[VIP]")
        await pilot.press("N")
        await opens(pilot, FormDialog)
        row = app.screen.form.row("customer")
        assert (row.text, row.value()) == ("曾老板[VIP]", app.place.profile.id)
        assert app.screen.form.row("game").query_one(Input).has_focus
        assert "choose one" not in screen_text(app), "whoever is looked at is chosen already"


async def test_the_command_line_finds_a_customer_from_another_screen(desk: Desk) -> None:
    async with console(desk.store) as (app, pilot):
        await pilot.press("colon", *"find xyg", "enter")
        await until(pilot, lambda: "小鱼干12" in screen_text(app))
        assert app.current_mode == "customers"
        await pilot.press("escape", "escape", "escape")
        await until(pilot, lambda: app.current_mode == "board")


async def test_arrows_go_through_the_matches_while_typing(desk: Desk) -> None:
    async with console(desk.store) as (app, pilot):
        await pilot.press("3", *"小鱼")
        screen = app.place
        await until(pilot, lambda: nick_of(screen).startswith("小鱼"))
        first = nick_of(screen)
        await pilot.press("down")
        await until(pilot, lambda: nick_of(screen) != first)
        assert screen.query_one("#lookup", Input).has_focus


async def test_presence_changes_by_key_and_is_undone(desk: Desk) -> None:
    async with console(desk.store) as (app, pilot):
        await pilot.press("4")
        await settled(pilot)
        screen = app.place
        assert isinstance(screen, RosterScreen)
        assert "Idle 3" in screen_text(app)
        before = screen.companion()
        await pilot.press("r")
        await until(pilot, lambda: "Resting 1" in screen_text(app))
        assert screen.companion().id == before.id, "the cursor is on the same companion"
        await pilot.press("u")
        await until(pilot, lambda: "Idle 3" in screen_text(app))
        desk.do(companions.set_presence, before.id, Presence.OFFLINE)
        await until(pilot, lambda: "Offline 1" in screen_text(app))
        await pilot.press("i")
        await until(pilot, lambda: "Idle 3" in screen_text(app))
    with desk.store.read() as work:
        assert roster.one(work, before.id).presence is Presence.IDLE


async def test_who_is_serving_can_not_go_and_says_why(desk: Desk) -> None:
    no = desk.order_in(OrderStatus.SERVING)
    async with console(desk.store) as (app, pilot):
        await pilot.press("4")
        await settled(pilot)
        screen = app.place
        screen.show_record(desk.companions[0])
        await pilot.press("f")
        assert no in toasts(app)[-1]
        await pilot.press("o")
        await opens(pilot, DetailDialog)


async def test_the_roster_is_filtered_and_sorted(desk: Desk) -> None:
    desk.order_in(OrderStatus.COMPLETED, companion=2)
    async with console(desk.store) as (app, pilot):
        await pilot.press("4")
        await settled(pilot)
        screen = app.place
        await pilot.press("slash", *"presence:idle today:>0", "enter")
        await settled(pilot)
        assert screen.source.count() == 1
        assert "1/3" in screen_text(app)
        await pilot.press("escape", "s")
        assert screen.source.window(0, 1)[0].key == desk.companions[2]
        await pilot.press("g", "y")
        assert "鹿鹿02" in toasts(app)[-1]


async def test_a_hostile_customer_is_edited_without_harm(desk: Desk) -> None:
    nick = "坏人\x1b[6n\u202e"
    desk.do(customers.add, NewCustomer(nick=nick, identities={IdentityKind.QQ: "1000999"}))
    async with console(desk.store) as (app, pilot):
        await pilot.press("3", *"1000999", "enter")
        await until(pilot, lambda: "QQ 1000999" in screen_text(app))
        await pilot.press("e")
        await opens(pilot, FormDialog)
        assert not any(
            ord(char) < 32 or char == "\u202e" for char in screen_text(app)[:-1] if char != "\n"
        )
        stored = app.place.profile.nick
        app.screen.form.row("city").fill("杭州")
        await pilot.press("ctrl+s")
        await until(pilot, lambda: app.place.profile.city == "杭州")
        assert app.place.profile.nick == stored, "what was not touched stays as it was"
