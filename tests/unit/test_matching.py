"""The match with the greatest total: exact where it is small, provably near where it is large."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linear_sum_assignment

from crm_tui.services.dispatch import matching
from crm_tui.services.dispatch.matching import NOBODY, Match, Pairs, best_match, first_come


def pairs_of(weights: np.ndarray) -> Pairs:
    """The pairs of a matrix in which 0 means "impossible"."""
    rows, columns = np.nonzero(weights)
    orders, companions = weights.shape
    return Pairs(orders, companions, rows, columns, weights[rows, columns])


def is_a_match(match: Match, weights: np.ndarray) -> bool:
    """Nobody twice, nothing impossible, and the total is that of the pairs."""
    taken = [(row, column) for row, column in enumerate(match.columns) if column != NOBODY]
    columns = [column for _row, column in taken]
    total = sum(weights[pair] for pair in taken)
    once = len(set(columns)) == len(columns)
    return once and all(weights[pair] > 0 for pair in taken) and abs(total - match.total) < 1e-9


def by_brute_force(weights: np.ndarray) -> float:
    """The greatest total of all ways in which orders and companions can be put together."""
    orders, companions = weights.shape
    best = 0.0
    for way in product(range(-1, companions), repeat=orders):
        used = [column for column in way if column >= 0]
        if len(set(used)) == len(used):
            total = sum(weights[row, column] for row, column in enumerate(way) if column >= 0)
            best = max(best, total)
    return best


matrices = st.tuples(st.integers(1, 4), st.integers(1, 5)).flatmap(
    lambda shape: st.lists(
        st.sampled_from((0.0, 0.0, 0.1, 0.25, 0.4, 0.55, 0.9, 1.7)),
        min_size=shape[0] * shape[1],
        max_size=shape[0] * shape[1],
    ).map(lambda values: np.array(values).reshape(shape))
)


@settings(max_examples=60, deadline=None)
@given(matrices)
def test_a_small_match_is_the_best_that_brute_force_finds(weights: np.ndarray) -> None:
    match = best_match(pairs_of(weights))
    assert is_a_match(match, weights)
    assert match.total == pytest.approx(by_brute_force(weights))
    assert match.total == match.at_most


def test_nothing_possible_leaves_everybody_over() -> None:
    match = best_match(pairs_of(np.zeros((3, 2))))
    assert match.columns.tolist() == [NOBODY] * 3 and match.total == 0.0


@pytest.mark.parametrize("alike", [0.0, 0.3])
@pytest.mark.parametrize("shape", [(400, 400), (400, 250), (250, 400)])
def test_a_large_match_is_near_the_optimum_and_its_bound_holds(
    shape: tuple[int, int], alike: float
) -> None:
    """Also where all orders want the same people in the same order, which is the hard case."""
    random = np.random.default_rng(3)
    worth = (1 - alike) * random.random(shape[1]) + alike * random.random(shape)
    urgency = 1 + random.random((shape[0], 1))
    weights = np.where(random.random(shape) < 0.6, worth * urgency, 0.0)
    pairs = pairs_of(weights)
    assert len(pairs) > matching.EXACT_UP_TO
    match = best_match(pairs)
    rows, columns = linear_sum_assignment(weights, maximize=True)
    optimum = weights[rows, columns].sum()
    assert is_a_match(match, weights)
    assert 0.99 * optimum <= match.total <= optimum + 1e-6
    assert optimum <= match.at_most + 1e-3
    assert match.total > first_come(pairs, range(shape[0])).total


def test_first_come_takes_the_best_that_is_left_in_order_of_arrival() -> None:
    weights = np.array([[0.9, 0.8], [0.85, 0.1]])
    first = first_come(pairs_of(weights), (0, 1))
    assert first.columns.tolist() == [0, 1] and first.total == pytest.approx(1.0)
    assert best_match(pairs_of(weights)).columns.tolist() == [1, 0]
