"""The rules of the risk alarms, over what was counted. Pure.

Each answers the parts that were seen, as JSON without personal values, or None where nothing is
wrong. :data:`VERSION` stands in every alarm; whoever changes a rule counts it up.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from importlib.resources import files
from itertools import pairwise
from math import exp, lgamma, log, log1p
from statistics import median
from typing import Any, Self

from crm_tui.core.text import fold
from crm_tui.core.words import AlarmKind

VERSION = 1
Parts = dict[str, Any]
"""What was seen."""
LEAST_USUAL = 0.02
"""A studio where next to nobody cancels does not make two cancellations a scandal."""
MOST_USUAL = 0.9
CALM_GAPS, LONG_GAPS = 2, 6
"""A silence of so many usual gaps between two orders is no sign yet, and is a full one."""
FULL_CANCELS = 3
"""So many cancellations after acceptance are a full sign."""
TERM_MINUTES: Mapping[AlarmKind, int] = {
    AlarmKind.LONG_OVERRUN: 15,
    AlarmKind.COMPLAINTS: 120,
    AlarmKind.CANCEL_RATE: 24 * 60,
    AlarmKind.PRIVATE_DEAL: 24 * 60,
}
"""Until when somebody has to have looked into it."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Where the rules begin to see something: the setting ``risk.rules``."""

    overrun_minutes: int
    """So long past the planned end …"""
    overrun_percent: int
    """… and so much of the planned time."""
    complaints: int
    complaint_days: int
    cancels: int
    """Fewer cancellations are never unusual."""
    cancel_days: int
    cancel_chance: float
    """As many or more would come about by chance less often than this."""
    pair_orders: int
    """So many orders make a customer and a companion a regular pair."""
    pair_days: int
    private_deal: float
    """The score from which on it is told, 0…1."""
    again_days: int
    """The same trouble with the same people is not told again for so long."""

    @classmethod
    def of(cls, values: Mapping[str, float]) -> Self:
        """From the value of the setting."""
        return cls(**values)  # type: ignore[arg-type]


def long_overrun(planned_minutes: int, served_minutes: int, limits: Limits) -> Parts | None:
    """Service that runs far past what was estimated, in minutes and in proportion."""
    over = served_minutes - planned_minutes
    least = max(limits.overrun_minutes, planned_minutes * limits.overrun_percent / 100)
    if over < least:
        return None
    return {"planned_minutes": planned_minutes, "served_minutes": served_minutes}


def complaints(at: Iterable[datetime], now: datetime, limits: Limits) -> Parts | None:
    """Several complaints of one customer in a short time; ``at`` is when each was made."""
    since = now - timedelta(days=limits.complaint_days)
    count = sum(1 for each in at if since < each <= now)
    if count < limits.complaints:
        return None
    return {"complaints": count, "days": limits.complaint_days}


@dataclass(frozen=True, slots=True)
class Rate:
    """How many of how many were called off."""

    cancelled: int
    of: int


def cancel_rate(theirs: Rate, everybody: Rate, limits: Limits) -> Parts | None:
    """More cancelled than chance explains, if everybody cancels as often as the studio's people do.

    ``chance`` is the upper tail of the binomial distribution,
    Σ_{i ≥ cancelled} C(n, i) p^i (1 - p)^(n - i), with n orders and p the studio's rate.
    """
    if theirs.cancelled < limits.cancels:
        return None
    usual = max(everybody.cancelled / max(everybody.of, 1), LEAST_USUAL)
    chance = upper_tail(theirs.cancelled, theirs.of, min(usual, MOST_USUAL))
    if chance >= limits.cancel_chance:
        return None
    return {
        "cancelled": theirs.cancelled,
        "of": theirs.of,
        "usual_rate": round(usual, 4),
        "chance": round(chance, 6),
        "days": limits.cancel_days,
    }


def upper_tail(least: int, of: int, rate: float) -> float:
    """The chance of ``least`` or more hits in ``of`` tries at ``rate``, above 0 and below 1.

    >>> round(upper_tail(2, 2, 0.5), 9), upper_tail(0, 9, 0.1)
    (0.25, 1.0)
    """
    if least <= 0:
        return 1.0
    return min(sum(_chance(hits, of, rate) for hits in range(least, of + 1)), 1.0)


def _chance(hits: int, of: int, rate: float) -> float:
    """Of exactly ``hits``; by logarithms, so that no number of tries is too large."""
    ways = lgamma(of + 1) - lgamma(hits + 1) - lgamma(of - hits + 1)
    return exp(ways + hits * log(rate) + (of - hits) * log1p(-rate))


@dataclass(frozen=True, slots=True)
class Pair:
    """What is known of a customer and a companion."""

    ordered_at: Sequence[datetime]
    """Their completed orders of the time looked at, oldest first."""
    served_others: int
    """Orders that the companion has begun for others since, at the hour usual for this pair."""
    cancelled: int
    """Orders that were called off after this companion had accepted."""
    words: float
    """The weight of the strongest telling word in what was noted, 0…1."""


def private_deal(
    pair: Pair, now: datetime, weights: Mapping[str, float], limits: Limits
) -> Parts | None:
    """Signs that a regular pair goes on without the studio; each with its value and its weight.

    ``score = min(1, Σ weight × value)``; the values are 0…1:

    - ``stopped``: their silence in usual gaps (the median between two orders), from
      :data:`CALM_GAPS` on, full at :data:`LONG_GAPS`; 0 unless the companion served others at the
      pair's usual hour meanwhile: who is away does no private deals here;
    - ``cancelled``: called off after acceptance, full at :data:`FULL_CANCELS`;
    - ``words``: of making contact or paying past the studio.
    """
    if len(pair.ordered_at) < limits.pair_orders:
        return None
    values = {
        "stopped": _silence(pair.ordered_at, now) if pair.served_others else 0.0,
        "cancelled": min(pair.cancelled / FULL_CANCELS, 1.0),
        "words": pair.words,
    }
    score = min(sum(weights.get(name, 0.0) * value for name, value in values.items()), 1.0)
    if score < limits.private_deal:
        return None
    return {
        "score": round(score, 3),
        "signs": {
            name: {"value": round(value, 3), "weight": weights.get(name, 0.0)}
            for name, value in values.items()
        },
        "orders": len(pair.ordered_at),
        "silent_days": (now - pair.ordered_at[-1]).days,
        "usual_gap_days": round(usual_gap(pair.ordered_at) / timedelta(days=1), 1),
        "cancelled": pair.cancelled,
    }


def usual_gap(ordered_at: Sequence[datetime]) -> timedelta:
    """The median time between two orders that follow each other; at least a day."""
    gaps = [(after - before).total_seconds() for before, after in pairwise(ordered_at)]
    return max(timedelta(seconds=median(gaps or [0])), timedelta(days=1))


def _silence(ordered_at: Sequence[datetime], now: datetime) -> float:
    gaps = (now - ordered_at[-1]) / usual_gap(ordered_at)
    return min(max((gaps - CALM_GAPS) / (LONG_GAPS - CALM_GAPS), 0.0), 1.0)


def usual_hour(hours: Iterable[int]) -> int:
    """The hour of the day at which it usually is: the most frequent, the earliest of equals."""
    seen = sorted(hours)
    return max(seen, key=seen.count)


def near(hour: int, usual: int) -> bool:
    """Whether ``hour`` is at most one off ``usual``, round the clock."""
    return (hour - usual) % 24 in (0, 1, 23)


def telling(texts: Iterable[str]) -> float:
    """The weight of the strongest telling word in ``texts``, 0…1 (``data/risk_words.toml``)."""
    said = [fold(text) for text in texts]
    found = (weight for word, weight in _telling_words() if any(word in text for text in said))
    return max(found, default=0.0)


@cache
def _telling_words() -> tuple[tuple[str, float], ...]:
    text = files("crm_tui").joinpath("data", "risk_words.toml").read_text(encoding="utf-8")
    signs = tomllib.loads(text)["sign"]
    return tuple((fold(word), float(sign["weight"])) for sign in signs for word in sign["words"])
