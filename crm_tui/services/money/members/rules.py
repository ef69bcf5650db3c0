"""Pure arithmetic of stored value: bonuses, what is spent first, what is given back, levels, ages.

A customer's balance has two parts: what they paid, and the bonus that the studio added. What was
paid is spent first and the bonus last, so that what is left of the bonus is never money that could
be asked for. Amounts are fen, shares are basis points; every share is rounded half up.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import pairwise
from typing import Any


@dataclass(frozen=True, slots=True)
class Parts:
    """An amount of stored value: what of it was paid, and what is bonus."""

    paid_fen: int = 0
    bonus_fen: int = 0

    @property
    def total_fen(self) -> int:
        """Both together: what can be spent."""
        return self.paid_fen + self.bonus_fen

    def __add__(self, other: Parts) -> Parts:
        return Parts(self.paid_fen + other.paid_fen, self.bonus_fen + other.bonus_fen)

    def __sub__(self, other: Parts) -> Parts:
        return Parts(self.paid_fen - other.paid_fen, self.bonus_fen - other.bonus_fen)


@dataclass(frozen=True, slots=True)
class BonusStep:
    """A top-up of ``from_fen`` or more earns ``bonus_bp`` of it."""

    from_fen: int
    bonus_bp: int


@dataclass(frozen=True, slots=True)
class Level:
    """A membership level: reached by having topped up ``threshold_fen``; earns a discount on what
    is ordered, and a bonus on top-ups beside that of the steps."""

    id: int
    rank: int
    name: str
    threshold_fen: int
    discount_bp: int
    bonus_bp: int


class BonusOnRefund(StrEnum):
    """What becomes of the bonus when paid stored value is given back."""

    SHARE = "share"
    """The same share of it goes as of what was paid."""
    ALL = "all"
    KEEP = "keep"


def steps_from(data: Sequence[dict[str, Any]]) -> tuple[BonusStep, ...]:
    """The steps of the setting ``members.bonus_steps``, lowest first."""
    steps = [BonusStep(int(each["from_fen"]), int(each["bonus_bp"])) for each in data]
    return tuple(sorted(steps, key=lambda step: step.from_fen))


def bonus_bp(amount_fen: int, steps: Iterable[BonusStep], level: Level | None = None) -> int:
    """The share that a top-up of ``amount_fen`` earns: that of the highest step it reaches, and
    beside it what the level gives on every top-up.

    >>> steps = [BonusStep(50_000, 500), BonusStep(100_000, 1_000)]
    >>> [bonus_bp(amount, steps) for amount in (49_999, 50_000, 100_000)]
    [0, 500, 1000]
    """
    reached = [step for step in steps if step.from_fen <= amount_fen]
    highest = max(reached, key=lambda step: step.from_fen, default=BonusStep(0, 0))
    return highest.bonus_bp + (level.bonus_bp if level else 0)


def to_spend(amount_fen: int, held: Parts) -> Parts | None:
    """What of each part pays ``amount_fen``: first what was paid, the bonus last. None where both
    together do not suffice.

    >>> to_spend(60, Parts(50, 20))
    Parts(paid_fen=50, bonus_fen=10)
    """
    if amount_fen > held.total_fen:
        return None
    paid = min(amount_fen, held.paid_fen)
    return Parts(paid, amount_fen - paid)


def to_give_back(amount_fen: int, spent: Parts) -> Parts:
    """What of each part goes back to the balance when ``amount_fen`` of what was ``spent`` from it
    is refunded: what was spent last, the bonus, comes back first.

    >>> to_give_back(15, Parts(50, 10))
    Parts(paid_fen=5, bonus_fen=10)
    """
    bonus = min(amount_fen, max(spent.bonus_fen, 0))
    return Parts(amount_fen - bonus, bonus)


def bonus_taken_back(amount_fen: int, held: Parts, rule: BonusOnRefund) -> int:
    """How much of the bonus goes when ``amount_fen`` of what was paid is given back.

    By :attr:`BonusOnRefund.SHARE` what is left keeps its proportion, and with the last paid fen
    all of the bonus goes.

    >>> bonus_taken_back(200, Parts(400, 25), BonusOnRefund.SHARE)
    13
    """
    if rule is BonusOnRefund.KEEP or held.paid_fen <= 0:
        return 0
    if rule is BonusOnRefund.ALL:
        return held.bonus_fen
    return (2 * held.bonus_fen * amount_fen + held.paid_fen) // (2 * held.paid_fen)


def level_for(topped_up_fen: int, levels: Iterable[Level]) -> Level | None:
    """The highest level that so much reaches; None below all of them."""
    reached = [level for level in levels if level.threshold_fen <= topped_up_fen]
    return max(reached, key=lambda level: level.rank, default=None)


def next_level(topped_up_fen: int, levels: Iterable[Level]) -> Level | None:
    """The level that comes next; None above all of them."""
    ahead = [level for level in levels if level.threshold_fen > topped_up_fen]
    return min(ahead, key=lambda level: level.rank, default=None)


def out_of_order(levels: Iterable[Level]) -> bool:
    """Whether a higher level would be reached by topping up as much or less than a lower one."""
    by_rank = sorted(levels, key=lambda level: level.rank)
    return any(low.threshold_fen >= high.threshold_fen for low, high in pairwise(by_rank))


AGE_BANDS = (30, 90, 180, 365)
"""The liability report parts what is owed at these ages, in days."""


@dataclass(frozen=True, slots=True)
class Movement:
    """What came to a part of a customer's balance (positive), or went from it."""

    at: datetime
    amount_fen: int


def by_age(movements: Iterable[Movement], until: datetime) -> tuple[int, ...]:
    """What is left of the movements, in fen by age: up to each of :data:`AGE_BANDS` days, and
    older. What came first counts as spent first. ``movements`` come oldest first.

    >>> from datetime import UTC
    >>> day = datetime(2026, 9, 21, tzinfo=UTC)
    >>> old, new = Movement(day - timedelta(days=100), 500), Movement(day, 200)
    >>> by_age([old, new, Movement(day, -400)], day)
    (200, 0, 100, 0, 0)
    """
    left: deque[Movement] = deque()
    for each in movements:
        if each.amount_fen > 0:
            left.append(each)
            continue
        going = -each.amount_fen
        while going and left:
            oldest = left.popleft()
            taken = min(going, oldest.amount_fen)
            going -= taken
            if taken < oldest.amount_fen:
                left.appendleft(Movement(oldest.at, oldest.amount_fen - taken))
    bands = [0] * (len(AGE_BANDS) + 1)
    for each in left:
        age = until - each.at
        band = sum(age > timedelta(days=days) for days in AGE_BANDS)
        bands[band] += each.amount_fen
    return tuple(bands)
