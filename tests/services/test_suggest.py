"""What a suggestion reads: the past, hours, promises, stores; and the answer about one of them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import insert, select

from crm_tui.core.clock import FixedClock
from crm_tui.core.errors import NotFound, Refused
from crm_tui.core.words import OfferState, OrderKind, Presence, Stance
from crm_tui.core.words import OrderStatus as S
from crm_tui.models import (
    MAIN_STORE,
    Companion,
    CompanionSkill,
    DispatchRound,
    Offer,
    Rating,
    StoreBridge,
)
from crm_tui.models import Store as Shop
from crm_tui.services.companions.schedule_actions import set_hours
from crm_tui.services.companions.schedule_rules import Stretch
from crm_tui.services.customers.stances import set_stance
from crm_tui.services.dispatch import actions as dispatch
from crm_tui.services.dispatch import reads
from crm_tui.services.dispatch.reads import Suggestion
from crm_tui.services.orders import actions as orders
from crm_tui.services.settings.actions import set_setting
from crm_tui.storage.store import Store, open_store
from tests.desk import MANAGER, Desk, open_desk


@pytest.fixture
def desk(store: Store, clock: FixedClock) -> Desk:
    return open_desk(store, clock, companions=4)


def suggest(desk: Desk, no: str) -> Suggestion:
    with desk.store.read() as work:
        return reads.suggest(work, no)


def facts(desk: Desk, no: str, companion: int) -> dict[str, str]:
    """Why the companion can't, as commands answer it."""
    with desk.store.read() as work:
        told = reads.explanation_document(reads.why_not(work, no, desk.companions[companion]))
    assert told["eligible"] is (not told["why"]) and list(told["facts"]) == told["why"]
    return dict(told["facts"])


def change(desk: Desk, index: int, **values: Any) -> None:
    with desk.store.write(MANAGER) as work:
        companion = work.session.get_one(Companion, desk.companions[index])
        for name, value in values.items():
            setattr(companion, name, value)


def test_nobody_is_sought_for_an_order_that_is_over(desk: Desk) -> None:
    for status in (S.CONFIRMING, S.COMPLETED, S.CANCELLED):
        no = desk.order_in(status)
        with pytest.raises(Refused, match="nobody is sought"):
            suggest(desk, no)


def test_an_order_for_later_takes_who_is_free_by_then_as_planned(desk: Desk) -> None:
    serving = desk.order_in(S.SERVING)
    desk.wait(20)
    soon, later = (
        desk.order(start_at=desk.clock.now() + timedelta(minutes=after)) for after in (25, 45)
    )
    assert facts(desk, soon, 0) == {"busy": f"serves {serving} until 00:04"}
    assert facts(desk, later, 0) == {}
    desk.do(orders.pause, serving)
    desk.wait(15)
    assert facts(desk, later, 0) == {"busy": f"serves {serving} until 00:19"}
    assert facts(desk, serving, 0) == {"placed": ""}


def test_who_is_kept_for_an_order_booked_ahead_gets_nothing_that_runs_into_it(desk: Desk) -> None:
    ahead = desk.order(start_at=desk.clock.now() + timedelta(minutes=90))
    desk.do(orders.assign, ahead, desk.companions[0])
    short, long = desk.order(minutes=60), desk.order(minutes=120)
    assert facts(desk, short, 0) == {}
    assert facts(desk, long, 0) == {"promised": f"kept for {ahead} from 00:34"}


def test_hours_hold_as_soon_as_any_process_has_set_them(desk: Desk, store_url: str) -> None:
    no, who = desk.order(), desk.companions[0]
    assert facts(desk, no, 0) == {}
    other = open_store(store_url, clock=desk.clock)
    with other.write(MANAGER) as work:
        set_hours(work, who, [Stretch(day, 18 * 60, 23 * 60) for day in range(7)])
    assert facts(desk, no, 0) == {"schedule": "works 18:00–23:00, the order begins 23:04"}
    with other.write(MANAGER) as work:
        set_hours(work, who, [Stretch(day, 18 * 60, 26 * 60) for day in range(7)])
    other.close()
    assert facts(desk, no, 0) == {}
    desk.wait(180)
    assert facts(desk, no, 0) == {"schedule": "works 18:00–02:00, the order begins 02:04"}


def test_kinds_among_the_tags_and_a_refusal_keep_somebody_out(desk: Desk) -> None:
    change(desk, 0, tags=["教学", "甜"])
    desk.do(set_stance, desk.customer, desk.companions[1], Stance.REFUSED, "吵过架")
    desk.do(set_stance, desk.customer, desk.companions[2], Stance.PREFERRED)
    lesson, company = desk.order(kind=OrderKind.COACHING), desk.order()
    assert facts(desk, lesson, 0) == {}
    assert facts(desk, company, 0) == {"kind": "takes Coaching only, this is Companionship"}
    assert facts(desk, company, 1) == {"refused": "吵过架"}
    best = suggest(desk, company).candidates[0]
    assert (best.companion_id, best.preferred) == (desk.companions[2], True)
    assert best.parts["history"] == 1


def test_a_bridge_lets_companions_of_another_store_serve(desk: Desk) -> None:
    no = desk.order()
    with desk.store.write(MANAGER) as work:
        work.session.add(Shop(id=2, name="杭州店"))
        work.session.flush()
        for index in (0, 1):
            work.session.get_one(Companion, desk.companions[index]).store_id = 2
        work.session.get_one(Companion, desk.companions[1]).active = False
    assert facts(desk, no, 0) == {"store": "杭州店 has no bridge to store 1"}
    assert list(facts(desk, no, 1)) == ["store", "left"]
    assert {one.companion_id for one in suggest(desk, no).candidates} == {*desk.companions[2:]}
    with desk.store.write(MANAGER) as work:
        work.session.add(StoreBridge(store_id=MAIN_STORE, companion_store_id=2))
    assert facts(desk, no, 0) == {}
    assert len(suggest(desk, no).candidates) == 3


def test_the_days_before_say_how_somebody_is_rated_and_answers(desk: Desk) -> None:
    _answered(desk, 0, [OfferState.ACCEPTED] * 6, seconds=5)
    _answered(desk, 1, [OfferState.EXPIRED] * 3 + [OfferState.LOST] * 9, seconds=60)
    done = desk.order_in(S.CONFIRMING, companion=2)
    desk.do(orders.confirm, done, 1)
    told = {one.companion_id: one.parts for one in suggest(desk, desk.order()).candidates}
    first, second, third, fourth = (told[who] for who in desk.companions)
    assert first["answers"] == round(0.7 * 9 / 11 + 0.3 * 30 / 35, 4)
    assert second["answers"] == round(0.7 * 3 / 8 + 0.3 * 30 / 60, 4)
    assert fourth["answers"] == round(0.7 * 3 / 5 + 0.15, 4)
    assert third["rating"] < fourth["rating"] == 0.875, "today's rating counts at once"
    with desk.store.write(MANAGER) as work:
        work.session.execute(
            insert(Rating).values(
                store_id=MAIN_STORE, order_id=1, companion_id=desk.companions[3], overall=5,
                rated_at=desk.clock.now() - timedelta(days=3),
            )
        )  # fmt: skip
    desk.wait(24 * 60)
    rated = {one.companion_id: one.parts for one in suggest(desk, desk.order()).candidates}
    assert rated[desk.companions[3]]["rating"] > 0.875, "a new day looks at all days before it"
    assert rated[desk.companions[2]]["rating"] == third["rating"]


def _answered(desk: Desk, index: int, states: list[OfferState], seconds: int) -> None:
    """Offers of the day before yesterday, and how they ended."""
    sent = desk.clock.now() - timedelta(days=2)
    order_id = desk.row(desk.order_in(S.CANCELLED)).id
    with desk.store.write(MANAGER) as work:
        for number, state in enumerate(states, 1):
            asked = DispatchRound(
                store_id=MAIN_STORE, order_id=order_id, number=number, mode="grab",
                opened_at=sent, expires_at=sent, closed_at=sent,
            )  # fmt: skip
            work.session.add(asked)
            work.session.flush()
            assert asked.id is not None
            work.session.add(
                Offer(
                    store_id=MAIN_STORE, round_id=asked.id, order_id=order_id,
                    companion_id=desk.companions[index], state=state, sent_at=sent,
                    expires_at=sent + timedelta(minutes=1),
                    answered_at=sent + timedelta(seconds=seconds),
                )
            )  # fmt: skip


def test_who_is_asked_in_spite_of_it_all_has_the_facts_in_the_offer(desk: Desk) -> None:
    change(desk, 0, presence=Presence.RESTING)
    no = desk.order(demands={"tags": ["甜"]})
    desk.do(dispatch.offer, no, [desk.companions[0]])
    with desk.store.read() as work:
        (offer,) = work.session.exec(select(Offer)).all()
    assert offer.score == 0
    assert offer.parts == {"why": {"resting": "", "tags": "lacks 甜"}}


def test_one_companion_has_a_place_a_score_and_the_weights_of_the_kind(desk: Desk) -> None:
    desk.do(set_setting, "dispatch.weights", '{"price": 1, "voice": {"style": 3}}')
    change(desk, 3, rate_fen=9000)
    no = desk.order(kind=OrderKind.VOICE)
    with desk.store.read() as work:
        told = reads.why_not(work, no, desk.companions[3])
        assert (told.place, told.of, told.weights_version) == (4, 4, 1)
        assert told.weights == {"price": 0.25, "style": 0.75}
        assert told.candidate.score == round(0.25 * 0.0 + 0.75 * 0.5, 4)
        assert told.best is not None and told.best.score == round(0.25 + 0.75 * 0.5, 4)
        with pytest.raises(NotFound):
            reads.why_not(work, no, 404)
        with pytest.raises(NotFound):
            reads.why_not(work, "O0921-404", desk.companions[3])


def test_hostile_names_and_tags_keep_every_column_in_line(desk: Desk) -> None:
    change(desk, 1, nick='a\x1fb,"c\x1b[31m', tags=["x\x1fy", "nan"])
    change(desk, 2, presence_since=None, level_id=None)
    with desk.store.write(MANAGER) as work:
        skill = work.session.get_one(CompanionSkill, (desk.companions[3], desk.game))
        work.session.delete(skill)
    told = suggest(desk, desk.order(demands={"tags": ["x\x1fy"]}))
    assert [one.companion_id for one in told.candidates] == [desk.companions[1]]
    assert [one.why for one in told.excluded] == [("tags",), ("tags",), ("skill", "tags")]


def test_an_empty_studio_has_nobody_to_suggest(desk: Desk) -> None:
    for index in range(4):
        change(desk, index, active=False)
    told = suggest(desk, desk.order())
    assert (told.candidates, told.excluded) == ([], [])
