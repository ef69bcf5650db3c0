"""Making the demo studio, and the figures over 100,000 orders of it, read from SQLite.

The peer is one SQL statement that sums the same orders by day and knows nothing but the gross.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random
from statistics import median

from bench.figure import Figure
from crm_tui.core.clock import FixedClock
from crm_tui.core.ids import SeededIds
from crm_tui.services.demo import build
from crm_tui.services.demo.build import Size
from crm_tui.services.figures import reads
from crm_tui.services.upkeep.opening import open_studio
from crm_tui.storage.store import Store

NOW = datetime(2026, 9, 21, 15, 4, 11, tzinfo=UTC)
TODAY = date(2026, 9, 21)
BIG = Size(customers=10_000, companions=300, days=120, orders_a_day=800)
TIMES = 5
PEER = """
    SELECT (completed_at + 7200000000) / 86400000000 AS day, count(*), sum(amount_fen)
    FROM orders WHERE status = 'completed' GROUP BY day ORDER BY day
"""


def run() -> list[Figure]:
    """The figures of this subject."""
    with tempfile.TemporaryDirectory() as folder:
        small, small_seconds = _made(Path(folder) / "small.db", Size())
        small.close()
        store, _ = _made(Path(folder) / "big.db", BIG)
        with store.read() as work:
            first = TODAY - timedelta(days=BIG.days + 1)
            month = TODAY.replace(day=1)
            orders = reads.revenue(work, first, TODAY).total.orders
            connection = work.session.connection()
            peer = _seconds(lambda: connection.exec_driver_sql(PEER).all())
            of_month = _seconds(lambda: reads.revenue(work, month, TODAY))
            of_all = _seconds(lambda: reads.revenue(work, first, TODAY))
            board = _seconds(lambda: reads.companions(work, month, TODAY))
        store.close()
    made_in = f"{Size().customers} customers, {Size().days} days"
    over = f"{orders:,} completed orders; median of {TIMES}"
    return [
        Figure("demo studio, made", small_seconds, "s", "≤ 5 s", small_seconds <= 5, made_in),
        Figure("income by day, a month", of_month * 1000, "ms", note=over),
        Figure("leaderboard, a month", board * 1000, "ms", note=over),
        Figure("income by day, all orders", of_all * 1000, "ms", note=over),
        Figure("… against gross by day in SQL", of_all / peer, "×", note="all measures, in Polars"),
    ]


def _made(file: Path, size: Size) -> tuple[Store, float]:
    started = time.perf_counter()
    store = open_studio(file, clock=FixedClock(NOW), ids=SeededIds(1), random=Random(1))
    build.build(store, size)
    return store, time.perf_counter() - started


def _seconds(look: Callable[[], object]) -> float:
    """The median time of ``look``, warm."""
    look()
    taken = []
    for _ in range(TIMES):
        started = time.perf_counter()
        look()
        taken.append(time.perf_counter() - started)
    return median(taken)
