"""A split rule on a month of 200,000 orders: the lines kept, a new rule tried, one order previewed.

The peer of the trial is reading the same lines and their inputs without splitting anything. On
PostgreSQL where a server is installed.
"""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from random import Random
from statistics import median
from time import perf_counter

from sqlalchemy import insert, text

from bench.figure import Figure
from bench.person import engines
from crm_tui.core.actor import SYSTEM
from crm_tui.core.clock import FixedClock
from crm_tui.core.portions import portions
from crm_tui.core.words import OrderKind, OrderStatus, SessionEnd
from crm_tui.models import MAIN_STORE, Assignment, Companion, Customer, Order
from crm_tui.services.money.splits import preview
from crm_tui.services.money.splits.actions import add_version
from crm_tui.services.money.splits.definition import parse
from crm_tui.services.money.splits.record import record_many
from crm_tui.services.money.splits.what_if import what_if
from crm_tui.services.upkeep.opening import open_studio
from crm_tui.storage.store import Store, UnitOfWork

ORDERS, COMPANIONS, PREVIEWS = 200_000, 800, 200
BEGIN = datetime(2026, 8, 31, 22, tzinfo=UTC)
MONTH = timedelta(days=30)
NOW = BEGIN + MONTH + timedelta(hours=1)
PORTION = 5_000
STEPS = [
    {"from_fen": 0, "share_bp": 5000},
    {"from_fen": 520_000, "share_bp": 6000},
    {"from_fen": 1_000_000, "share_bp": 7000, "tenure_months": 6},
]
RULE = {"share": STEPS, "levels": {"god": 8000}, "kinds": {"trial": 5000}, "price": "list"}
LINES = "SELECT CAST(inputs AS TEXT) FROM order_split WHERE at >= :since ORDER BY at, id"


def fill(store: Store) -> list[int]:
    """Completed orders of one month, each served by one companion; answers their ids."""
    chance = Random(5)
    with store.write(SYSTEM) as work:
        levels = work.session.connection().execute(text("SELECT id FROM companion_level"))
        of_level = [*levels.scalars(), None]
        game = work.session.connection().scalar(text("SELECT min(id) FROM game"))
        customer = Customer(store_id=MAIN_STORE, no="C1", nick="客户", created_at=BEGIN)
        people = [
            Companion(store_id=MAIN_STORE, no=f"P{number}", nick=f"陪玩{number}", rate_fen=4500,
                      level_id=chance.choice(of_level),
                      created_at=BEGIN - timedelta(days=chance.randrange(400)))
            for number in range(COMPANIONS)
        ]  # fmt: skip
        work.session.add_all([customer, *people])
        work.session.flush()
        companions = [one.id or 0 for one in people]
        ids = list(work.reserve_ids(Order, ORDERS))
    for portion in portions(enumerate(ids), PORTION):
        with store.write(SYSTEM) as work:
            _write(work, portion, customer.id or 0, game, companions, chance)
    return ids


def _write(
    work: UnitOfWork,
    portion: list[tuple[int, int]],
    customer: int,
    game: int,
    companions: list[int],
    chance: Random,
) -> None:
    orders, served = [], []
    for number, order_id in portion:
        done, minutes = BEGIN + MONTH * number / ORDERS, chance.choice((60, 90, 120))
        orders.append(
            {"id": order_id, "store_id": MAIN_STORE, "no": f"S{number}", "customer_id": customer,
             "game_id": game, "kind": chance.choice(tuple(OrderKind)), "rate_fen": 4500,
             "status": OrderStatus.COMPLETED, "amount_fen": 70 * minutes, "billed_minutes": minutes,
             "created_at": done, "completed_at": done}
        )  # fmt: skip
        served.append(
            {"store_id": MAIN_STORE, "order_id": order_id, "share_bp": 8000,
             "companion_id": chance.choice(companions), "accepted_at": done, "ended_at": done,
             "outcome": SessionEnd.FINISHED}
        )  # fmt: skip
    work.session.connection().execute(insert(Order), orders)
    work.session.connection().execute(insert(Assignment), served)


def measure(engine: str, target: str) -> list[Figure]:
    """The figures of one engine."""
    store = open_studio(target, clock=FixedClock(NOW))
    ids = fill(store)
    began = perf_counter()
    for portion in portions(ids, PORTION):
        with store.write(SYSTEM) as work:
            record_many(work, portion)
    keeping = perf_counter() - began
    with store.read() as work:
        since = {"since": int(BEGIN.timestamp() * 1_000_000)}
        began = perf_counter()
        for told in work.session.connection().execute(text(LINES), since).scalars():
            json.loads(told)
        reading = perf_counter() - began
        began = perf_counter()
        tried = what_if(work, parse(RULE))
        trying = perf_counter() - began
    previewing = _previews(store)
    store.close()
    told = f"{tried.orders:,} orders, {tried.text}"
    return [
        Figure(f"lines of a month kept, {engine}", keeping, "s", note=f"{PORTION} orders at once"),
        Figure(f"a rule tried on a month, {engine}", trying, "s", "≤ 5 s", trying <= 5, told),
        Figure(f"… against reading the lines, {engine}", trying / reading, "×"),
        Figure(f"preview of an order, {engine}", previewing * 1000, "ms",
               note=f"median of {PREVIEWS}, steps of the month’s turnover"),
    ]  # fmt: skip


def _previews(store: Store) -> float:
    """The median time of a preview on the last evening of the month, in seconds."""
    store.clock = FixedClock(BEGIN + MONTH - timedelta(hours=2))
    with store.write(SYSTEM) as work:
        add_version(work, {"share": STEPS}, date(2026, 9, 30))
    taken = []
    with store.read() as work:
        people = work.session.connection().execute(text("SELECT id FROM companion"))
        for companion_id in islice(people.scalars().all(), PREVIEWS):
            began = perf_counter()
            preview.of_giving(work, "S1", companion_id)
            taken.append(perf_counter() - began)
    return median(taken)


def run() -> list[Figure]:
    """The figures of this subject, on every engine there is."""
    with engines() as found:
        return [figure for engine, target in found for figure in measure(engine, target)]
