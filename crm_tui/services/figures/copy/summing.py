"""What the copy's rows add up to: the datasets of :data:`.layout.SUMS`, ``actives``, and sums of
the ledger.

Pure: frames in, frames out.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import polars as pl

from crm_tui.services.figures.copy import layout
from crm_tui.services.figures.copy.shaping import in_layout

_PART = ("store_id", "month", "key")
_PARTS_SUMS = ("orders", "gross_fen", "tips_fen", "new_customers", "prior", "prior2")


def actives(lines: pl.DataFrame) -> pl.DataFrame:
    """The dataset ``actives`` of the months that ``lines`` hold whole."""
    told = lines.group_by("store_id", pl.col("day").dt.truncate("1mo").alias("month"), "cohort")
    return in_layout(
        told.agg(pl.n_unique("customer_id").alias("customers"), pl.sum("gross_fen")),
        layout.ACTIVES,
    )


def sums(
    dataset: layout.Dataset, rows: pl.DataFrame
) -> Iterator[tuple[layout.Dataset, pl.DataFrame]]:
    """The datasets that add up the ``rows`` of another (:data:`.layout.SUMS`), of the months that
    these hold whole."""
    for each in layout.SUMS[dataset.name]:
        yield each, summed(each, rows)


def summed(dataset: layout.Dataset, rows: pl.DataFrame) -> pl.DataFrame:
    """One of the datasets that add up the ``rows`` of another, of those that these hold whole: of
    the months, of the days (:data:`.layout.COUNTED_BY_DAY`)."""
    if rows.is_empty():
        return pl.DataFrame(schema=dataset.schema)
    return _SUMMING[dataset.name](rows)


def days(lines: pl.DataFrame) -> pl.DataFrame:
    """The dataset ``days`` of the days that ``lines`` hold whole."""
    ordered = lines.sort("at", "order_id")
    first = pl.struct("store_id", "day", "customer_id").is_first_distinct()
    told = ordered.with_columns(customers=first).group_by("store_id", "day", "hour")
    return in_layout(
        told.agg(
            pl.len().alias("orders"),
            pl.sum("gross_fen", "tips_fen", "customers"),
            pl.sum("new").alias("new_customers"),
        ),
        layout.DAYS,
    )


def parts(lines: pl.DataFrame) -> pl.DataFrame:
    """The dataset ``parts`` of the months that ``lines`` hold whole."""
    rows, month = lines.lazy(), pl.col("day").dt.truncate("1mo").alias("month")
    count = pl.len().cast(pl.Int64)
    told: list[pl.LazyFrame] = []
    for part, among in layout.PARTS_BY.items():
        key = (pl.col(part) if part else pl.lit("")).alias("key")
        after, after2 = (
            rows.group_by("store_id", month, key, pl.col(f"{which}_{among}day").alias("since"))
            for which in ("prior", "prior2")
        )
        new = pl.sum("new").cast(pl.Int64).alias("new_customers")
        sums = after.agg(count.alias("orders"), pl.sum("gross_fen", "tips_fen"), new)
        prior = sums.select(*_PART, "since", pl.col("orders").alias("prior")).drop_nulls("since")
        prior2 = after2.agg(count.alias("prior2")).drop_nulls("since")
        of_part = pl.concat([sums.drop("since"), prior, prior2], how="diagonal")
        told.append(of_part.with_columns(pl.col("key").cast(pl.String), part=pl.lit(part)))
    whole = pl.concat(told, how="diagonal").group_by("part", *_PART, "since")
    return in_layout(whole.agg(pl.sum(*_PARTS_SUMS)).collect(), layout.PARTS)


def places(served: pl.DataFrame) -> pl.DataFrame:
    """The dataset ``places`` of the months that ``served`` holds whole."""
    month = pl.col("day").dt.truncate("1mo").alias("month")
    told = served.group_by("store_id", month, "companion_id", "game_id").agg(
        pl.len().alias("orders"),
        pl.sum("new").alias("new_customers"),
        pl.sum("minutes", "gross_fen", "tips_fen"),
        pl.col("rating").cast(pl.Int64).sum().alias("votes"),
        pl.count("rating").alias("ratings"),
        pl.sum("on_time").alias("punctual"),
        pl.count("on_time").alias("timed"),
    )
    return in_layout(told, layout.PLACES)


def answers(offers: pl.DataFrame) -> pl.DataFrame:
    """The dataset ``answers`` of the months that ``offers`` hold whole."""
    month = pl.col("day").dt.truncate("1mo").alias("month")
    told = offers.group_by("store_id", month, "companion_id", "game_id").agg(
        pl.len().alias("offers"), pl.sum("accepted")
    )
    return in_layout(told, layout.ANSWERS)


_SUMMING = {
    layout.DAYS.name: days,
    layout.PARTS.name: parts,
    layout.PLACES.name: places,
    layout.ANSWERS.name: answers,
}


def added(
    parts: Sequence[pl.DataFrame], dataset: layout.Dataset, less: pl.DataFrame | None = None
) -> pl.DataFrame:
    """The sums of frames of a dataset whose rows add up, ``less`` what went; rows of which nothing
    is left then are none."""
    keys = {*dataset.sorted_by, "month"}.intersection(dataset.schema)
    sums = pl.col([name for name in dataset.schema if name not in keys])
    if less is None:
        return in_layout(pl.concat(parts).group_by(keys).agg(sums.sum()), dataset)
    told = pl.concat([*parts, less.with_columns(-sums)]).group_by(keys).agg(sums.sum())
    return in_layout(told.filter(pl.any_horizontal(sums != 0)), dataset)
