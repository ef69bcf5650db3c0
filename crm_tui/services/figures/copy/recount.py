"""Counting again which turn orders are among their customer's, where some of them changed.

What lies before the first change stays as it is: of that only a little is read, which keys were on
which days, and the histories say the rest. What lies after it is counted again.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import polars as pl

from crm_tui.services.figures.copy import layout, shaping, turns
from crm_tui.services.figures.copy.frames import Frames
from crm_tui.services.figures.copy.layout import Dataset
from crm_tui.services.figures.copy.shaping import Calendars

_TURN = ("order_id", *turns.COUNTED)
_PLACE = ("order_id", "place", *turns.COUNTED_PLACES)


@dataclass(frozen=True, slots=True)
class Changed:
    """Orders that may have changed, by the datasets ``lines`` and ``served``."""

    ids: Collection[int]
    left: pl.DataFrame
    """Their lines as they were."""
    stood: pl.DataFrame
    """Their places as they were."""
    came: pl.DataFrame
    """Their :data:`.turns.DEALINGS` as they are now."""
    sat: pl.DataFrame
    """Their places as they are now, uncounted."""


@dataclass(frozen=True, slots=True)
class Recounted:
    """What follows from orders that changed."""

    orders: pl.DataFrame
    """Of these, and of the ``others``: :data:`.turns.COUNTED`."""
    places: pl.DataFrame
    """Likewise of their places: :data:`.turns.COUNTED_PLACES`."""
    others: set[int]
    """Orders that did not change, but have another turn."""
    other_places: set[int]
    """Orders that did not change, of whose places one has another turn."""
    known: pl.DataFrame
    """The histories of the customers as they were."""
    histories: pl.DataFrame
    """The histories of the same as they are now."""


@dataclass(frozen=True, slots=True)
class _Known:
    """What the copy tells of some customers: the late rows, without those of the orders that
    changed, a little of the earlier ones, and the histories."""

    lines: pl.DataFrame
    served: pl.DataFrame
    earlier: pl.DataFrame
    earlier_served: pl.DataFrame
    histories: pl.DataFrame


def recounted(changed: Changed, frames: Frames, calendars: Calendars) -> Recounted:
    """What follows from ``changed``; ``frames`` are the copy as it was."""
    moved = pl.concat(
        [
            _moved(changed.left, changed.came, turns.DEALINGS),
            _moved(changed.stood, changed.sat, turns.SITTINGS),
        ]
    )
    if moved.is_empty():
        nobody = pl.DataFrame(schema=layout.HISTORY.schema)
        orders, places = changed.left.select(_TURN), changed.stood.select(_PLACE)
        return Recounted(orders, places, set(), set(), nobody, nobody)
    whose = moved["customer_id"].unique()
    since = _since(moved, changed, calendars)
    known = _known(frames, whose, since, changed.ids)
    late = among("customer_id", whose)
    if since:
        late &= pl.col("day") >= since

    dealings = together(known.lines, changed.came.filter(late), turns.DEALINGS)
    were = together(known.lines, changed.left.filter(late), turns.DEALINGS)
    before = shaping.history_before(known.histories, were)
    orders = turns.of_orders(dealings, known.earlier, before)
    sittings = together(known.served, changed.sat.filter(late), turns.SITTINGS)
    places = turns.of_places(sittings, orders, known.earlier_served)
    return Recounted(
        orders=together(changed.left.filter(~late), orders, _TURN),
        places=together(changed.stood.filter(~late), places, _PLACE),
        others=_unlike(orders, known.lines, _TURN).difference(changed.ids),
        other_places=_unlike(places, known.served, _PLACE).difference(changed.ids),
        known=known.histories,
        histories=shaping.history(dealings, before),
    )


def among(name: str, ids: Iterable[int]) -> pl.Expr:
    """The rows in which the column is one of the ``ids``."""
    return pl.col(name).is_in(pl.Series(sorted(ids), dtype=pl.Int64).implode())


def together(known: pl.DataFrame, more: pl.DataFrame, columns: Sequence[str]) -> pl.DataFrame:
    """These columns of both."""
    return pl.concat([known.select(columns), more.select(columns)])


def _moved(before: pl.DataFrame, after: pl.DataFrame, columns: Sequence[str]) -> pl.DataFrame:
    """``customer_id`` and ``day`` of the rows, of then and of now, that are not the same in these
    columns."""
    then, now = before.select(columns), after.select(columns)
    unlike = (
        one.join(other, on=columns, how="anti", nulls_equal=True)
        for one, other in ((then, now), (now, then))
    )
    return pl.concat(unlike).select("customer_id", "day")


def _since(moved: pl.DataFrame, changed: Changed, calendars: Calendars) -> date | None:
    """The first day of what ``moved``; None where there is no day before which all stays as it
    is."""
    first: date = moved.select(pl.min("day")).item()
    if not shaping.cuts_alike(first, calendars):
        return None
    # Whose last order went: the histories don't tell which one was before it.
    gone = changed.left.join(changed.came, on=("order_id", "customer_id"), how="anti")
    return first if gone.is_empty() else None


def _known(
    frames: Frames, whose: Iterable[int], since: date | None, but: Collection[int]
) -> _Known:
    """What the copy tells of the customers ``whose`` orders are counted ``since`` then; ``but`` are
    the orders that changed."""
    theirs = among("customer_id", whose)

    def late(dataset: Dataset, *columns: str) -> pl.LazyFrame:
        rows = frames.scan(dataset, since, None).filter(theirs, ~among("order_id", but))
        return rows.select(columns)

    def earlier(dataset: Dataset, *columns: str) -> pl.LazyFrame:
        rows = pl.LazyFrame(schema=dataset.schema)
        if since:
            rows = frames.scan(dataset, None, since - timedelta(days=1)).filter(theirs)
        return rows.select(columns)

    return _Known(
        *pl.collect_all(
            (
                late(layout.LINES, *turns.DEALINGS, *turns.COUNTED),
                late(layout.SERVED, *turns.SITTINGS, *turns.COUNTED_PLACES),
                earlier(layout.LINES, *turns.EARLIER),
                earlier(layout.SERVED, *turns.EARLIER_SITTINGS),
                frames.scan(layout.HISTORY, None, None).filter(theirs),
            )
        )
    )


def _unlike(rows: pl.DataFrame, known: pl.DataFrame, by: Sequence[str]) -> set[int]:
    """The orders of the ``rows`` of which nothing that is the same ``by`` these was ``known``."""
    return set(rows.join(known, on=by, how="anti", nulls_equal=True)["order_id"])
