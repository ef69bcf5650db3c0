"""The orders behind a figure."""

from __future__ import annotations

from datetime import datetime, timedelta

import polars as pl

from crm_tui.services.figures import reads
from crm_tui.services.figures.copy.frames import Frames
from crm_tui.services.figures.measures import GROSS, ORDERS
from crm_tui.services.figures.periods import EVER, Period, span_of
from crm_tui.services.figures.rows import Behind
from crm_tui.services.figures.scope import EVERYTHING, Narrowed, Scope
from crm_tui.storage.store import ReadWork

_HOUR = timedelta(hours=1)


def behind(
    work: ReadWork,
    frames: Frames,
    period: Period,
    scope: Scope = EVERYTHING,
    *,
    at: str = "",
    hour: int | None = None,
    nth: int | None = None,
    new: bool = False,
    parts: bool = False,
    limit: int = 500,
) -> Behind:
    """The completed orders that a figure is made of, the last ``limit`` of them by id.

    ``at`` is the label of one bucket of ``period``, such as ``RevenueRow.at``, ``hour`` one hour
    of the day. ``nth`` is a step of the funnel: the first (1), the second or the third order, at
    whatever time, of the customers new in ``period``; ``new`` only the first orders ever. What else
    the figure is about, a game or a companion, is in ``scope``; with ``parts`` the income is that
    of the companions whom it means, as their leaderboard tells it. Raises ``ValueError`` for what
    is no label.
    """
    of = reads.narrowed(work, frames, scope, period.last)
    days = span_of(at, period) if at else period
    lines = of.lines(days) if nth is None else _taken(of, days, nth)
    if new:
        lines = lines.filter("new")
    if parts:
        served = of.served(days).group_by("order_id").agg(GROSS)
        lines = lines.drop("gross_fen").join(served, on="order_id")
    if hour is not None:
        lines = lines.filter(pl.col("hour") == hour)
    if "T" in at:
        begins = datetime.fromisoformat(at)
        lines = lines.filter(pl.col("at").is_between(begins, begins + _HOUR, closed="left"))
    last = lines.select("at", "order_id").top_k(limit, by=["at", "order_id"])
    sums, newest = pl.collect_all([lines.select(ORDERS, GROSS), last])
    ids = newest.sort("at", "order_id", descending=True)["order_id"]
    orders, gross_fen = sums.row(0)
    return Behind(orders, gross_fen, tuple(ids))


def _taken(of: Narrowed, days: Period, nth: int) -> pl.LazyFrame:
    """The ``nth`` order that fits, of the customers whose first one was in ``days``."""
    lines = of.lines(EVER)
    if of.parts_orders:
        turn = pl.struct("at", "order_id").rank("ordinal").over("customer_id")
        lines = lines.with_columns(turn.alias("nth"))
    new = lines.filter(pl.col("nth") == 1, pl.col("day").is_between(days.first, days.last))
    return lines.filter(pl.col("nth") == nth).join(new, on="customer_id", how="semi")
