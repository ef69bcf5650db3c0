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
from crm_tui.core.language import N_, _, in_every_language
from crm_tui.core.money import yuan
from crm_tui.core.text import fold


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


_WANTED = {
    "fen": N_("an amount in yuan"),
    "count": N_("a number"),
    "minutes": N_("hours"),
    "days": N_("days"),
    "points": N_("points to 5"),
    "rate": N_("a rate such as 60%"),
}


class Source(StrEnum):
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
    FIRSTS = "firsts"
    """A customer, on the business day of the first completed order."""
    JOINED = "joined"
    """A customer, on the business day on which the studio came to know them."""


@dataclass(frozen=True, slots=True)
class Measure:
    """A figure that can be asked for."""

    name: str
    """Its name for scripts; fen end with ``_fen``."""
    title: str
    """What people call it (msgid)."""
    unit: Unit
    told_by: Mapping[Source, pl.Expr]
    """The aggregation, by the frames that it can be told from, the nearest first."""
    adds: bool = False
    """Whether the parts of a period add up to the whole; a missing part is then 0."""
    less_is_better: bool = False

    @property
    def label(self) -> str:
        """What people call it, in the language in force."""
        return _(self.title)


SATISFIED = 4
"""A customer who rates at least so is satisfied."""


def _rate(part: pl.Expr, whole: pl.Expr) -> pl.Expr:
    """``part / whole``; null for nothing."""
    return pl.when(whole > 0).then(part / whole)


def _average(total: pl.Expr, count: pl.Expr) -> pl.Expr:
    """``total / count`` in whole fen, rounded half up; null for nothing."""
    return pl.when(count > 0).then((2 * total + count) // (2 * count))


_CUSTOMER = pl.col("customer_id")
_CUSTOMERS = _CUSTOMER.n_unique().cast(pl.Int64)
_AGAIN = _CUSTOMER.filter(_CUSTOMER.is_duplicated()).n_unique()
_NEW = _CUSTOMER.filter(pl.col("new")).n_unique().cast(pl.Int64)
_ORDERS = pl.col("order_id").n_unique().cast(pl.Int64)
_GROSS = pl.sum("gross_fen")


def _of_orders(expression: pl.Expr) -> dict[Source, pl.Expr]:
    """What is told of orders, and in the same words of the orders that companions served."""
    return {Source.LINES: expression, Source.SERVED: expression}


_ALL = (
    Measure("orders", N_("Orders"), Unit.COUNT, _of_orders(_ORDERS), adds=True),
    Measure("gross_fen", N_("Income"), Unit.FEN, _of_orders(_GROSS), adds=True),
    Measure("tips_fen", N_("Tips"), Unit.FEN, _of_orders(pl.sum("tips_fen")), adds=True),
    Measure("minutes", N_("Hours"), Unit.MINUTES, _of_orders(pl.sum("minutes")), adds=True),
    Measure("average_fen", N_("Average order"), Unit.FEN, _of_orders(_average(_GROSS, _ORDERS))),
    Measure("customers", N_("Active customers"), Unit.COUNT, _of_orders(_CUSTOMERS)),
    Measure("new_customers", N_("New customers"), Unit.COUNT, _of_orders(_NEW), adds=True),
    Measure("repurchase_rate", N_("Repurchase"), Unit.RATE, _of_orders(_rate(_AGAIN, _CUSTOMERS))),
    Measure(
        "spent_fen", N_("Spent a customer"), Unit.FEN, _of_orders(_average(_GROSS, _CUSTOMERS))
    ),
    Measure(
        "renewals",
        N_("Renewals"),
        Unit.COUNT,
        _of_orders(pl.col("order_id").filter(pl.col("renewal")).n_unique().cast(pl.Int64)),
        adds=True,
    ),
    Measure("rating", N_("Rating"), Unit.POINTS, {Source.SERVED: pl.mean("rating")}),
    Measure(
        "satisfied_rate",
        N_("Satisfied"),
        Unit.RATE,
        {Source.SERVED: (pl.col("rating") >= SATISFIED).mean()},
    ),
    Measure("punctual_rate", N_("Punctuality"), Unit.RATE, {Source.SERVED: pl.mean("on_time")}),
    Measure("acceptance_rate", N_("Acceptance"), Unit.RATE, {Source.OFFERS: pl.mean("accepted")}),
    Measure("studio_fen", N_("Studio"), Unit.FEN, {Source.BOOKS: pl.sum("studio_fen")}, adds=True),
    Measure(
        "refunds_fen", N_("Refunds"), Unit.FEN, {Source.BOOKS: pl.sum("refunds_fen")}, adds=True
    ),
    Measure("share_fen", N_("Share"), Unit.FEN, {Source.SHARES: pl.sum("share_fen")}, adds=True),
    Measure(
        "value_fen",
        N_("Lifetime value"),
        Unit.FEN,
        {Source.FIRSTS: _average(_GROSS, _CUSTOMERS)},
    ),
    Measure(
        "cycle_days",
        N_("Sales cycle"),
        Unit.DAYS,
        {Source.FIRSTS: (pl.col("day") - pl.col("joined_day")).dt.total_days().median()},
        less_is_better=True,
    ),
    Measure("joined", N_("Joined"), Unit.COUNT, {Source.JOINED: _CUSTOMERS}, adds=True),
    Measure(
        "conversion_rate",
        N_("Conversion"),
        Unit.RATE,
        {Source.JOINED: pl.col("first_day").is_not_null().mean()},
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
    raise Invalid(field=field, value=text, expected=", ".join(MEASURES))
