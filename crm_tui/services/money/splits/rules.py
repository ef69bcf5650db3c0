"""The split of an order by a rule: pure decisions, no I/O, no clock.

A companion's line is ``base × share``, rounded half up to the fen; what is left of the order's
amount is the studio's, so that the lines always add up. Amounts are fen, shares basis points of
the companion (10,000 = all), tenure whole months.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from types import MappingProxyType

from crm_tui.core.money import share_of
from crm_tui.core.words import OrderKind


class Price(StrEnum):
    """What a companion's share is taken of."""

    PAID = "paid"
    """What the customer pays: a discount costs both."""
    LIST = "list"
    """The list price: a discount costs the studio alone. A price agreed above the list counts as
    it is, so nobody gets less for it."""


@dataclass(frozen=True, slots=True)
class Step:
    """A share that holds from a month's turnover of ``from_fen`` on, for who has been there
    ``tenure_months`` or longer."""

    from_fen: int
    share_bp: int
    tenure_months: int = 0


@dataclass(frozen=True, slots=True)
class Scale:
    """The share by the month's turnover, from the lowest step, which begins at 0 and asks for no
    tenure. One step is a flat share; none at all stands for the share that the companion agreed
    to when they accepted the order."""

    steps: tuple[Step, ...] = ()

    @property
    def climbs(self) -> bool:
        """Whether the turnover of the month matters."""
        return len(self.steps) > 1

    def reached(self, turnover_fen: int, tenure_months: int) -> int:
        """The place, from 0, of the highest step whose turnover and tenure are there."""
        return max(
            place
            for place, step in enumerate(self.steps)
            if step.from_fen <= turnover_fen and step.tenure_months <= tenure_months
        )


AGREED = Scale()
"""The share agreed to at acceptance."""


@dataclass(frozen=True, slots=True)
class Scheme:
    """A scale for all, and others for some levels, by the level's code."""

    scale: Scale = AGREED
    levels: Mapping[str, Scale] = field(default_factory=lambda: MappingProxyType({}))

    def of(self, level: str) -> Scale:
        """The scale for a companion of ``level``."""
        return self.levels.get(level, self.scale)

    @property
    def scales(self) -> tuple[Scale, ...]:
        """All of them."""
        return self.scale, *self.levels.values()


@dataclass(frozen=True, slots=True)
class SplitRule:
    """How orders are split; a kind of order may have a scheme of its own.

    As it stands without arguments it is what holds where a studio has set no rule: everybody's
    agreed share of the price paid.
    """

    scheme: Scheme = field(default_factory=Scheme)
    kinds: Mapping[OrderKind, Scheme] = field(default_factory=lambda: MappingProxyType({}))
    price: Price = Price.PAID
    tip_share_bp: int | None = None
    """The companion's share of tips; ``None``: what the setting ``orders.tip_share_bp`` says."""

    def scale(self, kind: OrderKind, level: str) -> Scale:
        """The scale for an order of ``kind`` served by a companion of ``level``."""
        return self.kinds.get(kind, self.scheme).of(level)

    @property
    def climbs(self) -> bool:
        """Whether anybody's share depends on the month's turnover."""
        schemes = (self.scheme, *self.kinds.values())
        return any(scale.climbs for scheme in schemes for scale in scheme.scales)


@dataclass(frozen=True, slots=True)
class SplitInput:
    """All that a companion's line depends on. ``paid_fen`` and ``list_fen`` are their part of the
    order by the price paid and by the list, ``turnover_fen`` the bases of their lines of the
    business month before this order."""

    paid_fen: int
    list_fen: int
    kind: OrderKind
    level: str
    """The code of the companion's level; empty for none."""
    agreed_bp: int
    turnover_fen: int
    tenure_months: int


@dataclass(frozen=True, slots=True)
class NextStep:
    """The step above the one that holds, its number from 1, and what is missing for it before
    this order; 0 where that condition is met."""

    number: int
    share_bp: int
    missing_fen: int
    missing_months: int


@dataclass(frozen=True, slots=True)
class SplitLine:
    """What a companion gets: ``companion_fen`` = ``base_fen`` × ``share_bp``, rounded half up."""

    base_fen: int
    share_bp: int
    companion_fen: int
    agreed: bool = False
    """The share is the one agreed to at acceptance."""
    step: int = 0
    """The number of the step, from 1; 0 where the share does not depend on the turnover."""
    next: NextStep | None = None


def split(rule: SplitRule, given: SplitInput) -> SplitLine:
    """The line of one companion. The whole order counts at the step that held before it, also
    where it crosses to the next."""
    base = given.paid_fen
    if rule.price is Price.LIST:
        base = max(base, given.list_fen)
    scale = rule.scale(given.kind, given.level)
    if not scale.steps:
        return SplitLine(base, given.agreed_bp, share_of(base, given.agreed_bp), agreed=True)
    place = scale.reached(given.turnover_fen, given.tenure_months)
    share = scale.steps[place].share_bp
    companion = share_of(base, share)
    if not scale.climbs:
        return SplitLine(base, share, companion)
    above = _above(scale, place, given)
    return SplitLine(base, share, companion, step=place + 1, next=above)


def _above(scale: Scale, place: int, given: SplitInput) -> NextStep | None:
    if place + 1 == len(scale.steps):
        return None
    above = scale.steps[place + 1]
    return NextStep(
        place + 2,
        above.share_bp,
        max(above.from_fen - given.turnover_fen, 0),
        max(above.tenure_months - given.tenure_months, 0),
    )


def studio_fen(amount_fen: int, lines: Iterable[SplitLine]) -> int:
    """What the studio keeps of an order's amount; negative where it pays for the order."""
    return amount_fen - sum(line.companion_fen for line in lines)


def tenure_months(since: date, day: date) -> int:
    """Whole months from ``since`` to ``day``, 0 at least. A month is over on the same day of the
    next, or on its last day where it is shorter."""
    months = (day.year - since.year) * 12 + day.month - since.month
    last = _days_in(day.year, day.month)
    if day.day < min(since.day, last):
        months -= 1
    return max(months, 0)


def _days_in(year: int, month: int) -> int:
    first_of_next = date(year + month // 12, month % 12 + 1, 1)
    return (first_of_next - date(year, month, 1)).days
