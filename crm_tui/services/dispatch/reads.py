"""Who could serve an order: the ranked companions with the parts of their score, and the reasons
why the others are out, each with the fact behind it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from sqlalchemy import bindparam, select
from sqlmodel import col

from crm_tui.core.errors import NotFound, Refused
from crm_tui.core.language import _
from crm_tui.core.words import OrderStatus, Stance
from crm_tui.models import Companion, Order
from crm_tui.services.dispatch.columns import Situation
from crm_tui.services.dispatch.facts import Against, facts
from crm_tui.services.dispatch.reasons import codes_in, reasons_in
from crm_tui.services.dispatch.rules import RULES_VERSION, Judged, Weights, judge, ranked
from crm_tui.services.dispatch.situation import Asked, asked, read_situation
from crm_tui.services.dispatch.weights import read_weights
from crm_tui.storage.store import ReadWork

SOUGHT_FOR = frozenset(
    {OrderStatus.PENDING, OrderStatus.OFFERED, OrderStatus.ACCEPTED, OrderStatus.SERVING}
)
"""The states of an order that somebody may still be sought for: those that serve may hand over."""
_BY_NO = select(col(Order.id)).where(col(Order.no) == bindparam("no"))


@dataclass(frozen=True, slots=True)
class Candidate:
    """A companion who could serve the order; ``score`` and every part lie between 0 and 1."""

    companion_id: int
    companion: str
    score: float
    parts: dict[str, float]
    preferred: bool = False
    """The customer asked for them to be preferred."""


class Excluded(NamedTuple):
    """A companion who can't, with every reason (``reasons.Why``) as a code."""

    companion_id: int
    companion: str
    why: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Case:
    """One order before the rules: what was known, what was asked, what they say."""

    situation: Situation
    wanted: Asked
    weights: Weights
    judged: Judged

    def against(self, companion_id: int) -> list[Against]:
        """Every reason that keeps the companion from the order, with the fact behind it."""
        place = self.situation.place_of[companion_id]
        reasons = reasons_in(int(self.judged.excluded[place]))
        return facts(self.situation, self.wanted, place, reasons)

    def candidate(self, place: int) -> Candidate:
        """The companion at ``place`` of the columns with their score, whether they can or not."""
        stances = self.situation.stances.get(self.wanted.customer_id, {})
        return Candidate(
            int(self.situation.ids[place]),
            self.situation.nicks[place],
            round(float(self.judged.score[place]), 4),
            {name: round(float(part[place]), 4) for name, part in self.judged.parts.items()},
            stances.get(place, (None, ""))[0] is Stance.PREFERRED,
        )


@dataclass(frozen=True)
class Suggestion:
    """The answer to "who?": the candidates best first; whom else, and why not, when asked for."""

    order_no: str
    candidates: list[Candidate]
    weights_version: int
    """Which version of the setting ``dispatch.weights`` ranked them; 0 is the default."""
    case: Case = field(repr=False)

    @cached_property
    def excluded(self) -> list[Excluded]:
        """Everybody else, those with the fewest reasons first."""
        return _excluded(self.case)

    def against(self, companion_id: int) -> list[Against]:
        """Every reason that keeps the companion from the order, with the fact behind it."""
        return self.case.against(companion_id)

    def kept_parts(self, companion_id: int) -> dict[str, Any]:
        """What an offer keeps of a companion who is asked in spite of it all: the facts by the
        code of the reason, under ``why``."""
        if companion_id not in self.case.situation.place_of:
            return {}
        return {"why": {one.why.value: one.fact for one in self.against(companion_id)}}


@dataclass(frozen=True, slots=True)
class Explanation:
    """The answer to "why (not) this one?"."""

    order_no: str
    candidate: Candidate
    """With the score that they have, or would have."""
    place: int | None
    """Their place among those who can, from 1; ``None``: they can't."""
    of: int
    """How many can."""
    against: list[Against]
    weights: dict[str, float]
    """What each part counts for this kind of order; they add up to 1."""
    weights_version: int
    best: Candidate | None
    """Who stands first."""


def suggest(work: ReadWork, no: str, limit: int = 20) -> Suggestion:
    """The ``limit`` companions who suit order ``no`` best.

    Raises :class:`NotFound`, and :class:`Refused` for an order that nobody can be sought for any
    more.
    """
    case = _case(work, no)
    best = ranked(case.situation, case.judged)[:limit].tolist()
    return Suggestion(
        case.wanted.no,
        [case.candidate(place) for place in best],
        case.weights.version,
        case,
    )


def why_not(work: ReadWork, no: str, companion_id: int) -> Explanation:
    """How one companion stands to order ``no``: their place and score, or all that is against it.

    Also for who works in another store or has left. Raises as :func:`suggest`.
    """
    case = _case(work, no, companion_id)
    place = case.situation.place_of.get(companion_id)
    if place is None:
        raise NotFound(what=_("companion"), ref=companion_id)
    order = ranked(case.situation, case.judged).tolist()
    return Explanation(
        case.wanted.no,
        case.candidate(place),
        order.index(place) + 1 if place in order else None,
        len(order),
        case.against(companion_id),
        case.weights.of(case.wanted.kind),
        case.weights.version,
        case.candidate(order[0]) if order else None,
    )


def numbers(work: ReadWork) -> dict[int, str]:
    """The numbers of all who work here, by id."""
    columns: tuple[Any, ...] = (col(Companion.id), col(Companion.no))
    rows: Any = work.session.connection().execute(select(*columns).where(col(Companion.active)))
    return dict(rows.all())


def document(suggestion: Suggestion) -> dict[str, Any]:
    """The JSON form of a suggestion that commands answer."""
    return {
        "order": suggestion.order_no,
        "candidates": [_candidate_document(one) for one in suggestion.candidates],
        "excluded": [
            {
                "companion_id": one.companion_id,
                "companion": one.companion,
                "why": list(one.why),
                "facts": {
                    each.why.value: each.fact for each in suggestion.against(one.companion_id)
                },
            }
            for one in suggestion.excluded
        ],
        "weights_version": suggestion.weights_version,
        "rules_version": RULES_VERSION,
    }


def explanation_document(told: Explanation) -> dict[str, Any]:
    """The JSON form of an explanation that commands answer."""
    return {
        "order": told.order_no,
        **_candidate_document(told.candidate),
        "eligible": told.place is not None,
        "place": told.place,
        "of": told.of,
        "weights": {name: round(weight, 4) for name, weight in told.weights.items()},
        "why": [one.why.value for one in told.against],
        "facts": {one.why.value: one.fact for one in told.against},
        "remedies": {one.why.value: one.why.remedy for one in told.against},
        "best": _candidate_document(told.best) if told.best else None,
        "weights_version": told.weights_version,
        "rules_version": RULES_VERSION,
    }


def _candidate_document(one: Candidate) -> dict[str, Any]:
    return {
        "companion_id": one.companion_id,
        "companion": one.companion,
        "score": one.score,
        "parts": one.parts,
        "preferred": one.preferred,
    }


def _case(work: ReadWork, no: str, also: int | None = None) -> Case:
    order_id = work.session.connection().execute(_BY_NO, {"no": no.strip()}).scalar()
    if order_id is None:
        raise NotFound(what=_("order"), ref=no)
    (wanted,) = asked(work, [order_id])
    if wanted.status not in SOUGHT_FOR:
        why = _("{no} is {status}: nobody is sought for it any more.")
        shown = why.format(no=wanted.no, status=wanted.status.label)
        raise Refused(why=shown, reason="closed", status=wanted.status)
    situation = read_situation(work, wanted.store_id, [wanted], also)
    weights = read_weights(work, wanted.store_id)
    return Case(situation, wanted, weights, judge(situation, wanted, weights))


def _excluded(case: Case) -> list[Excluded]:
    masks, situation = case.judged.excluded, case.situation
    places = np.flatnonzero(masks)
    places = places[np.lexsort((situation.ids[places], np.bitwise_count(masks[places])))]
    ids, out = situation.ids[places].tolist(), masks[places].tolist()
    nicks = map(situation.nicks.__getitem__, places.tolist())
    return list(map(Excluded._make, zip(ids, nicks, map(codes_in, out), strict=True)))
