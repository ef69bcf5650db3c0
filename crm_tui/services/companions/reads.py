"""The roster (G5): who is there, what they play, what they earn, how busy and how good they are."""

from __future__ import annotations

from collections import defaultdict
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import Any

from sqlalchemy import func, or_, select
from sqlmodel import col

from crm_tui.core.errors import Ambiguous, NotFound
from crm_tui.core.language import _
from crm_tui.core.masked import Masked
from crm_tui.core.text import fold
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
)
from crm_tui.services.catalogue.reads import find_game, levels
from crm_tui.services.companions.rules import shown_presence
from crm_tui.services.customers.rules import PhoneProblem, normalise_phone
from crm_tui.storage.store import ReadWork

_FIRST = {presence: place for place, presence in enumerate(Presence)}
"""Idle first: the roster is read to find somebody."""


@dataclass(frozen=True, slots=True)
class SkillRow:
    """A game that the companion plays, and the rank in the studio's words."""

    game: str
    rank: str


@dataclass(frozen=True, slots=True)
class CompanionRow:
    """A companion as lists and pages show them. ``presence`` is derived from orders where it must
    be; ``rate_fen`` is the price of an hour, ``share_bp`` their share in basis points; the phone
    is masked; ``rating`` is the mean of ``ratings`` ratings."""

    id: int
    store_id: int
    no: str
    nick: str
    phone: Masked
    gender: Gender
    presence: Presence
    level: str
    level_label: str
    rate_fen: int
    share_bp: int
    games: tuple[SkillRow, ...]
    tags: tuple[str, ...]
    rating: float | None
    ratings: int
    today_orders: int
    current_order: str | None
    open_offers: int
    idle_since: datetime | None
    note: str
    active: bool
    version: int


def roster(
    work: ReadWork,
    presence: Presence | None = None,
    game: str | int | None = None,
    store_id: int | None = None,
) -> list[CompanionRow]:
    """The companions who work here, idle ones first, then by level from the highest and number.

    ``game`` is an id, a name or an alias. Raises :class:`NotFound` for an unknown game.
    """
    scope = select(col(Companion.id)).where(col(Companion.active))
    if store_id is not None:
        scope = scope.where(col(Companion.store_id) == store_id)
    if game is not None:
        game_id = game if isinstance(game, int) else find_game(work, game)
        plays = select(col(CompanionSkill.companion_id)).where(
            col(CompanionSkill.game_id) == game_id
        )
        scope = scope.where(col(Companion.id).in_(plays))
    rows = _rows(work, scope)
    return [row for row in rows if presence is None or row.presence is presence]


def by_ids(work: ReadWork, ids: list[int]) -> list[CompanionRow]:
    """These companions, in this order, also those who no longer work here."""
    found = {row.id: row for row in _rows(work, select(col(Companion.id)).where(_among(ids)))}
    return [found[each] for each in ids if each in found]


def one(work: ReadWork, companion_id: int) -> CompanionRow:
    """One companion. Raises :class:`NotFound`."""
    for row in by_ids(work, [companion_id]):
        return row
    raise NotFound(what=_("companion"), ref=str(companion_id))


def resolve(work: ReadWork, ref: str) -> int:
    """The id of the companion that ``ref`` names: number, phone, nickname, or id.

    Raises :class:`NotFound`; :class:`Ambiguous` with the numbers of those it fits.
    """
    text = ref.strip()
    ways = [col(Companion.no) == text.upper(), col(Companion.nick) == text]
    with suppress(PhoneProblem):
        ways.append(col(Companion.phone) == normalise_phone(text))
    if text.isascii() and text.isdigit() and len(text) < 11:
        ways.append(col(Companion.id) == int(text))
    connection = work.session.connection()
    columns: tuple[Any, ...] = (col(Companion.id), col(Companion.no), col(Companion.nick))
    rows = connection.execute(select(*columns).where(or_(*ways))).all()
    named = [row for row in rows if row.nick == text] or rows
    if not named:
        everybody = connection.execute(select(*columns)).all()
        named = [row for row in everybody if fold(row.nick) == fold(text)]
    if not named:
        raise NotFound(what=_("companion"), ref=ref)
    if len(named) > 1:
        raise Ambiguous(ref=ref, matches=sorted(row.no for row in named))
    return int(named[0].id)


def find_level(work: ReadWork, text: str) -> int:
    """The id of the level that ``text`` names, by name or code. Raises :class:`NotFound`."""
    for level in levels(work):
        if fold(text) in (fold(level.name), fold(level.code)):
            return level.id
    raise NotFound(what=_("level"), ref=text)


def document(row: CompanionRow, zone: tzinfo = UTC) -> dict[str, Any]:
    """The JSON form of a companion that commands answer, with times as ``zone`` shows them."""
    return {
        "id": row.id,
        "no": row.no,
        "nick": row.nick,
        "phone": row.phone,
        "gender": row.gender.value,
        "presence": row.presence.value,
        "level": row.level_label,
        "rate_fen": row.rate_fen,
        "share_bp": row.share_bp,
        "games": [{"game": skill.game, "rank": skill.rank} for skill in row.games],
        "tags": list(row.tags),
        "rating": row.rating,
        "ratings": row.ratings,
        "today_orders": row.today_orders,
        "current_order": row.current_order,
        "idle_since": row.idle_since.astimezone(zone).isoformat() if row.idle_since else None,
        "version": row.version,
    }


def _among(ids: Any) -> Any:
    return col(Companion.id).in_(ids)


def _rows(work: ReadWork, scope: Any) -> list[CompanionRow]:
    """The companions that ``scope`` selects: seven queries for any number of them."""
    skills, ratings = _skills(work, scope), _ratings(work, scope)
    bound, offers, today = _bound(work, scope), _open_offers(work, scope), _today(work, scope)
    query = (
        select(Companion, CompanionLevel)
        .outerjoin(CompanionLevel, col(CompanionLevel.id) == col(Companion.level_id))
        .where(_among(scope))
    )
    rows = []
    places = {}
    for companion, level in work.session.execute(query):
        who = companion.id or 0
        number, status = bound.get(who, (None, None))
        orders, last_end = today.get(who, (0, None))
        mean, votes = ratings.get(who, (None, 0))
        presence = shown_presence(companion.presence, status, offers.get(who, 0))
        waits = [at for at in (companion.presence_since, last_end) if at]
        places[who] = -level.position if level else 1
        rows.append(
            CompanionRow(
                id=who,
                store_id=companion.store_id,
                no=companion.no,
                nick=companion.nick,
                phone=Masked(companion.phone or ""),
                gender=companion.gender,
                presence=presence,
                level=level.code if level else "",
                level_label=level.name if level else "",
                rate_fen=companion.rate_fen,
                share_bp=companion.share_bp,
                games=tuple(skills.get(who, ())),
                tags=tuple(companion.tags),
                rating=mean,
                ratings=votes,
                today_orders=orders,
                current_order=number,
                open_offers=offers.get(who, 0),
                idle_since=max(waits, default=None) if presence is Presence.IDLE else None,
                note=companion.note,
                active=companion.active,
                version=companion.version,
            )
        )
    return sorted(rows, key=lambda row: (_FIRST[row.presence], places[row.id], row.no))


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


def _today(work: ReadWork, scope: Any) -> dict[int, tuple[int, datetime | None]]:
    """Orders taken on this business day, and when the last of them ended."""
    calendar = work.calendar(STUDIO)
    start = calendar.starts(calendar.day_of(work.clock.now()))
    query = (
        select(col(Assignment.companion_id), func.count(), func.max(col(Assignment.ended_at)))
        .where(col(Assignment.accepted_at) >= start, col(Assignment.companion_id).in_(scope))
        .group_by(col(Assignment.companion_id))
    )
    rows = work.session.connection().execute(query)
    return {who: (orders, last_end) for who, orders, last_end in rows}
