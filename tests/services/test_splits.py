"""Split rules in a studio: versions, what an order keeps of the rule that held, turnover, time."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import update
from sqlmodel import col, select

from crm_tui.core.actor import Actor
from crm_tui.core.clock import FixedClock
from crm_tui.core.errors import Invalid, NotFound, Refused
from crm_tui.core.words import OrderKind, PayChannel
from crm_tui.models import MAIN_STORE, STUDIO, Companion, CompanionLevel, Order
from crm_tui.models import Store as Shop
from crm_tui.models.splits import OrderSplit
from crm_tui.services.money.splits import preview
from crm_tui.services.money.splits.actions import add_version
from crm_tui.services.money.splits.definition import parse
from crm_tui.services.money.splits.in_force import (
    SHIPPED,
    in_force,
    own_versions,
    stores,
    tip_share_bp,
    version_of,
    versions,
)
from crm_tui.services.money.splits.preview import Preview
from crm_tui.services.money.splits.record import PartSplit, kept, record_splits
from crm_tui.services.money.splits.standing import standings, there_since
from crm_tui.services.money.splits.what_if import what_if
from crm_tui.services.orders import actions as orders
from crm_tui.services.upkeep.checks import splits
from crm_tui.storage.store import Store
from tests.desk import MANAGER, Desk, open_desk

TODAY = date(2026, 9, 21)
STEPS = [
    {"from_fen": 0, "share_bp": 5000},
    {"from_fen": 9_000, "share_bp": 6000},
    {"from_fen": 13_500, "share_bp": 7000, "tenure_months": 1},
]


def add(store: Store, definition: Any, actor: Actor = MANAGER, **more: Any) -> int:
    with store.write(actor) as work:
        return add_version(work, definition, **more).version


def complete(desk: Desk, companion: int = 0, minutes: int = 60, **more: Any) -> str:
    """An order of ¥45 an hour, served and paid."""
    no = desk.order(minutes, **more)
    desk.do(orders.assign, no, desk.companions[companion])
    desk.do(orders.start, no)
    desk.wait(minutes)
    desk.do(orders.finish, no)
    amount = desk.row(no).amount_fen
    desk.do(orders.pay, no, PayChannel.CASH, amount)
    desk.do(orders.confirm, no)
    return no


def lines(desk: Desk, no: str) -> tuple[PartSplit, ...]:
    with desk.store.read() as work:
        order_id = work.session.exec(select(Order.id).where(Order.no == no)).one()
        assert order_id is not None
        return kept(work, [order_id]).get(order_id, ())


def test_versions_hold_from_their_day_for_a_store_before_the_studio(
    store: Store, clock: FixedClock, actor: Actor
) -> None:
    tomorrow = TODAY + timedelta(days=1)
    assert add(store, {"share": 7000}) == 2
    assert add(store, {"share": 7500}, valid_from=tomorrow, note=" autumn ") == 3
    assert add(store, {"share": 7600}, valid_from=tomorrow) == 4
    assert add(store, {"levels": {"大神": 8000}}, store_id=MAIN_STORE, valid_from=tomorrow) == 2
    with store.read() as work:
        assert in_force(work, MAIN_STORE, TODAY - timedelta(days=1)) == SHIPPED
        assert in_force(work, MAIN_STORE, TODAY).version == 2
        assert in_force(work, STUDIO, tomorrow).version == 4
        own = in_force(work, MAIN_STORE, tomorrow)
        assert (own.store_id, own.version, set(own.rule.scheme.levels)) == (MAIN_STORE, 2, {"god"})
        told = [(one.version, one.note) for one in versions(work)]
        assert told == [(4, ""), (3, "autumn"), (2, ""), (1, "")]
        assert own_versions(work, MAIN_STORE) == [own] == [version_of(work, 2, MAIN_STORE)]
        assert own_versions(work, STUDIO) == versions(work)
        shop = work.session.get_one(Shop, MAIN_STORE).name
        assert stores(work) == {MAIN_STORE: shop or "store 1"}
        with pytest.raises(NotFound):
            version_of(work, 5)
        assert tip_share_bp(work, STUDIO, TODAY) == 8000
    with pytest.raises(Invalid, match="today or a later"):
        add(store, {}, valid_from=TODAY - timedelta(days=1))
    with pytest.raises(Invalid) as unknown:
        add(store, {"levels": {"legend": 8000}})
    assert unknown.value.facts["field"] == "levels.legend"
    with pytest.raises(Refused):
        add(store, {}, actor)
    with pytest.raises(NotFound):
        add(store, {}, store_id=9)
    assert add(store, {"tip_share_bp": 9000}) == 5
    with store.read() as work:
        assert tip_share_bp(work, STUDIO, TODAY) == 9000


def test_the_turnover_is_that_of_the_month_so_far_without_the_order_itself(
    sqlite_store: Store, clock: FixedClock
) -> None:
    add(sqlite_store, {"share": STEPS})
    desk = open_desk(sqlite_store, clock)
    who, other, idle = desk.companions
    first, _second = complete(desk), complete(desk, minutes=30)
    complete(desk, companion=1)
    with sqlite_store.read() as work:
        order_id = lines(desk, first)[0].order_id
        calendar, now = work.calendar(), clock.now()

        def turnover(at: datetime, but: int = 0) -> dict[int, int]:
            found = standings(work, desk.companions, at, calendar, but)
            return {companion: one.turnover_fen for companion, one in found.items()}

        assert turnover(now) == {who: 6750, other: 4500, idle: 0}
        assert turnover(now, order_id)[who] == 2250
        assert turnover(now - timedelta(hours=1))[who] == 6750, "up to that very moment"
        assert turnover(calendar.starts(date(2026, 10, 1)))[who] == 0
        (ended,) = work.session.exec(select(OrderSplit.at).where(OrderSplit.order_id == order_id))
        assert turnover(ended)[who] == 4500
    with sqlite_store.write(MANAGER) as work:
        record_splits(work, order_id)
    with sqlite_store.read() as work:
        assert turnover(now)[who] == 6750, "lines that replace others count in their stead"
        october = calendar.starts(date(2026, 10, 1))
    clock.instant = october - timedelta(hours=1)
    complete(desk)
    with sqlite_store.read() as work:
        assert turnover(october)[who] == 4500, "from the first moment of the month"
        since = there_since(work)
        assert since[idle] < now - timedelta(hours=2), "from the day they were written down"
        assert since == there_since(work, desk.companions)


def test_who_accepted_an_order_before_they_were_written_down_was_there(
    sqlite_store: Store, clock: FixedClock
) -> None:
    desk = open_desk(sqlite_store, clock)
    complete(desk)
    accepted = clock.now() - timedelta(hours=1)
    with sqlite_store.write(MANAGER) as work:
        late = accepted + timedelta(days=30)
        work.session.connection().execute(update(Companion).values(created_at=late))
    with sqlite_store.read() as work:
        since = there_since(work)
    assert [since[who] for who in desk.companions] == [accepted, late, late]


def test_an_order_keeps_version_inputs_and_explanation(store: Store, clock: FixedClock) -> None:
    desk = open_desk(store, clock)
    with store.write(MANAGER) as work:
        level = work.session.exec(select(CompanionLevel).where(CompanionLevel.code == "god")).one()
        people = work.session.exec(select(Companion).order_by(Companion.id)).all()
        people[0].level_id = level.id
    first = lines(desk, complete(desk))
    assert [(one.companion_fen, one.rule_version, one.rule_id) for one in first] == [
        (3600, 1, None)
    ]
    assert (first[0].given.turnover_fen, first[0].given.tenure_months) == (0, 0), "not asked for"
    assert first[0].explanation == "net 45.00 × 80% (大神; agreed share) = 36.00"
    add(store, {"levels": {"god": STEPS}})
    found = [lines(desk, complete(desk, minutes=90)) for _each in range(3)]
    assert [(one.line.step, one.companion_fen) for (one,) in found] == [
        (1, 3375),
        (2, 4050),
        (2, 4050),
    ]
    assert found[2][0].explanation == (
        "net 67.50 × 60% (大神; ¥180 done in month 9; step 2; step 3 after 1 more months) = 40.50"
    )
    clock.instant = datetime(2026, 9, 30, 21, tzinfo=UTC)  # 05:00 on the last business day
    (night,) = lines(desk, complete(desk, minutes=30))
    assert (night.around.month, night.given.turnover_fen) == (date(2026, 9, 1), 24_750)
    clock.advance(timedelta(days=22))
    (october,) = lines(desk, complete(desk, minutes=300))
    assert (october.line.step, october.given.turnover_fen) == (1, 0)
    (after,) = lines(desk, complete(desk))
    assert (after.line.step, after.companion_fen, after.given.tenure_months) == (3, 3150, 1)
    with store.read() as work:
        texts = work.session.exec(select(OrderSplit.explanation).order_by(OrderSplit.id)).all()
    assert texts[0] == "净额 45.00 × 80 %（大神，约定分成）= 36.00"
    assert texts[-1] == "净额 45.00 × 70 %（大神，10月已做 225 元，第3档）= 31.50"


def test_several_places_and_a_hand_over_are_parted_by_place_and_time(
    store: Store, clock: FixedClock
) -> None:
    desk = open_desk(store, clock)
    add(store, {"kinds": {"escort": 7001}, "price": "list"})
    no = desk.order(60, places=2, price_fen=8001, kind=OrderKind.ESCORT)
    for who in desk.companions[:2]:
        desk.do(orders.assign, no, who)
    desk.do(orders.start, no)
    desk.wait(20)
    desk.do(orders.hand_over, no, desk.companions[2], from_id=desk.companions[1])
    desk.wait(40)
    desk.do(orders.finish, no)
    desk.do(orders.pay, no, PayChannel.CASH, 8001)
    desk.do(orders.confirm, no)
    found = lines(desk, no)
    assert [(one.companion_id, one.place, one.line.base_fen) for one in found] == [
        (desk.companions[0], 1, 4500),
        (desk.companions[1], 2, 1500),
        (desk.companions[2], 2, 3000),
    ]
    assert [one.companion_fen for one in found] == [3150, 1050, 2100]
    assert found[1].explanation == "list price 15.00 × 70.01% (part of ¥80.01; Escort) = 10.50"
    assert found[1].served == timedelta(minutes=20)


def test_what_each_party_would_get_is_seen_before(store: Store, clock: FixedClock) -> None:
    desk = open_desk(store, clock)
    one, two, three = desk.companions

    def seen(no: str, companion: int) -> Preview:
        with store.read() as work:
            return preview.of_giving(work, no, companion)

    add(store, {"share": STEPS[:2]})
    no = desk.order(120, price_fen=4001)
    told = seen(no, one)
    assert (told.companion_fen, told.studio_fen, told.filled) == (2001, 2000, 1)
    assert told.text == (
        "鹿鹿00: net 40.01 × 50% (¥0 done in month 9; step 1) = 20.01 · studio: ¥20.00"
        " · then ¥49.99 to step 2: 60%"
    )
    desk.do(orders.assign, no, one)
    desk.do(orders.start, no)
    desk.wait(30)
    rest = seen(no, two)
    assert [part.given.paid_fen for part in rest.lines] == [1000, 3001]
    assert (rest.wanted.companion, rest.wanted.companion_fen) == ("鹿鹿01", 1501)
    assert "1 of 1 places filled then: ¥20.01 to companions" in rest.text
    add(store, {"share": 9000, "price": "list"})
    pair = desk.order(60, places=2, price_fen=7000)
    assert seen(pair, two).studio_fen == 3500 - 4050
    desk.do(orders.assign, pair, two)
    both = seen(pair, three)
    assert (both.filled, both.amount_fen, both.studio_fen) == (2, 7000, -1100)
    assert "the studio loses ¥11.00" in both.text
    desk.do(orders.assign, pair, three)
    with store.read() as work:
        instead = preview.of_giving(work, pair, one, leaving_id=three)
        assert [(line.companion_id, line.place) for line in instead.lines] == [(two, 1), (one, 2)]
    with pytest.raises(NotFound):
        seen(pair, 10**6)


def test_a_rule_is_tried_on_last_month_before_it_holds(store: Store, clock: FixedClock) -> None:
    desk = open_desk(store, clock)
    for companion, minutes in ((0, 60), (1, 300), (0, 120), (0, 60)):
        complete(desk, companion, minutes)
    clock.advance(timedelta(days=20))
    complete(desk)  # in October: no part of last month
    with store.read() as work:
        tried = what_if(work, parse({"share": STEPS}))
        assert (tried.first, tried.last) == (date(2026, 9, 1), date(2026, 9, 30))
        assert (tried.orders, tried.amount_fen, tried.losses) == (4, 40_500, 0)
        assert [(one.companion, one.before_fen, one.after_fen) for one in tried.companions] == [
            ("鹿鹿01", 18_000, 11_250),
            ("鹿鹿00", 14_400, 2_250 + 4_500 + 2_700),
        ]
        assert tried.text == "companions −117.00, studio +117.00"
        generous = what_if(work, parse({"share": 10_000, "kinds": {"trial": 0}}))
        assert (generous.difference_fen, generous.losses) == (8_100, 0)
        assert what_if(work, parse({}), date(2026, 8, 15)).orders == 0
        assert what_if(work, parse({}), store_id=MAIN_STORE).text == "companions 0.00, studio 0.00"
    add(store, {"share": 5000}, store_id=MAIN_STORE)
    with store.read() as work:
        assert what_if(work, parse({"share": STEPS})).orders == 0  # its only store has its own


def test_the_doctor_makes_every_line_again(store: Store, clock: FixedClock) -> None:
    desk = open_desk(store, clock)
    complete(desk)
    add(store, {"share": STEPS, "price": "list"})
    for _each in range(3):
        no = complete(desk, minutes=120)
    with store.read() as work:
        assert splits.lines(work).ok
    with store.write(MANAGER) as work:
        work.session.exec(
            update(OrderSplit).where(col(OrderSplit.companion_fen) == 5_400).values(base_fen=1)
        )
    with store.read() as work:
        found = splits.lines(work)
        assert not found.ok and no in found.detail
