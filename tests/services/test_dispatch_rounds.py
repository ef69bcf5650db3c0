"""Suggestions and rounds of offers, on both engines."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import col, select

from crm_tui.core.clock import FixedClock
from crm_tui.core.errors import NotAllowed, NotFound, Refused, Taken
from crm_tui.core.words import Gender, OfferState, PayChannel, Presence
from crm_tui.core.words import OrderStatus as S
from crm_tui.models import Companion, CompanionSkill, Ladder, LadderRank
from crm_tui.services.dispatch import actions as dispatch
from crm_tui.services.dispatch import reads
from crm_tui.services.dispatch.reads import Suggestion
from crm_tui.services.dispatch.reasons import PARTS
from crm_tui.services.orders import actions as orders
from crm_tui.services.settings.actions import set_setting
from crm_tui.storage.store import Store
from tests.desk import MANAGER, Desk, open_desk


@pytest.fixture
def desk(store: Store, clock: FixedClock) -> Desk:
    return open_desk(store, clock, companions=4)


def suggest(desk: Desk, no: str, limit: int = 20) -> Suggestion:
    with desk.store.read() as work:
        return reads.suggest(work, no, limit)


def change(desk: Desk, index: int, **values: Any) -> None:
    with desk.store.write(MANAGER) as work:
        companion = work.session.get(Companion, desk.companions[index])
        for name, value in values.items():
            setattr(companion, name, value)


def states(desk: Desk, no: str) -> dict[int, OfferState]:
    return {line.companion_id: line.state for line in desk.detail(no).offers}


def texts(desk: Desk, no: str) -> list[str]:
    return [line.text for line in desk.detail(no).history]


def test_candidates_come_with_parts_and_the_others_with_every_reason(desk: Desk) -> None:
    _first, resting, busy, _male = desk.companions
    desk.order_in(S.SERVING, companion=2)
    change(desk, 1, presence=Presence.RESTING)
    change(desk, 3, gender=Gender.MALE, presence=Presence.OFFLINE)
    change(desk, 0, gender=Gender.FEMALE, tags=["甜", "会唱歌"])
    change(desk, 1, gender=Gender.FEMALE)
    no = desk.order(demands={"gender": "female", "tags": ["甜"]})

    told = suggest(desk, no)
    assert [one.companion_id for one in told.candidates] == [desk.companions[0]]
    assert set(told.candidates[0].parts) == set(PARTS)
    why = {one.companion_id: list(one.why) for one in told.excluded}
    assert why == {
        resting: ["resting", "tags"],
        busy: ["busy", "gender", "tags"],
        desk.companions[3]: ["offline", "gender", "tags"],
    }
    assert reads.document(told)["candidates"][0]["companion"] == "鹿鹿00"


def test_a_demanded_rank_is_met_by_that_rank_or_a_higher_one(desk: Desk) -> None:
    with desk.store.write(MANAGER) as work:
        ranks = work.session.exec(
            select(LadderRank)
            .join(Ladder, col(Ladder.id) == col(LadderRank.ladder_id))
            .where(Ladder.game_id == desk.game)
            .order_by(col(LadderRank.position))
        ).all()
        for companion_id, rank in zip(desk.companions, ranks[2:6], strict=True):
            skill = work.session.get(CompanionSkill, (companion_id, desk.game))
            assert skill is not None
            skill.rank_id = rank.id
    told = suggest(desk, desk.order(demands={"rank": ranks[4].name}))
    assert [one.companion_id for one in told.candidates] == desk.companions[2:]
    assert told.candidates[0].parts["skill"] > told.candidates[1].parts["skill"]
    assert [one.why for one in told.excluded] == [("rank",), ("rank",)]


def test_who_played_with_the_customer_and_was_rated_well_comes_first(desk: Desk) -> None:
    desk.order_in(S.COMPLETED, companion=3)
    no = desk.order_in(S.CONFIRMING, companion=3)
    desk.do(orders.confirm, no, 5)
    desk.do(orders.pay, no, PayChannel.CASH, 4500)
    desk.wait(24 * 60)
    best = suggest(desk, desk.order(), limit=2).candidates
    assert best[0].companion_id == desk.companions[3]
    assert best[0].parts["history"] == 0.5
    assert best[0].parts["rating"] > best[1].parts["rating"]
    assert len(best) == 2


def test_weights_are_a_setting_with_a_version(desk: Desk) -> None:
    no = desk.order()
    assert suggest(desk, no).weights_version == 0
    desk.do(set_setting, "dispatch.weights", '{"price": 1}')
    told = suggest(desk, no)
    assert told.weights_version == 1
    assert told.candidates[0].score == told.candidates[0].parts["price"]


def test_suggesting_for_an_unknown_order_says_so(desk: Desk) -> None:
    with pytest.raises(NotFound):
        suggest(desk, "O0921-404")


def test_an_offer_goes_to_all_who_are_eligible_and_the_first_takes_it(desk: Desk) -> None:
    change(desk, 3, presence=Presence.OFFLINE)
    no = desk.order()
    assert desk.do(dispatch.offer, no) == 3
    row = desk.row(no)
    assert (row.status, row.open_offers) == (S.OFFERED, 3)
    assert row.due_at == desk.clock.now() + timedelta(seconds=60)
    first, second, third, _ = desk.companions
    desk.do(dispatch.accept, no, second)
    assert states(desk, no) == {
        first: OfferState.LOST,
        second: OfferState.ACCEPTED,
        third: OfferState.LOST,
    }
    with pytest.raises(Taken) as taken:
        desk.do(dispatch.accept, no, first)
    assert taken.value.facts["by"] == "鹿鹿01"


def test_named_companions_are_asked_and_nobody_else_can_accept(desk: Desk) -> None:
    no = desk.order()
    desk.do(dispatch.offer, no, [desk.companions[2], desk.companions[2]])
    with pytest.raises(Refused) as refused:
        desk.do(dispatch.accept, no, desk.companions[0])
    assert refused.value.facts["reason"] == "no_offer"
    with pytest.raises(NotAllowed):
        desk.do(dispatch.offer, no)
    assert list(states(desk, no)) == [desk.companions[2]]


def test_with_nobody_to_ask_the_order_goes_on_waiting(desk: Desk) -> None:
    for index in range(4):
        change(desk, index, presence=Presence.OFFLINE)
    no = desk.order()
    with pytest.raises(Refused) as refused:
        desk.do(dispatch.offer, no)
    assert refused.value.facts["reason"] == "nobody"
    assert desk.row(no).version == 1


def test_after_the_last_refusal_the_order_waits_again_and_they_are_not_asked_twice(
    desk: Desk,
) -> None:
    first, second = desk.companions[:2]
    no = desk.order()
    desk.do(dispatch.offer, no, [first, second])
    desk.do(dispatch.decline, no, first, "累了")
    assert (desk.row(no).status, desk.row(no).open_offers) == (S.OFFERED, 1)
    desk.do(dispatch.decline, no, second, "吃饭")
    assert desk.row(no).status is S.PENDING
    assert texts(desk, no)[-3:] == [
        "declined by 鹿鹿01 (吃饭)",
        "nobody took it: it waits again",
        "alarm: Nobody took the offer",
    ]
    assert [one.companion_id for one in suggest(desk, no).candidates] == desk.companions[2:]
    desk.do(dispatch.offer, no)
    assert set(states(desk, no)) == set(desk.companions)


def test_offers_run_out_and_the_order_waits_again(desk: Desk) -> None:
    no = desk.order()
    desk.do(dispatch.offer, no, desk.companions[:2])
    desk.wait(0.99)
    assert desk.do(dispatch.expire_due) == []
    desk.wait(0.01)
    with pytest.raises(Refused):
        desk.do(dispatch.accept, no, desk.companions[0])
    assert desk.do(dispatch.expire_due) == [no]
    assert desk.row(no).status is S.PENDING
    assert set(states(desk, no).values()) == {OfferState.EXPIRED}
    assert texts(desk, no)[-3] == "2 offers expired"
    assert desk.do(dispatch.expire_due) == []


def test_recalling_ends_every_offer(desk: Desk) -> None:
    no = desk.order_in(S.OFFERED)
    desk.do(dispatch.recall, no)
    assert desk.row(no).status is S.PENDING
    assert set(states(desk, no).values()) == {OfferState.RECALLED}


def test_assigning_an_offered_order_ends_its_offers(desk: Desk) -> None:
    first, second, third = desk.companions[:3]
    no = desk.order()
    desk.do(dispatch.offer, no, [first, second])
    desk.do(orders.assign, no, first)
    assert states(desk, no) == {first: OfferState.ACCEPTED, second: OfferState.LOST}
    other = desk.order()
    desk.do(dispatch.offer, other, [second, third])
    desk.do(orders.cancel, other, "no time")
    assert set(states(desk, other).values()) == {OfferState.RECALLED}


def test_who_took_another_order_meanwhile_can_not_take_a_second(desk: Desk) -> None:
    one, other = desk.order(), desk.order()
    for no in (one, other):
        desk.do(dispatch.offer, no, desk.companions[:2])
    desk.do(dispatch.accept, one, desk.companions[0])
    with pytest.raises(Refused) as refused:
        desk.do(dispatch.accept, other, desk.companions[0])
    assert refused.value.facts["reason"] == "busy"
    assert desk.row(other).open_offers == 2
