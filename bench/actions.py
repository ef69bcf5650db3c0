"""How many actions a second four processes do on one SQLite file with ``synchronous=FULL``.

Each process plays a dispatcher who takes one order after the other through its whole life: new,
assign, start, pause, resume, finish, pay, confirm. Every action is a transaction of its own, on
the disk when it returns, with its event in the chain.
"""

from __future__ import annotations

import multiprocessing
import tempfile
from multiprocessing.queues import Queue
from multiprocessing.synchronize import Barrier
from pathlib import Path
from time import perf_counter
from typing import Any

from sqlmodel import select

from bench.figure import Figure
from crm_tui.core.actor import SYSTEM
from crm_tui.core.words import PayChannel, Presence
from crm_tui.models import MAIN_STORE, Companion, Customer, Game
from crm_tui.services.orders import actions, reads
from crm_tui.services.orders.actions import NewOrder
from crm_tui.services.upkeep.opening import open_studio
from crm_tui.storage.store import Store, UnitOfWork

PROCESSES = 4
LIVES = 60
BAR = 300.0
TIMEOUT = 300


def run() -> list[Figure]:
    """The measured numbers."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "studio.db"
        customers, companions, game = people(file)
        context = multiprocessing.get_context("spawn")
        barrier, results = context.Barrier(PROCESSES), context.Queue()
        processes = [
            context.Process(
                target=_dispatch, args=(file, barrier, results, customer, companion, game)
            )
            for customer, companion in zip(customers, companions, strict=True)
        ]
        for process in processes:
            process.start()
        spans = [results.get(timeout=TIMEOUT) for _ in processes]
        for process in processes:
            process.join()
    seconds = max(ended for _, ended, _ in spans) - min(started for started, _, _ in spans)
    waits = sorted(wait for _, _, each in spans for wait in each)
    rate = len(waits) / seconds
    note = f"{PROCESSES} processes, {LIVES} orders each, SQLite, synchronous=FULL"
    return [
        Figure("order actions", rate, "actions/s", f"≥ {BAR:.0f}", rate >= BAR, note),
        Figure("order action, p50", at(waits, 0.5) * 1000, "ms", note=note),
        Figure("order action, p95", at(waits, 0.95) * 1000, "ms", note=note),
    ]


def at(ordered: list[float], part: float) -> float:
    """The value below which that part of ``ordered`` lies."""
    return ordered[int(part * (len(ordered) - 1))]


def people(file: Path) -> tuple[list[int], list[int], int]:
    """One customer and one companion a process."""
    store = open_studio(file)
    with store.write(SYSTEM) as work:
        now = work.clock.now()
        game = work.session.exec(select(Game.id)).first()
        customers = [
            Customer(store_id=MAIN_STORE, no=f"C{number}", nick=f"客户{number}", created_at=now)
            for number in range(PROCESSES)
        ]
        companions = [
            Companion(
                store_id=MAIN_STORE,
                no=f"P{number}",
                nick=f"陪玩{number}",
                presence=Presence.IDLE,
                rate_fen=4500,
                created_at=now,
            )
            for number in range(PROCESSES)
        ]
        work.session.add_all([*customers, *companions])
    store.close()
    return [one.id or 0 for one in customers], [one.id or 0 for one in companions], game or 0


def order_life(store: Store, customer: int, companion: int, game: int) -> list[float]:
    """One order's whole life; how many seconds each of its actions took."""
    waits: list[float] = []

    def do(action: Any, *args: Any) -> Any:
        begun = perf_counter()
        answer = store.perform(SYSTEM, lambda work: action(work, *args))
        waits.append(perf_counter() - begun)
        return answer

    def new(work: UnitOfWork) -> str:
        order_id = actions.create(work, NewOrder(customer, game, 60))
        return reads.by_ids(work, [order_id])[0].no

    no = do(new)
    do(actions.assign, no, companion)
    do(actions.start, no)
    do(actions.pause, no)
    do(actions.resume, no)
    do(actions.finish, no, 60)
    do(actions.pay, no, PayChannel.CASH, 4500)
    do(actions.confirm, no, 5)
    return waits


def _dispatch(
    file: Path, barrier: Barrier, results: Queue[Any], customer: int, companion: int, game: int
) -> None:
    store = open_studio(file)
    barrier.wait(TIMEOUT)
    started = perf_counter()
    waits: list[float] = []
    for _life in range(LIVES):
        waits += order_life(store, customer, companion, game)
    results.put((started, perf_counter(), waits))
    store.close()
