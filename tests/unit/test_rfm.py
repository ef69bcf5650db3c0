"""Scores and segments are those of DOMAIN.md."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm_tui.core.errors import Invalid
from crm_tui.core.settings import DEFINITIONS, parse_setting
from crm_tui.core.words import Segment
from crm_tui.services.customers.rfm import NAMES, Edges, tier

EDGES = Edges.of(DEFINITIONS["customers.rfm_edges"].default)


@pytest.mark.parametrize(
    ("days", "score"),
    [(0, 5), (7, 5), (8, 4), (14, 4), (15, 3), (30, 3), (31, 2), (60, 2), (61, 1), (4000, 1)],
)
def test_recency(days: int, score: int) -> None:
    assert tier(EDGES, days, 1, 0, 0).r == score


@pytest.mark.parametrize(
    ("orders", "score"), [(0, 1), (1, 1), (2, 2), (3, 3), (5, 3), (6, 4), (8, 4), (9, 5), (90, 5)]
)
def test_frequency(orders: int, score: int) -> None:
    assert tier(EDGES, 0, 100, orders, 0).f == score


@pytest.mark.parametrize(
    ("fen", "score"),
    [(0, 1), (9_999, 1), (10_000, 2), (50_000, 3), (199_999, 3), (200_000, 4), (500_000, 5)],
)
def test_money(fen: int, score: int) -> None:
    assert tier(EDGES, 0, 1, 1, fen).m == score


@pytest.mark.parametrize(
    ("days", "ever", "orders", "fen", "segment"),
    [
        (3, 20, 9, 600_000, Segment.HIGH_VALUE),
        (3, 20, 9, 10_000, Segment.HIGH_POTENTIAL),
        (3, 2, 2, 600_000, Segment.HIGH_POTENTIAL),
        (40, 20, 7, 10_000, Segment.TO_WAKE),
        (80, 20, 6, 0, Segment.TO_WAKE),
        (3, 1, 1, 6_000, Segment.NEW),
        (3, 4, 2, 6_000, Segment.ACTIVE),
        (25, 20, 8, 300_000, Segment.ACTIVE),
        (61, 1, 1, 6_000, Segment.LOST),
        (40, 1, 1, 6_000, Segment.ORDINARY),
        (None, 0, 0, 0, Segment.PROSPECT),
    ],
)
def test_the_first_segment_that_fits(
    days: int | None, ever: int, orders: int, fen: int, segment: Segment
) -> None:
    assert tier(EDGES, days, ever, orders, fen).segment is segment


@given(
    days=st.none() | st.integers(0, 400),
    ever=st.integers(0, 40),
    fen=st.integers(0, 10**7),
    share=st.floats(0, 1),
)
def test_everybody_lands_in_one_segment_with_a_name(
    days: int | None, ever: int, fen: int, share: float
) -> None:
    found = tier(EDGES, days, ever, int(ever * share), fen)
    assert found.name == NAMES[found.segment]
    assert (found.r is None) == (found.segment is Segment.PROSPECT)


@pytest.mark.parametrize(
    "text",
    [
        "{}",
        "[]",
        "not json",
        '{"recency_days": [7, 14, 30], "frequency": [9, 6, 3, 2], "money_yuan": [4, 3, 2, 1]}',
        '{"recency_days": [60, 30, 14, 7], "frequency": [9, 6, 3, 2], "money_yuan": [4, 3, 2, 1]}',
    ],
)
def test_edges_that_make_no_sense_are_refused(text: str) -> None:
    with pytest.raises(Invalid):
        parse_setting("customers.rfm_edges", text)
