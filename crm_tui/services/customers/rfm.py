"""What a customer is worth: recency, frequency, money, and the tier they come to (A8). Pure.

Scores and segments are those of DOMAIN.md; the edges are the setting ``customers.rfm_edges``. Days
are business days, counted from the one of the last completed order to the one asked about; an
order counts for frequency and money while it is at most :data:`WINDOW_DAYS` such days old.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

from crm_tui.core.words import Segment

WINDOW_DAYS = 90
HIGH = 4
"""A score is high from here on."""
LOWEST = 1

NAMES = {
    Segment.HIGH_VALUE: "高价值",
    Segment.HIGH_POTENTIAL: "高潜力",
    Segment.TO_WAKE: "重点唤醒",
    Segment.NEW: "新客",
    Segment.ACTIVE: "活跃",
    Segment.LOST: "流失",
    Segment.ORDINARY: "一般",
    Segment.PROSPECT: "潜客",
}
"""What documents for scripts call the segments, in every language (CLI.md)."""


@dataclass(frozen=True, slots=True)
class Edges:
    """The bounds of the scores 5, 4, 3 and 2; what is beyond all of them scores 1."""

    recency_days: Sequence[int]
    """At most so many days since the last order."""
    frequency: Sequence[int]
    """At least so many orders."""
    money_fen: Sequence[int]
    """At least so much, in fen, without tips."""

    @classmethod
    def of(cls, setting: Mapping[str, Any]) -> Edges:
        """From the setting's value, which counts money in yuan."""
        return cls(
            setting["recency_days"],
            setting["frequency"],
            [yuan * 100 for yuan in setting["money_yuan"]],
        )


@dataclass(frozen=True, slots=True)
class Tier:
    """A segment with the three scores that explain it, each 1 (low) to 5; none for a prospect."""

    segment: Segment
    r: int | None = None
    f: int | None = None
    m: int | None = None

    @property
    def name(self) -> str:
        """What documents for scripts call it."""
        return NAMES[self.segment]


def tier(
    edges: Edges, days_since: int | None, orders_ever: int, orders: int, spent_fen: int
) -> Tier:
    """The tier of a customer.

    ``days_since`` is the age of the last completed order in days (None: there is none),
    ``orders_ever`` counts all completed orders, ``orders`` and ``spent_fen`` those of the window.
    """
    if days_since is None or not orders_ever:
        return Tier(Segment.PROSPECT)
    r = next((5 - n for n, most in enumerate(edges.recency_days) if days_since <= most), LOWEST)
    f = next((5 - n for n, least in enumerate(edges.frequency) if orders >= least), LOWEST)
    m = next((5 - n for n, least in enumerate(edges.money_fen) if spent_fen >= least), LOWEST)
    return Tier(_segment(r, f, m, orders_ever), r, f, m)


def by_bands(edges: Edges) -> dict[tuple[int, int, int, int], Tier]:
    """The tier of customers in each combination of bands: how many of the edges of recency, of
    frequency and of money they miss, and whether they have one completed order (0) or more (1).

    Whoever looks at all customers at once only finds their bands; the rule stays here.
    """
    days = [*edges.recency_days, edges.recency_days[-1] + 1]
    counts, fen = [*edges.frequency, -1], [*edges.money_fen, -1]
    bands = product(range(len(days)), range(len(counts)), range(len(fen)), (0, 1))
    return {(r, f, m, n): tier(edges, days[r], n + 1, counts[f], fen[m]) for r, f, m, n in bands}


def _segment(r: int, f: int, m: int, orders_ever: int) -> Segment:
    """The first that fits, in the order of DOMAIN.md."""
    worth = f >= HIGH or m >= HIGH
    if r >= HIGH and f >= HIGH and m >= HIGH:
        return Segment.HIGH_VALUE
    if r >= HIGH and worth:
        return Segment.HIGH_POTENTIAL
    if r <= 2 and worth:
        return Segment.TO_WAKE
    if orders_ever == 1 and r >= 3:
        return Segment.NEW
    if r >= 3:
        return Segment.ACTIVE
    return Segment.LOST if r == LOWEST else Segment.ORDINARY
