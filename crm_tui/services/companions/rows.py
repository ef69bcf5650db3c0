"""The companion as a row: what the roster, its filter and documents are made of.

A handful of queries for any number of companions; no row asks the database for more later.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, or_, select
from sqlmodel import col

from crm_tui.core.masked import Masked
from crm_tui.core.words import Gender, OfferState, OrderStatus, Presence
from crm_tui.models import (
    STUDIO,
    Assignment,
    Companion,
    CompanionLevel,
    CompanionSkill,
    Game,
    Offer,
    Order,
    Rating,
    Reservation,
    ServiceSession,
)
from crm_tui.services.companions import schedule
from crm_tui.services.companions.rules import roster_order, shown_presence
from crm_tui.services.companions.schedule_rules import Standing, Window, standing
from crm_tui.services.orders.rules import WAITING
from crm_tui.storage.store import ReadWork

AHEAD = timedelta(hours=24)
"""How far a row knows the hours of its companion."""


@dataclass(frozen=True, slots=True)
class SkillRow:
    """A game that the companion plays, and the rank in the studio's words."""

    game: str
    rank: str


@dataclass(frozen=True, slots=True)
class Load:
    """What a companion has done on this business day, and has before them.

    ``served`` is the time of the stretches that are over; ``running_since`` the beginning of the
    one that runs. ``planned_minutes`` are those of the order in hand and of the orders they are
    kept for, ``next_start`` the beginning of the first of these.
    """

    orders: int = 0
    served: timedelta = timedelta()
    running_since: datetime | None = None
    planned_minutes: int = 0
    next_start: datetime | None = None

    def minutes(self, now: datetime) -> int:
        """Minutes served on this business day, whole ones, the running stretch included."""
        running = max(now - self.running_since, timedelta()) if self.running_since else timedelta()
        return (self.served + running) // timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class CompanionRow:
    """A companion as lists and pages show them. ``presence`` is derived from orders where it must
    be; ``rate_fen`` is the price of an hour, ``share_bp`` their share in basis points; the phone
    is masked; ``rating`` is the mean of ``ratings`` ratings. ``hours`` are the windows of the next
    24 hours in which they work; ``None``: whenever they say so."""

    id: int
    store_id: int
    no: str
    nick: str
    phone: Masked
    gender: Gender
    presence: Presence
    level: str
    level_label: str
    level_place: int
    rate_fen: int
    share_bp: int
    games: tuple[SkillRow, ...]
    tags: tuple[str, ...]
    rating: float | None
    ratings: int
    credit: int
    load: Load
    current_order: str | None
    open_offers: int
    idle_since: datetime | None
    hours: tuple[Window, ...] | None
    note: str
    active: bool
    version: int
    custom: Mapping[str, Any]
    """What is stored in the custom fields, by their keys."""

    @property
    def today_orders(self) -> int:
        """Orders taken on this business day."""
        return self.load.orders

    def standing(self, now: datetime) -> Standing | None:
        """Whether they work at ``now`` by their hours, and when next; ``None`` without hours."""
        return None if self.hours is None else standing(self.hours, now)


_OWN = (
    "id", "store_id", "no", "nick", "phone", "gender", "presence", "presence_since", "rate_fen",
    "share_bp", "tags", "credit", "note", "active", "version", "custom",
)  # fmt: skip
_COLUMNS: tuple[Any, ...] = (
    *(getattr(Companion, name) for name in _OWN),
    CompanionLevel.code,
    CompanionLevel.name,
    CompanionLevel.position,
)


def rows_of(work: ReadWork, scope: Any) -> list[CompanionRow]:
    """The companions whose ids ``scope`` selects, in the order of the roster."""
    query = (
        select(*_COLUMNS)
        .outerjoin(CompanionLevel, col(CompanionLevel.id) == col(Companion.level_id))
        .where(col(Companion.id).in_(scope))
    )
    found = work.session.connection().execute(query).all()
    now = work.clock.now()
    hours = schedule.windows(work, [row[0] for row in found], now, now + AHEAD)
    skills, ratings = _skills(work, scope), _ratings(work, scope)
    bound, offers = _bound(work, scope), _open_offers(work, scope)
    loads = _loads(work, scope)
    rows = []
    for *values, code, label, place in found:
        own = dict(zip(_OWN, values, strict=True))
        who = own["id"]
        number, status = bound.get(who, (None, None))
        load, last_end = loads.get(who, (_NOTHING, None))
        presence = shown_presence(own["presence"], status, offers.get(who, 0))
        waits = [at for at in (own.pop("presence_since"), last_end) if at]
        mean, votes = ratings.get(who, (None, 0))
        windows = hours.get(who)
        own |= {
            "phone": Masked(own["phone"] or ""),
            "presence": presence,
            "tags": tuple(own["tags"]),
        }
        rows.append(
            CompanionRow(
                **own,
                level=code or "",
                level_label=label or "",
                level_place=-1 if place is None else place,
                games=tuple(skills.get(who, ())),
                rating=mean,
                ratings=votes,
                load=load,
                current_order=number,
                open_offers=offers.get(who, 0),
                idle_since=max(waits, default=None) if presence is Presence.IDLE else None,
                hours=None if windows is None else tuple(windows),
            )
        )
    return sorted(rows, key=lambda row: roster_order(row.presence, row.level_place, row.no))


_NOTHING = Load()


def _skills(work: ReadWork, scope: Any) -> dict[int, list[SkillRow]]:
    query = (
        select(col(CompanionSkill.companion_id), col(Game.name), col(CompanionSkill.rank_text))
        .join(Game, col(Game.id) == col(CompanionSkill.game_id))
        .where(col(CompanionSkill.companion_id).in_(scope))
        .order_by(col(Game.position), col(Game.id))
    )
    skills: dict[int, list[SkillRow]] = defaultdict(list)
    for who, game, rank in work.session.connection().execute(query):
        skills[who].append(SkillRow(game, rank))
    return skills


def _ratings(work: ReadWork, scope: Any) -> dict[int, tuple[float, int]]:
    query = (
        select(col(Rating.companion_id), func.sum(col(Rating.overall)), func.count())
        .where(col(Rating.companion_id).in_(scope))
        .group_by(col(Rating.companion_id))
    )
    rows = work.session.connection().execute(query)
    return {who: (round(int(total) / votes, 2), votes) for who, total, votes in rows}


def _bound(work: ReadWork, scope: Any) -> dict[int, tuple[str, OrderStatus]]:
    """The order that each companion has in hand."""
    query = (
        select(col(Assignment.companion_id), col(Order.no), col(Order.status))
        .join(Order, col(Order.id) == col(Assignment.order_id))
        .where(col(Assignment.ended_at).is_(None), col(Assignment.companion_id).in_(scope))
    )
    rows = work.session.connection().execute(query)
    return {who: (number, status) for who, number, status in rows}


def _open_offers(work: ReadWork, scope: Any) -> dict[int, int]:
    query = (
        select(col(Offer.companion_id), func.count())
        .where(
            col(Offer.state) == OfferState.OPEN,
            col(Offer.expires_at) > work.clock.now(),
            col(Offer.companion_id).in_(scope),
        )
        .group_by(col(Offer.companion_id))
    )
    return dict(work.session.connection().execute(query).all())


def _loads(work: ReadWork, scope: Any) -> dict[int, tuple[Load, datetime | None]]:
    """What everybody has done today and has to do, and when their last order of today ended."""
    calendar = work.calendar(STUDIO)
    start = calendar.starts(calendar.day_of(work.clock.now()))
    taken = _taken(work, scope, start)
    served, running = _served(work, scope, start)
    planned = _planned(work, scope)
    return {
        who: (
            Load(
                taken.get(who, (0, None))[0],
                served.get(who, timedelta()),
                running.get(who),
                *planned.get(who, (0, None)),
            ),
            taken.get(who, (0, None))[1],
        )
        for who in {*taken, *served, *running, *planned}
    }


def _taken(work: ReadWork, scope: Any, start: datetime) -> dict[int, tuple[int, datetime | None]]:
    """Orders taken since ``start``, and when the last of them ended."""
    query = (
        select(col(Assignment.companion_id), func.count(), func.max(col(Assignment.ended_at)))
        .where(col(Assignment.accepted_at) >= start, col(Assignment.companion_id).in_(scope))
        .group_by(col(Assignment.companion_id))
    )
    rows = work.session.connection().execute(query)
    return {who: (orders, last_end) for who, orders, last_end in rows}


def _served(
    work: ReadWork, scope: Any, start: datetime
) -> tuple[dict[int, timedelta], dict[int, datetime]]:
    """Time served since ``start`` in stretches that are over, and since when one runs."""
    columns: tuple[Any, ...] = (
        ServiceSession.companion_id,
        ServiceSession.started_at,
        ServiceSession.ended_at,
    )
    query = select(*columns).where(
        or_(col(ServiceSession.ended_at).is_(None), col(ServiceSession.ended_at) > start),
        col(ServiceSession.companion_id).in_(scope),
    )
    served: dict[int, timedelta] = defaultdict(timedelta)
    running: dict[int, datetime] = {}
    for who, begin, end in work.session.connection().execute(query):
        begin = max(begin, start)
        if end is None:
            running[who] = begin
        else:
            served[who] += end - begin
    return served, running


def _planned(work: ReadWork, scope: Any) -> dict[int, tuple[int, datetime | None]]:
    """Minutes of the order in hand and of those they are kept for, and when the first of these
    begins."""
    columns: tuple[Any, ...] = (Order.planned_minutes, Order.start_at)
    planned: dict[int, tuple[int, datetime | None]] = {}
    for table, reserved in ((Assignment, False), (Reservation, True)):
        query = (
            select(col(table.companion_id), *columns)
            .join(Order, col(Order.id) == col(table.order_id))
            .where(col(table.companion_id).in_(scope))
        )
        holds = col(Order.status).in_(WAITING) if reserved else col(Assignment.ended_at).is_(None)
        for who, minutes, starts in work.session.connection().execute(query.where(holds)):
            so_far, first = planned.get(who, (0, None))
            if reserved and starts and (first is None or starts < first):
                first = starts
            planned[who] = so_far + minutes, first
    return planned
