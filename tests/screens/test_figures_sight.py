"""The figures are for the roles that may see what the studio earns."""

from __future__ import annotations

from crm_tui.app import ConsoleApp
from crm_tui.config import Config
from crm_tui.core.actor import Actor
from crm_tui.core.words import Role
from crm_tui.screens.desk import Desk
from crm_tui.storage.store import Store
from tests.screens.console import screen_text, settled, until


async def test_a_dispatcher_sees_no_income(sqlite_store: Store) -> None:
    who = Actor("li", Role.DISPATCHER)
    app = ConsoleApp(lambda: Desk(sqlite_store, sqlite_store.feed(), who), Config())
    async with app.run_test(size=(120, 36)) as pilot:
        await until(pilot, lambda: app.studio is not None)
        await pilot.press("7")
        await until(pilot, lambda: "Your role does not see these figures." in screen_text(app))
        await settled(pilot)
        assert app.screen.frames is None  # type: ignore[attr-defined]
