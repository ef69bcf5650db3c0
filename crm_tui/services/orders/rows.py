"""The order as a row: what every list, board and document of orders is made of.

A handful of queries for any number of orders; no row asks the database for more later.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Executable, bindparam, func, or_, select
from sqlalchemy.orm import aliased
from sqlmodel import col

from crm_tui.core.text import listed
from crm_tui.core.words import (
    AlarmKind,
    DispatchMode,
    OfferState,
    OrderKind,
    OrderStatus,
    SessionEnd,
)
from crm_tui.models import (
    Assignment,
    Companion,
    Customer,
    DispatchRound,
    Game,
    Offer,
    Order,
    Rating,
    Reservation,
)
from crm_tui.services.clocks.clockwork import Service, clockwork, services
from crm_tui.services.clocks.rules import Terms, first_due
from crm_tui.services.clocks.terms import terms_of
from crm_tui.services.orders.billing import whole_minutes
from crm_tui.services.orders.rules import WAITING
from crm_tui.storage.store import ReadWork


@dataclass(frozen=True, slots=True)
class Named:
    """A companion of an order."""

    id: int
    nick: str


@dataclass(frozen=True, slots=True)
class OrderRow:
    """One order, with the names people know things by."""

    id: int
    no: str
    store_id: int
    status: OrderStatus
    customer_id: int
    customer: str
    companion_id: int | None
    """The first of :attr:`companions`."""
    companion: str | None
    """The nicknames of all of them: ``鹿鹿09、北岸``."""
    companions: tuple[Named, ...]
    """Who serves it, or who finished it, by place."""
    places: int
    """How many companions are wanted."""
    reserved: tuple[Named, ...]
    """Who is kept for it until it begins, by place."""
    game: str
    kind: OrderKind
    mode: DispatchMode
    demands: dict[str, Any]
    """What was asked for: ``gender``, ``level``, ``rank``, ``tags``; only what was."""
    planned_minutes: int
    billed_minutes: int | None
    amount_fen: int
    paid_fen: int
    tip_fen: int
    created_at: datetime
    due_at: datetime | None
    """What the clock that runs out first runs to."""
    clock: AlarmKind | None
    """Which clock that is; none runs while the customer is asked, and in a pause."""
    accepted_at: datetime | None
    started_at: datetime | None
    finished_at: datetime | None
    completed_at: datetime | None
    open_offers: int
    served_minutes: int
    """Whole minutes of the closed stretches of service."""
    running_since: datetime | None
    """Start of the stretch that runs now; an order in service without one is paused."""
    stopped_by: SessionEnd | None
    """Why the clock of an order in service stands."""
    stood_since: datetime | None
    """Since when it stands."""
    note: str
    rating: int | None
    version: int
    start_at: datetime | None
    """When the customer wants to begin; none means at once."""
    asked_customer_at: datetime | None
    """Since when the customer's word is waited for; the response clock stands meanwhile."""
    confirmed_at: datetime | None
    renewal_of_id: int | None
    renewal_of: str | None
    """The number of the order that this one goes on from."""
    tier: int = 0
    """The tier of its ladder that was asked last; 0 where nobody is asked."""
    tiers: int = 0
    """Of how many."""
    widens_at: datetime | None = None
    """When the next tier is asked."""
    discount_bp: int = 0
    """What the customer's membership level takes off the price, unless that is agreed."""
    custom: Mapping[str, Any] = field(default_factory=dict)
    """What is stored in the custom fields, by their keys."""

    @property
    def paused(self) -> bool:
        """In service, and the clock stands."""
        return self.status is OrderStatus.SERVING and self.running_since is None

    @property
    def disconnected(self) -> bool:
        """In service, and the clock stands because the connection broke."""
        return self.paused and self.stopped_by is SessionEnd.DISCONNECTED

    @property
    def free_places(self) -> int:
        """Places that nobody has been found for yet."""
        if self.status not in WAITING:
            return 0
        return max(self.places - len(self.companions) - len(self.reserved), 0)


_FROM_ORDER: dict[str, Any] = {
    name: col(getattr(Order, name))
    for name in OrderRow.__slots__
    if name in Order.model_fields and name != "customer"
}
_First = aliased(Order)
_ORDERS = (
    select(
        *_FROM_ORDER.values(),
        col(Customer.nick).label("customer"),
        col(Game.name).label("game"),
        col(_First.no).label("renewal_of"),
    )
    .join(Customer, col(Customer.id) == col(Order.customer_id))
    .join(Game, col(Game.id) == col(Order.game_id))
    .outerjoin(_First, col(_First.id) == col(Order.renewal_of_id))
)
_NAMES = (*_FROM_ORDER, "customer", "game", "renewal_of")
_IDS: Any = bindparam("ids", expanding=True)
_BY_IDS = _ORDERS.where(col(Order.id).in_(_IDS))
_COMPANIONS = (
    select(
        col(Assignment.order_id),
        col(Assignment.place),
        col(Assignment.companion_id),
        col(Companion.nick),
    )
    .join(Companion, col(Companion.id) == col(Assignment.companion_id))
    .where(
        col(Assignment.order_id).in_(_IDS),
        or_(col(Assignment.ended_at).is_(None), col(Assignment.outcome) == SessionEnd.FINISHED),
    )
    .order_by(col(Assignment.place), col(Assignment.id))
)
_RESERVED = (
    select(col(Reservation.order_id), col(Reservation.companion_id), col(Companion.nick))
    .join(Companion, col(Companion.id) == col(Reservation.companion_id))
    .where(col(Reservation.order_id).in_(_IDS))
    .order_by(col(Reservation.place))
)
_OPEN_OFFERS = (
    select(col(Offer.order_id), func.count(), func.max(col(Offer.expires_at)))
    .where(col(Offer.order_id).in_(_IDS), col(Offer.state) == OfferState.OPEN)
    .group_by(col(Offer.order_id))
)
_LADDERS = select(
    col(DispatchRound.order_id),
    col(DispatchRound.tier),
    col(DispatchRound.tiers),
    col(DispatchRound.widens_at),
).where(col(DispatchRound.order_id).in_(_IDS), col(DispatchRound.closed_at).is_(None))
_RATINGS = select(col(Rating.order_id), col(Rating.overall)).where(col(Rating.order_id).in_(_IDS))
_AT_ONCE = 5000
"""Ids in one query; engines cap the parameters of a statement."""


def rows_of(work: ReadWork, *which: ColumnElement[bool]) -> list[OrderRow]:
    """The orders that meet all conditions, in no particular order."""
    return _with_surroundings(work, work.session.connection().execute(_ORDERS.where(*which)))


def newest(
    work: ReadWork, limit: int | None, by: Any, *which: ColumnElement[bool]
) -> list[OrderRow]:
    """The last ``limit`` orders by the instant ``by`` that meet all conditions, last one first."""
    query = _ORDERS.where(*which).order_by(by.desc(), col(Order.id).desc()).limit(limit)
    return _with_surroundings(work, work.session.connection().execute(query))


def rows_by_ids(work: ReadWork, ids: Sequence[int]) -> list[OrderRow]:
    """The orders with these ids, in no particular order."""
    connection = work.session.connection()
    return [
        row
        for some in _portions(ids)
        for row in _with_surroundings(work, connection.execute(_BY_IDS, {"ids": some}))
    ]


def _portions(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    for first in range(0, len(ids), _AT_ONCE):
        yield ids[first : first + _AT_ONCE]


def _with_surroundings(work: ReadWork, found: Iterable[Any]) -> list[OrderRow]:
    """The rows of orders, each with who serves it, how long, its offers and its rating."""
    orders: list[dict[str, Any]] = [dict(zip(_NAMES, row, strict=True)) for row in found]
    manned = [o for o in orders if o["status"] not in WAITING or o["places"] > 1]
    companions: defaultdict[int, dict[int, Named]] = defaultdict(dict)
    for order_id, place, companion_id, nick in _about(work, _COMPANIONS, manned):
        companions[order_id][place] = Named(companion_id, nick)
    booked = [o for o in orders if o["status"] in WAITING and o["start_at"]]
    reserved: defaultdict[int, list[Named]] = defaultdict(list)
    for order_id, companion_id, nick in _about(work, _RESERVED, booked):
        reserved[order_id].append(Named(companion_id, nick))
    begun = [order for order in orders if order["started_at"]]
    served = services(work, [order["id"] for order in begun])
    offered = [order for order in orders if order["status"] is OrderStatus.OFFERED]
    offers = {
        order_id: (count, expires)
        for order_id, count, expires in _about(work, _OPEN_OFFERS, offered)
    }
    ladders = {
        order_id: {"tier": tier, "tiers": len(tiers), "widens_at": widens_at}
        for order_id, tier, tiers, widens_at in _about(work, _LADDERS, offered)
    }
    ratings = dict(_about(work, _RATINGS, manned))
    terms = {store_id: terms_of(work, store_id) for store_id in {o["store_id"] for o in orders}}
    rows = []
    for order in orders:
        order_id = order["id"]
        who = tuple(companions[order_id].values())
        order["companions"] = who
        order["companion_id"] = who[0].id if who else None
        order["companion"] = listed(one.nick for one in who) or None
        order["reserved"] = tuple(reserved[order_id])
        order["open_offers"], offer_expires = offers.get(order_id, (0, None))
        order |= ladders.get(order_id, {})
        order["rating"] = ratings.get(order_id)
        order |= time_facts(
            order, served.get(order_id, Service()), offer_expires, terms[order["store_id"]]
        )
        rows.append(OrderRow(**order))
    return rows


def time_facts(
    order: Mapping[str, Any], service: Service, offer_expires: datetime | None, terms: Terms
) -> dict[str, Any]:
    """What an order's row says of time, from its columns by name."""
    stood_since, stopped_by = service.stands(order["status"])
    clock = first_due(clockwork(order, service, offer_expires), terms)
    return {
        "running_since": service.running_since,
        "served_minutes": whole_minutes(service.served()),
        "stopped_by": stopped_by,
        "stood_since": stood_since,
        "due_at": clock.at if clock else None,
        "clock": clock.kind if clock else None,
    }


def _about(work: ReadWork, query: Executable, orders: Sequence[Mapping[str, Any]]) -> Iterator[Any]:
    """What ``query`` finds about ``orders``; nothing is asked where there are none."""
    connection = work.session.connection()
    for some in _portions([order["id"] for order in orders]):
        yield from connection.execute(query, {"ids": some})
