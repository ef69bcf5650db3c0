"""Orders driven at random against a simple model: whatever is pressed, in whatever order."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from sqlmodel import col, func, select

from crm_tui.core.clock import FixedClock
from crm_tui.core.errors import CrmError
from crm_tui.core.words import OrderStatus as S
from crm_tui.core.words import PayChannel, PaymentKind
from crm_tui.models import Assignment, Customer, Event, Order, Payment, ServiceSession
from crm_tui.services.dispatch import actions as dispatch
from crm_tui.services.orders import actions as orders
from crm_tui.services.orders.rules import TRANSITIONS
from crm_tui.services.upkeep.opening import open_studio
from tests.desk import open_desk

pytestmark = pytest.mark.slow

EVENING = datetime(2026, 9, 21, 15, 4, tzinfo=UTC)
COMPANIONS = 3
PRICE = 4500

some_order = st.integers(0, 5)
some_companion = st.integers(0, COMPANIONS - 1)


@cache
def empty_studio() -> bytes:
    """The file of a new studio, made once."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "studio.db"
        open_studio(file, clock=FixedClock(EVENING)).close()
        return file.read_bytes()


@dataclass
class Believed:
    """What the model thinks of an order."""

    status: S = S.PENDING
    companion: int | None = None
    asked: set[int] = field(default_factory=set)
    declined: set[int] = field(default_factory=set)
    paid: int = 0
    running: bool = False


class Evening(RuleBasedStateMachine):
    """Six orders, three companions, every verb at any time."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        file = Path(self.folder.name) / "studio.db"
        file.write_bytes(empty_studio())
        clock = FixedClock(EVENING)
        self.store = open_studio(file, clock=clock)
        self.desk = open_desk(self.store, clock, COMPANIONS)
        self.believed: list[Believed] = []
        self.numbers: list[str] = []

    def teardown(self) -> None:
        self.store.close()
        self.folder.cleanup()

    @initialize()
    def opening(self) -> None:
        for _ in range(3):
            self.new_order()

    def busy(self, companion: int) -> bool:
        return any(
            one.companion == companion and one.status in (S.ACCEPTED, S.SERVING)
            for one in self.believed
        )

    def press(self, at: int, allowed: bool, act: Callable[..., Any], *args: Any) -> bool:
        """Do it; it must work exactly when the model allows it."""
        try:
            self.desk.do(act, self.numbers[at], *args)
        except CrmError as error:
            assert not allowed, f"{act.__name__} was refused: {error.message()}"
            return False
        assert allowed, f"{act.__name__} should have been refused"
        return True

    def pick(self, at: int) -> tuple[int, Believed]:
        place = at % len(self.believed)
        return place, self.believed[place]

    @rule()
    def new_order(self) -> None:
        if len(self.numbers) < 6:
            self.numbers.append(self.desk.order())
            self.believed.append(Believed())

    @rule(at=some_order, who=some_companion)
    def assign(self, at: int, who: int) -> None:
        place, one = self.pick(at)
        allowed = one.status in (S.PENDING, S.OFFERED) and not self.busy(who)
        if self.press(place, allowed, orders.assign, self.desk.companions[who]):
            one.status, one.companion, one.asked = S.ACCEPTED, who, set()

    @rule(at=some_order, named=st.one_of(st.none(), st.sets(some_companion, min_size=1)))
    def offer(self, at: int, named: set[int] | None) -> None:
        place, one = self.pick(at)
        free = {who for who in range(COMPANIONS) if not self.busy(who)} - one.declined
        asked = free if named is None else named
        ids = None if named is None else [self.desk.companions[who] for who in named]
        if self.press(place, one.status is S.PENDING and bool(asked), dispatch.offer, ids):
            one.status, one.asked = S.OFFERED, set(asked)

    @rule(at=some_order, who=some_companion)
    def accept(self, at: int, who: int) -> None:
        place, one = self.pick(at)
        allowed = one.status is S.OFFERED and who in one.asked and not self.busy(who)
        if self.press(place, allowed, dispatch.accept, self.desk.companions[who]):
            one.status, one.companion, one.asked = S.ACCEPTED, who, set()

    @rule(at=some_order, who=some_companion)
    def decline(self, at: int, who: int) -> None:
        place, one = self.pick(at)
        allowed = one.status is S.OFFERED and who in one.asked
        if self.press(place, allowed, dispatch.decline, self.desk.companions[who], "tired"):
            one.asked.discard(who)
            one.declined.add(who)
            one.status = S.OFFERED if one.asked else S.PENDING

    @rule(at=some_order)
    def recall(self, at: int) -> None:
        place, one = self.pick(at)
        if self.press(place, one.status is S.OFFERED, dispatch.recall):
            one.status, one.asked = S.PENDING, set()

    @rule()
    def offers_run_out(self) -> None:
        self.desk.wait(2)
        expired = self.desk.do(dispatch.expire_due)
        offered = [place for place, one in enumerate(self.believed) if one.status is S.OFFERED]
        assert expired == [self.numbers[place] for place in offered]
        for place in offered:
            self.believed[place].status, self.believed[place].asked = S.PENDING, set()

    @rule(at=some_order)
    def start(self, at: int) -> None:
        place, one = self.pick(at)
        if self.press(place, one.status is S.ACCEPTED, orders.start):
            one.status, one.running = S.SERVING, True

    @rule(at=some_order)
    def pause_or_resume(self, at: int) -> None:
        place, one = self.pick(at)
        serving = one.status is S.SERVING
        if self.press(place, serving and one.running, orders.pause):
            one.running = False
        elif self.press(place, serving and not one.running, orders.resume):
            one.running = True

    @rule(at=some_order)
    def finish(self, at: int) -> None:
        place, one = self.pick(at)
        if self.press(place, one.status is S.SERVING, orders.finish, 60):
            one.status, one.running = S.CONFIRMING, False

    @rule(at=some_order)
    def reopen(self, at: int) -> None:
        place, one = self.pick(at)
        free = one.companion is not None and not self.busy(one.companion)
        if self.press(place, one.status is S.CONFIRMING and free, orders.reopen):
            one.status, one.running = S.SERVING, True

    @rule(at=some_order)
    def confirm(self, at: int) -> None:
        place, one = self.pick(at)
        if self.press(place, one.status is S.CONFIRMING, orders.confirm, 5):
            one.status = S.COMPLETED if one.paid >= PRICE else S.UNPAID

    @rule(at=some_order, amount=st.sampled_from([1, 1500, 3000, PRICE]))
    def pay(self, at: int, amount: int) -> None:
        place, one = self.pick(at)
        allowed = bool(TRANSITIONS[one.status]) and one.paid + amount <= PRICE
        if self.press(place, allowed, orders.pay, PayChannel.CASH, amount):
            one.paid += amount
            if one.status is S.UNPAID and one.paid == PRICE:
                one.status = S.COMPLETED

    @rule(at=some_order)
    def cancel(self, at: int) -> None:
        place, one = self.pick(at)
        allowed = one.status in (S.PENDING, S.OFFERED, S.ACCEPTED)
        if self.press(place, allowed, orders.cancel, "no time"):
            one.status, one.companion, one.asked = S.CANCELLED, None, set()

    @rule(at=some_order)
    def release(self, at: int) -> None:
        place, one = self.pick(at)
        if self.press(place, one.status is S.ACCEPTED, orders.release, "ill"):
            one.status, one.companion = S.PENDING, None

    @rule(at=some_order, who=some_companion)
    def hand_over(self, at: int, who: int) -> None:
        place, one = self.pick(at)
        allowed = one.status is S.SERVING and not self.busy(who)
        if self.press(place, allowed, orders.hand_over, self.desk.companions[who]):
            one.status, one.companion, one.running = S.ACCEPTED, who, False

    @invariant()
    def the_studio_is_what_the_model_believes(self) -> None:
        for no, one in zip(self.numbers, self.believed, strict=True):
            row = self.desk.row(no)
            companion = None if one.companion is None else self.desk.companions[one.companion]
            assert (row.status, row.companion_id, row.paid_fen, row.open_offers) == (
                one.status,
                companion,
                one.paid,
                len(one.asked),
            )
            assert row.paused is (one.status is S.SERVING and not one.running)

    @invariant()
    def the_books_agree(self) -> None:
        with self.store.read() as work:
            session = work.session
            bound = session.exec(
                select(Assignment.companion_id).where(col(Assignment.ended_at).is_(None))
            ).all()
            assert max(Counter(bound).values(), default=1) == 1
            running = session.exec(
                select(func.count()).where(col(ServiceSession.ended_at).is_(None))
            ).one()
            assert running == sum(one.running for one in self.believed)
            paid = session.exec(
                select(func.coalesce(func.sum(Payment.amount_fen), 0)).where(
                    Payment.kind == PaymentKind.PAYMENT
                )
            ).one()
            assert paid == session.exec(select(func.coalesce(func.sum(Order.paid_fen), 0))).one()
            completed = sum(one.status is S.COMPLETED for one in self.believed)
            customer = session.get(Customer, self.desk.customer)
            assert customer is not None and customer.order_count == completed

    @invariant()
    def the_log_only_tells_of_legal_moves(self) -> None:
        last: dict[str, S] = {}
        with self.store.read() as work:
            told = work.session.exec(
                select(Event.ref, Event.data)
                .where(Event.entity == "order", Event.kind != "alarm.raised")
                .order_by(Event.seq)
            ).all()
        for ref, data in told:
            status = S(data["status"])
            before = last.get(ref, S.PENDING)
            assert status is before or status in TRANSITIONS[before]
            last[ref] = status
        assert [last[no] for no in self.numbers] == [one.status for one in self.believed]


TestEvening = Evening.TestCase
TestEvening.settings = settings(
    max_examples=15,
    stateful_step_count=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
