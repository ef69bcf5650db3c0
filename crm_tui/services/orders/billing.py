"""Pure arithmetic of an order's bill: measured time → billable minutes → fen → shares.

Rounding rules are data with a version; this file only knows how to read and apply one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any, Self

from crm_tui.core.language import _
from crm_tui.core.money import share_of, yuan

_MINUTE = timedelta(minutes=1)

Stretch = tuple[int, datetime, datetime | None]
"""A stretch of service: the place it was served in, its start, and its end unless it runs."""


@dataclass(frozen=True, slots=True)
class Band:
    """A remainder shorter than ``limit`` minutes (or exactly that, if ``inclusive``) counts
    ``counts`` minutes."""

    limit: int
    inclusive: bool
    counts: int

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Self:
        """Read ``{"below": 15, "counts": 0}`` or ``{"up_to": 45, "counts": 30}``."""
        inclusive = "up_to" in data
        return cls(int(data["up_to" if inclusive else "below"]), inclusive, int(data["counts"]))

    def holds(self, remainder: timedelta) -> bool:
        """Whether ``remainder`` falls into this band or a lower one."""
        edge = timedelta(minutes=self.limit)
        return remainder <= edge if self.inclusive else remainder < edge


@dataclass(frozen=True, slots=True)
class RoundingRule:
    """How measured time becomes billable: whole ``unit`` minutes count as they are, the remainder
    counts what the first band that holds it says, else ``rest`` minutes."""

    name: str
    version: int
    unit: int
    bands: tuple[Band, ...]
    rest: int

    @classmethod
    def from_data(cls, name: str, data: Mapping[str, Any]) -> Self:
        """Read a rule from its JSON form; raises ``ValueError`` where it makes no sense.

        ``{"version": 1, "unit": 60, "bands": [{"below": 15, "counts": 0},
        {"up_to": 45, "counts": 30}], "rest": 60}``
        """
        try:
            bands = tuple(Band.from_data(band) for band in data["bands"])
            rule = cls(name, int(data["version"]), int(data["unit"]), bands, int(data["rest"]))
        except (KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"not a rounding rule: {name}") from error
        limits = [band.limit for band in rule.bands]
        counted = [band.counts for band in rule.bands] + [rule.rest]
        if rule.unit < 1 or limits != sorted(limits) or counted != sorted(counted):
            raise ValueError(f"rounding rule {name}: more time must never count less")
        if counted[0] < 0 or rule.rest > rule.unit:
            raise ValueError(f"rounding rule {name}: a remainder counts from 0 to one unit")
        return rule

    def billable_minutes(self, served: timedelta) -> int:
        """The minutes to bill for ``served``, exact to the second and never for negative time."""
        whole, remainder = divmod(max(served, timedelta(0)), timedelta(minutes=self.unit))
        if not remainder:
            return whole * self.unit
        counted = next((band.counts for band in self.bands if band.holds(remainder)), self.rest)
        return whole * self.unit + counted


def served_time(sessions: Iterable[tuple[datetime, datetime | None]], until: datetime) -> timedelta:
    """Time served in ``(started, ended)`` stretches; an open one counts up to ``until``."""
    spans = (max((ended or until) - started, timedelta(0)) for started, ended in sessions)
    return sum(spans, timedelta(0))


def served_together(stretches: Iterable[Stretch], until: datetime) -> timedelta:
    """Time served for an order by ``(place, started, ended)``: that of the place served longest.

    Those who serve together are not counted twice, those who follow one another in a place are
    added up.
    """
    by_place: defaultdict[int, list[tuple[datetime, datetime | None]]] = defaultdict(list)
    for place, started, ended in stretches:
        by_place[place].append((started, ended))
    times = (served_time(sessions, until) for sessions in by_place.values())
    return max(times, default=timedelta(0))


def whole_minutes(served: timedelta) -> int:
    """Completed minutes of ``served``."""
    return served // _MINUTE


def amount_fen(rate_fen: int, minutes: int, places: int = 1) -> int:
    """``minutes`` of ``places`` companions at ``rate_fen`` an hour each, in fen; what one of them
    costs is rounded half up."""
    return (rate_fen * minutes + 30) // 60 * places


def discounted(list_fen: int, discount_bp: int) -> int:
    """The price for whom ``discount_bp`` is taken off; what is taken off is rounded half up.

    >>> discounted(4_500, 500)
    4275
    """
    return list_fen - share_of(list_fen, discount_bp)


@dataclass(frozen=True, slots=True)
class Split:
    """Who gets what of an order's amount, in fen; the lines always add up to the amount."""

    share_bp: int | None
    """The companion's share in basis points (10,000 = all); the studio's cut is the rest. ``None``
    where companions with different shares have a part of it."""
    companion_fen: int
    studio_fen: int


def apportion(amount: int, weights: Sequence[int]) -> list[int]:
    """Part ``amount`` fen by ``weights``, equally where all of them are 0; the parts add up to it.

    What the first so many get together is rounded down, so that no part is off by a fen or more.
    """
    counted = weights if sum(weights) else [1] * len(weights)
    total = sum(counted)
    edges = [amount * sum(counted[:count]) // (total or 1) for count in range(len(counted) + 1)]
    return [after - before for before, after in pairwise(edges)]


def margin(studio_fen: int) -> str:
    """What is left to the studio, in words; a loss is called one."""
    if studio_fen < 0:
        return _("the studio loses ¥{amount}").format(amount=yuan(-studio_fen))
    return _("studio: ¥{amount}").format(amount=yuan(studio_fen))
