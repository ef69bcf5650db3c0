"""What the processes of a race do; a module of its own, so that they can load it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from multiprocessing.queues import Queue
from multiprocessing.synchronize import Barrier
from queue import Empty
from typing import Any

from sqlalchemy import select, update
from sqlmodel import col

from crm_tui.core.actor import Actor
from crm_tui.core.clock import Clock
from crm_tui.core.errors import CrmError
from crm_tui.core.words import OrderStatus, Role
from crm_tui.models import Order
from crm_tui.services.dispatch import actions as dispatch
from crm_tui.services.money import refunds
from crm_tui.services.orders import actions as orders
from crm_tui.services.upkeep.opening import open_studio
from crm_tui.storage.store import Store, UnitOfWork
from tests.processes import PROCESSES

ACTOR = Actor("racer", Role.DISPATCHER)
PATIENCE = 120
"""Seconds after which a race is given up."""

Attempt = tuple[str, int]
"""An order's number, and the companion who wants it."""
Racer = Callable[[Store, Barrier, Sequence[Attempt]], list[str]]


def run_race(
    racer: Racer, url: str, clock: Clock, attempts: Sequence[Sequence[Attempt]]
) -> list[list[str]]:
    """Let one process run for each list of attempts, all from the same start; their outcomes."""
    barrier, results = PROCESSES.Barrier(len(attempts)), PROCESSES.Queue()
    processes = [
        PROCESSES.Process(target=_run, args=(racer, url, clock, barrier, results, number, tries))
        for number, tries in enumerate(attempts)
    ]
    for process in processes:
        process.start()
    found: dict[int, list[str]] = {}
    while len(found) < len(processes):
        try:
            number, outcomes = results.get(timeout=1)
        except Empty:
            assert not any(process.exitcode for process in processes), "a racer fell"
        else:
            found[number] = outcomes
    for process in processes:
        process.join(PATIENCE)
    return [found[number] for number in range(len(attempts))]


def _run(
    racer: Racer,
    url: str,
    clock: Clock,
    barrier: Barrier,
    results: Queue[Any],
    number: int,
    tries: Sequence[Attempt],
) -> None:
    store = open_studio(url, clock=clock)
    try:
        results.put((number, racer(store, barrier, tries)))
    finally:
        store.close()


def accept_together(store: Store, barrier: Barrier, tries: Sequence[Attempt]) -> list[str]:
    """Accept each order in turn, every time at the same moment as all the others."""
    outcomes = []
    for no, companion_id in tries:
        barrier.wait(PATIENCE)
        outcomes.append(_outcome(store, _accepting(no, companion_id)))
    return outcomes


def claim_on(store: Store, barrier: Barrier, tries: Sequence[Attempt]) -> list[str]:
    """Claim one order after the other as fast as it goes."""
    barrier.wait(PATIENCE)
    return [_outcome(store, _assigning(no, companion_id)) for no, companion_id in tries]


def accept_on(store: Store, barrier: Barrier, tries: Sequence[Attempt]) -> list[str]:
    """Accept one offered order after the other as fast as it goes."""
    barrier.wait(PATIENCE)
    return [_outcome(store, _accepting(no, companion_id)) for no, companion_id in tries]


def refund_together(store: Store, barrier: Barrier, tries: Sequence[Attempt]) -> list[str]:
    """Give ¥30 back for each order in turn, all at the same moment; under one key for all where
    the second of an attempt is not 0."""
    outcomes = []
    for no, keyed in tries:
        barrier.wait(PATIENCE)
        key = f"refund {no}" if keyed else None
        outcomes.append(_outcome(store, _refunding(no), key))
    return outcomes


def careless(store: Store, barrier: Barrier, tries: Sequence[Attempt]) -> list[str]:
    """The control: look first, act later. Everybody sees the order free, so everybody wins."""
    outcomes = []
    for no, _companion_id in tries:
        with store.read() as work:
            status = work.session.execute(select(col(Order.status)).where(col(Order.no) == no))
            free = status.scalar_one() == OrderStatus.PENDING
        barrier.wait(PATIENCE)
        if free:
            with store.write(ACTOR) as work:
                work.session.execute(
                    update(Order)
                    .where(col(Order.no) == no)
                    .values(status=OrderStatus.ACCEPTED, version=Order.version + 1)
                )
        outcomes.append("won" if free else "taken")
    return outcomes


def _accepting(no: str, companion_id: int) -> Callable[[UnitOfWork], None]:
    return lambda work: dispatch.accept(work, no, companion_id)


def _assigning(no: str, companion_id: int) -> Callable[[UnitOfWork], None]:
    return lambda work: orders.assign(work, no, companion_id)


def _refunding(no: str) -> Callable[[UnitOfWork], None]:
    def refund(work: UnitOfWork) -> None:
        refunds.refund(work, no, 3000, "race")

    return refund


def _outcome(store: Store, act: Callable[[UnitOfWork], None], key: str | None = None) -> str:
    try:
        store.perform(ACTOR, act, key=key, request=key)
    except CrmError as error:
        return error.code
    return "won"
