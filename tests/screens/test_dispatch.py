"""The dispatch queue: waiting orders, ranked companions with reasons, Enter assigns."""

from __future__ import annotations

import pytest

from crm_tui.app import ConsoleApp
from crm_tui.core.clock import FixedClock
from crm_tui.core.language import set_language
from crm_tui.core.words import OrderStatus, Presence
from crm_tui.models import Companion
from crm_tui.screens.dialogs.why import WhyDialog
from crm_tui.screens.dispatch import DispatchScreen
from crm_tui.services.orders import actions as orders
from crm_tui.storage.store import Store
from tests.desk import Desk, open_desk
from tests.screens.console import console, opens, screen_text, settled, toasts, until


@pytest.fixture
def desk(sqlite_store: Store, clock: FixedClock) -> Desk:
    return open_desk(sqlite_store, clock)


def unbroken(app: ConsoleApp) -> str:
    """What is painted, without the breaks of lines."""
    return " ".join(screen_text(app).replace("│", " ").split())


def queue_of(app: object) -> DispatchScreen:
    place = app.place  # type: ignore[attr-defined]
    assert isinstance(place, DispatchScreen)
    return place


async def test_only_waiting_orders_and_who_fits_with_reasons_and_money(desk: Desk) -> None:
    waiting = desk.order()
    serving = desk.order_in(OrderStatus.SERVING, companion=1)
    with desk.store.write(desk.actor) as work:
        resting = work.session.get_one(Companion, desk.companions[2])
        resting.presence = Presence.RESTING
        work.session.add(resting)
    async with console(desk.store) as (app, pilot):
        await pilot.press("2")
        given = "鹿鹿00: net 45.00 × 80% (agreed share) = 36.00 · studio: ¥9.00"
        told = (waiting, f"鹿鹿01: serves {serving} until 00:04", "鹿鹿02: resting", given)
        await until(pilot, lambda: all(each in unbroken(app) for each in told))
        assert queue_of(app).source.total == 1


async def test_enter_gives_the_order_to_the_companion_under_the_right_cursor(desk: Desk) -> None:
    no = desk.order()
    async with console(desk.store) as (app, pilot):
        await pilot.press("2")
        await until(pilot, lambda: "net 45.00" in screen_text(app))
        await pilot.press("tab", "j")
        chosen = queue_of(app).candidate().companion
        await pilot.press("enter")
        await until(pilot, lambda: desk.row(no).companion == chosen)
        await until(pilot, lambda: "No order waits." in screen_text(app))
        await pilot.press("u")
        await until(pilot, lambda: queue_of(app).source.total == 1)


async def test_enter_says_why_nobody_can_be_chosen(desk: Desk) -> None:
    no = desk.order()
    for companion in range(3):
        other = desk.order()
        desk.do(orders.assign, other, desk.companions[companion])
    async with console(desk.store) as (app, pilot):
        await pilot.press("2")
        await until(pilot, lambda: "Nobody fits." in screen_text(app))
        await pilot.press("enter")
        await settled(pilot)
        assert toasts(app)[-1] == "Nobody fits this order now."
        assert desk.row(no).status is OrderStatus.PENDING


async def test_why_not_one_companion_is_answered_with_facts_and_score_in_chinese_at_80x24(
    desk: Desk,
) -> None:
    no, easy = desk.order(demands={"level": "god"}), desk.order()
    serving = desk.order_in(OrderStatus.SERVING, companion=1)
    set_language("zh")
    async with console(desk.store, size=(80, 24)) as (app, pilot):
        await pilot.press("2")
        await until(pilot, lambda: queue_of(app).source.total == 2)
        await until(pilot, lambda: queue_of(app).candidate() is None)
        await pilot.press("W")
        await opens(pilot, WhyDialog)
        await pilot.press(*"ll01")
        await until(pilot, lambda: f"鹿鹿01 不能接 {no}，原因 2 条：" in screen_text(app))
        await settled(pilot)
        text = screen_text(app)
        assert f"正在服务 {serving}，到 00:04" in text
        assert "没有等级，要求大神" in text and "订单需要降低等级要求。" in text
        await pilot.press("escape", "escape")
        await until(pilot, lambda: not isinstance(app.screen, WhyDialog))
        await pilot.press("colon", *f"why {easy} ll00", "enter")
        await until(pilot, lambda: f"鹿鹿00 可以接 {easy}：第 1 名，共 2 人" in screen_text(app))
        await until(pilot, lambda: "接单表现" in screen_text(app))
