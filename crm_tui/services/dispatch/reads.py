"""Who could serve an order: the ranked companions with the parts of their score, and the reasons
why the others are out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlmodel import col

from crm_tui.core.errors import NotFound
from crm_tui.core.language import _
from crm_tui.core.words import Stance
from crm_tui.models import Order
from crm_tui.services.dispatch.columns import Situation
from crm_tui.services.dispatch.reasons import reasons_in
from crm_tui.services.dispatch.rules import Judged, judge, ranked
from crm_tui.services.dispatch.situation import Asked, asked, read_situation
from crm_tui.services.dispatch.weights import read_weights
from crm_tui.storage.store import ReadWork


@dataclass(frozen=True, slots=True)
class Candidate:
    """A companion who could serve the order; ``score`` and every part lie between 0 and 1."""

    companion_id: int
    companion: str
    score: float
    parts: dict[str, float]
    preferred: bool = False
    """The customer asked for them to be preferred."""


@dataclass(frozen=True, slots=True)
class Excluded:
    """A companion who can't, with every reason (``rules.Why``) as a code."""

    companion_id: int
    companion: str
    why: list[str]


@dataclass(frozen=True, slots=True)
class Suggestion:
    """The answer to "who?": best first, and the others with the fewest reasons first."""

    order_no: str
    candidates: list[Candidate]
    excluded: list[Excluded]
    weights_version: int
    """Which version of the setting ``dispatch.weights`` ranked them; 0 is the default."""


def suggest(work: ReadWork, no: str, limit: int = 20) -> Suggestion:
    """The ``limit`` companions who suit order ``no`` best. Raises :class:`NotFound`."""
    wanted = _wanted(work, no)
    situation = read_situation(work, wanted.store_id, [wanted])
    weights = read_weights(work, wanted.store_id)
    judged = judge(situation, wanted, weights)
    return Suggestion(
        wanted.no,
        [
            _candidate(situation, wanted, judged, place)
            for place in ranked(situation, judged)[:limit]
        ],
        _excluded(situation, judged),
        weights.version,
    )


def _wanted(work: ReadWork, no: str) -> Asked:
    query = select(col(Order.id)).where(col(Order.no) == no.strip())
    order_id = work.session.connection().execute(query).scalar()
    if order_id is None:
        raise NotFound(what=_("order"), ref=no)
    (wanted,) = asked(work, [order_id])
    return wanted


def _candidate(situation: Situation, wanted: Asked, judged: Judged, place: int) -> Candidate:
    stances = situation.stances.get(wanted.customer_id, {})
    return Candidate(
        int(situation.ids[place]),
        situation.nicks[place],
        round(float(judged.score[place]), 4),
        {name: round(float(part[place]), 4) for name, part in judged.parts.items()},
        stances.get(int(place)) is Stance.PREFERRED,
    )


def _excluded(situation: Situation, judged: Judged) -> list[Excluded]:
    out = [
        Excluded(companion_id, nick, [why.value for why in reasons_in(mask)])
        for companion_id, nick, mask in zip(
            situation.ids.tolist(), situation.nicks, judged.excluded.tolist(), strict=True
        )
        if mask
    ]
    return sorted(out, key=lambda one: (len(one.why), one.companion_id))


def document(suggestion: Suggestion) -> dict[str, Any]:
    """The JSON form of a suggestion that commands answer."""
    return {
        "order": suggestion.order_no,
        "candidates": [
            {
                "companion_id": one.companion_id,
                "companion": one.companion,
                "score": one.score,
                "parts": one.parts,
                "preferred": one.preferred,
            }
            for one in suggestion.candidates
        ],
        "excluded": [
            {"companion_id": one.companion_id, "companion": one.companion, "why": one.why}
            for one in suggestion.excluded
        ],
        "weights_version": suggestion.weights_version,
    }
