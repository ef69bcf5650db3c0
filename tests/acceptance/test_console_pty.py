"""The console in a real terminal: an order's life by keyboard, seen live on another console."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from crm_tui.core.clock import SystemClock
from crm_tui.services.upkeep.opening import open_studio
from crm_tui.storage.store import Store
from tests.acceptance.terminal import Terminal
from tests.desk import Desk, open_desk

pytestmark = pytest.mark.pty
WITHIN_SECONDS = 0.5
"""From the commit to the other console's screen."""


@pytest.fixture
def database(tmp_path: Path) -> str:
    return str(tmp_path / "studio.db")


@pytest.fixture
def desk(database: str) -> Iterator[Desk]:
    store = open_studio(database)
    yield open_desk(store, SystemClock())  # type: ignore[arg-type]
    store.close()


def newest_event(store: Store) -> datetime:
    """When the last commit was recorded."""
    from crm_tui.models import Event

    with store.read() as work:
        from sqlmodel import col, select

        return work.session.exec(select(Event.at).order_by(col(Event.at).desc()).limit(1)).one()


def test_an_order_lives_by_keyboard_and_another_console_sees_it_within_half_a_second(
    desk: Desk, database: str, tmp_path: Path
) -> None:
    here = Terminal("--db", database, folder=tmp_path)
    there = Terminal("--db", database, folder=tmp_path)
    here.wait_for("No orders.", there)
    there.wait_for("No orders.", here)
    delays: dict[str, float] = {}

    def step(keys: str, seen: str) -> None:
        """Press, and measure how long after the commit the other console shows it."""
        here.press(keys)
        there.wait_for(seen, here)
        delays[seen] = (datetime.now(UTC) - newest_event(desk.store)).total_seconds()
        here.wait_for(seen, there)

    here.press("N")
    here.wait_for("Price ¥", there)
    here.press("小鱼")
    here.wait_for("小鱼干12", there)
    here.press("\r")
    here.wait_for("nickname, pinyin", there)
    here.press("王者")
    here.wait_for("王者荣耀", there)
    here.press("\r")
    here.wait(lambda text: "choose one" not in text, there)
    step("\x13", "To dispatch 1")
    no = re.search(r"O\d{4}-\d{3}", there.text)
    assert no and no.group() in here.text
    here.press("a")
    here.wait_for("Enter gives the order", there)
    step("\r", "Accepted 1")
    step("s", "Serving 1")
    step("p", "Paused")
    here.wait_for("Paused", there)
    step("p", "Serving  ")
    here.press("f")
    here.wait_for("measured", there)
    step("60\r", "To confirm 1")
    step("c", "Unpaid 1")
    here.press("$")
    here.wait_for("are owed", there)
    step("\x13", "Completed today 1")
    row = desk.row(no.group())
    assert (row.status, row.paid_fen) == ("completed", 4500)
    assert here.close() == 0
    assert there.close() == 0
    print("delays", {seen: round(delay, 3) for seen, delay in delays.items()})  # noqa: T201
    late = {seen: delay for seen, delay in delays.items() if delay > WITHIN_SECONDS}
    assert not late
