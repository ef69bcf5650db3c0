"""Stored value and membership: every fen in one part, nobody spends what is not there (C6)."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlmodel import func, select

from crm_tui.core.actor import Actor
from crm_tui.core.clock import FixedClock
from crm_tui.core.errors import CrmError, Duplicate, Invalid, NotFound, Refused
from crm_tui.core.words import Account, OrderStatus, PayChannel, Role
from crm_tui.models import MAIN_STORE, STUDIO, Customer
from crm_tui.models.ledger import JournalLine, LedgerBalance
from crm_tui.models.members import MembershipLevel
from crm_tui.services.customers.index import write_keys
from crm_tui.services.duplicates import actions as merging
from crm_tui.services.money import refunds
from crm_tui.services.money.members import actions, levels, liability, reads, spending
from crm_tui.services.money.members.rules import Parts
from crm_tui.services.orders import actions as orders
from crm_tui.services.privacy.actions import erase
from crm_tui.services.settings.actions import set_setting
from crm_tui.services.upkeep.checks.members import levels as doctor
from crm_tui.storage.store import Store, UnitOfWork
from tests.desk import MANAGER, Desk, open_desk

STEPS = '[{"from_fen": 50000, "bonus_bp": 500}, {"from_fen": 100000, "bonus_bp": 1000}]'
WECHAT = PayChannel.WECHAT


@pytest.fixture
def desk(store: Store, clock: FixedClock) -> Desk:
    """A studio whose top-ups of ¥500 earn 5 %, and of ¥1,000 10 %."""
    found = open_desk(store, clock)
    found.actor = MANAGER
    found.do(set_setting, "members.bonus_steps", STEPS)
    return found


def balance(desk: Desk) -> Parts:
    with desk.store.read() as work:
        return reads.balance_of(work, desk.customer)


def books(desk: Desk) -> dict[str, int]:
    """Every account that holds something; they are what the lines add up to, and zero together."""
    line, kept = JournalLine.amount_fen, LedgerBalance.balance_fen
    with desk.store.read() as work:
        replayed, found = (
            dict(
                work.session.exec(
                    select(column, func.sum(fen)).group_by(column).having(func.sum(fen) != 0)
                ).all()
            )
            for column, fen in ((JournalLine.account, line), (LedgerBalance.account, kept))
        )
    assert replayed == found and sum(found.values()) == 0
    return {Account(account).value: fen for account, fen in found.items()}


def refused(action: Callable[[], object], error: type[CrmError] = Refused) -> CrmError:
    with pytest.raises(error) as caught:
        action()
    return caught.value


def test_a_top_up_earns_its_bonus_and_both_lie_in_the_books(desk: Desk) -> None:
    done = desk.do(actions.top_up, desk.customer, WECHAT, 50_000, "4200001")
    assert done.parts == balance(desk) == Parts(50_000, 2_500)
    assert books(desk) == {
        "channel": 50_000,
        "stored": -50_000,
        "bonus": -2_500,
        "bonus_cost": 2_500,
    }
    again = refused(
        lambda: desk.do(actions.top_up, desk.customer, WECHAT, 50_000, "4200001"), Duplicate
    )
    assert "4200001" in again.message()
    for channel, amount in ((WECHAT, 0), (WECHAT, 10**14), (PayChannel.BALANCE, 100)):
        refused(
            lambda c=channel, a=amount: desk.do(actions.top_up, desk.customer, c, a),  # type: ignore[misc]
            Invalid,
        )
    assert balance(desk) == Parts(50_000, 2_500)


def test_stored_value_is_given_back_without_the_bonus(desk: Desk) -> None:
    desk.do(actions.top_up, desk.customer, WECHAT, 50_000)
    more = refused(lambda: desk.do(actions.pay_out, desk.customer, 50_001))
    assert more.facts["paid_fen"] == 50_000
    with desk.store.read() as work:
        quote = actions.quote_pay_out(work, desk.customer, 20_000)
    assert (quote.bonus_fen, quote.balance, quote.channel) == (1_000, Parts(30_000, 1_500), WECHAT)
    assert desk.do(actions.pay_out, desk.customer, 20_000).parts == Parts(-20_000, -1_000)
    assert balance(desk) == quote.balance
    desk.do(set_setting, "members.refund_bonus", "keep")
    desk.do(actions.pay_out, desk.customer, 30_000, PayChannel.CASH, "leaves")
    assert books(desk) == {
        "bonus": -1_500,
        "bonus_cost": 1_500,
    }
    assert balance(desk) == Parts(0, 1_500)
    desk.actor = Actor("li", Role.DISPATCHER)
    refused(lambda: desk.do(actions.pay_out, desk.customer, 1))


def test_levels_follow_what_was_topped_up(desk: Desk) -> None:
    desk.do(levels.set_level, "Gold", threshold_fen=200_000, discount_bp=1_000, bonus_bp=200)
    desk.do(actions.top_up, desk.customer, WECHAT, 60_000)
    silver = desk.do(levels.set_level, "Silver", threshold_fen=50_000, discount_bp=500)
    assert silver.rank == 1

    def member() -> reads.Member:
        with desk.store.read() as work:
            return reads.member(work, desk.customer)

    assert member().level == silver and member().missing_fen == 140_000
    desk.do(actions.top_up, desk.customer, WECHAT, 140_000)
    with desk.store.read() as work:
        assert doctor(work).ok
    gold = member()
    assert gold.level is not None and gold.level.name == "Gold" and gold.ahead is None
    before = balance(desk)
    desk.do(actions.top_up, desk.customer, WECHAT, 10_000)
    assert balance(desk) - before == Parts(10_000, 200)
    desk.do(actions.pay_out, desk.customer, 100_000)
    assert member().level == silver
    refused(lambda: desk.do(levels.set_level, "Odd", threshold_fen=50_000))
    refused(lambda: desk.do(levels.set_level, "New"), Invalid)
    assert desk.do(levels.remove_level, "Silver") == 1
    assert member().level is None
    refused(lambda: desk.do(levels.remove_level, "Silver"), NotFound)
    with desk.store.write(MANAGER) as work:
        work.session.add(MembershipLevel(store_id=STUDIO, rank=9, name="By hand"))
    with desk.store.read() as work:
        assert not doctor(work).ok
    desk.actor = Actor("li", Role.DISPATCHER)
    refused(lambda: desk.do(levels.set_level, "Gold", discount_bp=0))


def test_a_member_pays_less_for_what_is_not_agreed(desk: Desk) -> None:
    desk.do(levels.set_level, "Silver", threshold_fen=100, discount_bp=500)
    desk.do(actions.top_up, desk.customer, WECHAT, 100)
    assert desk.row(desk.order()).amount_fen == 4_275
    assert desk.row(desk.order(price_fen=4_000)).amount_fen == 4_000


def test_a_minor_neither_tops_up_nor_spends_but_gets_theirs_back(desk: Desk) -> None:
    desk.do(actions.top_up, desk.customer, WECHAT, 1_000)
    with desk.store.write(MANAGER) as work:
        customer = work.session.get(Customer, desk.customer)
        assert customer is not None
        customer.minor = True
    for blocked in (
        lambda: desk.do(actions.top_up, desk.customer, WECHAT, 1_000),
        lambda: desk.do(spending.spend, desk.customer, 100, 1),
    ):
        assert refused(blocked).facts["reason"] == "minor"
    desk.do(actions.pay_out, desk.customer, 1_000)
    assert balance(desk) == Parts()


def other_customer(desk: Desk) -> int:
    with desk.store.write(MANAGER) as work:
        other = Customer(store_id=MAIN_STORE, no="C2", nick="北岸", created_at=work.clock.now())
        work.session.add(other)
        work.session.flush()
        assert other.id is not None
        write_keys(work, [other.id])
        return other.id


def test_a_balance_goes_with_a_merge_and_comes_back_as_far_as_it_is_left(desk: Desk) -> None:
    other = other_customer(desk)
    desk.do(levels.set_level, "Silver", threshold_fen=60_000, discount_bp=500)
    desk.do(actions.top_up, desk.customer, WECHAT, 20_000)
    desk.do(actions.top_up, other, WECHAT, 50_000)

    def of(customer_id: int) -> tuple[Parts, str | None]:
        with desk.store.read() as work:
            found = reads.member(work, customer_id)
            return found.balance, found.level.name if found.level else None

    with desk.store.read() as work:
        assert merging.preview(work, desk.customer, other).moved.stored_fen == 52_500
    desk.do(merging.merge, desk.customer, other)
    assert of(desk.customer) == (Parts(70_000, 2_500), "Silver")
    assert of(other) == (Parts(), None)
    desk.do(actions.pay_out, desk.customer, 30_000)
    desk.do(merging.unmerge, other)
    assert of(desk.customer) == (Parts(0, 0), None)
    assert of(other) == (Parts(40_000, 1_429), None)
    desk.do(merging.merge, desk.customer, other)
    assert of(desk.customer) == (Parts(40_000, 1_429), None)
    books(desk)


def test_nobody_is_forgotten_whom_the_studio_owes(desk: Desk) -> None:
    desk.do(actions.top_up, desk.customer, WECHAT, 50_000)
    desk.do(set_setting, "members.refund_bonus", "keep")
    owed = refused(lambda: desk.do(erase, desk.customer, "asked for it"))
    assert owed.facts["balance_fen"] == 50_000
    desk.do(actions.pay_out, desk.customer, 50_000)
    desk.do(erase, desk.customer, "asked for it")
    assert books(desk) == {}


def test_what_is_owed_is_told_by_part_and_age(desk: Desk) -> None:
    other = other_customer(desk)
    desk.do(actions.top_up, desk.customer, WECHAT, 50_000)
    first = desk.clock.now()
    desk.clock.advance(timedelta(days=100))
    desk.do(actions.top_up, desk.customer, WECHAT, 1_000)
    desk.do(actions.top_up, other, PayChannel.CASH, 30_000)
    desk.do(set_setting, "members.refund_bonus", "all")
    desk.do(actions.pay_out, desk.customer, 20_000)
    desk.do(merging.merge, desk.customer, other)
    with desk.store.read() as work:
        now, then = liability.liability(work), liability.liability(work, first)
    assert now.owed == Parts(61_000, 0)
    assert [age.owed.paid_fen for age in now.ages] == [31_000, 0, 30_000, 0, 0]
    assert [(each.no, each.balance) for each in now.customers] == [("C1", Parts(61_000, 0))]
    assert then.owed == then.customers[0].balance == Parts(50_000, 2_500)
    assert then.ages[0].owed == then.owed


def test_two_orders_paid_at_once_spend_no_more_than_there_is(desk: Desk) -> None:
    desk.do(actions.top_up, desk.customer, WECHAT, 6_000)
    numbers, both, told = [desk.order(), desk.order()], threading.Barrier(2), []

    def pay(no: str) -> None:
        def act(work: UnitOfWork) -> None:
            orders.pay(work, no, PayChannel.BALANCE, 4_500)

        both.wait()
        try:
            desk.store.perform(MANAGER, act)
            told.append("paid")
        except Refused as error:
            told.append(f"{error.facts['reason']} {error.facts['balance_fen']}")

    threads = [threading.Thread(target=pay, args=(no,)) for no in numbers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(told) == ["balance 1500", "paid"]
    assert balance(desk) == Parts(1_500, 0)
    books(desk)


def test_an_order_spends_what_was_paid_first_and_gives_the_bonus_back_first(desk: Desk) -> None:
    desk.do(actions.top_up, desk.customer, WECHAT, 50_000)
    desk.do(actions.pay_out, desk.customer, 48_000)
    assert balance(desk) == Parts(2_000, 100)
    no = desk.order_in(OrderStatus.UNPAID)
    desk.do(orders.pay, no, PayChannel.BALANCE, 2_050)
    assert balance(desk) == Parts(0, 50)
    desk.do(orders.pay, no, PayChannel.CASH, 2_450)
    assert desk.row(no).status is OrderStatus.COMPLETED
    desk.do(refunds.refund, no, 4_500, "not what was wanted")
    assert balance(desk) == Parts(2_000, 100)
    found = books(desk)
    assert (found["stored"], found["bonus"], found["channel"]) == (-2_000, -100, 2_000)


def test_what_was_paid_for_an_order_goes_with_the_customer_who_owns_it(desk: Desk) -> None:
    kept, other = desk.customer, other_customer(desk)
    desk.customer = other
    no = desk.order_in(OrderStatus.SERVING)
    desk.do(orders.pay, no, PayChannel.CASH, 4_500)
    desk.do(merging.merge, kept, other)
    desk.customer = kept
    mine = desk.order_in(OrderStatus.SERVING, 1)
    desk.do(orders.pay, mine, PayChannel.CASH, 4_500)
    desk.do(merging.unmerge, other)
    for each in (no, mine):
        desk.do(orders.finish, each, 60)
        desk.do(orders.confirm, each)
        assert desk.row(each).status is OrderStatus.COMPLETED
    assert "prepaid" not in books(desk)
