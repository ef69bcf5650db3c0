"""The takings of a day: what came, what went back, what was paid out, channel by channel."""

from __future__ import annotations

from datetime import date, timedelta

from crm_tui.core.clock import FixedClock
from crm_tui.core.words import OrderStatus, PayChannel
from crm_tui.services.figures import reads_income
from crm_tui.services.figures.copy import door
from crm_tui.services.figures.periods import Period
from crm_tui.services.money import day, refund_undoing, refunds
from crm_tui.services.orders import actions as orders
from crm_tui.storage.store import Store
from tests.desk import Desk, open_desk

WECHAT, CASH = PayChannel.WECHAT, PayChannel.CASH


def takings(desk: Desk, on: date) -> dict[PayChannel, tuple[int, int, int]]:
    with desk.store.read() as work:
        found = day.takings(work, on)
    return {one.channel: (one.taken_fen, one.given_back_fen, one.paid_out_fen) for one in found}


def test_a_refund_that_was_taken_back_lessens_the_refunds_and_is_no_takings(
    store: Store, clock: FixedClock
) -> None:
    desk = open_desk(store, clock)
    with store.read() as work:
        first = work.calendar().day_of(clock.now())
    no = desk.order_in(OrderStatus.UNPAID)
    desk.do(orders.pay, no, WECHAT, 3000)
    desk.do(orders.pay, no, CASH, 1500)
    kept = desk.do(refunds.refund, no, 1000, "late", channel=WECHAT).payment_ids
    same_day = desk.do(refunds.refund, no, 700, "late", channel=CASH).payment_ids
    desk.do(refund_undoing.take_back, no, same_day, "not sent")
    assert takings(desk, first) == {WECHAT: (3000, 1000, 0), CASH: (1500, 0, 0)}

    desk.wait(24 * 60)
    desk.do(refund_undoing.take_back, no, kept, "not sent")
    desk.do(refunds.refund, no, 300, "late", channel=CASH)
    idle = desk.do(refunds.refund, no, 500, "late", channel=CASH).payment_ids
    desk.do(refund_undoing.take_back, no, idle, "not sent")
    second = first + timedelta(days=1)
    assert takings(desk, second) == {WECHAT: (0, -1000, 0), CASH: (0, 300, 0)}
    assert takings(desk, second + timedelta(days=1)) == {}
    with store.read() as work:
        frames = door.frames(work, door.folder_of(store))
        told = reads_income.income(work, frames, Period(first, second))
    assert [row.refunds_fen for row in told.rows] == [1000, -700]
