"""Opening a customer: one with 5,000 orders against one with 5, in turns.

What is measured is what the 360° screen reads before it shows anything (the person, open orders,
tasks, the first page of the section that comes first), and then from the key press until that is
painted. The sums over all orders follow by themselves and are printed beside it. On PostgreSQL
where a server is installed.
"""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median

from sqlalchemy import insert, text

from bench.figure import Figure
from crm_tui.app import ConsoleApp
from crm_tui.config import Config
from crm_tui.core.actor import SYSTEM, Actor
from crm_tui.core.clock import FixedClock
from crm_tui.core.words import OrderStatus, PayChannel, Role, SessionEnd
from crm_tui.models import MAIN_STORE, Assignment, Companion, Order, Payment
from crm_tui.screens.console import Visit
from crm_tui.screens.desk import Desk
from crm_tui.screens.person import PersonScreen
from crm_tui.screens.person_reading import opened, worth
from crm_tui.services.customers import actions
from crm_tui.services.customers.rules import NewCustomer
from crm_tui.services.upkeep.opening import open_studio
from crm_tui.storage.store import Store, UnitOfWork
from tests.postgres_server import PostgresServer, server_binaries

NOW = datetime(2026, 9, 21, 15, 4, 11, tzinfo=UTC)
FEW, MANY = 5, 5_000
OTHERS = 300
"""Customers with twenty orders each, so that the tables are not these two's alone."""
TURNS = 60
PAINTS = 15
LONGEST = 30.0


def customer(work: UnitOfWork, orders: int) -> int:
    """A customer with so many orders, the last one open, each served and paid."""
    who = actions.add(work, NewCustomer(f"客人{orders}"))
    game = work.session.connection().scalar(text("SELECT min(id) FROM game"))
    companion = work.session.connection().scalar(text("SELECT min(id) FROM companion"))
    begun = NOW - timedelta(days=365)
    step = timedelta(days=360) / orders
    ids = work.reserve_ids(Order, orders)
    rows = [
        {
            "id": order_id, "store_id": MAIN_STORE, "no": f"B{order_id}", "customer_id": who,
            "game_id": game, "status": OrderStatus.COMPLETED, "amount_fen": 4500,
            "paid_fen": 4500, "billed_minutes": 60, "created_at": begun + step * place,
            "started_at": begun + step * place,
            "completed_at": begun + step * place + timedelta(hours=1),
        }
        for place, order_id in enumerate(ids)
    ]  # fmt: skip
    rows[-1] |= {"status": OrderStatus.CONFIRMING, "paid_fen": 0}
    connection = work.session.connection()
    connection.execute(insert(Order), rows)
    served = [
        {
            "store_id": MAIN_STORE, "order_id": row["id"], "companion_id": companion,
            "share_bp": 8000, "accepted_at": row["created_at"], "ended_at": row["completed_at"],
            "outcome": SessionEnd.FINISHED,
        }
        for row in rows
    ]  # fmt: skip
    connection.execute(insert(Assignment), served)
    paid = [
        {
            "store_id": MAIN_STORE, "order_id": row["id"], "customer_id": who,
            "channel": PayChannel.CASH, "amount_fen": 4500, "paid_at": row["completed_at"],
        }
        for row in rows[:-1]
    ]  # fmt: skip
    connection.execute(insert(Payment), paid)
    return who


def fill(store: Store) -> tuple[int, int]:
    """The two customers, among others."""
    with store.write(SYSTEM) as work:
        work.session.add(
            Companion(store_id=MAIN_STORE, no="P1", nick="鹿鹿09", rate_fen=4500, created_at=NOW)
        )
    with store.write(SYSTEM) as work:
        for _other in range(OTHERS):
            customer(work, 20)
        return customer(work, FEW), customer(work, MANY)


def in_turns(store: Store, few: int, many: int, look: Callable[..., object]) -> tuple[float, float]:
    """The median milliseconds that ``look`` takes for the one and for the other."""
    took: dict[int, list[float]] = {few: [], many: []}
    for turn in range(TURNS):
        for who in (few, many):
            began = time.perf_counter()
            with store.read() as work:
                look(who, work)
            if turn >= 5:
                took[who].append((time.perf_counter() - began) * 1000)
    return median(took[few]), median(took[many])


async def painted(store: Store, few: int, many: int) -> tuple[float, float]:
    """The median milliseconds from asking for a customer until their rows are painted."""
    took: dict[int, list[float]] = {few: [], many: []}
    actor = Actor("bench", Role.OPERATOR)
    app = ConsoleApp(lambda: Desk(store, store.feed(), actor), Config())
    async with app.run_test(size=(120, 36)) as pilot:
        while app.studio is None:
            await pilot.pause(0.01)
        for turn in range(PAINTS):
            for who in (few, many):
                began = time.perf_counter()
                app.go_to(Visit("person", who))
                await _shows(app, who)
                if turn >= 3:
                    took[who].append((time.perf_counter() - began) * 1000)
                await pilot.app.workers.wait_for_complete()
                await pilot.pause()
    return median(took[few]), median(took[many])


async def _shows(app: ConsoleApp, who: int) -> None:
    end = time.perf_counter() + LONGEST
    while time.perf_counter() < end:
        place = app.place
        if isinstance(place, PersonScreen) and place.profile and place.profile.id == who:
            done = asyncio.Event()
            place.call_after_refresh(done.set)
            await done.wait()
            return
        await asyncio.sleep(0.0005)
    raise TimeoutError("the customer is not shown")


@contextmanager
def engines() -> Iterator[list[tuple[str, str]]]:
    """The engines there are, each with an empty database."""
    with tempfile.TemporaryDirectory() as name:
        found = [("SQLite", str(Path(name) / "studio.db"))]
        if server_binaries() is None:
            yield found
            return
        server = PostgresServer()
        server.start()
        try:
            with server.database() as url:
                yield [*found, ("PostgreSQL", url)]
        finally:
            server.stop()


def measure(engine: str, target: str) -> list[Figure]:
    """The figures of one engine."""
    store = open_studio(target, clock=FixedClock(NOW))
    try:
        few, many = fill(store)
        store.dialect.engine.dispose()
        read = in_turns(store, few, many, lambda who, work: opened(who, "orders", Role.ADMIN, work))
        sums = in_turns(store, few, many, worth)
        shown = asyncio.run(painted(store, few, many))
    finally:
        store.close()
    told = "{:.1f} ms and {:.1f} ms".format
    ratio = shown[1] / shown[0]
    return [
        Figure(f"read, 5,000 orders against 5, {engine}", read[1] / read[0], "×", note=told(*read)),
        Figure(f"opened and painted, {engine}", ratio, "×", "≤ 1.3 ×", ratio <= 1.3, told(*shown)),
        Figure(f"sums over all orders, {engine}", sums[1], "ms", note="they follow by themselves"),
    ]


def run() -> list[Figure]:
    """Opening a customer with many orders and one with few, on every engine there is."""
    with engines() as found:
        return [figure for engine, target in found for figure in measure(engine, target)]
