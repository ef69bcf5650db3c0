"""A back-up that is restored under an open console: what it shows is what is there now."""

from __future__ import annotations

from pathlib import Path

from crm_tui.core.clock import FixedClock
from crm_tui.services.upkeep.backup import back_up, restore
from crm_tui.storage.store import Store, dialect_for
from tests.desk import open_desk
from tests.screens.console import console, screen_text, settled, until


async def test_the_board_shows_what_was_put_back(
    sqlite_store: Store, sqlite_url: str, clock: FixedClock, tmp_path: Path
) -> None:
    desk = open_desk(sqlite_store, clock)
    kept = desk.order()
    made = back_up(sqlite_store, tmp_path / "copy.db")
    lost = desk.order()
    async with console(sqlite_store) as (app, pilot):
        await until(pilot, lambda: lost in screen_text(app))
        restore(dialect_for(sqlite_url), made.file)
        await until(pilot, lambda: lost not in screen_text(app))
        await settled(pilot)
        assert kept in screen_text(app)
