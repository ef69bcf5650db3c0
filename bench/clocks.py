"""The clocks of 10,000 open orders, beside 50,000 closed ones: a look, and what it takes to tell.

A look is made every two seconds by the process that has the lease. It is measured when nothing has
run out that was not told of (half of the orders are late, and were told of), and with 200 clocks
that have: found, alarms raised, committed. On PostgreSQL where a server is installed.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from statistics import median, quantiles
from typing import Any

from sqlalchemy import insert, select, update
from sqlmodel import col

from bench.figure import Figure
from bench.person import NOW, engines
from crm_tui.core.actor import SYSTEM
from crm_tui.core.clock import FixedClock
from crm_tui.core.words import OrderStatus as S
from crm_tui.core.words import Presence
from crm_tui.models import MAIN_STORE, Assignment, Companion, Customer, Order, ServiceSession
from crm_tui.services.clocks.actions import raise_these
from crm_tui.services.clocks.reads import run_out
from crm_tui.services.upkeep.opening import open_studio
from crm_tui.storage.store import Store, UnitOfWork

OPEN = {
    S.PENDING: 2_000,
    S.OFFERED: 1_000,
    S.ACCEPTED: 1_500,
    S.SERVING: 4_000,
    S.CONFIRMING: 1_000,
    S.UNPAID: 500,
}
CLOSED = 50_000
RUN_OUT = 200
LOOKS = 60
_STAFFED = frozenset({S.ACCEPTED, S.SERVING})


def fill(work: UnitOfWork) -> None:
    """Orders in every state; half of the open ones are late by all their clocks."""
    connection = work.session.connection()
    companions = work.reserve_ids(Companion, OPEN[S.ACCEPTED] + OPEN[S.SERVING])
    connection.execute(
        insert(Companion),
        [
            {"id": each, "store_id": MAIN_STORE, "no": f"P{each}", "nick": f"P{each}",
             "presence": Presence.IDLE, "share_bp": 8000, "created_at": NOW}
            for each in companions
        ],
    )  # fmt: skip
    customer = Customer(store_id=MAIN_STORE, no="C1", nick="客人", created_at=NOW)
    work.session.add(customer)
    work.session.flush()
    statuses = [S.COMPLETED] * CLOSED + [each for each, count in OPEN.items() for _ in range(count)]
    ids = work.reserve_ids(Order, len(statuses))
    free = iter(companions)
    orders, assignments = [], []
    for place, (order_id, status) in enumerate(zip(ids, statuses, strict=True)):
        since = NOW - (timedelta(days=3) if place % 2 else timedelta(minutes=2))
        orders.append(_order(order_id, status, customer.id, since))
        if status in _STAFFED:
            assignments.append(
                {"store_id": MAIN_STORE, "order_id": order_id, "companion_id": next(free),
                 "share_bp": 8000, "accepted_at": since}
            )  # fmt: skip
    connection.execute(insert(Order), orders)
    given = work.reserve_ids(Assignment, len(assignments))
    rows = [{"id": new, **each} for new, each in zip(given, assignments, strict=True)]
    connection.execute(insert(Assignment), rows)
    begun = {order["id"]: order["started_at"] for order in orders if order["status"] is S.SERVING}
    connection.execute(insert(ServiceSession), [
        {"store_id": MAIN_STORE, "order_id": each["order_id"], "assignment_id": each["id"],
         "companion_id": each["companion_id"], "started_at": begun[each["order_id"]]}
        for each in rows
        if each["order_id"] in begun
    ])  # fmt: skip


def _order(order_id: int, status: S, customer_id: Any, since: Any) -> dict[str, Any]:
    done = status in (S.CONFIRMING, S.UNPAID, S.COMPLETED)
    return {
        "id": order_id, "store_id": MAIN_STORE, "no": f"B{order_id}", "customer_id": customer_id,
        "game_id": 1, "status": status, "amount_fen": 4500, "created_at": since,
        "due_at": since + timedelta(minutes=3),
        "accepted_at": None if status in (S.PENDING, S.OFFERED) else since,
        "started_at": since if done or status is S.SERVING else None,
        "finished_at": since if done else None,
        "confirmed_at": since if done else None,
        "completed_at": since if status is S.COMPLETED else None,
    }  # fmt: skip


def took(look: Callable[[], object]) -> float:
    """Milliseconds."""
    began = time.perf_counter()
    look()
    return (time.perf_counter() - began) * 1000


def _look(store: Store) -> int:
    with store.read() as work:
        return len(run_out(work))


def _run_out_now(work: UnitOfWork) -> None:
    """Let two hundred response clocks run out that had not."""
    fresh = select(col(Order.id)).where(col(Order.status) == S.PENDING, col(Order.due_at) > NOW)
    chosen = update(Order).where(col(Order.id).in_(fresh.limit(RUN_OUT))).values(due_at=NOW)
    changed = work.session.connection().execute(chosen).rowcount
    assert changed == RUN_OUT


def _tell(store: Store) -> int:
    with store.read() as work:
        found = run_out(work)
    return len(store.perform(SYSTEM, partial(raise_these, found=found)))


def measure(engine: str, target: str) -> list[Figure]:
    """The figures of one engine."""
    store = open_studio(target, clock=FixedClock(NOW))
    store.perform(SYSTEM, fill)
    with store.read() as work:
        late = run_out(work)
    first = took(lambda: _look(store))
    for start in range(0, len(late), RUN_OUT):
        store.perform(SYSTEM, partial(raise_these, found=late[start : start + RUN_OUT]))
    assert _look(store) == 0
    looks = [took(lambda: _look(store)) for _each in range(LOOKS)]
    store.perform(SYSTEM, _run_out_now)
    told: list[int] = []
    telling = took(lambda: told.append(_tell(store)))
    store.close()
    note = f"p95 {quantiles(looks, n=20)[-1]:.0f} ms; {len(late):,} late ones were told of before"
    return [
        Figure(f"a look, nothing new, {engine}", median(looks), "ms", note=note),
        Figure(f"a look that finds {len(late):,}, {engine}", first, "ms"),
        Figure(f"{told[0]} clocks found, told of, committed, {engine}", telling, "ms"),
    ]


def run() -> list[Figure]:
    """The clocks of 10,000 open orders, on every engine there is."""
    with engines() as found:
        return [figure for engine, target in found for figure in measure(engine, target)]
