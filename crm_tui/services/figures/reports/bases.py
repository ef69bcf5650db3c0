"""The rows that a measure is told from, with every column that a report asks of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime

import polars as pl

from crm_tui.services.figures.catalogue import Basis
from crm_tui.services.figures.copy import layout
from crm_tui.services.figures.copy.frames import Frames
from crm_tui.services.figures.periods import Period

_DAY = pl.col("day")
_PARTS = {
    "week": _DAY.dt.truncate("1w"),
    "month": _DAY.dt.truncate("1mo"),
    "weekday": _DAY.dt.weekday().cast(pl.Int64),
}
"""What is derived from the business day."""
_MOMENTS = {
    **dict.fromkeys((Basis.LINES, Basis.SERVED, Basis.OFFERS, Basis.BOOKS), "at"),
    Basis.FIRSTS: "first_at",
}
"""When a row came about, where that is known."""


def rows(
    frames: Frames,
    basis: Basis,
    period: Period,
    store_id: int | None,
    wanted: Iterable[str],
    tiers: Callable[[], pl.LazyFrame],
    until: datetime | None = None,
) -> pl.LazyFrame:
    """The rows of ``basis`` in the business days of ``period``, with the columns ``wanted``; what
    a row has nothing of is null. ``tiers`` gives the ``segment`` by ``customer_id``. Of rows whose
    moment is known only those before ``until`` (UTC)."""
    asked = set(wanted)
    told = _ROWS[basis](frames, period, store_id, asked - _PARTS.keys())
    if until is not None and basis in _MOMENTS:
        told = told.filter(pl.col(_MOMENTS[basis]) < until)
    if "segment" in asked:
        segments = tiers().select("customer_id", "segment")
        told = told.join(segments, on="customer_id", how="left")
    return told.with_columns(**{name: _PARTS[name] for name in asked & _PARTS.keys()})


def _lines(frames: Frames, period: Period, store_id: int | None, _wanted: set[str]) -> pl.LazyFrame:
    return frames.lines(period.first, period.last, store_id)


def _served(frames: Frames, period: Period, store_id: int | None, wanted: set[str]) -> pl.LazyFrame:
    served = _levelled(frames, frames.served(period.first, period.last, store_id), wanted)
    of_the_order = sorted(wanted & layout.LINES.schema.keys() - layout.SERVED.schema.keys())
    if not of_the_order:
        return served
    lines = frames.lines(period.first, period.last, store_id).select("order_id", *of_the_order)
    return served.join(lines, on="order_id", how="left")


def _offers(frames: Frames, period: Period, store_id: int | None, wanted: set[str]) -> pl.LazyFrame:
    return _levelled(frames, frames.offers(period.first, period.last, store_id), wanted)


def _shares(frames: Frames, period: Period, store_id: int | None, wanted: set[str]) -> pl.LazyFrame:
    return _levelled(frames, frames.shares(period.first, period.last, store_id), wanted)


def _books(frames: Frames, period: Period, store_id: int | None, _wanted: set[str]) -> pl.LazyFrame:
    return frames.books(period.first, period.last, store_id)


def _ever(frames: Frames, _period: Period, store_id: int | None, wanted: set[str]) -> pl.LazyFrame:
    return _known(frames, frames.history(store_id), wanted)


def _firsts(frames: Frames, period: Period, store_id: int | None, wanted: set[str]) -> pl.LazyFrame:
    first = pl.col("first_day")
    firsts = frames.history(store_id).filter(first == first.min().over("customer_id"))
    return _known(frames, firsts.rename({"first_day": "day"}).filter(_within(period)), wanted)


def _joined(frames: Frames, period: Period, store_id: int | None, wanted: set[str]) -> pl.LazyFrame:
    joined = frames.customers(store_id).rename({"joined_day": "day"}).filter(_within(period))
    if "first_day" not in wanted:
        return joined
    firsts = frames.history().group_by("customer_id").agg(pl.min("first_day"))
    return joined.join(firsts, on="customer_id", how="left")


def _within(period: Period) -> pl.Expr:
    return _DAY.is_between(period.first, period.last)


def _known(frames: Frames, told: pl.LazyFrame, wanted: set[str]) -> pl.LazyFrame:
    """With what is known of the customer."""
    columns = sorted(wanted & {"channel", "city", "joined_day"})
    if not columns:
        return told
    customers = frames.customers().select("customer_id", *columns)
    return told.join(customers, on="customer_id", how="left")


def _levelled(frames: Frames, told: pl.LazyFrame, wanted: set[str]) -> pl.LazyFrame:
    """With the companion's level as it is now."""
    return frames.with_level(told) if "level" in wanted else told


_ROWS: Mapping[Basis, Callable[[Frames, Period, int | None, set[str]], pl.LazyFrame]] = {
    Basis.LINES: _lines,
    Basis.SERVED: _served,
    Basis.OFFERS: _offers,
    Basis.BOOKS: _books,
    Basis.SHARES: _shares,
    Basis.EVER: _ever,
    Basis.FIRSTS: _firsts,
    Basis.JOINED: _joined,
}
