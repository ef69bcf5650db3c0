"""Who may serve, who should, and the reasons given both ways."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm_tui.core.words import Gender, Presence
from crm_tui.services.dispatch.rules import (
    PARTS,
    Profile,
    Wanted,
    Weights,
    Why,
    fit,
    ranked,
    reasons_against,
)

NOW = datetime(2026, 9, 21, 15, 4, tzinfo=UTC)
WEIGHTS = Weights(1, {"skill": 0.3, "history": 0.25, "rating": 0.2, "fairness": 0.15, "price": 0.1})
KINGS, PEACE = 1, 2
LULU = Profile(
    companion_id=9,
    companion="鹿鹿09",
    presence=Presence.IDLE,
    gender=Gender.FEMALE,
    level=2,
    rate_fen=4500,
    tags=frozenset({"甜", "会唱歌"}),
    ranks={KINGS: 5, PEACE: None},
)
WANTED = Wanted(KINGS, rank=5, gender=Gender.FEMALE, level=2, tags=frozenset({"甜"}), rate_fen=4500)


def test_who_meets_every_demand_is_eligible() -> None:
    assert reasons_against(LULU, WANTED) == []


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"presence": Presence.OFFLINE}, Why.OFFLINE),
        ({"presence": Presence.RESTING}, Why.RESTING),
        ({"busy": True}, Why.BUSY),
        ({"ranks": {PEACE: 3}}, Why.SKILL),
        ({"ranks": {KINGS: 4}}, Why.RANK),
        ({"ranks": {KINGS: None}}, Why.RANK),
        ({"gender": Gender.MALE}, Why.GENDER),
        ({"gender": Gender.UNKNOWN}, Why.GENDER),
        ({"level": 1}, Why.LEVEL),
        ({"tags": frozenset({"会唱歌"})}, Why.TAGS),
        ({"declined": True}, Why.DECLINED),
    ],
)
def test_each_demand_that_is_not_met_is_named(change: dict[str, object], why: Why) -> None:
    assert reasons_against(replace(LULU, **change), WANTED) == [why]  # type: ignore[arg-type]
    assert why.label


def test_every_reason_is_told_and_not_only_the_first() -> None:
    stranger = replace(LULU, presence=Presence.OFFLINE, ranks={}, gender=Gender.MALE)
    assert reasons_against(stranger, WANTED) == [Why.OFFLINE, Why.SKILL, Why.GENDER]


def test_an_order_without_demands_only_asks_for_the_game() -> None:
    anybody = replace(LULU, gender=Gender.UNKNOWN, level=0, tags=frozenset(), ranks={KINGS: None})
    assert reasons_against(anybody, Wanted(KINGS)) == []


@given(
    rating=st.one_of(st.none(), st.floats(1, 5)),
    ratings=st.integers(0, 10_000),
    together=st.integers(0, 1_000),
    today=st.integers(0, 30),
    rank=st.one_of(st.none(), st.integers(0, 12)),
    rate=st.integers(0, 100_000),
    waited=st.integers(-600, 100_000),
)
def test_score_and_parts_stay_between_0_and_1_whatever_is_known(
    rating: float | None,
    ratings: int,
    together: int,
    today: int,
    rank: int | None,
    rate: int,
    waited: int,
) -> None:
    companion = replace(
        LULU,
        rating=rating,
        ratings=ratings,
        together=together,
        today_orders=today,
        ranks={KINGS: rank},
        rate_fen=rate,
        idle_since=NOW - timedelta(seconds=waited),
    )
    told = fit(companion, WANTED, WEIGHTS, NOW)
    assert set(told.parts) == set(PARTS)
    assert all(0 <= part <= 1 for part in told.parts.values())
    assert min(told.parts.values()) - 1e-3 <= told.score <= max(told.parts.values()) + 1e-3


@pytest.mark.parametrize(
    ("part", "better", "worse"),
    [
        ("skill", {"ranks": {KINGS: 5}}, {"ranks": {KINGS: 8}}),
        ("history", {"together": 3}, {"together": 0}),
        ("rating", {"rating": 5.0, "ratings": 200}, {"rating": 5.0, "ratings": 1}),
        ("rating", {}, {"rating": 2.0, "ratings": 3}),
        ("fairness", {"today_orders": 0}, {"today_orders": 6}),
        (
            "fairness",
            {"idle_since": NOW - timedelta(hours=1)},
            {"idle_since": NOW - timedelta(minutes=1)},
        ),
        ("price", {"rate_fen": 4500}, {"rate_fen": 6000}),
    ],
)
def test_each_part_prefers_what_a_dispatcher_would(
    part: str, better: dict[str, object], worse: dict[str, object]
) -> None:
    first, second = (replace(LULU, **change) for change in (better, worse))  # type: ignore[arg-type]
    one, other = (fit(companion, WANTED, WEIGHTS, NOW) for companion in (first, second))
    assert one.parts[part] > other.parts[part]
    assert one.score > other.score


def test_one_perfect_vote_does_not_beat_two_hundred_good_ones() -> None:
    lucky = fit(replace(LULU, rating=5.0, ratings=1), WANTED, WEIGHTS, NOW)
    proven = fit(replace(LULU, rating=4.8, ratings=200), WANTED, WEIGHTS, NOW)
    assert proven.parts["rating"] > lucky.parts["rating"]


def test_equals_are_ranked_by_load_and_then_always_the_same_way() -> None:
    told = fit(LULU, WANTED, WEIGHTS, NOW)
    trio = [replace(LULU, companion_id=3), replace(LULU, companion_id=1)]
    trio.append(replace(LULU, companion_id=0, today_orders=2))
    assert [one.companion_id for one, _ in ranked((one, told) for one in trio)] == [1, 3, 0]
