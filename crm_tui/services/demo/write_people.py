"""Writing made-up people in bulk: rows in portions, as a stream."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

from sqlalchemy import insert, select
from sqlmodel import SQLModel, col

from crm_tui.core.words import Presence
from crm_tui.models import (
    MAIN_STORE,
    STUDIO,
    Companion,
    CompanionHours,
    CompanionSkill,
    Customer,
    CustomerIdentity,
    CustomerTag,
    Tag,
)
from crm_tui.services.companions.rules import NUMBER_SERIES as COMPANION_SERIES
from crm_tui.services.companions.rules import companion_no
from crm_tui.services.companions.schedule_rules import DAY
from crm_tui.services.customers import index
from crm_tui.services.customers.keys import join_keys, keys_for
from crm_tui.services.customers.rules import NUMBER_SERIES, customer_no
from crm_tui.services.demo.people import Person, Player
from crm_tui.services.demo.words import words
from crm_tui.storage.store import UnitOfWork

Row = dict[str, Any]
_PORTION = 5_000


def insert_rows(work: UnitOfWork, model: type[SQLModel], rows: Iterable[Row]) -> None:
    """Write ``rows`` of one shape, a portion at a time."""
    statement = insert(SQLModel.metadata.tables[str(model.__tablename__)])
    source = iter(rows)
    while portion := list(islice(source, _PORTION)):
        work.session.connection().execute(statement, portion)


def tags(work: UnitOfWork) -> dict[str, int]:
    """The ids of the studio's customer tags, which are written where they are not there."""
    colours = words().customer_tags
    rows: Any = work.session.connection().execute(select(col(Tag.name), col(Tag.id)))
    ids: dict[str, int] = dict(rows.all())
    missing = [name for name in colours if name not in ids]
    ids |= dict(zip(missing, work.reserve_ids(Tag, len(missing)), strict=True))
    insert_rows(
        work,
        Tag,
        ({"id": ids[name], "name": name, "group": "", "colour": colours[name]} for name in missing),
    )
    return ids


def customers(work: UnitOfWork, people: Sequence[Person], tag_ids: dict[str, int]) -> None:
    """Write customers with their identities, tags and look-up keys."""
    first = work.next_number(STUDIO, NUMBER_SERIES, len(people))
    calendar = work.calendar(MAIN_STORE)
    keys: list[tuple[int, str]] = []

    def rows() -> Iterator[Row]:
        for place, one in enumerate(people):
            no = customer_no(first + place)
            found_by = join_keys(keys_for(one.nick, one.name, no, one.identities, one.tags))
            keys.append((one.id, found_by))
            yield {
                "id": one.id,
                "store_id": MAIN_STORE,
                "no": no,
                "nick": one.nick,
                "name": one.name,
                "gender": one.gender,
                "city": one.city,
                "channel": one.channel,
                "note": one.note,
                "registered_on": calendar.day_of(one.since),
                "blocked": one.blocked,
                "minor": one.minor,
                "order_count": one.orders,
                "last_order_at": one.last_order_at,
                "keys": found_by,
                "created_at": one.since,
            }

    insert_rows(work, Customer, rows())
    insert_rows(
        work,
        CustomerIdentity,
        (
            {"customer_id": one.id, "kind": kind, "value": value, "normalised": value}
            for one in people
            for kind, value in one.identities
        ),
    )
    insert_rows(
        work,
        CustomerTag,
        ({"customer_id": one.id, "tag_id": tag_ids[tag]} for one in people for tag in one.tags),
    )
    index.add_in_bulk(work, keys)


def companions(
    work: UnitOfWork,
    players: Sequence[Player],
    level_ids: Sequence[int],
    ranks: Sequence[tuple[int, Sequence[tuple[int, str]]]],
    presence: dict[int, Presence],
) -> None:
    """Write companions with their skills.

    ``ranks`` are ``(game id, ((rank id, name), …))`` by the players' game numbers; ``presence`` is
    what each says of being there.
    """
    first = work.next_number(STUDIO, COMPANION_SERIES, len(players))
    now = work.clock.now()
    insert_rows(
        work,
        Companion,
        (
            {
                "id": one.id,
                "store_id": MAIN_STORE,
                "no": companion_no(first + place),
                "nick": one.nick,
                "phone": one.phone,
                "gender": one.gender,
                "level_id": level_ids[one.level],
                "rate_fen": one.rate_fen,
                "share_bp": one.share_bp,
                "presence": presence[one.id],
                "presence_since": min(max(one.free_at, one.since), now),
                "tags": list(one.tags),
                "created_at": one.since,
            }
            for place, one in enumerate(players)
        ),
    )
    insert_rows(work, CompanionSkill, _skills(players, ranks))
    insert_rows(work, CompanionHours, _hours(work, players))


def _hours(work: UnitOfWork, players: Sequence[Player]) -> Iterator[Row]:
    """Two of three have hours around the evening that is played; one of nine goes home soon."""
    wall = work.calendar(MAIN_STORE).local(work.clock.now())
    hour = wall.hour * 60
    for place, one in enumerate(players):
        if place % 3 == 0:
            continue
        starts = (hour - 60 * (3 + place % 4)) % DAY
        lasts = 60 * (3 + place % 4 + (1 if place % 9 == 1 else 6))
        for weekday in range(7):
            yield {
                "companion_id": one.id,
                "weekday": weekday,
                "starts_minute": starts,
                "ends_minute": starts + lasts,
            }


def _skills(
    players: Sequence[Player], ranks: Sequence[tuple[int, Sequence[tuple[int, str]]]]
) -> Iterator[Row]:
    for one in players:
        for game, step in one.games:
            game_id, ladder = ranks[game]
            rank_id, text = (None, "") if step is None else ladder[step]
            yield {
                "companion_id": one.id,
                "game_id": game_id,
                "rank_id": rank_id,
                "rank_text": text,
            }
