"""Who is found first among many customers made by the generator, and what a keystroke costs."""

from __future__ import annotations

from collections import defaultdict

import pytest

from bench.lookup import NOW, Search, fill, found, heard_within, searches
from crm_tui.core.clock import FixedClock
from crm_tui.services.customers import index
from crm_tui.services.customers.lookup import find
from crm_tui.services.demo.people import Person
from crm_tui.storage.store import ReadWork, Store

SHARED_BY_ALMOST_ALL = ("w", "wxid_", "1", "w 1", "")


def shares_found(store: Store, people: list[Person]) -> dict[str, float]:
    """By way of searching: the share of these customers found among the first three rows."""
    ways: dict[str, list[Search]] = defaultdict(list)
    for person in people:
        for search in searches(person):
            ways[search.way].append(search)
    with store.read() as work:
        return {way: found(work, wanted) for way, wanted in ways.items()}


@pytest.mark.slow
def test_the_right_person_of_twenty_thousand_is_among_the_first_three(
    sqlite_store: Store, clock: FixedClock
) -> None:
    clock.instant = NOW
    active = fill(sqlite_store, 20_000)
    in_touch = [person for person in active if heard_within(person, hours=12)]
    shares = shares_found(sqlite_store, in_touch)
    assert len(in_touch) > 20
    assert shares.pop("part of the nickname") >= 0.8
    assert len(shares) >= 5 and min(shares.values()) >= 0.95, shares


def test_both_engines_find_alike(store: Store, clock: FixedClock) -> None:
    clock.instant = NOW
    active = fill(store, 3_000)
    shares = shares_found(store, [person for person in active if heard_within(person, hours=48)])
    assert min(shares.values()) >= 0.8, shares
    with store.read() as work:
        assert all(find(work, typed) for typed in SHARED_BY_ALMOST_ALL)
        assert index.count_misplaced(work) == 0


def test_a_keystroke_costs_no_more_when_the_customers_double(
    sqlite_store: Store, clock: FixedClock
) -> None:
    """Counted in instructions of the database engine, for letters that thousands share."""
    clock.instant = NOW
    fill(sqlite_store, 5_000)
    with sqlite_store.read() as work:
        before = {typed: _instructions(work, typed) for typed in SHARED_BY_ALMOST_ALL}
    fill(sqlite_store, 5_000)
    with sqlite_store.read() as work:
        after = {typed: _instructions(work, typed) for typed in SHARED_BY_ALMOST_ALL}
    dearer = {typed: after[typed] / before[typed] for typed in SHARED_BY_ALMOST_ALL}
    assert max(dearer.values()) < 1.25, dearer


def _instructions(work: ReadWork, typed: str) -> int:
    """Hundreds of instructions that SQLite runs for one keystroke."""
    steps = 0

    def step() -> int:
        nonlocal steps
        steps += 1
        return 0

    driver = work.session.connection().connection.driver_connection
    assert driver is not None
    driver.set_progress_handler(step, 100)
    find(work, typed)
    driver.set_progress_handler(None, 0)
    return steps
