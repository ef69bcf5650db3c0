"""What waits for somebody: found from every corner, in one order, with what people said of it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlmodel import select

from crm_tui.core.clock import FixedClock
from crm_tui.core.errors import Invalid, NotFound, Refused
from crm_tui.core.words import AlarmKind, Cause, OrderStatus, PayChannel, Role, TaskKind
from crm_tui.models import Event, Operator
from crm_tui.services.alarms.actions import raise_alarm
from crm_tui.services.inbox import actions, reads
from crm_tui.services.inbox.rules import Thing, Waiting
from crm_tui.services.money import refund_undoing, refunds
from crm_tui.services.orders import actions as orders
from crm_tui.services.orders import asking, service
from crm_tui.services.tasks import actions as tasks
from crm_tui.services.tasks.actions import NewTask
from crm_tui.storage.store import Store
from tests.desk import Desk, open_desk


@pytest.fixture
def desk(store: Store, clock: FixedClock) -> Desk:
    desk = open_desk(store, clock, companions=6)
    with store.write(desk.actor) as work:
        for login in ("li", "wang"):
            work.session.add(Operator(login=login, role=Role.OPERATOR, created_at=clock.now()))
    return desk


def waiting(desk: Desk, login: str | None = None) -> list[Waiting]:
    with desk.store.read() as work:
        return reads.waiting(work, login)


def causes(desk: Desk) -> dict[Cause, Waiting]:
    return {each.thing.cause: each for each in waiting(desk)}


def only(desk: Desk) -> Waiting:
    (entry,) = waiting(desk)
    return entry


def low_rating(desk: Desk) -> str:
    no = desk.order_in(OrderStatus.CONFIRMING)
    desk.do(orders.pay, no, PayChannel.CASH, 4500)
    desk.do(orders.confirm, no, 2, "mean")
    return no


def test_every_corner_of_the_evening_waits_in_one_order(desk: Desk) -> None:
    rated = low_rating(desk)
    ending = desk.order_in(OrderStatus.SERVING)
    desk.wait(58)
    fresh = desk.order_in(OrderStatus.SERVING, companion=1)
    lines = {
        Cause.UNPAID: desk.order_in(OrderStatus.UNPAID, companion=2),
        Cause.UNCONFIRMED: desk.order_in(OrderStatus.CONFIRMING, companion=2),
        Cause.TO_START: desk.order_in(OrderStatus.ACCEPTED, companion=3),
        Cause.OFFERED: desk.order_in(OrderStatus.OFFERED, companion=4),
        Cause.TO_DISPATCH: desk.order(),
        Cause.LOW_RATING: rated,
        Cause.ENDING: ending,
    }
    task = desk.do(tasks.add, NewTask("call", desk.customer, kind=TaskKind.CALL_BACK))
    desk.do(raise_alarm, AlarmKind.CANCEL_RATE, "companion", desk.companions[5], "today")
    desk.wait(1)
    found = causes(desk)
    assert {cause: found[cause].order_no for cause in lines} == lines
    assert found[Cause.TASK].ref == str(task) and found[Cause.TASK].owner == "li"
    assert found[Cause.ALARM].customer == "鹿鹿05"
    assert fresh not in {each.order_no for each in waiting(desk)}, "it goes its way"
    assert len(found) == len(lines) + 2 == len(waiting(desk))
    urgencies = [each.urgency(desk.clock.now()) for each in waiting(desk)]
    assert urgencies == sorted(urgencies, reverse=True)


def test_an_order_tells_of_its_alarms_and_waits_once(desk: Desk) -> None:
    no = desk.order()
    desk.wait(5)
    desk.do(raise_alarm, AlarmKind.RESPONSE, "order", desk.row(no).id, "first")
    entry = only(desk)
    assert entry.alarms == (AlarmKind.RESPONSE,)
    assert entry.pressure(desk.clock.now()) > 1
    desk.do(orders.assign, no, desk.companions[0])
    assert [each.thing.cause for each in waiting(desk)] == [Cause.TO_START]
    assert only(desk).alarms == ()


def test_while_the_customer_is_asked_the_order_waits_for_their_word(desk: Desk) -> None:
    no = desk.order()
    desk.do(asking.ask, no)
    entry = only(desk)
    assert (entry.thing.cause, entry.command) == (Cause.ASKED, "order.ask")
    desk.wait(10)
    assert entry.pressure(desk.clock.now()) < 1, "its own clock stands"
    desk.wait(10)
    assert only(desk).pressure(desk.clock.now()) > 1, "ask again"


def test_a_lost_connection_waits_at_once(desk: Desk) -> None:
    no = desk.order_in(OrderStatus.SERVING)
    assert waiting(desk) == []
    desk.do(orders.pause, no)
    assert waiting(desk) == [], "a pause is the customer's"
    desk.do(orders.resume, no)
    desk.do(service.disconnect, no)
    assert only(desk).thing.cause is Cause.DISCONNECTED


def test_what_rests_is_last_and_what_others_have_comes_before_it(desk: Desk) -> None:
    first = desk.order()
    desk.wait(1)
    second = desk.order()
    third = desk.do(tasks.add, NewTask("call", desk.customer))
    desk.wait(1)
    at = {each.ref: each.thing for each in waiting(desk)}
    desk.do(actions.snooze, at[first], desk.clock.now() + timedelta(minutes=10))
    desk.do(actions.hand_over, at[second], "wang")
    assert [each.ref for each in waiting(desk, "li")] == [str(third), second, first]
    assert [each.ref for each in waiting(desk)] == [second, str(third), first]
    desk.do(actions.snooze, at[first], None)
    desk.do(actions.hand_over, at[second], None)
    assert [each.ref for each in waiting(desk, "li")] == [first, second, str(third)]
    desk.do(actions.snooze, at[first], desk.clock.now() + timedelta(minutes=10))
    desk.wait(11)
    assert waiting(desk)[0].ref == first, "it has rested long enough"


def test_an_order_can_not_be_said_to_be_done(desk: Desk) -> None:
    desk.order()
    thing = only(desk).thing
    with pytest.raises(Refused, match="given to a companion, or cancelled"):
        desk.do(actions.done, thing)
    with pytest.raises(Invalid):
        desk.do(actions.snooze, thing, desk.clock.now())
    with pytest.raises(NotFound):
        desk.do(actions.snooze, Thing("order", 99, Cause.UNPAID), desk.clock.now() + timedelta(1))
    with pytest.raises(NotFound):
        desk.do(actions.hand_over, thing, "nobody")


def test_a_low_rating_waits_for_a_task_or_a_note(desk: Desk) -> None:
    no = low_rating(desk)
    entry = only(desk)
    assert (entry.what, entry.reason) == ("鹿鹿00 was rated 2", "mean")
    with pytest.raises(Invalid):
        desk.do(actions.done, entry.thing, " ")
    desk.do(actions.done, entry.thing, "a joke between friends")
    assert waiting(desk) == []
    desk.do(actions.undone, entry.thing)
    assert only(desk).thing == entry.thing
    desk.wait(1)
    desk.do(tasks.add, NewTask("ask why", order_id=desk.row(no).id))
    assert only(desk).thing.cause is Cause.TASK
    with desk.store.read() as work:
        told = work.session.exec(select(Event).where(Event.kind == "inbox.done")).one()
    assert told.entity == "rating" and "joke" not in str(told.data)


def test_a_task_rests_and_ends_by_itself(desk: Desk) -> None:
    desk.do(tasks.add, NewTask("call", desk.customer, due_at=desk.clock.now()))
    thing = only(desk).thing
    desk.do(actions.snooze, thing, desk.clock.now() + timedelta(hours=1))
    assert only(desk).asleep(desk.clock.now())
    desk.do(actions.done, thing, "called")
    assert waiting(desk) == []
    desk.do(actions.undone, thing)
    assert only(desk).thing == thing


def test_a_thing_is_found_by_its_key_or_number(desk: Desk) -> None:
    no = desk.order()
    with desk.store.read() as work:
        assert reads.find(work, no).key == only(desk).key == reads.find(work, only(desk).key).key
        with pytest.raises(NotFound):
            reads.find(work, "O0000-1")


def test_money_of_a_cancelled_order_waits_until_it_is_given_back(desk: Desk) -> None:
    no = desk.order_in(OrderStatus.ACCEPTED)
    desk.do(orders.pay, no, PayChannel.WECHAT, 2000)
    desk.do(orders.cancel, no, "changed plans")
    entry = only(desk)
    assert (entry.thing.cause, entry.order_no) == (Cause.GIVE_BACK, no)
    assert (entry.what, entry.reason) == ("¥20.00 paid ahead", "changed plans")
    assert entry.command == "inbox.refund"
    done = desk.do(refunds.refund, no, 2000, "cancelled")
    assert waiting(desk) == []
    desk.do(refund_undoing.take_back, no, done.payment_ids, "undone")
    desk.do(actions.done, only(desk).thing, "kept for the next order")
    assert waiting(desk) == []
