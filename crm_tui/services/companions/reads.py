"""The roster (G5): who is there, what they play, what they earn, how busy and how good they are."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import suppress
from datetime import UTC, datetime, tzinfo
from typing import Any

from sqlalchemy import or_, select, union
from sqlmodel import col

from crm_tui.core.errors import Ambiguous, NotFound
from crm_tui.core.language import _
from crm_tui.core.text import fold
from crm_tui.core.words import Presence
from crm_tui.models import Assignment, Companion, CompanionSkill, Offer, Reservation
from crm_tui.services.catalogue.reads import find_game, levels
from crm_tui.services.companions.rows import CompanionRow, SkillRow, rows_of
from crm_tui.services.customers.rules import PhoneProblem, normalise_phone
from crm_tui.storage.store import ReadWork

__all__ = [
    "CompanionRow",
    "SkillRow",
    "by_ids",
    "document",
    "find_level",
    "one",
    "resolve",
    "roster",
    "touched",
]


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
    rows = rows_of(work, scope)
    return [row for row in rows if presence is None or row.presence is presence]


def by_ids(work: ReadWork, ids: list[int]) -> list[CompanionRow]:
    """These companions, in this order, also those who no longer work here."""
    found = {row.id: row for row in rows_of(work, _named(work, ids))}
    return [found[each] for each in ids if each in found]


def touched(
    work: ReadWork, companion_ids: Collection[int], order_ids: Collection[int]
) -> list[CompanionRow]:
    """These companions, and all whom these orders concern: bound by one, kept for it, or asked.

    Also those who no longer work here; in the order of the roster.
    """
    connection = work.session.connection()
    columns: tuple[tuple[Any, Any], ...] = tuple(
        (col(table.companion_id), col(table.order_id)) for table in (Assignment, Reservation, Offer)
    )
    queries = [
        select(who).where(work.store.dialect.among(order, order_ids)) for who, order in columns
    ]
    concerned = connection.execute(union(*queries)).scalars() if order_ids else ()
    return rows_of(work, _named(work, {*companion_ids, *concerned}))


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


def document(row: CompanionRow, now: datetime, zone: tzinfo = UTC) -> dict[str, Any]:
    """The JSON form of a companion that commands answer, with times as ``zone`` shows them.

    ``works_now`` is empty for somebody without hours, ``works_next_at`` where no window begins
    within 24 hours.
    """
    standing = row.standing(now)
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
        "credit": row.credit,
        "today_orders": row.today_orders,
        "today_minutes": row.load.minutes(now),
        "planned_minutes": row.load.planned_minutes,
        "works_now": None if standing is None else standing.works,
        "works_until": _iso(standing.until if standing else None, zone),
        "works_next_at": _iso(standing.next_at if standing else None, zone),
        "current_order": row.current_order,
        "idle_since": _iso(row.idle_since, zone),
        "active": row.active,
        "version": row.version,
    }


def _iso(instant: datetime | None, zone: tzinfo) -> str | None:
    return instant.astimezone(zone).isoformat() if instant else None


def _named(work: ReadWork, ids: Collection[int]) -> Any:
    """The ids that there are among ``ids``, as a query."""
    column: Any = col(Companion.id)
    return select(column).where(work.store.dialect.among(column, ids))
