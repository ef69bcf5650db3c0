"""What the catalogue holds now."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlmodel import col

from crm_tui.core.errors import NotFound
from crm_tui.core.language import _
from crm_tui.core.text import fold
from crm_tui.models import STUDIO, CompanionLevel, Game, Ladder, LadderRank, Store
from crm_tui.storage.store import ReadWork


@dataclass(frozen=True, slots=True)
class GameRow:
    """A game and the other words that people use for it."""

    id: int
    name: str
    aliases: tuple[str, ...]
    active: bool


@dataclass(frozen=True, slots=True)
class RankRow:
    """A rung of a ladder; ``position`` counts from the lowest, from 0. The main ladder of a game
    has no name."""

    id: int
    ladder: str
    position: int
    name: str


@dataclass(frozen=True, slots=True)
class LevelRow:
    """A companion level; ``position`` counts from the lowest, from 0. ``rate_fen`` is the list
    price of an hour, ``share_bp`` the companion's share in basis points."""

    id: int
    code: str
    name: str
    position: int
    rate_fen: int
    share_bp: int


_GAME: tuple[Any, ...] = (Game.id, Game.name, Game.aliases, Game.active)
_RANK: tuple[Any, ...] = (LadderRank.id, Ladder.name, LadderRank.position, LadderRank.name)
_LEVEL: tuple[Any, ...] = tuple(getattr(CompanionLevel, name) for name in LevelRow.__slots__)


def games(work: ReadWork) -> list[GameRow]:
    """All games, in the order in which they are listed."""
    query = select(*_GAME).order_by(col(Game.position), col(Game.id))
    rows = work.session.connection().execute(query)
    return [GameRow(id_, name, tuple(aliases), active) for id_, name, aliases, active in rows]


def stores(work: ReadWork) -> list[tuple[int, str]]:
    """The id and the name of every store, without the studio itself; those that are closed too."""
    query = select(col(Store.id), col(Store.name)).where(col(Store.id) != STUDIO)
    rows = work.session.connection().execute(query.order_by(col(Store.id)))
    return [(row.id, row.name) for row in rows]


def require_store(work: ReadWork, store_id: int) -> None:
    """Raise :class:`NotFound` where there is no such store; the studio itself counts as one."""
    if work.session.get(Store, store_id) is None:
        raise NotFound(what=_("store"), ref=store_id)


def find_game(work: ReadWork, text: str) -> int:
    """The id of the game that ``text`` names, by name or alias, whatever its case and width.

    A name goes before an alias. Raises :class:`NotFound`.
    """
    wanted = fold(text)
    known = games(work)
    for row in known:
        if fold(row.name) == wanted:
            return row.id
    for row in known:
        if any(fold(alias) == wanted for alias in row.aliases):
            return row.id
    raise NotFound(what=_("game"), ref=text)


def ranks(work: ReadWork, game_id: int) -> list[RankRow]:
    """The ranks of a game, ladder by ladder, each from the lowest; empty where none are agreed."""
    query = (
        select(*_RANK)
        .join(Ladder, col(Ladder.id) == LadderRank.ladder_id)
        .where(col(Ladder.game_id) == game_id)
        .order_by(col(Ladder.id), col(LadderRank.position))
    )
    return [RankRow(*row) for row in work.session.connection().execute(query)]


def levels(work: ReadWork) -> list[LevelRow]:
    """All companion levels, from the lowest."""
    query = select(*_LEVEL).order_by(col(CompanionLevel.position), col(CompanionLevel.id))
    return [LevelRow(*row) for row in work.session.connection().execute(query)]
