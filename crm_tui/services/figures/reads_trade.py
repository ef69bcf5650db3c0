"""What the pages of games and channels, and of cities show."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import polars as pl

from crm_tui.core.language import _
from crm_tui.core.words import OrderKind, SourceChannel
from crm_tui.services.catalogue import reads as catalogue
from crm_tui.services.figures import measures_trade as measures
from crm_tui.services.figures import reads, sales
from crm_tui.services.figures.copy.frames import Frames
from crm_tui.services.figures.periods import Compare, Period
from crm_tui.services.figures.rows import TradeRow
from crm_tui.services.figures.scope import EVERYTHING, Narrowed, Scope
from crm_tui.storage.store import ReadWork

_Name = Callable[[Any], str]


def games(
    work: ReadWork,
    frames: Frames,
    period: Period,
    scope: Scope = EVERYTHING,
    compare: Compare = "previous",
) -> tuple[TradeRow, ...]:
    """What each game brought in ``period``, most income first."""
    names = {game.id: game.name for game in catalogue.games(work)}
    of = reads.narrowed(work, frames, scope, period.last)
    return _rows(_of_orders(of, period, compare, "game_id"), lambda game: names.get(game, ""))


def kinds(
    work: ReadWork,
    frames: Frames,
    period: Period,
    scope: Scope = EVERYTHING,
    compare: Compare = "previous",
) -> tuple[TradeRow, ...]:
    """What each kind of service brought in ``period``, most income first."""
    of = reads.narrowed(work, frames, scope, period.last)
    return _rows(_of_orders(of, period, compare, "kind"), lambda kind: OrderKind(kind).label)


def skills(
    work: ReadWork,
    frames: Frames,
    period: Period,
    scope: Scope = EVERYTHING,
    compare: Compare = "previous",
) -> tuple[TradeRow, ...]:
    """What companions of each rank brought in ``period``, most income first. The key of those
    whose rank in the game is not known is empty."""
    of = reads.narrowed(work, frames, scope, period.last)
    against = period.compared(compare)
    before = None if against is None else sales.by_skill(of, against)
    words = frames.skills().select(pl.col("number").alias("key"), "skill").unique()
    told = measures.trade(sales.by_skill(of, period), before)
    named = told.join(words.lazy(), on="key", how="left", maintain_order="left")
    told = named.with_columns(key="skill").drop("skill")
    return _rows(told, lambda skill: skill or _("not known"))


def channels(
    work: ReadWork,
    frames: Frames,
    period: Period,
    scope: Scope = EVERYTHING,
    compare: Compare = "previous",
) -> tuple[TradeRow, ...]:
    """What the customers of each channel brought in ``period``, most income first; also of
    channels that only brought people who have not ordered yet."""
    of = reads.narrowed(work, frames, scope, period.last)
    told = _of_customers(of, period, compare, "channel")
    return _rows(told, lambda channel: SourceChannel(channel).label)


def cities(
    work: ReadWork,
    frames: Frames,
    period: Period,
    scope: Scope = EVERYTHING,
    compare: Compare = "previous",
) -> tuple[TradeRow, ...]:
    """What the customers of each city brought in ``period``, as :func:`channels`. The key of those
    of whom no city is known is empty."""
    of = reads.narrowed(work, frames, scope, period.last)
    told = _of_customers(of, period, compare, "city")
    return _rows(told, lambda city: city or _("not known"))


def _of_orders(of: Narrowed, period: Period, compare: Compare, column: str) -> pl.LazyFrame:
    against, by = period.compared(compare), sales.by_column(column)
    before = None if against is None else sales.sales(of, against, by)
    return measures.trade(sales.sales(of, period, by), before)


def _of_customers(of: Narrowed, period: Period, compare: Compare, column: str) -> pl.LazyFrame:
    joined = of.customers().filter(pl.col("joined_day").is_between(period.first, period.last))
    converted = measures.conversion(joined, of.history(), column)
    told = _of_orders(of, period, compare, column)
    nothing = pl.col("orders", "gross_fen", "share", "customers", "new_customers").fill_null(0)
    both = told.join(converted, on="key", how="full", coalesce=True)
    return both.with_columns(nothing).sort("gross_fen", "key", descending=[True, False])


def _rows(told: pl.LazyFrame, name: _Name) -> tuple[TradeRow, ...]:
    frame = told.collect()
    if "conversion" not in frame.columns:
        frame = frame.with_columns(pl.lit(None, pl.Float64).alias("conversion"))
    return tuple(
        TradeRow("" if which is None else str(which), name(which), *figures)
        for which, *figures in frame.select("key", *measures.TRADE, "conversion").iter_rows()
    )
