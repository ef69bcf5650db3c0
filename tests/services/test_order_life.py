"""An order's life through the services: every move of the table, and no other, on both engines."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from itertools import product
from typing import Any

import pytest
from sqlmodel import select

from crm_tui.core.clock import FixedClock
from crm_tui.core.errors import (
    Conflict,
    CrmError,
    Duplicate,
    Invalid,
    NotAllowed,
    NotFound,
    Refused,
    Taken,
)
from crm_tui.core.words import DispatchMode, OfferState, PayChannel, SessionEnd
from crm_tui.core.words import OrderStatus as S
from crm_tui.models import MAIN_STORE, CompanionLevel, Customer, Event, Order
from crm_tui.services.dispatch import actions as dispatch
from crm_tui.services.orders import actions as orders
from crm_tui.services.orders.moves import Final
from crm_tui.services.orders.rules import TRANSITIONS
from crm_tui.services.settings.actions import set_setting
from crm_tui.storage.store import Store
from tests.desk import MANAGER, Desk, open_desk, status_of

VERBS: dict[str, Callable[[Desk, str], Any]] = {
    "assign": lambda desk, no: desk.do(orders.assign, no, desk.companions[1]),
    "offer": lambda desk, no: desk.do(dispatch.offer, no),
    "accept": lambda desk, no: desk.do(dispatch.accept, no, desk.companions[0]),
    "decline": lambda desk, no: desk.do(dispatch.decline, no, desk.companions[0], "tired"),
    "recall": lambda desk, no: desk.do(dispatch.recall, no),
    "start": lambda desk, no: desk.do(orders.start, no),
    "pause": lambda desk, no: desk.do(orders.pause, no),
    "finish": lambda desk, no: desk.do(orders.finish, no),
    "reopen": lambda desk, no: desk.do(orders.reopen, no),
    "confirm": lambda desk, no: desk.do(orders.confirm, no),
    "pay": lambda desk, no: desk.do(orders.pay, no, PayChannel.WECHAT, 4500),
    "cancel": lambda desk, no: desk.do(orders.cancel, no, "changed his mind"),
    "release": lambda desk, no: desk.do(orders.release, no, "ill"),
    "hand_over": lambda desk, no: desk.do(orders.hand_over, no),
}
OUTCOMES: dict[S, dict[str, S]] = {
    S.PENDING: {
        "assign": S.ACCEPTED,
        "offer": S.OFFERED,
        "pay": S.PENDING,
        "cancel": S.CANCELLED,
    },
    S.OFFERED: {
        "assign": S.ACCEPTED,
        "accept": S.ACCEPTED,
        "decline": S.PENDING,
        "recall": S.PENDING,
        "pay": S.OFFERED,
        "cancel": S.CANCELLED,
    },
    S.ACCEPTED: {
        "start": S.SERVING,
        "release": S.PENDING,
        "pay": S.ACCEPTED,
        "cancel": S.CANCELLED,
    },
    S.SERVING: {
        "pause": S.SERVING,
        "finish": S.CONFIRMING,
        "hand_over": S.PENDING,
        "pay": S.SERVING,
    },
    S.CONFIRMING: {"reopen": S.SERVING, "confirm": S.UNPAID, "pay": S.CONFIRMING},
    S.UNPAID: {"pay": S.COMPLETED, "cancel": S.CANCELLED},
    S.COMPLETED: {},
    S.CANCELLED: {},
}


@pytest.fixture
def desk(store: Store, clock: FixedClock) -> Desk:
    return open_desk(store, clock)


@pytest.fixture
def one_desk(sqlite_store: Store, clock: FixedClock) -> Desk:
    """Where the engine does not matter."""
    return open_desk(sqlite_store, clock)


@pytest.mark.parametrize(("status", "verb"), list(product(S, VERBS)))
def test_every_verb_in_every_state_moves_as_the_table_says_or_is_refused(
    one_desk: Desk, status: S, verb: str
) -> None:
    desk = one_desk
    desk.actor = MANAGER
    no = desk.order_in(status)
    before = desk.row(no)
    assert before.status is status
    expected = OUTCOMES[status].get(verb)
    if expected is not None:
        VERBS[verb](desk, no)
        after = desk.row(no)
        assert after.status is expected
        # The last refusal is one step, and that nobody is left to ask another.
        assert after.version == before.version + (2 if verb == "decline" else 1)
        return
    with pytest.raises((NotAllowed, Taken)) as refused:
        VERBS[verb](desk, no)
    facts = refused.value.facts
    assert facts["status"] == status
    assert set(facts["allowed"]) == TRANSITIONS[status]
    assert isinstance(refused.value, Final) is (not TRANSITIONS[status])
    assert desk.row(no) == before


def test_the_verbs_reach_every_move_of_the_table_and_no_other() -> None:
    reached = {
        (status, to)
        for status, outcomes in OUTCOMES.items()
        for to in outcomes.values()
        if to is not status
    }
    reached.add((S.CONFIRMING, S.COMPLETED))  # a confirmation with nothing left to pay, below
    assert reached == {(one, to) for one, onward in TRANSITIONS.items() for to in onward}


def test_a_whole_life_with_its_history_money_and_times(desk: Desk) -> None:
    no = desk.order(note="麦克风要好")
    assert no == "O0921-001"
    desk.wait(1)
    desk.do(dispatch.offer, no)
    desk.do(dispatch.accept, no, desk.companions[1])
    desk.wait(2)
    desk.do(orders.start, no)
    desk.wait(40)
    desk.do(orders.pause, no)
    desk.wait(15)
    assert desk.row(no).paused
    desk.do(orders.resume, no)
    desk.wait(32)
    desk.do(orders.finish, no)
    desk.do(orders.pay, no, PayChannel.WECHAT, 4000, "wx-1")
    desk.do(orders.confirm, no, 5)
    desk.do(orders.pay, no, PayChannel.CASH, 500)

    detail = desk.detail(no)
    row = detail.order
    assert (row.status, row.companion, row.rating) == (S.COMPLETED, "鹿鹿01", 5)
    assert (row.served_minutes, row.billed_minutes) == (72, 60)
    assert (row.amount_fen, row.paid_fen) == (4500, 4500)
    assert detail.split is not None
    assert (detail.split.companion_fen, detail.split.studio_fen) == (3600, 900)
    assert "80%" in detail.explanation
    assert [line.text for line in detail.history] == [
        "taken",
        "offered to 3 companions",
        f"accepted by 鹿鹿01 (match {detail.offers[1].score:.2f})",
        "started",
        "paused",
        "resumed",
        "finished: 60 min billed, ¥45.00",
        "¥40.00 paid by WeChat Pay",
        "confirmed (rated 5)",
        "¥5.00 paid by Cash",
        "completed",
    ]
    assert [(line.companion, line.state) for line in detail.offers] == [
        ("鹿鹿00", OfferState.LOST),
        ("鹿鹿01", OfferState.ACCEPTED),
        ("鹿鹿02", OfferState.LOST),
    ]
    assert [line.ended_by for line in detail.sessions] == [SessionEnd.PAUSED, SessionEnd.FINISHED]
    assert [line.external_ref for line in detail.payments] == ["wx-1", None]
    with desk.store.read() as work:
        customer = work.session.get(Customer, desk.customer)
        assert customer is not None
        assert (customer.order_count, customer.last_order_at) == (1, desk.clock.now())


def test_every_event_tells_where_the_order_stood(one_desk: Desk) -> None:
    no = one_desk.order_in(S.COMPLETED)
    with one_desk.store.read() as work:
        told = work.session.exec(
            select(Event.kind, Event.data).where(Event.ref == no).order_by(Event.seq)
        ).all()
    assert [data["version"] for _kind, data in told][:3] == [1, 2, 3]
    assert all("status" in data for _kind, data in told)
    created, given, started, finished = (data for _kind, data in told[:4])
    assert {"customer_id", "game_id", "order_kind", "mode", "places"} <= created.keys()
    assert {"planned_minutes", "amount_fen", "rate_fen", "start_at", "due_at"} <= created.keys()
    assert given["companions"] == [one_desk.companions[0]]
    assert started["started_at"] == one_desk.clock.now().isoformat()
    assert (finished["billed_minutes"], finished["amount_fen"]) == (60, 4500)


def test_the_customer_pays_for_what_was_served_by_the_rule_in_force(desk: Desk) -> None:
    no = desk.order_in(S.SERVING)
    desk.wait(72)
    desk.do(set_setting, "orders.rounding", "by_minute")
    desk.do(orders.finish, no)
    row = desk.row(no)
    assert (row.billed_minutes, row.amount_fen) == (72, 5400)


def test_minutes_given_by_the_dispatcher_count_instead(one_desk: Desk) -> None:
    no = one_desk.order_in(S.SERVING)
    one_desk.do(orders.finish, no, 90)
    assert one_desk.row(no).amount_fen == 6750


def test_an_agreed_price_stands_whatever_was_served(one_desk: Desk) -> None:
    no = one_desk.order(price_fen=9900, companion_id=one_desk.companions[0])
    one_desk.do(orders.start, no)
    one_desk.wait(200)
    one_desk.do(orders.finish, no)
    row = one_desk.row(no)
    assert (row.amount_fen, row.billed_minutes) == (9900, 210)


def test_a_named_companion_has_the_order_at_once_unless_busy(desk: Desk) -> None:
    named = desk.companions[0]
    first = desk.row(desk.order(companion_id=named))
    assert (first.status, first.mode, first.companion_id) == (
        S.ACCEPTED,
        DispatchMode.DIRECT,
        named,
    )
    with pytest.raises(Refused) as busy:
        desk.order(companion_id=named)
    assert busy.value.facts["reason"] == "busy"
    assert desk.row("O0921-001") == first
    with pytest.raises(NotFound):
        desk.row("O0921-002")


def test_a_companion_serves_one_order_at_a_time(desk: Desk) -> None:
    desk.order_in(S.SERVING)
    waiting = desk.order()
    with pytest.raises(Refused):
        desk.do(orders.assign, waiting, desk.companions[0])
    assert desk.row(waiting).status is S.PENDING
    assert desk.row(waiting).version == 1


def test_who_comes_second_hears_who_was_first(desk: Desk) -> None:
    no = desk.order_in(S.ACCEPTED)
    with pytest.raises(Taken) as taken:
        desk.do(orders.assign, no, desk.companions[1])
    assert taken.value.facts["by"] == "鹿鹿00"
    assert taken.value.facts["no"] == no


def test_a_stale_screen_is_told_to_look_again(desk: Desk) -> None:
    no = desk.order()
    desk.do(orders.pay, no, PayChannel.CASH, 100)
    with pytest.raises(Conflict):
        desk.do(orders.assign, no, desk.companions[0], expected_version=1)
    assert desk.row(no).status is S.PENDING


def test_handing_over_keeps_and_bills_what_was_served(desk: Desk) -> None:
    no = desk.order_in(S.SERVING)
    desk.wait(40)
    desk.do(orders.hand_over, no, desk.companions[1])
    row = desk.row(no)
    assert (row.status, row.companion, row.served_minutes) == (S.ACCEPTED, "鹿鹿01", 40)
    desk.do(orders.start, no)
    desk.wait(50)
    desk.do(orders.finish, no)
    detail = desk.detail(no)
    assert detail.order.billed_minutes == 90
    assert [line.ended_by for line in detail.sessions] == [
        SessionEnd.HANDED_OVER,
        SessionEnd.FINISHED,
    ]
    assert desk.order_in(S.SERVING, companion=0)


@pytest.mark.parametrize("started", [False, True])
def test_a_hand_over_is_undone_by_handing_back(desk: Desk, started: bool) -> None:
    no = desk.order_in(S.SERVING)
    desk.wait(40)
    desk.do(orders.hand_over, no, desk.companions[1])
    if started:
        desk.do(orders.start, no)
        desk.wait(5)
    desk.do(orders.hand_back, no, desk.companions[1], desk.companions[0])
    row = desk.row(no)
    assert (row.status, row.companion) == (S.ACCEPTED, "鹿鹿00")
    assert row.served_minutes == (45 if started else 40)
    desk.do(orders.start, no)
    desk.do(orders.finish, no)
    with pytest.raises(NotAllowed):
        desk.do(orders.hand_back, no, desk.companions[0], desk.companions[1])


def test_a_released_order_waits_again_with_a_new_promise(desk: Desk) -> None:
    no = desk.order_in(S.ACCEPTED)
    desk.wait(10)
    desk.do(orders.release, no, "ill")
    row = desk.row(no)
    assert (row.status, row.companion) == (S.PENDING, None)
    assert row.due_at == desk.clock.now() + timedelta(minutes=3)
    assert desk.detail(no).history[-1].text == "鹿鹿00 withdrew (ill)"


def test_reopening_lets_the_clock_run_on(desk: Desk) -> None:
    no = desk.order_in(S.SERVING)
    desk.wait(30)
    desk.do(orders.finish, no)
    desk.wait(5)
    desk.do(orders.reopen, no)
    desk.wait(30)
    desk.do(orders.finish, no)
    assert desk.row(no).billed_minutes == 60


def test_reopening_is_refused_when_the_companion_serves_another(desk: Desk) -> None:
    first = desk.order_in(S.CONFIRMING)
    desk.order_in(S.SERVING)
    with pytest.raises(Refused):
        desk.do(orders.reopen, first)
    assert desk.row(first).status is S.CONFIRMING


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"minutes": 0}, Invalid),
        ({"minutes": 100_000}, Invalid),
        ({"price_fen": -1}, Invalid),
        ({"mode": DispatchMode.DIRECT}, Invalid),
        ({"demands": {"gender": "robot"}}, Invalid),
        ({"demands": {"rank": "神仙"}}, Invalid),
        ({"demands": {"level": "神仙"}}, NotFound),
        ({"companion_id": 999}, NotFound),
    ],
)
def test_what_makes_no_sense_is_not_taken(
    one_desk: Desk, changes: dict[str, Any], error: type[CrmError]
) -> None:
    with pytest.raises(error):
        one_desk.order(**changes)


@pytest.mark.parametrize("flag", ["blocked", "minor"])
def test_blocked_customers_and_minors_can_not_order(one_desk: Desk, flag: str) -> None:
    with one_desk.store.write(MANAGER) as work:
        customer = work.session.get(Customer, one_desk.customer)
        setattr(customer, flag, True)
    with pytest.raises(Refused) as refused:
        one_desk.order()
    assert refused.value.facts["reason"] == flag


def test_the_price_is_the_levels_and_else_the_studios(one_desk: Desk) -> None:
    rich = one_desk.order(demands={"level": "大神", "tags": []})
    with one_desk.store.read() as work:
        rate = work.session.exec(
            select(CompanionLevel.rate_fen).where(CompanionLevel.name == "大神")
        ).one()
    assert one_desk.row(rich).amount_fen == (rate or 4500)
    assert one_desk.row(rich).demands == {"level": "大神"}
    assert one_desk.row(one_desk.order(90)).amount_fen == 6750


def test_a_payment_is_booked_once_and_never_for_more_than_is_owed(desk: Desk) -> None:
    no = desk.order()
    desk.do(orders.pay, no, PayChannel.WECHAT, 1000, "wx-7")
    with pytest.raises(Duplicate):
        desk.do(orders.pay, no, PayChannel.WECHAT, 1000, "wx-7")
    with pytest.raises(Refused) as over:
        desk.do(orders.pay, no, PayChannel.ALIPAY, 3501, "ali-7")
    assert over.value.facts["owed_fen"] == 3500
    with pytest.raises(Invalid):
        desk.do(orders.pay, no, PayChannel.CASH, 0)
    desk.do(orders.pay, no, PayChannel.ALIPAY, 3500, "wx-7")
    assert desk.row(no).paid_fen == 4500
    assert len(desk.detail(no).payments) == 2


def test_paid_in_full_is_completed_by_the_confirmation(one_desk: Desk) -> None:
    no = one_desk.order_in(S.CONFIRMING)
    one_desk.do(orders.pay, no, PayChannel.CASH, 4500)
    one_desk.do(orders.confirm, no)
    assert one_desk.row(no).status is S.COMPLETED


def test_a_rating_is_from_one_to_five(one_desk: Desk) -> None:
    no = one_desk.order_in(S.CONFIRMING)
    with pytest.raises(Invalid):
        one_desk.do(orders.confirm, no, 6)
    assert one_desk.row(no).status is S.CONFIRMING


def test_writing_off_takes_a_manager(one_desk: Desk) -> None:
    no = one_desk.order_in(S.UNPAID)
    with pytest.raises(Refused) as refused:
        one_desk.do(orders.cancel, no, "never paid")
    assert refused.value.facts["reason"] == "role"
    one_desk.actor = MANAGER
    one_desk.do(orders.cancel, no, "never paid")
    assert one_desk.row(no).status is S.CANCELLED


def test_cancelling_frees_the_companion_and_says_what_was_paid(desk: Desk) -> None:
    no = desk.order_in(S.ACCEPTED)
    desk.do(orders.pay, no, PayChannel.CASH, 2000)
    desk.do(orders.cancel, no, "家里有事")
    detail = desk.detail(no)
    assert detail.order.paid_fen == 2000
    assert detail.history[-1].text == "cancelled (家里有事)"
    assert desk.order_in(S.SERVING, companion=0)


def test_a_clock_set_back_does_not_trap_a_running_service(desk: Desk) -> None:
    no = desk.order_in(S.SERVING)
    desk.wait(-60)
    desk.do(orders.finish, no)
    assert desk.row(no).billed_minutes == 0


def test_an_unknown_number_is_named(one_desk: Desk) -> None:
    with pytest.raises(NotFound) as unknown:
        one_desk.do(orders.start, "O0921-999")
    assert unknown.value.facts["ref"] == "O0921-999"
    assert "O0921-999" in unknown.value.message()


def test_numbers_begin_anew_each_business_day_and_step_over_imported_ones(
    one_desk: Desk,
) -> None:
    assert [one_desk.order() for _ in range(2)] == ["O0921-001", "O0921-002"]
    with one_desk.store.write(MANAGER) as work:
        work.session.add(
            Order(
                store_id=MAIN_STORE,
                no="O0922-001",
                customer_id=one_desk.customer,
                game_id=one_desk.game,
                created_at=work.clock.now(),
            )
        )
    one_desk.wait(8 * 60)
    assert one_desk.order() == "O0922-002"


def test_status_is_what_the_table_says(desk: Desk) -> None:
    no = desk.order_in(S.OFFERED)
    assert status_of(desk.store, no) is S.OFFERED
