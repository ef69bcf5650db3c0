"""How likely it is that two customers are one person, and why. Pure.

Agreements and differences are weighed against chance (Fellegi and Sunter, 1969): each multiplies
the odds by *how often it is seen in two records of one person* over *how often it comes about by
chance*. A nickname that 3,000 others have says little, one that nobody else has says much. The odds
begin with how many second records a customer is expected to have; the score is what they come to,
as a probability. What is not known on one side speaks neither for nor against.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from rapidfuzz import fuzz
from rapidfuzz.distance import OSA

from crm_tui.core.language import N_, _, joined
from crm_tui.core.words import Gender, IdentityKind
from crm_tui.services.duplicates.traits import Traits

LIKELY = 0.75
"""A pair from this score on is shown as a likely duplicate, unless somebody asks for others."""
NOTEWORTHY = 0.2
"""From this score on, somebody who is being entered hears of it."""
SECOND_RECORDS = 0.03
"""Second records that a customer is expected to have."""
LONGEST_SPECTRUM = 6
"""Values held by more customers than this are common: their own number says how common."""


class Ground(StrEnum):
    """What speaks for or against two customers being one person."""

    SAME_IDENTITY = "same_identity"
    OTHER_COLUMN = "other_column"
    MENTIONED = "mentioned"
    PHONE_TYPO = "phone_typo"
    ID_TYPO = "id_typo"
    SAME_NICK = "same_nick"
    NICK_CORE = "nick_core"
    NICK_SOUND = "nick_sound"
    NICK_ALIKE = "nick_alike"
    SAME_NAME = "same_name"
    NAME_SOUND = "name_sound"
    NAME_AS_NICK = "name_as_nick"
    SAME_CITY = "same_city"
    OTHER_PHONE = "other_phone"
    OTHER_ID = "other_id"
    OTHER_NICK = "other_nick"
    OTHER_NAME = "other_name"
    OTHER_CITY = "other_city"
    OTHER_GENDER = "other_gender"

    @property
    def label(self) -> str:
        """The ground in words, in the language in force."""
        return _(_LABELS[self])


def in_words(grounds: Iterable[Ground]) -> str:
    """The grounds in one line, in the language in force."""
    return joined(ground.label for ground in grounds)


_LABELS = {
    Ground.SAME_IDENTITY: N_("same identity"),
    Ground.OTHER_COLUMN: N_("same id in another column"),
    Ground.MENTIONED: N_("contact stands in the other's texts"),
    Ground.PHONE_TYPO: N_("phones one slip apart"),
    Ground.ID_TYPO: N_("ids one slip apart"),
    Ground.SAME_NICK: N_("same nickname"),
    Ground.NICK_CORE: N_("same nickname but for marks and digits"),
    Ground.NICK_SOUND: N_("nicknames sound the same"),
    Ground.NICK_ALIKE: N_("similar nicknames"),
    Ground.SAME_NAME: N_("same full name"),
    Ground.NAME_SOUND: N_("full names sound the same"),
    Ground.NAME_AS_NICK: N_("full name is the other's nickname"),
    Ground.SAME_CITY: N_("same city"),
    Ground.OTHER_PHONE: N_("different phones"),
    Ground.OTHER_ID: N_("different ids on one platform"),
    Ground.OTHER_NICK: N_("different nicknames"),
    Ground.OTHER_NAME: N_("different full names"),
    Ground.OTHER_CITY: N_("different cities"),
    Ground.OTHER_GENDER: N_("different genders"),
}

_OF_ONE = {
    Ground.SAME_IDENTITY: 0.5,
    Ground.OTHER_COLUMN: 0.25,
    Ground.MENTIONED: 0.25,
    Ground.PHONE_TYPO: 0.25,
    Ground.ID_TYPO: 0.05,
    Ground.SAME_NICK: 0.55,
    Ground.NICK_CORE: 0.15,
    Ground.NICK_SOUND: 0.05,
    Ground.NICK_ALIKE: 0.12,
    Ground.SAME_NAME: 0.8,
    Ground.NAME_SOUND: 0.1,
    Ground.NAME_AS_NICK: 0.05,
    Ground.SAME_CITY: 0.9,
}
"""How often it is seen in two records of one person."""

_BY_CHANCE = {
    Ground.SAME_IDENTITY: 1e-5,
    Ground.OTHER_COLUMN: 5e-5,
    Ground.MENTIONED: 3e-3,
    Ground.PHONE_TYPO: 1e-2,
    Ground.ID_TYPO: 3e-3,
}
"""With how many others it is expected for another reason, however many customers there are:
friends who are named in a note, relatives whose numbers were bought together, numbered handles."""

_SHARE_BY_CHANCE = {
    Ground.PHONE_TYPO: 1.2e-7,  # about 120 numbers are one slip away, of 10⁹ that there are
    Ground.ID_TYPO: 1e-8,
    Ground.NICK_ALIKE: 1e-3,
}
"""And with what share of all others by mere chance."""

ELSEWHERE = 1000
"""As if so many more customers were known, so that a small base does not take its own few names for
all that there are."""
_SHARE_ELSEWHERE = {
    Ground.SAME_NICK: 5e-4,
    Ground.NICK_CORE: 5e-4,
    Ground.NICK_SOUND: 5e-4,
    Ground.SAME_NAME: 1e-4,
    Ground.NAME_SOUND: 1e-4,
    Ground.NAME_AS_NICK: 1e-4,
}
"""And what share of those has the value in question."""

_AGAINST = {
    Ground.OTHER_PHONE: 0.45,
    Ground.OTHER_ID: 0.3,
    Ground.OTHER_NICK: 0.13,
    Ground.OTHER_NAME: 0.05,
    Ground.OTHER_CITY: 0.12,
    Ground.OTHER_GENDER: 0.07,
}
"""By what a difference multiplies the odds."""

SHORTEST_ALIKE = 3
ALIKE_RATIO = 75.0
"""Per cent of their signs that similar nicknames have in common (rapidfuzz)."""
SHORTEST_ID = 8


@dataclass(frozen=True, slots=True)
class Rarity:
    """How many *others* share a customer's value by chance, for each value, never 0 (nicknames and
    full names are counted as one, because they are taken for one another); and what share of all
    customers their city has. ``customers`` is how many there are."""

    customers: int
    nick: float
    core: float
    sound: float
    name: float
    name_sound: float
    city_share: float


@dataclass(frozen=True, slots=True)
class Likeness:
    """How likely two customers are one person (0…1), and the grounds, the weightiest first."""

    score: float
    grounds: tuple[Ground, ...]


def compare(one: Traits, other: Traits, rarity: Rarity) -> Likeness:
    """How alike ``one`` and ``other`` are; ``rarity`` is that of the values of ``one``."""
    odds = SECOND_RECORDS / max(rarity.customers, 1)
    weighed = []
    for ground, factor in _grounds(one, other, rarity):
        odds *= factor
        weighed.append((max(factor, 1 / factor), ground))
    weighed.sort(key=lambda pair: -pair[0])
    return Likeness(odds / (1 + odds), tuple(ground for _weight, ground in weighed))


def expected_others(holders: int, spectrum: Sequence[int] = ()) -> float:
    """Of a value that ``holders`` customers have: how many others have it by mere chance.

    ``spectrum[n]`` is how many values exactly ``n`` customers have. For rare values the estimate
    is Good and Turing's: if nearly all values are unique, two who share one did not come to it by
    chance. Without a spectrum a shared rare value counts as half a coincidence.
    """
    others = max(holders - 1, 0)
    if not spectrum:
        return others if others > 1 else 0.5
    if 2 <= holders < len(spectrum) and spectrum[holders - 1]:
        return min(others, holders * spectrum[holders] / spectrum[holders - 1]) or 0.5 / holders
    return max(others, 0.02)


def nicks_alike(one: str, other: str) -> bool:
    """Whether two folded nicknames are similar: most signs in common, or one within the other."""
    shorter, longer = sorted((one, other), key=len)
    if len(shorter) < SHORTEST_ALIKE:
        return False
    return shorter in longer or fuzz.ratio(one, other, score_cutoff=ALIKE_RATIO) > 0


def one_slip_apart(one: str, other: str) -> bool:
    """One sign typed wrong, left out or too many, or two neighbours exchanged."""
    return OSA.distance(one, other, score_cutoff=1) == 1


def _grounds(one: Traits, other: Traits, rarity: Rarity) -> Iterator[tuple[Ground, float]]:
    """Every ground with the factor by which it changes the odds."""
    everybody = rarity.customers
    yield from _contacts(one, other, everybody)
    yield from _ids(one, other, everybody)
    swapped = _swapped(one, other, rarity)
    if swapped:
        yield Ground.NAME_AS_NICK, swapped
    else:
        yield from _nicks(one, other, rarity)
        yield from _names(one, other, rarity)
    if one.city and other.city:
        if one.city == other.city:
            yield Ground.SAME_CITY, _OF_ONE[Ground.SAME_CITY] / max(rarity.city_share, 1e-6)
        else:
            yield Ground.OTHER_CITY, _AGAINST[Ground.OTHER_CITY]
    if Gender.UNKNOWN not in (one.gender, other.gender) and one.gender is not other.gender:
        yield Ground.OTHER_GENDER, _AGAINST[Ground.OTHER_GENDER]


def _factor(ground: Ground, everybody: int) -> float:
    """By what an agreement multiplies the odds that is as rare as its ground says."""
    others = _BY_CHANCE.get(ground, 0.0) + _SHARE_BY_CHANCE.get(ground, 0.0) * everybody
    return _OF_ONE[ground] * everybody / others


def _of_value(ground: Ground, others: float, everybody: int) -> float:
    """By what an agreement multiplies the odds that is as rare as its value: ``others`` of
    ``everybody`` have it by chance."""
    return _OF_ONE[ground] * _rareness(ground, others, everybody)


def _rareness(ground: Ground, others: float, everybody: int) -> float:
    return (everybody + ELSEWHERE) / (others + ELSEWHERE * _SHARE_ELSEWHERE[ground])


def _contacts(one: Traits, other: Traits, everybody: int) -> Iterator[tuple[Ground, float]]:
    """The same number or id on both sides, wherever it was typed."""
    mine, theirs = one.contacts, other.contacts
    same_kind = any(
        values & other.identities.get(kind, frozenset()) for kind, values in one.identities.items()
    )
    if same_kind:
        ground = Ground.SAME_IDENTITY
    elif mine & theirs:
        ground = Ground.OTHER_COLUMN
    elif mine & other.mentioned or theirs & one.mentioned:
        ground = Ground.MENTIONED
    else:
        return
    yield ground, _factor(ground, everybody)


def _ids(one: Traits, other: Traits, everybody: int) -> Iterator[tuple[Ground, float]]:
    """Ids of one kind that both have: one slip apart, or different."""
    differs = False
    for kind, mine in one.identities.items():
        theirs = other.identities.get(kind)
        if not theirs or mine & theirs:
            continue
        ground = Ground.PHONE_TYPO if kind is IdentityKind.PHONE else Ground.ID_TYPO
        if _slipped(kind, mine, theirs):
            yield ground, _factor(ground, everybody)
        elif kind is IdentityKind.PHONE:
            yield Ground.OTHER_PHONE, _AGAINST[Ground.OTHER_PHONE]
        else:
            differs = True
    if differs:
        yield Ground.OTHER_ID, _AGAINST[Ground.OTHER_ID]


def _slipped(kind: IdentityKind, mine: frozenset[str], theirs: frozenset[str]) -> bool:
    if kind is IdentityKind.QQ:
        return False  # numbers lie so close that a neighbour is nothing special
    long_enough = kind is IdentityKind.PHONE or min(map(len, mine | theirs)) >= SHORTEST_ID
    return long_enough and any(one_slip_apart(a, b) for a in mine for b in theirs)


def _swapped(one: Traits, other: Traits, rarity: Rarity) -> float:
    """The factor of a full name that is the other's nickname, and maybe the other way round too;
    0 where neither is."""
    factor = 0.0
    for mine, theirs, others in (
        (one.name, other.nick, rarity.name),
        (one.nick, other.name, rarity.nick),
    ):
        if mine and mine == theirs:
            rare = _rareness(Ground.NAME_AS_NICK, others, rarity.customers)
            factor = (factor or _OF_ONE[Ground.NAME_AS_NICK]) * rare
    return factor


def _nicks(one: Traits, other: Traits, rarity: Rarity) -> Iterator[tuple[Ground, float]]:
    everybody = rarity.customers
    if one.nick == other.nick:
        yield Ground.SAME_NICK, _of_value(Ground.SAME_NICK, rarity.nick, everybody)
    elif one.core == other.core:
        yield Ground.NICK_CORE, _of_value(Ground.NICK_CORE, rarity.core, everybody)
    elif one.sound == other.sound:
        yield Ground.NICK_SOUND, _of_value(Ground.NICK_SOUND, rarity.sound, everybody)
    elif nicks_alike(one.nick, other.nick):
        yield Ground.NICK_ALIKE, _factor(Ground.NICK_ALIKE, everybody)
    else:
        yield Ground.OTHER_NICK, _AGAINST[Ground.OTHER_NICK]


def _names(one: Traits, other: Traits, rarity: Rarity) -> Iterator[tuple[Ground, float]]:
    everybody = rarity.customers
    if not (one.name and other.name):
        return
    if one.name == other.name:
        yield Ground.SAME_NAME, _of_value(Ground.SAME_NAME, rarity.name, everybody)
    elif one.name_sound == other.name_sound:
        yield Ground.NAME_SOUND, _of_value(Ground.NAME_SOUND, rarity.name_sound, everybody)
    else:
        yield Ground.OTHER_NAME, _AGAINST[Ground.OTHER_NAME]
