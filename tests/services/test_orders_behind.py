"""The orders behind a figure are those that the figure counts."""

from __future__ import annotations

from datetime import timedelta

import pytest

from crm_tui.core.clock import FixedClock
from crm_tui.core.words import OrderStatus
from crm_tui.screens.figures_period import Kind, Period
from crm_tui.screens.figures_view import days_of, read_behind, read_figures
from crm_tui.services.orders import reads
from crm_tui.storage.store import Store
from tests.desk import Desk, open_desk


@pytest.fixture
def desk(store: Store, clock: FixedClock) -> Desk:
    return open_desk(store, clock)


def test_completed_between_takes_the_start_and_leaves_the_end(desk: Desk) -> None:
    first = desk.order_in(OrderStatus.COMPLETED)
    desk.wait(60)
    second = desk.order_in(OrderStatus.COMPLETED, companion=1)
    desk.order_in(OrderStatus.CANCELLED)
    desk.order()
    at = desk.row(second).completed_at
    began = desk.row(first).completed_at
    assert at is not None and began is not None
    with desk.store.read() as work:

        def numbers(*bounds: object, **more: int) -> list[str]:
            return [row.no for row in reads.completed_between(work, *bounds, **more)]  # type: ignore[arg-type]

        assert numbers(began, at + timedelta(seconds=1)) == [second, first]
        assert numbers(began, at) == [first]
        assert numbers(began, at + timedelta(hours=1), companion_id=desk.companions[1]) == [second]
        assert numbers(began, at + timedelta(hours=1), limit=1) == [second]


@pytest.mark.parametrize("kind", list(Kind))
def test_every_bar_opens_exactly_what_it_counts(desk: Desk, kind: Kind) -> None:
    desk.order_in(OrderStatus.COMPLETED)
    desk.wait(3 * 60)  # 02:04 the next morning: the same business day
    desk.order_in(OrderStatus.COMPLETED, companion=1)
    desk.wait(8 * 60)  # 10:04: the next one
    desk.order_in(OrderStatus.COMPLETED, companion=1)
    with desk.store.read() as work:
        reading = read_figures(kind, work)
        behind = {
            row.at: read_behind(days_of(row.at, reading.period), row.at, None, work)
            for row in reading.rows
        }
        leaders = {
            leader.companion_id: read_behind(
                (reading.period.first, reading.period.last), "", leader.companion_id, work
            )
            for leader in reading.companions
        }
    assert {at: len(rows) for at, rows in behind.items()} == {
        row.at: row.orders for row in reading.rows
    }
    assert {who: len(rows) for who, rows in leaders.items()} == {
        leader.companion_id: leader.orders for leader in reading.companions
    }
    assert sum(row.orders for row in reading.rows) == (1 if kind in (Kind.DAY, Kind.OWN) else 3)


def test_a_running_period_is_compared_with_as_much_of_the_one_before(desk: Desk) -> None:
    with desk.store.read() as work:
        month = read_figures(Kind.MONTH, work)
        past = read_figures(month.period.moved(-2), work)
        day = read_figures(Kind.DAY, work)
    assert (month.elapsed, len(month.rows)) == (21, 30)
    assert month.before == Period.around(Kind.MONTH, month.before.first)
    assert past.elapsed == len(past.rows) == 31
    assert (day.elapsed, len(day.rows)) == (18, 24), "06:00 to 23:04"
