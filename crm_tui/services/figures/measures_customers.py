"""What customers are worth: value tiers, the way from the first order to the regular, lifetime
value."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import polars as pl

from crm_tui.core.words import Segment
from crm_tui.services.customers.rfm import Edges, Tier, by_bands
from crm_tui.services.figures.lookup import looked_up
from crm_tui.services.figures.measures import AGAIN, half_up

_BANDS = ("recency", "frequency", "money", "often")
FUNNEL = (("new", "first_day"), ("second", "second_day"), ("regular", "third_day"))
"""The steps of the funnel and the day on which a customer takes each."""


def histories(lines: pl.LazyFrame) -> pl.LazyFrame:
    """The ``history`` of what is in ``lines``, one row a customer: orders = completed orders,
    gross_fen = Σ of these, first_at and last_at, and the days of the first, the second, the third
    and the last of them (null where there is none)."""
    return lines.group_by("customer_id").agg(
        pl.len().cast(pl.Int64).alias("orders"),
        pl.sum("gross_fen"),
        pl.min("at").alias("first_at"),
        pl.max("at").alias("last_at"),
        *_days(pl.col("day")),
    )


_DAYS = ("first_day", "second_day", "third_day", "last_day")


def _days(day: pl.Expr) -> tuple[pl.Expr, ...]:
    ordered = day.sort()
    at = (ordered.get(place, null_on_oob=True) for place in (0, 1, 2, -1))
    return tuple(each.alias(name) for name, each in zip(_DAYS, at, strict=True))


def tiers(
    customers: pl.LazyFrame,
    history: pl.LazyFrame,
    recent: pl.LazyFrame,
    edges: Edges,
    day: date,
) -> pl.LazyFrame:
    """The value tier of every customer on business day ``day``, by the rule of
    :mod:`crm_tui.services.customers.rfm`: every customer is in exactly one segment.

    R counts the days from the last completed order to ``day``, F the completed orders and M their
    gross without tips of the last ``rfm.WINDOW_DAYS`` days (the ``recent`` lines). ``history`` and
    ``recent`` end with ``day``. Columns: customer_id, r, f, m (null of a prospect), segment, and
    of ever orders, gross_fen (0 of a prospect), last_at.
    """
    rule = _rule(edges)
    window = recent.group_by("customer_id").agg(
        pl.len().cast(pl.Int64).alias("lately"), pl.sum("gross_fen").alias("lately_fen")
    )
    banded = (
        history.select("customer_id", "orders", "gross_fen", "last_at", "last_day")
        .join(window, on="customer_id", how="left")
        .with_columns(
            recency=_beyond((pl.lit(day) - pl.col("last_day")).dt.total_days(), edges.recency_days),
            frequency=_below(pl.col("lately").fill_null(0), edges.frequency),
            money=_below(pl.col("lately_fen").fill_null(0), edges.money_fen),
            often=(pl.col("orders") >= AGAIN).cast(pl.Int8),
        )
        .with_columns(
            **{told: looked_up(rule, _BANDS, told) for told in ("r", "f", "m", "segment")}
        )
    )
    return (
        customers.select("customer_id")
        .join(banded, on="customer_id", how="left")
        .select(
            "customer_id",
            *("r", "f", "m"),
            pl.col("segment").fill_null(Segment.PROSPECT.value),
            pl.col("orders", "gross_fen").fill_null(0),
            "last_at",
        )
    )


def segments(tiered: pl.LazyFrame) -> pl.LazyFrame:
    """One row a segment that anybody is in: customers, share = customers / all customers, orders
    and spent_fen = Σ of theirs of ever, spent_share = spent / Σ spent (0 for nothing)."""
    spent = pl.col("spent_fen")
    return (
        tiered.group_by("segment")
        .agg(
            pl.len().cast(pl.Int64).alias("customers"),
            pl.sum("orders"),
            pl.sum("gross_fen").alias("spent_fen"),
        )
        .with_columns(
            share=pl.col("customers") / pl.sum("customers"),
            spent_share=pl.when(spent.sum() > 0).then(spent / spent.sum()).otherwise(0.0),
        )
        .select("segment", "customers", "share", "orders", "spent_fen", "spent_share")
    )


def funnel(history: pl.LazyFrame) -> pl.LazyFrame:
    """New → second → third and more, over the customers of ``history``, in one row.

    For each step of :data:`FUNNEL` ``…_customers``: how many have had that order; and for each
    but the first ``…_days``: the median of the days from the order before to this one, of those
    who have had it (null for nobody).
    """
    told: list[pl.Expr] = []
    for place, (name, day) in enumerate(FUNNEL):
        told.append(pl.count(day).cast(pl.Int64).alias(f"{name}_customers"))
        if place:
            gap = (pl.col(day) - pl.col(FUNNEL[place - 1][1])).dt.total_days()
            told.append(gap.median().alias(f"{name}_days"))
    return history.select(told)


def lifetime(history: pl.LazyFrame) -> pl.LazyFrame:
    """What a customer with a completed order is worth so far, in one row.

    ltv_fen = Σ gross of all their completed orders / customers, rounded half up; it is the
    product of average_fen = gross / orders and orders_each = orders / customers. median_days = the
    median of the days from the first to the last order of those who came back. Nothing is
    foretold: what a cohort goes on to bring is in ``measures_cohorts.cohorts``.
    """
    gross, orders, customers = pl.sum("gross_fen"), pl.sum("orders"), pl.len().cast(pl.Int64)
    known = (pl.col("last_day") - pl.col("first_day")).dt.total_days()
    return history.select(
        customers.alias("customers"),
        half_up(gross, customers).alias("ltv_fen"),
        pl.when(customers > 0).then(orders / customers).alias("orders_each"),
        half_up(gross, orders).alias("average_fen"),
        known.filter(pl.col("orders") >= AGAIN).median().alias("median_days"),
    )


def _beyond(value: pl.Expr, edges: Sequence[int]) -> pl.Expr:
    """How many of the edges the value lies beyond."""
    return pl.sum_horizontal([(value > edge).cast(pl.Int8) for edge in edges]).cast(pl.Int8)


def _below(value: pl.Expr, edges: Sequence[int]) -> pl.Expr:
    """How many of the edges the value does not reach."""
    return pl.sum_horizontal([(value < edge).cast(pl.Int8) for edge in edges]).cast(pl.Int8)


def _rule(edges: Edges) -> pl.DataFrame:
    """The tier of each combination of bands, asked of the rule."""
    rows = [(*bands, *_told(tier)) for bands, tier in by_bands(edges).items()]
    schema: dict[str, Any] = dict.fromkeys(_BANDS, pl.Int8)
    schema |= {"r": pl.Int64, "f": pl.Int64, "m": pl.Int64, "segment": pl.Categorical}
    return pl.DataFrame(rows, schema, orient="row")


def _told(tier: Tier) -> tuple[int | None, int | None, int | None, str]:
    return tier.r, tier.f, tier.m, tier.segment.value
