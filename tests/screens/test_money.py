"""The money screen by keyboard: today, the accounts, a ledger, a booking and its order."""

from __future__ import annotations

from datetime import date, timedelta

from crm_tui.core.clock import FixedClock
from crm_tui.core.language import set_language
from crm_tui.core.words import Account, OrderStatus, PayChannel
from crm_tui.screens import money_cells as looks
from crm_tui.screens.dialogs.detail import DetailDialog
from crm_tui.screens.dialogs.text import TextDialog
from crm_tui.screens.money import MoneyScreen
from crm_tui.screens.money_reading import Overview
from crm_tui.services.money import day
from crm_tui.services.money.day import Takings, ToDo
from crm_tui.storage.store import Store
from tests.desk import open_desk
from tests.screens.console import console, opens, screen_text, settled, toasts, until


def test_the_day_tells_of_refunds_and_of_those_that_were_taken_back() -> None:
    takings = [Takings(PayChannel.WECHAT, 4500, 1000, 0), Takings(PayChannel.CASH, 0, -700, 300)]
    found = Overview(date(2026, 9, 21), takings, ToDo(2, 1, 1), [], 0)
    first, waits = looks.today(found).plain.splitlines()
    assert waits == "2 lines of bills to reconcile · 1 batch to approve · 1 batch to pay out"
    set_language("zh")
    try:
        assert looks.today(found).plain.endswith(
            "2 行账单待对账 · 1 个结算批次待审批 · 1 个结算批次待打款"
        )
    finally:
        set_language("en")
    assert first == (
        "09-21  WeChat Pay ¥45.00, refunds ¥10.00"
        " · Cash ¥0.00, refunds taken back ¥7.00, paid out ¥3.00"
    )


async def test_from_a_figure_to_the_booking_and_the_order(
    sqlite_store: Store, clock: FixedClock
) -> None:
    desk = open_desk(sqlite_store, clock)
    desk.order_in(OrderStatus.COMPLETED)
    clock.advance(timedelta(minutes=1))
    async with console(sqlite_store) as (app, pilot):
        await pilot.press("6")
        await settled(pilot)
        screen = app.screen
        assert isinstance(screen, MoneyScreen)
        text = screen_text(app)
        assert "Nothing waits to be done." in text
        with sqlite_store.read() as work:
            (today,) = day.takings(work, work.calendar().day_of(clock.now()))
        assert today.taken_fen > 0
        assert f"{today.taken_fen / 100:,.2f}" in text

        screen._account_table.move_to(f"{Account.COMPANION_PAYABLE.value}/")
        await until(pilot, lambda: screen.booked() is not None and screen.booked().whose)
        await pilot.press("enter", "h")
        await until(pilot, lambda: "Owed to companions ·" in screen_text(app))
        await pilot.press("enter")
        await opens(pilot, TextDialog)
        assert "Booking" in screen_text(app)
        await pilot.press("escape", "o")
        await opens(pilot, DetailDialog)
        await pilot.press("escape", "h", "escape")
        screen._account_table.move_to(f"{Account.FEES.value}/")
        await until(pilot, lambda: "Nothing was booked here yet." in screen_text(app))
        await pilot.press("o")
        await settled(pilot)
        assert "about no order" in toasts(app)[-1]
