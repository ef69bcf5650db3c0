"""Whose how-manieth order a row is, and on which days the ones before it were.

Pure: frames in, frames out. They hold all that there is of some customers, else turns are wrong.
"""

from __future__ import annotations

import polars as pl

DEALINGS = ("order_id", "customer_id", "store_id", "at", "day", "game_id", "kind", "gross_fen")
"""What has to be known of all completed orders of a customer."""
SITTINGS = ("order_id", "place", "customer_id", "companion_id", "at", "day")
"""What has to be known of all places that anybody served for a customer."""
COUNTED = (
    *("nth", "cohort", "prior_day", "prior2_day", "prior_game_day", "prior2_game_day"),
    *("prior_kind_day", "prior2_kind_day"),
)
"""What :func:`of_orders` tells of an order."""
COUNTED_PLACES = ("new", "prior_companion_day", "prior2_companion_day")
"""What :func:`of_places` tells of a place."""

_BELOW = 1 << 31
"""More than there are games, companions or kinds: with the customer they make one number."""


def of_orders(orders: pl.DataFrame) -> pl.DataFrame:
    """``order_id`` with :data:`COUNTED`, of all :data:`DEALINGS` of some customers."""
    ordered = orders.sort("day", "at", "order_id")
    customer = pl.col("customer_id")
    return pl.concat(
        [
            ordered.select("order_id"),
            _prior(ordered, "", customer),
            _prior(ordered, "game_", customer * _BELOW + pl.col("game_id")),
            _prior(ordered, "kind_", customer * _BELOW + pl.col("kind").to_physical()),
        ],
        how="horizontal",
    ).join(_numbered(orders), on="order_id")


def of_places(places: pl.DataFrame, orders: pl.DataFrame) -> pl.DataFrame:
    """``order_id`` and ``place`` with :data:`COUNTED_PLACES`, of all :data:`SITTINGS` of some
    customers; ``orders`` is what :func:`of_orders` tells of the same."""
    ordered = places.sort("day", "at", "order_id", "place")
    both = pl.col("customer_id") * _BELOW + pl.col("companion_id")
    known = ordered.select("order_id", "place")
    told = pl.concat([known, _prior(ordered, "companion_", both)], how="horizontal")
    return told.join(orders.select("order_id", new=pl.col("nth") == 1), on="order_id")


def _numbered(orders: pl.DataFrame) -> pl.DataFrame:
    """``order_id`` with ``nth`` and ``cohort``."""
    rows = orders.select("customer_id", "at", "order_id", "day")
    rows = rows.sort("customer_id", "at", "order_id").with_row_index("row")
    begins = pl.col("customer_id").ne_missing(pl.col("customer_id").shift(1))

    def of_the_first(told: pl.Expr) -> pl.Expr:
        return pl.when(begins).then(told).forward_fill()

    row = pl.col("row").cast(pl.Int32)
    return rows.select(
        "order_id",
        nth=row - of_the_first(row) + 1,
        cohort=of_the_first(pl.col("day").dt.truncate("1mo")),
    )


def _prior(ordered: pl.DataFrame, among: str, key: pl.Expr) -> pl.DataFrame:
    """The days of the two rows before each row that have the same ``key``, in the same order."""
    rows = ordered.select("day", key.alias("key")).with_row_index("row")
    same = pl.col("key").eq
    day, keys = pl.col("day"), pl.col("key")
    told = rows.sort("key", maintain_order=True).select(
        "row",
        *(
            pl.when(same(keys.shift(back))).then(day.shift(back)).alias(name)
            for back, name in enumerate((f"prior_{among}day", f"prior2_{among}day"), start=1)
        ),
    )
    return told.sort("row").drop("row")
