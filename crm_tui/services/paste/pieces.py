"""What is read out of a text: pieces, each with its place, its meaning and how it was read."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from crm_tui.core.language import N_, _


class Part(StrEnum):
    """What a piece says of the order."""

    NICK = "nick"
    PHONE = "phone"
    WECHAT = "wechat"
    QQ = "qq"
    GAME = "game"
    KIND = "kind"
    MINUTES = "minutes"
    ROUNDS = "rounds"
    START = "start"
    GENDER = "gender"
    LEVEL = "level"
    RANK = "rank"
    TAG = "tag"
    COMPANION = "companion"
    AGAIN = "again"
    PLACES = "places"
    PRICE = "price"
    RATE = "rate"
    NOTE = "note"

    @property
    def label(self) -> str:
        """The part as a person reads it, in the language in force."""
        return _(_PARTS[self])


class How(StrEnum):
    """What a piece was read by."""

    LABEL = "label"
    SENDER = "sender"
    SAID = "said"
    FORM = "form"
    ALONE = "alone"
    COUNTED = "counted"
    NEXT = "next"
    PLACE = "place"
    HINT = "hint"
    STUDIO = "studio"
    CHOICE = "choice"

    @property
    def label(self) -> str:
        """The way as a person reads it, in the language in force."""
        return _(_HOWS[self])


_PARTS = {
    Part.NICK: N_("Nickname"),
    Part.PHONE: N_("Phone"),
    Part.WECHAT: N_("WeChat"),
    Part.QQ: N_("QQ"),
    Part.GAME: N_("Game"),
    Part.KIND: N_("Kind"),
    Part.MINUTES: N_("Minutes"),
    Part.ROUNDS: N_("Rounds"),
    Part.START: N_("Start"),
    Part.GENDER: N_("Gender"),
    Part.LEVEL: N_("Level"),
    Part.RANK: N_("Rank"),
    Part.TAG: N_("Wanted tag"),
    Part.COMPANION: N_("Companion"),
    Part.AGAIN: N_("As last time"),
    Part.PLACES: N_("How many"),
    Part.PRICE: N_("Agreed price"),
    Part.RATE: N_("Hourly price"),
    Part.NOTE: N_("Note"),
}
_HOWS = {
    How.LABEL: N_("named in the form"),
    How.SENDER: N_("who wrote it"),
    How.SAID: N_("said so"),
    How.FORM: N_("by its form"),
    How.ALONE: N_("a number without a unit"),
    How.COUNTED: N_("counted from it"),
    How.NEXT: N_("the next such time"),
    How.PLACE: N_("by where it stands"),
    How.HINT: N_("mentioned, not asked for"),
    How.STUDIO: N_("said by the studio"),
    How.CHOICE: N_("one of several"),
}


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch ``start``–``end`` of the text and what it means.

    ``value`` is text for people, ids, ranks and tags, a game's id, a word of the vocabulary for
    kind and gender, a level's code, a number for minutes, rounds and places, fen for price and
    rate, an aware UTC instant for a start or None for "at once", True for "as last time".
    """

    part: Part
    value: Any
    start: int
    end: int
    how: How
    sure: bool = True


@dataclass(frozen=True, slots=True)
class Reading:
    """A text and what was read out of it.

    ``pieces`` hold one piece a part (tags: several) in the order of the text; ``others`` were read
    too and not taken: a second order, an alternative, what was corrected later. ``unread`` are the
    stretches that nothing was made of; together they are the note.
    """

    text: str
    pieces: tuple[Piece, ...]
    others: tuple[Piece, ...]
    unread: tuple[tuple[int, int], ...]
    clipped: bool = False
    """The text was too long; its end was not read."""
    for_another: bool = False
    """It seems to ask on behalf of somebody else: whose phone or name it is, nobody can tell."""
    several: bool = False
    """It seems to hold more than one order; the first one was read."""

    def get(self, part: Part) -> Piece | None:
        """The piece that says ``part``."""
        return next((piece for piece in self.pieces if piece.part is part), None)

    def words(self, piece: Piece) -> str:
        """The words that ``piece`` was read from."""
        return self.text[piece.start : piece.end]

    @property
    def tags(self) -> tuple[str, ...]:
        """What is wanted of the companion, each once."""
        found = (str(piece.value) for piece in self.pieces if piece.part is Part.TAG)
        return tuple(dict.fromkeys(found))

    @property
    def note(self) -> str:
        """What the form says in its note, and what nothing was made of."""
        said = [str(piece.value) for piece in self.pieces if piece.part is Part.NOTE]
        rest = [self.text[start:end] for start, end in self.unread]
        return " ".join(" ".join([*said, *rest]).split())
