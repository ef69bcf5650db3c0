"""Days that are unlike the same weekday's days before them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from math import sqrt
from statistics import median

import polars as pl

from crm_tui.services.figures.measures import added
from crm_tui.services.figures.rows import Anomaly

WEEKS = 8
"""So many weeks back a day is compared."""
FEWEST = 4
"""With fewer days to compare with nothing is said."""
UNLIKE = 3.5
"""From this score on a day is told (Iglewicz and Hoaglin, 1993)."""
AS_DEVIATION = 1.4826
"""The median absolute deviation times this estimates the standard deviation."""

JUDGED = ("orders", "gross_fen", "customers", "new_customers")
Day = Mapping[str, int]
"""A day's values of what is :data:`JUDGED`."""
_QUIET: Day = dict.fromkeys(JUDGED, 0)


def daily(sold: pl.LazyFrame) -> pl.LazyFrame:
    """One row a business day (``key``) with orders: what is :data:`JUDGED`, as in
    :func:`.measures_income.revenue`; sums of ``sold``, rows of :mod:`.sales`."""
    return sold.group_by("key").agg(added(*JUDGED))


def anomalies(days: Mapping[date, Day], judged: Sequence[date]) -> list[Anomaly]:
    """Which of the days ``judged`` are unlike their weekday, the latest and the strangest first.

    A day is held against the same weekdays of the :data:`WEEKS` weeks before (a day without
    orders is 0; days before the first of ``days`` do not count, and at least :data:`FEWEST` are
    needed): score = (value − median) / max(1.4826 × MAD, noise), where MAD is the median absolute
    deviation and noise what counting alone makes: median / √n, n the median of the orders, for
    customers that of the customers. It is told from ±:data:`UNLIKE` on; a weekday on which usually
    nothing happens is not judged.
    """
    if not days:
        return []
    begun = min(days)
    told: list[Anomaly] = []
    for day in judged:
        weeks = (day - timedelta(weeks=back) for back in range(1, WEEKS + 1))
        before = [days.get(each, _QUIET) for each in weeks if each >= begun]
        if len(before) >= FEWEST:
            told += _unlike(day, days.get(day, _QUIET), before)
    return sorted(told, key=lambda one: (one.day, abs(one.score)), reverse=True)


def _unlike(day: date, values: Day, before: Sequence[Day]) -> list[Anomaly]:
    told = []
    for measure in JUDGED:
        middle, scale = expected([each[measure] for each in before], _counted(measure, before))
        score = (values[measure] - middle) / scale if scale else 0.0
        if abs(score) >= UNLIKE:
            told.append(Anomaly(day, measure, values[measure], middle, score))
    return told


def expected(values: Sequence[int], counted: float) -> tuple[float, float]:
    """The median of ``values`` and the scale of what is usual around it; see :func:`anomalies`.

    ``counted`` is how many things the values are made of in the middle.

    >>> expected([90, 100, 110, 100, 95], 100.0)
    (100, 10.0)
    >>> expected([10_000, 10_000, 10_000, 90_000], 25.0)
    (10000.0, 2000.0)
    """
    middle = median(values)
    deviation = AS_DEVIATION * median(abs(value - middle) for value in values)
    return middle, max(deviation, middle / sqrt(max(counted, 1.0)))


def _counted(measure: str, before: Sequence[Day]) -> float:
    counts = "orders" if measure == "gross_fen" else measure
    return float(median(each[counts] for each in before))
