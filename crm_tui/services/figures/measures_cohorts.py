"""Who came back, month after month, and what they brought."""

from __future__ import annotations

import polars as pl

from crm_tui.services.figures.measures import half_up


def actives(lines: pl.LazyFrame, history: pl.LazyFrame) -> pl.LazyFrame:
    """How many customers of each cohort ordered in each business month, and for how much.

    cohort = the first day of the business month of the customer's first order in ``history``;
    month likewise of the orders in ``lines``; customers = distinct customers; gross_fen = Σ of
    their orders' amounts. The columnar copy keeps the same of all orders, by store.
    """
    born = history.select("customer_id", pl.col("first_day").dt.truncate("1mo").alias("cohort"))
    return (
        lines.select("customer_id", pl.col("day").dt.truncate("1mo").alias("month"), "gross_fen")
        .group_by("customer_id", "month")
        .agg(pl.sum("gross_fen"))
        .join(born, on="customer_id")
        .group_by("cohort", "month")
        .agg(pl.len().cast(pl.Int64).alias("customers"), pl.sum("gross_fen"))
    )


def cohorts(active: pl.LazyFrame) -> pl.LazyFrame:
    """Who came back, by the month of the first completed order.

    One row for each ``cohort`` and ``month`` after it (0 is the cohort's own) with orders:
    customers = distinct customers of the cohort with an order in that month; size = customers of
    the cohort; rate = customers / size; value_fen = Σ gross of the cohort up to that month / size,
    rounded half up: the lifetime value of a customer of the cohort by then. ``active`` are the
    rows of :func:`actives`; rows of several stores add up.
    """
    months = _months(pl.col("month")) - _months(pl.col("cohort"))
    size = pl.col("customers").first().over("cohort", order_by="month")
    value = pl.col("gross_fen").cum_sum().over("cohort", order_by="month")
    return (
        active.group_by("cohort", months.alias("month"))
        .agg(pl.sum("customers", "gross_fen"))
        .sort("cohort", "month")
        .with_columns(size=size)
        .with_columns(
            rate=pl.col("customers") / pl.col("size"), value_fen=half_up(value, pl.col("size"))
        )
        .select("cohort", "month", "customers", "size", "rate", "value_fen")
    )


def _months(day: pl.Expr) -> pl.Expr:
    """Months since the year 0."""
    return day.dt.year().cast(pl.Int64) * 12 + day.dt.month()
