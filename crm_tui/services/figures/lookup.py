"""Looking something up for millions of rows: by its place in a table, in a fifth of the time that
a join takes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import polars as pl

_GAPS = 4
"""With more numbers left out than this for one that is used, ids are numbered anew."""


def looked_up(known: pl.DataFrame, ids: Sequence[str], told: str, default: Any = None) -> pl.Expr:
    """What is ``told`` of the ``ids`` of a row where they are ``known``, else the ``default``.

    ``ids`` are columns of numbers that are not negative; in ``known`` a combination of them is
    once. The table has a place for every combination of those that occur, and for any other.
    """
    place, size = pl.lit(0, pl.UInt32), 1
    for name in ids:
        some = known[name].unique() if len(ids) > 1 else known[name]
        number, many = _numbered(some, pl.col(name))
        place, size = place * many + number, size * many
    places = known.select(place.alias("place"))["place"]
    return pl.lit(_table(size, places, known[told], default)).gather(place)


def _numbered(ids: pl.Series, each: pl.Expr) -> tuple[pl.Expr, int]:
    """The number that ``each`` of the ``ids`` has, and how many numbers there are; any other id has
    the last one. Ids with few gaps are their own numbers."""
    greatest: Any = ids.max()
    other = 0 if greatest is None else greatest + 1
    within = each.clip(upper_bound=other)
    if other <= _GAPS * ids.len():
        return within.cast(pl.UInt32), other + 1
    numbers = pl.int_range(ids.len(), dtype=pl.UInt32, eager=True)
    return pl.lit(_table(other + 1, ids, numbers, ids.len())).gather(within), ids.len() + 1


def _table(size: int, places: pl.Series, told: pl.Series, default: Any) -> pl.Series:
    """What is ``told``, each at its place of so many, and the ``default`` at the others."""
    rest = pl.repeat(default, size, dtype=told.dtype, eager=True)
    return rest.scatter(places, told) if told.len() else rest
