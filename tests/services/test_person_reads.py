"""What is known of one customer, what they come to, and their orders and payments in pages."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlmodel import select

from crm_tui.core.clock import FixedClock
from crm_tui.core.errors import NotFound
from crm_tui.core.words import OrderStatus, PayChannel, PaymentKind, Role, Segment, Stance, TaskKind
from crm_tui.models import MAIN_STORE, Customer, Operator, Order, Payment
from crm_tui.services.customers import reads
from crm_tui.services.customers.reads import Balance
from crm_tui.services.customers.stances import set_stance
from crm_tui.services.orders import actions as orders
from crm_tui.services.tasks import actions as tasks
from crm_tui.services.tasks.actions import NewTask
from crm_tui.storage.store import Store
from tests.desk import Desk, open_desk


@pytest.fixture
def desk(store: Store, clock: FixedClock) -> Desk:
    return open_desk(store, clock)


def balance(desk: Desk) -> Balance:
    with desk.store.read() as work:
        return reads.worth(work, desk.customer).balance


def test_what_is_served_and_not_paid_is_owed(desk: Desk) -> None:
    desk.order_in(OrderStatus.COMPLETED)
    desk.order()
    assert balance(desk) == Balance(4500, 0, 0, 0, 0)
    no = desk.order_in(OrderStatus.UNPAID)
    assert balance(desk).owed_fen == 4500
    desk.do(orders.pay, no, PayChannel.CASH, 2000)
    assert (balance(desk).owed_fen, balance(desk).paid_fen) == (2500, 6500)


def test_what_was_paid_for_a_cancelled_order_is_the_customers(desk: Desk) -> None:
    no = desk.order()
    desk.do(orders.pay, no, PayChannel.WECHAT, 4500)
    desk.do(orders.cancel, no, "no time")
    assert balance(desk) == Balance(4500, 0, 0, 0, 4500)


def test_refunds_and_tips_stand_apart_from_payments(desk: Desk) -> None:
    desk.order_in(OrderStatus.COMPLETED)
    with desk.store.write(desk.actor) as work:
        for kind, fen in ((PaymentKind.TIP, 300), (PaymentKind.REFUND, 500)):
            row = Payment(
                store_id=MAIN_STORE,
                customer_id=desk.customer,
                kind=kind,
                channel=PayChannel.ALIPAY,
                amount_fen=fen,
                paid_at=work.clock.now(),
            )
            work.session.add(row)
    found = balance(desk)
    assert (found.paid_fen, found.tips_fen, found.refunded_fen) == (4500, 300, 500)


def test_a_profile_holds_the_whole_person(desk: Desk) -> None:
    done, waiting = desk.order_in(OrderStatus.COMPLETED), desk.order()
    desk.do(set_stance, desk.customer, desk.companions[0], Stance.PREFERRED)
    desk.do(set_stance, desk.customer, desk.companions[1], Stance.REFUSED, "quarrel")
    desk.do(tasks.add, NewTask("came late", desk.customer, kind=TaskKind.COMPLAINT))
    desk.do(tasks.add, NewTask("call", desk.customer))
    with desk.store.write(desk.actor) as work:
        anna = Operator(login="anna", role=Role.OPERATOR, created_at=work.clock.now())
        work.session.add(anna)
        work.session.flush()
        work.session.get_one(Customer, desk.customer).owner_id = anna.id
    with desk.store.read() as work:
        page = reads.profile(work, desk.customer)
    assert page.owner == "anna"
    assert [row.no for row in page.open_orders] == [waiting]
    assert [row.no for row in page.history] == [waiting, done]
    assert [(row.order_no, row.amount_fen) for row in page.payments] == [(done, 4500)]
    assert [row.companion for row in page.preferred] == ["鹿鹿00"]
    assert [(row.companion, row.reason) for row in page.refused] == [("鹿鹿01", "quarrel")]
    assert [task.title for task in page.complaints] == ["came late"]
    assert (page.tier.segment, page.tier.r) == (Segment.NEW, 5)


def test_pages_of_orders_and_payments_follow_one_another(desk: Desk) -> None:
    for place in range(9):
        desk.order_in(OrderStatus.COMPLETED)
        desk.wait(place % 3)
    with desk.store.read() as work:
        every = reads.orders(work, desk.customer, limit=100)
        paid = reads.payments(work, desk.customer, limit=100)
        assert (len(every), len(paid)) == (9, 9)
        for length in (1, 2, 4):
            turned = reads.orders(work, desk.customer, limit=length)
            while rest := reads.orders(
                work, desk.customer, (turned[-1].created_at, turned[-1].id), length
            ):
                turned += rest
            assert turned == every
            money = reads.payments(work, desk.customer, limit=length)
            while more := reads.payments(
                work, desk.customer, (money[-1].paid_at, money[-1].id), length
            ):
                money += more
            assert money == paid


def test_only_this_customers_orders_are_answered(desk: Desk) -> None:
    no = desk.order()
    with desk.store.read() as work:
        order_id = work.session.exec(select(Order.id).where(Order.no == no)).one()
        assert order_id is not None
        assert [row.no for row in reads.orders_among(work, desk.customer, [order_id])] == [no]
        assert reads.orders_among(work, desk.customer + 1, [order_id]) == []


def test_nobody_is_not_found(desk: Desk) -> None:
    with desk.store.read() as work:
        for look in (reads.person, reads.profile, reads.worth):
            with pytest.raises(NotFound):
                look(work, 4711)


def test_an_old_customer_is_told_by_the_scores(desk: Desk) -> None:
    desk.order_in(OrderStatus.COMPLETED)
    desk.clock.advance(timedelta(days=100))
    with desk.store.read() as work:
        tier = reads.worth(work, desk.customer).tier
    assert (tier.segment, tier.r, tier.f, tier.m) == (Segment.LOST, 1, 1, 1)
