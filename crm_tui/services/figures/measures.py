"""What all measures are made of: pure expressions over the columns of ``copy.layout``.

A measure is a function of lazy frames with its formula in its docstring; they stand by topic in
``measures_income``, ``measures_board``, ``measures_trade``, ``measures_customers``,
``measures_cohorts`` and ``measures_anomalies``. Money is fen, days are business days.
"""

from __future__ import annotations

import polars as pl

ORDERS = pl.len().cast(pl.Int64).alias("orders")
GROSS = pl.sum("gross_fen")
CUSTOMERS = pl.col("customer_id").n_unique().cast(pl.Int64).alias("customers")
NEW = pl.sum("new").cast(pl.Int64).alias("new_customers")
"""Of orders: a customer has one first completed order ever, so none counts twice."""

AGAIN = 2
"""From so many orders on a customer is one who came back."""


def half_up(numerator: pl.Expr, denominator: pl.Expr) -> pl.Expr:
    """``numerator / denominator``, both not negative integers, rounded half up; null for 0."""
    quotient = (2 * numerator + denominator) // (2 * denominator)
    return pl.when(denominator > 0).then(quotient)


def added(*names: str) -> list[pl.Expr]:
    """What these columns of sales (rows of :mod:`.sales`) add up to, each under its name."""
    return [pl.sum(name).cast(pl.Int64) for name in names]


def average_fen() -> pl.Expr:
    """The average order: ``gross_fen / orders``, rounded half up to the fen; null for none."""
    return half_up(pl.col("gross_fen"), pl.col("orders")).alias("average_fen")


def repurchase_rate() -> pl.Expr:
    """The part of the ``customers`` who ordered more than once (``again``); null for none."""
    customers = pl.col("customers")
    told = pl.when(customers > 0).then(pl.col("again") / customers)
    return told.alias("repurchase_rate")
