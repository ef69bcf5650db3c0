"""What of a customer is compared, in the forms in which it is compared. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from crm_tui.core.text import fold
from crm_tui.core.words import Gender, IdentityKind
from crm_tui.services.customers.keys import fold_name
from crm_tui.services.customers.readings import readings

LONGEST_SOUND = 16
"""Characters of a name that are read."""
SHORTEST_CONTACT = 6
"""Shorter numbers and words in a text are nobody's contact."""

WECHAT_PREFIX = "wxid_"
"""Before WeChat ids that nobody chose; it is typed or left out."""

_MOBILE = re.compile(r"(?<!\d)(?:\+?86[ -]?)?(1[3-9]\d(?:[ -]?\d){8})(?!\d)")
_NUMBER = re.compile(r"(?<![\w-])[1-9]\d{5,10}(?![\w-])", re.ASCII)
_HANDLE = re.compile(r"(?<![\w-])[a-z][\w-]{5,31}(?![\w-])", re.ASCII)
_BRACKETS = re.compile(r"\[[^\]]*\]|\([^)]*\)|<[^>]*>|【[^】]*】|《[^》]*》")
_MARKS = re.compile(r"vip|大号|小号|新号|本人|老板")
_END_DIGITS = re.compile(r"^\d+|\d+$")


@dataclass(frozen=True, slots=True)
class Traits:
    """One customer as compared. Texts that are not known are empty."""

    id: int
    nick: str
    """Folded, with its digits and marks."""
    core: str
    """The nickname without what people put around it."""
    sound: str
    """The pinyin of the core."""
    name: str
    name_sound: str
    city: str
    gender: Gender
    identities: Mapping[IdentityKind, frozenset[str]]
    """In their normal form, by kind."""
    mentioned: frozenset[str]
    """Phones and ids that stand in the nickname, the name or the note."""

    @property
    def contacts(self) -> frozenset[str]:
        """The identities whatever their kind, as :func:`contact_of` writes them."""
        return frozenset(
            contact_of(value) for values in self.identities.values() for value in values
        )


def traits_of(
    customer_id: int,
    nick: str,
    name: str = "",
    city: str = "",
    gender: Gender = Gender.UNKNOWN,
    identities: Collection[tuple[IdentityKind, str]] = (),
    note: str = "",
) -> Traits:
    """The traits of a customer, from the texts as they are stored."""
    by_kind: dict[IdentityKind, set[str]] = {}
    for kind, normalised in identities:
        by_kind.setdefault(IdentityKind(kind), set()).add(normalised)
    core = core_of(nick)
    folded_name = fold_name(name) if name else ""
    return Traits(
        customer_id,
        fold_name(nick),
        core,
        sound_of(core),
        folded_name,
        sound_of(folded_name),
        fold(city),
        Gender(gender),
        {kind: frozenset(values) for kind, values in by_kind.items()},
        contacts_in(nick, name, note),
    )


def core_of(nick: str) -> str:
    """A nickname without what is put around it: brackets, marks such as 大号, digits at its ends.

    What consists of nothing else stays as it is.
    """
    bare = _BRACKETS.sub("", unicodedata.normalize("NFKC", nick[:200]).casefold())
    folded = fold_name(bare or nick)
    return _END_DIGITS.sub("", _MARKS.sub("", folded)) or folded


def sound_of(text: str) -> str:
    """How a folded text is read, without tones; the likeliest reading."""
    return "".join(readings(text[:LONGEST_SOUND], most=1)[0]) if text else ""


def contact_of(normalised: str) -> str:
    """An identity as it is compared across kinds."""
    return normalised.removeprefix(WECHAT_PREFIX)


def contacts_in(*texts: str) -> frozenset[str]:
    """Mobile numbers, other long numbers, and words that can only be ids, out of free texts."""
    found: set[str] = set()
    for text in texts:
        if len(text) < SHORTEST_CONTACT:
            continue
        folded = unicodedata.normalize("NFKC", text[:2000]).casefold()
        found.update(re.sub(r"[ -]", "", phone) for phone in _MOBILE.findall(folded))
        found.update(_NUMBER.findall(folded))
        found.update(contact_of(word) for word in _HANDLE.findall(folded) if _is_id(word))
    return frozenset(found)


def _is_id(word: str) -> bool:
    """Ids carry a digit or an underscore; words of a language don't."""
    return any(char.isdigit() or char == "_" for char in word)
