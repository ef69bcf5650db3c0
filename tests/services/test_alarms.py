"""Alarms are raised once for each occasion, and say what they are about."""

from __future__ import annotations

from datetime import timedelta

from sqlmodel import select

from crm_tui.core.clock import FixedClock
from crm_tui.core.words import AlarmKind, TaskKind
from crm_tui.models.contacts import Task
from crm_tui.services.alarms import actions as alarms
from crm_tui.services.alarms import reads
from crm_tui.services.tasks.actions import NewTask
from crm_tui.services.upkeep.opening import open_studio
from crm_tui.storage import events
from crm_tui.storage.store import Store
from tests.desk import MANAGER, open_desk


def test_an_alarm_is_raised_once_for_each_occasion_and_brings_its_task(
    store: Store, store_url: str, clock: FixedClock
) -> None:
    desk = open_desk(store, clock)
    order = desk.row(desk.order())
    due = clock.now() - timedelta(minutes=1)
    other = open_studio(store_url, clock=clock)

    def tell(occasion: str, at: Store = store) -> bool:
        with at.write(MANAGER) as work:
            return alarms.raise_alarm(
                work,
                AlarmKind.RESPONSE,
                "order",
                order.id,
                occasion,
                due_at=due,
                parts={"late_seconds": 60},
                task=NewTask("Answer the customer", order_id=order.id, kind=TaskKind.RISK),
            )

    told = [tell("first"), tell("first"), tell("first", other), tell("second")]
    other.close()

    assert told == [True, False, False, True]
    with store.read() as work:
        found = reads.of_order(work, order.id)
        assert [(row.no, row.occasion, row.due_at) for row in found] == [
            (order.no, "second", due),
            (order.no, "first", due),
        ]
        assert found == reads.recent(work, clock.now()) and found[0].parts == {"late_seconds": 60}
        assert reads.recent(work, clock.now() + timedelta(seconds=1)) == []
        added = work.session.exec(select(Task.id).where(Task.order_id == order.id)).all()
        assert sorted(added) == sorted(row.task_id for row in found)
        raised = [e for e in events.of_entity(work.session, "order", order.id) if "alarm" in e.kind]
    assert [(e.ref, e.data["alarm"], e.data["task_id"]) for e in raised] == [
        (order.no, "response", row.task_id) for row in reversed(found)
    ]
