"""The measures, each a pure function of lazy frames with its formula. Money is fen.

``lines`` holds one row a completed order of the period:

===============  ======================  ==========================================================
column           type                    meaning
===============  ======================  ==========================================================
at               Datetime(us, UTC)       completion; where an import had no end, the order time
customer_id      Int64
companion_id     Int64, null             who served it to its end
minutes          Int64                   billed, else planned
gross_fen        Int64                   the order's amount, without tips
tips_fen         Int64
rating           Int64, null             1…5
first_order      Boolean                 the customer's first completed order ever
===============  ======================  ==========================================================

``books`` holds what the ledger posted in the period, by ``at``: ``tips_fen`` taken, ``studio_fen``
and ``companion_fen`` earned, ``refunds_fen`` given back; ``shares`` what each companion earned in
it, ``companion_id`` and ``share_fen``; ``offers`` the period's answered or expired offers with
``companion_id`` and ``accepted``.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Literal

import polars as pl

from crm_tui.core.clock import BusinessCalendar

Step = Literal["day", "hour", "month"]
"""How finely income is told. Days and months are business days and months (N11)."""

REVENUE = (
    "orders",
    "gross_fen",
    "tips_fen",
    "studio_fen",
    "companion_fen",
    "refunds_fen",
    "customers",
    "new_customers",
)
"""The columns of a row of income."""


def half_up(numerator: pl.Expr, denominator: pl.Expr) -> pl.Expr:
    """``numerator / denominator``, both not negative integers, rounded half up; null for 0."""
    quotient = (2 * numerator + denominator) // (2 * denominator)
    return pl.when(denominator > 0).then(quotient)


def bucket(at: pl.Expr, calendar: BusinessCalendar, step: Step) -> pl.Expr:
    """Where an instant falls: its business day, the first day of its business month, or its hour
    on the store's wall clock (aware)."""
    wall = at.dt.convert_time_zone(str(calendar.zone))
    if step == "hour":
        return wall.dt.truncate("1h")
    start = timedelta(hours=calendar.day_start.hour, minutes=calendar.day_start.minute)
    day = (wall.dt.replace_time_zone(None) - start).dt.date()
    return day.dt.truncate("1mo") if step == "month" else day


def buckets(calendar: BusinessCalendar, first: date, last: date, step: Step) -> pl.Series:
    """Every bucket of the business days ``first`` to ``last``, both in, in order."""
    if step == "hour":
        begins, ends = calendar.bounds(first, last)
        count = (ends - begins) // timedelta(hours=1)
        instants = [begins + timedelta(hours=hour) for hour in range(count)]
        instants.append(ends - timedelta(microseconds=1))
    else:
        days = (last - first).days + 1
        instants = [calendar.starts(first + timedelta(days=day)) for day in range(days)]
    return (
        pl.Series("bucket", instants, pl.Datetime("us", "UTC"))
        .to_frame()
        .select(bucket(pl.col("bucket"), calendar, step).alias("bucket"))
        .unique(maintain_order=True)
        .to_series()
    )


BOOKED = ("tips_fen", "studio_fen", "companion_fen", "refunds_fen")
"""The columns of ``books``."""


def _sold() -> list[pl.Expr]:
    customer = pl.col("customer_id")
    return [
        pl.len().cast(pl.Int64).alias("orders"),
        pl.sum("gross_fen"),
        customer.n_unique().cast(pl.Int64).alias("customers"),
        customer.filter(pl.col("first_order")).n_unique().cast(pl.Int64).alias("new_customers"),
    ]


def revenue(
    lines: pl.LazyFrame,
    books: pl.LazyFrame,
    calendar: BusinessCalendar,
    first: date,
    last: date,
    step: Step,
) -> pl.LazyFrame:
    """Income by bucket, a row for every bucket of the period, also where nothing came in.

    orders = completed orders; gross_fen = Σ their amounts without tips; customers = distinct
    customers; new_customers = those of them whose first completed order falls into the bucket.
    The others are what the ledger says of the bucket: tips_fen = Σ tips taken; companion_fen = Σ
    what companions earned of orders and tips; studio_fen = Σ the studio's income of both, less
    discounts; refunds_fen = Σ refunds given back, not taken off the others. gross + tips = studio
    + companion, but for orders that were written off: what was earned with those counts, too.
    """
    at = bucket(pl.col("at"), calendar, step).alias("bucket")
    sold = lines.group_by(at).agg(_sold())
    booked = books.group_by(at).agg(pl.sum(*BOOKED))
    return (
        buckets(calendar, first, last, step)
        .to_frame()
        .lazy()
        .join(sold, on="bucket", how="left")
        .join(booked, on="bucket", how="left")
        .select("bucket", pl.col(*REVENUE).fill_null(0))
        .sort("bucket")
    )


def total(lines: pl.LazyFrame, books: pl.LazyFrame) -> pl.LazyFrame:
    """One row with the measures of :func:`revenue` over the whole period; a customer of several
    days counts once."""
    sums = lines.select(_sold())
    booked = books.select(pl.sum(*BOOKED))
    return pl.concat([sums, booked], how="horizontal").select(REVENUE)


def hours(lines: pl.LazyFrame, calendar: BusinessCalendar) -> pl.LazyFrame:
    """Orders and income by hour of the day, 24 rows, from the hour in which the day begins.

    An order counts in the hour of its completion, on the store's wall clock.
    """
    start = calendar.day_start.hour
    clock_hours = pl.LazyFrame({"hour": [(start + hour) % 24 for hour in range(24)]})
    hour = pl.col("at").dt.convert_time_zone(str(calendar.zone)).dt.hour().cast(pl.Int64)
    counted = lines.group_by(hour.alias("hour")).agg(
        pl.len().cast(pl.Int64).alias("orders"), pl.sum("gross_fen"), pl.sum("tips_fen")
    )
    return clock_hours.join(counted, on="hour", how="left", maintain_order="left").with_columns(
        pl.col("orders", "gross_fen", "tips_fen").fill_null(0)
    )


def companions(lines: pl.LazyFrame, offers: pl.LazyFrame, shares: pl.LazyFrame) -> pl.LazyFrame:
    """One row a companion who served an order of the period.

    orders, minutes, gross_fen and tips_fen are sums over the orders served to their end;
    share_fen = what they earned in the period of orders and tips, by the ledger; rating = mean of
    the ratings of these orders, ratings their number; average_fen = gross / orders, rounded half
    up; repurchase_rate = customers with two or more of these orders / customers with one or more;
    acceptance_rate = offers accepted / offers accepted, declined or expired in the period (null
    without any; recalled offers and those that another took first say nothing of the companion).
    """
    served = lines.filter(pl.col("companion_id").is_not_null())
    sums = served.group_by("companion_id").agg(
        pl.len().cast(pl.Int64).alias("orders"),
        pl.sum("minutes"),
        pl.sum("gross_fen"),
        pl.sum("tips_fen"),
        pl.mean("rating"),
        pl.count("rating").cast(pl.Int64).alias("ratings"),
    )
    loyal = (
        served.group_by("companion_id", "customer_id")
        .agg(pl.len().alias("together"))
        .group_by("companion_id")
        .agg((pl.col("together") >= 2).mean().alias("repurchase_rate"))
    )
    accepted = offers.group_by("companion_id").agg(
        pl.col("accepted").mean().alias("acceptance_rate")
    )
    return (
        sums.with_columns(average_fen=half_up(pl.col("gross_fen"), pl.col("orders")))
        .join(loyal, on="companion_id", how="left")
        .join(accepted, on="companion_id", how="left")
        .join(shares, on="companion_id", how="left")
        .with_columns(pl.col("share_fen").fill_null(0))
    )


def channels(lines: pl.LazyFrame) -> pl.LazyFrame:
    """One row a channel that brought customers who completed an order in the period.

    ``lines`` need the column ``channel``. customers = distinct customers; new_customers = those
    whose first completed order falls into the period; repurchase_rate = customers with two or
    more orders of the period / customers; average_fen = gross / orders, rounded half up.
    """
    by_customer = lines.group_by("channel", "customer_id").agg(
        pl.len().cast(pl.Int64).alias("orders"),
        pl.sum("gross_fen"),
        pl.any("first_order"),
    )
    return (
        by_customer.group_by("channel")
        .agg(
            pl.len().cast(pl.Int64).alias("customers"),
            pl.sum("first_order").cast(pl.Int64).alias("new_customers"),
            (pl.col("orders") >= 2).mean().alias("repurchase_rate"),
            pl.sum("orders"),
            pl.sum("gross_fen"),
        )
        .with_columns(average_fen=half_up(pl.col("gross_fen"), pl.col("orders")))
        .sort("gross_fen", "channel", descending=[True, False])
    )


def cohorts(lines: pl.LazyFrame, calendar: BusinessCalendar) -> pl.LazyFrame:
    """Who came back, by the month of the first completed order.

    One row for each ``cohort`` (business month of the first order) and ``month`` after it (0 is
    the cohort's own) with orders: customers = distinct customers of the cohort with an order in
    that month; size = customers of the cohort; rate = customers / size. ``lines`` cover the whole
    history.
    """
    month = bucket(pl.col("at"), calendar, "month")
    active = lines.select("customer_id", month.alias("active")).unique()
    cohort = pl.col("active").min().over("customer_id")
    months = (pl.col("active").dt.year().cast(pl.Int64) * 12 + pl.col("active").dt.month()) - (
        pl.col("cohort").dt.year().cast(pl.Int64) * 12 + pl.col("cohort").dt.month()
    )
    counted = (
        active.with_columns(cohort=cohort)
        .with_columns(month=months)
        .group_by("cohort", "month")
        .agg(pl.len().cast(pl.Int64).alias("customers"))
        .sort("cohort", "month")
    )
    size = pl.col("customers").max().over("cohort")
    return counted.with_columns(size=size, rate=pl.col("customers") / size)
