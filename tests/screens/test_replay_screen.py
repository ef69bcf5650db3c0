"""The board's past on the screen: marked, read-only, minute by minute, in both languages."""

from __future__ import annotations

import pytest

from crm_tui.core.clock import FixedClock
from crm_tui.core.language import set_language
from crm_tui.core.words import OrderStatus
from crm_tui.screens.replay import ReplayScreen
from crm_tui.storage.store import Store
from tests.desk import Desk, open_desk
from tests.screens.console import console, screen_text, settled, toasts, until


@pytest.fixture
def desk(sqlite_store: Store, clock: FixedClock) -> Desk:
    return open_desk(sqlite_store, clock)


def past_of(app: object) -> ReplayScreen:
    place = app.place  # type: ignore[attr-defined]
    assert isinstance(place, ReplayScreen)
    return place


async def test_the_board_of_ten_minutes_ago_by_one_key(desk: Desk) -> None:
    serving = desk.order_in(OrderStatus.SERVING)
    desk.wait(15)
    later = desk.order()
    async with console(desk.store) as (app, pilot):
        await pilot.press("B")
        await until(pilot, lambda: "10 minutes ago" in screen_text(app))
        await settled(pilot)
        text = screen_text(app)
        assert "PAST 2026-09-21 23:09:11" in text and "read-only" in text
        assert serving in text and later not in text
        await pilot.press("<", ",")
        await until(pilot, lambda: "21 minutes ago" in screen_text(app))
        await until(pilot, lambda: serving not in screen_text(app))
        await settled(pilot)
        assert "There was nothing on the board." in screen_text(app)
        await pilot.press(">", ">", ">", ".")
        await until(pilot, lambda: later in screen_text(app))
        await settled(pilot)
        assert "0 minutes ago" in screen_text(app), "there is no future here"
        await pilot.press("s")
        assert desk.row(later).status is OrderStatus.PENDING
        await pilot.press("enter")
        await until(pilot, lambda: app.current_mode == "board")


async def test_a_time_is_typed_and_a_wrong_one_refused(desk: Desk) -> None:
    serving = desk.order_in(OrderStatus.SERVING)
    desk.wait(90)
    set_language("zh")
    async with console(desk.store, size=(80, 24)) as (app, pilot):
        await pilot.press(":", *"replay 23:30", "enter")
        await until(pilot, lambda: "2026-09-21 23:30:00" in screen_text(app))
        await settled(pilot)
        assert "只读" in screen_text(app)
        assert past_of(app).order().no == serving
        await pilot.press("t", *"soon", "enter")
        await until(pilot, lambda: toasts(app) and "22:14" in toasts(app)[-1])
        await settled(pilot)
        assert "2026-09-21 23:30:00" in screen_text(app)
