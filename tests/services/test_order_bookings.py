"""Orders booked ahead keep a companion, who is bound when the time comes; and the customer who is
asked meanwhile."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlmodel import select

from crm_tui.core.clock import FixedClock
from crm_tui.core.errors import NotAllowed, Refused, Taken
from crm_tui.core.words import OrderStatus as S
from crm_tui.models.alarms import Alarm
from crm_tui.services.dispatch import actions as dispatch
from crm_tui.services.orders import actions as orders
from crm_tui.services.upkeep.doctor import findings
from crm_tui.storage.store import Store
from tests.desk import Desk, open_desk


@pytest.fixture
def desk(store: Store, clock: FixedClock) -> Desk:
    return open_desk(store, clock)


@pytest.fixture
def one_desk(sqlite_store: Store, clock: FixedClock) -> Desk:
    return open_desk(sqlite_store, clock)


def later(desk: Desk, minutes: int) -> datetime:
    return desk.clock.now() + timedelta(minutes=minutes)


def kept(desk: Desk, no: str) -> list[str]:
    return [one.nick for one in desk.row(no).reserved]


def test_who_is_kept_serves_others_until_the_time_comes(desk: Desk) -> None:
    who = desk.companions[0]
    no = desk.order(start_at=later(desk, 120))
    desk.do(orders.assign, no, who)
    row = desk.row(no)
    assert (row.status, row.companion, kept(desk, no), row.due_at) == (
        S.PENDING,
        None,
        ["鹿鹿00"],
        None,
    )
    with pytest.raises(Taken) as taken:
        desk.do(orders.assign, no, desk.companions[1])
    assert taken.value.facts["by"] == "鹿鹿00"
    now = desk.order(60, companion_id=who)
    desk.do(orders.start, now)
    desk.wait(60)
    desk.do(orders.finish, now)
    assert desk.do(orders.bind_reserved_due) == []
    desk.wait(50)
    assert desk.do(orders.bind_reserved_due) == [no]
    row = desk.row(no)
    assert (row.status, row.companion, row.reserved) == (S.ACCEPTED, "鹿鹿00", ())
    assert desk.do(orders.bind_reserved_due) == []
    assert [each.name for each in findings(desk.store) if not each.ok] == []


def test_promises_to_two_customers_at_once_are_refused(desk: Desk) -> None:
    who = desk.companions[0]
    no = desk.order(start_at=later(desk, 120), companion_id=who)
    for start, minutes in ((later(desk, 90), 60), (later(desk, 150), 30), (None, 180)):
        with pytest.raises(Refused) as refused:
            desk.order(minutes, start_at=start, companion_id=who)
        assert (refused.value.facts["reason"], refused.value.facts["by"]) == ("reserved", no)
    assert "09-22 01:04" in refused.value.message()
    after = desk.order(start_at=later(desk, 180), companion_id=who)
    assert kept(desk, after) == ["鹿鹿00"]
    desk.do(orders.release, no, "ill")
    assert (kept(desk, no), desk.row(no).due_at) == ([], later(desk, 93))
    desk.do(orders.cancel, after, "no time")
    assert kept(desk, desk.order(start_at=later(desk, 130), companion_id=who)) == ["鹿鹿00"]


def test_who_is_busy_to_the_end_is_waited_for_and_else_replaced(desk: Desk) -> None:
    soon, late = desk.companions[:2]
    first = desk.order(start_at=later(desk, 60), companion_id=soon)
    second = desk.order(start_at=later(desk, 60), companion_id=late)
    desk.do(orders.start, desk.order(55, companion_id=soon))
    desk.do(orders.start, desk.order(60, companion_id=late))
    desk.wait(10)
    running = desk.row("O0921-004")
    desk.do(orders.pause, running.no)
    desk.wait(41)
    assert desk.do(orders.bind_reserved_due) == [second]
    assert (kept(desk, first), kept(desk, second)) == (["鹿鹿00"], [])
    assert desk.row(second).due_at == later(desk, 3)
    with desk.store.read() as work:
        (alarm,) = work.session.exec(select(Alarm)).all()
        assert (alarm.kind, alarm.parts["reason"]) == ("reservation", "busy")
    desk.wait(4)
    desk.do(orders.finish, "O0921-003")
    assert desk.do(orders.bind_reserved_due) == [first]
    assert desk.row(first).status is S.ACCEPTED


def test_a_grabbed_booking_is_kept_too(one_desk: Desk) -> None:
    no = one_desk.order(start_at=later(one_desk, 120))
    one_desk.do(dispatch.offer, no)
    one_desk.do(dispatch.accept, no, one_desk.companions[2])
    assert (one_desk.row(no).status, kept(one_desk, no)) == (S.PENDING, ["鹿鹿02"])
    assert one_desk.row(no).open_offers == 0


def test_the_response_clock_stands_while_the_customer_is_asked(desk: Desk) -> None:
    no = desk.order()
    due = desk.row(no).due_at
    assert due is not None
    desk.wait(1)
    desk.do(orders.ask, no)
    assert (desk.row(no).asked_customer_at, desk.row(no).due_at) == (desk.clock.now(), None)
    with pytest.raises(Refused):
        desk.do(orders.ask, no)
    desk.wait(20)
    desk.do(orders.answered, no)
    assert desk.row(no).due_at == due + timedelta(minutes=20)
    with pytest.raises(Refused):
        desk.do(orders.answered, no)
    desk.do(orders.ask, no)
    desk.do(orders.assign, no, desk.companions[0])
    assert desk.row(no).asked_customer_at is None
    with pytest.raises(NotAllowed):
        desk.do(orders.ask, no)
