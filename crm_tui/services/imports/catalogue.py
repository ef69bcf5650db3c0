"""Games, levels and tags by the words of a file; what is not known is added and told."""

from __future__ import annotations

from sqlmodel import col, select

from crm_tui.core.language import N_, _
from crm_tui.core.text import fold
from crm_tui.models import CompanionLevel, Tag
from crm_tui.services.catalogue import actions, reads
from crm_tui.services.imports.verdict import Book
from crm_tui.services.imports.words import plain
from crm_tui.storage.store import UnitOfWork

OTHER_GAME = N_("Other games")
"""The game of orders that name none."""


class Catalogue:
    """What the studio knows, read once, and added to as the file brings new words."""

    def __init__(self, work: UnitOfWork, book: Book) -> None:
        self._work = work
        self._book = book
        self._games: dict[str, int] = {}
        for row in reversed(reads.games(work)):
            for word in (*row.aliases, row.name):
                self._games[plain(word)] = row.id
        self._names = {row.id: row.name for row in reads.games(work)}
        self._levels = {plain(row.name): row.id for row in reads.levels(work)}
        self._levels |= {plain(row.code): row.id for row in reads.levels(work)}
        self._tags: dict[str, int] = dict(work.session.exec(select(Tag.name, Tag.id)).all())  # type: ignore[arg-type]
        self._ranks: dict[int, dict[str, int]] = {}

    def game(self, word: str, sheet: str) -> tuple[int, bool]:
        """The id of the game that ``word`` names, and whether it had to be added."""
        name = word or _(OTHER_GAME)
        known = self._games.get(plain(name))
        if known is not None:
            return known, False
        added = actions.add_game(self._work, name)
        self._games[plain(name)] = added
        self._names[added] = name
        self._book.brought(sheet, "game", added)
        return added, True

    def game_in(self, title: str) -> str:
        """The game that a sheet's title names; empty if none."""
        shown = fold(title)
        found = [name for name in self._names.values() if fold(name) in shown]
        return max(found, key=len, default="")

    def rank(self, game_id: int, word: str) -> int | None:
        """The id of a rank on a ladder of the game; None if it has no such rung."""
        if game_id not in self._ranks:
            rungs = reads.ranks(self._work, game_id)
            self._ranks[game_id] = {plain(rung.name): rung.id for rung in rungs}
        return self._ranks[game_id].get(plain(word)) if word else None

    def level(self, word: str, sheet: str) -> tuple[int | None, bool]:
        """The id of the companion level that ``word`` names, and whether it had to be added."""
        if not word:
            return None, False
        bare = plain(word)
        shorter = bare.removesuffix("陪玩").removesuffix("级")
        known = self._levels.get(bare) or self._levels.get(shorter)
        if known is not None:
            return known, False
        level = CompanionLevel(code=word[:40], name=word, position=len(self._levels))
        self._work.session.add(level)
        self._work.session.flush()
        assert level.id is not None
        self._levels[bare] = level.id
        self._book.brought(sheet, "companion_level", level.id)
        return level.id, True

    def level_facts(self, level_id: int) -> tuple[int, int]:
        """The list price and the share of a level, for companions who state none."""
        level = self._work.session.exec(
            select(CompanionLevel).where(col(CompanionLevel.id) == level_id)
        ).one()
        return level.rate_fen, level.share_bp

    def tag(self, name: str, sheet: str) -> int:
        """The id of a tag; added where it is new."""
        if name not in self._tags:
            tag = Tag(name=name)
            self._work.session.add(tag)
            self._work.session.flush()
            assert tag.id is not None
            self._tags[name] = tag.id
            self._book.brought(sheet, "tag", tag.id)
        return self._tags[name]
