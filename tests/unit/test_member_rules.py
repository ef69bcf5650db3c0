"""The arithmetic of stored value: every fen is in one part, and nothing is given twice."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm_tui.services.money.members.rules import (
    AGE_BANDS,
    BonusOnRefund,
    BonusStep,
    Level,
    Movement,
    Parts,
    bonus_bp,
    bonus_taken_back,
    by_age,
    level_for,
    next_level,
    out_of_order,
    steps_from,
    to_give_back,
    to_spend,
)

fen = st.integers(0, 10**9)
parts = st.builds(Parts, fen, fen)
SILVER = Level(1, 1, "Silver", 50_000, 500, 0)
GOLD = Level(2, 2, "Gold", 200_000, 1_000, 200)
NOON = datetime(2026, 9, 21, 4, tzinfo=UTC)


def test_the_highest_step_that_is_reached_counts_and_the_level_adds_its_own() -> None:
    data = [{"from_fen": 100_000, "bonus_bp": 1_000}, {"from_fen": 50_000, "bonus_bp": 500}]
    steps = steps_from(data)
    assert steps == (BonusStep(50_000, 500), BonusStep(100_000, 1_000))
    assert [bonus_bp(amount, steps) for amount in (49_999, 50_000, 99_999, 100_000)] == [
        0,
        500,
        500,
        1_000,
    ]
    assert bonus_bp(50_000, steps, GOLD) == 700
    assert bonus_bp(1, (), GOLD) == 200


@given(fen, parts)
def test_what_is_spent_adds_up_and_the_bonus_goes_last(amount: int, held: Parts) -> None:
    spent = to_spend(amount, held)
    assert (spent is None) == (amount > held.total_fen)
    if spent is not None:
        left = held - spent
        assert spent.total_fen == amount
        assert min(left.paid_fen, left.bonus_fen) >= 0
        assert not spent.bonus_fen or left.paid_fen == 0


@given(parts, st.data())
def test_what_is_given_back_never_turns_bonus_into_money(spent: Parts, data: st.DataObject) -> None:
    first = data.draw(st.integers(0, spent.total_fen))
    back = to_give_back(first, spent)
    rest = to_give_back(spent.total_fen - first, spent - back)
    assert back.total_fen == first
    assert back + rest == spent


@given(parts, st.data())
def test_a_refund_takes_its_share_of_the_bonus(held: Parts, data: st.DataObject) -> None:
    amount = data.draw(st.integers(0, held.paid_fen))
    taken = {rule: bonus_taken_back(amount, held, rule) for rule in BonusOnRefund}
    assert 0 <= taken[BonusOnRefund.SHARE] <= held.bonus_fen
    assert taken[BonusOnRefund.KEEP] == 0
    if held.paid_fen:
        assert taken[BonusOnRefund.ALL] == held.bonus_fen
        exact = held.bonus_fen * amount / held.paid_fen
        assert abs(taken[BonusOnRefund.SHARE] - exact) <= 0.5 + exact * 1e-12
        assert bonus_taken_back(held.paid_fen, held, BonusOnRefund.SHARE) == held.bonus_fen


@pytest.mark.parametrize(
    ("topped_up", "now", "ahead"),
    [(0, None, SILVER), (49_999, None, SILVER), (50_000, SILVER, GOLD), (200_000, GOLD, None)],
)
def test_a_level_is_reached_at_its_threshold(
    topped_up: int, now: Level | None, ahead: Level | None
) -> None:
    assert level_for(topped_up, [GOLD, SILVER]) == now
    assert next_level(topped_up, [GOLD, SILVER]) == ahead


def test_levels_rise_with_their_thresholds() -> None:
    assert not out_of_order([GOLD, SILVER])
    assert out_of_order([SILVER, Level(3, 3, "Odd", 50_000, 0, 0)])


@given(st.lists(st.tuples(st.integers(0, 800), st.integers(-500, 500)), max_size=12))
def test_ages_add_up_to_what_is_left(drawn: list[tuple[int, int]]) -> None:
    held, movements = 0, []
    for days, amount in sorted(drawn, reverse=True):
        kept = max(amount, -held)
        held += kept
        movements.append(Movement(NOON - timedelta(days=days), kept))
    assert sum(by_age(movements, NOON)) == held


def test_each_age_has_its_band() -> None:
    edges = [0, *AGE_BANDS, AGE_BANDS[-1] + 1]
    oldest_first = [Movement(NOON - timedelta(days=days), 1) for days in reversed(edges)]
    assert by_age(oldest_first, NOON) == (2, 1, 1, 1, 1)
    spent_first = [*oldest_first, Movement(NOON, -2)]
    assert by_age(spent_first, NOON) == (2, 1, 1, 0, 0)
