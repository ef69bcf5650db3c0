"""Finding a companion from part of a nickname, pinyin, initials or number, as one types.

Companions are few: all of them are gone through, and only the first ones are read whole.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from sqlalchemy import select
from sqlmodel import col

from crm_tui.core.words import Presence
from crm_tui.models import Companion
from crm_tui.services.companions.reads import CompanionRow, by_ids, roster
from crm_tui.services.customers.keys import (
    WHOLE,
    fold_id,
    forms_of,
    join_keys,
    name_keys,
    number_key,
    words_of,
)
from crm_tui.services.customers.marks import span_in, spelled_in
from crm_tui.services.customers.ranking import fit, in_full
from crm_tui.storage.store import ReadWork

Span = tuple[int, int]
_THERE = {Presence.IDLE: 0, Presence.RESTING: 1, Presence.OFFLINE: 2}
"""Of those who fit equally well, who is there comes first."""


@dataclass(frozen=True, slots=True)
class CompanionHit:
    """A companion who was found, and where the words stand in the nickname."""

    row: CompanionRow
    spans: tuple[Span, ...] = ()


def find(
    work: ReadWork, query: str, limit: int = 20, store_id: int | None = None
) -> list[CompanionHit]:
    """The companions who work here and whom every word of ``query`` fits, at most ``limit``.

    A word is a part of the nickname, the beginning of its pinyin or initials, of the number, or
    the last four digits of the phone or more. First those of ``store_id``; then who fits best;
    then who is there. Nothing typed: the roster, idle ones first.
    """
    words = words_of(query)
    if not words:
        rows = [] if query.strip() else roster(work)
        rows.sort(key=lambda row: row.store_id != store_id if store_id is not None else False)
        return [CompanionHit(row) for row in rows[:limit]]
    people = work.session.exec(
        select(  # type: ignore[call-overload]
            col(Companion.id),
            col(Companion.nick),
            col(Companion.no),
            col(Companion.phone),
            col(Companion.presence),
            col(Companion.store_id),
        ).where(col(Companion.active))
    )
    ranked = []
    for companion_id, nick, no, phone, presence, store in people:
        gain = fitting(words, nick, no, phone)
        if gain is not None:
            ranked.append((store != store_id, -gain, _THERE[presence], no, companion_id))
    found = by_ids(work, [who for *_order, who in sorted(ranked)[:limit]])
    return [CompanionHit(row, spans_in(row.nick, words)) for row in found]


def fitting(words: list[str], nick: str, no: str = "", phone: str = "") -> float | None:
    """How well all the words fit, in bits (:func:`ranking.fit`); none where one does not."""
    keys = _keys(nick, no)
    total = 0.0
    for word in words:
        forms = forms_of(word)
        if any(" " + form in keys for form in forms):
            total += fit(forms, keys, in_full(1))
        elif not (len(word) >= 4 and phone and phone.endswith(word)):
            return None
    return total


def spans_in(nick: str, words: list[str]) -> tuple[Span, ...]:
    """Where the words, or what they spell, stand in a nickname."""
    spans = []
    for word in words:
        forms = forms_of(word)
        if span := span_in(nick, forms):
            spans.append(span)
        elif spelled := spelled_in(nick, forms):
            spans.append(spelled[1:])
    return tuple(spans)


@lru_cache(maxsize=8_192)
def _keys(nick: str, no: str) -> str:
    """What the companion is found by, as :func:`keys.join_keys` puts it together; also the digits
    of the number alone."""
    keys = name_keys(nick)
    if no:
        keys |= {number_key(no), fold_id(no).lstrip("p0") + WHOLE}
    return join_keys(keys)
