"""What the copy's rows are made of: from columns of the database to the datasets of :mod:`.layout`.

Pure: frames and calendars in, frames out.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

import polars as pl

from crm_tui.core.clock import BusinessCalendar
from crm_tui.models import STUDIO
from crm_tui.services.figures.copy import layout, turns
from crm_tui.services.figures.copy.source import Orders

Calendars = Mapping[int, BusinessCalendar]
"""The calendar of every store."""

UNCOUNTED = tuple(name for name in layout.LINES.schema if name not in (*turns.COUNTED, "new"))
"""What ``lines`` tell of an order by itself."""
UNCOUNTED_PLACES = tuple(name for name in layout.SERVED.schema if name not in turns.COUNTED_PLACES)
"""What ``served`` tells of a place by itself."""


def lines(found: Orders, customers: pl.DataFrame, calendars: Calendars) -> pl.DataFrame:
    """The dataset ``lines`` without what only all orders of a customer tell: :func:`counted` adds
    that."""
    told = found.orders.join(
        customers.select("customer_id", "channel", "city"), on="customer_id", how="left"
    )
    return (
        dated(told, calendars)
        .with_columns(
            pl.col("city").fill_null(""), _instant("created_at"), renewal=pl.col("renewal") == 1
        )
        .select(pl.col(name).cast(layout.LINES.schema[name]) for name in UNCOUNTED)
    )


def dealings(found: Orders, calendars: Calendars) -> pl.DataFrame:
    """What of each order is to be known of its customer's turns: :data:`.turns.DEALINGS`."""
    told = (pl.col(name).cast(layout.LINES.schema[name]) for name in turns.DEALINGS)
    return dated(found.orders, calendars).select(told)


def counted(lines: pl.DataFrame, known: pl.DataFrame) -> pl.DataFrame:
    """``lines`` with what is ``known`` of the turn that each order is
    (:func:`.turns.of_orders`)."""
    told = lines.select(UNCOUNTED).join(known, on="order_id", how="left")
    return in_layout(told.with_columns(new=pl.col("nth") == 1), layout.LINES)


def counted_places(places: pl.DataFrame, known: pl.DataFrame) -> pl.DataFrame:
    """``places`` with what is ``known`` of the turn that each is (:func:`.turns.of_places`)."""
    told = places.select(UNCOUNTED_PLACES).join(known, on=("order_id", "place"), how="left")
    return in_layout(told, layout.SERVED)


def history(orders: pl.DataFrame, before: pl.DataFrame | None = None) -> pl.DataFrame:
    """The dataset ``history`` of customers all of whose completed ``orders`` these are
    (:data:`.turns.DEALINGS`), or all but those that ``before`` tells of
    (:func:`history_before`)."""
    at, day = pl.col("at"), pl.col("day")
    told = (
        orders.sort("customer_id", "at", "order_id")
        .group_by("customer_id", maintain_order=True)
        .agg(
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
    )
    return in_layout(told if before is None else _continued(before, told), layout.HISTORY)


def history_before(known: pl.DataFrame, late: pl.DataFrame) -> pl.DataFrame:
    """What the histories ``known`` tell of the orders before the ``late`` ones, each customer's
    last: how many, what they amount to, and the first. The other columns are left as they are."""
    those = late.group_by("customer_id").agg(pl.len().alias("late"), pl.sum("gross_fen"))
    told = known.join(those, on="customer_id", how="left", suffix="_late").with_columns(
        pl.col("orders") - pl.col("late").fill_null(0),
        pl.col("gross_fen") - pl.col("gross_fen_late").fill_null(0),
    )
    return in_layout(told.filter(pl.col("orders") > 0), layout.HISTORY)


def _continued(before: pl.DataFrame, later: pl.DataFrame) -> pl.DataFrame:
    """The histories ``before`` and ``later`` as one."""
    orders = pl.col("orders_before").fill_null(0)

    def of_both(*columns: str) -> pl.Expr:
        """What tells of the first order, or of the second …: ``columns`` tell of those up to it.
        Of the later ones each comes so many places on."""
        told = pl.col(f"{columns[-1]}_before")
        for number, column in enumerate(reversed(columns)):
            told = pl.when(orders == number).then(pl.col(column)).otherwise(told)
        return told.alias(columns[-1])

    return later.join(before, on="customer_id", how="left", suffix="_before").with_columns(
        pl.col("orders") + orders,
        pl.col("gross_fen") + pl.col("gross_fen_before").fill_null(0),
        *map(of_both, ("store_id", "first_at", "first_day")),
        of_both("first_at", "second_at"),
        of_both("first_day", "second_day"),
        of_both("first_day", "second_day", "third_day"),
    )


def served(found: Orders, calendars: Calendars) -> pl.DataFrame:
    """The dataset ``served`` without what only all places of a customer tell:
    :func:`counted_places` adds that. Of a place that several finished, the last who did."""
    finished = (
        found.assignments.sort("assignment_id")
        .unique(("order_id", "place"), keep="last", maintain_order=True)
        .sort("order_id", "place")
    )
    told = (
        finished.join(found.orders, on="order_id", how="inner", maintain_order="left")
        .join(found.ratings, on=("order_id", "companion_id"), how="left", maintain_order="left")
        .with_columns(
            pl.len().over("order_id").cast(pl.Int64).alias("places"),
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
    return dated(parted, calendars).select(
        pl.col(name).cast(layout.SERVED.schema[name]) for name in UNCOUNTED_PLACES
    )


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


def cuts_alike(day: date, calendars: Calendars) -> bool:
    """Whether the same lies before ``day`` by the days of rows and by their instants: it begins at
    one instant in all stores, and their clocks go on evenly there."""
    around = [day + timedelta(number) for number in (-1, 0, 1)]
    stores = {store_id: calendars[store_id] for store_id in calendars if store_id != STUDIO}
    begins, *others = {tuple(map(each.starts, around)) for each in stores.values()}
    return not others and begins[1] - begins[0] == begins[2] - begins[1]


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
    whole, parts = pl.col(name), pl.col("places")
    remainder = pl.when(pl.col("part") == 0).then(whole % parts).otherwise(0)
    return (whole // parts + remainder).alias(name)
