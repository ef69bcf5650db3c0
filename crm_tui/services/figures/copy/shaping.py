"""What the copy's rows are made of: from columns of the database to the datasets of :mod:`.layout`.

Pure: frames and calendars in, frames out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta

import polars as pl

from crm_tui.core.clock import BusinessCalendar
from crm_tui.services.figures.copy import layout
from crm_tui.services.figures.copy.source import Orders

Calendars = Mapping[int, BusinessCalendar]
"""The calendar of every store."""

_ORDERED = ("customer_id", "at", "order_id")


def lines(found: Orders, customers: pl.DataFrame, calendars: Calendars) -> pl.DataFrame:
    """The dataset ``lines`` without ``new`` and ``nth``, which :func:`counted` adds."""
    told = found.orders.join(
        customers.select("customer_id", "channel", "city"), on="customer_id", how="left"
    )
    return dated(told, calendars).with_columns(pl.col("city").fill_null(""), _instant("created_at"))


def counted(lines: pl.DataFrame, numbers: pl.DataFrame, history: pl.DataFrame) -> pl.DataFrame:
    """``lines`` with the number that each order has among its customer's (:func:`numbered`), and
    with the customer's cohort, which their ``history`` tells."""
    cohort = history.select("customer_id", cohort=pl.col("first_day").dt.truncate("1mo"))
    told = lines.join(numbers.select("order_id", "nth"), on="order_id", how="left").join(
        cohort, on="customer_id", how="left"
    )
    return in_layout(
        told.with_columns(new=pl.col("nth") == 1, renewal=pl.col("renewal") == 1), layout.LINES
    )


def actives(lines: pl.DataFrame) -> pl.DataFrame:
    """The dataset ``actives`` of the months that ``lines`` hold whole."""
    told = lines.group_by("store_id", pl.col("day").dt.truncate("1mo").alias("month"), "cohort")
    return in_layout(
        told.agg(pl.n_unique("customer_id").alias("customers"), pl.sum("gross_fen")),
        layout.ACTIVES,
    )


def numbered(dealings: pl.DataFrame) -> pl.DataFrame:
    """``dealings`` (an order each) by customer, each with its ``nth`` among the customer's, by
    completion."""
    return dealings.sort(_ORDERED).with_columns(
        nth=pl.int_range(1, pl.len() + 1, dtype=pl.Int32).over("customer_id")
    )


def history(dealings: pl.DataFrame, calendars: Calendars) -> pl.DataFrame:
    """The dataset ``history`` of customers all of whose completed orders are ``dealings``."""
    dated_ = dated(dealings, calendars).sort(_ORDERED)
    at, day = pl.col("at"), pl.col("day")
    told = dated_.group_by("customer_id", maintain_order=True).agg(
        pl.first("store_id"),
        pl.len().cast(pl.Int64).alias("orders"),
        pl.sum("gross_fen"),
        at.first().alias("first_at"),
        day.first().alias("first_day"),
        at.get(1, null_on_oob=True).alias("second_at"),
        day.get(1, null_on_oob=True).alias("second_day"),
        day.get(2, null_on_oob=True).alias("third_day"),
        at.last().alias("last_at"),
        day.last().alias("last_day"),
    )
    return in_layout(told, layout.HISTORY)


def continued(known: pl.DataFrame, dealings: pl.DataFrame) -> pl.DataFrame:
    """``dealings`` as :func:`numbered` does, of customers who have the history ``known``, all of
    whose orders were earlier."""
    so_far = known.select("customer_id", so_far=pl.col("orders").cast(pl.Int32))
    return (
        numbered(dealings)
        .join(so_far, on="customer_id", how="left")
        .with_columns(nth=pl.col("nth") + pl.col("so_far").fill_null(0))
    )


def lengthened(
    known: pl.DataFrame, appended: pl.DataFrame, sums: pl.DataFrame, calendars: Calendars
) -> pl.DataFrame:
    """The histories ``known`` with orders that were ``appended`` after the last, and with
    ``gross_fen`` more (``sums``, by customer), which counts the appended, too."""
    later = history(appended, calendars)
    both = known.join(later, on="customer_id", how="full", coalesce=True, suffix="_more")
    had = pl.col("orders").fill_null(0)
    more = {name: pl.col(f"{name}_more") for name in layout.HISTORY.schema if name != "customer_id"}

    def reached(name: str, *begun: str) -> pl.Expr:
        """The known value, else what the appended orders give after 0, 1 … others."""
        given = [
            pl.when(had == count).then(more[each]) for count, each in enumerate((name, *begun))
        ]
        return pl.coalesce(name, *given)

    told = both.join(sums, on="customer_id", how="left", suffix="_sum").select(
        "customer_id",
        pl.coalesce("store_id", more["store_id"]).alias("store_id"),
        (had + more["orders"].fill_null(0)).alias("orders"),
        (pl.col("gross_fen").fill_null(0) + pl.col("gross_fen_sum")).alias("gross_fen"),
        reached("first_at"),
        reached("first_day"),
        reached("second_at", "first_at"),
        reached("second_day", "first_day"),
        reached("third_day", "second_day", "first_day"),
        pl.coalesce(more["last_at"], "last_at").alias("last_at"),
        pl.coalesce(more["last_day"], "last_day").alias("last_day"),
    )
    return in_layout(told, layout.HISTORY)


def served(found: Orders, calendars: Calendars) -> pl.DataFrame:
    """The dataset ``served``: of a place that several finished, the last who did."""
    finished = (
        found.assignments.sort("assignment_id")
        .unique(("order_id", "place"), keep="last", maintain_order=True)
        .sort("order_id", "place")
    )
    told = (
        finished.join(found.orders, on="order_id", how="inner", maintain_order="left")
        .join(found.ratings, on=("order_id", "companion_id"), how="left", maintain_order="left")
        .with_columns(
            pl.len().over("order_id").cast(pl.Int64).alias("parts"),
            pl.int_range(pl.len()).over("order_id").alias("part"),
        )
    )
    begun = pl.col("started_at") <= pl.col("start_at")
    answered = pl.col("accepted_at") <= pl.col("due_at")
    agreed = pl.col("start_at").is_not_null()
    parted = told.with_columns(
        _part("gross_fen"),
        _part("tips_fen"),
        on_time=pl.when(agreed).then(begun).otherwise(answered),
    )
    return in_layout(dated(parted, calendars), layout.SERVED)


def offers(found: Orders, calendars: Calendars) -> pl.DataFrame:
    """The dataset ``offers``."""
    told = found.offers.with_columns(accepted=pl.col("accepted") == 1)
    return in_layout(dated(told, calendars), layout.OFFERS)


def posted(journals: pl.DataFrame, calendars: Calendars) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The datasets ``books`` and ``shares`` of these journals."""
    told = dated(journals, calendars)
    hour = pl.col("at") - pl.duration(microseconds=pl.col("past_hour"))
    books = told.group_by("store_id", hour.alias("at"), "day").agg(
        pl.sum("tips_fen", "studio_fen", "companion_fen", "refunds_fen")
    )
    of_companions = told.filter(pl.col("subject_id") != 0)
    shares = of_companions.group_by(
        pl.col("subject_id").alias("companion_id"), "store_id", "day"
    ).agg(pl.sum("companion_fen").alias("share_fen"))
    return in_layout(books, layout.BOOKS), in_layout(shares, layout.SHARES)


def added(parts: Sequence[pl.DataFrame], dataset: layout.Dataset) -> pl.DataFrame:
    """The sums of frames of a dataset of the ledger."""
    sums = [name for name in dataset.schema if name.endswith("_fen")]
    keys = [name for name in dataset.schema if name not in sums]
    return in_layout(pl.concat(parts).group_by(keys).agg(pl.sum(*sums)), dataset)


def customers(found: pl.DataFrame, calendars: Calendars) -> pl.DataFrame:
    """The dataset ``customers``."""
    told = dated(found.with_columns(at=pl.col("created_at")), calendars)
    registered = pl.col("registered").str.to_date(strict=False)
    return in_layout(
        told.with_columns(
            pl.col("city").fill_null(""), joined_day=pl.coalesce(registered, pl.col("day"))
        ),
        layout.CUSTOMERS,
    )


def dated(rows: pl.DataFrame, calendars: Calendars) -> pl.DataFrame:
    """``rows`` whose ``at`` is an instant, with the business ``day`` of their store, the ``hour``
    on its wall clock and the microseconds ``past_hour``."""
    stores = rows["store_id"].unique().to_list()
    instants = rows.with_columns(_instant("at"))
    parts = [
        _dated(
            instants if len(stores) == 1 else instants.filter(pl.col("store_id") == store_id),
            calendars[store_id],
        )
        for store_id in stores
    ]
    return pl.concat(parts) if parts else _dated(instants, next(iter(calendars.values())))


def _dated(rows: pl.DataFrame, calendar: BusinessCalendar) -> pl.DataFrame:
    wall = pl.col("at").dt.convert_time_zone(str(calendar.zone)).dt.replace_time_zone(None)
    begins = timedelta(hours=calendar.day_start.hour, minutes=calendar.day_start.minute)
    return rows.with_columns(wall=wall).with_columns(
        day=(pl.col("wall") - begins).dt.date(),
        hour=pl.col("wall").dt.hour(),
        past_hour=(pl.col("wall") - pl.col("wall").dt.truncate("1h")).dt.total_microseconds(),
    )


def in_layout(rows: pl.DataFrame, dataset: layout.Dataset) -> pl.DataFrame:
    """``rows`` with the columns of ``dataset`` and no others, sorted as it is."""
    columns = (pl.col(name).cast(kind) for name, kind in dataset.schema.items())
    return rows.select(columns).sort(dataset.sorted_by)


def _instant(name: str) -> pl.Expr:
    return pl.from_epoch(name, "us").dt.replace_time_zone("UTC").alias(name)


def _part(name: str) -> pl.Expr:
    """An amount parted over the rows of its order; the first has the remainder."""
    whole, parts = pl.col(name), pl.col("parts")
    remainder = pl.when(pl.col("part") == 0).then(whole % parts).otherwise(0)
    return (whole // parts + remainder).alias(name)
