"""What is between companions and the orders and customers in question; few pairs have anything."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select
from sqlmodel import col

from crm_tui.core.portions import portions
from crm_tui.core.words import OfferState, OrderStatus, Stance
from crm_tui.models import Assignment, Offer, Order
from crm_tui.models.persons import CompanionStance
from crm_tui.services.dispatch.columnar import ids, piece
from crm_tui.storage.store import ReadWork

_AT_ONCE = 5000
"""Ids in one query; engines cap the parameters of a statement."""
_IDS: Any = bindparam("ids", expanding=True)
_THEIRS = (
    select(piece(col(Assignment.companion_id)))
    .where(col(Assignment.order_id) == col(Order.id))
    .correlate(Order)
    .scalar_subquery()
)
"""Looked up order by order: joined, PostgreSQL without statistics goes through all assignments
there ever were."""
_TOGETHER: Any = select(col(Order.customer_id), col(Order.status), _THEIRS).where(
    col(Order.customer_id).in_(_IDS)
)
"""The status is looked at afterwards: asked for, it tempts SQLite to go through all orders."""
_STANCE: tuple[Any, ...] = (
    col(CompanionStance.customer_id),
    col(CompanionStance.companion_id),
    col(CompanionStance.stance),
    col(CompanionStance.reason),
)
_STANCES = select(*_STANCE).where(col(CompanionStance.customer_id).in_(_IDS))
_REFUSAL: tuple[Any, ...] = (
    col(Offer.order_id),
    col(Offer.companion_id),
    col(Offer.answered_at),
    col(Offer.reason),
)
_DECLINED = (
    select(*_REFUSAL)
    .where(col(Offer.order_id).in_(_IDS), col(Offer.state) == OfferState.DECLINED)
    .order_by(col(Offer.id))
)


def together(
    work: ReadWork, customers: Collection[int], place_of: Mapping[int, int]
) -> dict[int, dict[int, int]]:
    """Completed orders by customer and companion's place."""
    found: defaultdict[int, dict[int, int]] = defaultdict(dict)
    for customer_id, status, theirs in _about(work, _TOGETHER, customers):
        for companion_id in ids(theirs) if status is OrderStatus.COMPLETED else ():
            if companion_id not in place_of:
                continue
            with_them, place = found[customer_id], place_of[companion_id]
            with_them[place] = with_them.get(place, 0) + 1
    return found


def stances(
    work: ReadWork, customers: Collection[int], place_of: Mapping[int, int]
) -> dict[int, dict[int, tuple[Stance, str]]]:
    """Preferences and refusals with their reason, by customer and companion's place."""
    found: defaultdict[int, dict[int, tuple[Stance, str]]] = defaultdict(dict)
    for customer_id, companion_id, stance, reason in _about(work, _STANCES, customers):
        if companion_id in place_of:
            found[customer_id][place_of[companion_id]] = (stance, reason)
    return found


def declined(
    work: ReadWork, orders: Collection[int], place_of: Mapping[int, int]
) -> dict[int, dict[int, tuple[datetime | None, str]]]:
    """Who turned an order down, when and why, by order and companion's place; the last time."""
    found: defaultdict[int, dict[int, tuple[datetime | None, str]]] = defaultdict(dict)
    for order_id, companion_id, answered_at, reason in _about(work, _DECLINED, orders):
        if companion_id in place_of:
            found[order_id][place_of[companion_id]] = (answered_at, reason)
    return found


def _about(work: ReadWork, query: Any, whose: Collection[int]) -> Iterator[Any]:
    for some in portions(whose, _AT_ONCE):
        yield from work.session.connection().execute(query, {"ids": some}).all()
