"""The money of orders driven at random through the services, against a model that only counts.

Every request carries a key, and many come again or at the same time as another one. What was paid,
given back, earned and paid out must stand in the books to the fen, once.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import partial
from itertools import count
from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from sqlalchemy import text

from crm_tui.core.actor import Actor
from crm_tui.core.clock import FixedClock
from crm_tui.core.errors import CrmError, Refused
from crm_tui.core.money import share_of
from crm_tui.core.words import Account, PayChannel, Role
from crm_tui.services.money import balances, refunds, tips
from crm_tui.services.money.members import actions as members
from crm_tui.services.money.settlement import actions as settlement
from crm_tui.services.money.settlement import drafting, reads
from crm_tui.services.orders import actions as orders
from crm_tui.services.orders.billing import apportion
from crm_tui.services.upkeep.checks import money
from crm_tui.services.upkeep.findings import examine
from crm_tui.storage.store import Store, UnitOfWork
from tests.desk import Desk, open_desk

pytestmark = pytest.mark.slow

LONG = bool(os.environ.get("CRM_TUI_LONG_TESTS"))
MANAGER, OWNER = Actor("wang", Role.MANAGER), Actor("zhao", Role.ADMIN)
BEGINNING = date(2026, 9, 1)
"""Without it a first settlement begins with its own month."""
PRICE, SHARE_BP, TIP_BP = 4500, 8000, 8000
KEPT = text("SELECT account, subject_id, channel, balance_fen FROM ledger_balance")

order = st.integers(0, 2)
who = st.integers(0, 2)
fen = st.sampled_from((1, 700, 1500, 2250, PRICE))
channel = st.sampled_from((PayChannel.WECHAT, PayChannel.CASH, PayChannel.BALANCE))
times = st.sampled_from((1, 1, 2))


@dataclass
class Income:
    """What was earned together, and what of it has gone back."""

    counted: int
    parts: list[tuple[int, int]]
    returned: int = 0

    def give_back(self, amount: int) -> Counter[int]:
        """What each companion gives: after every step what the whole would, half up."""
        until = min(self.returned + amount, self.counted)
        given: Counter[int] = Counter()
        for companion, earned in self.parts:
            for sign, at in ((1, until), (-1, self.returned)):
                given[companion] += sign * ((2 * earned * at + self.counted) // (2 * self.counted))
        self.returned = until
        return given


@dataclass
class Sale:
    """An order as the model counts it."""

    no: str
    state: str = "waiting"
    at_work: int | None = None
    since: datetime | None = None
    served: list[tuple[int, float]] = field(default_factory=list)
    money: list[list[Any]] = field(default_factory=list)
    """Channel and what is left of each payment, oldest first."""
    tips: list[tuple[list[Any], Income]] = field(default_factory=list)
    earned: Income | None = None

    @property
    def paid(self) -> int:
        return sum(left for _channel, left in self.money)

    def parts(self) -> list[tuple[int, int]]:
        """Companions and what they get of the price, by the time that each served."""
        last = len(self.served) - 1
        there = [each for at, each in enumerate(self.served) if each[1] or at == last]
        amounts = apportion(PRICE, [int(seconds) for _companion, seconds in there])
        return [
            (companion, share_of(amount, SHARE_BP))
            for (companion, _seconds), amount in zip(there, amounts, strict=True)
        ]


class Till(RuleBasedStateMachine):
    """Up to three orders of one customer, three companions, a settlement now and then."""

    store: ClassVar[Store]
    clock: ClassVar[FixedClock]
    runs: ClassVar[Any] = count()
    keys: ClassVar[Any] = count()
    steps: ClassVar[int] = 0
    done: ClassVar[Counter[str]] = Counter()
    """How often each request was carried out."""

    def __init__(self) -> None:
        super().__init__()
        self.desk: Desk = open_desk(self.store, self.clock, 3, series=f"R{next(self.runs)}-")
        self.sales: list[Sale] = []
        self.channels: Counter[str] = Counter()
        for account, _subject, where, amount in self.kept():
            if account == "channel":
                self.channels[where] += amount
        self.balance = 0
        self.owed: Counter[int] = Counter()
        """What each companion is owed, settled or not, less what they owe."""

    def teardown(self) -> None:
        with self.store.read() as work:
            assert balances.replay_differences(work) == []
            assert [rule.name for rule in money.RULES if not examine(rule, work).ok] == []

    def kept(self) -> Sequence[Any]:
        with self.store.read() as work:
            return work.session.connection().execute(KEPT).all()

    def ask(
        self, allowed: bool, again: int, act: Callable[..., Any], *args: Any, by: Actor = MANAGER
    ) -> bool:
        """Send the request ``again`` times under one key: done once, exactly where the model
        allows it."""
        key = f"key{next(self.keys)}"
        for _time in range(again):
            Till.steps += 1
            try:
                self.store.perform(by, partial(_silent, act, args), key=key, request=str(args[:1]))
            except CrmError as error:
                assert not allowed, f"{act.__name__}{args} was refused: {error.message()}"
            else:
                assert allowed, f"{act.__name__}{args} should have been refused"
                Till.done[act.__name__] += 1
        return allowed

    def pick(self, at: int) -> Sale:
        if at >= len(self.sales) or self.sales[at].state == "left":
            sale = Sale(self.desk.order())
            if at < len(self.sales):
                self.sales[at] = sale
            else:
                self.sales.append(sale)
            return sale
        return self.sales[at]

    def busy(self, companion: int) -> bool:
        return any(sale.at_work == companion for sale in self.sales)

    def stop(self, sale: Sale) -> None:
        assert sale.since is not None and sale.at_work is not None
        sale.served.append((sale.at_work, (self.clock.now() - sale.since).total_seconds()))
        sale.since = None

    def complete(self, sale: Sale) -> None:
        sale.state, sale.earned = "done", Income(PRICE, sale.parts())
        self.owed.update(dict_of(sale.earned.parts))

    @rule(minutes=st.sampled_from((0, 7, 30)))
    def wait(self, minutes: int) -> None:
        self.clock.advance(timedelta(minutes=minutes))

    @rule(at=order, companion=who, again=times)
    def serve(self, at: int, companion: int, again: int) -> None:
        sale, person = self.pick(at), self.desk.companions[companion]
        allowed = sale.state == "waiting" and not self.busy(person)
        if self.ask(allowed, again, orders.assign, sale.no, person):
            self.ask(True, again, orders.start, sale.no)
            sale.state, sale.at_work, sale.since = "serving", person, self.clock.now()

    @rule(at=order, companion=who, again=times)
    def hand_over(self, at: int, companion: int, again: int) -> None:
        sale, person = self.pick(at), self.desk.companions[companion]
        allowed = sale.state == "serving" and not self.busy(person)
        if self.ask(allowed, again, orders.hand_over, sale.no, person):
            self.stop(sale)
            self.ask(True, again, orders.start, sale.no)
            sale.at_work, sale.since = person, self.clock.now()

    @rule(at=order, again=times)
    def finish(self, at: int, again: int) -> None:
        sale = self.pick(at)
        if self.ask(sale.state == "serving", again, orders.finish, sale.no, 60):
            self.stop(sale)
            sale.state, sale.at_work = "confirming", None

    @rule(at=order, again=times)
    def confirm(self, at: int, again: int) -> None:
        sale = self.pick(at)
        if self.ask(sale.state == "confirming", again, orders.confirm, sale.no):
            sale.state = "unpaid"
            if sale.paid >= PRICE:
                self.complete(sale)

    @rule(at=order, companion=who, again=times, steps=st.integers(1, 4))
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
        left = PRICE - sale.paid
        open_now = sale.state in ("waiting", "serving", "confirming", "unpaid")
        if not open_now or amount > left:
            return False
        if through is PayChannel.BALANCE:
            if amount > self.balance:
                return False
            self.balance -= amount
        else:
            self.channels[through.value] += amount
        sale.money.append([through, amount])
        if sale.state == "unpaid" and sale.paid == PRICE:
            self.complete(sale)
        return True

    @rule(at=order, amount=fen, through=channel, again=times)
    def pay(self, at: int, amount: int, through: PayChannel, again: int) -> None:
        sale = self.pick(at)
        allowed = self.pays(sale, amount, through)
        self.ask(allowed, again, orders.pay, sale.no, through, amount)

    @rule(at=order, amount=fen, through=channel, one_key=st.booleans())
    def pay_twice_at_once(self, at: int, amount: int, through: PayChannel, one_key: bool) -> None:
        """Two consoles take the money at the same moment; with one key it is one request."""
        sale = self.pick(at)
        expected = [self.pays(sale, amount, through)]
        expected.append(expected[0] if one_key else self.pays(sale, amount, through))
        keys = [f"key{next(self.keys)}", f"key{next(self.keys)}"]
        Till.steps += 2

        def send(key: str) -> bool:
            act = partial(_silent, orders.pay, (sale.no, through, amount))
            try:
                self.store.perform(MANAGER, act, key=key, request=sale.no)
            except CrmError:
                return False
            return True

        with ThreadPoolExecutor(2) as consoles:
            done = list(consoles.map(send, keys[:1] * 2 if one_key else keys))
        assert sorted(done) == sorted(expected)

    @rule(amount=st.sampled_from((100, 5000, 10_000)), again=times)
    def top_up(self, amount: int, again: int) -> None:
        before = self.stored()
        self.ask(True, again, members.top_up, self.desk.customer, PayChannel.WECHAT, amount)
        self.channels["wechat"] += amount
        assert self.stored() >= before + amount
        self.balance = self.stored()

    def stored(self) -> int:
        with self.store.read() as work:
            return -sum(
                balances.balance(work, account, self.desk.customer)
                for account in (Account.STORED, Account.BONUS)
            )

    @rule(at=order, amount=fen, through=channel, again=times)
    def tip(self, at: int, amount: int, through: PayChannel, again: int) -> None:
        sale = self.pick(at)
        there = [companion for companion, _share in sale.parts()] if sale.served else []
        if sale.at_work is not None:
            served = [companion for companion, seconds in sale.served if seconds]
            there = [*served, sale.at_work]
        people = list(dict.fromkeys(there))
        enough = through is not PayChannel.BALANCE or amount <= self.balance
        allowed = bool(people) and enough and sale.state != "off"
        if self.ask(allowed, again, tips.tip, sale.no, through, amount):
            if through is PayChannel.BALANCE:
                self.balance -= amount
            else:
                self.channels[through.value] += amount
            each = apportion(amount, [1] * len(people))
            parts = [(one, share_of(part, TIP_BP)) for one, part in zip(people, each, strict=True)]
            sale.tips.append(([through, amount], Income(amount, parts)))
            self.owed.update(dict_of(parts))

    def goes_back(self, payments: Sequence[list[Any]], amount: int) -> list[int]:
        """How much of each payment, the last first; the money returns the way it came."""
        taken = [0] * len(payments)
        for at in reversed(range(len(payments))):
            through, left = payments[at]
            taken[at] = min(amount, left)
            amount -= taken[at]
            payments[at][1] -= taken[at]
            if through is PayChannel.BALANCE:
                self.balance += taken[at]
            else:
                self.channels[through.value] -= taken[at]
        return taken

    @rule(at=order, amount=fen, again=times)
    def refund(self, at: int, amount: int, again: int) -> None:
        sale = self.pick(at)
        if sale.state == "off" and sale.earned:
            return
        if self.ask(amount <= sale.paid, again, refunds.refund, sale.no, amount, "sorry"):
            self.goes_back(sale.money, amount)
            if sale.earned:
                self.owed.subtract(sale.earned.give_back(amount))

    @rule(at=order, amount=fen, again=times)
    def refund_of_tips(self, at: int, amount: int, again: int) -> None:
        sale = self.pick(at)
        tipped = sum(payment[1] for payment, _income in sale.tips)
        act = partial(refunds.refund, of_tips=True)
        act.__name__ = "refund_of_tips"  # type: ignore[attr-defined]
        if self.ask(amount <= tipped, again, act, sale.no, amount, "sorry"):
            taken = self.goes_back([payment for payment, _income in sale.tips], amount)
            for (_payment, income), part in zip(sale.tips, taken, strict=True):
                self.owed.subtract(income.give_back(part))

    @rule(at=order, again=times)
    def call_off(self, at: int, again: int) -> None:
        """Before it is served; an unpaid one is written off, and who served it is paid."""
        sale = self.pick(at)
        allowed = sale.state in ("waiting", "unpaid")
        if self.ask(allowed, again, orders.cancel, sale.no, "no"):
            if sale.state == "unpaid":
                sale.earned = Income(PRICE, sale.parts())
                self.owed.update(dict_of(sale.earned.parts))
            sale.state = "off"

    @rule(at=order)
    def leave(self, at: int) -> None:
        """The next order in its stead, where nothing of it is in advance."""
        if at < len(self.sales):
            sale = self.sales[at]
            if sale.state in ("done", "off") and (sale.earned or not sale.paid):
                sale.state = "left"

    @rule()
    def settle(self) -> None:
        """When every freeze has ended: what is owed is paid out, and not a fen more."""
        self.clock.advance(timedelta(days=9))
        key = f"key{next(self.keys)}"
        Till.steps += 4
        try:
            no = drafting.draft(self.store, MANAGER, BEGINNING, key=key)["no"]
        except Refused as refused:
            assert refused.facts["reason"] == "nothing"
            assert max(self.owed.values(), default=0) <= 0
            return
        with self.store.read() as work:
            lines = {line.companion_id: line.payable_fen
                     for line in reads.lines(work, reads.one(work, no).id)}  # fmt: skip
        for companion in self.desk.companions:
            assert lines.get(companion, 0) == max(self.owed[companion], 0)
        total = sum(lines.values())
        try:
            self.store.perform(OWNER, partial(_silent, settlement.approve, (no,)))
        except Refused as refused:
            assert (refused.facts["reason"], total) == ("nothing", 0)
            self.ask(True, 1, settlement.cancel, no, "nothing to pay")
            return
        self.ask(True, 2, settlement.pay, no, PayChannel.BANK)
        Till.done["settle"] += 1
        self.channels["bank"] -= total
        for companion in self.desk.companions:
            self.owed[companion] = min(self.owed[companion], 0)

    @invariant()
    def the_books_say_what_was_counted(self) -> None:
        channels: Counter[str] = Counter()
        advance = stored = total = 0
        owed: Counter[int] = Counter()
        for account, subject, where, amount in self.kept():
            total += amount
            if account == "channel":
                channels[where] += amount
            elif account == "prepaid" and subject == self.desk.customer:
                advance -= amount
            elif account in ("stored", "bonus") and subject == self.desk.customer:
                stored -= amount
            elif account in ("companion_payable", "settled_payable", "clawback"):
                owed[subject] -= amount
        assert total == 0
        assert channels == self.channels
        assert stored == self.balance
        assert advance == sum(sale.paid for sale in self.sales if not sale.earned)
        assert {each: owed[each] for each in self.desk.companions} == {
            each: self.owed[each] for each in self.desk.companions
        }


def _silent(act: Callable[..., Any], args: tuple[Any, ...], work: UnitOfWork) -> None:
    """Do it; what it answers is not kept."""
    act(work, *args)


def dict_of(parts: Sequence[tuple[int, int]]) -> Counter[int]:
    """The parts of each companion together."""
    found: Counter[int] = Counter()
    for companion, amount in parts:
        found[companion] += amount
    return found


def test_the_money_of_orders_is_booked_to_the_fen_and_once(store: Store, clock: FixedClock) -> None:
    on_server = store.dialect.engine.dialect.name != "sqlite"
    examples, steps = (400, 60) if LONG else (3, 30) if on_server else (16, 60)
    Till.store, Till.clock, Till.steps = store, clock, 0
    run_state_machine_as_test(
        Till,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
    assert Till.steps >= (20_000 if LONG else 50)
    assert on_server or "pay" in Till.done
    assert not LONG or {"tip", "refund", "hand_over", "settle"} <= Till.done.keys()
