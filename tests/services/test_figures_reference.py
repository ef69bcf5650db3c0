"""Each measure is what a slow reference says over generated studios, on both engines."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta
from itertools import count
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from crm_tui.core.actor import Actor
from crm_tui.core.clock import FixedClock
from crm_tui.core.words import (
    DispatchMode,
    OfferState,
    OrderKind,
    OrderStatus,
    PayChannel,
    PaymentKind,
    Role,
    Segment,
    SessionEnd,
    SourceChannel,
)
from crm_tui.models import (
    Assignment,
    Companion,
    CompanionSkill,
    Customer,
    Offer,
    Order,
    Payment,
    Rating,
)
from crm_tui.models import Store as StoreRow
from crm_tui.models.dispatch import DispatchRound
from crm_tui.services.figures import reads_behind, reads_income, reads_people, reads_trade
from crm_tui.services.figures.copy import door
from crm_tui.services.figures.periods import EVER, Period, Step, label
from crm_tui.services.figures.scope import EVERYTHING, Scope
from crm_tui.services.money import backfill
from crm_tui.storage.store import Store, UnitOfWork
from tests.figures_reference import Reference

NOW = datetime(2026, 9, 21, 15, 4, 11, tzinfo=UTC)
PERIOD = Period(date(2026, 9, 1), date(2026, 9, 21))
MONTHS = Period(date(2026, 7, 20), date(2026, 9, 21))
"""With a whole month in it: figures of that come of the copy's sums."""
DAYS = 150
CITIES = ("", "上海", "成都")
KINDS = (OrderKind.COMPANION, OrderKind.TRIAL)
CHANNELS = (SourceChannel.WECHAT, SourceChannel.DOUYIN, SourceChannel.OTHER)
MANAGER = Actor("wang", Role.MANAGER)
BUSY_HOUR = 21
"""On the wall clock."""
STARTS: dict[Step, Callable[[date], date]] = {
    "day": lambda day: day,
    "week": lambda day: day - timedelta(days=day.weekday()),
    "month": lambda day: day.replace(day=1),
}
"""The first day of the bucket that a day lies in."""


class Undone(Exception):
    """Ends an example so that nothing of it is kept."""


class Studio:
    """A studio of two stores, or one, with whatever can be told apart."""

    def __init__(self, work: UnitOfWork, random: Random) -> None:
        self.work, self.random, self.number = work, random, count(1)
        self.stores = [1]
        if random.random() < 0.5:
            work.session.add(StoreRow(id=2, name="二店"))
            work.session.flush()
            self.stores.append(2)
        self.companions = [self._companion() for _ in range(4)]
        self.customers = [self._customer() for _ in range(12)]
        for _ in range(60):
            self._order()
        backfill.bring_in_all(work)

    def _add(self, row: Any) -> Any:
        self.work.session.add(row)
        self.work.session.flush()
        return row.id

    def _at(self, *, since: datetime | None = None) -> datetime:
        begin = since or NOW - timedelta(days=DAYS)
        at = begin + (NOW - begin) * self.random.random() ** 0.5
        if self.random.random() < 0.3:
            at = max(begin, at.replace(hour=(BUSY_HOUR - 8) % 24))
        return at

    def _companion(self) -> int:
        companion_id: int = self._add(
            Companion(
                store_id=1,
                no=f"P{next(self.number)}",
                nick=f"阿星{next(self.number)}",
                level_id=self.random.choice([None, 1, 2]),
                created_at=NOW,
            )
        )
        for game in (1, 2):
            if self.random.random() < 0.7:
                rank = self.random.choice(["", "最强王者", "荣耀黄金"])
                skill = CompanionSkill(companion_id=companion_id, game_id=game, rank_text=rank)
                self.work.session.add(skill)
        return companion_id

    def _customer(self) -> Customer:
        at = self._at()
        customer = Customer(
            store_id=self.random.choice(self.stores),
            no=f"C{next(self.number)}",
            nick="老板",
            city=self.random.choice(CITIES),
            channel=self.random.choice(CHANNELS),
            registered_on=at.date() if self.random.random() < 0.3 else None,
            created_at=at,
        )
        self._add(customer)
        return customer

    def _order(self) -> None:
        random = self.random
        customer = random.choice(self.customers[:9])
        at = self._at(since=customer.created_at)
        completed = random.random() < 0.9
        places = random.choice([1, 1, 1, 2, 3])
        due, start = (None if random.random() < 0.4 else at for _ in range(2))
        order = Order(
            store_id=random.choice(self.stores),
            no=f"Q{next(self.number)}",
            status=OrderStatus.COMPLETED if completed else OrderStatus.CANCELLED,
            customer_id=customer.id,
            game_id=random.choice([1, 2]),
            kind=random.choice(KINDS),
            places=places,
            planned_minutes=60,
            billed_minutes=random.choice([None, 30, 90]),
            amount_fen=random.choice([0, 5001, 10_000, 250_000]),
            tip_fen=random.choice([0, 0, 333]),
            created_at=at,
            due_at=due,
            start_at=start,
            accepted_at=at + timedelta(minutes=random.choice([-1, 0, 1])),
            started_at=at + timedelta(minutes=random.choice([-1, 0, 1])),
            completed_at=at if completed else None,
        )
        order_id = self._add(order)
        self._served(order_id, order, at, random.sample(self.companions, places))
        self._offered(order_id, order, at)
        if completed:
            self._paid(order_id, order, at)

    def _served(self, order_id: int, order: Order, at: datetime, who: list[int]) -> None:
        random = self.random
        for place, companion_id in enumerate(who, start=1):
            served = order.status is OrderStatus.COMPLETED and random.random() < 0.95
            common = {"store_id": order.store_id, "order_id": order_id}
            outcome = SessionEnd.FINISHED if served else SessionEnd.HANDED_OVER
            self.work.session.add(
                Assignment(
                    **common,
                    companion_id=companion_id,
                    place=place,
                    share_bp=random.choice([6000, 8000]),
                    accepted_at=at,
                    ended_at=at,
                    outcome=outcome,
                )
            )
            if served and random.random() < 0.5:
                self.work.session.add(
                    Rating(
                        **common,
                        companion_id=companion_id,
                        overall=random.randint(1, 5),
                        rated_at=at,
                    )
                )

    def _offered(self, order_id: int, order: Order, at: datetime) -> None:
        common = {"store_id": order.store_id, "order_id": order_id}
        round_id = self._add(
            DispatchRound(**common, number=1, mode=DispatchMode.GRAB, opened_at=at, expires_at=at)
        )
        winner = self.random.choice(self.companions)
        for companion_id in self.companions:
            won = companion_id == winner
            lost = (OfferState.DECLINED, OfferState.EXPIRED, OfferState.LOST, OfferState.RECALLED)
            self.work.session.add(
                Offer(
                    **common,
                    round_id=round_id,
                    companion_id=companion_id,
                    state=OfferState.ACCEPTED if won else self.random.choice(lost),
                    place=1 if won else None,
                    sent_at=at - timedelta(hours=self.random.choice([0, 20])),
                    expires_at=at,
                )
            )

    def _paid(self, order_id: int, order: Order, at: datetime) -> None:
        back = order.amount_fen // 3 if self.random.random() < 0.2 else 0
        for kind, fen, when in (
            (PaymentKind.PAYMENT, order.amount_fen, at),
            (PaymentKind.TIP, order.tip_fen, at),
            (PaymentKind.REFUND, back, min(at + timedelta(days=2), NOW)),
        ):
            if fen:
                self.work.session.add(
                    Payment(
                        store_id=order.store_id,
                        order_id=order_id,
                        customer_id=order.customer_id,
                        kind=kind,
                        channel=PayChannel.CASH,
                        amount_fen=fen,
                        paid_at=when,
                    )
                )

    def scope(self) -> Scope:
        """One that says something, or two things, and in every other one of the busy hour."""
        random = self.random
        said: dict[str, Any] = {
            "store_id": random.choice(self.stores),
            "game_id": 1,
            "kind": KINDS[0].value,
            "channel": CHANNELS[0].value,
            "city": random.choice(CITIES),
            "level": random.choice(["", "技术"]),
            "skill": random.choice(["", "最强王者"]),
            "companion_id": random.choice(self.companions),
            "segment": random.choice(list(Segment)),
        }
        names = random.sample(sorted(said), random.choice([1, 1, 2]))
        hour = random.choice([None, BUSY_HOUR])
        return Scope(**{name: said[name] for name in names}, hour=hour)


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(NOW)


@settings(
    max_examples=3,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(seed=st.integers(0, 2**20))
def test_every_measure_is_what_counting_by_hand_gives(
    store: Store, tmp_path: Path, seed: int
) -> None:
    with pytest.raises(Undone), store.write(MANAGER) as work:
        studio = Studio(work, Random(seed))
        frames = door.rebuilt(work, tmp_path / "copy")
        hand = Reference(work)
        for scope in (EVERYTHING, studio.scope()):
            check_income(work, frames, hand, scope)
            check_people(work, frames, hand, scope)
            for period in (PERIOD, MONTHS):
                check_board(work, frames, hand, scope, period)
                check_trade(work, frames, hand, scope, period)
        raise Undone


def check_income(work: UnitOfWork, frames: door.Frames, hand: Reference, scope: Scope) -> None:
    calendar = work.calendar()
    for step, start in STARTS.items():
        told = reads_income.income(work, frames, PERIOD, step, scope, "none")
        starts = sorted({start(PERIOD.first + timedelta(days=n)) for n in range(PERIOD.days)})
        assert [row.at for row in told.rows] == [label(each, step) for each in starts]
        for row, at in zip(told.rows, starts, strict=True):
            own = hand.revenue(PERIOD, scope, _same(start, at))
            assert asdict(row) == {"at": row.at, **own}
    compared = reads_income.income(work, frames, PERIOD, "hour", scope, "previous")
    assert asdict(compared.total) == {"at": "", **hand.revenue(PERIOD, scope)}
    for row in compared.rows:
        begins = datetime.fromisoformat(row.at)
        if row.orders:
            lines = [
                one
                for one in hand.lines(PERIOD, scope)
                if begins <= one.at < begins + timedelta(hours=1)
            ]
            assert hand.sums(lines).items() <= asdict(row).items()
    assert sum(row.orders for row in compared.rows) == compared.total.orders
    before = Period(date(2026, 8, 1), date(2026, 8, 21))
    so_far = calendar.from_local(calendar.local(NOW).replace(tzinfo=None) - timedelta(days=31))
    assert compared.total_before is not None
    earlier = [one for one in hand.lines(before, scope, PERIOD.last) if one.at < so_far]
    assert hand.sums(earlier).items() <= asdict(compared.total_before).items()
    for hour in reads_income.hours(work, frames, PERIOD, scope):
        lines = [one for one in hand.lines(PERIOD, scope) if one.hour == hour.hour]
        assert (hour.orders, hour.gross_fen) == (len(lines), sum(one.gross for one in lines))
    found = reads_behind.behind(work, frames, PERIOD, scope, limit=5)
    newest = sorted(hand.lines(PERIOD, scope), key=lambda one: (one.at, one.order.id), reverse=True)
    assert found.order_ids == tuple(one.order.id for one in newest[:5])
    assert (found.orders, found.gross_fen) == (len(newest), sum(one.gross for one in newest))


def _same(start: Callable[[date], date], at: date) -> Callable[[Any], bool]:
    return lambda one: start(one.day) == at


def check_people(work: UnitOfWork, frames: door.Frames, hand: Reference, scope: Scope) -> None:
    for day in (PERIOD.last, date(2026, 8, 15)):
        rows = reads_people.customer_rows(work, frames, scope, day)
        assert {row.customer_id for row in rows} == {one.id for one in hand.people(scope, day)}
        for customer in rows:
            tier = hand.tier(customer.customer_id, day)
            found = (customer.segment, customer.r, customer.f, customer.m)
            assert found == (tier.segment, tier.r, tier.f, tier.m)
            lines = [
                one
                for one in hand.done
                if one.customer.id == customer.customer_id and one.day <= day
            ]
            assert (customer.orders, customer.spent_fen) == (
                len(lines),
                sum(one.gross for one in lines),
            )
    told = reads_people.customers(work, frames, PERIOD, scope)
    assert sum(row.customers for row in told.segments) == len(hand.people(scope, PERIOD.last))
    steps = [(step.customers, step.rate, step.median_days) for step in told.funnel]
    assert steps == hand.funnel(PERIOD, scope)
    assert asdict(told.lifetime) == {
        name: value if value is None else pytest.approx(value)
        for name, value in hand.lifetime(scope).items()
    }
    ever = [
        (step.customers, step.rate, step.median_days)
        for step in reads_people.funnel(work, frames, EVER, scope)
    ]
    assert ever == hand.funnel(EVER, scope)
    cohorts = {
        (row.cohort, row.month): (row.customers, row.size, row.rate, row.value_fen)
        for row in reads_people.cohorts(work, frames, scope)
    }
    assert cohorts == hand.cohorts(scope)


def check_board(
    work: UnitOfWork, frames: door.Frames, hand: Reference, scope: Scope, period: Period
) -> None:
    board = reads_people.leaderboard(work, frames, period, scope)
    expected = hand.board(period, scope)
    assert {row.companion_id for row in board} == expected.keys()
    for row in board:
        own = asdict(row)
        for name, value in expected[row.companion_id].items():
            assert own[name] == (value if value is None else pytest.approx(value)), name
    whole = reads_income.income(work, frames, period, "day", scope, "none").total
    assert asdict(whole) == {"at": "", **hand.revenue(period, scope)}


def check_trade(
    work: UnitOfWork, frames: door.Frames, hand: Reference, scope: Scope, period: Period
) -> None:
    before = period.before()
    keys: dict[str, Any] = {
        "games": lambda one: one.order.game_id,
        "kinds": lambda one: one.order.kind.value,
        "channels": lambda one: one.customer.channel.value,
        "cities": lambda one: one.customer.city,
    }
    expected = {name: hand.trade(period, before, scope, key) for name, key in keys.items()}
    expected["skills"] = hand.skills(period, before, scope)
    joined = {
        "channels": hand.conversion(period, scope, lambda one: one.channel.value),
        "cities": hand.conversion(period, scope, lambda one: one.city),
    }
    for name, by_hand in expected.items():
        rows = getattr(reads_trade, name)(work, frames, period, scope)
        converted = joined.get(name, {})
        assert {row.key for row in rows} == by_hand.keys() | converted.keys(), name
        for row in rows:
            own = asdict(row)
            assert own["conversion"] == converted.get(row.key), name
            for field, value in by_hand.get(row.key, {"orders": 0, "gross_fen": 0}).items():
                assert own[field] == (value if value is None else pytest.approx(value)), (
                    name,
                    field,
                )
