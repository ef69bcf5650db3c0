"""Who could serve an order: the ranked companions with the parts of their score, and the reasons
why the others are out. A dozen queries for any number of companions.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlmodel import col

from crm_tui.core.errors import NotFound
from crm_tui.core.language import _
from crm_tui.core.words import Gender, OfferState, OrderStatus, Presence, Stance
from crm_tui.models import (
    Assignment,
    Companion,
    CompanionLevel,
    CompanionSkill,
    Ladder,
    LadderRank,
    Offer,
    Order,
    Rating,
    Setting,
)
from crm_tui.services.customers.stances import stances_towards
from crm_tui.services.dispatch.rules import (
    Profile,
    Wanted,
    Weights,
    fit,
    ranked,
    reasons_against,
)
from crm_tui.storage.store import ReadWork

UNREACHABLE = 1_000_000
"""The step of a rank or level that is demanded and no longer exists: nobody meets it."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A companion who could serve the order; ``score`` and every part lie between 0 and 1."""

    companion_id: int
    companion: str
    score: float
    parts: dict[str, float]
    preferred: bool = False
    """The customer asked for them to be preferred."""


@dataclass(frozen=True, slots=True)
class Excluded:
    """A companion who can't, with every reason (``rules.Why``) as a code."""

    companion_id: int
    companion: str
    why: list[str]


@dataclass(frozen=True, slots=True)
class Suggestion:
    """The answer to "who?": best first, and the others with the fewest reasons first."""

    order_no: str
    candidates: list[Candidate]
    excluded: list[Excluded]
    weights_version: int
    """Which version of the setting ``dispatch.weights`` ranked them; 0 is the default."""


@dataclass(frozen=True, slots=True)
class _Asked:
    id: int
    no: str
    store_id: int
    customer_id: int
    game_id: int
    rate_fen: int
    demands: dict[str, Any] = field(default_factory=dict)


_ASKED = tuple(getattr(Order, one.name) for one in fields(_Asked))


def suggest(work: ReadWork, no: str, limit: int = 20) -> Suggestion:
    """The ``limit`` companions who suit order ``no`` best. Raises :class:`NotFound`."""
    row = work.session.connection().execute(select(*_ASKED).where(col(Order.no) == no.strip()))
    found = row.one_or_none()
    if found is None:
        raise NotFound(what=_("order"), ref=no)
    asked = _Asked(*found)
    levels = _levels(work)
    ladder_id, wanted = _wanted(work, asked, levels)
    eligible: list[Profile] = []
    excluded: list[Excluded] = []
    for companion in _profiles(work, asked, ladder_id, levels):
        why = reasons_against(companion, wanted)
        if why:
            codes = [reason.value for reason in why]
            excluded.append(Excluded(companion.companion_id, companion.companion, codes))
        else:
            eligible.append(companion)
    weights, now = _weights(work, asked.store_id), work.clock.now()
    known = _with_record(work, asked, eligible)
    best = ranked((companion, fit(companion, wanted, weights, now)) for companion in known)
    return Suggestion(
        asked.no,
        [
            Candidate(
                companion.companion_id,
                companion.companion,
                told.score,
                told.parts,
                companion.stance is Stance.PREFERRED,
            )
            for companion, told in best[:limit]
        ],
        sorted(excluded, key=lambda one: (len(one.why), one.companion_id)),
        weights.version,
    )


def document(suggestion: Suggestion) -> dict[str, Any]:
    """The JSON form of a suggestion that commands answer."""
    return {
        "order": suggestion.order_no,
        "candidates": [
            {
                "companion_id": one.companion_id,
                "companion": one.companion,
                "score": one.score,
                "parts": one.parts,
                "preferred": one.preferred,
            }
            for one in suggestion.candidates
        ],
        "excluded": [
            {"companion_id": one.companion_id, "companion": one.companion, "why": one.why}
            for one in suggestion.excluded
        ],
        "weights_version": suggestion.weights_version,
    }


@dataclass(frozen=True, slots=True)
class _Levels:
    """The steps of the companion levels, by id and by what people call them."""

    by_id: dict[int | None, int]
    by_word: dict[str, int]


def _levels(work: ReadWork) -> _Levels:
    query = select(
        col(CompanionLevel.id),
        col(CompanionLevel.code),
        col(CompanionLevel.name),
        col(CompanionLevel.position),
    )
    by_id: dict[int | None, int] = {}
    by_word: dict[str, int] = {}
    for level_id, code, name, position in work.session.connection().execute(query):
        by_id[level_id] = by_word[code] = by_word[name] = position
    return _Levels(by_id, by_word)


def _wanted(work: ReadWork, asked: _Asked, levels: _Levels) -> tuple[int | None, Wanted]:
    """What the order demands, and the ladder on which its rank stands."""
    demands = asked.demands
    ladder_id, rank = None, None
    if demands.get("rank"):
        rung = (
            select(col(LadderRank.ladder_id), col(LadderRank.position))
            .join(Ladder, col(Ladder.id) == col(LadderRank.ladder_id))
            .where(col(Ladder.game_id) == asked.game_id, col(LadderRank.name) == demands["rank"])
        )
        found = work.session.connection().execute(rung).first()
        ladder_id, rank = found or (None, UNREACHABLE)
    level, gender = demands.get("level"), demands.get("gender")
    return ladder_id, Wanted(
        game_id=asked.game_id,
        rank=rank,
        gender=Gender(gender) if gender else None,
        level=levels.by_word.get(level, UNREACHABLE) if level else None,
        tags=frozenset(demands.get("tags") or ()),
        rate_fen=asked.rate_fen,
    )


def _profiles(
    work: ReadWork, asked: _Asked, ladder_id: int | None, levels: _Levels
) -> list[Profile]:
    """Every companion of the store, with all that the hard rules ask."""
    connection = work.session.connection()
    columns: tuple[Any, ...] = (
        col(Companion.id),
        col(Companion.nick),
        col(Companion.presence),
        col(Companion.presence_since),
        col(Companion.gender),
        col(Companion.level_id),
        col(Companion.rate_fen),
        col(Companion.tags),
    )
    companions = connection.execute(
        select(*columns).where(col(Companion.active), col(Companion.store_id) == asked.store_id)
    )
    ranks = _ranks(work, asked.game_id, ladder_id)
    busy = set(
        connection.execute(
            select(col(Assignment.companion_id)).where(col(Assignment.ended_at).is_(None))
        ).scalars()
    )
    declined = set(
        connection.execute(
            select(col(Offer.companion_id)).where(
                col(Offer.order_id) == asked.id, col(Offer.state) == OfferState.DECLINED
            )
        ).scalars()
    )
    stances = stances_towards(work, asked.customer_id)
    return [
        Profile(
            companion_id=companion_id,
            companion=nick,
            presence=presence,
            gender=gender,
            level=levels.by_id.get(level_id, -1),
            rate_fen=rate_fen,
            tags=frozenset(tags),
            ranks={asked.game_id: ranks[companion_id]} if companion_id in ranks else {},
            busy=companion_id in busy,
            declined=companion_id in declined,
            stance=stances.get(companion_id),
            idle_since=since if presence is Presence.IDLE else None,
        )
        for companion_id, nick, presence, since, gender, level_id, rate_fen, tags in companions
    ]


def _ranks(work: ReadWork, game_id: int, ladder_id: int | None) -> dict[int, int | None]:
    """Who plays the game, with the step held on the ladder that matters."""
    query = (
        select(
            col(CompanionSkill.companion_id), col(LadderRank.ladder_id), col(LadderRank.position)
        )
        .outerjoin(LadderRank, col(LadderRank.id) == col(CompanionSkill.rank_id))
        .where(col(CompanionSkill.game_id) == game_id)
    )
    found = work.session.connection().execute(query)
    return {
        companion_id: position if ladder_id in (None, held) else None
        for companion_id, held, position in found
    }


def _with_record(work: ReadWork, asked: _Asked, eligible: list[Profile]) -> list[Profile]:
    """The eligible with what the score needs: ratings, history with the customer, load."""
    ids = [companion.companion_id for companion in eligible]
    ratings = _ratings(work, ids)
    together = _together(work, asked.customer_id)
    today = _today(work, asked.store_id, ids)
    unrated: tuple[None, int] = (None, 0)
    fresh: tuple[int, None] = (0, None)
    known = []
    for companion in eligible:
        mean, votes = ratings.get(companion.companion_id, unrated)
        orders, last_end = today.get(companion.companion_id, fresh)
        since = [instant for instant in (companion.idle_since, last_end) if instant]
        known.append(
            replace(
                companion,
                rating=mean,
                ratings=votes,
                together=together.get(companion.companion_id, 0),
                today_orders=orders,
                idle_since=max(since, default=None),
            )
        )
    return known


def _ratings(work: ReadWork, ids: Collection[int]) -> dict[int, tuple[float, int]]:
    query = (
        select(col(Rating.companion_id), func.avg(col(Rating.overall)), func.count())
        .where(col(Rating.companion_id).in_(ids))
        .group_by(col(Rating.companion_id))
    )
    found = work.session.connection().execute(query)
    return {companion_id: (float(mean), votes) for companion_id, mean, votes in found}


def _together(work: ReadWork, customer_id: int) -> dict[int, int]:
    query = (
        select(col(Assignment.companion_id), func.count())
        .join(Order, col(Order.id) == col(Assignment.order_id))
        .where(col(Order.customer_id) == customer_id, col(Order.status) == OrderStatus.COMPLETED)
        .group_by(col(Assignment.companion_id))
    )
    return dict(work.session.connection().execute(query).all())


def _today(
    work: ReadWork, store_id: int, ids: Collection[int]
) -> dict[int, tuple[int, datetime | None]]:
    """Orders taken this business day, and the end of the last of them."""
    calendar = work.calendar(store_id)
    start = calendar.starts(calendar.day_of(work.clock.now()))
    query = (
        select(col(Assignment.companion_id), func.count(), func.max(col(Assignment.ended_at)))
        .where(col(Assignment.companion_id).in_(ids), col(Assignment.accepted_at) >= start)
        .group_by(col(Assignment.companion_id))
    )
    found = work.session.connection().execute(query)
    return {companion_id: (orders, last_end) for companion_id, orders, last_end in found}


def _weights(work: ReadWork, store_id: int) -> Weights:
    version = select(func.coalesce(func.max(col(Setting.version)), 0)).where(
        col(Setting.key) == "dispatch.weights", col(Setting.store_id).in_({0, store_id})
    )
    number = work.session.connection().execute(version).scalar_one()
    return Weights(number, work.setting("dispatch.weights", store_id))
