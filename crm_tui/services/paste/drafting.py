"""The order that a text asks for, as a form is filled with it: read, matched, and what is open."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from crm_tui.core.language import _, joined, ngettext
from crm_tui.core.money import yuan
from crm_tui.core.words import BillingUnit, Gender, OrderKind
from crm_tui.services.customers.rules import mask_phone
from crm_tui.services.orders.billing import amount_fen
from crm_tui.services.paste.matching import (
    CompanionMatch,
    CustomerMatch,
    LastOrder,
    last_order,
    match_companion,
    match_customer,
)
from crm_tui.services.paste.pieces import Part, Piece, Reading
from crm_tui.services.paste.reading import read
from crm_tui.services.paste.reads import lexicon
from crm_tui.services.paste.vocabulary import ROUND_MINUTES, GameWords, Lexicon
from crm_tui.storage.store import ReadWork

NEEDED = ("game", "minutes")
"""What an order can't be taken without, besides its customer."""


@dataclass(frozen=True, slots=True)
class Filled:
    """One field of the order form: its value, how it would be typed, and whether somebody must
    look at it. ``why`` says what it was read from."""

    value: Any
    text: str
    sure: bool
    why: str


@dataclass(frozen=True, slots=True)
class Understood:
    """A piece as people see it: its words in the text and its meaning."""

    piece: Piece
    words: str
    meaning: str


@dataclass(frozen=True, slots=True)
class PastedOrder:
    """What would be ordered.

    ``fields`` are those of the order form that the text fills: game (id), kind, minutes, start
    (UTC instant), companion (id; none where the name fits nobody or several), gender, level
    (code), rank, tags, price (fen) and note. ``places`` companions are wanted.
    """

    reading: Reading
    customer: CustomerMatch
    companion: CompanionMatch | None
    fields: Mapping[str, Filled]
    understood: tuple[Understood, ...]
    left_out: tuple[Understood, ...]
    billing_unit: BillingUnit
    places: int

    @property
    def missing(self) -> tuple[str, ...]:
        """What must be known for certain and is not: ``customer``, ``game``, ``minutes``."""
        known = {name for name, filled in self.fields.items() if filled.sure}
        who = () if self.customer.certain else ("customer",)
        return (*who, *(name for name in NEEDED if name not in known))


def draft(work: ReadWork, text: str) -> PastedOrder:
    """Read ``text`` with the studio's words, find who is meant, and fill the fields of an order.

    Nothing is written. What is not certain is marked so, never left out in silence.
    """
    words = lexicon(work)
    reading = read(text, words)
    customer = match_customer(work, reading)
    last = last_order(work, customer.hit.id) if customer.hit else None
    companion = match_companion(work, reading, last)
    places = reading.get(Part.PLACES)
    filler = _Filler(reading, words, companion, last)
    return PastedOrder(
        reading=reading,
        customer=customer,
        companion=companion,
        fields=dict(filler.fields()),
        understood=tuple(_understood(reading, piece, words) for piece in reading.pieces),
        left_out=tuple(_understood(reading, piece, words) for piece in reading.others),
        billing_unit=BillingUnit.PER_ROUND if filler.by_rounds else BillingUnit.HOURLY,
        places=int(places.value) if places and places.sure else 1,
    )


def start_text(start: datetime | None, words: Lexicon) -> str:
    """A start as it is typed: on the store's clock; nothing where it is at once."""
    return f"{words.calendar.local(start):%Y-%m-%d %H:%M}" if start else ""


class _Filler:
    """Fills the fields of one order; each method one field."""

    def __init__(
        self,
        reading: Reading,
        words: Lexicon,
        companion: CompanionMatch | None,
        last: LastOrder | None,
    ) -> None:
        self.reading, self.words = reading, words
        self.companion, self.last = companion, last
        self.by_rounds = bool(reading.get(Part.ROUNDS)) and not reading.get(Part.MINUTES)
        self.game = self._game_words()

    def fields(self) -> Iterator[tuple[str, Filled]]:
        """The fields that the text says something of."""
        for name in (
            "game", "kind", "minutes", "start", "companion", "gender", "level", "rank", "tags",
            "price", "note",
        ):  # fmt: skip
            if filled := getattr(self, f"_{name}")():
                yield name, filled

    def _said(self, part: Part, value: Any, text: str) -> Filled:
        piece = self.reading.get(part)
        assert piece is not None
        return Filled(value, text, piece.sure, _why(self.reading, piece))

    def _game_words(self) -> GameWords | None:
        piece = self.reading.get(Part.GAME)
        known = {game.id: game for game in self.words.games}
        if piece is not None:
            return known[piece.value]
        if self.reading.get(Part.AGAIN) and self.last:
            return next((game for game in known.values() if game.name == self.last.game), None)
        return None

    def _game(self) -> Filled | None:
        if self.game is None:
            return None
        if self.reading.get(Part.GAME):
            return self._said(Part.GAME, self.game.id, self.game.name)
        return Filled(self.game.id, self.game.name, False, _("as in the last order"))

    def _kind(self) -> Filled | None:
        piece = self.reading.get(Part.KIND)
        return self._said(Part.KIND, piece.value, OrderKind(piece.value).label) if piece else None

    def _minutes(self) -> Filled | None:
        if piece := self.reading.get(Part.MINUTES):
            return self._said(Part.MINUTES, piece.value, str(piece.value))
        if piece := self.reading.get(Part.ROUNDS):
            each = ROUND_MINUTES.get(self.game.name if self.game else "", ROUND_MINUTES["default"])
            counted = ngettext(
                "{count} round of about {minutes} min",
                "{count} rounds of about {minutes} min each",
                piece.value,
            ).format(count=piece.value, minutes=each)
            return Filled(piece.value * each, str(piece.value * each), False, counted)
        return None

    def _start(self) -> Filled | None:
        piece = self.reading.get(Part.START)
        if piece is None:
            return None
        return self._said(Part.START, piece.value, start_text(piece.value, self.words))

    def _companion(self) -> Filled | None:
        found = self.companion
        if found is None:
            return None
        if found.again:
            why = _("the companion of the last order") if found.id else _("no last order is known")
        elif found.candidates:
            why = _("may be: {names}").format(names=joined(found.candidates))
        else:
            piece = self.reading.get(Part.COMPANION)
            known = found.id is not None and piece is not None
            why = _why(self.reading, piece) if known and piece else _("nobody here is called so")
        return Filled(found.id, found.nick, found.sure and found.id is not None, why)

    def _gender(self) -> Filled | None:
        piece = self.reading.get(Part.GENDER)
        if piece is None or piece.value is Gender.UNKNOWN:
            return None
        return self._said(Part.GENDER, piece.value, Gender(piece.value).label)

    def _level(self) -> Filled | None:
        piece = self.reading.get(Part.LEVEL)
        names = {level.code: level.name for level in self.words.levels}
        return self._said(Part.LEVEL, piece.value, names[piece.value]) if piece else None

    def _rank(self) -> Filled | None:
        piece = self.reading.get(Part.RANK)
        if piece is None or self.game is None or piece.value not in self.game.ranks:
            return None
        return self._said(Part.RANK, piece.value, piece.value)

    def _tags(self) -> Filled | None:
        known = [tag for tag in self.reading.tags if tag in self.words.tags]
        if not known:
            return None
        return Filled(known, " ".join(known), True, _("tags of companions here"))

    def _price(self) -> Filled | None:
        rate, minutes = self.reading.get(Part.RATE), self.reading.get(Part.MINUTES)
        if self._shared_price():
            return None
        if piece := self.reading.get(Part.PRICE):
            return self._said(Part.PRICE, piece.value, _plain_yuan(piece.value))
        if rate is None or minutes is None:
            return None
        fen = amount_fen(rate.value, minutes.value)
        why = _("¥{rate} an hour for {minutes} min; fixed when taken").format(
            rate=yuan(rate.value), minutes=minutes.value
        )
        return Filled(fen, _plain_yuan(fen), False, why)

    def _note(self) -> Filled | None:
        """What is written in the note, and what has no field of its own."""
        rest = [self.reading.note, *self._without_field()]
        text = " ".join(" ".join(each for each in rest if each).split())
        why = _("not understood, or with no field of its own")
        return Filled(text, text, True, why) if text else None

    def _without_field(self) -> Iterator[str]:
        note = self.reading.note
        for piece in self.reading.pieces:
            words = self.reading.words(piece)
            loose = (
                (piece.part is Part.TAG and piece.value not in self.words.tags)
                or (piece.part is Part.RATE and not self.reading.get(Part.MINUTES))
                or (piece.part in (Part.PRICE, Part.RATE) and self._shared_price())
                or (piece.part is Part.RANK and self._rank() is None)
            )
            if loose and words not in note:
                yield words

    def _shared_price(self) -> bool:
        """Whether a price was named for several companions together, or for each: nobody knows."""
        return self.reading.get(Part.PLACES) is not None


def _plain_yuan(fen: int) -> str:
    return yuan(fen).replace(",", "")


def _why(reading: Reading, piece: Piece) -> str:
    """The words that were read, and by what."""
    return f"“{reading.words(piece).strip()}”, {piece.how.label}"


def _understood(reading: Reading, piece: Piece, words: Lexicon) -> Understood:
    said = reading.words(piece).strip()
    if piece.part is Part.PHONE:
        said = mask_phone(str(piece.value))
    return Understood(piece, said, _meaning(piece, words))


def _meaning(piece: Piece, words: Lexicon) -> str:
    """The value of a piece as people read it, in the language in force."""
    value = piece.value
    if piece.part is Part.GAME:
        return next(game.name for game in words.games if game.id == value)
    if piece.part is Part.LEVEL:
        return next(level.name for level in words.levels if level.code == value)
    if piece.part is Part.PHONE:
        return mask_phone(str(value))
    if piece.part is Part.START:
        return f"{words.calendar.local(value):%m-%d %H:%M}" if value else _("at once")
    if piece.part is Part.MINUTES:
        return _("{count} min").format(count=value)
    if piece.part in (Part.PRICE, Part.RATE):
        return f"¥{yuan(value)}"
    if piece.part is Part.AGAIN:
        return _("the companion of the last order")
    return str(getattr(value, "label", value))
