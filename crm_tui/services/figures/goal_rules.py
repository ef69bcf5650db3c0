"""How far a goal is reached, and what is typed for one: pure decisions."""

from __future__ import annotations

import re
from datetime import date

from crm_tui.services.figures.catalogue import Measure, Unit
from crm_tui.services.figures.periods import Period

_TYPED = re.compile(r"([+\-−]?)(\d{1,12}(?:\.\d{1,4})?)(k|千|w|万)?(%?)")
_SCALE = {None: 1, "k": 1_000, "千": 1_000, "w": 10_000, "万": 10_000}
_TYPED_AS = {Unit.FEN: 100, Unit.MINUTES: 60, Unit.RATE: 0.01}
"""What one of the typed units is in the stored ones: yuan, hours, per cent."""


def target_from(text: str, measure: Measure, baseline: float | None) -> float:
    """What a typed target means, in the measure's unit.

    Money is typed in yuan, time in hours, rates in per cent: ``200000``, ``20万``, ``30``,
    ``60%``. With a sign it is told from the baseline: ``+15%`` is so much of it more, ``+10`` and
    ``-5`` so many units (of a rate: points of a hundred). Raises ``ValueError`` for another text,
    for a relative one without a baseline, and for a target that is no such figure.
    """
    match = _TYPED.fullmatch(text.replace(" ", "").replace(",", "").lower().removesuffix("元"))
    if match is None:
        raise ValueError(text)
    sign, digits, scale, percent = match.groups()
    number = float(digits) * _SCALE[scale] * _TYPED_AS.get(measure.unit, 1)
    if not sign:
        if percent and measure.unit is not Unit.RATE:
            raise ValueError(text)
        return _checked(number, measure)
    if baseline is None:
        raise ValueError(text)
    step = baseline * float(digits) / 100 if percent else number
    return _checked(baseline + (step if sign == "+" else -step), measure)


def _checked(value: float, measure: Measure) -> float:
    """A value that the measure can have; whole where it counts. Raises ``ValueError``."""
    most = {Unit.RATE: 1.0, Unit.POINTS: 5.0}.get(measure.unit, 1e14)
    if not 0 < value <= most:
        raise ValueError(value)
    whole = measure.unit in (Unit.FEN, Unit.COUNT, Unit.MINUTES)
    return float(round(value)) if whole else round(value, 6)


def progress(
    measure: Measure, baseline: float | None, target: float, actual: float | None
) -> float | None:
    """The part of the way that is gone; 1 is all of it, below 0 is the wrong way.

    What adds up over the period (income, orders) begins with nothing: actual / target. What stands
    at a level (rates, lifetime value, days) goes from the baseline: (actual − baseline) / (target −
    baseline); without a baseline it is actual / target, and target / actual of what is to become
    less. None where nothing is measured yet.
    """
    if actual is None:
        return None
    if baseline is None and measure.less_is_better:
        return target / actual if actual else None
    if measure.adds or baseline is None:
        return actual / target
    return (actual - baseline) / (target - baseline)


def elapsed(period: Period, day: date) -> float:
    """The part of the period's business days that is over while ``day`` runs: 0 to 1.

    >>> elapsed(Period(date(2026, 9, 1), date(2026, 9, 30)), date(2026, 9, 16))
    0.5
    """
    return min(max((day - period.first).days / period.days, 0.0), 1.0)
