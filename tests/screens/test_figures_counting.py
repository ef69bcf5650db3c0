"""The first count of all orders: how far it is, stopping it, beginning again."""

from __future__ import annotations

import doctest
import fcntl
from datetime import timedelta

from crm_tui.core import pace
from crm_tui.core.clock import FixedClock
from crm_tui.core.words import OrderStatus
from crm_tui.screens.figures_reading import Building
from crm_tui.services.figures.copy import door
from crm_tui.storage.store import Store
from tests.desk import open_desk
from tests.screens.console import console, screen_text, settled, toasts, until


async def test_a_count_that_takes_long_is_stopped_and_begun_again(
    sqlite_store: Store, clock: FixedClock
) -> None:
    open_desk(sqlite_store, clock).order_in(OrderStatus.COMPLETED)
    folder = door.folder_of(sqlite_store)
    folder.mkdir()
    with (folder / ".lock").open("w") as somebody_counts:
        fcntl.flock(somebody_counts, fcntl.LOCK_EX)
        async with console(sqlite_store) as (app, pilot):
            await pilot.press("7")
            await until(pilot, lambda: (building := app.place._building) and building.total)
            left = app.place._building
        assert left.stopped, "who leaves waits for no count"
        async with console(sqlite_store, size=(80, 24)) as (app, pilot):
            await pilot.press("7")
            await until(pilot, lambda: "counting 0% · Esc stops" in screen_text(app))
            assert "Nothing unusual" not in screen_text(app), "nobody knows that yet"
            await pilot.press("1", "7", "escape")
            await until(pilot, lambda: "Ctrl+R counts" in screen_text(app))
            assert toasts(app)[-1] == "The count was stopped."
            fcntl.flock(somebody_counts, fcntl.LOCK_UN)
            await pilot.press("ctrl+r")
            await until(pilot, lambda: "as of " in screen_text(app))
            await settled(pilot)
            assert "Nothing unusual" in screen_text(app)


def test_how_far_a_count_is_tells_how_long_it_takes() -> None:
    building = Building()
    assert not building.stoppable and building.tell(25, 100) and building.stoppable
    building.began -= timedelta(minutes=1).total_seconds()
    assert building.told() == "25% · 3:00 left"
    building.stopped = True
    assert not building.tell(50, 100) and not building.stoppable
    assert doctest.testmod(pace).failed == 0
