"""Tasks: added, done, dropped, snoozed, handed over; what is open and what is late."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import col, select

from crm_tui.core.clock import FixedClock
from crm_tui.core.errors import Conflict, Invalid, NotAllowed, NotFound
from crm_tui.core.words import Role, TaskKind, TaskState
from crm_tui.models import Event, Operator
from crm_tui.models.contacts import Task
from crm_tui.services.customers import actions as customers
from crm_tui.services.customers.rules import NewCustomer
from crm_tui.services.tasks import actions, reads
from crm_tui.services.tasks.actions import NewTask
from crm_tui.services.tasks.reads import TaskRow
from crm_tui.services.upkeep.doctor import findings
from crm_tui.storage.store import Store
from tests.desk import Desk, open_desk


@pytest.fixture
def desk(store: Store, clock: FixedClock) -> Desk:
    desk = open_desk(store, clock)
    with store.write(desk.actor) as work:
        for login in ("li", "wang"):
            work.session.add(Operator(login=login, role=Role.OPERATOR, created_at=clock.now()))
    return desk


def add(desk: Desk, title: str, hours: float | None = None, **more: Any) -> int:
    due = None if hours is None else desk.clock.now() + timedelta(hours=hours)
    task = NewTask(title, **{"customer_id": desk.customer, "due_at": due} | more)
    added: int = desk.do(actions.add, task)
    return added


def of_customer(desk: Desk) -> list[TaskRow]:
    with desk.store.read() as work:
        return reads.of_customer(work, desk.customer)


def one(desk: Desk, task_id: int) -> TaskRow:
    with desk.store.read() as work:
        return reads.one(work, task_id)


def test_open_tasks_come_as_they_are_due_and_closed_ones_below(desk: Desk) -> None:
    some_day, tomorrow, soon = add(desk, "ask"), add(desk, "call", 24), add(desk, "send", 1)
    first, second = add(desk, "old", 2), add(desk, "older", 2)
    desk.do(actions.done, first, "sent")
    desk.wait(1)
    desk.do(actions.drop, second, "not needed")
    listed = [row.id for row in of_customer(desk)]
    assert listed == [soon, tomorrow, some_day, second, first]
    with desk.store.read() as work:
        assert [row.id for row in reads.open_tasks(work)] == [soon, tomorrow, some_day]


def test_whoever_adds_it_has_it_until_it_is_handed_over(desk: Desk) -> None:
    task = add(desk, "call back", kind=TaskKind.CALL_BACK, why="asked for it")
    row = one(desk, task)
    assert (row.owner, row.customer_no, row.kind, row.why) == (
        "li",
        "C1",
        TaskKind.CALL_BACK,
        "asked for it",
    )
    desk.do(actions.hand_over, task, "wang")
    with desk.store.read() as work:
        assert [each.id for each in reads.open_tasks(work, "wang")] == [task]
        assert reads.open_tasks(work, "li") == []
        with pytest.raises(NotFound):
            reads.open_tasks(work, "nobody")
    desk.do(actions.hand_over, task, None)
    assert one(desk, task).owner is None
    with pytest.raises(NotFound):
        desk.do(actions.hand_over, task, "nobody")


def test_what_is_late_says_so_and_what_sleeps_too(desk: Desk) -> None:
    task = add(desk, "call", 1)
    assert not one(desk, task).overdue(desk.clock.now())
    desk.wait(61)
    now = desk.clock.now()
    assert one(desk, task).overdue(now)
    desk.do(actions.snooze, task, now + timedelta(hours=1))
    assert one(desk, task).asleep(now)
    desk.wait(61)
    assert not one(desk, task).asleep(desk.clock.now())
    with pytest.raises(Invalid, match="a time to come"):
        desk.do(actions.snooze, task, now)
    desk.do(actions.snooze, task, None)
    assert one(desk, task).snoozed_until is None


def test_a_closed_task_is_closed_once_and_can_be_opened_again(desk: Desk) -> None:
    task = add(desk, "call")
    desk.do(actions.done, task, "called, comes tonight")
    row = one(desk, task)
    assert (row.state, row.outcome) == (TaskState.DONE, "called, comes tonight")
    assert row.closed_at == desk.clock.now()
    for again in (actions.done, actions.drop):
        with pytest.raises(NotAllowed) as refused:
            desk.do(again, task)
        assert refused.value.facts["status"] is TaskState.DONE
    with pytest.raises(NotAllowed):
        desk.do(actions.hand_over, task, "wang")
    desk.do(actions.reopen, task)
    row = one(desk, task)
    assert (row.state, row.closed_at, row.outcome) == (TaskState.OPEN, None, "")
    with pytest.raises(NotAllowed):
        desk.do(actions.reopen, task)


def test_an_action_on_what_changed_meanwhile_is_refused(desk: Desk) -> None:
    task = add(desk, "call")
    desk.do(actions.hand_over, task, "wang", expected_version=1)
    for act in (actions.done, actions.drop):
        with pytest.raises(Conflict):
            desk.do(act, task, expected_version=1)
    desk.do(actions.done, task, expected_version=2)


def test_a_task_about_an_order_is_about_its_customer(desk: Desk) -> None:
    no = desk.order()
    task = add(desk, "ask how it was", customer_id=None, order_id=desk.row(no).id)
    assert (one(desk, task).order_no, one(desk, task).customer_id) == (no, desk.customer)
    other = desk.do(customers.add, NewCustomer(nick="别人"))
    with pytest.raises(Invalid, match="an order of this customer"):
        add(desk, "x", customer_id=other, order_id=desk.row(no).id)
    with pytest.raises(NotFound):
        add(desk, "x", customer_id=999)
    with pytest.raises(NotFound):
        add(desk, "x", order_id=999)
    with pytest.raises(Invalid, match="what is to be done"):
        add(desk, "  ")


def test_each_step_is_told_without_personal_text(desk: Desk) -> None:
    task = add(desk, "call 13800138000", why="owes money")
    desk.do(actions.snooze, task, desk.clock.now() + timedelta(hours=2))
    desk.do(actions.hand_over, task, "wang")
    desk.do(actions.done, task, "paid by his brother")
    desk.do(actions.reopen, task)
    desk.do(actions.drop, task, "blocked")
    with desk.store.read() as work:
        told = work.session.exec(
            select(Event).where(Event.entity == "task").order_by(col(Event.seq))
        ).all()
    assert [each.kind for each in told] == [
        "task.added",
        "task.snoozed",
        "task.handed_over",
        "task.done",
        "task.reopened",
        "task.dropped",
    ]
    data = str([(each.ref, each.data) for each in told])
    for personal in ("13800138000", "owes", "brother", "blocked"):
        assert personal not in data
    assert all(each.data["customer_id"] == desk.customer for each in told)


def test_the_doctor_finds_a_task_of_somebody_else(desk: Desk) -> None:
    task = add(desk, "ask", order_id=desk.row(desk.order()).id)
    assert all(each.ok for each in findings(desk.store))
    other = desk.do(customers.add, NewCustomer(nick="别人"))
    with desk.store.write(desk.actor) as work:
        row = work.session.get(Task, task)
        assert row is not None
        row.customer_id = other
    assert [each.name for each in findings(desk.store) if not each.ok] == ["tasks.orders"]
