"""The catalogue of measures: what own reports and goals can choose from.

A measure is an expression that aggregates rows of one of the columnar copy's frames; the formulas
are those of :mod:`.measures`. Where it can be told from several frames, the first that knows the
columns asked for (group, filter) is taken: orders by day come from ``lines``, by companion from
``served``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

import polars as pl

from crm_tui.core.errors import Invalid
from crm_tui.core.language import N_, _, in_every_language, joined
from crm_tui.core.money import yuan
from crm_tui.core.text import fold
from crm_tui.services.figures.measures import CUSTOMERS, GROSS, NEW, ORDERS, half_up


class Unit(StrEnum):
    """What a measure counts in."""

    FEN = "fen"
    COUNT = "count"
    MINUTES = "minutes"
    DAYS = "days"
    POINTS = "points"
    """Of a rating, 1 to 5."""
    RATE = "rate"
    """From 0 to 1."""

    @property
    def wanted(self) -> str:
        """What is to be typed for it, in the language in force."""
        return _(_WANTED[self.value])

    def shown(self, value: float | None) -> str:
        """A value as people read it: yuan, hours, per cent; empty for none.

        >>> Unit.MINUTES.shown(90), Unit.RATE.shown(0.4216), Unit.COUNT.shown(1200)
        ('1.5', '42.2%', '1,200')
        """
        if value is None:
            return ""
        if self is Unit.FEN:
            return yuan(round(value))
        if self is Unit.MINUTES:
            return f"{value / 60:,.1f}"
        if self is Unit.RATE:
            return f"{value:.1%}"
        return f"{value:.2f}" if self is Unit.POINTS else f"{value:,.10g}"

    def change(self, value: float | None, before: float | None) -> float | None:
        """How much more ``value`` is than ``before``: as a part of it, of a rate in percentage
        points. None where there is nothing to compare.

        >>> Unit.FEN.change(150, 200), Unit.RATE.change(0.5, 0.25), Unit.COUNT.change(3, 0)
        (-0.25, 25.0, None)
        """
        if value is None or before is None:
            return None
        if self is Unit.RATE:
            return 100 * (value - before)
        return (value - before) / abs(before) if before else None


_WANTED = {
    "fen": N_("an amount in yuan"),
    "count": N_("a number"),
    "minutes": N_("hours"),
    "days": N_("days"),
    "points": N_("points to 5"),
    "rate": N_("a rate such as 60%"),
}


class Basis(StrEnum):
    """A frame of the columnar copy, and what one of its rows is."""

    LINES = "lines"
    """A completed order, on its business day."""
    SERVED = "served"
    """A companion who served a completed order to its end."""
    OFFERS = "offers"
    """An offer that was answered or ran out."""
    BOOKS = "books"
    """What the ledger posted in a store and an hour."""
    SHARES = "shares"
    """What a companion earned on a day."""
    EVER = "ever"
    """A customer with a completed order, whenever it was."""
    FIRSTS = "firsts"
    """A customer, on the business day of the first completed order."""
    JOINED = "joined"
    """A customer, on the business day on which the studio came to know them."""


@dataclass(frozen=True, slots=True, eq=False)
class Measure:
    """A figure that can be asked for."""

    name: str
    """Its name for scripts; fen end with ``_fen``."""
    title: str
    """What people call it (msgid)."""
    unit: Unit
    told_by: Mapping[Basis, pl.Expr]
    """The aggregation, by the frames that it can be told from, the nearest first."""
    adds: bool = False
    """Whether the parts of a period add up to the whole; a missing part is then 0."""
    less_is_better: bool = False
    counts: str = ""
    """The column that is true of the orders which it counts; empty for all of them."""

    @property
    def label(self) -> str:
        """What people call it, in the language in force."""
        return _(self.title)


SATISFIED = 4
"""A customer who rates at least so is satisfied."""


def _rate(part: pl.Expr, whole: pl.Expr) -> pl.Expr:
    """``part / whole``; null for nothing."""
    return pl.when(whole > 0).then(part / whole)


def _of_orders(lines: pl.Expr, served: pl.Expr | None = None) -> dict[Basis, pl.Expr]:
    """What is told of orders; of the rows of those who served them in the same words, where these
    do not count an order once for each of its companions."""
    return {Basis.LINES: lines, Basis.SERVED: lines if served is None else served}


_CUSTOMER, _ORDER = pl.col("customer_id"), pl.col("order_id")
_DISTINCT = _ORDER.n_unique().cast(pl.Int64)
_NEWCOMERS = _CUSTOMER.filter(pl.col("new")).n_unique().cast(pl.Int64)
_BUYERS = _CUSTOMER.filter(_ORDER.is_first_distinct())
"""The customer of each order, once."""


def _again(buyers: pl.Expr) -> pl.Expr:
    """The part of the customers with an order who have two or more (``measures.AGAIN``)."""
    return _rate(buyers.filter(buyers.is_duplicated()).n_unique(), CUSTOMERS)


_ALL = (
    Measure("orders", N_("Orders"), Unit.COUNT, _of_orders(ORDERS, _DISTINCT), adds=True),
    Measure("gross_fen", N_("Income"), Unit.FEN, _of_orders(GROSS), adds=True),
    Measure("tips_fen", N_("Tips"), Unit.FEN, _of_orders(pl.sum("tips_fen")), adds=True),
    Measure("minutes", N_("Hours"), Unit.MINUTES, _of_orders(pl.sum("minutes")), adds=True),
    Measure(
        "average_fen",
        N_("Average order"),
        Unit.FEN,
        _of_orders(half_up(GROSS, ORDERS), half_up(GROSS, _DISTINCT)),
    ),
    Measure("customers", N_("Active customers"), Unit.COUNT, _of_orders(CUSTOMERS)),
    Measure(
        "new_customers",
        N_("New customers"),
        Unit.COUNT,
        _of_orders(NEW, _NEWCOMERS),
        adds=True,
        counts="new",
    ),
    Measure(
        "repurchase_rate",
        N_("Repurchase"),
        Unit.RATE,
        _of_orders(_again(_CUSTOMER), _again(_BUYERS)),
    ),
    Measure("spent_fen", N_("Spent a customer"), Unit.FEN, _of_orders(half_up(GROSS, CUSTOMERS))),
    Measure(
        "renewals",
        N_("Renewals"),
        Unit.COUNT,
        _of_orders(_ORDER.filter(pl.col("renewal")).n_unique().cast(pl.Int64)),
        adds=True,
        counts="renewal",
    ),
    Measure("rating", N_("Rating"), Unit.POINTS, {Basis.SERVED: pl.mean("rating")}),
    Measure(
        "satisfied_rate",
        N_("Satisfied"),
        Unit.RATE,
        {Basis.SERVED: (pl.col("rating") >= SATISFIED).mean()},
    ),
    Measure("punctual_rate", N_("Punctuality"), Unit.RATE, {Basis.SERVED: pl.mean("on_time")}),
    Measure("acceptance_rate", N_("Acceptance"), Unit.RATE, {Basis.OFFERS: pl.mean("accepted")}),
    Measure("studio_fen", N_("Studio"), Unit.FEN, {Basis.BOOKS: pl.sum("studio_fen")}, adds=True),
    Measure(
        "refunds_fen", N_("Refunds"), Unit.FEN, {Basis.BOOKS: pl.sum("refunds_fen")}, adds=True
    ),
    Measure("share_fen", N_("Share"), Unit.FEN, {Basis.SHARES: pl.sum("share_fen")}, adds=True),
    Measure(
        "ltv_fen",
        N_("Lifetime value"),
        Unit.FEN,
        dict.fromkeys((Basis.EVER, Basis.FIRSTS), half_up(GROSS, CUSTOMERS)),
    ),
    Measure(
        "cycle_days",
        N_("Sales cycle"),
        Unit.DAYS,
        {Basis.FIRSTS: (pl.col("day") - pl.col("joined_day")).dt.total_days().median()},
        less_is_better=True,
    ),
    Measure("joined", N_("Joined"), Unit.COUNT, {Basis.JOINED: CUSTOMERS}, adds=True),
    Measure(
        "conversion_rate",
        N_("Conversion"),
        Unit.RATE,
        {Basis.JOINED: pl.col("first_day").is_not_null().mean()},
    ),
)
MEASURES: Mapping[str, Measure] = {measure.name: measure for measure in _ALL}
"""By name, in the order in which they are offered."""


def measure_called(text: str, field: str = "measure") -> Measure:
    """The measure with this name, or that people call so in any language. Raises
    :class:`Invalid`, which names all of them."""
    wanted = fold(text)
    for measure in _ALL:
        if wanted in (measure.name, *map(fold, in_every_language(measure.title))):
            return measure
    raise Invalid(field=field, value=text, expected=joined(MEASURES))
