"""Clocks that run out are told of once each, whoever sees to them and whenever that one dies."""

from __future__ import annotations

import json
import os
import subprocess
import threading
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from sqlalchemy import delete, select
from sqlmodel import col

from crm_tui.core.clock import FixedClock, SystemClock
from crm_tui.core.words import AlarmKind
from crm_tui.models import Event, Order
from crm_tui.models.alarms import Alarm, Lease
from crm_tui.services.clocks.actions import raise_due
from crm_tui.services.clocks.jobs import Done
from crm_tui.services.clocks.lease import LASTS
from crm_tui.services.clocks.upkeep import Told, Upkeep
from crm_tui.services.upkeep.opening import open_studio
from crm_tui.storage.store import Store, UnitOfWork
from tests.clock_workers import CLOCKS, run_until_killed
from tests.command import arguments, surroundings
from tests.desk import MANAGER, open_desk

LONG = bool(os.environ.get("CRM_TUI_LONG_TESTS"))
WORKERS = 3
RESPONSE = timedelta(minutes=3)


class _Dies(Exception):
    """The process ends here."""


def told_of(store: Store) -> Counter[tuple[str, str]]:
    """How often each alarm of an order was told of in the event log, by kind and number."""
    with store.read() as work:
        raised = work.session.connection().execute(
            select(col(Event.data), col(Event.ref)).where(col(Event.kind) == "alarm.raised")
        )
        return Counter((data["alarm"], ref) for data, ref in raised)


def rows_of(store: Store) -> Counter[tuple[str, str]]:
    """How many rows there are of each alarm, by kind and number of the order."""
    with store.read() as work:
        rows = work.session.connection().execute(
            select(col(Alarm.kind), col(Order.no)).join(
                Order, col(Order.id) == col(Alarm.entity_id)
            )
        )
        return Counter((kind.value, no) for kind, no in rows)


def once(numbers: Iterable[str], *kinds: AlarmKind) -> Counter[tuple[str, str]]:
    return Counter((kind.value, no) for no in numbers for kind in kinds)


class Crew:
    """Several processes that see to the clocks; each may die, and another takes its seat."""

    def __init__(self, url: str, clock: FixedClock) -> None:
        self.clock = clock
        self.stores = [open_studio(url, clock=clock) for _seat in range(WORKERS)]
        self.seats = [self._hire(seat) for seat in range(WORKERS)]
        self.dies: str | None = None
        """Where whoever works next dies: before a commit, or after it."""

    def _hire(self, seat: int) -> Upkeep:
        def act(work: UnitOfWork, found: Sequence[Any]) -> list[Done]:
            done = list(CLOCKS.act(work, found)) if CLOCKS.act else []
            if done and self.dies == "before":
                raise _Dies
            return done

        def tell(told: Told) -> None:
            if isinstance(told, Done) and self.dies == "after":
                raise _Dies

        return Upkeep(self.stores[seat], f"worker {seat}", tell, [replace(CLOCKS, act=act)])

    def step(self, seat: int, dies: str | None = None) -> None:
        self.dies = dies
        try:
            self.seats[seat].step()
        except _Dies:
            self.seats[seat] = self._hire(seat)
        self.dies = None

    def close(self) -> None:
        for store in self.stores:
            store.close()


MOVES = some.one_of(
    some.tuples(some.just("order")),
    some.tuples(some.just("wait"), some.integers(1, 400)),
    some.tuples(
        some.just("step"),
        some.integers(0, WORKERS - 1),
        some.sampled_from([None, None, "before", "after"]),
    ),
)


def test_clocks_fire_once_whoever_works_and_wherever_they_die(
    store: Store, store_url: str, clock: FixedClock
) -> None:
    desk, crew = open_desk(store, clock), Crew(store_url, clock)

    @settings(max_examples=60 if LONG else 8, deadline=None)
    @given(moves=some.lists(MOVES, min_size=4, max_size=14))
    def play(moves: list[tuple[Any, ...]]) -> None:
        numbers = [desk.order()]
        for name, *args in moves:
            if name == "order":
                numbers.append(desk.order())
            elif name == "wait":
                clock.advance(timedelta(seconds=args[0]))
            else:
                crew.step(*args)
                told = told_of(store)
                assert told == rows_of(store)
                assert set(told.values()) <= {1}
        clock.advance(RESPONSE + timedelta(minutes=5) + LASTS)
        crew.step(0)
        expected = once(numbers, AlarmKind.RESPONSE, AlarmKind.ESCALATION)
        assert expected.items() <= told_of(store).items()
        clock.advance(2 * LASTS)

    play()
    crew.close()


def test_without_the_unique_key_an_alarm_would_be_told_of_twice(
    sqlite_store: Store, clock: FixedClock
) -> None:
    """The control: whoever forgets that it was raised raises it again."""
    desk = open_desk(sqlite_store, clock)
    no = desk.order()
    clock.advance(RESPONSE)
    desk.do(raise_due)
    with sqlite_store.write(MANAGER) as work:
        work.session.connection().execute(delete(Alarm))
    desk.do(raise_due)
    assert told_of(sqlite_store) == {("response", no): 2}


def test_those_who_look_at_the_same_moment_share_the_clocks(
    store: Store, store_url: str, clock: FixedClock
) -> None:
    """Even without a lease: the unique key and the rows held decide."""
    desk = open_desk(store, clock)
    numbers = [desk.order() for _each in range(30)]
    clock.advance(RESPONSE)
    start, shares = threading.Barrier(WORKERS), []

    def look() -> None:
        own = open_studio(store_url, clock=clock)
        start.wait()
        shares.append([each.no for each in own.perform(MANAGER, raise_due)])
        own.close()

    threads = [threading.Thread(target=look) for _worker in range(WORKERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(no for share in shares for no in share) == numbers
    assert told_of(store) == once(numbers, AlarmKind.RESPONSE)


@pytest.mark.parametrize(("done_before", "in_transaction"), [(14, True), (10, False)])
def test_another_takes_over_from_a_worker_that_was_killed(
    sqlite_store: Store,
    sqlite_url: str,
    clock: FixedClock,
    done_before: int,
    in_transaction: bool,
) -> None:
    """A real process, killed with -9 inside a transaction or just after one of three."""
    desk = open_desk(sqlite_store, clock)
    numbers = [desk.order() for _each in range(24)]
    clock.advance(RESPONSE)

    assert run_until_killed(sqlite_url, clock.now(), done_before, in_transaction) == -9

    before = told_of(sqlite_store)
    assert before.total() == done_before // 10 * 10
    told: list[Told] = []
    standby = Upkeep(sqlite_store, "console", told.append, [CLOCKS])
    standby.step()
    assert not any(isinstance(each, Done) for each in told), "the lease runs still"
    clock.advance(LASTS)
    standby.step()
    assert told_of(sqlite_store) == once(numbers, AlarmKind.RESPONSE)
    assert rows_of(sqlite_store) == told_of(sqlite_store)


CLOCKS_AT_ONCE = 200
PROMISED = 15.0
"""Seconds within which a clock that ran out is told of, whatever happens to whoever sees to it."""


@pytest.mark.skipif(not LONG, reason="the true lease and the true time: make faults")
def test_two_hundred_clocks_run_out_while_the_worker_is_killed(store_url: str) -> None:
    """Two ``crm-tui worker``; the one with the lease is killed with -9 when half are told of."""
    past = FixedClock(SystemClock().now() - RESPONSE + timedelta(seconds=20))
    store = open_studio(store_url, clock=past)
    desk = open_desk(store, past)
    numbers = []
    for _each in range(CLOCKS_AT_ONCE):
        past.advance(timedelta(milliseconds=20))
        numbers.append(desk.order())
    with _worker(store_url) as first:
        assert _next(first)["standing"] == "holds"
        with _worker(store_url) as second:
            assert _next(second)["standing"] == "stands_by"
            for _each in range(CLOCKS_AT_ONCE // 2):
                assert _next(first)["did"] == "clock.response"
            first.kill()
            while told_of(store).total() < CLOCKS_AT_ONCE:
                _next(second)
            second.terminate()
            assert second.wait(PROMISED) == 0
    assert told_of(store) == rows_of(store) == once(numbers, AlarmKind.RESPONSE)
    with store.read() as work:
        late = work.session.connection().execute(select(col(Alarm.raised_at), col(Alarm.due_at)))
        worst = max((raised - due).total_seconds() for raised, due in late if due)
        assert work.session.connection().execute(select(col(Lease.name))).all() == []
    store.close()
    assert worst <= PROMISED, worst


def _worker(url: str) -> subprocess.Popen[str]:
    words = arguments(url, "worker", "--json")
    return subprocess.Popen(words, env=surroundings(), stdout=subprocess.PIPE, text=True)


def _next(worker: subprocess.Popen[str]) -> dict[str, Any]:
    """What it says next."""
    assert worker.stdout is not None
    said: dict[str, Any] = json.loads(worker.stdout.readline())
    return said
