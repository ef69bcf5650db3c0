"""The assignment problem: who gets which order so that the total is greatest. Pure, no I/O.

Everybody is used once at most, and an order may be left over. Small problems are solved exactly
by SciPy (``min_weight_full_bipartite_matching``, the LAPJVsp algorithm of Jonker and Volgenant).
Its time grows steeply where hundreds of orders want the same companions, so large ones are cut
down first: companions get *prices* at which demand about meets supply, and of each order only the
pairs that are worth most above the price are solved, exactly again.

The prices are those of the entropic relaxation (Sinkhorn's scaling with slack on both sides, as
in Cuturi 2013): they are feasible for the dual problem, so they also prove, for the very problem at
hand, how much better any other match could be (:attr:`Match.at_most`).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.intp]
Floats = NDArray[np.float64]

EXACT_UP_TO = 40_000
"""Pairs that are solved as they are; more are cut down to a short list."""
SHORT_LIST = 40
"""Pairs kept of each order."""
SMOOTHING = (0.2, 0.05, 0.02)
"""The temperatures of the relaxation, hot to cold, as parts of the mean weight."""
SCALINGS = 40
"""At most so many scalings at each temperature."""
CLOSE_ENOUGH = 0.01
"""Mean violation of "everybody once" at which a temperature is done."""
NOBODY = -1


@dataclass(frozen=True, slots=True)
class Pairs:
    """The pairs that are possible, sorted by order: ``weights[i]`` is what it is worth to give
    order ``rows[i]`` to companion ``columns[i]``, above 0."""

    orders: int
    companions: int
    rows: Ints
    columns: Ints
    weights: Floats

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def starts(self) -> Ints:
        """Where the pairs of each order begin, and where the last one's end."""
        return np.searchsorted(self.rows, np.arange(self.orders + 1))

    def only(self, which: NDArray[np.bool_] | Ints) -> Pairs:
        """Those that ``which`` names, in this order."""
        kept = (self.rows[which], self.columns[which], self.weights[which])
        return Pairs(self.orders, self.companions, *kept)


@dataclass(frozen=True, slots=True)
class Match:
    """``columns[row]`` is the companion of an order, or :data:`NOBODY`.

    ``total`` is the weight of all pairs in it. No match of these pairs has a total above
    ``at_most``.
    """

    columns: Ints
    total: float
    at_most: float


def best_match(pairs: Pairs) -> Match:
    """The match with the greatest total: exact up to :data:`EXACT_UP_TO` pairs.

    Above that within the gap that ``total / at_most`` proves (measured: 0.999 and more).
    """
    if not len(pairs):
        return Match(np.full(pairs.orders, NOBODY), 0.0, 0.0)
    if len(pairs) <= EXACT_UP_TO:
        columns = _exact(pairs)
        total = _total(pairs, columns)
        return Match(columns, total, total)
    prices = _prices(pairs)
    columns = _filled(pairs, _exact(_short_list(pairs, prices)))
    return Match(columns, _total(pairs, columns), _bound(pairs, prices))


def first_come(pairs: Pairs, arrival: Iterable[int]) -> Match:
    """First come, first served: in order of ``arrival`` each takes the best who is left.

    What a plan is compared with; ``at_most`` is not known and infinite.
    """
    columns = _filled(pairs, np.full(pairs.orders, NOBODY), arrival)
    return Match(columns, _total(pairs, columns), float("inf"))


def _exact(pairs: Pairs) -> Ints:
    """SciPy's matching. It wants every row matched, so each has a way out of its own.

    Every row gains 1 whichever way it goes, which changes nothing, and keeps weights from being
    0, which a sparse matrix does not store.
    """
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import min_weight_full_bipartite_matching

    outs = np.arange(pairs.orders)
    gains = np.concatenate([1.0 + pairs.weights, np.ones(pairs.orders)])
    rows = np.concatenate([pairs.rows, outs])
    columns = np.concatenate([pairs.columns, pairs.companions + outs])
    shape = (pairs.orders, pairs.companions + pairs.orders)
    matched = min_weight_full_bipartite_matching(csr_array((gains, (rows, columns)), shape), True)
    taken: Ints = np.full(pairs.orders, NOBODY)
    taken[matched[0]] = matched[1]
    taken[taken >= pairs.companions] = NOBODY
    return taken


def _prices(pairs: Pairs) -> Floats:
    """What each companion is worth to the others who want them, 0 where nobody is left without.

    Scales ``exp((weight − gain of the order − price) / temperature)`` until every order and every
    companion is used about once, or left over; then once more, colder, from there. Prices need no
    more than single precision: what they are used for is exact for any prices.
    """
    from scipy.sparse import csr_array

    weights, columns = pairs.weights.astype(np.float32), pairs.columns.astype(np.int32)
    gain, price = np.zeros(pairs.orders, np.float32), np.zeros(pairs.companions, np.float32)
    starts = pairs.starts
    for part in SMOOTHING:
        heat = np.float32(part * weights.mean())
        surplus = (weights - np.repeat(gain, np.diff(starts)) - price[columns]) / heat
        shape = (pairs.orders, pairs.companions)
        kernel = csr_array((np.exp(surplus), columns, starts.astype(np.int32)), shape)
        turned, alone, unused = kernel.T, np.exp(-gain / heat), np.exp(-price / heat)
        right = np.ones(pairs.companions, np.float32)
        for _round in range(SCALINGS):
            left = 1 / (alone + kernel @ right)
            used = unused + turned @ left
            off = np.abs(right * used - 1).mean()
            right = 1 / used
            if off < CLOSE_ENOUGH:
                break
        gain = np.maximum(gain - heat * np.log(left), 0)
        price = np.maximum(price - heat * np.log(right), 0)
    return price.astype(np.float64)


def _bound(pairs: Pairs, prices: Floats) -> float:
    """What the total can't exceed: all prices, and each order's greatest gain above them."""
    gains = np.zeros(pairs.orders)
    np.maximum.at(gains, pairs.rows, pairs.weights - prices[pairs.columns])
    return float(gains.sum() + prices.sum())


def _short_list(pairs: Pairs, prices: Floats) -> Pairs:
    """The :data:`SHORT_LIST` pairs of each order that gain most above the price.

    Orders that want the same would all keep the same few among equals: differences below the
    last temperature are therefore drawn by lot, by the same lot every time.
    """
    lots = np.random.default_rng(0).random(len(pairs))
    gains = pairs.weights - prices[pairs.columns]
    gains += SMOOTHING[-1] * float(pairs.weights.mean()) * lots
    kept = []
    for start, end in pairwise(pairs.starts.tolist()):
        if end - start > SHORT_LIST:
            best = np.argpartition(gains[start:end], -SHORT_LIST)[-SHORT_LIST:]
            kept.append(start + np.sort(best))
        else:
            kept.append(np.arange(start, end))
    return pairs.only(np.concatenate(kept))


def _filled(pairs: Pairs, columns: Ints, arrival: Iterable[int] | None = None) -> Ints:
    """Orders that are left over take the best of those who are left over, too."""
    filled, free = columns.copy(), np.ones(pairs.companions, bool)
    free[columns[columns != NOBODY]] = False
    starts = pairs.starts
    for row in range(pairs.orders) if arrival is None else arrival:
        if filled[row] != NOBODY:
            continue
        mine = slice(starts[row], starts[row + 1])
        worth = np.where(free[pairs.columns[mine]], pairs.weights[mine], 0.0)
        if len(worth) and worth.max() > 0:
            taken = pairs.columns[mine][worth.argmax()]
            filled[row], free[taken] = taken, False
    return filled


def _total(pairs: Pairs, columns: Ints) -> float:
    return float(pairs.weights[columns[pairs.rows] == pairs.columns].sum())
