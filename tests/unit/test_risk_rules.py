"""The rules of risk alarms: where they begin, and what they leave alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm_tui.core.settings import DEFINITIONS, parse_setting
from crm_tui.services.risk import rules
from crm_tui.services.risk.rules import Limits, Pair, Rate

NOW = datetime(2026, 9, 21, 15, tzinfo=UTC)
LIMITS = Limits.of(DEFINITIONS["risk.rules"].default)
WEIGHTS = DEFINITIONS["risk.private_deal_weights"].default
EVERY_THIRD_DAY = [NOW - timedelta(days=20 + 3 * back) for back in reversed(range(5))]
"""Five orders, the last one twenty days ago."""
SUSPECT = Pair(EVERY_THIRD_DAY, served_others=3, cancelled=1, words=0.8)


@pytest.mark.parametrize(
    ("planned", "served", "far"),
    [(60, 89, False), (60, 90, True), (240, 300, False), (240, 360, True), (20, 45, False)],
)
def test_far_over_time_is_a_matter_of_minutes_and_of_proportion(
    planned: int, served: int, far: bool
) -> None:
    assert bool(rules.long_overrun(planned, served, LIMITS)) is far


def test_complaints_count_within_their_days_only() -> None:
    at = [NOW - timedelta(days=days) for days in (1, 3, 6.9)]
    assert rules.complaints(at, NOW, LIMITS) == {"complaints": 3, "days": 7}
    assert rules.complaints([*at[:2], NOW - timedelta(days=7)], NOW, LIMITS) is None


def test_cancelling_is_unusual_only_against_what_is_usual() -> None:
    assert rules.cancel_rate(Rate(4, 8), Rate(50, 1000), LIMITS)
    assert rules.cancel_rate(Rate(4, 8), Rate(400, 1000), LIMITS) is None, "as everybody does"
    assert rules.cancel_rate(Rate(4, 60), Rate(50, 1000), LIMITS) is None, "of very many orders"
    assert rules.cancel_rate(Rate(2, 2), Rate(0, 1000), LIMITS) is None, "too few to tell"


@given(st.integers(0, 60), st.integers(1, 60), st.floats(0.01, 0.9))
def test_the_tail_is_a_chance_that_falls(least: int, of: int, rate: float) -> None:
    here, next_one = (rules.upper_tail(each, of, rate) for each in (least, least + 1))
    assert 0 <= next_one <= here <= 1
    if least == 1:
        assert here == pytest.approx(1 - (1 - rate) ** of)


def test_a_private_deal_is_told_with_its_signs_and_their_weights() -> None:
    parts = rules.private_deal(SUSPECT, NOW, WEIGHTS, LIMITS)
    assert parts is not None
    assert parts["silent_days"] == 20 and parts["usual_gap_days"] == 3
    signs = parts["signs"]
    assert signs["stopped"] == {"value": 1.0, "weight": 0.45}
    assert signs["words"]["value"] == 0.8
    total = sum(sign["value"] * sign["weight"] for sign in signs.values())
    assert parts["score"] == pytest.approx(min(total, 1), abs=0.001)


@pytest.mark.parametrize(
    "pair",
    [
        replace(SUSPECT, ordered_at=EVERY_THIRD_DAY[:3]),
        replace(SUSPECT, served_others=0),
        replace(SUSPECT, cancelled=0, words=0.0),
        replace(SUSPECT, ordered_at=[at + timedelta(days=18) for at in EVERY_THIRD_DAY]),
    ],
    ids=["no regulars", "the companion was away", "silence alone", "no silence"],
)
def test_one_sign_alone_is_no_private_deal(pair: Pair) -> None:
    assert rules.private_deal(pair, NOW, WEIGHTS, LIMITS) is None


def test_telling_words_are_found_in_any_width_and_case() -> None:
    assert rules.telling(["晚上可以吗", "她让我加ＶＸ"]) == 0.6
    assert rules.telling(["说以后私下约", "加微信"]) == 1.0
    assert rules.telling(["声音好听"]) == 0.0


def test_hours_are_near_round_the_clock() -> None:
    assert rules.usual_hour([23, 22, 23, 1]) == 23
    assert rules.near(0, 23) and rules.near(22, 23) and not rules.near(1, 23)


def test_the_setting_keeps_what_is_not_named() -> None:
    assert parse_setting("risk.rules", '{"complaints": 2}')["complaint_days"] == 7
    for wrong in (
        '{"complaint": 2}',
        '{"complaints": -1}',
        '{"complaints": true}',
        '{"complaint_days": 1e15}',
        "[]",
    ):
        with pytest.raises(Exception, match="not valid"):
            parse_setting("risk.rules", wrong)
