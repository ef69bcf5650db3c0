"""Orders as rows that add up, customers too.

Distinct customers do not add up, and to count them anew for every figure is what takes the time.
But of all the orders of a customer that are told together one is the first: it counts the customer,
and the second counts that they came again. The copy knows which these are without a look at other
orders, by the days on which a customer came before; where it does not (a scope that parts a
customer's orders otherwise, hours), they are counted. Of the months that lie whole in a period the
copy has the sums; only the days around them are read order by order.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl

from crm_tui.core.clock import BusinessCalendar
from crm_tui.services.figures.copy.layout import LINES, PARTS_BY
from crm_tui.services.figures.measures import AGAIN, added
from crm_tui.services.figures.periods import Period, Step, bucket
from crm_tui.services.figures.scope import Narrowed

COUNTS = ("orders", "customers", "again", "new_customers")
"""What a row counts, if anything; ``again`` are the customers with two or more orders."""
AMOUNTS = ("gross_fen", "tips_fen")
SERVED = ("minutes", "votes", "ratings", "punctual", "timed")
"""What a row of places says of their time and their ratings: the sum of these and how many there
are, how many began in time and of how many that is known."""
_COMERS = {"key": pl.Int64, "customers": pl.Int64, "again": pl.Int64}
_LEAST = {"customers": 1, "again": AGAIN}
"""From so many orders on a customer is one of these."""


@dataclass(frozen=True, slots=True)
class By:
    """What sales are told by: the ``key`` of an order, a ``column`` of it where that is all, and
    the business day ``since`` when orders have that key (None for what are no days); and the key
    of a row of the copy's ``parts`` (None where they are not told by that)."""

    key: pl.Expr
    column: str = ""
    since: pl.Expr | None = None
    part: pl.Expr | None = None


_EVER = pl.lit(date.min)
ALTOGETHER = By(pl.lit(0), since=_EVER, part=pl.lit(0))


def by_column(name: str) -> By:
    """By what the column ``name`` says of an order."""
    part = pl.col("key").cast(pl.String).cast(LINES.schema[name]) if name in PARTS_BY else None
    return By(pl.col(name), name, _EVER, part)


def by_step(step: Step, calendar: BusinessCalendar) -> By:
    """By the bucket of time."""
    key = bucket(step, calendar)
    return By(key, since=None if step == "hour" else key)


def sales(of: Narrowed, period: Period, by: By = ALTOGETHER) -> pl.LazyFrame:
    """The orders completed in ``period``: rows with their ``key``, and with :data:`COUNTS` and
    :data:`AMOUNTS` that add up by it."""
    prior = of.prior(by.column)
    if prior is None or by.since is None:
        return counted(of.lines(period), by.key)
    summed = of.has_parts and by.part is not None
    months, days = period.parted() if summed else (None, (period,))
    since = pl.max_horizontal(by.since, pl.lit(period.first))
    told = [
        of.lines(each).select(by.key.alias("key"), *_said(*_turns(prior, since)), *AMOUNTS)
        for each in days
    ]
    if months and by.part is not None:
        parts = of.parts(months).filter(pl.col("part") == by.column)
        told.append(_of_parts(parts, by.part, period.first))
    return pl.concat(told, how="diagonal_relaxed")


def _of_parts(parts: pl.LazyFrame, key: pl.Expr, first: date) -> pl.LazyFrame:
    """As :func:`sales`, of rows of the copy's ``parts``: an order whose customer came before, from
    the day ``first`` on, does not count them."""
    rows = parts.filter((pl.col("since") >= first).fill_null(True))
    return rows.select(
        key.alias("key"),
        *("orders", "new_customers", *AMOUNTS),
        customers=pl.col("orders") - pl.col("prior"),
        again=pl.col("prior") - pl.col("prior2"),
    )


def counted(lines: pl.LazyFrame, key: pl.Expr) -> pl.LazyFrame:
    """As :func:`sales`, of any ``lines``: their customers are counted one by one."""
    rows = lines.select("customer_id", "new", *AMOUNTS, key=key)
    return _by_customer(rows, "key", "customer_id").drop("customer_id")


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
    """The places of the orders completed in ``period``: rows with their ``companion_id``, and with
    :data:`SERVED`, :data:`COUNTS` and :data:`AMOUNTS` that add up by it."""
    served, prior, by = of.served(period), of.prior_of_places, "companion_id"
    if prior is None:
        comers = _by_customer(served, by, "customer_id").select(by, "customers", "again")
    else:
        first, again = _turns(prior, pl.lit(period.first))
        told = served.select(by, customers=first, again=again)
        comers = told.group_by(by).agg(pl.sum("customers", "again"))
    return pl.concat([_placed(of, period), comers], how="diagonal_relaxed")


def by_skill(of: Narrowed, period: Period) -> pl.LazyFrame:
    """The orders completed in ``period`` by the skill of the companions who served them (``key``,
    its number: :meth:`.Frames.skills`), with what the places of that skill took of their income:
    rows with :data:`COUNTS` and :data:`AMOUNTS` that add up by it."""
    served, ranked = of.served(period), of.frames.with_skill
    alone = ranked(served.filter(pl.col("places") == 1)).rename({"skill_number": "key"})
    several = ranked(served.filter(pl.col("places") > 1)).rename({"skill_number": "key"})
    orders = several.group_by("key", "customer_id", "order_id").agg(
        # What the places of an order count beyond one.
        (1 - pl.len().cast(pl.Int64)).alias("orders"),
        (pl.col("new").any().cast(pl.Int64) - pl.sum("new")).alias("new_customers"),
    )
    sums = ranked(_placed(of, period)).rename({"skill_number": "key"})
    told = [
        sums.group_by("key").agg(added("orders", "new_customers", *AMOUNTS)),
        orders.select("key", "orders", "new_customers"),
        _comers([alone, orders], of.frames.greatest_customer + 1),
    ]
    return pl.concat(told, how="diagonal_relaxed")


def _comers(orders: Sequence[pl.LazyFrame], width: int) -> pl.LazyFrame:
    """How many customers, of fewer than ``width``, the ``orders`` of each ``key``, a small number,
    are of, and how many of them came again.

    Every customer of every key has a place in one array, where their orders are counted: for
    millions of rows that takes half as long as grouping them.
    """

    def counted(places: pl.DataFrame) -> pl.DataFrame:
        times = np.bincount(places["place"].to_numpy())
        times = np.append(times, np.zeros(-len(times) % width, int)).reshape(-1, width)
        came = {name: (times >= least).sum(axis=1) for name, least in _LEAST.items()}
        told = pl.DataFrame({"key": range(len(times)), **came}, _COMERS)
        return told.filter(pl.col("customers") > 0)

    place = (pl.col("key") * width + pl.col("customer_id")).alias("place")
    return pl.concat([each.select(place) for each in orders]).map_batches(counted, schema=_COMERS)


def _placed(of: Narrowed, period: Period) -> pl.LazyFrame:
    """What was served in ``period``: rows with their ``companion_id`` and ``game_id``, and with
    :data:`SERVED` and :data:`AMOUNTS` and all of :data:`COUNTS` but the customers."""
    months, days = period.parted() if of.scope.only_places else (None, (period,))
    told = [
        of.served(each).select(
            *("companion_id", "game_id", "minutes", *AMOUNTS),
            orders=pl.lit(1, pl.Int64),
            new_customers="new",
            votes=pl.col("rating").cast(pl.Int64),
            ratings=pl.col("rating").is_not_null(),
            punctual="on_time",
            timed=pl.col("on_time").is_not_null(),
        )
        for each in days
    ]
    if months:
        told.append(of.places(months).drop("store_id", "month"))
    return pl.concat(told, how="diagonal_relaxed")


def _by_customer(rows: pl.LazyFrame, *each: str) -> pl.LazyFrame:
    """The orders in ``rows``, a row for ``each`` of what tells customers apart."""
    return rows.group_by(each).agg(
        pl.len().alias("orders"),
        pl.lit(True).alias("customers"),
        (pl.len() >= AGAIN).alias("again"),
        pl.sum("new").alias("new_customers"),
        pl.sum(*AMOUNTS),
    )


def _turns(prior: str, since: pl.Expr) -> tuple[pl.Expr, pl.Expr]:
    """Whether an order is its customer's first from the day ``since`` on, and their second."""
    last, last_but_one = (pl.col(f"{which}_{prior}day") for which in ("prior", "prior2"))
    first = last.is_null() | (last < since)
    return first, ~first & (last_but_one.is_null() | (last_but_one < since))


def _said(first: pl.Expr, again: pl.Expr) -> tuple[pl.Expr, ...]:
    told = (pl.lit(True), first, again, pl.col("new"))
    return tuple(each.alias(name) for name, each in zip(COUNTS, told, strict=True))
