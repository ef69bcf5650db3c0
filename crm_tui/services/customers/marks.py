"""What of a customer a word was found by, and where it stands in what lists show. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from crm_tui.core.language import N_, _
from crm_tui.core.words import IdentityKind
from crm_tui.services.customers.keys import (
    LONGEST_READ,
    WITHOUT_PREFIX,
    fold_id,
    fold_name,
    forms_of,
)
from crm_tui.services.customers.readings import is_chinese, readings

FOUND_BY = {
    "nick": N_("Nickname"),
    "name": N_("Full name"),
    "no": N_("Number"),
    "phone_tail": N_("Last digits"),
    "tag": N_("Tags"),
    "order": N_("Order number"),
    "initials": N_("Initials"),
    "pinyin": N_("Pinyin"),
    "other": N_("Earlier name or number"),
}
"""What a word may be found by besides identities, in words."""

TAIL = 4
"""Digits that stay readable at the end of a masked phone, and the shortest end looked up."""
HEAD = 3
_SIGN = re.compile(r"[\W_]")


@dataclass(frozen=True, slots=True)
class Mark:
    """Characters of what a list shows that fit a word: of ``nick``, ``name``, ``no``, the masked
    ``phone``, ``wechat``, or of ``tags`` put together with one blank between them."""

    part: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Face:
    """What a customer can be found by, as lists show it. ``identities`` are ``(kind, normal form,
    as typed)``, the first phone and the first WeChat id being the ones shown."""

    nick: str
    name: str
    no: str
    identities: Sequence[tuple[IdentityKind, str, str]] = ()
    tags: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Match:
    """What a word was found by (a key of :data:`FOUND_BY` or an identity's kind, empty if it does
    not fit), and all places where it can be seen."""

    found_by: str
    marks: tuple[Mark, ...] = ()


def label(found_by: str) -> str:
    """What a word was found by, in the language in force."""
    if found_by in FOUND_BY:
        return _(FOUND_BY[found_by])
    return IdentityKind(found_by).label if found_by else ""


def match(word: str, face: Face, keys: str = "") -> Match:
    """Where ``word`` fits. ``keys`` are the customer's (:func:`keys.join_keys`): they tell what was
    found by something that is not shown, such as an earlier name."""
    forms = forms_of(word)
    seen = list(_seen(forms, face)) or list(_read(forms, face))
    if seen:
        found_by = seen[0][0]
        return Match(found_by, tuple(mark for _by, mark in seen if mark is not None))
    hidden = any(" " + form in keys for form in forms)
    return Match("other" if hidden else "")


def _seen(forms: Sequence[str], face: Face) -> Iterator[tuple[str, Mark | None]]:
    """Where the word stands as it was typed: what it was found by, and the place if it is shown."""
    for part, text in (("nick", face.nick), ("name", face.name)):
        if span := span_in(text, forms):
            yield part, Mark(part, *span)
    yield from (("no", Mark("no", 0, end)) for end in _beginning(face.no, forms))
    first: set[IdentityKind] = set()
    for kind, normalised, value in face.identities:
        is_shown = kind not in first
        first.add(kind)
        for found_by, mark in _in_identity(kind, normalised, value, forms):
            yield found_by, mark if is_shown else None
    start = 0
    for tag in face.tags:
        span = span_in(tag, forms, only_start=True)
        if span:
            yield "tag", Mark("tags", start + span[0], start + span[1])
        start += len(tag) + 1


def _beginning(text: str, forms: Iterable[str]) -> Iterator[int]:
    """How much of a number or id the longest fitting form is; nothing where none begins it."""
    folded = fold_id(text)
    fitting = [len(form) for form in forms if folded.startswith(form)]
    if fitting:
        yield min(max(fitting), len(text))


def _in_identity(
    kind: IdentityKind, normalised: str, value: str, forms: Sequence[str]
) -> Iterator[tuple[str, Mark | None]]:
    """Phones are shown masked: three digits, four stars, four digits."""
    length = len(normalised)
    if kind is IdentityKind.PHONE:
        for end in _beginning(normalised, forms):
            yield "phone", Mark("phone", 0, min(end, HEAD) if end < length else length)
        tails = (form for form in forms if TAIL <= len(form) < length)
        if any(normalised.endswith(form) for form in tails):
            yield "phone_tail", Mark("phone", length - TAIL, length)
        return
    skipped = len(WITHOUT_PREFIX) if fold_id(value).startswith(WITHOUT_PREFIX) else 0
    for start in sorted({0, skipped}):
        for end in _beginning(value[start:], forms):
            is_shown = kind is IdentityKind.WECHAT
            yield kind.value, Mark("wechat", start, start + end) if is_shown else None
            return


def _read(forms: Sequence[str], face: Face) -> Iterator[tuple[str, Mark | None]]:
    """Where the pinyin or the initials of a name begin with the word."""
    for part, text in (("nick", face.nick), ("name", face.name)):
        if found := spelled_in(text, forms):
            found_by, start, end = found
            yield found_by, Mark(part, start, end)


def span_in(text: str, forms: Iterable[str], *, only_start: bool = False) -> tuple[int, int] | None:
    """The first place in a name where one of the folded ``forms`` stands, in characters of
    ``text`` as it is; at its beginning where ``only_start``."""
    folded, places = _folded(text)
    for form in forms:
        at = folded.find(form)
        if at == 0 or (at > 0 and not only_start):
            return places[at], places[at + len(form) - 1] + 1
    return None


def spelled_in(text: str, forms: Iterable[str]) -> tuple[str, int, int] | None:
    """``("initials" or "pinyin", start, end)`` of the characters whose reading one of the forms
    begins, counted from the first Chinese one."""
    folded, places = _folded(text)
    first = next((at for at, char in enumerate(folded) if is_chinese(char)), None)
    if first is None:
        return None
    ways = readings(folded[first : first + LONGEST_READ])
    for form in forms:
        for way in ways:
            if "".join(syllable[0] for syllable in way).startswith(form):
                return "initials", places[first], places[first + len(form) - 1] + 1
        for way in ways:
            if "".join(way).startswith(form):
                last = first + _syllables(way, len(form)) - 1
                return "pinyin", places[first], places[last] + 1
    return None


def _syllables(way: Sequence[str], letters: int) -> int:
    """How many syllables so many letters reach into."""
    for count, syllable in enumerate(way, 1):
        letters -= len(syllable)
        if letters <= 0:
            return count
    return len(way)


@lru_cache(maxsize=4096)
def _folded(text: str) -> tuple[str, tuple[int, ...]]:
    """The text as :func:`keys.fold_name` compares it, and for each of its characters the place in
    ``text`` that it comes from. Who was found by some letters is often found by one more."""
    folded, places = [], []
    for keep_signs in (False, True):
        for place, char in enumerate(text[:200]):
            for each in unicodedata.normalize("NFKC", char).casefold():
                if keep_signs or not _SIGN.match(each):
                    folded.append(each)
                    places.append(place)
        if folded:
            break
    if "".join(folded) == fold_name(text):
        return "".join(folded), tuple(places)
    return "", ()  # composed of several characters: nothing in it is marked
