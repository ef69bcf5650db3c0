"""Pure decisions of dispatch: who can serve an order, how well they fit, and why not the others.

Written over columns (:mod:`columns <crm_tui.services.dispatch.columns>`): :func:`judge` answers
for all companions at once. Both ways are explained (N2): everybody carries the parts of their
score, and whoever is out a bit for every rule that stands in the way.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from crm_tui.core.words import OrderKind, Presence, Stance
from crm_tui.services.dispatch.columns import (
    GENDERS,
    PRESENCES,
    Asked,
    Bools,
    Floats,
    Played,
    Situation,
)
from crm_tui.services.dispatch.reasons import Why

Masks = NDArray[np.uint32]


@dataclass(frozen=True, slots=True)
class Weights:
    """How much each part of the score counts: data with a version (setting)."""

    version: int
    parts: Mapping[str, float]
    kinds: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    """What counts otherwise for a kind of order."""
    prior_rating: float = 4.5
    """What a companion without ratings is taken to be worth, 1…5."""
    prior_votes: float = 5.0
    """How many ratings it takes to be believed as much as the prior."""

    def of(self, kind: OrderKind) -> dict[str, float]:
        """The weights for one kind of order, which add up to 1."""
        counted = {**self.parts, **self.kinds.get(kind.value, {})}
        total = sum(counted.values())
        return {name: weight / total for name, weight in counted.items()} if total else {}


@dataclass(frozen=True, slots=True)
class Judged:
    """What the rules say of every companion of a situation, for one order.

    ``excluded`` holds a bit for each reason (``Why.bit``); 0 means eligible. ``score`` is the
    weighted mean of ``parts``; all lie between 0 and 1. Who is excluded has a score, too: the one
    they would have.
    """

    excluded: Masks
    parts: dict[str, Floats]
    score: Floats

    @property
    def eligible(self) -> NDArray[np.intp]:
        """The places of those who can serve the order."""
        return np.flatnonzero(self.excluded == 0)


def judge(situation: Situation, wanted: Asked, weights: Weights) -> Judged:
    """Who can serve ``wanted``, and how well each suits it."""
    parts = {
        "skill": _skill(situation, wanted),
        "history": _history(situation, wanted),
        "rating": _rating(situation, weights),
        "fairness": _fairness(situation),
        "price": _price(situation, wanted),
    }
    score = np.zeros(len(situation))
    for name, weight in weights.of(wanted.kind).items():
        if name in parts:
            score += weight * parts[name]
    return Judged(_excluded(situation, wanted), parts, score)


def ranked(situation: Situation, judged: Judged) -> NDArray[np.intp]:
    """The places of the eligible, best first.

    Equals (to four decimals, as they are shown) go by fewer orders today, then by id, so that the
    order is the same twice.
    """
    able = judged.eligible
    shown = np.round(judged.score[able], 4)
    return able[np.lexsort((situation.ids[able], situation.load[able], -shown))]


def _excluded(situation: Situation, wanted: Asked) -> Masks:
    """A bit for every hard rule that keeps a companion from the order."""
    played = _played(situation, wanted)
    checks: dict[Why, Bools] = {
        Why.OFFLINE: situation.presence == PRESENCES[Presence.OFFLINE],
        Why.RESTING: situation.presence == PRESENCES[Presence.RESTING],
        Why.BUSY: situation.bound_to != 0,
        Why.SKILL: ~played.plays,
        Why.DECLINED: _among(situation, wanted),
        Why.REFUSED: _refused(situation, wanted),
    }
    if wanted.rank is not None:
        reached = (played.ladder == (wanted.ladder_id or 0)) & (played.step >= wanted.rank)
        checks[Why.RANK] = played.plays & ~reached
    if wanted.gender is not None:
        checks[Why.GENDER] = situation.gender != GENDERS[wanted.gender]
    if wanted.level is not None:
        checks[Why.LEVEL] = situation.level < wanted.level
    if wanted.tags:
        checks[Why.TAGS] = ~np.logical_and.reduce([situation.tagged(tag) for tag in wanted.tags])
    excluded: Masks = np.zeros(len(situation), np.uint32)
    for why, holds in checks.items():
        excluded[holds] |= np.uint32(why.bit)
    return excluded


def _played(situation: Situation, wanted: Asked) -> Played:
    known = situation.played.get(wanted.game_id)
    if known is None:
        nothing = np.zeros(len(situation), np.int64)
        return Played(situation.nobody(), nothing, nothing - 1)
    return known


def _among(situation: Situation, wanted: Asked) -> Bools:
    mask = situation.nobody()
    mask[list(situation.declined.get(wanted.id, ()))] = True
    return mask


def _refused(situation: Situation, wanted: Asked) -> Bools:
    mask = situation.nobody()
    for place, stance in situation.stances.get(wanted.customer_id, {}).items():
        mask[place] = stance is Stance.REFUSED
    return mask


def _skill(situation: Situation, wanted: Asked) -> Floats:
    """Full marks for the demanded rank; above it 0.1 less for each step wasted, 0.5 at least.

    Without a demand everybody who plays the game fits alike.
    """
    played = _played(situation, wanted)
    flat = np.full(len(situation), 0.8)
    if wanted.rank is None:
        return flat
    wasted = np.maximum(played.step - wanted.rank, 0)
    on_it = (played.ladder == (wanted.ladder_id or 0)) & (played.step >= 0)
    return np.where(on_it, np.maximum(0.5, 1.0 - 0.1 * wasted), flat)


def _history(situation: Situation, wanted: Asked) -> Floats:
    """Full marks for whom the customer prefers; else more with every order together."""
    part = np.zeros(len(situation))
    for place, orders in situation.together.get(wanted.customer_id, {}).items():
        part[place] = orders / (orders + 2)
    for place, stance in situation.stances.get(wanted.customer_id, {}).items():
        if stance is Stance.PREFERRED:
            part[place] = 1.0
    return part


def _rating(situation: Situation, weights: Weights) -> Floats:
    """The mean drawn towards the prior while votes are few, from 1…5 to 0…1."""

    def shrunk() -> Floats:
        told = situation.rating * situation.votes + weights.prior_rating * weights.prior_votes
        mean = told / (situation.votes + weights.prior_votes)
        return np.clip((mean - 1) / 4, 0.0, 1.0)

    return _once(situation, ("rating", weights.prior_rating, weights.prior_votes), shrunk)


def _fairness(situation: Situation) -> Floats:
    """Half for few orders today, half for having waited long (an hour is full marks)."""

    def fair() -> Floats:
        fresh = 1 / (1 + 0.25 * situation.load)
        waited = np.nan_to_num(situation.idle_minutes, nan=30.0)
        return 0.5 * fresh + 0.5 * np.clip(waited / 60, 0.0, 1.0)

    return _once(situation, "fairness", fair)


def _price(situation: Situation, wanted: Asked) -> Floats:
    """Full marks up to what the customer pays; falling to 0 at twice that."""
    if not wanted.rate_fen:
        return np.ones(len(situation))
    return np.clip(2.0 - situation.rate_fen / wanted.rate_fen, 0.0, 1.0)


def _once(situation: Situation, name: Any, work_out: Any) -> Floats:
    """A part that does not depend on the order is worked out once for a situation."""
    if name not in situation.memo:
        situation.memo[name] = work_out()
    part: Floats = situation.memo[name]
    return part
