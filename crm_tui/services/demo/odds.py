"""Weighted dice."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate
from typing import Generic, TypeVar

from crm_tui.core.ids import RandomSource

Choice = TypeVar("Choice")


class Odds(Generic[Choice]):
    """Choices with their weights; drawn in the time of a bisection, however many there are."""

    def __init__(self, choices: list[Choice], weights: list[float]) -> None:
        self.choices = choices
        self._sums = list(accumulate(weights))

    @classmethod
    def of(cls, pairs: Sequence[tuple[Choice, float]]) -> Odds[Choice]:
        """From ``(choice, weight)`` pairs."""
        return cls([choice for choice, _ in pairs], [weight for _, weight in pairs])

    def draw(self, random: RandomSource) -> Choice:
        """One of the choices."""
        at = bisect_right(self._sums, random.random() * self._sums[-1])
        return self.choices[min(at, len(self.choices) - 1)]
