"""Pure decisions of dispatch: who can serve an order, how well they fit, and why not the others.

Written over columns (:mod:`columns <crm_tui.services.dispatch.columns>`): :func:`judge` answers
for all companions at once. Both ways are explained (N2): everybody carries the parts of their
score, and whoever is out a bit for every rule that stands in the way.

A companion who names kinds of orders among their tags (教学, coaching, Coaching …, alone in a tag)
takes those kinds only; whoever names none takes all. Hours are asked for the moment at which an
order begins: it may end after them.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache, lru_cache
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

RULES_VERSION = 2
"""Counts up whenever a rule or a formula here changes what it answers."""
Masks = NDArray[np.uint32]


@dataclass(frozen=True, slots=True)
class Weights:
    """How much each part of the score counts: data with a version (setting)."""

    version: int
    parts: Mapping[str, float]
    kinds: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    """What counts otherwise for a kind of order."""
    styles: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """The tags that suit a kind of order."""
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
    they would have. Parts may be shared with other orders of the situation: they are to be read.
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
        "rating": _once(situation, weights, _rating),
        "fairness": _once(situation, weights, _fairness),
        "price": _price(situation, wanted),
        "answers": _once(situation, weights, _answers),
        "style": _style(situation, wanted, weights),
        "credit": _once(situation, weights, _credit),
    }
    score = np.zeros(len(situation))
    for name, weight in weights.of(wanted.kind).items():
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


@cache
def kind_words() -> Mapping[str, OrderKind]:
    """The tags that name a kind of order, in every language."""
    return {word: kind for kind in OrderKind for word in kind.spellings}


@lru_cache(maxsize=4096)
def kinds_named(tags: frozenset[str]) -> frozenset[OrderKind]:
    """The kinds of orders that somebody with these tags takes; none means all."""
    words = kind_words()
    return frozenset(words[tag] for tag in tags if tag in words)


def _excluded(situation: Situation, wanted: Asked) -> Masks:
    """A bit for every hard rule that keeps a companion from the order."""
    excluded = _once(situation, None, _standing).copy()
    for why, holds in _against(situation, wanted).items():
        excluded |= holds * np.uint32(why.bit)
    return excluded


def _standing(situation: Situation, _weights: object) -> Masks:
    """The bits that do not depend on the order."""
    masks: Masks = np.zeros(len(situation), np.uint32)
    masks[situation.presence == PRESENCES[Presence.OFFLINE]] |= np.uint32(Why.OFFLINE.bit)
    masks[situation.presence == PRESENCES[Presence.RESTING]] |= np.uint32(Why.RESTING.bit)
    masks[~np.isin(situation.store_ids, list(situation.stores))] |= np.uint32(Why.STORE.bit)
    masks[~situation.active] |= np.uint32(Why.LEFT.bit)
    return masks


def _against(situation: Situation, wanted: Asked) -> dict[Why, Bools]:
    """Whom each rule keeps from the order."""
    played = played_of(situation, wanted)
    promises = situation.promises
    here = situation.bound_to == wanted.id
    here[promises.place[promises.order_id == wanted.id]] = True
    checks: dict[Why, Bools] = {
        Why.BUSY: ~here & (situation.bound_to != 0) & ~_free_before(situation, wanted),
        Why.PLACED: here,
        Why.SKILL: ~played.plays,
        Why.KIND: ~_takes(situation, wanted.kind),
        Why.SCHEDULE: ~situation.at_work(wanted),
    }
    broken = promises.against(wanted.id, *situation.span(wanted))
    if len(broken):
        checks[Why.PROMISED] = _among(situation, promises.place[broken].tolist())
    if wanted.id in situation.declined:
        checks[Why.DECLINED] = _among(situation, situation.declined[wanted.id])
    if wanted.customer_id in situation.stances:
        stances = situation.stances[wanted.customer_id].items()
        refused = (place for place, (stance, _why) in stances if stance is Stance.REFUSED)
        checks[Why.REFUSED] = _among(situation, refused)
    if wanted.rank is not None:
        reached = (played.ladder == (wanted.ladder_id or 0)) & (played.step >= wanted.rank)
        checks[Why.RANK] = played.plays & ~reached
    if wanted.gender is not None:
        checks[Why.GENDER] = situation.gender != GENDERS[wanted.gender]
    if wanted.level is not None:
        checks[Why.LEVEL] = situation.level < wanted.level
    if wanted.tags:
        checks[Why.TAGS] = ~np.logical_and.reduce([situation.tagged(tag) for tag in wanted.tags])
    return checks


def played_of(situation: Situation, wanted: Asked) -> Played:
    """Who plays the game of the order."""
    known = situation.played.get(wanted.game_id)
    if known is None:
        nothing = np.zeros(len(situation), np.int64)
        return Played(situation.nobody(), nothing, nothing - 1)
    return known


def _free_before(situation: Situation, wanted: Asked) -> Bools:
    """Who is done with what they serve before an order booked for later begins, as planned."""
    if wanted.start_at is None or wanted.start_at <= situation.now:
        return situation.nobody()
    minutes = (wanted.start_at - situation.now).total_seconds() / 60
    return situation.free_in <= minutes


def _takes(situation: Situation, kind: OrderKind) -> Bools:
    """Who takes orders of this kind."""
    key = ("takes", kind)
    if key not in situation.memo:
        named = map(kinds_named, situation.tags)
        situation.memo[key] = situation.mask(not kinds or kind in kinds for kinds in named)
    known: Bools = situation.memo[key]
    return known


def _among(situation: Situation, places: Iterable[int]) -> Bools:
    mask = situation.nobody()
    mask[list(places)] = True
    return mask


def _skill(situation: Situation, wanted: Asked) -> Floats:
    """Full marks for the demanded rank; above it 0.1 less for each step wasted, 0.5 at least.

    Without a demand everybody who plays the game fits alike.
    """
    flat = np.full(len(situation), 0.8)
    if wanted.rank is None:
        return flat
    played = played_of(situation, wanted)
    wasted = np.maximum(played.step - wanted.rank, 0)
    on_it = (played.ladder == (wanted.ladder_id or 0)) & (played.step >= 0)
    return np.where(on_it, np.maximum(0.5, 1.0 - 0.1 * wasted), flat)


def _history(situation: Situation, wanted: Asked) -> Floats:
    """Full marks for whom the customer prefers; else n / (n + 2) for n orders together."""
    part = np.zeros(len(situation))
    for place, orders in situation.together.get(wanted.customer_id, {}).items():
        part[place] = orders / (orders + 2)
    for place, (stance, _why) in situation.stances.get(wanted.customer_id, {}).items():
        if stance is Stance.PREFERRED:
            part[place] = 1.0
    return part


def _rating(situation: Situation, weights: Weights) -> Floats:
    """The Bayesian mean ``(votes · mean + C · prior) / (votes + C)``, from 1…5 to 0…1.

    The weighted rank that IMDb made known: few votes are drawn towards what a new companion is
    taken to be worth (``prior_rating``), as if they had ``prior_votes`` of that already.
    """
    told = situation.rating * situation.votes + weights.prior_rating * weights.prior_votes
    mean = told / (situation.votes + weights.prior_votes)
    return np.clip((mean - 1) / 4, 0.0, 1.0)


def _fairness(situation: Situation, _weights: Weights) -> Floats:
    """Half for few orders today, ``1 / (1 + n / 4)``; half for having waited long.

    An hour of waiting is full marks; where nobody knows how long it was, half an hour is assumed.
    """
    fresh = 1 / (1 + 0.25 * situation.load)
    waited = np.nan_to_num(situation.idle_minutes, nan=30.0)
    return 0.5 * fresh + 0.5 * np.clip(waited / 60, 0.0, 1.0)


def _price(situation: Situation, wanted: Asked) -> Floats:
    """Full marks up to what the customer pays; falling to 0 at twice that."""
    if not wanted.rate_fen:
        return np.ones(len(situation))
    return np.clip(2.0 - situation.rate_fen / wanted.rate_fen, 0.0, 1.0)


def _answers(situation: Situation, _weights: Weights) -> Floats:
    """Seven tenths for accepting what is offered, three for answering soon.

    Acceptance is shrunk like the rating, ``(accepted + 3) / (answered + 5)``; the speed is
    ``30 / (30 + s)`` for a mean of s seconds, and a half for who never answered.
    """
    accepts = (situation.accepted + 3.0) / (situation.answered + 5.0)
    soon = 30.0 / (30.0 + np.nan_to_num(situation.answer_seconds, nan=30.0))
    return np.clip(0.7 * accepts + 0.3 * soon, 0.0, 1.0)


def _style(situation: Situation, wanted: Asked, weights: Weights) -> Floats:
    """Half for everybody, and the missing half smaller by 0.4 for each tag that suits the kind:
    0.5, 0.8, 0.92 …"""
    suits = weights.styles.get(wanted.kind.value, ())
    if ("style", suits) not in situation.memo:
        hits = sum((situation.tagged(tag) for tag in suits), np.zeros(len(situation)))
        situation.memo["style", suits] = 1.0 - 0.5 * 0.4**hits
    known: Floats = situation.memo["style", suits]
    return known


def _credit(situation: Situation, _weights: Weights) -> Floats:
    """Full marks from a credit of 100 on, none at 0."""
    return np.clip(situation.credit / 100.0, 0.0, 1.0)


def _once(
    situation: Situation, weights: Weights | None, work_out: Callable[..., NDArray[Any]]
) -> NDArray[Any]:
    """What does not depend on the order is worked out once for a situation and its weights."""
    key: Hashable = (work_out, weights and (weights.prior_rating, weights.prior_votes))
    if key not in situation.memo:
        situation.memo[key] = work_out(situation, weights)
    known: NDArray[Any] = situation.memo[key]
    return known
