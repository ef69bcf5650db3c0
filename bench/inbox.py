"""What the key ``n`` waits for: the whole order of what waits, with thousands of open orders.

And what the worker pays every few seconds for looking for risks when nothing has happened.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from statistics import median, quantiles

from bench.figure import Figure
from bench.open_orders import OPEN, fill
from crm_tui.core.actor import SYSTEM
from crm_tui.core.clock import FixedClock
from crm_tui.services.inbox import reads
from crm_tui.services.risk import actions
from crm_tui.services.upkeep.opening import open_studio

NOW = datetime(2026, 9, 21, 15, 4, 11, tzinfo=UTC)
TURNS = 40
ANSWERED_MS = 100.0


def run() -> list[Figure]:
    with tempfile.TemporaryDirectory() as folder:
        store = open_studio(Path(folder) / "studio.db", clock=FixedClock(NOW))
        fill(store)
        store.perform(SYSTEM, actions.look)

        def wait() -> None:
            with store.read() as work:
                reads.waiting(work, "li")

        waiting = _timed(wait)
        looking = _timed(lambda: store.perform(SYSTEM, actions.look))
        store.close()
    slow = quantiles(waiting, n=20)[-1]
    note = f"{OPEN:,} open orders, {TURNS} readings"
    return [
        Figure("what waits, in order: median", median(waiting), "ms", note=note),
        Figure("what waits, in order: p95", slow, "ms", "≤ 100 ms", slow <= ANSWERED_MS, note),
        Figure("looking for risks, nothing new: median", median(looking), "ms", note=note),
    ]


def _timed(act: Callable[[], object]) -> list[float]:
    """How long each of :data:`TURNS` calls takes, in milliseconds."""
    took = []
    for _turn in range(TURNS):
        begun = time.perf_counter()
        act()
        took.append((time.perf_counter() - begun) * 1000)
    return took
