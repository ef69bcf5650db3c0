"""What games, companions, stores and the like are called: ids and words, and what people type."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl
from sqlmodel import col, select

from crm_tui.core.words import OrderKind, Segment, SourceChannel, Word
from crm_tui.models import STUDIO, Companion, CompanionLevel, Game, Store
from crm_tui.services.figures.copy.frames import Frames
from crm_tui.storage.store import ReadWork

Spellings = tuple[str, ...]
"""All that a person may type for it; the first is shown."""


@dataclass(frozen=True, slots=True)
class Names:
    """For each dimension that is not a part of the time, its members by stored value."""

    members: Mapping[str, Mapping[Any, Spellings]]

    @classmethod
    def of(cls, work: ReadWork, frames: Frames | None = None) -> Names:
        """As the studio has them now; cities as the copy has them, none without it."""
        companions = work.session.exec(select(Companion.id, Companion.nick, Companion.no))
        levels = select(CompanionLevel.name).order_by(col(CompanionLevel.position))
        games = work.session.exec(select(Game.id, Game.name))
        stores = work.session.exec(select(Store.id, Store.name).where(Store.id != STUDIO))
        return cls(
            {
                "companion": {key: (nick, no) for key, nick, no in companions},
                "level": _same(work.session.exec(levels)),
                "game": {key: (name,) for key, name in games},
                "kind": _words(OrderKind),
                "channel": _words(SourceChannel),
                "city": _same(_cities(frames)),
                "segment": _words(Segment),
                "store": {key: (name or str(key), str(key)) for key, name in stores},
            }
        )

    def label(self, dimension: str, value: Any) -> str:
        """What a member is called; of one that is no longer known, its id."""
        known = self.members[dimension].get(value)
        if known is None:
            return "" if value in (None, "") else str(value)
        word = _VOCABULARIES.get(dimension)
        return word(value).label if word else known[0]


_VOCABULARIES: Mapping[str, type[Word]] = {
    "kind": OrderKind,
    "channel": SourceChannel,
    "segment": Segment,
}


def _words(vocabulary: type[Word]) -> dict[Any, Spellings]:
    return {word.value: word.spellings for word in vocabulary}


def _same(texts: Iterable[str]) -> dict[Any, Spellings]:
    return {text: (text,) for text in texts}


def _cities(frames: Frames | None) -> Iterable[str]:
    if frames is None:
        return ()
    known = frames.customers().select(pl.col("city").unique().sort()).collect()["city"]
    return (city for city in known if city)
