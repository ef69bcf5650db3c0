"""``kill -9`` while the copy of the figures is brought up to date, by two at once: never a wrong or
half figure, and the copy heals itself.

A few kills each time; fifty with ``make faults``.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from random import Random
from time import monotonic, sleep

import pytest

from crm_tui.core.clock import SystemClock
from crm_tui.core.words import OrderStatus
from crm_tui.models import MAIN_STORE, Order
from crm_tui.services.figures.copy import door, layout, manifest
from crm_tui.services.figures.copy.proof import differences
from crm_tui.storage.store import Store, open_store
from tests.desk import MANAGER, Desk, open_desk

LONG = bool(os.environ.get("CRM_TUI_LONG_TESTS"))
KILLS = 50 if LONG else 3
EVENING = 20
"""Orders between two kills."""
ROOT = Path(__file__).parents[2]


class Refresher:
    """A process of :mod:`tests.figures_refresher`."""

    def __init__(self, url: str, folder: Path) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.figures_refresher", url, str(folder)],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
        )

    def await_ready(self) -> None:
        """Wait until it begins."""
        assert self._process.stdout
        assert self._process.stdout.readline() == "ready\n"

    def killed(self) -> list[str]:
        """End it with -9; answers what it said in whole lines."""
        self._process.kill()
        said, _ = self._process.communicate(timeout=60)
        return [each for each in said.split("\n")[:-1] if each]


@pytest.fixture
def busy(sqlite_url: str) -> Iterator[Store]:
    """A studio that takes orders while its figures are read."""
    store = open_store(sqlite_url, clock=SystemClock())
    yield store
    store.close()


def _one(store: Store, desk: Desk, random: Random) -> int:
    """An order completed some day of half a year; answers what it amounts to."""
    with store.write(MANAGER) as work:
        at = work.clock.now() - timedelta(days=random.randrange(180))
        (number,) = work.reserve_ids(Order, 1)
        fen = random.randrange(100, 10_000)
        order = Order(
            id=number,
            store_id=MAIN_STORE,
            no=f"K{number}",
            status=OrderStatus.COMPLETED,
            customer_id=desk.customer,
            game_id=desk.game,
            amount_fen=fen,
            created_at=at,
            completed_at=at,
        )
        work.session.add(order)
        work.record("order.completed", "order", number, store_id=MAIN_STORE)
    return fen


def test_two_refreshers_are_killed_again_and_again(busy: Store, sqlite_url: str) -> None:
    random, folder = Random(7), door.folder_of(busy)
    desk = open_desk(busy, busy.clock)  # type: ignore[arg-type]
    moments = {(0, 0)}
    orders = worth = 0
    for kill in range(KILLS):
        pair = [Refresher(sqlite_url, folder) for _one in range(2)]
        for refresher in pair:
            refresher.await_ready()
        for _each in range(EVENING):
            orders, worth = orders + 1, worth + _one(busy, desk, random)
            moments.add((orders, worth))
        # Killed at any moment of what they are about just then.
        until = monotonic() + random.random() * 0.15
        while monotonic() < until:
            sleep(0.005)
        for refresher in pair:
            for line in refresher.killed():
                found, gross, counted, summed, served = map(int, line.split())
                assert (found, gross) in moments, f"no moment had this (kill {kill})"
                assert (counted, summed, served) == (found, gross, 0)
        with busy.read() as work:
            last = door.last(folder)
            if last is not None:
                lines = last.lines().collect()
                assert (lines.height, lines["gross_fen"].sum()) in moments
            healed = door.frames(work, folder).lines().collect()
        assert (healed.height, healed["gross_fen"].sum()) == (orders, worth)
    with busy.read() as work:
        assert differences(work, folder) == []


def test_a_half_figure_would_be_found(busy: Store) -> None:
    """The control: a copy whose list names files of two moments is told by the same proof."""
    desk, folder = open_desk(busy, busy.clock), door.folder_of(busy)  # type: ignore[arg-type]
    random = Random(1)
    for _each in range(3):
        _one(busy, desk, random)
    with busy.read() as work:
        door.frames(work, folder)
        before = manifest.read(folder)
        _one(busy, desk, random)
    with busy.read() as work:
        door.frames(work, folder)
        after = manifest.read(folder)
        assert before and after
        name = layout.LINES.name
        manifest.write(folder, after.with_files({name: before.files[name]}))
        assert differences(work, folder)
