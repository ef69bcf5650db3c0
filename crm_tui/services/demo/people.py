"""Customers and companions out of a random source: plain rows, ready to be written in bulk.

What must be unique (phones, WeChat and other ids) is a permutation of the row id, so that a
million customers need no memory of what was given out, and the same id gives the same phone.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from crm_tui.core.ids import RandomSource
from crm_tui.core.words import Gender, IdentityKind, SourceChannel
from crm_tui.services.demo.odds import Odds
from crm_tui.services.demo.words import words

_PREFIXES = ("138", "139", "136", "150", "158", "186", "188", "176", "180", "199")
_EIGHT_DIGITS = 10**8
_TWELVE_SIGNS = 36**12
_SPREAD = 61_803_397
_WIDE_SPREAD = 2_718_281_828_459_045_237
"""Prime to 10 and to 36, so that ``id · spread`` modulo their powers never comes twice."""
_SIGNS = "0123456789abcdefghijklmnopqrstuvwxyz"
_COMPANION_PHONES = 50_000_000
"""Where the permutation goes on for companions, far from any customer."""

_CHANNEL = Odds.of(
    (
        (SourceChannel.WECHAT, 34),
        (SourceChannel.DOUYIN, 22),
        (SourceChannel.REFERRAL, 12),
        (SourceChannel.MINIPROGRAM, 10),
        (SourceChannel.KUAISHOU, 8),
        (SourceChannel.QQ, 7),
        (SourceChannel.CHANNELS, 4),
        (SourceChannel.APP, 3),
    )
)
_OWN_IDS = {
    SourceChannel.DOUYIN: (IdentityKind.DOUYIN, "dy"),
    SourceChannel.KUAISHOU: (IdentityKind.KUAISHOU, "ks"),
    SourceChannel.MINIPROGRAM: (IdentityKind.MINIPROGRAM, "o6"),
}


@dataclass(slots=True)
class Person:
    """A customer to be written. ``identities`` are in their normal form."""

    id: int
    nick: str
    name: str
    gender: Gender
    city: str
    channel: SourceChannel
    note: str
    since: datetime
    identities: tuple[tuple[IdentityKind, str], ...]
    tags: tuple[str, ...]
    blocked: bool
    minor: bool
    orders: int = 0
    last_order_at: datetime | None = None


@dataclass(slots=True)
class Player:
    """A companion to be written; ``games`` are ``(game, step on its ladder or None)``."""

    id: int
    nick: str
    phone: str
    gender: Gender
    level: int
    rate_fen: int
    share_bp: int
    tags: tuple[str, ...]
    games: tuple[tuple[int, int | None], ...]
    since: datetime
    free_at: datetime = field(init=False)

    def __post_init__(self) -> None:
        self.free_at = self.since


def phone(number: int) -> str:
    """A mainland mobile number of its own for each ``number``."""
    return _PREFIXES[number % len(_PREFIXES)] + f"{number * _SPREAD % _EIGHT_DIGITS:08d}"


def sign_id(prefix: str, number: int) -> str:
    """``prefix`` and twelve signs, of its own for each ``number``."""
    left = number * _WIDE_SPREAD % _TWELVE_SIGNS
    signs = []
    for _ in range(12):
        left, sign = divmod(left, 36)
        signs.append(_SIGNS[sign])
    return prefix + "".join(signs)


def nickname(random: RandomSource) -> str:
    """As customers call themselves: plain, numbered, English, and one in twelve of them odd."""
    pool = words()
    if random.random() < 0.12:
        nick = random.choice(pool.english)
    else:
        nick = random.choice(pool.nicks)
        if random.random() < 0.6:
            nick = random.choice(pool.moods) + nick
    if random.random() < 0.55:
        nick += str(random.randint(0, 99 if random.random() < 0.7 else 9999))
    if random.random() < 1 / 12:
        nick = random.choice(pool.odd).format(nick)
    return nick


def full_name(random: RandomSource) -> str:
    """A surname, some with two readings, and a given name of one sign or, mostly, two."""
    pool = words()
    given = random.choice(pool.given)
    if random.random() < 0.75:
        given += random.choice(pool.given)
    return random.choice(pool.surnames) + given


def customers(random: RandomSource, ids: Sequence[int], now: datetime) -> Iterator[Person]:
    """One person for each id, one after the other: any number fits into memory."""
    pool = words()
    tags = tuple(pool.customer_tags)
    for number in ids:
        chance = random.random()
        channel = _CHANNEL.draw(random)
        yield Person(
            id=number,
            nick=nickname(random),
            name=full_name(random) if random.random() < 0.4 else "",
            gender=_gender(random, female=0.35),
            city=random.choice(pool.cities) if random.random() < 0.8 else "",
            channel=channel,
            note=random.choice(pool.notes),
            since=now - timedelta(minutes=random.randint(1, 400 * 24 * 60)),
            identities=tuple(_identities(random, number, channel)),
            tags=tuple(dict.fromkeys(random.choice(tags) for _ in range(random.randint(0, 2)))),
            blocked=chance < 0.004,
            minor=0.004 <= chance < 0.008,
        )


def _identities(
    random: RandomSource, number: int, channel: SourceChannel
) -> Iterator[tuple[IdentityKind, str]]:
    reachable = random.random()
    if reachable < 0.92:
        yield IdentityKind.WECHAT, sign_id("wxid_", number)
    if reachable > 0.25:
        yield IdentityKind.PHONE, phone(number)
    if channel in _OWN_IDS:
        kind, prefix = _OWN_IDS[channel]
        yield kind, sign_id(prefix, number)
    elif channel is SourceChannel.QQ:
        yield IdentityKind.QQ, str(10_000_000 + number * 97)


def _gender(random: RandomSource, female: float) -> Gender:
    chance = random.random()
    if chance > 0.97:
        return Gender.UNKNOWN
    return Gender.FEMALE if chance < female else Gender.MALE


def players(
    random: RandomSource,
    ids: Sequence[int],
    levels: Sequence[tuple[int, int]],
    ladders: Sequence[int],
    now: datetime,
) -> list[Player]:
    """One companion for each id.

    ``levels`` are ``(rate_fen, share_bp)`` from the lowest; ``ladders`` are the numbers of ranks
    of each game, the most played first. Higher levels are rarer and hold higher ranks.
    """
    pool = words()
    made = []
    for place, number in enumerate(ids):
        level = min(int(random.random() ** 2 * len(levels)), len(levels) - 1)
        rate, share = levels[level]
        made.append(
            Player(
                id=number,
                nick=f"{pool.companions[place % len(pool.companions)]}{place:02d}",
                phone=phone(_COMPANION_PHONES + number),
                gender=Gender.FEMALE if random.random() < 0.55 else Gender.MALE,
                level=level,
                rate_fen=rate + 500 * random.randint(0, 2),
                share_bp=share,
                tags=tuple(dict.fromkeys(random.choice(pool.companion_tags) for _ in range(2))),
                games=_skills(random, level / max(len(levels) - 1, 1), ladders),
                since=now - timedelta(days=random.randint(95, 700)),
            )
        )
    return made


def _skills(
    random: RandomSource, mastery: float, ladders: Sequence[int]
) -> tuple[tuple[int, int | None], ...]:
    played = dict.fromkeys(
        min(int(random.random() ** 1.6 * len(ladders)), len(ladders) - 1)
        for _ in range(random.randint(2, 4))
    )
    skills = []
    for game in played:
        top = ladders[game] - 1
        rank = max(top - random.randint(0, max(3 - int(3 * mastery), 0)), 0)
        skills.append((game, rank if top >= 0 else None))
    return tuple(skills)
