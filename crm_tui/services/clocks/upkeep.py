"""The loop that sees to the jobs of :mod:`.jobs` in whichever process has the lease.

Every console and every ``crm-tui worker`` runs it. One of them has the lease and works, the others
stand by and take over within seconds when it dies. A transaction that was begun with the lease
commits with it or not at all.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import partial
from typing import Any, Protocol

from crm_tui.core.actor import SYSTEM
from crm_tui.core.errors import CrmError, StorageProblem
from crm_tui.core.portions import portions
from crm_tui.services.clocks import lease
from crm_tui.services.clocks.jobs import JOBS, Done, Job
from crm_tui.storage.store import Store, UnitOfWork

LOOK_SECONDS = 1.0
"""Between two steps."""
_RENEW = timedelta(seconds=2)
_AGAIN = timedelta(seconds=30)
"""Until something that failed is tried, and told of, again."""


class Standing(StrEnum):
    """How this process stands to the lease."""

    NEW = "new"
    HOLDS = "holds"
    STANDS_BY = "stands_by"
    LOST = "lost"
    """The database can't be reached."""


@dataclass(frozen=True, slots=True)
class Stands:
    """The standing has changed; ``why`` is who has the lease, or what the database says."""

    standing: Standing
    why: str = ""


@dataclass(frozen=True, slots=True)
class Failed:
    """A job was refused something that it wanted to do."""

    job: str
    error: CrmError


Told = Done | Stands | Failed


class _LeaseLost(Exception):
    """Somebody else took the lease over meanwhile; the transaction is not kept."""


class Upkeep:
    """One process's part in seeing to the jobs. ``tell`` hears of all that it does."""

    def __init__(
        self,
        store: Store,
        what: str,
        tell: Callable[[Told], object] = lambda _told: None,
        jobs: Sequence[Job] = JOBS,
    ) -> None:
        self.holder = lease.holder_name(what, store.ids.token())
        self.standing = Standing.NEW
        self._store = store
        self._tell = tell
        self._jobs = jobs
        self._renewed_at: datetime | None = None
        self._looked_at: dict[str, datetime] = {}
        self._failed_at: dict[tuple[str, Any], datetime] = {}

    def run(self, stopped: Callable[[float], bool]) -> None:
        """Step after step until ``stopped`` says so, which waits for the seconds it is given."""
        try:
            while True:
                self.step()
                if stopped(LOOK_SECONDS):
                    return
        finally:
            self.leave()

    def step(self) -> None:
        """Keep or take the lease, and with it see to every job whose time has come.

        Raises nothing that a person can act on: a database out of reach and refusals are told of.
        """
        try:
            if self._keep_lease():
                for job in self._jobs:
                    if self._has_come(self._looked_at.get(job.name), job.every):
                        self._see_to(job)
        except _LeaseLost:
            self._renewed_at = None
        except StorageProblem as problem:
            self._renewed_at = None
            self._enter(Standing.LOST, problem.message())

    def leave(self) -> None:
        """Give the lease back, so that another process goes on at once."""
        if self.standing is Standing.HOLDS:
            with suppress(StorageProblem):  # it runs out by itself
                self._store.perform(SYSTEM, partial(lease.give_back, holder=self.holder))
            self.standing = Standing.NEW
            self._renewed_at = None

    def _has_come(self, last: datetime | None, after: timedelta) -> bool:
        """Whether ``after`` has passed since; also where the clock was set back meanwhile."""
        return last is None or not last <= self._store.clock.now() < last + after

    def _keep_lease(self) -> bool:
        now = self._store.clock.now()
        if not self._has_come(self._renewed_at, _RENEW):
            return True
        with self._store.read() as work:
            held = lease.read(work)
        if held is not None and held.holder != self.holder and not held.is_free(now):
            self._enter(Standing.STANDS_BY, held.holder)
            return False
        if not self._store.perform(SYSTEM, partial(lease.take, holder=self.holder)):
            return False
        self._renewed_at = now
        self._enter(Standing.HOLDS)
        return True

    def _enter(self, standing: Standing, why: str = "") -> None:
        if standing is not self.standing:
            self.standing = standing
            self._tell(Stands(standing, why))

    def _see_to(self, job: Job) -> None:
        self._looked_at[job.name] = self._store.clock.now()
        waiting: Sequence[Any] = (None,)
        if job.find is not None:
            with self._store.read() as work:
                found = job.find(work)
            waiting = [one for one in found if self._may_try(job, one)]
        for some in portions(waiting, job.at_once):
            if not self._keep_lease():
                return
            self._act(job, some)

    def _act(self, job: Job, items: Sequence[Any]) -> None:
        """See to ``items`` together; where one of them is refused, to each by itself."""
        try:
            done = self._done(job, items)
        except StorageProblem:
            raise
        except CrmError as error:
            if len(items) > 1:
                for item in items:
                    self._act(job, [item])
            else:
                self._fail(job, items[0], error)
        else:
            for each in done:
                self._tell(each)

    def _done(self, job: Job, items: Sequence[Any]) -> Iterable[Done]:
        if job.alone is not None:
            return job.alone(self._store)
        return self._store.perform(SYSTEM, partial(self._with_lease, job, items))

    def _with_lease(self, job: Job, items: Sequence[Any], work: UnitOfWork) -> list[Done]:
        if not lease.holds(work, self.holder):
            raise _LeaseLost
        return list(job.act(work, items)) if job.act else []

    def _may_try(self, job: Job, item: object) -> bool:
        return self._has_come(self._failed_at.get((job.name, item)), _AGAIN)

    def _fail(self, job: Job, item: object, error: CrmError) -> None:
        if self._may_try(job, item):
            self._failed_at[job.name, item] = self._store.clock.now()
            self._tell(Failed(job.name, error))


class Loop(Protocol):
    """What goes on until it is told to stop."""

    def run(self, stopped: Callable[[float], bool]) -> None:
        """Step after step until ``stopped`` says so, which waits for the seconds it is given."""
        ...


class InBackground:
    """Upkeep, or another loop, on a thread of its own, beside what the process does.

    ``broke`` hears there of a mistake of the program, after which the thread ends.
    """

    def __init__(self, upkeep: Loop, broke: Callable[[Exception], object]) -> None:
        self._upkeep = upkeep
        self._broke = broke
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="upkeep", daemon=True)

    def start(self) -> None:
        """Begin; once."""
        self._thread.start()

    def stop(self) -> None:
        """End the thread and give the lease back."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        try:
            self._upkeep.run(self._stop.wait)
        except Exception as mistake:  # noqa: BLE001  (no thread dies unheard)
            self._broke(mistake)
