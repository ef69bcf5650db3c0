"""The orders behind a row of a report, and behind a goal."""

from __future__ import annotations

from functools import partial
from typing import Any

import polars as pl

from crm_tui.models import STUDIO
from crm_tui.services.figures.catalogue import Basis
from crm_tui.services.figures.copy.frames import Frames
from crm_tui.services.figures.measures import GROSS, ORDERS
from crm_tui.services.figures.periods import Period
from crm_tui.services.figures.reads import tiered
from crm_tui.services.figures.reports import bases
from crm_tui.services.figures.reports.definition import Definition
from crm_tui.services.figures.reports.filtering import chosen
from crm_tui.services.figures.reports.names import Names
from crm_tui.services.figures.rows import Behind
from crm_tui.services.figures.scope import Scope
from crm_tui.services.filters.rules import Context, Moment
from crm_tui.storage.store import ReadWork

_OF_ORDERS = (Basis.LINES, Basis.SERVED)


def behind(
    work: ReadWork,
    frames: Frames,
    definition: Definition,
    period: Period,
    key: Any = None,
    *,
    store_id: int | None = None,
    limit: int = 500,
) -> Behind | None:
    """The completed orders that the row ``key`` of what is defined tells of over ``period``, the
    last ``limit`` by id; without groups, all of it. Where companions are told of, an order of
    several counts with their part of it, as in the figure. Where only first orders are counted, or
    only renewals, it is those. None where nothing is told of orders."""
    moment = Moment(work.clock.now(), work.calendar(store_id or STUDIO))
    which = chosen(definition.filter, Names.of(work, frames), Context(moment))
    told = {definition.basis_of(each, which.bases) for each in definition.measures}
    basis = next((each for each in _OF_ORDERS if each in told), None)
    if basis is None:
        return None
    where = which.where
    counted = {each.counts for each in definition.measures}
    if len(counted) == 1 and (only := counted.pop()):
        where &= pl.col(only)
    if definition.group is not None:
        where &= pl.col(definition.group.column).eq_missing(pl.lit(key))
    wanted = {"order_id", "at", "gross_fen", *where.meta.root_names()}
    tiers = partial(tiered, work, frames, Scope(store_id=store_id), period.last)
    rows = bases.rows(frames, basis, period, store_id, wanted, tiers).filter(where)
    orders = rows.group_by("order_id").agg(pl.first("at"), GROSS)
    last = orders.top_k(limit, by=["at", "order_id"])
    sums, newest = pl.collect_all([orders.select(ORDERS, GROSS), last])
    ids = newest.sort("at", "order_id", descending=True)["order_id"]
    count, gross_fen = sums.row(0)
    return Behind(count, gross_fen, tuple(ids))
