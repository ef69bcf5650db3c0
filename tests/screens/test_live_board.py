"""What a flood of changes costs a board: only the orders that changed are read."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import event

from crm_tui.core.clock import FixedClock
from crm_tui.services.customers import actions as customers
from crm_tui.services.orders import actions as orders
from crm_tui.storage.store import Store
from tests.desk import Desk, open_desk
from tests.screens.console import console, screen_text, settled, until


@pytest.fixture
def desk(sqlite_store: Store, clock: FixedClock) -> Desk:
    return open_desk(sqlite_store, clock)


@contextmanager
def readings(store: Store) -> Iterator[list[int]]:
    """How many orders were asked for by each reading of rows; -1 where all of the board were."""
    found: list[int] = []

    def told(_connection: Any, _cursor: Any, statement: str, values: Any, *_rest: Any) -> None:
        if "JOIN game ON" in statement and "orders.id IN" in statement:
            found.append(len(values))
        elif "JOIN game ON" in statement and "orders.status IN" in statement:
            found.append(-1)

    event.listen(store.dialect.engine, "before_cursor_execute", told)
    yield found
    event.remove(store.dialect.engine, "before_cursor_execute", told)


async def test_a_burst_is_read_together_and_nothing_else_with_it(desk: Desk) -> None:
    numbers = [desk.order() for _ in range(12)]
    for _other in range(8):
        desk.order()
    async with console(desk.store) as (app, pilot):
        await settled(pilot)
        with readings(desk.store) as asked:
            for no in numbers:
                desk.do(orders.cancel, no, "storm")
            await until(pilot, lambda: screen_text(app).count("Cancelled") >= len(numbers))
        assert -1 not in asked, "not the whole board"
        assert sum(asked) <= 2 * len(numbers)
        assert len(asked) < len(numbers)


async def test_a_customer_who_changes_has_their_own_orders_read(desk: Desk) -> None:
    mine = desk.order()
    async with console(desk.store) as (app, pilot):
        await settled(pilot)
        with readings(desk.store) as asked:
            desk.do(customers.edit, desk.customer, {"nick": "小鱼干改名"})
            await until(pilot, lambda: "小鱼干改名" in screen_text(app))
        assert asked == [1]
        assert mine in screen_text(app)
