"""The figures over 5,000,000 orders: the copy, its refresh, and all pages, against SQL.

The peers answer the same questions in SQL: SQLite over the tables, DuckDB over the very files of
the copy. They only add up and count; ours build the rows of the pages. The studio is made once and
kept (``CRM_TUI_BENCH_FOLDER``, else the folder for temporary files), which takes some minutes.
"""

from __future__ import annotations

import multiprocessing
import os
import resource
import shutil
import sqlite3
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing
from datetime import UTC, date, datetime
from pathlib import Path
from statistics import median

import duckdb

from bench.figure import Figure
from bench.figures_base import NOW, add, filled, rate
from bench.figures_opening import opened
from crm_tui.core.clock import FixedClock
from crm_tui.core.ids import SeededIds
from crm_tui.services.demo import build
from crm_tui.services.demo.build import Size
from crm_tui.services.figures import (
    reads_anomalies,
    reads_income,
    reads_people,
    reads_trade,
)
from crm_tui.services.figures.copy import door, layout, manifest
from crm_tui.services.figures.copy.frames import Frames
from crm_tui.services.figures.periods import Period
from crm_tui.services.upkeep.opening import open_studio
from crm_tui.storage.store import ReadWork, Store, open_store

TODAY = date(2026, 9, 21)
MONTH = Period(TODAY.replace(day=1), TODAY)
YEARS = Period(date(2023, 9, 21), TODAY)
TIMES = 3
CHANGED = 1_000
_DAY = "(completed_at + 7200000000) / 86400000000"

PEERS: dict[str, tuple[str, str]] = {
    "income by day": (
        f"SELECT {_DAY} AS day, count(*), sum(amount_fen), sum(tip_fen), "
        "count(DISTINCT customer_id) FROM orders WHERE status = 'completed' GROUP BY day",
        "SELECT day, count(*), sum(gross_fen), sum(tips_fen), count(DISTINCT customer_id) "
        "FROM lines GROUP BY day",
    ),
    "leaderboard": (
        "SELECT a.companion_id, count(*), sum(o.amount_fen), avg(r.overall), "
        "count(DISTINCT o.customer_id) FROM assignment a JOIN orders o ON o.id = a.order_id "
        "LEFT JOIN rating r ON r.order_id = o.id AND r.companion_id = a.companion_id "
        "WHERE a.outcome = 'finished' AND o.status = 'completed' GROUP BY a.companion_id",
        "SELECT companion_id, count(*), sum(gross_fen), avg(rating), count(DISTINCT customer_id) "
        "FROM served GROUP BY companion_id",
    ),
    "games": (
        "SELECT game_id, count(*), sum(amount_fen), count(DISTINCT customer_id) FROM orders "
        "WHERE status = 'completed' GROUP BY game_id",
        "SELECT game_id, count(*), sum(gross_fen), count(DISTINCT customer_id) FROM lines "
        "GROUP BY game_id",
    ),
    "cities": (
        "SELECT c.city, count(*), sum(o.amount_fen), count(DISTINCT o.customer_id) FROM orders o "
        "JOIN customer c ON c.id = o.customer_id WHERE o.status = 'completed' GROUP BY c.city",
        "SELECT city, count(*), sum(gross_fen), count(DISTINCT customer_id) FROM lines "
        "GROUP BY city",
    ),
}


def run() -> list[Figure]:
    """The figures of this subject."""
    place = Path(os.environ.get("CRM_TUI_BENCH_FOLDER") or tempfile.gettempdir())
    file = filled(place / "crm-tui-figures.db")
    folder = file.with_name(f"{file.name}.figures")
    demo = _demo_seconds()
    shutil.rmtree(folder, ignore_errors=True)
    built, memory = _alone(_build, file)
    store = open_store(file, clock=FixedClock(NOW))
    with store.read() as work:
        frames = door.frames(work, folder)
        orders = f"{frames.lines().collect().height:,} completed orders"
        month = _warm(lambda: _pages(work, frames, MONTH))
        pages = {name: _warm(look) for name, look in _looks(work, frames, YEARS).items()}
        sqlite = {name: _sqlite(file, said) for name, (said, _duck) in PEERS.items()}
        duck = {name: _duckdb(folder, said) for name, (_sql, said) in PEERS.items()}
    ours = sum(pages[name] for name in PEERS)
    refreshed = [_refreshed(store, file, change) for change in (rate, add)]
    store.close()
    waited = 1000 * median(opened(file) for _ in range(TIMES))
    every = sum(pages.values())
    slower = sum(sqlite.values()) / ours
    against = ours / sum(duck.values())
    same = f"{', '.join(PEERS)}: {ours:.2f} s"
    return [
        Figure("demo studio, made", demo, "s", "≤ 5 s", demo <= 5),
        Figure("first build of the copy", built, "s", "≤ 90 s", built <= 90, orders),
        Figure("… memory", memory, "MB", "≤ 2,000 MB", memory <= 2000, "highest resident"),
        *(
            Figure(f"refresh, {CHANGED:,} orders {what}", taken, "s", "≤ 0.5 s", taken <= 0.5)
            for what, taken in zip(("rated", "completed"), refreshed, strict=True)
        ),
        Figure(
            "figures screen opened", waited, "ms", "≤ 300 ms", waited <= 300, "last values, age"
        ),
        Figure("all pages, this month", month, "s", "≤ 1 s", month <= 1, f"warm; {orders}"),
        Figure("all pages, three years", every, "s", "≤ 1 s", every <= 1, _said(pages)),
        Figure("… SQL on SQLite", slower, "×", "≥ 10 ×", slower >= 10, same),
        Figure("… against DuckDB", against, "×", "≤ 1.5 ×", against <= 1.5, "on the same files"),
    ]


def _refreshed(store: Store, file: Path, change: Callable[[Path, int], None]) -> float:
    """The median time in which the copy follows such a change."""
    taken = []
    for _ in range(TIMES):
        change(file, CHANGED)
        with store.read() as work:
            started = time.perf_counter()
            door.frames(work, door.folder_of(store))
            taken.append(time.perf_counter() - started)
    return median(taken)


def _looks(work: ReadWork, frames: Frames, period: Period) -> dict[str, Callable[[], object]]:
    """Every page's figures over a period, by name."""
    return {
        "glance": lambda: reads_income.glance(work, frames),
        "income by day": lambda: reads_income.income(work, frames, period, "day"),
        "hours": lambda: reads_income.hours(work, frames, period),
        "leaderboard": lambda: reads_people.leaderboard(work, frames, period),
        "customers": lambda: reads_people.customers(work, frames, period),
        "games": lambda: reads_trade.games(work, frames, period),
        "kinds": lambda: reads_trade.kinds(work, frames, period),
        "skills": lambda: reads_trade.skills(work, frames, period),
        "channels": lambda: reads_trade.channels(work, frames, period),
        "cities": lambda: reads_trade.cities(work, frames, period),
        "cohorts": lambda: reads_people.cohorts(work, frames),
        "anomalies": lambda: reads_anomalies.anomalies(work, frames, period),
    }


def _pages(work: ReadWork, frames: Frames, period: Period) -> None:
    for look in _looks(work, frames, period).values():
        look()


def _said(pages: dict[str, float]) -> str:
    return ", ".join(f"{name} {seconds * 1000:.0f} ms" for name, seconds in pages.items())


def _build(file: Path) -> tuple[float, float]:
    """The first build in this process: seconds, and megabytes of memory at the most."""
    store = open_store(file, clock=FixedClock(NOW))
    with store.read() as work:
        started = time.perf_counter()
        door.frames(work, door.folder_of(store), progress=lambda _done, _total: True)
        taken = time.perf_counter() - started
    return taken, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _alone(measure: Callable[[Path], tuple[float, float]], file: Path) -> tuple[float, float]:
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        return pool.submit(measure, file).result()


def _sqlite(file: Path, said: str) -> float:
    """Once, with the pages of the file in memory as far as they fit."""
    with closing(sqlite3.connect(file)) as database:
        for pragma in ("cache_size=-800000", "mmap_size=8000000000", "temp_store=MEMORY"):
            database.execute(f"PRAGMA {pragma}")
        started = time.perf_counter()
        database.execute(said).fetchall()
        return time.perf_counter() - started


def _duckdb(folder: Path, said: str) -> float:
    state = manifest.read(folder)
    assert state
    with duckdb.connect() as database:
        for dataset in (layout.LINES, layout.SERVED):
            files = [str(folder / file.path) for file in state.of(dataset)]
            database.execute(f"CREATE VIEW {dataset.name} AS SELECT * FROM read_parquet({files})")
        return _warm(lambda: database.execute(said).fetchall())


def _demo_seconds() -> float:
    with tempfile.TemporaryDirectory() as place:
        file = Path(place) / "small.db"
        started = time.perf_counter()
        clock = FixedClock(datetime(2026, 9, 21, 15, 4, 11, tzinfo=UTC))
        store = open_studio(file, clock=clock, ids=SeededIds(1))
        build.build(store, Size())
        taken = time.perf_counter() - started
        store.close()
    return taken


def _warm(look: Callable[[], object]) -> float:
    """The median time of ``look``, warm."""
    look()
    taken = []
    for _ in range(TIMES):
        started = time.perf_counter()
        look()
        taken.append(time.perf_counter() - started)
    return median(taken)
