"""The credit of companions: once for each cause, within its bounds, explained by its entries."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlmodel import func, select

from crm_tui.core.clock import FixedClock
from crm_tui.core.errors import Invalid, NotFound, Refused
from crm_tui.core.words import CreditCause, OrderStatus, PayChannel
from crm_tui.models import Companion, CreditEntry
from crm_tui.services.companions import credit
from crm_tui.services.orders import actions as orders
from crm_tui.services.settings.actions import set_setting
from crm_tui.storage.store import Store
from tests.desk import MANAGER, Desk, open_desk


@pytest.fixture
def desk(store: Store, clock: FixedClock) -> Iterator[Desk]:
    yield open_desk(store, clock)


def order_id(desk: Desk, no: str) -> int:
    return desk.row(no).id


def credit_of(desk: Desk, who: int) -> int:
    """The credit that is stored; it is 100 and the sum of the entries, always."""
    with desk.store.read() as work:
        stored = work.session.exec(select(Companion.credit).where(Companion.id == who)).one()
        points = select(func.sum(CreditEntry.points)).where(CreditEntry.companion_id == who)
        assert stored == 100 + (work.session.exec(points).one() or 0)
    return stored


def test_one_cause_counts_once_for_an_order(desk: Desk) -> None:
    who, *_others = desk.companions
    order = order_id(desk, desk.order())
    other = order_id(desk, desk.order())
    moved = [desk.do(credit.move, who, CreditCause.LATE, order) for _again in range(3)]
    assert moved == [-5, 0, 0] and credit_of(desk, who) == 95
    assert desk.do(credit.move, who, CreditCause.LATE, other) == -5
    assert desk.do(credit.move, who, CreditCause.HIGH_RATING, order) == 2
    assert credit_of(desk, who) == 92
    with desk.store.read() as work:
        told = [(each.cause, each.points) for each in credit.entries(work, who)]
    assert told == [
        (CreditCause.HIGH_RATING, 2),
        (CreditCause.LATE, -5),
        (CreditCause.LATE, -5),
    ]


def test_a_correction_takes_a_manager_a_reason_and_stays_within_the_bounds(desk: Desk) -> None:
    who, *_others = desk.companions
    with pytest.raises(Refused):
        desk.do(credit.correct, who, 5, "it was the weather")
    desk.actor = MANAGER
    for points, reason in ((0, "x"), (500, "x"), (5, "  ")):
        with pytest.raises(Invalid):
            desk.do(credit.correct, who, points, reason)
    with pytest.raises(NotFound):
        desk.do(credit.correct, 999, 5, "nobody")
    assert desk.do(credit.correct, who, 50, "the month's best") == 20
    assert desk.do(credit.correct, who, 50, "again") == 0
    assert credit_of(desk, who) == 120
    assert [desk.do(credit.correct, who, -100, "left") for _again in range(2)] == [-100, -20]
    assert credit_of(desk, who) == 0


def test_entries_name_the_version_of_the_rule(desk: Desk) -> None:
    who, *_others = desk.companions
    order = order_id(desk, desk.order())
    desk.actor = MANAGER
    with desk.store.read() as work:
        rule = {**work.setting(credit.RULE), "points": {"late": -7}}
    desk.do(credit.move, who, CreditCause.WITHDREW, order)
    desk.do(set_setting, credit.RULE, json.dumps(rule))
    desk.do(credit.move, who, CreditCause.LATE, order)
    assert desk.do(credit.move, who, CreditCause.COMPLETED, order) == 0
    with desk.store.read() as work:
        told = [(each.points, each.rule_version) for each in credit.entries(work, who)]
    assert told == [(-7, 1), (-5, 0)]
    for broken in ({**rule, "least": 110}, {**rule, "points": {"correction": 1}}, {"points": {}}):
        with pytest.raises(Invalid):
            desk.do(set_setting, credit.RULE, json.dumps(broken))


def test_credit_follows_what_happens_to_orders(desk: Desk) -> None:
    """100 = 100 - 5 withdrew - 10 did not show up - 5 late + 1 done + 2 rated + ..."""
    who, other, third = desk.companions
    undone = desk.order_in(OrderStatus.ACCEPTED)
    desk.do(orders.release, undone, "undone", withdrew=False)
    assert credit_of(desk, who) == 100, "an assignment that is taken back is nobody's fault"
    desk.do(orders.assign, undone, who)
    desk.wait(3)
    desk.do(orders.release, undone, "no time")
    assert credit_of(desk, who) == 95
    desk.do(orders.assign, undone, other)
    desk.wait(11)
    desk.do(orders.release, undone, "not there")
    assert credit_of(desk, other) == 90
    desk.do(orders.assign, undone, third)
    desk.wait(10)
    desk.do(orders.start, undone)
    assert credit_of(desk, third) == 100, "ten minutes are in time"
    late = desk.order_in(OrderStatus.ACCEPTED)
    desk.wait(11)
    desk.do(orders.start, late)
    desk.do(orders.finish, late, 60)
    desk.do(orders.confirm, late, rating=5)
    assert credit_of(desk, who) == 92, "late, and rated high"
    desk.do(orders.pay, late, PayChannel.CASH, 4500)
    assert credit_of(desk, who) == 93
    desk.do(orders.finish, undone, 60)
    desk.do(orders.confirm, undone, rating=1)
    assert credit_of(desk, third) == 95
    with desk.store.read() as work:
        told = [(each.cause.value, each.points, each.order) for each in credit.entries(work, who)]
    assert told == [
        ("completed", 1, late),
        ("high_rating", 2, late),
        ("late", -5, late),
        ("withdrew", -5, undone),
    ]


def test_a_start_that_was_booked_is_late_only_after_its_hour(desk: Desk) -> None:
    who, *_others = desk.companions
    no = desk.order(start_at=desk.clock.now() + timedelta(minutes=30))
    desk.do(orders.assign, no, who)
    desk.wait(40)
    desk.do(orders.start, no)
    assert credit_of(desk, who) == 100


def test_who_races_moves_it_once(desk: Desk) -> None:
    who, *_others = desk.companions
    order = order_id(desk, desk.order())

    def move(_number: int) -> int:
        return desk.store.perform(
            desk.actor, lambda work: credit.move(work, who, CreditCause.LATE, order)
        )

    with ThreadPoolExecutor(6) as racers:
        assert sorted(racers.map(move, range(12))) == [-5, *[0] * 11]
    assert credit_of(desk, who) == 95
