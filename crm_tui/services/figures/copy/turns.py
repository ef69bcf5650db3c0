"""Whose how-manieth order a row is, and on which days the ones before it were.

Pure: frames in, frames out. Where all rows of some customers are given, that is all there is to
know. Of customers with years of orders the late rows do, those since the start of some day, with a
little about the earlier ones: which keys they had on which days, and what the histories were.
"""

from __future__ import annotations

import polars as pl

DEALINGS = ("order_id", "customer_id", "store_id", "at", "day", "game_id", "kind", "gross_fen")
"""What has to be known of all completed orders of a customer, or of the late ones."""
EARLIER = ("customer_id", "game_id", "kind", "day")
"""What has to be known of all orders before those."""
SITTINGS = ("order_id", "place", "customer_id", "companion_id", "at", "day")
"""What has to be known of all places that anybody served for a customer, or of the late ones."""
EARLIER_SITTINGS = ("customer_id", "companion_id", "day")
"""What has to be known of all places before those."""
COUNTED = (
    *("nth", "cohort", "prior_day", "prior2_day", "prior_game_day", "prior2_game_day"),
    *("prior_kind_day", "prior2_kind_day"),
)
"""What :func:`of_orders` tells of an order."""
COUNTED_PLACES = ("new", "prior_companion_day", "prior2_companion_day")
"""What :func:`of_places` tells of a place."""

_BELOW = 1 << 31
"""More than there are games, companions or kinds: with the customer they make one number."""


def of_orders(
    orders: pl.DataFrame,
    earlier: pl.DataFrame | None = None,
    histories: pl.DataFrame | None = None,
) -> pl.DataFrame:
    """``order_id`` with :data:`COUNTED`, of all :data:`DEALINGS` of some customers.

    Where these are the late ones only, ``earlier`` holds :data:`EARLIER` of all that were before
    them by their day and by their instant, and ``histories`` the dataset ``history`` of those.
    """
    ordered = orders.sort("day", "at", "order_id")
    before = orders.clear() if earlier is None else earlier
    customer = pl.col("customer_id")
    return pl.concat(
        [
            ordered.select("order_id"),
            _prior(ordered, before, "", customer),
            _prior(ordered, before, "game_", customer * _BELOW + pl.col("game_id")),
            _prior(ordered, before, "kind_", customer * _BELOW + pl.col("kind").to_physical()),
        ],
        how="horizontal",
    ).join(_numbered(orders, histories), on="order_id")


def of_places(
    places: pl.DataFrame, orders: pl.DataFrame, earlier: pl.DataFrame | None = None
) -> pl.DataFrame:
    """``order_id`` and ``place`` with :data:`COUNTED_PLACES`, of all :data:`SITTINGS` of some
    customers; ``orders`` is what :func:`of_orders` tells of the same. Where these are the late
    ones only, ``earlier`` holds :data:`EARLIER_SITTINGS` of all before them."""
    ordered = places.sort("day", "at", "order_id", "place")
    before = places.clear() if earlier is None else earlier
    both = pl.col("customer_id") * _BELOW + pl.col("companion_id")
    known = ordered.select("order_id", "place")
    told = pl.concat([known, _prior(ordered, before, "companion_", both)], how="horizontal")
    return told.join(orders.select("order_id", new=pl.col("nth") == 1), on="order_id")


def _numbered(orders: pl.DataFrame, histories: pl.DataFrame | None) -> pl.DataFrame:
    """``order_id`` with ``nth`` and ``cohort``."""
    rows = orders.select("customer_id", "at", "order_id", "day")
    rows = rows.sort("customer_id", "at", "order_id").with_row_index("row")
    begins = pl.col("customer_id").ne_missing(pl.col("customer_id").shift(1))

    def of_the_first(told: pl.Expr) -> pl.Expr:
        return pl.when(begins).then(told).forward_fill()

    row = pl.col("row").cast(pl.Int32)
    numbered = rows.select(
        "customer_id",
        "order_id",
        nth=row - of_the_first(row) + 1,
        cohort=of_the_first(pl.col("day").dt.truncate("1mo")),
    )
    if histories is None:
        return numbered.drop("customer_id")
    known = histories.select("customer_id", "orders", "first_day")
    began = pl.col("first_day").dt.truncate("1mo")
    return numbered.join(known, on="customer_id", how="left").select(
        "order_id",
        nth=pl.col("nth") + pl.col("orders").fill_null(0).cast(pl.Int32),
        cohort=pl.coalesce(began, "cohort"),
    )


def _prior(ordered: pl.DataFrame, earlier: pl.DataFrame, among: str, key: pl.Expr) -> pl.DataFrame:
    """The days of the two rows before each row that have the same ``key``, in the same order."""
    late = ordered.select("day", key.alias("key"))
    keys, day = pl.col("key"), pl.col("day")
    wanted = keys.is_in(late["key"].unique().implode())
    known = earlier.select("day", key.alias("key")).filter(wanted).sort("day")
    before = known.group_by("key").tail(2).select("day", "key")
    rows = pl.concat([before, late]).with_row_index("row")
    same = keys.eq
    told = rows.sort("key", maintain_order=True).select(
        "row",
        *(
            pl.when(same(keys.shift(back))).then(day.shift(back)).alias(name)
            for back, name in enumerate((f"prior_{among}day", f"prior2_{among}day"), start=1)
        ),
    )
    return told.sort("row").drop("row").slice(before.height)
