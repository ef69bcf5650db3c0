"""What games, kinds of service, skills, channels and cities brought."""

from __future__ import annotations

import polars as pl

from crm_tui.services.figures.lookup import looked_up
from crm_tui.services.figures.measures import added, average_fen, repurchase_rate

TRADE = (
    *("orders", "gross_fen", "share", "customers", "new_customers", "average_fen"),
    *("repurchase_rate", "gross_before_fen", "growth"),
)
"""The columns of a row of trade."""


def trade(sold: pl.LazyFrame, before: pl.LazyFrame | None) -> pl.LazyFrame:
    """One row for each ``key`` with an order in the period; most income first.

    orders = completed orders; gross_fen = Σ their amounts without tips; customers = distinct
    customers; new_customers = those of them whose first completed order ever is one of these: sums
    of ``sold`` (rows of :mod:`.sales`) by ``key``. share = gross / Σ gross of all keys; average_fen
    = gross / orders, rounded half up; repurchase_rate = customers with two or more of these orders
    / customers. growth = (gross − gross_before_fen) / gross_before_fen, with ``before`` the rows of
    the period that this one is compared with; null where there was nothing then, or nothing is
    compared.
    """
    told = sold.group_by("key").agg(
        added("orders", "gross_fen", "customers", "new_customers", "again")
    )
    if before is None:
        told = told.with_columns(gross_before_fen=pl.lit(None, pl.Int64))
    else:
        earlier = before.group_by("key").agg(pl.sum("gross_fen").alias("gross_before_fen"))
        told = told.join(earlier, on="key", how="left", nulls_equal=True)
        told = told.with_columns(pl.col("gross_before_fen").fill_null(0))
    gross, was = pl.col("gross_fen"), pl.col("gross_before_fen")
    return (
        told.with_columns(
            average_fen(),
            repurchase_rate(),
            share=pl.when(gross.sum() > 0).then(gross / gross.sum()).otherwise(0.0),
            growth=pl.when(was > 0).then((gross - was) / was),
        )
        .select("key", *TRADE)
        .sort("gross_fen", "key", descending=[True, False])
    )


def conversion(joined: pl.LazyFrame, history: pl.LazyFrame, column: str) -> pl.LazyFrame:
    """One row for each ``key`` (what ``column`` says) of the customers who ``joined`` in a period
    (rows of the dataset ``customers``): joined = how many; conversion = those with a completed
    order by now / joined.
    """
    who = history.select("customer_id", came=pl.lit(True)).collect()
    told = joined.with_columns(came=looked_up(who, ("customer_id",), "came", False))
    return told.group_by(pl.col(column).alias("key")).agg(
        pl.len().cast(pl.Int64).alias("joined"), pl.mean("came").alias("conversion")
    )
