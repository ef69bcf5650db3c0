"""P in the queue: the plan is shown, rows are left out, applied with verdicts, undone."""

from __future__ import annotations

import pytest

from crm_tui.core.clock import FixedClock
from crm_tui.core.words import OrderStatus as S
from crm_tui.screens.dialogs.plan import PlanDialog
from crm_tui.screens.dialogs.text import TextDialog
from crm_tui.services.orders import actions as orders
from crm_tui.storage.store import Store
from tests.desk import Desk, open_desk, status_of
from tests.screens.console import console, opens, screen_text, settled, toasts, until


@pytest.fixture
def desk(sqlite_store: Store, clock: FixedClock) -> Desk:
    return open_desk(sqlite_store, clock)


async def test_the_plan_is_shown_thinned_out_applied_and_undone(desk: Desk) -> None:
    first, second, third = (desk.order() for _each in range(3))
    nobody = desk.order(demands={"tags": ["会唱歌"]})
    async with console(desk.store, size=(80, 24)) as (app, pilot):
        await pilot.press("2")
        await until(pilot, lambda: first[-3:] in screen_text(app))
        await settled(pilot)
        await pilot.press("P")
        await until(pilot, lambda: "3 are offered" in screen_text(app))
        await settled(pilot)
        text = screen_text(app)
        assert "4 orders wait · 3 companions are free" in text
        assert "first come, first served" in text and "price 1.00" in text
        assert f"{nobody} 小鱼干12: nobody fits now" in text

        await pilot.press("space", "m")
        await until(pilot, lambda: "2 are given" in screen_text(app))
        await settled(pilot)
        assert "left out" in screen_text(app)
        desk.do(orders.cancel, second, "changed their mind")
        await pilot.press("enter")
        await opens(pilot, TextDialog)
        text = screen_text(app)
        assert "order given 1 · not done 1" in text and "was changed by someone else" in text
        assert [status_of(desk.store, no) for no in (first, second, third)] == [
            S.PENDING,
            S.CANCELLED,
            S.ACCEPTED,
        ]
        await pilot.press("escape", "u")
        await until(pilot, lambda: status_of(desk.store, third) is S.PENDING)
        await until(pilot, lambda: toasts(app)[-1:] == ["Undone: Plan: taken back 1"])


async def test_a_plan_of_nothing_says_so_and_is_left(desk: Desk) -> None:
    async with console(desk.store) as (app, pilot):
        await pilot.press("2")
        await settled(pilot)
        await pilot.press("P")
        await until(pilot, lambda: "Nothing can be given to anybody now." in screen_text(app))
        await pilot.press("enter")
        await settled(pilot)
        assert isinstance(app.screen, PlanDialog)
        await pilot.press("escape")
        await settled(pilot)
        assert not isinstance(app.screen, PlanDialog)
