"""The inbox and the risk alarms as scripts call them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from crm_tui.core.actor import Actor
from crm_tui.core.clock import FixedClock
from crm_tui.core.words import OrderStatus, Role
from crm_tui.models import Operator
from crm_tui.storage.store import Store
from tests.command import assert_clear, assert_clear_json, crm
from tests.desk import Desk, open_desk


@pytest.fixture
def desk(sqlite_store: Store, manager: Actor) -> Desk:
    """Commands go by the machine's clock; this evening began three hours ago."""
    clock = FixedClock(datetime.now(UTC) - timedelta(hours=3))
    sqlite_store.clock = clock
    desk = open_desk(sqlite_store, clock)
    with desk.store.write(manager) as work:
        work.session.add(Operator(login="wang", role=Role.MANAGER, created_at=clock.now()))
    return desk


def test_what_waits_is_listed_put_off_and_given_to_somebody(desk: Desk) -> None:
    no, database = desk.order(), desk.store.shown
    crm(database, "--as", "wang", "tasks", "add", "call", "--due", "+1h", "--key", "t")
    by_wang = ("--as", "wang", "inbox")
    listed = crm(database, *by_wang, "--json").document
    order, task = listed["waiting"]
    assert (order["ref"], order["cause"], order["command"]) == (no, "to_dispatch", "order.assign")
    assert (task["task_kind"], task["owner"], listed["total"]) == ("follow_up", "wang", 2)
    given = crm(database, *by_wang, "hand-over", no, "wang", "--key", "h", "--json").document
    again = crm(database, *by_wang, "hand-over", no, "wang", "--key", "h", "--json").document
    assert given == again and given["waiting"]["owner"] == "wang" and given["still"]
    assert crm(database, *by_wang, "--owner", "wang", "--json").document["total"] == 2
    crm(database, *by_wang, "snooze", order["key"], "+1h")
    refs = [each["ref"] for each in crm(database, *by_wang, "--json").document["waiting"]]
    assert refs == [task["ref"], no], "what rests is last"
    assert_clear(crm(database, *by_wang, "done", no))
    done = crm(database, *by_wang, "done", task["key"], "--note", "called")
    assert done.out == f"{task['ref']} waits no more.\n"
    assert_clear_json(crm(database, *by_wang, "done", task["key"], "--json"))
    assert no in crm(database, *by_wang, "--filter", "cause:to_dispatch or nobody").out


def test_risks_are_looked_for_and_listed_with_their_parts(desk: Desk) -> None:
    no, database = desk.order_in(OrderStatus.SERVING), desk.store.shown
    assert crm(database, "risk", "list").out == "No signs of trouble were seen.\n"
    by_wang = ("--as", "wang", "risk", "look")
    assert crm(database, *by_wang, "--key", "k", "--json").document == {"raised": 1}
    assert crm(database, *by_wang, "--key", "k", "--json").document == {"raised": 1}, "as answered"
    assert crm(database, *by_wang).out == "0 alarms raised\n"
    (risk,) = crm(database, "risk", "list", "--json").document["risks"]
    assert (risk["kind"], risk["entity"], risk["no"]) == ("long_overrun", "order", no)
    assert (
        risk["parts"]["planned_minutes"] == 60 and risk["why"] in crm(database, "risk", "list").out
    )
