"""The money of an order by keyboard: taken, tipped, given back, each seen before it is booked."""

from __future__ import annotations

import pytest
from textual.pilot import Pilot
from textual.widgets import Input, Static

from crm_tui.core.clock import FixedClock
from crm_tui.core.words import OrderStatus, PayChannel
from crm_tui.screens.dialogs.amount_dialog import AmountDialog
from crm_tui.services.orders import actions as orders
from crm_tui.storage.store import Store
from tests.desk import Desk, open_desk
from tests.screens.console import console, screen_text, settled, toasts, until


@pytest.fixture
def desk(sqlite_store: Store, clock: FixedClock) -> Desk:
    return open_desk(sqlite_store, clock, companions=1)


def says(pilot: Pilot[None]) -> str:
    return str(pilot.app.screen.query_one(".price", Static).content)


def type_in(pilot: Pilot[None], name: str, text: str) -> None:
    dialog = pilot.app.screen
    assert isinstance(dialog, AmountDialog)
    dialog.form.row(name).query_one(Input).value = text


async def test_money_comes_and_goes_by_key_and_is_seen_before(desk: Desk) -> None:
    no = desk.order_in(OrderStatus.SERVING)
    async with console(desk.store) as (app, pilot):
        await until(pilot, lambda: no in screen_text(app))
        await pilot.press("dollar_sign")
        await until(pilot, lambda: "paid in full then" in says(pilot))
        type_in(pilot, "amount", "20")
        await until(pilot, lambda: "¥25.00 remain" in says(pilot))
        type_in(pilot, "channel", "Balance")
        await until(pilot, lambda: "The balance is ¥0.00: too little" in says(pilot))
        type_in(pilot, "channel", "WeChat Pay")
        await until(pilot, lambda: "too little" not in says(pilot))
        await pilot.press("ctrl+s", "ctrl+s")
        await settled(pilot)
        assert desk.row(no).paid_fen == 2000

        await pilot.press("z")
        await settled(pilot)
        type_in(pilot, "amount", "10.01")
        await until(pilot, lambda: "鹿鹿00: ¥8.01; studio: ¥2.00" in says(pilot))
        await pilot.press("ctrl+s")
        await settled(pilot)
        assert desk.row(no).tip_fen == 1001
        await pilot.press("u")
        await until(pilot, lambda: desk.row(no).tip_fen == 0)
        await settled(pilot)
        await pilot.press("r")
        await settled(pilot)
        type_in(pilot, "amount", "5")
        type_in(pilot, "reason", "by mistake")
        await pilot.press("ctrl+s")
        await until(pilot, lambda: desk.row(no).paid_fen == 1500)
        await settled(pilot)
        await pilot.press("u")
        await until(pilot, lambda: desk.row(no).paid_fen == 2000)
        await settled(pilot)
        await pilot.press("u")
        await until(pilot, lambda: desk.row(no).paid_fen == 0)
        await settled(pilot)
        await pilot.press("r")
        await until(pilot, lambda: any("Nothing was paid" in told for told in toasts(app)))


async def test_a_refund_shows_what_each_party_gives_and_asks_why(desk: Desk) -> None:
    no = desk.order_in(OrderStatus.UNPAID)
    desk.do(orders.pay, no, PayChannel.WECHAT, 4500, "wx-1")
    async with console(desk.store) as (app, pilot):
        await pilot.press("3")
        await until(pilot, lambda: "C1" in screen_text(app))
        await pilot.press("down")
        await until(pilot, lambda: "45.00" in screen_text(app))
        app.place.query_one("#history").focus()
        await settled(pilot)
        await pilot.press("r")
        await until(pilot, lambda: "The studio gives ¥9.00." in says(pilot))
        assert "鹿鹿00 gives ¥36.00 of what is frozen until 2026-09-28." in says(pilot)
        type_in(pilot, "amount", "50")
        await until(pilot, lambda: "¥45.00 of" in says(pilot))
        type_in(pilot, "amount", "10")
        await until(pilot, lambda: "鹿鹿00 gives ¥8.00" in says(pilot))
        await pilot.press("ctrl+s")
        await settled(pilot)
        assert desk.row(no).paid_fen == 4500
        type_in(pilot, "reason", "late")
        await pilot.press("ctrl+s")
        await settled(pilot)
        assert desk.row(no).paid_fen == 3500
        assert desk.detail(no).history[-1].text == "¥10.00 given back by WeChat Pay (late)"
        assert desk.row(no).status is OrderStatus.COMPLETED
        await pilot.press("u")
        await until(pilot, lambda: desk.row(no).paid_fen == 4500)
        await settled(pilot)


async def test_the_inbox_leads_to_the_refund_of_a_cancelled_order(desk: Desk) -> None:
    no = desk.order_in(OrderStatus.ACCEPTED)
    desk.do(orders.pay, no, PayChannel.WECHAT, 2000)
    desk.do(orders.cancel, no, "changed plans")
    async with console(desk.store) as (app, pilot):
        await pilot.press("5")
        await until(pilot, lambda: "¥20.00 paid ahead" in screen_text(app))
        await settled(pilot)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, AmountDialog))
        await settled(pilot)
        type_in(pilot, "reason", "cancelled")
        await pilot.press("ctrl+s")
        await until(pilot, lambda: "Nothing waits" in screen_text(app))
        await settled(pilot)
        assert desk.row(no).paid_fen == 0
