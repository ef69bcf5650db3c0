"""What the processes do that see to clocks until they are killed; a module that they can load."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from crm_tui.core.clock import FixedClock
from crm_tui.services.clocks.jobs import JOBS, Done
from crm_tui.services.clocks.upkeep import Told, Upkeep
from crm_tui.services.upkeep.opening import open_studio
from crm_tui.storage.store import UnitOfWork
from tests.processes import PROCESSES

CLOCKS = next(job for job in JOBS if job.name == "clocks")
PATIENCE = 60


def run_until_killed(url: str, now: datetime, done_before: int, in_transaction: bool) -> int:
    """Let a worker process see to the clocks, and kill it with -9 once it has seen to
    ``done_before``: inside the transaction or just after its commit. Answers its exit code."""
    process = PROCESSES.Process(target=_work, args=(url, now, done_before, in_transaction))
    process.start()
    process.join(PATIENCE)
    assert process.exitcode is not None, "the worker went on"
    return process.exitcode


def _work(url: str, now: datetime, done_before: int, in_transaction: bool) -> None:
    seen = 0

    def die() -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    def act(work: UnitOfWork, found: Sequence[Any]) -> Iterable[Done]:
        nonlocal seen
        for done in CLOCKS.act(work, found) if CLOCKS.act else ():
            seen += 1
            if in_transaction and seen > done_before:
                die()
            yield done

    def tell(told: Told) -> None:
        if not in_transaction and isinstance(told, Done) and seen >= done_before:
            die()

    store = open_studio(url, clock=FixedClock(now))
    Upkeep(store, "worker", tell, [replace(CLOCKS, act=act, at_once=10)]).step()
    store.close()
