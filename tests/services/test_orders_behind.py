"""The orders behind a figure are those that the figure counts."""

from __future__ import annotations

from datetime import timedelta

import pytest

from crm_tui.core.clock import FixedClock
from crm_tui.core.words import OrderStatus
from crm_tui.services.figures import reads_income, reads_people
from crm_tui.services.figures.copy import door
from crm_tui.services.figures.periods import Period, Step
from crm_tui.services.figures.reads import today
from crm_tui.services.figures.reads_behind import behind
from crm_tui.services.figures.scope import Scope
from crm_tui.storage.store import Store
from tests.desk import open_desk


@pytest.mark.parametrize("step", ["hour", "day", "week", "month"])
def test_every_bar_opens_exactly_what_it_counts(
    store: Store, clock: FixedClock, step: Step
) -> None:
    desk = open_desk(store, clock)
    desk.order_in(OrderStatus.COMPLETED)
    desk.wait(3 * 60)  # 02:04 the next morning: the same business day
    desk.order_in(OrderStatus.COMPLETED, companion=1)
    desk.wait(8 * 60)  # 10:04: the next one
    last = desk.order_in(OrderStatus.COMPLETED, companion=1)
    desk.order_in(OrderStatus.CANCELLED)
    with store.read() as work:
        frames, day = door.frames(work, door.folder_of(store)), today(work)
        period = Period(day - timedelta(days=9), day)
        for row in reads_income.income(work, frames, period, step).rows:
            found = behind(work, frames, period, at=row.at)
            assert (found.orders, found.gross_fen) == (row.orders, row.gross_fen), row.at
            assert len(found.order_ids) == row.orders
        for leader in reads_people.leaderboard(work, frames, period):
            own = behind(work, frames, period, Scope(companion_id=leader.companion_id))
            assert own.orders == leader.orders
        newest = behind(work, frames, period, limit=1)
        taken = [behind(work, frames, period, nth=nth).orders for nth in (1, 2, 3, 4)]
    assert (newest.orders, newest.order_ids) == (3, (desk.row(last).id,))
    assert taken == [1, 1, 1, 0]
