"""What all reads of figures share: the calendar, the narrowed frames, the names.

Names come from the database, never from the copy: there are none in it.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, timedelta
from typing import Any

import polars as pl
from sqlalchemy import func, select
from sqlmodel import col

from crm_tui.core.clock import BusinessCalendar
from crm_tui.models import STUDIO, Companion, CompanionLevel, Customer
from crm_tui.services.catalogue import reads as catalogue
from crm_tui.services.customers.rfm import WINDOW_DAYS, Edges
from crm_tui.services.figures import measures_customers as measures
from crm_tui.services.figures.copy.frames import Frames
from crm_tui.services.figures.periods import EVER
from crm_tui.services.figures.scope import EVERYTHING, Narrowed, Scope
from crm_tui.storage.store import ReadWork

_CUSTOMER_ID: Any = col(Customer.id)


def today(work: ReadWork, store_id: int | None = None) -> date:
    """The business day that is running."""
    return work.calendar(store_id or STUDIO).day_of(work.clock.now())


def calendar_of(work: ReadWork, scope: Scope) -> BusinessCalendar:
    """The days of the scope's store, or of the studio."""
    return work.calendar(scope.store_id or STUDIO)


def narrowed(work: ReadWork, frames: Frames, scope: Scope, day: date) -> Narrowed:
    """The frames as ``scope`` says; its segment is told for business day ``day``, or for today
    where that is to come."""
    several = len(catalogue.stores(work)) > 1
    if scope.segment is None:
        return Narrowed(frames, scope, None, several)
    everybody = tiered(work, frames, EVERYTHING, day)
    members = everybody.filter(pl.col("segment") == scope.segment.value)
    return Narrowed(frames, scope, members.select("customer_id"), several)


def tiered(work: ReadWork, frames: Frames, scope: Scope, day: date) -> pl.LazyFrame:
    """The value tier that every customer of ``scope`` had on business day ``day``, today at the
    latest: :func:`.measures_customers.tiers`. The tier is told of all their orders in all stores,
    whatever orders the scope is about."""
    day = min(day, today(work, scope.store_id))
    history = (
        frames.history()
        if day == today(work, scope.store_id)
        else measures.histories(frames.lines(EVER.first, day))
    )
    return measures.tiers(
        narrowed(work, frames, scope, day).customers(),
        history,
        frames.lines(day - timedelta(days=WINDOW_DAYS), day),
        Edges.of(work.setting("customers.rfm_edges", STUDIO)),
        day,
    )


def companions(work: ReadWork) -> dict[int, tuple[str, str]]:
    """Companions' nicknames and the names of their levels (empty without one) by id, also of those
    who have left."""
    query = select(
        col(Companion.id), col(Companion.nick), func.coalesce(CompanionLevel.name, "")
    ).outerjoin(CompanionLevel, col(CompanionLevel.id) == col(Companion.level_id))
    rows = work.session.connection().execute(query)
    return {who or 0: (nick, level) for who, nick, level in rows}


def customers(work: ReadWork, ids: Collection[int]) -> dict[int, str]:
    """The nicknames of these customers by id."""
    query = select(col(Customer.id), col(Customer.nick)).where(
        work.store.dialect.among(_CUSTOMER_ID, ids)
    )
    return {who or 0: nick for who, nick in work.session.connection().execute(query)}
