"""The studio's own words, as a text is read by them."""

from __future__ import annotations

from collections import defaultdict

from sqlalchemy import select
from sqlmodel import col

from crm_tui.models import Companion, Ladder, LadderRank, Operator
from crm_tui.services.catalogue import reads as catalogue
from crm_tui.services.paste.vocabulary import GameWords, LevelWords, Lexicon
from crm_tui.storage.store import ReadWork


def lexicon(work: ReadWork) -> Lexicon:
    """Games with ranks, levels, companions, their tags and the operators, as they are now."""
    connection = work.session.connection()
    ranks: defaultdict[int, list[str]] = defaultdict(list)
    steps = (
        select(col(Ladder.game_id), col(LadderRank.name))
        .join(LadderRank, col(LadderRank.ladder_id) == col(Ladder.id))
        .order_by(col(Ladder.id), col(LadderRank.position))
    )
    for game_id, name in connection.execute(steps):
        ranks[game_id].append(name)
    crew = connection.execute(
        select(col(Companion.nick), col(Companion.tags)).where(col(Companion.active))
    ).all()
    operators = connection.execute(select(col(Operator.login), col(Operator.name))).all()
    store_name = str(work.setting("store.name"))
    return Lexicon(
        now=work.clock.now(),
        calendar=work.calendar(),
        games=tuple(
            GameWords(game.id, game.name, game.aliases, tuple(ranks[game.id]))
            for game in catalogue.games(work)
            if game.active
        ),
        levels=tuple(LevelWords(level.code, level.name) for level in catalogue.levels(work)),
        companions=tuple(nick for nick, _tags in crew),
        tags=frozenset(tag for _nick, tags in crew for tag in tags),
        staff=frozenset(filter(None, (store_name, *(name for pair in operators for name in pair)))),
    )
