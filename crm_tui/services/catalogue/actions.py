"""Changes of the catalogue."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import func
from sqlmodel import col, select

from crm_tui.core.errors import Duplicate, NotFound
from crm_tui.core.language import _
from crm_tui.core.text import squeeze
from crm_tui.models import STUDIO, CompanionLevel, Game, Ladder, LadderRank
from crm_tui.services.catalogue import reads
from crm_tui.services.catalogue.rules import defaults
from crm_tui.storage.store import UnitOfWork


def seed(work: UnitOfWork) -> bool:
    """Fill an empty catalogue with the games, ladders and levels that are shipped.

    What a studio has already is left alone, so that it may be called again. Answers whether
    anything was written.
    """
    shipped = defaults()
    new_games = not work.session.exec(select(Game.id).limit(1)).first()
    new_levels = not work.session.exec(select(CompanionLevel.id).limit(1)).first()
    if new_games:
        for game in shipped.games:
            _insert_game(work, game.name, game.aliases, game.ladder)
    if new_levels:
        work.session.add_all(
            CompanionLevel(
                code=level.code,
                name=level.name,
                position=position,
                rate_fen=level.rate_fen,
                share_bp=level.share_bp,
            )
            for position, level in enumerate(shipped.levels)
        )
    if new_games or new_levels:
        work.record("catalogue.seeded", "store", STUDIO, store_id=STUDIO, version=shipped.version)
    return new_games or new_levels


def add_game(
    work: UnitOfWork, name: str, aliases: Sequence[str] = (), ladder: Sequence[str] = ()
) -> int:
    """Add a game with its ranks from the lowest; answers its id.

    Raises :class:`Duplicate` where a game has that name or alias already.
    """
    name = squeeze(name)
    try:
        reads.find_game(work, name)
    except NotFound:
        game_id = _insert_game(work, name, aliases, ladder)
        work.record("game.added", "game", game_id, store_id=STUDIO, ref=name)
        return game_id
    raise Duplicate(field=_("game"), value=name, owner=_("another game"))


def _insert_game(work: UnitOfWork, name: str, aliases: Sequence[str], ladder: Sequence[str]) -> int:
    last = work.session.exec(select(func.max(col(Game.position)))).one()
    game = Game(name=name, aliases=list(aliases), position=0 if last is None else last + 1)
    work.session.add(game)
    work.session.flush()
    assert game.id is not None
    if ladder:
        steps = Ladder(game_id=game.id)
        work.session.add(steps)
        work.session.flush()
        assert steps.id is not None
        work.session.add_all(
            LadderRank(ladder_id=steps.id, position=position, name=rank)
            for position, rank in enumerate(ladder)
        )
    return game.id
