"""The figures of a studio against plain Python over its rows, on both engines."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import func, select
from sqlmodel import col

from crm_tui.core.actor import Actor
from crm_tui.core.clock import FixedClock
from crm_tui.core.money import share_of
from crm_tui.core.words import (
    Account,
    OrderStatus,
    PayChannel,
    PaymentKind,
    SessionEnd,
)
from crm_tui.models import Assignment, Customer, Order, Payment
from crm_tui.services.demo import build
from crm_tui.services.demo.build import SMALL
from crm_tui.services.figures import reads_income, reads_people, reads_trade
from crm_tui.services.figures.copy import door
from crm_tui.services.figures.periods import Compare, Period, Step
from crm_tui.services.figures.rows import Income, LeaderRow
from crm_tui.services.figures.scope import Scope
from crm_tui.services.money import backfill, balances, refund_undoing, refunds, tips
from crm_tui.services.orders import actions as orders
from crm_tui.services.orders.payments import moved_money
from crm_tui.services.settings.actions import set_setting
from crm_tui.storage.store import ReadWork, Store
from tests.desk import open_desk

FIRST, LAST = date(2026, 9, 8), date(2026, 9, 21)


def frames(work: ReadWork) -> door.Frames:
    return door.frames(work, door.folder_of(work.store))


def revenue(
    work: ReadWork, first: date, last: date, by: Step = "day", store_id: int | None = None
) -> Income:
    scope = Scope(store_id=store_id)
    return reads_income.income(work, frames(work), Period(first, last), by, scope, "none")


def board(work: ReadWork, first: date, last: date) -> tuple[LeaderRow, ...]:
    return reads_people.leaderboard(work, frames(work), Period(first, last))


@pytest.fixture
def studio(store: Store) -> Iterator[Store]:
    """A small demo studio, on each engine in turn."""
    build.build(store, replace(SMALL, companions=9))
    yield store


def completed(work: ReadWork) -> list[Order]:
    return list(
        work.session.scalars(
            select(Order).where(col(Order.status) == OrderStatus.COMPLETED).order_by(col(Order.id))
        )
    )


def served_by(work: ReadWork) -> dict[int, Assignment]:
    finished = select(Assignment).where(col(Assignment.outcome) == SessionEnd.FINISHED)
    return {one.order_id: one for one in work.session.scalars(finished)}


def test_income_by_day_is_what_counting_by_hand_gives(studio: Store) -> None:
    with studio.read() as work:
        told = revenue(work, FIRST, LAST)
        calendar, serving = work.calendar(), served_by(work)
        firsts: dict[int, datetime] = {}
        for order in sorted(completed(work), key=lambda one: one.completed_at or one.created_at):
            firsts.setdefault(order.customer_id, order.completed_at or order.created_at)
        by_day: dict[str, list[Order]] = defaultdict(list)
        for order in completed(work):
            assert order.completed_at is not None
            by_day[calendar.day_of(order.completed_at).isoformat()].append(order)
    assert len(told.rows) == 14
    for row in told.rows:
        orders = by_day[row.at]
        share = sum(
            share_of(one.amount_fen, serving[one.id or 0].share_bp) + share_of(one.tip_fen, 8000)
            for one in orders
        )
        gross, tips = (
            sum(getattr(one, name) for one in orders) for name in ("amount_fen", "tip_fen")
        )
        new = {
            one.customer_id
            for one in orders
            if calendar.day_of(firsts[one.customer_id]).isoformat() == row.at
        }
        assert (row.orders, row.gross_fen, row.tips_fen) == (len(orders), gross, tips)
        assert (row.companion_fen, row.studio_fen) == (share, gross + tips - share)
        assert row.customers == len({one.customer_id for one in orders})
        assert row.new_customers == len(new)
    assert told.total.orders == sum(row.orders for row in told.rows)
    assert told.total.customers <= sum(row.customers for row in told.rows)


def test_all_steps_tell_the_same_sum(studio: Store) -> None:
    with studio.read() as work:
        day, hour, month = (revenue(work, FIRST, LAST, step) for step in ("day", "hour", "month"))
        hours = reads_income.hours(work, frames(work), Period(FIRST, LAST))
    assert day.total == hour.total == month.total
    assert [row.at for row in month.rows] == ["2026-09"]
    assert len(hour.rows) == 14 * 24
    assert hour.rows[0].at == "2026-09-08T06:00+08:00"
    assert hour.rows[-1].at == "2026-09-22T05:00+08:00"
    assert [row.hour for row in hours] == [*range(6, 24), *range(6)]
    assert sum(row.gross_fen for row in hours) == day.total.gross_fen


def test_the_business_day_decides_where_income_falls(studio: Store, manager: Actor) -> None:
    with studio.read() as work:
        at_six = revenue(work, FIRST, LAST)
    with studio.write(manager) as work:
        set_setting(work, "store.business_day_start", "00:00")
    with studio.read() as work:
        at_midnight = revenue(work, FIRST, LAST)
        calendar_days: Counter[str] = Counter()
        for order in completed(work):
            assert order.completed_at is not None
            day = work.calendar().local(order.completed_at).date()
            calendar_days[day.isoformat()] += order.amount_fen
    assert [row.gross_fen for row in at_six.rows] != [row.gross_fen for row in at_midnight.rows]
    assert {row.at: row.gross_fen for row in at_midnight.rows} == {
        (FIRST + timedelta(days=day)).isoformat(): calendar_days[
            (FIRST + timedelta(days=day)).isoformat()
        ]
        for day in range(14)
    }


def test_a_refund_counts_on_its_own_day(studio: Store, actor: Actor) -> None:
    with studio.read() as work:
        earlier = revenue(work, FIRST, LAST)
        no = completed(work)[0].no
    with studio.write(actor) as work:
        refunds.refund(work, no, 1234, "complaint")
    with studio.read() as work:
        told = revenue(work, LAST, LAST)
        before = revenue(work, FIRST, LAST - timedelta(days=1))
    refunded = earlier.rows[-1].refunds_fen + 1234
    assert (told.rows[0].refunds_fen, told.total.refunds_fen) == (refunded, refunded)
    assert before.rows == earlier.rows[:-1]


def test_a_generated_studio_earned_what_its_ledger_says(studio: Store, actor: Actor) -> None:
    with studio.write(actor) as work:
        no = completed(work)[-1].no
        refunds.refund(work, no, 500, "late")
        back = refunds.refund(work, no, 700, "by mistake").payment_ids
    with studio.write(actor) as work:
        refund_undoing.take_back(work, no, back, "undone")
    with studio.read() as work:
        income = revenue(work, FIRST - timedelta(days=400), LAST, "month").total
        sums: Counter[Account] = Counter()
        for one in balances.balances(work):
            sums[one.account] += one.balance_fen
        refunded = work.session.scalars(
            select(func.sum(Payment.amount_fen)).where(
                col(Payment.kind) == PaymentKind.REFUND, moved_money()
            )
        ).one()
    earned = sums[Account.REVENUE] + sums[Account.TIP_REVENUE] + sums[Account.DISCOUNT]
    assert income.studio_fen == -earned
    assert income.refunds_fen == refunded
    assert income.gross_fen + income.tips_fen == income.studio_fen + income.companion_fen


def test_income_is_what_the_ledger_says_to_the_fen(
    store: Store, clock: FixedClock, manager: Actor
) -> None:
    desk = open_desk(store, clock)
    desk.actor = manager
    first = desk.order_in(OrderStatus.COMPLETED)
    no = desk.order_in(OrderStatus.UNPAID)
    desk.do(orders.cancel, no, "never paid")
    desk.do(tips.tip, first, PayChannel.ALIPAY, 1001)
    desk.wait(24 * 60)
    desk.do(refunds.refund, first, 2250, "late")
    desk.do(tips.tip, desk.order_in(OrderStatus.COMPLETED), PayChannel.CASH, 333)
    with store.read() as work:
        told = revenue(work, LAST, LAST + timedelta(days=1))
        booked = {one.account: one.balance_fen for one in balances.balances(work)}
        (leader,) = board(work, LAST, LAST + timedelta(days=1))
    assert told.total.studio_fen == -booked[Account.REVENUE] - booked[Account.TIP_REVENUE]
    assert told.total.refunds_fen == 2250 == booked[Account.REFUNDS] + 1800
    assert told.total.companion_fen == -booked[Account.COMPANION_PAYABLE] + 1800
    assert (leader.share_fen, leader.orders) == (told.total.companion_fen, 2)
    assert [row.tips_fen for row in told.rows] == [1001, 333]
    whole = told.total
    written_off = 4500
    assert whole.studio_fen + whole.companion_fen == whole.gross_fen + whole.tips_fen + written_off


def test_an_order_that_nobody_is_known_to_have_served_is_the_studios(
    store: Store, actor: Actor, clock: FixedClock
) -> None:
    with store.write(actor) as work:
        customer = Customer(store_id=1, no="C000001", nick="老白", created_at=clock.now())
        work.session.add(customer)
        work.session.flush()
        assert customer.id is not None
        order = Order(
            store_id=1,
            no="QN1",
            customer_id=customer.id,
            game_id=1,
            status=OrderStatus.COMPLETED,
            amount_fen=6000,
            tip_fen=500,
            created_at=clock.now(),
            completed_at=clock.now(),
        )
        work.session.add(order)
        work.session.flush()
        tip = Payment(
            store_id=1,
            order_id=order.id,
            customer_id=customer.id,
            kind=PaymentKind.TIP,
            channel=PayChannel.CASH,
            amount_fen=500,
            paid_at=clock.now(),
        )
        work.session.add(tip)
        work.session.flush()
        backfill.bring_in_all(work)
    with store.read() as work:
        (row,) = revenue(work, LAST, LAST).rows
        assert board(work, LAST, LAST) == ()
        (channel,) = reads_trade.channels(work, frames(work), Period(LAST, LAST))
    assert (row.gross_fen, row.companion_fen, row.studio_fen) == (6000, 0, 6500)
    assert (row.customers, row.new_customers) == (1, 1)
    assert (channel.key, channel.customers, channel.average_fen) == ("other", 1, 6000)


def test_an_empty_studio_has_rows_of_zeros(store: Store) -> None:
    with store.read() as work:
        told = revenue(work, FIRST, LAST)
        assert board(work, FIRST, LAST) == ()
        assert reads_trade.channels(work, frames(work), Period(FIRST, LAST)) == ()
        assert reads_people.cohorts(work, frames(work)) == ()
        assert (
            sum(row.orders for row in reads_income.hours(work, frames(work), Period(FIRST, LAST)))
            == 0
        )
    assert [row.orders for row in told.rows] == [0] * 14
    assert told.total == replace(told.rows[0], at="")


def test_another_store_has_its_own_figures(studio: Store) -> None:
    with studio.read() as work:
        assert revenue(work, FIRST, LAST, "day", 1).total.orders > 0
        assert revenue(work, FIRST, LAST, "day", 2).total.orders == 0


@pytest.mark.parametrize(
    ("period", "before"),
    [
        (("2026-09-01", "2026-09-30"), ("2026-08-01", "2026-08-31")),
        (("2026-03-01", "2026-03-31"), ("2026-02-01", "2026-02-28")),
        (("2026-09-01", "2026-09-21"), ("2026-08-01", "2026-08-21")),
        (("2026-03-01", "2026-03-30"), ("2026-02-01", "2026-02-28")),
        (("2026-09-21", "2026-09-21"), ("2026-09-20", "2026-09-20")),
        (("2026-09-01", "2026-09-01"), ("2026-08-31", "2026-08-31")),
        (("2026-09-15", "2026-09-21"), ("2026-09-08", "2026-09-14")),
        (("2026-08-01", "2026-09-30"), ("2026-06-01", "2026-07-31")),
    ],
)
def test_what_a_period_follows(period: tuple[str, str], before: tuple[str, str]) -> None:
    given, expected = (Period(*map(date.fromisoformat, days)) for days in (period, before))
    assert given.before() == expected


@pytest.mark.parametrize(
    ("how", "first"),
    [("last_week", "2024-02-22"), ("last_year", "2023-02-28"), ("previous", "2024-02-28")],
)
def test_what_a_period_is_compared_with(how: Compare, first: str) -> None:
    leap = Period(date(2024, 2, 29), date(2024, 2, 29))
    compared = leap.compared(how)
    assert compared is not None
    assert compared.first == compared.last == date.fromisoformat(first)
    assert leap.compared("none") is None
    assert Period(date.min, date.min).compared(how) is None, "nothing was before"


def test_a_glance_of_today_holds_it_against_the_same_time_of_other_days(studio: Store) -> None:
    with studio.read() as work:
        glance = reads_income.glance(work, frames(work))
        calendar, now = work.calendar(), work.clock.now()
        by_hand = [
            sum(
                one.amount_fen
                for one in completed(work)
                if one.completed_at
                and calendar.starts(LAST - timedelta(days=back))
                <= one.completed_at
                < now - timedelta(days=back)
            )
            for back in (0, 1, 7)
        ]
        month = revenue(work, FIRST, LAST)
    told = [each.gross_fen for each in (glance.today, glance.yesterday, glance.last_week)]
    assert told == by_hand
    assert glance.days == month.rows
    assert (glance.day, len(glance.hours), len(glance.hours_last_week)) == (LAST, 24, 24)
