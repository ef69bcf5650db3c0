"""The value tiers of customers, computed from their orders when asked: never stale."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlmodel import col

from crm_tui.core.clock import BusinessCalendar
from crm_tui.core.errors import NotFound
from crm_tui.core.language import _
from crm_tui.core.words import OrderStatus
from crm_tui.models import STUDIO, Customer, Order
from crm_tui.services.customers.rfm import WINDOW_DAYS, Edges, Tier, tier
from crm_tui.storage.store import ReadWork

_IDS_AT_ONCE = 500
NOT_COMPLETED = tuple(status for status in OrderStatus if status is not OrderStatus.COMPLETED)
"""Asked like this, no engine goes through all completed orders to find those of one customer."""


def tier_of(work: ReadWork, customer_id: int, at: datetime | None = None) -> Tier:
    """The tier of one customer, now or ``at`` an instant. Raises :class:`NotFound`."""
    try:
        return tiers_of(work, [customer_id], at)[customer_id]
    except KeyError:
        raise NotFound(what=_("customer"), ref=str(customer_id)) from None


def tiers_of(
    work: ReadWork, customer_ids: Collection[int], at: datetime | None = None
) -> dict[int, Tier]:
    """The tiers of these customers, by id; who does not exist is left out.

    Two queries for every 500 customers, whatever the number of their orders outside the window.
    """
    now = at or work.clock.now()
    edges = Edges.of(work.setting("customers.rfm_edges", STUDIO))
    calendar = work.calendar()
    ids = sorted(customer_ids)
    found: dict[int, Tier] = {}
    for start in range(0, len(ids), _IDS_AT_ONCE):
        found |= _portion(work, ids[start : start + _IDS_AT_ONCE], now, edges, calendar)
    return found


def _portion(
    work: ReadWork, ids: list[int], now: datetime, edges: Edges, calendar: BusinessCalendar
) -> dict[int, Tier]:
    connection = work.session.connection()
    today = calendar.day_of(now)
    completed = (
        col(Order.customer_id).in_(ids),
        col(Order.status).not_in(NOT_COMPLETED),
        col(Order.completed_at) <= now,
    )
    history: tuple[Any, ...] = (func.count(), func.max(col(Order.completed_at)))
    ever = connection.execute(
        select(col(Order.customer_id), *history).where(*completed).group_by(col(Order.customer_id))
    )
    since = calendar.starts(today - timedelta(days=WINDOW_DAYS))
    window = connection.execute(
        select(col(Order.customer_id), func.count(), func.sum(col(Order.amount_fen)))
        .where(*completed, col(Order.completed_at) >= since)
        .group_by(col(Order.customer_id))
    )
    lately = {owner: (count, int(fen)) for owner, count, fen in window}
    known = connection.execute(select(col(Customer.id)).where(col(Customer.id).in_(ids)))
    tiers = {int(owner or 0): tier(edges, None, 0, 0, 0) for (owner,) in known}
    for owner, count, last in ever:
        days = (today - calendar.day_of(last)).days
        tiers[owner] = tier(edges, days, count, *lately.get(owner, (0, 0)))
    return tiers
