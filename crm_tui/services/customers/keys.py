"""What somebody may type to find a customer, as keys that a prefix scan finds. Pure.

A key is a folded text of letters, digits and Chinese characters. One that is a whole name or
identity ends in ``=``, so that a prefix finds it, and what was typed in full can be told from what
is only the beginning of something. Nothing else in a key is marked: its script says the rest.
"""

from __future__ import annotations

import re
import string
import unicodedata
from bisect import insort
from collections.abc import Iterable, Iterator
from functools import lru_cache

from crm_tui.core.words import IdentityKind
from crm_tui.services.customers.readings import is_chinese, readings
from crm_tui.services.customers.rules import PhoneProblem, normalise_phone

WHOLE = "="
"""Ends a key that is a whole name or identity."""
LONGEST_KEY = 32
LONGEST_READ = 12
"""Characters of a name that are read as pinyin."""
MOST_PARTS = 12
"""Places in a name from which it is found, besides its beginning."""
WITHOUT_PREFIX = "wxid_"
"""WeChat ids are found without it, too."""
LAST = "\U0010ffff"
"""Sorts behind every character, in both engines."""

_PLAIN = string.ascii_lowercase + string.digits
_NOT_NAME = re.compile(r"[\W_]+")
_BLANK = re.compile(r"\s+")
_TYPED_PHONE = re.compile(r"[+\d][\d\s().\-]{9,}")
_BETWEEN_WORDS = re.compile(r"[\s*,，、;；]+")


def fold_name(text: str) -> str:
    """A name as it is compared: NFKC, case-folded, without blanks and symbols.

    A name of nothing but symbols (``★★``) keeps them.
    """
    folded = unicodedata.normalize("NFKC", text[:200]).casefold()
    if folded.isalnum():
        return folded
    return _NOT_NAME.sub("", folded) or fold_id(text)


def fold_id(text: str) -> str:
    """An identity, number or word as it is compared: its symbols count (``wxid_a-1``)."""
    folded = unicodedata.normalize("NFKC", text[:200]).casefold()
    return _BLANK.sub("", folded).replace(WHOLE, "").replace("\x00", "")


def whole_key(text: str) -> str:
    """The key of a nickname or name that was typed in full."""
    return fold_name(text)[:LONGEST_KEY] + WHOLE


def number_key(no: str) -> str:
    """The key of a customer's number."""
    return fold_id(no)[:LONGEST_KEY] + WHOLE


def name_keys(text: str) -> set[str]:
    """The keys of a nickname or name: whole, from inside, pinyin and initials in all readings."""
    folded = fold_name(text)[: LONGEST_KEY * 2]
    if not folded:
        return set()
    keys = {folded[:LONGEST_KEY] + WHOLE}
    keys.update(folded[start : start + LONGEST_KEY] for start in _inner_starts(folded))
    for start, char in enumerate(folded):
        if is_chinese(char):
            keys.update(_spelled(folded[start : start + LONGEST_READ]))
            break
    return keys


def _spelled(text: str) -> Iterator[str]:
    """The pinyin and the initials of ``text`` in all its readings."""
    chinese = text.rstrip(_PLAIN)
    for pinyin, initials in _ways(chinese):
        yield (pinyin + text[len(chinese) :])[:LONGEST_KEY]
        yield initials + text[len(chinese) :]


@lru_cache(maxsize=50_000)
def _ways(text: str) -> tuple[tuple[str, str], ...]:
    """Names differ, and what of them is Chinese comes again and again."""
    return tuple(("".join(way), "".join(syllable[0] for syllable in way)) for way in readings(text))


def _inner_starts(folded: str) -> list[int]:
    """Where a part may begin: anywhere but inside a run of digits, at a lone last letter."""
    last = len(folded) - 1
    starts = [
        at
        for at in range(1, len(folded))
        if not (folded[at].isdigit() and folded[at - 1].isdigit())
        and (at < last or is_chinese(folded[at]))
    ]
    return starts[:MOST_PARTS]


def identity_keys(kind: IdentityKind, normalised: str) -> tuple[str, ...]:
    """The keys of an identity in its normal form: whole; a phone's last four digits too; a
    WeChat id also without ``wxid_``."""
    folded = fold_id(normalised)[:LONGEST_KEY]
    if not folded:
        return ()
    if kind is IdentityKind.PHONE:
        return folded + WHOLE, folded[-4:]
    if folded.startswith(WITHOUT_PREFIX) and len(folded) > len(WITHOUT_PREFIX):
        return folded + WHOLE, folded.removeprefix(WITHOUT_PREFIX) + WHOLE
    return (folded + WHOLE,)


def keys_for(
    nick: str,
    name: str = "",
    no: str = "",
    identities: Iterable[tuple[IdentityKind, str]] = (),
    tags: Iterable[str] = (),
) -> set[str]:
    """All keys of a customer: about a dozen. ``identities`` come in their normal form."""
    keys = name_keys(nick)
    if name and name != nick:
        keys |= name_keys(name)
    if no:
        keys.add(number_key(no))
    for kind, normalised in identities:
        keys.update(identity_keys(kind, normalised))
    keys.update(filter(None, (fold_name(tag)[:LONGEST_KEY] for tag in tags)))
    return keys


def join_keys(keys: Iterable[str]) -> str:
    """``keys`` as one text, each between blanks: what ``Customer.keys`` holds."""
    return f" {' '.join(sorted(keys))} "


def with_number(together: str, no: str) -> str:
    """``together``, which :func:`join_keys` gave, with the key of the customer's number."""
    keys = split_keys(together)
    insort(keys, fold_id(no)[:LONGEST_KEY] + WHOLE)
    return f" {' '.join(keys)} "


def split_keys(text: str) -> list[str]:
    """The keys that :func:`join_keys` put together."""
    return text.split()


def words_of(query: str) -> list[str]:
    """The words of what was typed; all of them must fit. A phone written in groups is one word,
    a masked one (``138****8000``) is its two ends. At most six words."""
    typed = query[:200].strip()
    if _TYPED_PHONE.fullmatch(typed):
        try:
            return [normalise_phone(typed)]
        except PhoneProblem:
            pass
    words = (word for word in _BETWEEN_WORDS.split(typed) if forms_of(word))
    return list(dict.fromkeys(words))[:6]


@lru_cache(maxsize=256)
def forms_of(word: str) -> tuple[str, ...]:
    """The one or two forms in which ``word`` may be a key or the beginning of one: as a name and,
    where symbols make a difference, as an identity."""
    forms = (fold_name(word)[:LONGEST_KEY], fold_id(word.lstrip("#"))[:LONGEST_KEY])
    return tuple(dict.fromkeys(filter(None, forms)))
