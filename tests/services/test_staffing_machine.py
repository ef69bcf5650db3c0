"""Places, bookings and renewals driven at random while time passes: nobody is promised or bound
twice, every minute is counted once, and the doctor finds nothing."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from sqlmodel import select

from crm_tui.core.clock import FixedClock
from crm_tui.core.errors import CrmError
from crm_tui.core.words import OrderStatus as S
from crm_tui.models import Order, Reservation
from crm_tui.services.orders import actions as orders
from crm_tui.services.orders.rows import OrderRow
from crm_tui.services.upkeep.checks.orders import RULES
from crm_tui.services.upkeep.opening import open_studio
from tests.desk import open_desk
from tests.services.test_order_machine import EVENING, empty_studio

pytestmark = pytest.mark.slow

COMPANIONS = 4
LONG = bool(os.environ.get("CRM_TUI_LONG_TESTS"))
some_order = st.integers(0, 20)
some_companion = st.integers(0, COMPANIONS - 1)


@dataclass
class Clocked:
    """What the model thinks of an order's time, in minutes."""

    served: int = 0
    running: bool = False


class Night(RuleBasedStateMachine):
    """Orders of one or two places, at once or booked ahead, and every verb of the service."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        file = Path(self.folder.name) / "studio.db"
        file.write_bytes(empty_studio())
        self.clock = FixedClock(EVENING)
        self.store = open_studio(file, clock=self.clock)
        self.desk = open_desk(self.store, self.clock, COMPANIONS)
        self.clocks: dict[str, Clocked] = {}

    def teardown(self) -> None:
        self.store.close()
        self.folder.cleanup()

    def press(self, at: int, act: Callable[..., Any], *args: Any, **named: Any) -> OrderRow | None:
        """Do it to an order, as far as it can be done; answers the order before where it was."""
        if not self.clocks:
            return None
        no = list(self.clocks)[at % len(self.clocks)]
        before = self.desk.row(no)
        try:
            self.desk.do(act, no, *args, **named)
        except CrmError:
            assert self.desk.row(no) == before, "a refusal changed something"
            return None
        return before

    @rule(places=st.integers(1, 2), ahead=st.sampled_from([None, 40, 60, 90]))
    def new_order(self, places: int, ahead: int | None) -> None:
        if len(self.clocks) < 8:
            start = self.clock.now() + timedelta(minutes=ahead) if ahead else None
            no = self.desk.order(30, places=places, start_at=start)
            self.clocks[no] = Clocked()

    @rule(at=some_order, who=some_companion)
    def assign(self, at: int, who: int) -> None:
        self.press(at, orders.assign, self.desk.companions[who])

    @rule(at=some_order, who=some_companion)
    def release(self, at: int, who: int) -> None:
        self.press(at, orders.release, "ill", companion_id=self.desk.companions[who])

    @rule(at=some_order)
    def start(self, at: int) -> None:
        if before := self.press(at, orders.start):
            self.clocks[before.no].running = True

    @rule(at=some_order, how=st.sampled_from([orders.pause, orders.disconnect]))
    def stand(self, at: int, how: Callable[..., Any]) -> None:
        if before := self.press(at, how):
            self.clocks[before.no].running = False

    @rule(at=some_order, how=st.sampled_from([orders.resume, orders.reconnect]))
    def go_on(self, at: int, how: Callable[..., Any]) -> None:
        if before := self.press(at, how):
            assert before.paused and (how is orders.resume or before.disconnected)
            self.clocks[before.no].running = True

    @rule(at=some_order, leaves=some_companion, takes=st.none() | some_companion)
    def hand_over(self, at: int, leaves: int, takes: int | None) -> None:
        to = None if takes is None else self.desk.companions[takes]
        from_id = self.desk.companions[leaves]
        if (before := self.press(at, orders.hand_over, to, from_id=from_id)) and (
            before.places == 1 or to is None
        ):
            self.clocks[before.no].running = False

    @rule(at=some_order)
    def finish(self, at: int) -> None:
        if before := self.press(at, orders.finish):
            self.clocks[before.no].running = False
            self.renewals_begin(before)

    def renewals_begin(self, first: OrderRow) -> None:
        """Who finished ``first`` serves its renewal from now."""
        for no in self.clocks:
            row = self.desk.row(no)
            if row.renewal_of == first.no and row.status is S.SERVING:
                assert row.companions == first.companions
                self.clocks[no].running = True

    @rule(at=some_order)
    def reopen(self, at: int) -> None:
        if before := self.press(at, orders.reopen, reason="too early"):
            self.clocks[before.no].running = True

    @rule(at=some_order)
    def renew(self, at: int) -> None:
        if len(self.clocks) < 8 and (before := self.press(at, orders.renew)):
            with self.store.read() as work:
                of_first = select(Order.no).where(Order.renewal_of_id == before.id)
                for no in work.session.exec(of_first):
                    self.clocks.setdefault(no, Clocked())

    @rule(at=some_order)
    def cancel(self, at: int) -> None:
        self.press(at, orders.cancel, "no time")

    @rule(minutes=st.sampled_from([1, 7, 20]))
    def time_passes(self, minutes: int) -> None:
        self.desk.wait(minutes)
        for one in self.clocks.values():
            one.served += minutes if one.running else 0
        self.desk.do(orders.bind_reserved_due)

    @invariant()
    def every_minute_is_counted_once(self) -> None:
        for no, one in self.clocks.items():
            row = self.desk.row(no)
            running = self.clock.now() - row.running_since if row.running_since else timedelta()
            measured = row.served_minutes + running // timedelta(minutes=1)
            assert (measured, row.running_since is not None) == (one.served, one.running), no

    @invariant()
    def nobody_is_promised_twice_at_once(self) -> None:
        with self.store.read() as work:
            promised = work.session.exec(
                select(Reservation.companion_id, Order.start_at, Order.planned_minutes)
                .join(Order, Order.id == Reservation.order_id)
                .where(Order.renewal_of_id.is_(None))
            ).all()
        for (who, at, long), (other, then, longer) in combinations(promised, 2):
            apart = at + timedelta(minutes=long) <= then or then + timedelta(minutes=longer) <= at
            assert who != other or apart

    @invariant()
    def the_doctor_finds_nothing(self) -> None:
        with self.store.read() as work:
            broken = {rule.name: work.session.exec(rule.broken()).all() for rule in RULES}
        assert {name: found for name, found in broken.items() if found} == {}


TestNight = Night.TestCase
TestNight.settings = settings(
    max_examples=150 if LONG else 6,
    stateful_step_count=40 if LONG else 25,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
