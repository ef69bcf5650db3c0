"""The 360° screen: all that is known of one customer, by keyboard only."""

from __future__ import annotations

import pytest

from crm_tui.core.clock import FixedClock
from crm_tui.core.words import OrderStatus
from crm_tui.screens.person import PersonScreen
from crm_tui.storage.store import Store
from tests.desk import Desk, open_desk
from tests.screens.console import console, screen_text, until


@pytest.fixture
def desk(sqlite_store: Store, clock: FixedClock) -> Desk:
    return open_desk(sqlite_store, clock)


async def test_enter_on_a_match_opens_the_person_and_escape_goes_back(desk: Desk) -> None:
    desk.order_in(OrderStatus.COMPLETED)
    async with console(desk.store) as (app, pilot):
        await pilot.press("3", *"xyg", "enter")
        await until(pilot, lambda: app.place.profile is not None)
        await pilot.press("enter")
        await until(pilot, lambda: app.current_mode == "person")
        person = app.place
        assert isinstance(person, PersonScreen)
        await until(pilot, lambda: "1 order · ¥45.00" in screen_text(app))
        assert person.customer_in_hand().nick == "小鱼干12"
        await pilot.press("escape")
        await until(pilot, lambda: app.current_mode == "customers")
        assert app.place.query_one("#matches").cursor_key == desk.customer
