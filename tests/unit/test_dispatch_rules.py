"""Who may serve, who should, and the reasons given both ways."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crm_tui.core.errors import Invalid
from crm_tui.core.settings import definition_of, parse_setting
from crm_tui.core.words import Gender, OrderKind, Presence, Stance
from crm_tui.services.dispatch.columns import Asked
from crm_tui.services.dispatch.facts import Against, facts
from crm_tui.services.dispatch.reasons import PARTS, Why, reasons_in
from crm_tui.services.dispatch.rules import Weights, judge, ranked
from crm_tui.services.dispatch.weights import weights_of
from tests.dispatch_reference import (
    KINGS,
    NOW,
    ORDER,
    PEACE,
    Person,
    columns,
    order,
    parts_of,
    reasons_against,
)

WEIGHTS = weights_of(
    1, definition_of("dispatch.weights").default, definition_of("dispatch.styles").default
)
LULU = Person(9, "鹿鹿09")
WANTED = order(
    rank=5, gender=Gender.FEMALE, level=2, tags=frozenset({"甜"}), demands={"rank": "段5"}
)


def why(person: Person, wanted: Asked = WANTED) -> list[Why]:
    return [one.why for one in against(person, wanted)]


def against(person: Person, wanted: Asked = WANTED) -> list[Against]:
    situation = columns([person])
    mask = int(judge(situation, wanted, WEIGHTS).excluded[0])
    return facts(situation, wanted, 0, reasons_in(mask))


def told(person: Person, wanted: Asked = WANTED) -> tuple[float, dict[str, float]]:
    judged = judge(columns([person]), wanted, WEIGHTS)
    return float(judged.score[0]), {name: float(part[0]) for name, part in judged.parts.items()}


def test_who_meets_every_demand_is_eligible() -> None:
    assert why(LULU) == []


@pytest.mark.parametrize(
    ("change", "reason", "fact"),
    [
        ({"presence": Presence.OFFLINE}, Why.OFFLINE, ""),
        ({"presence": Presence.RESTING}, Why.RESTING, ""),
        ({"serves": 4, "free_in": 26}, Why.BUSY, "serves O4 until 15:30"),
        ({"serves": 4}, Why.BUSY, "serves O4, over its time"),
        ({"ranks": {PEACE: 3}}, Why.SKILL, "no 王者荣耀 among their skills"),
        ({"ranks": {KINGS: 4}}, Why.RANK, "段4 < 段5"),
        ({"ranks": {KINGS: None}}, Why.RANK, "no rank known, 段5 wanted"),
        ({"gender": Gender.MALE}, Why.GENDER, "Male, Female wanted"),
        ({"gender": Gender.UNKNOWN}, Why.GENDER, "Unknown, Female wanted"),
        ({"level": 1}, Why.LEVEL, "技术 < 大神"),
        ({"level": -1}, Why.LEVEL, "no level, 大神 wanted"),
        ({"tags": frozenset({"会唱歌"})}, Why.TAGS, "lacks 甜"),
        ({"declined": True}, Why.DECLINED, "at 15:04 (累了)"),
        ({"stance": Stance.REFUSED}, Why.REFUSED, "吵过架"),
        (
            {"tags": frozenset({"甜", "教学", "escort"})},
            Why.KIND,
            "takes Coaching, Escort only, this is Companionship",
        ),
        (
            {"hours": ((-240, -4), (20, 60))},
            Why.SCHEDULE,
            "works 11:04–15:00, 15:24–16:04, the order begins 15:04",
        ),
        ({"hours": ()}, Why.SCHEDULE, "does not work that day, the order begins 15:04"),
        ({"serves": ORDER}, Why.PLACED, ""),
        ({"kept": (ORDER, 0, 60)}, Why.PLACED, ""),
        ({"kept": (8, 36, 96)}, Why.PROMISED, "kept for O8 from 15:40"),
        ({"store": 2}, Why.STORE, "杭州店 has no bridge to 总店"),
        ({"active": False}, Why.LEFT, ""),
    ],
)
def test_each_rule_that_stands_in_the_way_is_named_with_its_fact(
    change: dict[str, Any], reason: Why, fact: str
) -> None:
    assert against(replace(LULU, **change)) == [Against(reason, fact)]
    assert reason.label and reason.remedy


def test_an_order_booked_for_later_takes_who_is_free_by_then_and_works_then() -> None:
    later = replace(WANTED, start_at=NOW + timedelta(minutes=30))
    busy = replace(LULU, serves=4, free_in=30, hours=((25, 300),), kept=(8, 90, 150))
    assert why(busy, later) == []
    assert why(replace(busy, free_in=31), later) == [Why.BUSY]
    assert why(busy, replace(later, planned_minutes=61)) == [Why.PROMISED]


def test_every_reason_is_told_and_not_only_the_first() -> None:
    stranger = replace(LULU, presence=Presence.OFFLINE, ranks={}, gender=Gender.MALE)
    assert why(stranger) == [Why.OFFLINE, Why.SKILL, Why.GENDER]


def test_an_order_without_demands_only_asks_for_the_game() -> None:
    anybody = replace(LULU, gender=Gender.UNKNOWN, level=0, tags=frozenset(), ranks={KINGS: None})
    assert why(anybody, order()) == []


TAGS = st.frozensets(st.sampled_from(["甜", "会唱歌", "幽默", "声音好听"]))
STEPS = st.one_of(st.none(), st.integers(0, 8))
PEOPLE = st.builds(
    Person,
    id=st.just(0),
    presence=st.sampled_from([Presence.IDLE, Presence.RESTING, Presence.OFFLINE]),
    gender=st.sampled_from(Gender),
    level=st.integers(-1, 4),
    rate_fen=st.integers(0, 20_000),
    tags=st.one_of(TAGS, st.frozensets(st.sampled_from(["甜", "语音", "coaching"]))),
    ranks=st.dictionaries(st.sampled_from([KINGS, PEACE]), STEPS),
    serves=st.sampled_from([0, 0, 4, ORDER]),
    free_in=st.integers(0, 120),
    kept=st.one_of(
        st.none(), st.tuples(st.sampled_from([8, ORDER]), st.just(30), st.integers(31, 90))
    ),
    hours=st.one_of(
        st.none(),
        st.lists(st.tuples(st.integers(-300, 0), st.integers(1, 120)), max_size=2).map(tuple),
    ),
    store=st.sampled_from([1, 1, 2]),
    active=st.booleans(),
    credit=st.integers(-20, 150),
    declined=st.booleans(),
    stance=st.sampled_from([None, None, *Stance]),
    rating=st.one_of(st.none(), st.floats(1, 5)),
    votes=st.integers(0, 10_000),
    together=st.integers(0, 1_000),
    load=st.integers(0, 30),
    idle_minutes=st.one_of(st.none(), st.floats(-10, 2_000)),
    answered=st.just(40),
    accepted=st.integers(0, 40),
    answer_seconds=st.one_of(st.none(), st.floats(0, 600)),
)
ORDERS = st.builds(
    order,
    rank=STEPS,
    level=STEPS,
    gender=st.sampled_from([None, *Gender]),
    tags=TAGS,
    rate_fen=st.integers(0, 20_000),
    kind=st.sampled_from(OrderKind),
    planned_minutes=st.integers(1, 60),
    start_at=st.sampled_from([None, *(NOW + timedelta(minutes=at) for at in (-5, 0, 20, 60))]),
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
        assert list(reasons_in(int(judged.excluded[place]))) == reasons_against(one, wanted)
        parts = parts_of(one, wanted, WEIGHTS)
        assert set(judged.parts) == set(parts) == set(PARTS)
        assert {name: judged.parts[name][place] for name in parts} == pytest.approx(parts)
        assert all(0 <= part <= 1 for part in parts.values())
        score = sum(WEIGHTS.parts[name] * parts[name] for name in parts)  # they add up to 1
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
        ("answers", {"answered": 20, "accepted": 18}, {"answered": 20, "accepted": 9}),
        ("answers", {"answer_seconds": 8}, {"answer_seconds": 50}),
        ("answers", {}, {"answered": 4, "accepted": 1}),
        ("style", {"tags": frozenset({"甜", "幽默"})}, {}),
        ("credit", {"credit": 100}, {"credit": 70}),
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


def test_a_kind_of_order_may_weigh_otherwise_and_the_whole_is_always_one() -> None:
    weights = weights_of(3, {"price": 1, "skill": 1, "voice": {"style": 2}})
    assert weights.of(OrderKind.COMPANION) == {"price": 0.5, "skill": 0.5}
    assert weights.of(OrderKind.VOICE) == {"price": 0.25, "skill": 0.25, "style": 0.5}
    assert set(WEIGHTS.parts) == set(PARTS)
    assert sum(WEIGHTS.parts.values()) == pytest.approx(1)


@pytest.mark.parametrize(
    "text",
    [
        '{"beauty": 1}',
        '{"voice": {"beauty": 1}}',
        '{"skill": 1, "flying": {"skill": 1}}',
        '{"skill": NaN}',
        '{"skill": Infinity}',
        '{"skill": 1e308}',
        '{"skill": true}',
        "{}",
    ],
)
def test_weights_of_what_nobody_scores_are_refused(text: str) -> None:
    with pytest.raises(Invalid):
        parse_setting("dispatch.weights", text)
