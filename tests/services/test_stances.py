"""Blocked, do not contact, minor, refused pairs, preferred companions: at every door, on both
engines."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlmodel import select

from crm_tui.core.clock import FixedClock
from crm_tui.core.errors import Invalid, NotFound, Refused
from crm_tui.core.words import DispatchMode, PayChannel, Stance, TaskKind
from crm_tui.core.words import OrderStatus as S
from crm_tui.models import Customer, Event
from crm_tui.services.customers import stances, states
from crm_tui.services.dispatch import actions as dispatch
from crm_tui.services.dispatch import reads
from crm_tui.services.orders import actions as orders
from crm_tui.services.orders.actions import NewOrder
from crm_tui.services.tasks import actions as tasks
from crm_tui.services.tasks.actions import NewTask
from crm_tui.storage.store import Store
from tests.desk import MANAGER, Desk, open_desk, status_of


@pytest.fixture
def desk(store: Store, clock: FixedClock) -> Desk:
    return open_desk(store, clock, companions=3)


def take_stance(desk: Desk, companion: int, stance: Stance | None, reason: str = "吵架") -> bool:
    who = desk.companions[companion]
    changed: bool = desk.do(stances.set_stance, desk.customer, who, stance, reason)
    return changed


def flag(desk: Desk, **flags: bool) -> None:
    with desk.store.write(MANAGER) as work:
        customer = work.session.get_one(Customer, desk.customer)
        for name, value in flags.items():
            setattr(customer, name, value)


def refusal(desk: Desk, action: Callable[..., Any], *args: Any, **named: Any) -> str:
    with pytest.raises(Refused) as told:
        desk.do(action, *args, **named)
    return str(told.value.facts["reason"])


def test_a_stance_is_kept_with_its_reason_changed_and_taken_back(desk: Desk) -> None:
    assert take_stance(desk, 0, Stance.REFUSED, " 吵架 ")
    assert not take_stance(desk, 0, Stance.REFUSED)
    assert take_stance(desk, 1, Stance.PREFERRED, "")
    with desk.store.read() as work:
        rows = stances.stances_of(work, desk.customer)
        told = [(row.companion, row.stance, row.reason, row.set_by) for row in rows]
        assert stances.refused_pairs(work) == {(desk.customer, desk.companions[0])}
        assert stances.refused_pairs(work, [desk.customer + 1]) == frozenset()
    assert told == [
        ("鹿鹿01", Stance.PREFERRED, "", "li"),
        ("鹿鹿00", Stance.REFUSED, "吵架", "li"),
    ]
    assert take_stance(desk, 0, Stance.PREFERRED)
    assert take_stance(desk, 0, None)
    assert not take_stance(desk, 0, None)
    with desk.store.read() as work:
        assert [row.companion for row in stances.stances_of(work, desk.customer)] == ["鹿鹿01"]
        events = work.session.exec(select(Event).where(Event.kind == "customer.stance")).all()
        assert [event.data["stance"] for event in events] == [
            "refused", "preferred", "preferred", None,
        ]  # fmt: skip
        assert "吵架" not in str([event.data for event in events])


def test_a_refusal_needs_a_reason_and_both_people(desk: Desk) -> None:
    with pytest.raises(Invalid):
        take_stance(desk, 0, Stance.REFUSED, " ")
    with pytest.raises(NotFound):
        desk.do(stances.set_stance, 99, desk.companions[0], Stance.PREFERRED)
    with pytest.raises(NotFound):
        desk.do(stances.set_stance, desk.customer, 99, Stance.PREFERRED)


def test_a_refused_pair_comes_together_by_no_door(desk: Desk) -> None:
    refused, fine, serving = desk.companions
    no = desk.order()
    desk.do(dispatch.offer, no, [refused, fine])
    take_stance(desk, 0, Stance.REFUSED)

    new = NewOrder(desk.customer, desk.game, 60, companion_id=refused)
    assert refusal(desk, orders.create, new) == "refused_pair"
    named = NewOrder(desk.customer, desk.game, 60, companion_id=refused, mode=DispatchMode.GRAB)
    assert refusal(desk, orders.create, named) == "refused_pair"
    assert refusal(desk, dispatch.accept, no, refused) == "refused_pair"
    assert refusal(desk, orders.assign, no, refused) == "refused_pair"
    assert status_of(desk.store, no) is S.OFFERED
    desk.do(dispatch.recall, no)
    assert refusal(desk, dispatch.offer, no, [fine, refused]) == "refused_pair"
    assert status_of(desk.store, no) is S.PENDING
    other = desk.order_in(S.SERVING, companion=2)
    assert refusal(desk, orders.hand_over, other, refused) == "refused_pair"
    assert desk.row(other).companion_id == serving

    desk.do(dispatch.offer, no)
    assert {line.companion_id for line in desk.detail(no).offers if line.state == "open"} == {fine}
    take_stance(desk, 0, None)
    desk.do(orders.assign, no, refused)


def test_a_suggestion_leaves_the_refused_out_and_puts_the_preferred_first(desk: Desk) -> None:
    no = desk.order()
    take_stance(desk, 0, Stance.REFUSED)
    take_stance(desk, 2, Stance.PREFERRED, "")
    with desk.store.read() as work:
        told = reads.suggest(work, no)
    assert [one.companion_id for one in told.candidates] == [desk.companions[2], desk.companions[1]]
    assert [one.preferred for one in told.candidates] == [True, False]
    assert told.candidates[0].parts["history"] == 1.0
    assert [(one.companion_id, list(one.why)) for one in told.excluded] == [
        (desk.companions[0], ["refused"])
    ]
    assert reads.document(told)["candidates"][0]["preferred"] is True


def test_an_order_that_the_two_share_already_goes_on(desk: Desk) -> None:
    no = desk.order_in(S.SERVING)
    take_stance(desk, 0, Stance.REFUSED)
    desk.do(orders.pause, no)
    desk.do(orders.resume, no)
    desk.do(orders.finish, no, 60)
    desk.do(orders.reopen, no)


def test_a_blocked_customer_gets_no_new_order_and_keeps_the_old(desk: Desk) -> None:
    no = desk.order_in(S.ACCEPTED)
    flag(desk, blocked=True)
    assert refusal(desk, orders.create, NewOrder(desk.customer, desk.game, 60)) == "blocked"
    desk.do(orders.start, no)
    desk.do(orders.finish, no, 60)


def test_a_minor_is_not_served_by_any_door_and_has_no_balance(desk: Desk) -> None:
    waiting, accepted = desk.order(), desk.order_in(S.ACCEPTED, companion=1)
    serving, unpaid = desk.order_in(S.SERVING, companion=2), desk.order()
    desk.do(dispatch.offer, unpaid, [desk.companions[0]])
    flag(desk, minor=True)
    first = desk.companions[0]
    assert refusal(desk, orders.create, NewOrder(desk.customer, desk.game, 60)) == "minor"
    assert refusal(desk, orders.assign, waiting, first) == "minor"
    assert refusal(desk, dispatch.accept, unpaid, first) == "minor"
    assert refusal(desk, orders.start, accepted) == "minor"
    assert refusal(desk, orders.hand_over, serving, first) == "minor"
    assert refusal(desk, orders.pay, serving, PayChannel.BALANCE, 4500) == "minor"
    desk.do(orders.finish, serving, 60)
    desk.do(orders.confirm, serving)
    desk.do(orders.pay, serving, PayChannel.CASH, 4500)
    desk.do(orders.cancel, waiting, "未成年")
    with desk.store.read() as work:
        for door in (states.may_use_balance, states.may_be_served):
            with pytest.raises(Refused):
                door(work, desk.customer)


def test_who_is_not_to_be_contacted_is_refused_and_not_offered_for_a_call_back(desk: Desk) -> None:
    with desk.store.read() as work:
        states.may_contact(work, desk.customer)
    call = NewTask("回访", customer_id=desk.customer, kind=TaskKind.CALL_BACK)
    desk.do(tasks.add, call)
    flag(desk, do_not_contact=True)
    assert refusal(desk, tasks.add, call) == "do_not_contact"
    desk.do(tasks.add, NewTask("核对", customer_id=desk.customer))
    with desk.store.read() as work:
        with pytest.raises(Refused) as told:
            states.may_contact(work, desk.customer)
        assert told.value.facts["reason"] == "do_not_contact"
        with pytest.raises(NotFound):
            states.may_contact(work, 99)
