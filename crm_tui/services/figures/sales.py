"""Orders as rows that add up, customers too.

Distinct customers do not add up, and to count them anew for every figure is what takes the time.
But of all the orders of a customer that are told together one is the first: it counts the customer,
and the second counts that they came again. The copy knows which these are without a look at other
orders, by the days on which a customer came before; where it does not (a scope that parts a
customer's orders otherwise, hours), they are counted.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import polars as pl

from crm_tui.core.clock import BusinessCalendar
from crm_tui.services.figures.measures import AGAIN
from crm_tui.services.figures.periods import Period, Step, bucket
from crm_tui.services.figures.scope import Narrowed

COUNTS = ("orders", "customers", "again", "new_customers")
"""What a row counts, if anything; ``again`` are the customers with two or more orders."""
AMOUNTS = ("gross_fen", "tips_fen")
_CUSTOMERS = 1 << 40
"""More than there are customers."""


@dataclass(frozen=True, slots=True)
class By:
    """What sales are told by: the ``key`` of an order, a ``column`` of it where that is all, and
    the business day ``since`` when orders have that key (None for what are no days)."""

    key: pl.Expr
    column: str = ""
    since: pl.Expr | None = None


_EVER = pl.lit(date.min)
ALTOGETHER = By(pl.lit(0), since=_EVER)


def by_column(name: str) -> By:
    """By what the column ``name`` says of an order."""
    return By(pl.col(name), name, _EVER)


def by_step(step: Step, calendar: BusinessCalendar) -> By:
    """By the bucket of time."""
    key = bucket(step, calendar)
    return By(key, since=None if step == "hour" else key)


def sales(of: Narrowed, period: Period, by: By = ALTOGETHER) -> pl.LazyFrame:
    """The orders completed in ``period``: rows with their ``key``, and with :data:`COUNTS` and
    :data:`AMOUNTS` that add up by it."""
    lines = of.lines(period)
    prior = of.prior(by.column)
    if prior is None or by.since is None:
        return counted(lines, by.key)
    since = pl.max_horizontal(by.since, pl.lit(period.first))
    return lines.select(by.key.alias("key"), *_said(*_turns(prior, since)), *AMOUNTS)


def counted(lines: pl.LazyFrame, key: pl.Expr) -> pl.LazyFrame:
    """As :func:`sales`, of any ``lines``: their customers are counted one by one."""
    return _with_comers(lines.select("customer_id", "new", *AMOUNTS, key=key))


def days(of: Narrowed, period: Period) -> pl.LazyFrame:
    """What was sold by business day (``key``): rows that add up by it, and by ``hour`` (0…23), too,
    but for the customers."""
    if of.has_days:
        told = of.frames.days(period.first, period.last, of.scope.store_id)
        return told.rename({"day": "key"})
    lines, day, prior = of.lines(period), pl.col("day"), of.prior("")
    first = pl.int_range(pl.len()).over("day", "customer_id") == 0
    if prior is not None:
        first, _second = _turns(prior, day)
    return lines.select("hour", *_said(first, pl.lit(None, pl.Boolean)), *AMOUNTS, key=day)


def places(of: Narrowed, period: Period) -> pl.LazyFrame:
    """The places of the orders completed in ``period``: rows with their ``companion_id``,
    ``minutes``, ``rating`` and ``on_time``, and with :data:`COUNTS` and :data:`AMOUNTS` that add up
    by companion."""
    served = of.served(period)
    told = ("companion_id", "minutes", "rating", "on_time")
    prior = of.prior_of_places
    if prior is not None:
        marks = _said(*_turns(prior, pl.lit(period.first)))
        return served.select(*told, *marks, *AMOUNTS)
    rows = served.select(*told, *_said(pl.lit(False), pl.lit(False)), *AMOUNTS)
    return pl.concat([rows, _comers_of_number(served, "companion_id")], how="diagonal")


def by_skill(of: Narrowed, period: Period) -> pl.LazyFrame:
    """The orders completed in ``period`` by the skill of the companions who served them (``key``,
    its number: :meth:`.Frames.skills`): a row for each skill of an order, with what the places of
    that skill took of its income."""
    rows = of.served(period).with_columns(tips_fen=pl.lit(0, pl.Int64), key="skill_number")
    columns = ("key", "customer_id", "new", *AMOUNTS)
    several = rows.filter(pl.col("places") > 1).group_by("key", "order_id", "customer_id")
    shared = several.agg(pl.any("new"), pl.sum(*AMOUNTS))
    alone = rows.filter(pl.col("places") == 1)
    both = pl.concat([alone.select(columns), shared.select(columns)])
    return pl.concat([_without_comers(both), _comers_of_number(both, "key")], how="diagonal")


def _with_comers(rows: pl.LazyFrame) -> pl.LazyFrame:
    """Rows with a ``key`` and a ``customer_id``, and rows that count their customers."""
    times = rows.group_by("key", "customer_id").agg(pl.len().alias("times"))
    return pl.concat([_without_comers(rows), _comers(times, "key")], how="diagonal")


def _without_comers(rows: pl.LazyFrame) -> pl.LazyFrame:
    nobody = pl.lit(False)
    return rows.select("key", *_said(nobody, nobody), *AMOUNTS)


def _comers_of_number(rows: pl.LazyFrame, by: str) -> pl.LazyFrame:
    """As :func:`_comers`, by a number: with the customer it makes one number, which is found
    faster than two."""
    both = pl.col(by) * _CUSTOMERS + pl.col("customer_id")
    times = rows.group_by(both.alias("both")).agg(pl.len().alias("times"))
    return _comers(times.with_columns((pl.col("both") // _CUSTOMERS).alias(by)), by)


def _comers(times: pl.LazyFrame, by: str) -> pl.LazyFrame:
    """A row for each customer of a key, who came so many ``times``: they count once, and again
    where they came again."""
    return times.select(
        by,
        *(pl.lit(False).alias(name) for name in ("orders", "new_customers")),
        *(pl.lit(0, pl.Int64).alias(name) for name in AMOUNTS),
        customers=pl.lit(True),
        again=pl.col("times") >= AGAIN,
    )


def _turns(prior: str, since: pl.Expr) -> tuple[pl.Expr, pl.Expr]:
    """Whether an order is its customer's first from the day ``since`` on, and their second."""
    last, last_but_one = (pl.col(f"{which}_{prior}day") for which in ("prior", "prior2"))
    first = last.is_null() | (last < since)
    return first, ~first & (last_but_one.is_null() | (last_but_one < since))


def _said(first: pl.Expr, again: pl.Expr) -> tuple[pl.Expr, ...]:
    told = (pl.lit(True), first, again, pl.col("new"))
    return tuple(each.alias(name) for name, each in zip(COUNTS, told, strict=True))
