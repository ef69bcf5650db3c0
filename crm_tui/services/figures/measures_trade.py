"""What games, kinds of service, skills, channels and cities brought."""

from __future__ import annotations

import polars as pl

from crm_tui.services.figures.measures import GROSS, ORDERS, average_fen, repurchase_rate

TRADE = (
    *("orders", "gross_fen", "share", "customers", "new_customers", "average_fen"),
    *("repurchase_rate", "gross_before_fen", "growth"),
)
"""The columns of a row of trade."""


def trade(lines: pl.LazyFrame, before: pl.LazyFrame | None, key: str) -> pl.LazyFrame:
    """One row for each ``key`` (a column) with an order in the period; most income first.

    orders = completed orders; gross_fen = Σ their amounts without tips; share = gross / Σ gross of
    all keys; customers = distinct customers; new_customers = those of them whose first completed
    order ever is one of these; average_fen = gross / orders, rounded half up; repurchase_rate =
    customers with two or more of these orders / customers. growth = (gross − gross_before_fen) /
    gross_before_fen, with ``before`` the rows of the period that this one is compared with; null
    where there was nothing then, or nothing is compared.

    For a key of companions, such as their skill, ``lines`` are the rows of :func:`parts`.
    """
    by_customer = lines.group_by(key, "customer_id").agg(ORDERS, GROSS, pl.any("new"))
    told = by_customer.group_by(key).agg(
        pl.sum("orders", "gross_fen"),
        pl.len().cast(pl.Int64).alias("customers"),
        pl.sum("new").cast(pl.Int64).alias("new_customers"),
        repurchase_rate(),
    )
    earlier = (
        told.select(key, pl.lit(None, pl.Int64).alias("gross_before_fen"))
        if before is None
        else before.group_by(key).agg(pl.sum("gross_fen").alias("gross_before_fen"))
    )
    gross, was = pl.col("gross_fen"), pl.col("gross_before_fen")
    return (
        told.join(earlier, on=key, how="left", nulls_equal=True)
        .with_columns(was if before is None else was.fill_null(0))
        .with_columns(
            average_fen(),
            share=pl.when(gross.sum() > 0).then(gross / gross.sum()).otherwise(0.0),
            growth=pl.when(was > 0).then((gross - was) / was),
        )
        .select(key, *TRADE)
        .sort("gross_fen", key, descending=[True, False])
    )


def parts(served: pl.LazyFrame, lines: pl.LazyFrame, key: str) -> pl.LazyFrame:
    """Orders by a ``key`` of the companions who served them: a row for each key of an order, with
    what the places of that key took of its income, and whether it was the customer's first."""
    return (
        served.group_by(key, "order_id", "customer_id")
        .agg(GROSS)
        .join(lines.filter(pl.col("new")).select("order_id", "new"), on="order_id", how="left")
        .with_columns(pl.col("new").fill_null(False))
    )


def conversion(joined: pl.LazyFrame, history: pl.LazyFrame, key: str) -> pl.LazyFrame:
    """One row for each ``key`` of customers who joined in a period (``joined``, rows of
    ``customers``): joined = how many; conversion = those with a completed order by now / joined.
    """
    came = history.select("customer_id", pl.lit(1).alias("came"))
    return (
        joined.join(came, on="customer_id", how="left")
        .group_by(key)
        .agg(
            pl.len().cast(pl.Int64).alias("joined"),
            pl.col("came").is_not_null().mean().alias("conversion"),
        )
    )
