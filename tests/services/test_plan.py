"""The plan for all that waits: made, carried out with verdicts, taken back; on both engines."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import select

from crm_tui.core.actor import Actor
from crm_tui.core.clock import FixedClock
from crm_tui.core.errors import Refused
from crm_tui.core.words import DispatchMode, Presence, Role
from crm_tui.core.words import OrderStatus as S
from crm_tui.models import Companion, CreditEntry, Order
from crm_tui.services.dispatch import actions as dispatch
from crm_tui.services.dispatch import plan_actions, plan_reads
from crm_tui.services.dispatch.plan import Because, Plan, Urgency
from crm_tui.services.dispatch.plan_actions import Applies, Done, Verdict
from crm_tui.services.orders import actions as orders
from crm_tui.services.settings.actions import set_setting
from crm_tui.storage.store import Store
from tests.desk import MANAGER, Desk, open_desk, status_of


@pytest.fixture
def desk(store: Store, clock: FixedClock) -> Desk:
    return open_desk(store, clock, companions=3)


def planned(desk: Desk) -> Plan:
    with desk.store.read() as work:
        return plan_reads.make(work)


def applied(desk: Desk, plan: Plan, how: Applies = Applies.ASSIGNS) -> dict[str, Verdict]:
    done = plan_actions.apply(desk.store, desk.actor, plan.assigned, how)
    return {each.no: each for each in done}


def change(desk: Desk, index: int, **values: Any) -> None:
    with desk.store.write(MANAGER) as work:
        companion = work.session.get_one(Companion, desk.companions[index])
        for name, value in values.items():
            setattr(companion, name, value)


def pairs(plan: Plan) -> dict[str, int]:
    return {each.no: each.companion_id for each in plan.assigned}


def only(plan: Plan, no: str) -> Plan:
    return replace(plan, assigned=tuple(each for each in plan.assigned if each.no == no))


def test_the_one_who_can_do_both_is_kept_for_the_order_that_needs_them(desk: Desk) -> None:
    """First come, first served would give the only 大神 away to somebody who asked for nobody."""
    expert, other, away = desk.companions
    change(desk, 0, tags=["大神"], rate_fen=4500)
    change(desk, 1, rate_fen=8000)
    change(desk, 2, presence=Presence.OFFLINE)
    anybody = desk.order()
    desk.wait(1)
    wants = desk.order(demands={"tags": ["大神"]})
    desk.wait(0.5)
    third = desk.order(demands={"tags": ["大神"]})
    nobody = desk.order(demands={"tags": ["会唱歌"]})

    plan = planned(desk)
    assert pairs(plan) == {wants: expert, anybody: other}
    assert {one.no: one.why for one in plan.unassigned} == {
        nobody: Because.NOBODY,
        third: Because.ELSEWHERE,
    }
    assert (plan.waiting, plan.available) == (4, 2)
    assert plan.total > plan.first_come_total and plan.total == plan.at_most
    told = {each.no: each for each in plan.assigned}
    assert told[anybody].urgency > told[wants].urgency > 0.99
    assert set(told[wants].parts) and away not in pairs(plan).values()


def test_places_named_companions_and_later_orders(desk: Desk) -> None:
    first, second, third = desk.companions
    pair = desk.order(places=2)
    named = desk.order(companion_id=first, mode=DispatchMode.DIRECT)
    desk.do(orders.release, named, "wrong")
    later = desk.order(start_at=desk.clock.now() + timedelta(hours=3))

    plan = planned(desk)
    assert {(one.no, one.companion_id) for one in plan.assigned} == {
        (pair, second),
        (pair, third),
        (named, first),
    }
    assert [(one.no, one.why) for one in plan.unassigned] == [(later, Because.AHEAD)]

    change(desk, 0, presence=Presence.RESTING)
    assert (named, Because.NAMED) in [(one.no, one.why) for one in planned(desk).unassigned]


def test_what_was_taken_meanwhile_is_told_and_the_rest_goes_on(desk: Desk) -> None:
    numbers = [desk.order() for _each in range(3)]
    plan = planned(desk)
    assert set(pairs(plan)) == set(numbers)
    raced, bereft, calm = numbers
    desk.do(orders.cancel, raced, "changed their mind")
    other = desk.order()
    desk.do(orders.assign, other, pairs(plan)[bereft])

    asked = applied(desk, only(plan, bereft), Applies.OFFERS)
    assert "serves another order" in asked[bereft].why
    verdicts = applied(desk, plan)
    assert {no: each.done for no, each in verdicts.items()} == {
        raced: Done.REFUSED,
        bereft: Done.REFUSED,
        calm: Done.GIVEN,
    }
    assert (verdicts[raced].code, verdicts[bereft].code) == ("conflict", "refused")
    assert "changed by someone else" in verdicts[raced].why
    assert status_of(desk.store, calm) is S.ACCEPTED
    assert status_of(desk.store, bereft) is S.PENDING
    assert desk.row(calm).companion_id == pairs(plan)[calm]


def test_undo_takes_back_what_stands_and_costs_no_credit(desk: Desk) -> None:
    stays, begun = desk.order(), desk.order()
    verdicts = applied(desk, planned(desk))
    desk.do(orders.start, begun)
    undone = plan_actions.undo(desk.store, desk.actor, verdicts.values())
    assert {each.no: each.done for each in undone} == {stays: Done.UNDONE, begun: Done.REFUSED}
    assert status_of(desk.store, stays) is S.PENDING
    assert status_of(desk.store, begun) is S.SERVING
    with desk.store.read() as work:
        assert work.session.exec(select(CreditEntry.id)).all() == []


def test_offers_ask_each_alone_and_the_ladder_follows(desk: Desk) -> None:
    with desk.store.write(MANAGER) as work:
        set_setting(work, "dispatch.ladder", '[{"levels": []}]')
        set_setting(work, "dispatch.plan_reserve", "0")
    numbers = [desk.order(), desk.order()]
    plan = planned(desk)
    verdicts = applied(desk, plan, Applies.OFFERS)
    assert {each.done for each in verdicts.values()} == {Done.OFFERED}
    asked = pairs(plan)
    for no in numbers:
        assert [one.companion_id for one in desk.detail(no).offers] == [asked[no]]

    again = planned(desk)
    assert (again.waiting, again.available) == (0, 1)
    third = desk.order()
    assert pairs(planned(desk))[third] not in asked.values()

    desk.do(dispatch.accept, numbers[0], asked[numbers[0]])
    desk.do(dispatch.decline, numbers[1], asked[numbers[1]], "busy")
    assert len(desk.detail(numbers[1]).offers) > 1
    undone = plan_actions.undo(desk.store, desk.actor, verdicts.values())
    assert {each.done for each in undone} == {Done.REFUSED}
    assert status_of(desk.store, numbers[0]) is S.ACCEPTED


def test_who_may_only_read_and_a_stop_change_nothing(desk: Desk) -> None:
    no = desk.order()
    plan = planned(desk)
    reader = Actor("zhao", Role.READ_ONLY)
    with pytest.raises(Refused):
        plan_actions.apply(desk.store, reader, plan.assigned, Applies.ASSIGNS)
    stopped = plan_actions.apply(
        desk.store, desk.actor, plan.assigned, Applies.ASSIGNS, lambda _done, _total: False
    )
    assert stopped == [] and status_of(desk.store, no) is S.PENDING


def test_a_companion_named_by_two_customers_goes_to_the_first(desk: Desk) -> None:
    first = desk.companions[0]
    numbers = [desk.order(), desk.order()]
    with desk.store.write(MANAGER) as work:
        for row in work.session.exec(select(Order)):
            row.mode, row.named_companion_id = DispatchMode.DIRECT, first
    plan = planned(desk)
    assert pairs(plan) == {numbers[0]: first}
    assert [one.why for one in plan.unassigned] == [Because.NAMED]


def test_reserves_are_asked_too_and_stay_available_for_the_next_plan(desk: Desk) -> None:
    no = desk.order()
    (one,) = planned(desk).assigned
    assert {one.companion_id, *one.reserves} == set(desk.companions)
    applied(desk, planned(desk), Applies.OFFERS)
    assert {each.companion_id for each in desk.detail(no).offers} == set(desk.companions)
    assert planned(desk).available == 2

    later = desk.order()
    (other,) = planned(desk).assigned
    assert other.no == later and other.companion_id in one.reserves
    assert one.companion_id not in other.reserves
    desk.do(dispatch.decline, no, one.companion_id, "busy")
    assert planned(desk).available == 2, "the next who can answer is counted on instead"


def test_two_orders_share_their_reserves_and_nobody_is_one_who_is_planned(desk: Desk) -> None:
    for _each in range(2):
        desk.order()
    first, second = planned(desk).assigned
    (spare,) = set(desk.companions) - {first.companion_id, second.companion_id}
    assert first.reserves == second.reserves == (spare,)


def test_a_promise_that_can_be_kept_comes_before_one_that_is_broken(desk: Desk) -> None:
    for away in (1, 2):
        change(desk, away, presence=Presence.OFFLINE)
    broken = desk.order()
    desk.wait(4)
    kept = desk.order()
    plan = planned(desk)
    assert pairs(plan) == {kept: desk.companions[0]}
    assert [(one.no, one.why) for one in plan.unassigned] == [(broken, Because.ELSEWHERE)]


def test_urgency_grows_until_the_promise_is_broken(clock: FixedClock) -> None:
    rule, promised, now = Urgency(gain=0.5, late=1.2), timedelta(minutes=3), clock.now()
    due = (None, now + 2 * promised, now + promised, now + promised / 2, now, now - promised)
    assert [rule.of(now, each, promised) for each in due] == [1.0, 1.0, 1.0, 1.25, 1.5, 1.2]
