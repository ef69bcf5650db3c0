"""The offer ladder: tier after tier, each place its own winner, nobody forgotten; both engines."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import col, select

from crm_tui.core.clock import FixedClock
from crm_tui.core.errors import NotAllowed, NotFound, Refused, Taken
from crm_tui.core.words import AlarmKind, DispatchMode, OfferState, Presence
from crm_tui.core.words import OrderStatus as S
from crm_tui.models import Companion, CompanionLevel, Offer
from crm_tui.models.alarms import Alarm
from crm_tui.services.dispatch import actions as dispatch
from crm_tui.services.dispatch import rounds
from crm_tui.services.dispatch.rounds import LadderView
from crm_tui.services.orders import actions as orders
from crm_tui.services.settings.actions import set_setting
from crm_tui.storage.store import Store, UnitOfWork
from tests.desk import MANAGER, Desk, open_desk

LEVELS = ("devil", "peak", "god", "tech", "casual")
"""Of the companions 0 to 4: the first two are the top tier, then one, then the rest."""


@pytest.fixture
def desk(store: Store, clock: FixedClock) -> Desk:
    desk = open_desk(store, clock, companions=len(LEVELS))
    with store.write(MANAGER) as work:
        levels = work.session.exec(select(CompanionLevel)).all()
        ids = {level.code: level.id for level in levels}
        for companion_id, code in zip(desk.companions, LEVELS, strict=True):
            companion = work.session.get(Companion, companion_id)
            assert companion is not None
            companion.level_id = ids[code]
    return desk


def view(desk: Desk, no: str) -> LadderView:
    with desk.store.read() as work:
        return rounds.ladder_of(work, no)


def asked(desk: Desk, no: str) -> dict[int, tuple[int, OfferState]]:
    """Of the last round: who (by place at the desk) was asked in which tier, and what they said."""
    found = view(desk, no).asked
    return {desk.companions.index(one.companion_id): (one.tier, one.state) for one in found}


def texts(desk: Desk, no: str) -> list[str]:
    return [line.text for line in desk.detail(no).history]


def alarms(desk: Desk) -> list[str]:
    with desk.store.read() as work:
        kind = col(Alarm.kind) == AlarmKind.NOBODY_TOOK
        return list(work.session.exec(select(Alarm.occasion).where(kind)).all())


OPEN, LOST, DECLINED = OfferState.OPEN, OfferState.LOST, OfferState.DECLINED
EXPIRED, ACCEPTED, RECALLED = OfferState.EXPIRED, OfferState.ACCEPTED, OfferState.RECALLED


def test_tiers_are_asked_one_after_another_and_an_earlier_one_may_still_accept(desk: Desk) -> None:
    no = desk.order()
    before = view(desk, no)
    assert ([step.fits for step in before.steps], before.number) == ([2, 1, 2], 0)
    assert desk.do(dispatch.offer, no) == 2
    row = desk.row(no)
    assert (row.tier, row.tiers, row.open_offers) == (1, 3, 2)
    assert row.widens_at == desk.clock.now() + timedelta(seconds=20)

    desk.wait(19 / 60)
    assert desk.do(dispatch.widen_due) == []
    desk.wait(1 / 60)
    assert desk.do(dispatch.widen_due) == [no]
    assert desk.do(dispatch.widen_due) == []
    assert asked(desk, no) == {0: (1, OPEN), 1: (1, OPEN), 2: (2, OPEN)}
    assert view(desk, no).steps[2].fits == 2

    desk.do(dispatch.accept, no, desk.companions[0])
    assert asked(desk, no) == {0: (1, ACCEPTED), 1: (1, LOST), 2: (2, LOST)}
    assert texts(desk, no)[1:3] == ["offered to 2 companions", "tier 2 of 3: 1 more asked"]
    with pytest.raises(Taken):
        desk.do(dispatch.accept, no, desk.companions[2])
    desk.wait(5)
    assert (desk.do(dispatch.widen_due), desk.do(dispatch.expire_due)) == ([], [])


def test_the_next_tier_is_asked_at_once_when_the_last_of_a_tier_declines_or_runs_out(
    desk: Desk,
) -> None:
    no = desk.order()
    desk.do(dispatch.offer, no)
    desk.do(dispatch.decline, no, desk.companions[0], "busy")
    assert view(desk, no).tier == 1
    desk.do(dispatch.decline, no, desk.companions[1], "busy")
    assert asked(desk, no)[2] == (2, OPEN)
    desk.do(set_setting, "dispatch.offer_seconds", "300")
    desk.wait(1)
    assert desk.do(dispatch.expire_due) == [no]
    assert asked(desk, no)[2] == (2, EXPIRED)
    assert {asked(desk, no)[3], asked(desk, no)[4]} == {(3, OPEN)}
    desk.wait(5)
    assert desk.do(dispatch.expire_due) == [no]
    assert desk.row(no).status is S.PENDING
    assert texts(desk, no)[-2:] == [
        "nobody took it: it waits again",
        "alarm: Nobody took the offer",
    ]
    assert alarms(desk) == ["round 1"]


def test_the_next_tier_can_be_asked_by_hand_until_nobody_is_left(desk: Desk) -> None:
    no = desk.order()
    with pytest.raises(NotAllowed):
        desk.do(dispatch.widen, no)
    desk.do(dispatch.offer, no)
    assert [desk.do(dispatch.widen, no), desk.do(dispatch.widen, no)] == [1, 2]
    assert view(desk, no).widens_at is None
    with pytest.raises(Refused) as refused:
        desk.do(dispatch.widen, no)
    assert refused.value.facts["reason"] == "nobody"


def test_a_round_that_finds_nobody_further_says_so_once_and_goes_on(desk: Desk) -> None:
    for index in (2, 3, 4):
        desk.do(_go_offline, desk.companions[index])
    no = desk.order()
    desk.do(dispatch.offer, no)
    desk.wait(0.5)
    assert [desk.do(dispatch.widen_due), desk.do(dispatch.widen_due)] == [[], []]
    assert texts(desk, no)[-1] == "nobody further can be asked"
    assert (desk.row(no).status, desk.row(no).widens_at) == (S.OFFERED, None)


def test_an_order_is_offered_again_by_the_same_ladder_without_who_declined(desk: Desk) -> None:
    no = desk.order()
    with pytest.raises(Refused):
        desk.do(dispatch.offer_again, no)
    desk.do(dispatch.offer, no)
    desk.do(dispatch.decline, no, desk.companions[0], "pays too little")
    desk.do(dispatch.recall, no)
    assert asked(desk, no) == {0: (1, DECLINED), 1: (1, RECALLED)}
    assert desk.do(dispatch.offer_again, no) == 1
    assert asked(desk, no) == {1: (1, OPEN)}
    desk.do(dispatch.recall, no)
    named = desk.order()
    desk.do(dispatch.offer, named, desk.companions[3:], then_ladder=True)
    desk.do(dispatch.decline, named, desk.companions[3], "")
    desk.do(dispatch.recall, named)
    desk.do(dispatch.offer_again, named)
    assert asked(desk, named) == {4: (1, OPEN)}
    assert desk.do(dispatch.widen, named) == 2


def test_whom_the_customer_named_is_asked_first_and_the_ladder_follows(desk: Desk) -> None:
    named = desk.companions[4]
    direct: dict[str, Any] = {"companion_id": named, "mode": DispatchMode.DIRECT}
    assert desk.row(desk.order(companion_id=desk.companions[3])).status is S.ACCEPTED
    desk.do(set_setting, "dispatch.direct", "ask")
    no = desk.order(**direct)
    assert asked(desk, no) == {4: (1, OPEN)}
    desk.do(dispatch.decline, no, named, "ill")
    assert asked(desk, no) == {4: (1, DECLINED), 0: (2, OPEN), 1: (2, OPEN)}
    assert texts(desk, no)[-3:] == [
        "offered to 1 companion (whom the customer named)",
        "declined by 鹿鹿04 (ill)",
        "tier 2 of 4: 2 more asked (the one named did not take it)",
    ]
    desk.do(dispatch.recall, no)
    desk.do(set_setting, "dispatch.direct_fallback", "wait")
    with pytest.raises(Refused) as refused:
        desk.do(dispatch.offer, no)
    assert "鹿鹿04" in refused.value.message()
    desk.do(_go_offline, named)
    assert desk.row(desk.order(**direct)).status is S.PENDING


def test_each_place_has_its_own_winner_and_the_rest_lose_with_the_last(desk: Desk) -> None:
    first, second, third, fourth, _fifth = desk.companions
    no = desk.order(places=3)
    desk.do(dispatch.offer, no)
    desk.do(dispatch.accept, no, second)
    assert (desk.row(no).status, view(desk, no).tier) == (S.OFFERED, 1)
    desk.do(dispatch.accept, no, first)
    assert view(desk, no).tier == 2, "nobody of the first tier is left to answer"
    desk.do(orders.release, no, "ill", companion_id=second)
    desk.do(dispatch.widen, no)
    for companion in (third, fourth):
        desk.do(dispatch.accept, no, companion)
    assert desk.row(no).status is S.ACCEPTED
    assert asked(desk, no) == {
        0: (1, ACCEPTED),
        1: (1, ACCEPTED),
        2: (2, ACCEPTED),
        3: (3, ACCEPTED),
        4: (3, LOST),
    }
    with desk.store.read() as work:
        won = work.session.exec(select(Offer.companion_id, Offer.place)).all()
    assert {one: place for one, place in won if place} == {third: 1, first: 2, fourth: 3}


def test_who_waits_in_the_middle_of_a_service_does_not_wait_for_tiers(desk: Desk) -> None:
    no = desk.order_in(S.SERVING, companion=1)
    desk.do(orders.hand_over, no)
    assert desk.do(dispatch.offer, no) == 4
    assert asked(desk, no) == dict.fromkeys((0, 2, 3, 4), (1, OPEN))
    assert (desk.row(no).tiers, desk.row(no).widens_at) == (1, None)


def test_an_offer_keeps_score_parts_and_the_version_of_the_weights(desk: Desk) -> None:
    desk.do(set_setting, "dispatch.weights", '{"price": 1}')
    no = desk.order()
    desk.do(dispatch.offer, no)
    lines = desk.detail(no).offers
    assert {(line.tier, line.round, line.weights_version) for line in lines} == {(1, 1, 1)}
    assert all(line.score == line.parts["price"] for line in lines)


def _go_offline(work: UnitOfWork, companion_id: int) -> None:
    companion = work.session.get(Companion, companion_id)
    assert companion is not None
    companion.presence = Presence.OFFLINE


def test_a_ladder_names_levels_that_exist(desk: Desk) -> None:
    with pytest.raises(NotFound, match="nope"):
        desk.do(set_setting, "dispatch.ladder", '[{"levels": ["nope"]}]')
