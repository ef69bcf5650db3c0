"""Who may serve, who should, and the reasons given both ways."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crm_tui.core.words import Gender, Presence, Stance
from crm_tui.services.dispatch.columns import Asked
from crm_tui.services.dispatch.reasons import PARTS, Why, reasons_in
from crm_tui.services.dispatch.rules import Weights, judge, ranked
from tests.dispatch_reference import (
    KINGS,
    PEACE,
    Person,
    columns,
    order,
    parts_of,
    reasons_against,
)

WEIGHTS = Weights(1, {"skill": 0.3, "history": 0.25, "rating": 0.2, "fairness": 0.15, "price": 0.1})
LULU = Person(9, "鹿鹿09")
WANTED = order(rank=5, gender=Gender.FEMALE, level=2, tags=frozenset({"甜"}))


def why(person: Person, wanted: Asked = WANTED) -> list[Why]:
    return reasons_in(int(judge(columns([person]), wanted, WEIGHTS).excluded[0]))


def told(person: Person, wanted: Asked = WANTED) -> tuple[float, dict[str, float]]:
    judged = judge(columns([person]), wanted, WEIGHTS)
    return float(judged.score[0]), {name: float(part[0]) for name, part in judged.parts.items()}


def test_who_meets_every_demand_is_eligible() -> None:
    assert why(LULU) == []


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"presence": Presence.OFFLINE}, Why.OFFLINE),
        ({"presence": Presence.RESTING}, Why.RESTING),
        ({"serves": 4}, Why.BUSY),
        ({"ranks": {PEACE: 3}}, Why.SKILL),
        ({"ranks": {KINGS: 4}}, Why.RANK),
        ({"ranks": {KINGS: None}}, Why.RANK),
        ({"gender": Gender.MALE}, Why.GENDER),
        ({"gender": Gender.UNKNOWN}, Why.GENDER),
        ({"level": 1}, Why.LEVEL),
        ({"tags": frozenset({"会唱歌"})}, Why.TAGS),
        ({"declined": True}, Why.DECLINED),
        ({"stance": Stance.REFUSED}, Why.REFUSED),
    ],
)
def test_each_demand_that_is_not_met_is_named(change: dict[str, Any], reason: Why) -> None:
    assert why(replace(LULU, **change)) == [reason]
    assert reason.label


def test_every_reason_is_told_and_not_only_the_first() -> None:
    stranger = replace(LULU, presence=Presence.OFFLINE, ranks={}, gender=Gender.MALE)
    assert why(stranger) == [Why.OFFLINE, Why.SKILL, Why.GENDER]


def test_an_order_without_demands_only_asks_for_the_game() -> None:
    anybody = replace(LULU, gender=Gender.UNKNOWN, level=0, tags=frozenset(), ranks={KINGS: None})
    assert why(anybody, order()) == []


TAGS = st.frozensets(st.sampled_from(["甜", "会唱歌", "幽默"]))
STEPS = st.one_of(st.none(), st.integers(0, 8))
PEOPLE = st.builds(
    Person,
    id=st.just(0),
    presence=st.sampled_from([Presence.IDLE, Presence.RESTING, Presence.OFFLINE]),
    gender=st.sampled_from(Gender),
    level=st.integers(-1, 4),
    rate_fen=st.integers(0, 20_000),
    tags=TAGS,
    ranks=st.dictionaries(st.sampled_from([KINGS, PEACE]), STEPS),
    serves=st.sampled_from([0, 0, 4]),
    declined=st.booleans(),
    stance=st.sampled_from([None, None, *Stance]),
    rating=st.one_of(st.none(), st.floats(1, 5)),
    votes=st.integers(0, 10_000),
    together=st.integers(0, 1_000),
    load=st.integers(0, 30),
    idle_minutes=st.one_of(st.none(), st.floats(-10, 2_000)),
)
ORDERS = st.builds(
    order,
    rank=STEPS,
    level=STEPS,
    gender=st.sampled_from([None, *Gender]),
    tags=TAGS,
    rate_fen=st.integers(0, 20_000),
)


@settings(max_examples=60)
@given(people=st.lists(PEOPLE, max_size=12), wanted=ORDERS)
def test_the_columns_judge_as_somebody_would_one_by_one(
    people: list[Person], wanted: Asked
) -> None:
    people = [
        replace(one, id=number, votes=one.votes if one.rating else 0)
        for number, one in enumerate(people)
    ]
    judged = judge(columns(people), wanted, WEIGHTS)
    for place, one in enumerate(people):
        assert reasons_in(int(judged.excluded[place])) == reasons_against(one, wanted)
        parts = parts_of(one, wanted, WEIGHTS)
        assert set(judged.parts) == set(parts) == set(PARTS)
        assert {name: judged.parts[name][place] for name in parts} == pytest.approx(parts)
        assert all(0 <= part <= 1 for part in parts.values())
        score = sum(WEIGHTS.parts[name] * parts[name] for name in parts)
        assert judged.score[place] == pytest.approx(score)


@pytest.mark.parametrize(
    ("part", "better", "worse"),
    [
        ("skill", {"ranks": {KINGS: 5}}, {"ranks": {KINGS: 8}}),
        ("history", {"together": 3}, {"together": 0}),
        ("rating", {"rating": 5.0, "votes": 200}, {"rating": 5.0, "votes": 1}),
        ("rating", {}, {"rating": 2.0, "votes": 3}),
        ("fairness", {"load": 0}, {"load": 6}),
        ("fairness", {"idle_minutes": 60}, {"idle_minutes": 1}),
        ("price", {"rate_fen": 4500}, {"rate_fen": 6000}),
    ],
)
def test_each_part_prefers_what_a_dispatcher_would(
    part: str, better: dict[str, Any], worse: dict[str, Any]
) -> None:
    one, other = (told(replace(LULU, **change)) for change in (better, worse))
    assert one[1][part] > other[1][part]
    assert one[0] > other[0]


def test_one_perfect_vote_does_not_beat_two_hundred_good_ones() -> None:
    _score, lucky = told(replace(LULU, rating=5.0, votes=1))
    _score, proven = told(replace(LULU, rating=4.8, votes=200))
    assert proven["rating"] > lucky["rating"]


def test_equals_are_ranked_by_load_and_then_always_the_same_way() -> None:
    trio = columns([replace(LULU, id=3), replace(LULU, id=1), replace(LULU, id=0, load=2)])
    places = ranked(trio, judge(trio, WANTED, Weights(1, {"price": 1})))
    assert trio.ids[places].tolist() == [1, 3, 0]
