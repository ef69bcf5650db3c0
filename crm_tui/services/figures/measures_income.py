"""Income over time: by bucket of a period, as a whole, by hour of the day."""

from __future__ import annotations

import polars as pl

from crm_tui.core.clock import BusinessCalendar
from crm_tui.services.figures.measures import added
from crm_tui.services.figures.periods import Period, Step, bucket, buckets

BOOKED = ("studio_fen", "companion_fen", "refunds_fen")
"""What only the ledger knows."""

REVENUE = ("orders", "gross_fen", "tips_fen", *BOOKED, "customers", "new_customers")
"""The columns of a row of income."""

_SOLD = ("orders", "gross_fen", "customers", "new_customers")


def revenue(
    sold: pl.LazyFrame,
    books: pl.LazyFrame | None,
    calendar: BusinessCalendar,
    period: Period,
    step: Step,
) -> pl.LazyFrame:
    """Income by ``bucket``, a row for every bucket of the period, also where nothing came in.

    orders = completed orders; gross_fen = Σ their amounts without tips; customers = distinct
    customers (active customers); new_customers = those of them whose first completed order ever
    falls into the bucket: sums of ``sold`` (rows of :mod:`.sales`) by ``key``. The others are what
    the ledger says of the bucket: tips_fen = Σ tips taken; companion_fen = Σ what companions earned
    of orders and tips; studio_fen = Σ the studio's income of both, less discounts; refunds_fen = Σ
    refunds given back, not taken off the others. gross + tips = studio + companion, but for orders
    that were written off: what was earned with those counts, too.

    Without ``books`` tips are those of the orders, and what only the ledger knows is null.
    """
    told = (
        buckets(calendar, period, step)
        .to_frame()
        .lazy()
        .join(
            sold.group_by(pl.col("key").alias("bucket")).agg(_sold(books)), on="bucket", how="left"
        )
    )
    if books is not None:
        at = bucket(step, calendar).alias("bucket")
        booked = books.group_by(at).agg(pl.sum("tips_fen", *BOOKED))
        told = told.join(booked, on="bucket", how="left")
    return _row(told, books, "bucket").sort("bucket")


def total(sold: pl.LazyFrame, books: pl.LazyFrame | None) -> pl.LazyFrame:
    """One row with the measures of :func:`revenue` over all of ``sold``; a customer of several
    days counts once."""
    told = sold.select(_sold(books))
    if books is not None:
        told = pl.concat([told, books.select(pl.sum("tips_fen", *BOOKED))], how="horizontal")
    return _row(told, books)


def hours(sold: pl.LazyFrame, calendar: BusinessCalendar) -> pl.LazyFrame:
    """Orders and income by hour of the day, 24 rows, from the hour in which the day begins: sums
    of ``sold`` (rows of :func:`.sales.days`).

    An order counts in the hour of its completion, on the store's wall clock.
    """
    start = calendar.day_start.hour
    clock_hours = pl.LazyFrame({"hour": [(start + hour) % 24 for hour in range(24)]})
    hour = pl.col("hour").cast(pl.Int64)
    counted = sold.group_by(hour).agg(added("orders", "gross_fen", "tips_fen"))
    return clock_hours.join(counted, on="hour", how="left", maintain_order="left").with_columns(
        pl.col("orders", "gross_fen", "tips_fen").fill_null(0)
    )


def _sold(books: pl.LazyFrame | None) -> list[pl.Expr]:
    return added(*_SOLD) if books is not None else added(*_SOLD, "tips_fen")


def _row(told: pl.LazyFrame, books: pl.LazyFrame | None, *by: str) -> pl.LazyFrame:
    known = [name for name in REVENUE if books is not None or name not in BOOKED]
    unknown = [pl.lit(None, pl.Int64).alias(name) for name in REVENUE if name not in known]
    return told.with_columns(pl.col(known).fill_null(0), *unknown).select(*by, *REVENUE)
