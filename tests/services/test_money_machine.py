"""The money of a studio driven at random through the services, against a model that only counts.

Every request carries a key, and many come again or at the same time as another one; much is taken
back later. What was paid, given back, earned and paid out must stand in the books to the fen, once.
"""

from __future__ import annotations

import os
from collections import Counter
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule, run_state_machine_as_test

from crm_tui.core.actor import Actor
from crm_tui.core.clock import FixedClock
from crm_tui.core.errors import Refused
from crm_tui.core.words import Account, PayChannel, Role
from crm_tui.services.money import refund_undoing, refunds, tips
from crm_tui.services.money.bills import deciding
from crm_tui.services.money.members import actions as members
from crm_tui.services.money.settlement import actions as settlement
from crm_tui.services.money.settlement import drafting, reads
from crm_tui.services.orders import actions as orders
from crm_tui.storage.store import Store, UnitOfWork
from tests.services.money_model import OPEN, PRICE, Paid, Sale
from tests.services.money_till import MANAGER, Till

pytestmark = pytest.mark.slow

REQUESTS = 20_000
PARTS = 4
LONG = bool(os.environ.get("CRM_TUI_LONG_TESTS"))
OWNER = Actor("zhao", Role.ADMIN)
BEGINNING = date(2026, 9, 1)
"""Without it a first settlement begins with its own month."""

order = st.integers(0, 2)
which = st.integers(0, 2)
fen = st.sampled_from((1, 2, 700, 1500, 2250, PRICE))
channel = st.sampled_from((PayChannel.WECHAT, PayChannel.CASH, PayChannel.BALANCE))
times = st.sampled_from((1, 1, 2))


class Orders(Till):
    """What happens to an order and its money."""

    @rule(minutes=st.sampled_from((0, 7, 30)))
    def wait(self, minutes: int) -> None:
        self.clock.advance(timedelta(minutes=minutes))

    @rule(at=order, companion=which, again=times)
    def serve(self, at: int, companion: int, again: int) -> None:
        sale, person = self.pick(at), self.desk.companions[companion]
        allowed = sale.state == "waiting" and not self.busy(person)
        if self.ask(allowed, again, orders.assign, sale.no, person).done:
            self.ask(True, again, orders.start, sale.no)
            sale.state, sale.at_work, sale.since = "serving", person, self.clock.now()

    @rule(at=order, companion=which, again=times)
    def hand_over(self, at: int, companion: int, again: int) -> None:
        sale, person = self.pick(at), self.desk.companions[companion]
        allowed = sale.state == "serving" and not self.busy(person)
        if self.ask(allowed, again, orders.hand_over, sale.no, person).done:
            self.stop(sale)
            self.ask(True, again, orders.start, sale.no)
            sale.at_work, sale.since = person, self.clock.now()

    @rule(at=order, again=times)
    def finish(self, at: int, again: int) -> None:
        sale = self.pick(at)
        if self.ask(sale.state == "serving", again, orders.finish, sale.no, 60).done:
            self.stop(sale)
            sale.state, sale.at_work = "confirming", None

    @rule(at=order, again=times)
    def confirm(self, at: int, again: int) -> None:
        sale = self.pick(at)
        if self.ask(sale.state == "confirming", again, orders.confirm, sale.no).done:
            sale.state = "unpaid"
            if sale.paid >= PRICE:
                self.complete(sale)

    @rule(at=order, companion=which, again=times, steps=st.integers(1, 4))
    def go_on(self, at: int, companion: int, again: int, steps: int) -> None:
        """Whatever comes next in the life of the order."""
        for _step in range(steps):
            sale = self.pick(at)
            if sale.state == "waiting":
                self.serve(at, companion, again)
            elif sale.state == "serving":
                self.finish(at, again)
            elif sale.state == "confirming":
                self.confirm(at, again)
            elif sale.state == "unpaid":
                self.pay(at, PRICE - sale.paid, PayChannel.CASH, again)

    def pays(self, sale: Sale, amount: int, through: PayChannel) -> bool:
        """Whether a payment would be taken; then the model has it."""
        too_much = through is PayChannel.BALANCE and amount > self.balance
        if sale.state not in OPEN or amount > PRICE - sale.paid or too_much:
            return False
        sale.money.append(Paid(through, amount))
        self.moved(sale.money[-1], amount)
        if sale.state == "unpaid" and sale.paid == PRICE:
            self.complete(sale)
        return True

    @rule(at=order, amount=fen, through=channel, again=times)
    def pay(self, at: int, amount: int, through: PayChannel, again: int) -> None:
        sale = self.pick(at)
        self.ask(self.pays(sale, amount, through), again, orders.pay, sale.no, through, amount)

    @rule(at=order, amount=fen, through=channel, one_key=st.booleans())
    def pay_twice_at_once(self, at: int, amount: int, through: PayChannel, one_key: bool) -> None:
        sale = self.pick(at)
        first = self.pays(sale, amount, through)
        both = first, not one_key and self.pays(sale, amount, through)
        self.ask_twice_at_once(both, one_key, orders.pay, sale.no, through, amount)

    @rule(at=order, amount=fen, through=channel, again=times)
    def tip(self, at: int, amount: int, through: PayChannel, again: int) -> None:
        sale = self.pick(at)
        enough = through is not PayChannel.BALANCE or amount <= self.balance
        allowed = bool(sale.people()) and enough and sale.state != "off"
        if self.ask(allowed, again, tips.tip, sale.no, through, amount).done:
            self.owed.update(sale.tip(through, amount))
            self.moved(sale.tips[-1][0], amount)

    @rule(at=order, amount=fen, again=times)
    def refund(self, at: int, amount: int, again: int) -> None:
        sale = self.pick(at)
        sent = self.ask(amount <= sale.paid, again, refunds.refund, sale.no, amount, "sorry")
        if sent.done:
            self.gave_back(sale, amount, sent.made, of_tips=False)

    @rule(at=order, amount=fen, one_key=st.booleans())
    def refund_twice_at_once(self, at: int, amount: int, one_key: bool) -> None:
        sale = self.pick(at)
        both = amount <= sale.paid, 2 * amount <= sale.paid
        asked = refunds.refund, sale.no, amount, "sorry"
        for ids in self.ask_twice_at_once(both, one_key, *asked):
            self.gave_back(sale, amount, ids, of_tips=False)

    @rule(at=order, amount=fen, again=times)
    def refund_of_tips(self, at: int, amount: int, again: int) -> None:
        sale = self.pick(at)
        tipped = sum(paid.left for paid, _income in sale.tips)
        sent = self.ask(amount <= tipped, again, give_tip_back, sale.no, amount)
        if sent.done:
            self.gave_back(sale, amount, sent.made, of_tips=True)

    @precondition(lambda till: till.refunds())
    @rule(one=st.integers(0, 9), again=times, at_once=st.booleans())
    def take_a_refund_back(self, one: int, again: int, at_once: bool) -> None:
        """It is as if it had not been, where nothing rests on it."""
        there = self.refunds()
        sale, refund = there[one % len(there)]
        allowed, asked = self.may_take_back(sale, refund), (sale.no, refund.ids, "not sent")
        if at_once:
            self.ask_twice_at_once((allowed, False), False, refund_undoing.take_back, *asked)
        else:
            self.ask(allowed, again, refund_undoing.take_back, *asked)
        if allowed:
            self.took_back(sale, refund)

    @rule(at=order, again=times)
    def call_off(self, at: int, again: int) -> None:
        """Before it is served; an unpaid one is written off, and who served it is paid."""
        sale = self.pick(at)
        allowed = sale.state in ("waiting", "unpaid")
        if self.ask(allowed, again, orders.cancel, sale.no, "no").done:
            if sale.state == "unpaid":
                self.owed.update(sale.earn())
            sale.state = "off"

    @rule(at=order)
    def leave(self, at: int) -> None:
        """The next order in its stead, where nothing of it is in advance."""
        if at < len(self.sales):
            sale = self.sales[at]
            if sale.state in ("done", "off") and not sale.ahead:
                sale.state = "left"


class Studio(Orders):
    """What happens besides: stored value, bills, settlement."""

    @rule(amount=st.sampled_from((100, 5000, 10_000)), again=times)
    def top_up(self, amount: int, again: int) -> None:
        before = self.stored()
        self.ask(True, again, members.top_up, self.desk.customer, PayChannel.WECHAT, amount)
        self.channels["wechat"] += amount
        assert self.stored() >= before + amount
        self.balance = self.stored()

    @rule(amount=st.sampled_from((100, 5000)), again=times)
    def give_stored_value_back(self, amount: int, again: int) -> None:
        allowed = amount <= -self.balance_of(Account.STORED)
        if self.ask(allowed, again, members.pay_out, self.desk.customer, amount).done:
            self.channels["wechat"] -= amount
            assert self.stored() <= self.balance - amount
            self.balance = self.stored()

    @rule(one=which, again=times, at_once=st.booleans())
    def book_a_line_of_a_bill_or_not_after_all(self, one: int, again: int, at_once: bool) -> None:
        line = list(self.bill)[one]
        amount, booked = self.bill[line]
        if booked:
            self.ask(True, again, deciding.reopen, line)
        elif at_once:
            self.ask_twice_at_once((True, False), False, deciding.book, line)
        else:
            self.ask(True, again, deciding.book, line)
        self.channels["alipay"] += -amount if booked else amount
        self.bill[line] = (amount, not booked)

    @rule(companion=which, amount=st.sampled_from((-3000, 500)), again=times, more=st.booleans())
    def adjust_or_not_after_all(self, companion: int, amount: int, again: int, more: bool) -> None:
        if more or not self.adjustments:
            person = self.desk.companions[companion]
            sent = self.ask(True, again, settlement.adjust, person, amount, "because")
            self.adjustments[sent.made[0]] = person, amount
        else:
            last, _what = self.adjustments.popitem()
            self.ask(True, again, settlement.drop_adjustment, last)

    @rule(called_off=st.booleans())
    def settle(self, called_off: bool) -> None:
        """When every freeze has ended: what is owed is paid out, and not a fen more; or it is
        approved, and then not after all."""
        self.clock.advance(timedelta(days=9))
        due = self.owed.copy()
        for person, amount in self.adjustments.values():
            due[person] += amount
        key = f"key{next(self.keys)}"
        Till.steps += 4
        try:
            no = drafting.draft(self.store, MANAGER, BEGINNING, key=key)["no"]
        except Refused as refused:
            assert refused.facts["reason"] == "nothing"
            assert max(due.values(), default=0) <= 0 and not self.adjustments
            return
        with self.store.read() as work:
            lines = {line.companion_id: line.payable_fen
                     for line in reads.lines(work, reads.one(work, no).id)}  # fmt: skip
        for companion in self.desk.companions:
            assert lines.get(companion, 0) == max(due[companion], 0)
        total = sum(lines.values())
        try:
            with self.store.write(OWNER) as work:
                settlement.approve(work, no)
        except Refused as refused:
            assert (refused.facts["reason"], total) == ("nothing", 0)
            self.ask(True, 1, settlement.cancel, no, "nothing to pay")
            return
        if called_off:
            self.ask(True, 2, settlement.cancel, no, "not yet")
            return
        self.settled()
        self.ask(True, 2, settlement.pay, no, PayChannel.BANK)
        Till.done["settle"] += 1
        self.channels["bank"] -= total
        self.adjustments.clear()
        for companion in self.desk.companions:
            self.owed[companion] = min(due[companion], 0)


def give_tip_back(work: UnitOfWork, no: str, amount_fen: int) -> Any:
    return refunds.refund(work, no, amount_fen, "sorry", of_tips=True)


@pytest.mark.parametrize("part", range(PARTS))
def test_the_money_of_orders_is_booked_to_the_fen_and_once(
    sqlite_store: Store, clock: FixedClock, part: int
) -> None:
    """In parts, which processes share: 20,000 requests in all, five times so many with long
    tests."""
    drive(sqlite_store, clock, 500 if LONG else 100, 60)
    assert Till.steps >= REQUESTS / PARTS, part
    assert {"pay", "tip", "refund", "take_back", "hand_over", "settle"} <= Till.done.keys()


def test_the_money_of_orders_is_booked_so_on_each_engine(store: Store, clock: FixedClock) -> None:
    drive(store, clock, 80 if LONG else 3, 30)
    assert Till.steps >= 50


def drive(store: Store, clock: FixedClock, studios: int, steps: int) -> None:
    """So many studios, with so many steps in each."""
    Till.store, Till.clock, Till.steps, Till.done = store, clock, 0, Counter()
    run_state_machine_as_test(
        Studio,
        settings=settings(
            max_examples=studios,
            stateful_step_count=steps,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
