"""Reading a chat snippet or a filled form. Pure: text and words in, pieces out."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import partial

from crm_tui.services.paste.amounts import read_minutes, read_places, read_price
from crm_tui.services.paste.forms import Entry, entries_of, strike_labels
from crm_tui.services.paste.moments import read_start
from crm_tui.services.paste.page import LONGEST, STRUCK, Page, Span
from crm_tui.services.paste.people import (
    Turn,
    read_first_name,
    read_identities,
    read_labelled_identity,
    read_said_name,
    turns_of,
)
from crm_tui.services.paste.pieces import How, Part, Piece, Reading
from crm_tui.services.paste.settling import settle
from crm_tui.services.paste.vocabulary import GENDER_PATTERN, SKIPPED, Lexicon, pattern
from crm_tui.services.paste.wishes import (
    read_companion,
    read_games,
    read_gender,
    read_kind,
    read_level,
    read_rank,
    read_renewal,
    read_tags,
)

_STRETCH = re.compile(rf"[^{STRUCK}\n]+")
_EDGES = " \t\r,，。;；:：.、!！?？~～-—–+/|()（）【】[]\"'“”‘’…·*@#"
_DIGIT = re.compile(r"\d|[一二两三四半]个?\S?小?时")
_MEANT = re.compile(r"[^\W_]")


def read(text: str, lexicon: Lexicon) -> Reading:
    """Everything that ``text`` says of an order; at most :data:`LONGEST` characters of it.

    Nothing is asked of anybody: whom and what the words mean beyond the lexicon is matched later.
    """
    page = Page(text)
    entries = entries_of(page, page.whole)
    form = [entry for entry in entries if entry.value.end > entry.value.start]
    strike_labels(page, entries)
    turns, senders = turns_of(page, lexicon, chat=len(form) < 2)
    mine = [turn for turn in turns if not turn.staff] or turns
    pieces = [*senders]
    for entry in form:
        pieces += _read_entry(page, entry, lexicon)
    for turn in mine:
        pieces += _read_turn(page, turn.span, lexicon)
    game = next((piece.value for piece in pieces if piece.part is Part.GAME), None)
    for turn in mine:
        pieces += read_rank(page, turn.span, lexicon, game)
    if not any(piece.part is Part.NICK for piece in pieces):
        for turn in mine:
            pieces += read_first_name(page, turn.span, lexicon)
    if mine is not turns:
        pieces += _said_by_the_studio(page, turns, lexicon)
    spoken = {piece.value for piece in senders}
    pieces = [p for p in pieces if not (p.part is Part.COMPANION and p.value in spoken)]
    taken, others, several = settle(page, pieces)
    return Reading(
        text=page.text,
        pieces=taken,
        others=others,
        unread=tuple(_unread(page, [turn.span for turn in mine], form)),
        clipped=len(text) > LONGEST,
        for_another=bool(pattern("for_another").search(page.folded)),
        several=several,
    )


def _read_entry(page: Page, entry: Entry, lexicon: Lexicon) -> Iterator[Piece]:
    """What stands under a label, read as that; the rest of it is read like anything else."""
    if entry.asked == SKIPPED:
        return
    part, span = Part(entry.asked), entry.value
    if part is Part.NOTE:
        yield Piece(part, page.text[span.start : span.end], span.start, span.end, How.LABEL)
    elif part is Part.NICK:
        yield from _labelled_name(page, span, lexicon)
    elif part in (Part.PHONE, Part.WECHAT, Part.QQ):
        yield from read_labelled_identity(page, span, part)
    else:
        for piece in _UNDER_LABEL[part](page, span, lexicon):
            yield replace(piece, how=How.LABEL) if piece.sure else piece


def _labelled_name(page: Page, span: Span, lexicon: Lexicon) -> Iterator[Piece]:
    """A nickname may have blanks in it; what follows one and is a wish does not belong to it."""
    said = re.split(r"[,，;；|/／(（\t]", page.text[span.start : span.end])[0].rstrip()
    first, blank, _more = said.partition(" ")
    wishes = (_DIGIT, lexicon.game_pattern, GENDER_PATTERN, pattern("renewal"))
    if blank and any(
        each.search(page.folded, span.start + len(first), span.end) for each in wishes
    ):
        said = first
    if said:
        end = span.start + len(said)
        page.strike(span.start, end)
        yield Piece(Part.NICK, said, span.start, end, How.LABEL)


def _labelled_companion(page: Page, span: Span, lexicon: Lexicon) -> Iterator[Piece]:
    """A nickname of the roster, "as last time", a wish such as 女陪, or a name nobody has here."""
    found = [
        *read_companion(page, span, lexicon, labelled=True),
        *read_places(page, span),
        *read_gender(page, span, labelled=True),
    ]
    yield from found
    said = page.text[span.start : span.end].strip()
    if (
        not found
        and _MEANT.search(said)
        and not pattern("no_matter").search(page.folded, span.start, span.end)
    ):
        page.strike(span.start, span.end)
        yield Piece(Part.COMPANION, said, span.start, span.end, How.LABEL)


def _times(page: Page, span: Span, lexicon: Lexicon, *, labelled: bool) -> Iterator[Piece]:
    """Start and length may each stand under the other's label: ``时间：9点-11点``."""
    yield from read_start(page, span, lexicon)
    yield from read_minutes(page, span, labelled=labelled)


_UNDER_LABEL: Mapping[Part, Callable[[Page, Span, Lexicon], Iterable[Piece]]] = {
    Part.GAME: read_games,
    Part.KIND: lambda page, span, _words: read_kind(page, span, labelled=True),
    Part.MINUTES: partial(_times, labelled=True),
    Part.START: partial(_times, labelled=False),
    Part.GENDER: lambda page, span, _words: read_gender(page, span, labelled=True),
    Part.LEVEL: partial(read_level, labelled=True),
    Part.RANK: lambda page, span, words: read_rank(page, span, words, None, labelled=True),
    Part.TAG: read_tags,
    Part.COMPANION: _labelled_companion,
    Part.PLACES: lambda page, span, _words: read_places(page, span, labelled=True),
    Part.PRICE: lambda page, span, _words: read_price(page, span, labelled=Part.PRICE),
    Part.RATE: lambda page, span, _words: read_price(page, span, labelled=Part.RATE),
}
"""How what stands under a label is read; names, identities and notes are taken as they are."""


def _read_turn(page: Page, span: Span, lexicon: Lexicon) -> list[Piece]:
    """All that somebody says, what can be told apart most surely first."""
    return [
        *read_identities(page, span),
        *read_said_name(page, span, lexicon),
        *read_price(page, span),
        *read_start(page, span, lexicon),
        *read_places(page, span),
        *read_minutes(page, span),
        *read_companion(page, span, lexicon),
        *read_renewal(page, span),
        *read_tags(page, span, lexicon),
        *read_level(page, span, lexicon),
        *read_gender(page, span),
        *read_kind(page, span),
        *read_games(page, span, lexicon),
    ]


def _said_by_the_studio(page: Page, turns: list[Turn], lexicon: Lexicon) -> Iterator[Piece]:
    """Prices and companions that the studio offered; sure where the customer then agreed."""
    for at, turn in enumerate(turns):
        if not turn.staff:
            continue
        answer = next((each for each in turns[at + 1 :] if not each.staff), None)
        said = page.folded[answer.span.start : answer.span.end].strip() if answer else ""
        agreed = bool(pattern("agreed").match(said))
        pieces = [*read_price(page, turn.span), *read_companion(page, turn.span, lexicon)]
        for piece in pieces:
            yield replace(piece, how=How.STUDIO, sure=piece.sure and agreed)


def _unread(page: Page, spans: list[Span], form: list[Entry]) -> Iterator[tuple[int, int]]:
    """The stretches of which nothing was made, without greetings and the like."""
    notes = [entry.value for entry in form if entry.asked == Part.NOTE]
    for span in spans:
        for match in _STRETCH.finditer(page.rest, span.start, span.end):
            start, end = match.span()
            if any(note.start <= start and end <= note.end for note in notes):
                continue
            said = pattern("fillers").sub(" ", match.group())
            if len("".join(_MEANT.findall(said))) >= 2:
                text = match.group()
                start += len(text) - len(text.lstrip(_EDGES))
                yield start, start + len(text.strip(_EDGES))
