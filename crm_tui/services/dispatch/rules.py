"""Pure decisions of dispatch: who can serve an order, how well they fit, and why not the others.

Both ways are explained (N2): a candidate carries the parts of the score, everybody else the
codes of every rule that stood in the way.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from crm_tui.core.language import N_, _
from crm_tui.core.words import Gender, Presence, Stance


class Why(StrEnum):
    """A reason for which a companion can't be given an order."""

    OFFLINE = "offline"
    RESTING = "resting"
    BUSY = "busy"
    SKILL = "skill"
    RANK = "rank"
    GENDER = "gender"
    LEVEL = "level"
    TAGS = "tags"
    DECLINED = "declined"
    REFUSED = "refused"

    @property
    def label(self) -> str:
        """The reason as a person reads it."""
        return _(_WHY[self])


_WHY = {
    Why.OFFLINE: N_("offline"),
    Why.RESTING: N_("resting"),
    Why.BUSY: N_("serves another order"),
    Why.SKILL: N_("does not play this game"),
    Why.RANK: N_("rank too low"),
    Why.GENDER: N_("other gender wanted"),
    Why.LEVEL: N_("level too low"),
    Why.TAGS: N_("lacks a wanted tag"),
    Why.DECLINED: N_("has declined this order"),
    Why.REFUSED: N_("is kept from this customer"),
}

PARTS = {
    "skill": N_("skill"),
    "history": N_("knows the customer"),
    "rating": N_("rating"),
    "fairness": N_("fairness"),
    "price": N_("price"),
}
"""The parts of the score, with their labels."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What an order demands; ``None`` and empty mean "no matter"."""

    game_id: int
    rank: int | None = None
    """The lowest rank, as its step on the game's ladder."""
    gender: Gender | None = None
    level: int | None = None
    """The lowest level, as its step."""
    tags: frozenset[str] = frozenset()
    rate_fen: int | None = None
    """What the customer pays an hour."""


@dataclass(frozen=True, slots=True)
class Profile:
    """What is known of a companion at the moment of dispatch."""

    companion_id: int
    companion: str
    presence: Presence
    gender: Gender
    level: int
    rate_fen: int
    tags: frozenset[str] = frozenset()
    ranks: Mapping[int, int | None] = field(default_factory=dict)
    """Game → step of the rank held; ``None`` where the game has no ladder."""
    busy: bool = False
    declined: bool = False
    stance: Stance | None = None
    """What is between them and this customer."""
    rating: float | None = None
    """Mean overall rating, 1…5."""
    ratings: int = 0
    together: int = 0
    """Completed orders with this customer."""
    today_orders: int = 0
    idle_since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Weights:
    """How much each part of the score counts: data with a version (setting)."""

    version: int
    parts: Mapping[str, float]
    prior_rating: float = 4.5
    """What a companion without ratings is taken to be worth, 1…5."""
    prior_votes: float = 5.0
    """How many ratings it takes to be believed as much as the prior."""


@dataclass(frozen=True, slots=True)
class Fit:
    """A score from 0 to 1 and the parts that it is the weighted mean of, each from 0 to 1."""

    score: float
    parts: dict[str, float]


def reasons_against(companion: Profile, wanted: Wanted) -> list[Why]:
    """Every hard rule that keeps ``companion`` from the order; empty means eligible."""
    plays = wanted.game_id in companion.ranks
    rank = companion.ranks.get(wanted.game_id)
    checks = (
        (Why.OFFLINE, companion.presence is Presence.OFFLINE),
        (Why.RESTING, companion.presence is Presence.RESTING),
        (Why.BUSY, companion.busy),
        (Why.SKILL, not plays),
        (Why.RANK, plays and wanted.rank is not None and (rank is None or rank < wanted.rank)),
        (Why.GENDER, wanted.gender is not None and companion.gender is not wanted.gender),
        (Why.LEVEL, wanted.level is not None and companion.level < wanted.level),
        (Why.TAGS, not wanted.tags <= companion.tags),
        (Why.DECLINED, companion.declined),
        (Why.REFUSED, companion.stance is Stance.REFUSED),
    )
    return [why for why, holds in checks if holds]


def fit(companion: Profile, wanted: Wanted, weights: Weights, now: datetime) -> Fit:
    """How well an eligible companion suits the order."""
    parts = {
        "skill": _skill(companion, wanted),
        "history": _history(companion),
        "rating": _rating(companion, weights),
        "fairness": _fairness(companion, now),
        "price": _price(companion, wanted),
    }
    counted = {name: weight for name, weight in weights.parts.items() if name in parts}
    total = sum(counted.values())
    score = sum(parts[name] * weight for name, weight in counted.items()) / total if total else 0.0
    return Fit(round(score, 4), {name: round(value, 4) for name, value in parts.items()})


def ranked(fits: Iterable[tuple[Profile, Fit]]) -> list[tuple[Profile, Fit]]:
    """Best first; equals by fewer orders today, then by id, so that the order is the same twice."""
    return sorted(fits, key=lambda one: (-one[1].score, one[0].today_orders, one[0].companion_id))


def _skill(companion: Profile, wanted: Wanted) -> float:
    """Full marks for the demanded rank; above it a little less for each step wasted.

    Without a demand everybody who plays the game fits alike.
    """
    rank = companion.ranks.get(wanted.game_id)
    if wanted.rank is None or rank is None:
        return 0.8
    return max(0.5, 1.0 - 0.1 * max(rank - wanted.rank, 0))


def _history(companion: Profile) -> float:
    """Full marks for whom the customer prefers; else more with every order together."""
    if companion.stance is Stance.PREFERRED:
        return 1.0
    return companion.together / (companion.together + 2)


def _rating(companion: Profile, weights: Weights) -> float:
    """The mean drawn towards the prior while votes are few, from 1…5 to 0…1."""
    votes = companion.ratings if companion.rating is not None else 0
    told = (companion.rating or 0.0) * votes + weights.prior_rating * weights.prior_votes
    mean = told / (votes + weights.prior_votes)
    return min(max((mean - 1) / 4, 0.0), 1.0)


def _fairness(companion: Profile, now: datetime) -> float:
    """Half for few orders today, half for having waited long (an hour is full marks)."""
    fresh = 1 / (1 + 0.25 * companion.today_orders)
    waited = now - companion.idle_since if companion.idle_since else timedelta(minutes=30)
    rested = min(max(waited / timedelta(hours=1), 0.0), 1.0)
    return 0.5 * fresh + 0.5 * rested


def _price(companion: Profile, wanted: Wanted) -> float:
    """Full marks up to what the customer pays; falling to 0 at twice that."""
    if not wanted.rate_fen or companion.rate_fen <= wanted.rate_fen:
        return 1.0
    return max(0.0, 2.0 - companion.rate_fen / wanted.rate_fen)
