"""Rounds of offers driven at random: several places, tiers, answers, clocks, and people who meddle.

The rules below never say what must happen, only the invariants what must never: that is what the
schema, the compare-and-swap and the ladder promise together.
"""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from sqlmodel import col, select

from crm_tui.core.clock import FixedClock
from crm_tui.core.errors import CrmError
from crm_tui.core.words import AlarmKind, OfferState
from crm_tui.core.words import OrderStatus as S
from crm_tui.models import Assignment, Companion, CompanionLevel, DispatchRound, Event, Offer, Order
from crm_tui.models.alarms import Alarm
from crm_tui.services.dispatch import actions as dispatch
from crm_tui.services.orders import actions as orders
from crm_tui.services.orders.rules import TRANSITIONS
from crm_tui.services.upkeep.opening import open_studio
from tests.desk import MANAGER, open_desk
from tests.services.test_order_machine import EVENING, empty_studio

pytestmark = pytest.mark.slow

LEVELS = ("devil", "peak", "god", "god", "casual", "casual")
some_order = st.integers(0, 4)
some_companion = st.integers(0, len(LEVELS) - 1)


class Ladders(RuleBasedStateMachine):
    """Five orders of one to three places, six companions of all levels."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        file = Path(self.folder.name) / "studio.db"
        file.write_bytes(empty_studio())
        self.clock = FixedClock(EVENING)
        self.store = open_studio(file, clock=self.clock)
        self.desk = open_desk(self.store, self.clock, len(LEVELS))
        self.numbers: list[str] = []
        self.ended: dict[int, OfferState] = {}
        with self.store.write(MANAGER) as work:
            levels = work.session.exec(select(CompanionLevel)).all()
            ids = {level.code: level.id for level in levels}
            for companion_id, code in zip(self.desk.companions, LEVELS, strict=True):
                companion = work.session.get(Companion, companion_id)
                assert companion is not None
                companion.level_id = ids[code]

    def teardown(self) -> None:
        self.store.close()
        self.folder.cleanup()

    @initialize(places=st.tuples(*[st.integers(1, 3)] * 3))
    def opening(self, places: tuple[int, ...]) -> None:
        self.numbers += [self.desk.order(places=each) for each in places]

    def press(self, at: int, act: Callable[..., Any], *args: Any, **named: Any) -> None:
        """Do it, or be refused: both are fine, as long as the invariants hold."""
        try:
            self.desk.do(act, self.numbers[at % len(self.numbers)], *args, **named)
        except CrmError as error:
            assert error.message()

    def who(self, which: int) -> int:
        return self.desk.companions[which]

    @rule(places=st.integers(1, 3))
    def new_order(self, places: int) -> None:
        if len(self.numbers) < 5:
            self.numbers.append(self.desk.order(places=places))

    @rule(at=some_order)
    def offer(self, at: int) -> None:
        self.press(at, dispatch.offer)

    @rule(at=some_order, named=st.sets(some_companion, min_size=1), then_ladder=st.booleans())
    def offer_to(self, at: int, named: set[int], then_ladder: bool) -> None:
        ids = [self.who(each) for each in named]
        self.press(at, dispatch.offer, ids, then_ladder=then_ladder)

    @rule(at=some_order)
    def offer_again(self, at: int) -> None:
        self.press(at, dispatch.offer_again)

    @rule(at=some_order)
    def widen(self, at: int) -> None:
        self.press(at, dispatch.widen)

    @rule(at=some_order, who=some_companion)
    def accept(self, at: int, who: int) -> None:
        self.press(at, dispatch.accept, self.who(who))

    @rule(at=some_order, who=some_companion)
    def decline(self, at: int, who: int) -> None:
        self.press(at, dispatch.decline, self.who(who), "tired")

    @rule(at=some_order)
    def recall(self, at: int) -> None:
        self.press(at, dispatch.recall)

    @rule(seconds=st.sampled_from([5, 20, 60]))
    def time_goes_by(self, seconds: int) -> None:
        self.desk.wait(seconds / 60)
        self.desk.do(dispatch.expire_due)
        self.desk.do(dispatch.widen_due)

    @rule(at=some_order, who=some_companion)
    def assign(self, at: int, who: int) -> None:
        self.press(at, orders.assign, self.who(who))

    @rule(at=some_order, who=some_companion)
    def release(self, at: int, who: int) -> None:
        self.press(at, orders.release, "ill", companion_id=self.who(who))

    @rule(at=some_order)
    def start(self, at: int) -> None:
        self.press(at, orders.start)

    @rule(at=some_order, who=some_companion)
    def hand_over(self, at: int, who: int) -> None:
        self.press(at, orders.hand_over, self.who(who))

    @rule(at=some_order)
    def cancel(self, at: int) -> None:
        self.press(at, orders.cancel, "no time")

    @invariant()
    def nobody_is_bound_twice_and_no_place_is_filled_twice(self) -> None:
        with self.store.read() as work:
            bound = work.session.exec(
                select(Assignment).where(col(Assignment.ended_at).is_(None))
            ).all()
            found = {order.id: order for order in work.session.exec(select(Order)).all()}
        assert max(Counter(one.companion_id for one in bound).values(), default=1) == 1
        assert max(Counter((one.order_id, one.place) for one in bound).values(), default=1) == 1
        filled = Counter(one.order_id for one in bound)
        for order_id, order in found.items():
            assert filled[order_id or 0] <= order.places
            if order.status is S.ACCEPTED:
                assert filled[order_id or 0] == order.places

    @invariant()
    def an_offer_ends_once_and_an_offered_order_is_never_forgotten(self) -> None:
        with self.store.read() as work:
            offers = work.session.exec(select(Offer)).all()
            rounds = work.session.exec(select(DispatchRound)).all()
            found = {order.id: order for order in work.session.exec(select(Order)).all()}
            raised = work.session.exec(
                select(Alarm.entity_id, Alarm.occasion).where(Alarm.kind == AlarmKind.NOBODY_TOOK)
            ).all()
        for one in offers:
            if one.id in self.ended:
                assert one.state is self.ended[one.id]
            elif one.state is not OfferState.OPEN:
                self.ended[one.id or 0] = one.state
            assert (one.answered_at is None) == (one.state is OfferState.OPEN)
        won = Counter(
            (one.round_id, one.place)
            for one in offers
            if one.state is OfferState.ACCEPTED and one.place
        )
        assert max(won.values(), default=1) == 1
        waiting = {one.order_id for one in offers if one.state is OfferState.OPEN}
        going_on = Counter(one.order_id for one in rounds if one.closed_at is None)
        offered = {order_id for order_id, order in found.items() if order.status is S.OFFERED}
        assert waiting == offered == set(going_on)
        assert max(going_on.values(), default=1) == 1
        assert all(one.closed_at is None for one in rounds if one.widens_at)
        assert len(set(raised)) == len(raised)

    @invariant()
    def the_log_only_tells_of_legal_moves(self) -> None:
        last: dict[str, S] = {}
        with self.store.read() as work:
            told = work.session.exec(
                select(Event.ref, Event.data)
                .where(col(Event.kind).startswith("order."))
                .order_by(col(Event.seq))
            ).all()
        for ref, data in told:
            status = S(data["status"])
            before = last.get(ref, S.PENDING)
            assert status is before or status in TRANSITIONS[before]
            last[ref] = status
        assert last == {no: self.desk.row(no).status for no in self.numbers}


TestLadders = Ladders.TestCase
TestLadders.settings = settings(
    max_examples=6,
    stateful_step_count=30,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
