"""Who is found first among many customers made by the generator, and what a keystroke costs."""

from __future__ import annotations

import pytest

from bench.customer_base import NOW, fill, habitual, known, writers_in
from bench.judged import judged
from bench.lookup import places
from crm_tui.core.clock import FixedClock
from crm_tui.services.customers import index
from crm_tui.services.customers.lookup import find
from crm_tui.services.demo.build import customers
from crm_tui.storage.store import ReadWork, Store

SHARED_BY_ALMOST_ALL = ("w", "wxid_", "1", "w 1", "")
DAYS = 20


def rows_of_sought(store: Store, size: int, count: int) -> list[int]:
    """The row, from 0, in which each of those who write in stands; 3 if below the third."""
    with store.read() as work:
        lately, to_order = writers_in(work, habitual(size), count, seed=2)
        people = [[known(work, each) for each in ids] for ids in (lately, to_order)]
        return places(work, judged(*people, seed=2))


@pytest.mark.slow
def test_whoever_writes_in_is_first_among_twenty_thousand(
    sqlite_store: Store, clock: FixedClock
) -> None:
    clock.instant = NOW
    fill(sqlite_store, 20_000, DAYS)
    rows = rows_of_sought(sqlite_store, 20_000, 300)
    assert sum(row == 0 for row in rows) >= 0.9 * len(rows)
    assert sum(row < 3 for row in rows) >= 0.98 * len(rows)


def test_both_engines_find_alike(store: Store, clock: FixedClock) -> None:
    clock.instant = NOW
    fill(store, 2_000, DAYS)
    rows = rows_of_sought(store, 2_000, 60)
    assert sum(row < 3 for row in rows) >= 57, rows
    with store.read() as work:
        assert all(find(work, typed) for typed in SHARED_BY_ALMOST_ALL)
        assert index.count_misplaced(work) == 0


def test_a_keystroke_costs_no_more_when_the_customers_double(
    sqlite_store: Store, clock: FixedClock
) -> None:
    """Counted in instructions of the database engine, for letters that thousands share."""
    clock.instant = NOW
    fill(sqlite_store, 6_000, DAYS)
    with sqlite_store.read() as work:
        before = {typed: _instructions(work, typed) for typed in SHARED_BY_ALMOST_ALL}
    customers(sqlite_store, 6_000)
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
