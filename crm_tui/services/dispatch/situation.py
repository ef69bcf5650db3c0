"""Reading the situation: who is there, as columns, and which orders wait, with what they demand.

A dozen queries for any number of companions and orders. Columns come as the database has them,
without a conversion for each value: three thousand companions are read for every order that
somebody looks at.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import numpy as np
from sqlalchemy import (
    BigInteger,
    bindparam,
    select,
    type_coerce,
)
from sqlmodel import col

from crm_tui.core.clock import to_micros
from crm_tui.core.portions import portions
from crm_tui.core.words import Gender, Presence
from crm_tui.models import (
    Assignment,
    CompanionLevel,
    CompanionSkill,
    Game,
    Ladder,
    LadderRank,
    Order,
    Store,
    StoreBridge,
)
from crm_tui.models.base import Instant
from crm_tui.services.dispatch import pairs
from crm_tui.services.dispatch.bonds import read_bound, read_promises
from crm_tui.services.dispatch.columnar import piece, read_numbers
from crm_tui.services.dispatch.columns import (
    MINUTE,
    NO_RANK,
    PRESENCES,
    UNREACHABLE,
    Asked,
    Floats,
    Ints,
    Names,
    Played,
    Situation,
    places,
    spread,
    whole,
)
from crm_tui.services.dispatch.hours import read_hours
from crm_tui.services.dispatch.people import People, read_people
from crm_tui.services.dispatch.record import read_record
from crm_tui.services.orders.reservations import to_be_found
from crm_tui.storage.store import ReadWork

__all__ = ["Asked", "Situation", "asked", "read_situation"]

_AT_ONCE = 5000
"""Ids in one query; engines cap the parameters of a statement."""
_TODAY = select(
    piece(col(Assignment.companion_id)),
    piece(type_coerce(col(Assignment.ended_at), BigInteger)),
).where(col(Assignment.accepted_at) >= bindparam("day", type_=Instant))
_PLAYED = (
    select(
        piece(col(CompanionSkill.companion_id)),
        piece(col(LadderRank.ladder_id)),
        piece(col(LadderRank.position)),
    )
    .select_from(CompanionSkill)
    .outerjoin(LadderRank, col(LadderRank.id) == col(CompanionSkill.rank_id))
    .where(col(CompanionSkill.game_id) == bindparam("game"))
)
_BRIDGED = select(col(StoreBridge.companion_store_id)).where(
    col(StoreBridge.store_id) == bindparam("store")
)
_LEVELS: tuple[Any, ...] = (
    col(CompanionLevel.id),
    col(CompanionLevel.code),
    col(CompanionLevel.name),
    col(CompanionLevel.position),
)
_RUNGS: tuple[Any, ...] = (
    col(Ladder.game_id),
    col(Ladder.id),
    col(LadderRank.position),
    col(LadderRank.name),
)
_CATALOGUE = {
    "levels": select(*_LEVELS),
    "rungs": select(*_RUNGS).join(LadderRank, col(LadderRank.ladder_id) == col(Ladder.id)),
    "games": select(col(Game.id), col(Game.name)),
    "stores": select(col(Store.id), col(Store.name)),
}
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
    """The orders with these ids, or all that wait for somebody (of a store), oldest first, with
    their demands. One that is booked ahead and has its companions kept waits for nobody.

    Ids that no order has are passed over.
    """
    query = select(*_ASKED, col(Order.demands)).order_by(col(Order.created_at), col(Order.id))
    if store_id is not None:
        query = query.where(col(Order.store_id) == store_id)
    connection = work.session.connection()
    if ids is None:
        found = connection.execute(query.where(to_be_found())).all()
    else:
        found = [
            row
            for some in portions(ids, _AT_ONCE)
            for row in connection.execute(query.where(col(Order.id).in_(some))).all()
        ]
    levels = _levels_by_word(work) if any(row.demands.get("level") for row in found) else {}
    rungs = _rungs(work) if any(row.demands.get("rank") for row in found) else {}
    return [_asked(row, levels, rungs) for row in found]


def read_situation(
    work: ReadWork,
    store_id: int,
    wanted: Iterable[Asked] | None = None,
    also: int | None = None,
) -> Situation:
    """All active companions of the store and of those bridged to it, as they are now.

    What concerns games, customers, orders and days is read for ``wanted`` only: without it, for
    all orders of the store that wait. ``also`` is a companion who is to be among them whatever
    stands in the way, even another store.
    """
    orders = asked(work, None, store_id) if wanted is None else list(wanted)
    connection, now, calendar = work.session.connection(), work.clock.now(), work.calendar(store_id)
    bridged = connection.execute(_BRIDGED, {"store": store_id}).scalars()
    stores = frozenset({store_id, *bridged})
    levels = _catalogue(work, "levels")
    people = read_people(work, stores, also, {level: step for level, _code, _name, step in levels})
    ids, place_of = people.ids, {each: place for place, each in enumerate(people.ids.tolist())}
    day = calendar.starts(calendar.day_of(now))
    load, last_end = _today(work, ids, day)
    record, bound = read_record(work, ids, day), read_bound(work, ids)
    customers = {one.customer_id for one in orders}
    situation = Situation(
        **{name: getattr(people, name) for name in People.__slots__},
        now=now,
        bound_to=bound.to,
        free_in=bound.free_in,
        rating=record.rating,
        votes=whole(record.votes),
        load=load,
        idle_minutes=_idle_minutes(now, people, last_end),
        answered=whole(record.answered),
        accepted=whole(record.accepted),
        answer_seconds=record.answer_seconds,
        stores=stores,
        numbers=bound.numbers,
        promises=read_promises(work, place_of),
        played={game: _played(work, game, ids) for game in {one.game_id for one in orders}},
        together=pairs.together(work, customers, place_of),
        stances=pairs.stances(work, customers, place_of),
        declined=pairs.declined(work, {one.id for one in orders}, place_of),
        names=_names(work, levels),
        zone=calendar.zone,
    )
    days = {situation.day_of(one) for one in orders}
    return replace(situation, hours={each: read_hours(work, calendar, each, ids) for each in days})


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
        demands=demands,
    )


def _levels_by_word(work: ReadWork) -> dict[str, int]:
    query = select(col(CompanionLevel.code), col(CompanionLevel.name), col(CompanionLevel.position))
    steps = {}
    for code, name, position in work.session.connection().execute(query):
        steps[code] = steps[name] = position
    return steps


def _rungs(work: ReadWork) -> dict[tuple[int, str], tuple[int, int]]:
    """Ladder and step of every rank, by game and name."""
    rungs: dict[tuple[int, str], tuple[int, int]] = {}
    for game_id, ladder_id, position, name in _catalogue(work, "rungs"):
        rungs.setdefault((game_id, name), (ladder_id, position))
    return rungs


def _catalogue(work: ReadWork, name: str) -> list[Any]:
    return list(work.session.connection().execute(_CATALOGUE[name]).all())


def _names(work: ReadWork, levels: list[Any]) -> Names:
    return Names(
        {step: name for _id, _code, name, step in levels},
        {(ladder, step): name for _game, ladder, step, name in _catalogue(work, "rungs")},
        dict(map(tuple, _catalogue(work, "games"))),
        dict(map(tuple, _catalogue(work, "stores"))),
    )


def _idle_minutes(now: datetime, people: People, last_end: Floats) -> Floats:
    """Since they said that they are there, or finished their last order, whichever is later."""
    told = np.where(people.presence == PRESENCES[Presence.IDLE], people.since, np.nan)
    idle: Floats = (to_micros(now) - np.fmax(told, last_end)) / MINUTE
    return idle


def _today(work: ReadWork, ids: Ints, day: datetime) -> tuple[Ints, Floats]:
    """Orders taken this business day, and when the last of them ended, in microseconds."""
    load, last_end = np.zeros(len(ids), np.int64), np.full(len(ids), np.nan)
    who, ended = read_numbers(work, _TODAY, {"day": day})
    at, known = places(ids, who)
    np.add.at(load, at[known], 1)
    np.fmax.at(last_end, at[known], ended[known])
    return load, last_end


def _played(work: ReadWork, game_id: int, ids: Ints) -> Played:
    who, ladder, step = read_numbers(work, _PLAYED, {"game": game_id})
    steps = spread(ids, who, np.nan_to_num(step, nan=NO_RANK))
    plays = ~np.isnan(steps)
    return Played(
        plays,
        whole(spread(ids, who, ladder)),
        np.where(plays, steps, NO_RANK).astype(np.int64),
    )
