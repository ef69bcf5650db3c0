"""Risk alarms over the log: each sign is seen, told once, with a task, an owner and a term."""

from __future__ import annotations

from datetime import timedelta

import pytest

from crm_tui.core.actor import SYSTEM
from crm_tui.core.clock import FixedClock
from crm_tui.core.words import AlarmKind, OrderStatus, Role, TaskKind
from crm_tui.models import Operator
from crm_tui.services.alarms import reads as alarms
from crm_tui.services.alarms.reads import AlarmRow
from crm_tui.services.customers import actions as customers
from crm_tui.services.customers import timeline
from crm_tui.services.customers.rules import NewCustomer
from crm_tui.services.interactions import actions as interactions
from crm_tui.services.interactions.actions import NewInteraction
from crm_tui.services.orders import actions as orders
from crm_tui.services.orders import reads as order_reads
from crm_tui.services.privacy import actions as privacy
from crm_tui.services.risk import actions, rules
from crm_tui.services.settings.actions import set_setting
from crm_tui.services.tasks import actions as tasks
from crm_tui.services.tasks import reads as task_reads
from crm_tui.services.tasks.actions import NewTask
from crm_tui.services.tasks.reads import TaskRow
from crm_tui.storage.store import Store
from tests.desk import MANAGER, Desk, open_desk


@pytest.fixture
def desk(store: Store, clock: FixedClock) -> Desk:
    return open_desk(store, clock)


def look(desk: Desk) -> int:
    return desk.store.perform(SYSTEM, actions.look)


def told(desk: Desk, kind: AlarmKind) -> list[AlarmRow]:
    with desk.store.read() as work:
        since = desk.clock.now() - timedelta(days=400)
        return [row for row in alarms.recent(work, since) if row.kind is kind]


def risks(desk: Desk) -> list[TaskRow]:
    with desk.store.read() as work:
        return [row for row in task_reads.open_tasks(work) if row.kind is TaskKind.RISK]


def complaints(desk: Desk) -> list[TaskRow]:
    with desk.store.read() as work:
        return [row for row in task_reads.open_tasks(work) if row.kind is TaskKind.COMPLAINT]


def complain(desk: Desk, count: int) -> None:
    for _each in range(count):
        desk.do(tasks.add, NewTask("late", desk.customer, kind=TaskKind.COMPLAINT))
        desk.wait(1)


def rated(desk: Desk, stars: int) -> None:
    desk.do(orders.confirm, desk.order_in(OrderStatus.CONFIRMING), stars)


def test_service_far_past_its_time_is_told_once_with_a_task(desk: Desk) -> None:
    no = desk.order_in(OrderStatus.SERVING)
    desk.wait(80)
    assert look(desk) == 0, "a little over time is the clock's matter"
    desk.wait(12)
    assert (look(desk), look(desk)) == (1, 0)
    alarm, task = told(desk, AlarmKind.LONG_OVERRUN)[0], risks(desk)[0]
    assert alarm.rule_version == rules.VERSION and alarm.task_id == task.id
    assert alarm.parts == {"planned_minutes": 60, "served_minutes": 92}
    assert (task.order_no, task.owner) == (no, None)
    assert task.due_at == desk.clock.now() + timedelta(minutes=15)
    assert task.why == "92 min served where 60 were planned"


def test_pauses_do_not_count_as_service(desk: Desk) -> None:
    desk.do(orders.pause, desk.order_in(OrderStatus.SERVING))
    desk.wait(300)
    assert look(desk) == 0


def test_several_complaints_are_told_and_then_counted_anew(desk: Desk) -> None:
    complain(desk, 2)
    rated(desk, 5)
    assert look(desk) == 0
    rated(desk, 1)
    assert (look(desk), look(desk)) == (1, 0)
    assert told(desk, AlarmKind.COMPLAINTS)[0].parts == {"complaints": 3, "days": 7}
    with desk.store.read() as work:
        line = "Alarm: Several complaints: 3 complaints or low ratings within 7 days"
        assert line in [each.what for each in timeline.page(work, desk.customer)]
    desk.wait(1)
    complain(desk, 2)
    assert look(desk) == 0, "those that were told don't count again"
    complain(desk, 1)
    assert look(desk) == 1


def test_who_is_forgotten_is_forgotten_in_alarms_and_their_tasks(desk: Desk) -> None:
    complain(desk, 3)
    assert look(desk) == 1
    desk.actor = MANAGER
    for task in (*risks(desk), *complaints(desk)):
        desk.do(tasks.done, task.id)
    desk.do(privacy.erase, desk.customer, "asked for it")
    assert told(desk, AlarmKind.COMPLAINTS) == []
    assert look(desk) == 0


def test_a_complaint_about_a_low_rating_counts_once(desk: Desk) -> None:
    rated(desk, 1)
    with desk.store.read() as work:
        order_id = order_reads.find(work, limit=1)[0].id
    desk.do(tasks.add, NewTask("rude", order_id=order_id, kind=TaskKind.COMPLAINT))
    complain(desk, 1)
    assert look(desk) == 0


def test_a_customer_who_cancels_again_and_again(desk: Desk) -> None:
    desk.customer, steady = desk.do(customers.add, NewCustomer("北岸")), desk.customer
    for _each in range(12):
        desk.order_in(OrderStatus.PENDING)
    desk.customer = steady
    for count in (2, 1):
        assert look(desk) == 0
        for _each in range(count):
            desk.do(orders.cancel, desk.order_in(OrderStatus.ACCEPTED), "no time")
    assert (look(desk), look(desk)) == (1, 0)
    alarm = told(desk, AlarmKind.CANCEL_RATE)[0]
    assert (alarm.entity, alarm.entity_id) == ("customer", steady), "not their companion"
    assert alarm.parts["cancelled"] == alarm.parts["of"] == 3


def test_a_companion_who_withdraws_again_and_again(desk: Desk) -> None:
    for _each in range(12):
        desk.order_in(OrderStatus.CONFIRMING, companion=1)
    for _each in range(3):
        desk.do(orders.release, desk.order_in(OrderStatus.ACCEPTED), "ill")
    assert (look(desk), look(desk)) == (1, 0)
    alarm = told(desk, AlarmKind.CANCEL_RATE)[0]
    assert (alarm.entity, alarm.entity_id) == ("companion", desk.companions[0])
    assert alarm.parts["cancelled"] == alarm.parts["of"] == 3


def regulars(desk: Desk) -> None:
    """The customer and the first companion, every other day at the same hour; then silence."""
    for _each in range(4):
        desk.order_in(OrderStatus.COMPLETED)
        desk.wait(2 * 24 * 60)
    desk.wait(10 * 24 * 60)
    desk.order_in(OrderStatus.PENDING)


def test_a_regular_pair_that_goes_on_without_the_studio(desk: Desk) -> None:
    with desk.store.write(desk.actor) as work:
        wang = Operator(login="wang", role=Role.MANAGER, created_at=desk.clock.now())
        work.session.add(wang)
    regulars(desk)
    other, theirs = desk.do(customers.add, NewCustomer("北岸")), desk.customer
    desk.customer = other
    desk.order_in(OrderStatus.SERVING)
    desk.customer = theirs
    assert look(desk) == 0, "silence alone accuses nobody"
    desk.do(set_setting, "risk.owner", "wang")
    desk.do(interactions.note, NewInteraction(theirs, "说她让加微信，私下约"))
    assert (look(desk), look(desk)) == (1, 0)
    alarm, task = told(desk, AlarmKind.PRIVATE_DEAL)[0], risks(desk)[0]
    assert alarm.parts["companion_id"] == desk.companions[0]
    assert alarm.parts["signs"]["stopped"]["value"] == 1.0
    assert (task.owner, task.customer_id) == ("wang", theirs)
    assert "words in notes 1.00 × 0.45" in task.why
    desk.do(interactions.note, NewInteraction(theirs, "转账"))
    assert look(desk) == 0, "told not long ago"


def test_words_without_silence_are_no_alarm(desk: Desk) -> None:
    for _each in range(4):
        desk.order_in(OrderStatus.COMPLETED)
        desk.wait(60)
    desk.do(interactions.note, NewInteraction(desk.customer, "私下转账"))
    assert look(desk) == 0
