"""Reading the situation: who is there, as columns, and which orders wait, with what they demand.

A handful of queries for any number of companions and orders. Columns come as the database has
them, without a conversion for each value: three thousand companions are read for every order that
somebody looks at.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from functools import lru_cache
from json import loads
from typing import Any

import numpy as np
from sqlalchemy import BigInteger, String, Text, cast, func, select, type_coerce
from sqlmodel import col

from crm_tui.core.clock import to_micros
from crm_tui.core.portions import portions
from crm_tui.core.words import Gender, OfferState, OrderStatus, Presence, Stance
from crm_tui.models import (
    Assignment,
    Companion,
    CompanionLevel,
    CompanionSkill,
    CompanionStance,
    Ladder,
    LadderRank,
    Offer,
    Order,
    Rating,
)
from crm_tui.services.dispatch.columns import (
    GENDERS,
    NO_RANK,
    PRESENCES,
    UNREACHABLE,
    Asked,
    Played,
    Situation,
)
from crm_tui.services.orders.rules import WAITING
from crm_tui.storage.store import ReadWork

__all__ = ["Asked", "Situation", "asked", "read_situation"]

MINUTE = 60_000_000
"""Microseconds."""
_AT_ONCE = 5000
"""Ids in one query; engines cap the parameters of a statement."""

_COMPANIONS = select(
    col(Companion.id),
    col(Companion.nick),
    type_coerce(col(Companion.presence), String),
    type_coerce(col(Companion.presence_since), BigInteger),
    type_coerce(col(Companion.gender), String),
    col(Companion.level_id),
    col(Companion.rate_fen),
    cast(col(Companion.tags), Text),
).order_by(col(Companion.id))
_ASKED: tuple[Any, ...] = tuple(
    getattr(Order, name)
    for name in (
        "id",
        "no",
        "store_id",
        "status",
        "customer_id",
        "game_id",
        "kind",
        "places",
        "planned_minutes",
        "rate_fen",
        "created_at",
        "due_at",
        "start_at",
        "version",
    )
)


def asked(
    work: ReadWork, ids: Sequence[int] | None = None, store_id: int | None = None
) -> list[Asked]:
    """The orders with these ids, or all that wait (of a store), oldest first, with their demands.

    Ids that no order has are passed over.
    """
    query = select(*_ASKED, col(Order.demands)).order_by(col(Order.created_at), col(Order.id))
    if store_id is not None:
        query = query.where(col(Order.store_id) == store_id)
    connection = work.session.connection()
    if ids is None:
        found = list(connection.execute(query.where(col(Order.status).in_(WAITING))))
    else:
        found = [
            row
            for some in portions(ids, _AT_ONCE)
            for row in connection.execute(query.where(col(Order.id).in_(some)))
        ]
    levels = _levels_by_word(work) if any(row.demands.get("level") for row in found) else {}
    rungs = _rungs(work) if any(row.demands.get("rank") for row in found) else {}
    return [_asked(row, levels, rungs) for row in found]


def read_situation(
    work: ReadWork, store_id: int, wanted: Iterable[Asked] | None = None
) -> Situation:
    """All active companions of the store, as they are now.

    What concerns games, customers and orders is read for ``wanted`` only: without it, for all
    orders of the store that wait.
    """
    orders = asked(work, None, store_id) if wanted is None else list(wanted)
    now = work.clock.now()
    people = work.session.connection().execute(
        _COMPANIONS.where(col(Companion.active), col(Companion.store_id) == store_id)
    )
    columns: list[Sequence[Any]] = list(zip(*people.all(), strict=True))
    ids, nicks, presence, since, gender, level, rate, tags = columns or [()] * 8
    place_of = {companion_id: place for place, companion_id in enumerate(ids)}
    levels = _levels_by_id(work)
    load, last_end = _today(work, store_id, place_of)
    rating, votes = _ratings(work, place_of)
    codes = np.array([PRESENCES[Presence(word)] for word in presence], np.int64)
    return Situation(
        now=now,
        ids=np.array(ids, np.int64),
        nicks=tuple(nicks),
        presence=codes,
        gender=np.array([GENDERS[Gender(word)] for word in gender], np.int64),
        level=np.array([levels.get(each, NO_RANK) for each in level], np.int64),
        rate_fen=np.array(rate, np.int64),
        tags=tuple(map(_tags, tags)),
        bound_to=_bound(work, place_of),
        rating=rating,
        votes=votes,
        load=load,
        idle_minutes=_idle_minutes(now, codes, since, last_end),
        played={game: _played(work, game, place_of) for game in {one.game_id for one in orders}},
        together=_together(work, {one.customer_id for one in orders}, place_of),
        stances=_stances(work, {one.customer_id for one in orders}, place_of),
        declined=_declined(work, {one.id for one in orders}, place_of),
    )


def _asked(
    row: Any, levels: dict[str, int], rungs: dict[tuple[int, str], tuple[int, int]]
) -> Asked:
    *plain, demands = row
    ladder_id, rank = None, None
    if demands.get("rank"):
        ladder_id, rank = rungs.get((row.game_id, demands["rank"]), (None, UNREACHABLE))
    level, gender = demands.get("level"), demands.get("gender")
    return replace(
        Asked(*plain),
        ladder_id=ladder_id,
        rank=rank,
        level=levels.get(level, UNREACHABLE) if level else None,
        gender=Gender(gender) if gender else None,
        tags=frozenset(demands.get("tags") or ()),
    )


def _levels_by_word(work: ReadWork) -> dict[str, int]:
    query = select(col(CompanionLevel.code), col(CompanionLevel.name), col(CompanionLevel.position))
    steps = {}
    for code, name, position in work.session.connection().execute(query):
        steps[code] = steps[name] = position
    return steps


def _levels_by_id(work: ReadWork) -> dict[int | None, int]:
    query = select(col(CompanionLevel.id), col(CompanionLevel.position))
    found: Any = work.session.connection().execute(query)
    return dict(found.all())


def _rungs(work: ReadWork) -> dict[tuple[int, str], tuple[int, int]]:
    """Ladder and step of every rank, by game and name."""
    columns: tuple[Any, ...] = (
        col(Ladder.game_id),
        col(LadderRank.name),
        col(Ladder.id),
        col(LadderRank.position),
    )
    query = select(*columns).join(Ladder, col(Ladder.id) == col(LadderRank.ladder_id))
    rungs: dict[tuple[int, str], tuple[int, int]] = {}
    for game_id, name, ladder_id, position in work.session.connection().execute(query):
        rungs.setdefault((game_id, name), (ladder_id, position))
    return rungs


@lru_cache(maxsize=4096)
def _tags(document: str) -> frozenset[str]:
    return frozenset(loads(document))


def _bound(work: ReadWork, place_of: dict[int, int]) -> Any:
    """Whose open assignment is of which order."""
    query = select(col(Assignment.companion_id), col(Assignment.order_id)).where(
        col(Assignment.ended_at).is_(None)
    )
    bound = np.zeros(len(place_of), np.int64)
    for companion_id, order_id in work.session.connection().execute(query):
        if companion_id in place_of:
            bound[place_of[companion_id]] = order_id
    return bound


def _today(work: ReadWork, store_id: int, place_of: dict[int, int]) -> tuple[Any, Any]:
    """Orders taken this business day, and the end of the last of them in microseconds."""
    calendar = work.calendar(store_id)
    start = calendar.starts(calendar.day_of(work.clock.now()))
    query = (
        select(
            col(Assignment.companion_id),
            func.count(),
            type_coerce(func.max(col(Assignment.ended_at)), BigInteger),
        )
        .where(col(Assignment.accepted_at) >= start)
        .group_by(col(Assignment.companion_id))
    )
    load, last_end = np.zeros(len(place_of), np.int64), np.full(len(place_of), np.nan)
    for companion_id, orders, ended in work.session.connection().execute(query):
        if companion_id in place_of:
            place = place_of[companion_id]
            load[place], last_end[place] = orders, np.nan if ended is None else ended
    return load, last_end


def _idle_minutes(now: datetime, presence: Any, since: Sequence[int | None], last_end: Any) -> Any:
    """Since they said that they are there, or finished their last order, whichever is later."""
    told = np.array(since, np.float64)
    told[presence != PRESENCES[Presence.IDLE]] = np.nan
    return (to_micros(now) - np.fmax(told, last_end)) / MINUTE


def _ratings(work: ReadWork, place_of: dict[int, int]) -> tuple[Any, Any]:
    query = select(col(Rating.companion_id), func.sum(col(Rating.overall)), func.count()).group_by(
        col(Rating.companion_id)
    )
    rating, votes = np.zeros(len(place_of)), np.zeros(len(place_of), np.int64)
    for companion_id, total, count in work.session.connection().execute(query):
        if companion_id in place_of:
            place = place_of[companion_id]
            rating[place], votes[place] = total / count, count
    return rating, votes


def _played(work: ReadWork, game_id: int, place_of: dict[int, int]) -> Played:
    query = (
        select(
            col(CompanionSkill.companion_id),
            func.coalesce(col(LadderRank.ladder_id), 0),
            func.coalesce(col(LadderRank.position), NO_RANK),
        )
        .outerjoin(LadderRank, col(LadderRank.id) == col(CompanionSkill.rank_id))
        .where(col(CompanionSkill.game_id) == game_id)
    )
    plays = np.zeros(len(place_of), bool)
    ladder, step = np.zeros(len(place_of), np.int64), np.full(len(place_of), NO_RANK)
    for companion_id, on, at in work.session.connection().execute(query):
        if companion_id in place_of:
            place = place_of[companion_id]
            plays[place], ladder[place], step[place] = True, on, at
    return Played(plays, ladder, step)


def _together(
    work: ReadWork, customers: set[int], place_of: dict[int, int]
) -> dict[int, dict[int, int]]:
    query = (
        select(col(Order.customer_id), col(Assignment.companion_id), func.count())
        .join(Assignment, col(Assignment.order_id) == col(Order.id))
        .where(col(Order.status) == OrderStatus.COMPLETED)
        .group_by(col(Order.customer_id), col(Assignment.companion_id))
    )
    found: defaultdict[int, dict[int, int]] = defaultdict(dict)
    for some in portions(customers, _AT_ONCE):
        of_these = query.where(col(Order.customer_id).in_(some))
        for customer_id, companion_id, orders in work.session.connection().execute(of_these):
            if companion_id in place_of:
                found[customer_id][place_of[companion_id]] = orders
    return found


def _stances(
    work: ReadWork, customers: set[int], place_of: dict[int, int]
) -> dict[int, dict[int, Stance]]:
    query = select(
        col(CompanionStance.customer_id),
        col(CompanionStance.companion_id),
        col(CompanionStance.stance),
    )
    found: defaultdict[int, dict[int, Stance]] = defaultdict(dict)
    for some in portions(customers, _AT_ONCE):
        of_these = query.where(col(CompanionStance.customer_id).in_(some))
        for customer_id, companion_id, stance in work.session.connection().execute(of_these):
            if companion_id in place_of:
                found[customer_id][place_of[companion_id]] = stance
    return found


def _declined(
    work: ReadWork, orders: set[int], place_of: dict[int, int]
) -> dict[int, frozenset[int]]:
    query = select(col(Offer.order_id), col(Offer.companion_id)).where(
        col(Offer.state) == OfferState.DECLINED
    )
    found: defaultdict[int, set[int]] = defaultdict(set)
    for some in portions(orders, _AT_ONCE):
        of_these = query.where(col(Offer.order_id).in_(some))
        for order_id, companion_id in work.session.connection().execute(of_these):
            if companion_id in place_of:
                found[order_id].add(place_of[companion_id])
    return {order_id: frozenset(places) for order_id, places in found.items()}
