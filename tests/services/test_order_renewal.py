"""Going on with a linked order: the companions are kept, and never bound twice."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlmodel import col, select

from crm_tui.core.clock import FixedClock
from crm_tui.core.errors import NotAllowed, Refused
from crm_tui.core.words import OrderStatus as S
from crm_tui.models import Companion
from crm_tui.models.alarms import Alarm
from crm_tui.services.orders import actions as orders
from crm_tui.services.orders import reads
from crm_tui.services.orders.rules import Purchase
from crm_tui.services.upkeep.doctor import findings
from crm_tui.storage.store import Store
from tests.desk import MANAGER, Desk, open_desk


@pytest.fixture
def desk(store: Store, clock: FixedClock) -> Desk:
    return open_desk(store, clock)


@pytest.fixture
def one_desk(sqlite_store: Store, clock: FixedClock) -> Desk:
    return open_desk(sqlite_store, clock)


def renewed(desk: Desk, no: str, minutes: int | None = None) -> str:
    order_id = desk.do(orders.renew, no, minutes)
    with desk.store.read() as work:
        return reads.by_ids(work, [order_id])[0].no


def test_a_renewal_waits_for_the_end_and_begins_with_it(desk: Desk) -> None:
    first = desk.order_in(S.SERVING)
    desk.wait(50)
    second = renewed(desk, first, 90)
    row = desk.row(second)
    assert (row.status, row.renewal_of, row.due_at) == (S.PENDING, first, None)
    assert ([one.nick for one in row.reserved], row.free_places) == (["鹿鹿00"], 0)
    assert (row.start_at, row.planned_minutes) == (desk.clock.now() + timedelta(minutes=10), 90)
    assert row.amount_fen == 6750
    assert desk.detail(second).purchase is Purchase.RENEWAL
    with pytest.raises(Refused) as again:
        desk.do(orders.renew, first)
    assert again.value.facts["by"] == second
    assert [each.name for each in findings(desk.store) if not each.ok] == []

    desk.wait(15)
    assert desk.do(orders.bind_reserved_due) == []
    desk.do(orders.finish, first)
    row = desk.row(second)
    assert (row.status, row.companion, row.reserved) == (S.SERVING, "鹿鹿00", ())
    assert row.started_at == desk.clock.now()
    with pytest.raises(Refused):
        desk.do(orders.reopen, first)
    assert [line.text for line in desk.detail(second).history] == [
        f"taken, to go on from {first}",
        "鹿鹿00 kept for it",
        "given to 鹿鹿00",
        "started",
    ]
    assert [each.name for each in findings(desk.store) if not each.ok] == []


def test_the_renewal_follows_a_hand_over(desk: Desk) -> None:
    first = desk.order_in(S.SERVING)
    second = renewed(desk, first)
    desk.do(orders.hand_over, first, desk.companions[1])
    assert [one.nick for one in desk.row(second).reserved] == ["鹿鹿01"]
    desk.do(orders.start, first)
    desk.do(orders.finish, first)
    assert desk.row(second).companion == "鹿鹿01"


def test_who_is_kept_for_a_renewal_may_take_its_first_order_again(one_desk: Desk) -> None:
    first = one_desk.order_in(S.ACCEPTED)
    second = renewed(one_desk, first)
    one_desk.do(orders.release, first, "ill")
    one_desk.do(orders.assign, first, one_desk.companions[0])
    one_desk.do(orders.release, first, "ill")
    one_desk.do(orders.assign, first, one_desk.companions[1])
    assert [one.nick for one in one_desk.row(second).reserved] == ["鹿鹿01"]


def test_several_companions_go_on_together(one_desk: Desk) -> None:
    first = one_desk.order(places=2, price_fen=10000)
    for who in one_desk.companions[:2]:
        one_desk.do(orders.assign, first, who)
    second = renewed(one_desk, first)
    assert (one_desk.row(second).places, one_desk.row(second).amount_fen) == (2, 10000)
    one_desk.do(orders.start, first)
    one_desk.do(orders.finish, first)
    assert one_desk.row(second).companion == "鹿鹿00、鹿鹿01"


def test_what_is_finished_goes_on_at_once_if_the_companion_is_free(one_desk: Desk) -> None:
    first = one_desk.order_in(S.CONFIRMING)
    second = renewed(one_desk, first)
    assert (one_desk.row(second).status, one_desk.row(second).companion) == (S.ACCEPTED, "鹿鹿00")
    with pytest.raises(Refused) as renewed_already:
        one_desk.do(orders.renew, first)
    assert renewed_already.value.facts["reason"] == "renewed"
    one_desk.do(orders.cancel, second, "changed his mind")
    one_desk.order_in(S.SERVING)
    with pytest.raises(Refused) as busy:
        one_desk.do(orders.renew, first)
    assert busy.value.facts["reason"] == "busy"


@pytest.mark.parametrize("status", [S.PENDING, S.CANCELLED])
def test_what_nobody_serves_has_no_renewal(one_desk: Desk, status: S) -> None:
    with pytest.raises(NotAllowed):
        one_desk.do(orders.renew, one_desk.order_in(status))


def test_who_has_left_by_then_is_replaced_by_dispatch_with_an_alarm(desk: Desk) -> None:
    first = desk.order_in(S.SERVING)
    second = renewed(desk, first)
    with desk.store.write(MANAGER) as work:
        companion = work.session.get(Companion, desk.companions[0])
        assert companion is not None
        companion.active = False
    desk.do(orders.finish, first)
    row = desk.row(second)
    assert (desk.row(first).status, row.status, row.reserved) == (S.CONFIRMING, S.PENDING, ())
    assert row.due_at == desk.clock.now() + timedelta(minutes=3)
    with desk.store.read() as work:
        raised = work.session.exec(select(Alarm.kind).where(col(Alarm.entity_id) == row.id)).all()
    assert list(raised) == ["reservation"]
