"""What the pages of companions, customers and cohorts show."""

from __future__ import annotations

from datetime import date
from typing import Any

import polars as pl

from crm_tui.core.words import Segment
from crm_tui.services.figures import measures_board, measures_cohorts, reads, sales
from crm_tui.services.figures import measures_customers as measures
from crm_tui.services.figures.copy.frames import Frames
from crm_tui.services.figures.periods import EVER, Period, label
from crm_tui.services.figures.rows import (
    CohortRow,
    CustomerRow,
    Customers,
    FunnelStep,
    LeaderRow,
    Lifetime,
    SegmentRow,
)
from crm_tui.services.figures.scope import EVERYTHING, Scope
from crm_tui.storage.store import ReadWork


def leaderboard(
    work: ReadWork, frames: Frames, period: Period, scope: Scope = EVERYTHING
) -> tuple[LeaderRow, ...]:
    """The companions who served in ``period``: most orders first, equals by nickname."""
    of = reads.narrowed(work, frames, scope, period.last)
    told = measures_board.leaderboard(
        sales.places(of, period), of.answers(period), of.shares(period)
    )
    known = reads.companions(work)
    rows = [
        LeaderRow(who, *known.get(who, ("", "")), *figures)
        for who, *figures in told.collect().iter_rows()
    ]
    return tuple(sorted(rows, key=lambda row: (-row.orders, row.companion, row.companion_id)))


def customers(
    work: ReadWork,
    frames: Frames,
    period: Period = EVER,
    scope: Scope = EVERYTHING,
    day: date | None = None,
) -> Customers:
    """The customers as they stand on business day ``day`` (today without one): their segments,
    each with a row, and what they are worth; and the funnel of those new in ``period``."""
    day = day or reads.today(work, scope.store_id)
    history = reads.narrowed(work, frames, scope, day).history()
    tiered, steps, worth = pl.collect_all(
        [
            measures.segments(reads.tiered(work, frames, scope, day)),
            measures.funnel(_new_in(history, period)),
            measures.lifetime(history),
        ]
    )
    return Customers(
        day, period, _segments(tiered), _steps(steps), Lifetime(**worth.row(0, named=True))
    )


def funnel(
    work: ReadWork, frames: Frames, period: Period = EVER, scope: Scope = EVERYTHING
) -> tuple[FunnelStep, ...]:
    """How many of the customers new in ``period`` went on to a second order and to more, by now."""
    history = reads.narrowed(work, frames, scope, period.last).history()
    return _steps(measures.funnel(_new_in(history, period)).collect())


def customer_rows(
    work: ReadWork,
    frames: Frames,
    scope: Scope = EVERYTHING,
    day: date | None = None,
    limit: int | None = None,
) -> tuple[CustomerRow, ...]:
    """Every customer with the tier on business day ``day`` (today without one), who spent most
    first; at most ``limit`` of them."""
    day = day or reads.today(work, scope.store_id)
    tiered = reads.tiered(work, frames, scope, day).sort(
        "gross_fen", "customer_id", descending=[True, False]
    )
    told = (tiered if limit is None else tiered.head(limit)).collect()
    nicks = reads.customers(work, told["customer_id"].to_list())
    return tuple(
        CustomerRow(who, nicks.get(who, ""), r, f, m, Segment(segment), *ever)
        for who, r, f, m, segment, *ever in told.iter_rows()
    )


def cohorts(work: ReadWork, frames: Frames, scope: Scope = EVERYTHING) -> tuple[CohortRow, ...]:
    """Who came back, by the month of the first order, over all the studio's time."""
    day = reads.today(work, scope.store_id)
    of = reads.narrowed(work, frames, scope, day)
    told = measures_cohorts.cohorts(of.actives()).collect()
    return tuple(CohortRow(label(cohort, "month"), *row) for cohort, *row in told.iter_rows())


def _new_in(history: pl.LazyFrame, period: Period) -> pl.LazyFrame:
    if period == EVER:
        return history
    return history.filter(pl.col("first_day").is_between(period.first, period.last))


def _segments(told: pl.DataFrame) -> tuple[SegmentRow, ...]:
    """A row for every segment, in the order of the rule, also for those that nobody is in."""
    found = {row["segment"]: row for row in told.iter_rows(named=True)}
    nobody = {"customers": 0, "share": 0.0, "orders": 0, "spent_fen": 0, "spent_share": 0.0}
    return tuple(
        SegmentRow(**{**nobody, **found.get(each.value, {}), "segment": each}) for each in Segment
    )


def _steps(told: pl.DataFrame) -> tuple[FunnelStep, ...]:
    row: dict[str, Any] = told.row(0, named=True)
    first = row[f"{measures.FUNNEL[0][0]}_customers"]
    return tuple(
        FunnelStep(
            name,
            row[f"{name}_customers"],
            row[f"{name}_customers"] / first if first else 0.0,
            row.get(f"{name}_days"),
        )
        for name, _ in measures.FUNNEL
    )
