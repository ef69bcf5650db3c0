"""Which payment a line without a number tells of: amount, time and payer, and nobody's guess."""

from __future__ import annotations

import doctest
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm_tui.services.money.bills import forms, matching, rowreader, wechat
from crm_tui.services.money.bills.matching import Likely, Movement, likely

NOON = datetime(2026, 9, 3, 4, tzinfo=UTC)


def moved(number: int, fen: int, minutes: float = 0, *names: str) -> Movement:
    return Movement(number, fen, NOON + timedelta(minutes=minutes), names)


@pytest.mark.parametrize("module", [forms, matching, rowreader, wechat])
def test_the_examples_hold(module: object) -> None:
    assert doctest.testmod(module).failed == 0  # type: ignore[arg-type]


def test_the_nearest_in_time_of_the_same_amount_and_way() -> None:
    lines = [moved(1, 6000, 0, "a"), moved(2, -6000, 0, "a"), moved(3, 7000, 0, "a")]
    payments = [moved(11, 6000, 30, "a"), moved(12, 6000, 600, "a"), moved(13, -6000, 2, "a")]

    found = likely(lines, payments, 24)

    assert [(pair.line_id, pair.payment_id) for pair in found] == [(2, 13), (1, 11)]
    assert found[0].confidence == 0.9
    assert likely(lines, [moved(11, 6000, 121, "a")], 2) == [], "too far apart"


def test_rivals_take_the_sureness_from_each_other() -> None:
    alone = likely([moved(1, 6000, 0, "a")], [moved(11, 6000, 10, "a")], 24)
    twins = likely([moved(1, 6000, 0, "a")], [moved(n, 6000, 10, "a") for n in (11, 12)], 24)
    lines = likely([moved(n, 6000, 0, "a") for n in (1, 2)], [moved(11, 6000, 10, "a")], 24)
    told_apart = likely(
        [moved(1, 6000, 0, "a")], [moved(11, 6000, 10, "a"), moved(12, 6000, 10, "b")], 24
    )

    assert alone[0].confidence > 0.85
    assert twins[0].confidence == lines[0].confidence == pytest.approx(0.6 * 0.891, abs=0.002)
    assert told_apart == alone


@given(
    st.lists(st.tuples(st.integers(1, 3), st.integers(0, 300)), max_size=12),
    st.lists(st.tuples(st.integers(1, 3), st.integers(0, 300)), max_size=12),
)
def test_nobody_is_matched_twice_nor_with_another_amount(
    told: list[tuple[int, int]], booked: list[tuple[int, int]]
) -> None:
    lines = [moved(place, fen, minutes) for place, (fen, minutes) in enumerate(told)]
    payments = [moved(place, fen, minutes) for place, (fen, minutes) in enumerate(booked)]

    found: list[Likely] = likely(lines, payments, 24)

    assert len({pair.line_id for pair in found}) == len(found)
    assert len({pair.payment_id for pair in found}) == len(found)
    for pair in found:
        assert lines[pair.line_id].amount_fen == payments[pair.payment_id].amount_fen
        assert 0 < pair.confidence <= 0.9
