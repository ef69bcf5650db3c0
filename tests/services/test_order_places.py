"""Several companions serve one order: each place is given, left and taken over by itself."""

from __future__ import annotations

import pytest
from sqlmodel import col, select

from crm_tui.core.clock import FixedClock
from crm_tui.core.errors import Invalid, Refused, Taken
from crm_tui.core.words import OrderStatus as S
from crm_tui.core.words import SessionEnd
from crm_tui.models import Assignment, Event
from crm_tui.services.dispatch import actions as dispatch
from crm_tui.services.orders import actions as orders
from crm_tui.services.orders import reads
from crm_tui.services.upkeep.doctor import findings
from crm_tui.storage.store import Store
from tests.desk import Desk, open_desk


@pytest.fixture
def desk(store: Store, clock: FixedClock) -> Desk:
    return open_desk(store, clock, companions=4)


@pytest.fixture
def one_desk(sqlite_store: Store, clock: FixedClock) -> Desk:
    return open_desk(sqlite_store, clock, companions=4)


def nicks(desk: Desk, no: str) -> list[str]:
    return [one.nick for one in desk.row(no).companions]


def in_service(desk: Desk, *companions: int) -> str:
    no = desk.order(places=len(companions))
    for one in companions:
        desk.do(orders.assign, no, desk.companions[one])
    desk.do(orders.start, no)
    return no


def test_an_order_waits_until_every_place_is_filled_and_costs_them_all(desk: Desk) -> None:
    no = desk.order(places=2)
    assert desk.row(no).amount_fen == 9000
    desk.do(orders.assign, no, desk.companions[1])
    half = desk.row(no)
    assert (half.status, half.companion, half.free_places) == (S.PENDING, "鹿鹿01", 1)
    with pytest.raises(Refused) as twice:
        desk.do(orders.assign, no, desk.companions[1])
    assert twice.value.facts["reason"] == "same"
    with pytest.raises(Refused) as busy:
        desk.order(companion_id=desk.companions[1])
    assert busy.value.facts["reason"] == "busy"
    desk.do(orders.assign, no, desk.companions[0])
    full = desk.row(no)
    assert (full.status, full.companion, full.companion_id) == (
        S.ACCEPTED,
        "鹿鹿01、鹿鹿00",
        desk.companions[1],
    )
    with pytest.raises(Taken) as taken:
        desk.do(orders.assign, no, desk.companions[2])
    assert taken.value.facts["by"] == "鹿鹿01、鹿鹿00"
    told = reads.document(full)
    assert [one["nick"] for one in told["companions"]] == ["鹿鹿01", "鹿鹿00"]
    with desk.store.read() as work:
        last = work.session.exec(select(Event.data).order_by(col(Event.seq).desc())).first()
        assert last is not None and last["companions"] == [desk.companions[1], desk.companions[0]]
    assert [each.name for each in findings(desk.store) if not each.ok] == []


def test_who_serve_together_are_measured_once_and_billed_each(desk: Desk) -> None:
    no = in_service(desk, 0, 1)
    desk.wait(40)
    desk.do(orders.pause, no)
    desk.wait(10)
    desk.do(orders.resume, no)
    desk.wait(20)
    assert desk.row(no).served_minutes == 40
    desk.do(orders.finish, no)
    row = desk.row(no)
    assert (row.served_minutes, row.billed_minutes, row.amount_fen) == (60, 60, 9000)
    desk.do(orders.reopen, no, reason="too early")
    assert (desk.row(no).status, nicks(desk, no)) == (S.SERVING, ["鹿鹿00", "鹿鹿01"])
    desk.do(orders.finish, no, 30)
    desk.do(orders.confirm, no, 5)
    assert desk.row(no).amount_fen == 4500
    assert desk.order_in(S.SERVING, companion=0)


def test_one_of_several_is_replaced_while_the_others_go_on(desk: Desk) -> None:
    no = in_service(desk, 0, 1)
    desk.wait(30)
    with pytest.raises(Refused) as which:
        desk.do(orders.hand_over, no, desk.companions[2])
    assert which.value.facts["reason"] == "which"
    desk.do(orders.hand_over, no, desk.companions[2], from_id=desk.companions[1])
    row = desk.row(no)
    assert (row.status, row.paused, nicks(desk, no)) == (S.SERVING, False, ["鹿鹿00", "鹿鹿02"])
    desk.wait(30)
    desk.do(orders.finish, no)
    detail = desk.detail(no)
    assert detail.order.billed_minutes == 60
    assert [(one.companion, one.ended_by) for one in detail.sessions] == [
        ("鹿鹿00", SessionEnd.FINISHED),
        ("鹿鹿01", SessionEnd.HANDED_OVER),
        ("鹿鹿02", SessionEnd.FINISHED),
    ]
    with desk.store.read() as work:
        places = work.session.exec(select(Assignment.place).order_by(Assignment.id)).all()
    assert list(places) == [1, 2, 2]


def test_without_a_successor_all_clocks_stand_until_the_place_is_filled(one_desk: Desk) -> None:
    desk = one_desk
    no = in_service(desk, 0, 1)
    desk.wait(20)
    desk.do(orders.hand_over, no, from_id=desk.companions[0])
    assert (desk.row(no).status, nicks(desk, no)) == (S.PENDING, ["鹿鹿01"])
    desk.wait(60)
    desk.do(orders.assign, no, desk.companions[3])
    assert (desk.row(no).status, nicks(desk, no)) == (S.ACCEPTED, ["鹿鹿03", "鹿鹿01"])
    desk.do(orders.start, no)
    desk.wait(10)
    desk.do(orders.finish, no)
    assert desk.row(no).served_minutes == 30


def test_one_place_is_released_and_offered_again(one_desk: Desk) -> None:
    desk = one_desk
    no = desk.order(places=2, companion_id=desk.companions[0])
    assert (desk.row(no).status, nicks(desk, no)) == (S.PENDING, ["鹿鹿00"])
    desk.do(dispatch.offer, no, desk.companions[1:3])
    desk.do(dispatch.accept, no, desk.companions[2])
    assert (desk.row(no).status, nicks(desk, no)) == (S.ACCEPTED, ["鹿鹿00", "鹿鹿02"])
    desk.do(orders.release, no, "ill", companion_id=desk.companions[0])
    assert (desk.row(no).status, nicks(desk, no)) == (S.PENDING, ["鹿鹿02"])
    desk.do(orders.cancel, no, "no time")
    assert desk.order_in(S.SERVING, companion=2)


@pytest.mark.parametrize("places", [0, 11])
def test_nobody_wants_so_many(one_desk: Desk, places: int) -> None:
    with pytest.raises(Invalid):
        one_desk.order(places=places)
