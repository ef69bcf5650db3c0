"""The words that a text is read by: those that are shipped, and those of the studio."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache, cached_property
from importlib.resources import files
from typing import Any

from crm_tui.core.clock import BusinessCalendar
from crm_tui.core.text import fold
from crm_tui.core.words import Gender, OrderKind
from crm_tui.services.imports.headers import Entity, plain_header, recognise
from crm_tui.services.paste.pieces import Part

_WORDS: Mapping[str, Mapping[str, Any]] = tomllib.loads(
    files("crm_tui").joinpath("data", "paste.toml").read_text(encoding="utf-8")
)
_HEADERS = {
    "customer_nick": Part.NICK,
    "customer": Part.NICK,
    "customer_phone": Part.PHONE,
    "customer_wechat": Part.WECHAT,
    "companion": Part.COMPANION,
    "companion_nick": Part.COMPANION,
    "game": Part.GAME,
    "kind": Part.KIND,
    "minutes": Part.MINUTES,
    "started": Part.START,
    "ordered": Part.START,
    "period": Part.START,
    "rate": Part.RATE,
    "amount": Part.PRICE,
    "note": Part.NOTE,
}
"""The columns of a sheet of orders that a form may have as well."""


@dataclass(frozen=True, slots=True)
class GameWords:
    """A game, how else it is called, and its ranks from the lowest."""

    id: int
    name: str
    aliases: tuple[str, ...]
    ranks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LevelWords:
    """A companion level."""

    code: str
    name: str


@dataclass(frozen=True)
class Lexicon:
    """The studio's own words, and the moment at which they are read."""

    now: datetime
    calendar: BusinessCalendar
    games: tuple[GameWords, ...] = ()
    levels: tuple[LevelWords, ...] = ()
    companions: tuple[str, ...] = ()
    """The nicknames of those who work here."""
    tags: frozenset[str] = frozenset()
    """What companions are marked with."""
    staff: frozenset[str] = field(default_factory=frozenset)
    """The names under which the studio writes."""

    @cached_property
    def game_names(self) -> dict[str, GameWords]:
        """Every name and alias, folded; a name goes before another's alias."""
        aliases = {fold(alias): game for game in self.games for alias in game.aliases}
        return aliases | {fold(game.name): game for game in self.games}

    @cached_property
    def companion_names(self) -> dict[str, str]:
        """Every nickname, folded, as it is written."""
        return {fold(nick): nick for nick in self.companions if len(nick) > 1}

    @cached_property
    def game_pattern(self) -> re.Pattern[str]:
        """Any game."""
        return any_of(self.game_names)

    @cached_property
    def rank_names(self) -> dict[str, list[tuple[int, str]]]:
        """Every way to say a rank (至尊星耀, 星耀), as game ids and the name of the rank there."""
        ways: dict[str, list[tuple[int, str]]] = {}
        for game in self.games:
            for rank in game.ranks:
                short = [fold(rank)[-2:]] if len(rank) >= 4 else []
                for way in (fold(rank), *short):
                    ways.setdefault(way, []).append((game.id, rank))
        return ways

    @cached_property
    def level_names(self) -> dict[str, LevelWords]:
        """Every level by its name, folded."""
        return {fold(level.name): level for level in self.levels}

    @cached_property
    def tag_names(self) -> dict[str, str]:
        """The tags of this studio, folded, as they are written."""
        return {fold(tag): tag for tag in self.tags if len(tag) > 1}

    @cached_property
    def rank_pattern(self) -> re.Pattern[str]:
        """Any rank of any game."""
        return any_of(self.rank_names)

    @cached_property
    def level_pattern(self) -> re.Pattern[str]:
        """Any level."""
        return any_of(self.level_names)

    @cached_property
    def tag_pattern(self) -> re.Pattern[str]:
        """Anything that is wanted of a companion."""
        return any_of({*self.tag_names, *TAG_WORDS})

    @cached_property
    def companion_pattern(self) -> re.Pattern[str]:
        """Any companion's nickname."""
        return any_of(self.companion_names)


def any_of(words: Iterable[str]) -> re.Pattern[str]:
    """Any of ``words``, the longest that fits; one in Latin letters stands alone, and its blanks
    may be left out."""
    longest_first = sorted(filter(None, words), key=lambda word: (-len(word), word))
    return re.compile("|".join(map(_alone, longest_first)) or r"(?!)")


def _alone(word: str) -> str:
    begin = r"(?<![a-z0-9])" if word[0].isascii() and word[0].isalnum() else ""
    end = r"(?![a-z])" if word[-1].isascii() and word[-1].isalnum() else ""
    return begin + re.escape(word).replace(r"\ ", r"\s*") + end


def squashed(text: str) -> str:
    """As shipped words are compared: folded, without blanks."""
    return fold(text).replace(" ", "")


def _several(line: str) -> tuple[str, ...]:
    return tuple(word.replace("_", " ") for word in line.split())


def words(name: str) -> tuple[str, ...]:
    """A list of shipped words of the table ``[words]``."""
    return _several(_WORDS["words"][name])


@cache
def pattern(name: str) -> re.Pattern[str]:
    """Any word of a list of the table ``[words]``."""
    return any_of(words(name))


def _meanings(table: str) -> dict[str, str]:
    return {word: meaning for meaning, line in _WORDS[table].items() for word in _several(line)}


SIMPLIFIED = {pair[0]: pair[1] for pair in _WORDS["characters"]["traditional"].split()}
KINDS: Mapping[str, OrderKind] = {
    squashed(word): OrderKind(kind) for word, kind in _meanings("kinds").items()
}
GENDERS: Mapping[str, Gender] = {
    squashed(word): Gender(gender) for word, gender in _meanings("genders").items()
}
TAGS: Mapping[str, str] = {squashed(word): tag for word, tag in _meanings("tags").items()}
ROUND_MINUTES: Mapping[str, int] = _WORDS["rounds"]
_LABELS = _meanings("labels")
_LEADING = re.compile(r"^[\W\d_]+")
"""Numbers and pictures before a label."""
KIND_PATTERN = any_of(_meanings("kinds"))
GENDER_PATTERN = any_of(_meanings("genders"))
TAG_WORDS = frozenset(_meanings("tags"))
TAG_PATTERN = any_of(TAG_WORDS)
SKIPPED = "skipped"
"""What a form asks for and an order does not hold: region, system."""


def label_of(written: str) -> str | None:
    """The part, or :data:`SKIPPED`, that ``written`` before a colon asks for."""
    bare, _unit = plain_header(_LEADING.sub("", written))
    if bare in _LABELS:
        return _LABELS[bare]
    known = [_HEADERS.get(name) for score, name in recognise(bare, Entity.ORDERS) if score >= 2]
    return known[0] if known else None


def template(language: str) -> str:
    """The empty form for a customer to fill in; what comes back is read whole."""
    return str(_WORDS["template"]["zh" if language == "zh" else "en"]).strip() + "\n"
