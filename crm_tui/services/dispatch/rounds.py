"""The ladder of one order as it stands: the tiers of its last round, who was asked, what they said.

Instants are UTC.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlmodel import col

from crm_tui.core.words import DispatchMode, OfferState
from crm_tui.models import Assignment, Companion, CompanionLevel, Offer
from crm_tui.services.dispatch import ladder, offers, tiers
from crm_tui.services.dispatch.offers import Round
from crm_tui.services.dispatch.reads import suggest
from crm_tui.services.dispatch.tiers import Ladder
from crm_tui.services.orders import reads as orders
from crm_tui.services.orders.rows import OrderRow
from crm_tui.services.orders.rules import WAITING
from crm_tui.storage.store import ReadWork


@dataclass(frozen=True, slots=True)
class Asked:
    """One companion whom the round has asked."""

    companion_id: int
    companion: str
    tier: int
    state: OfferState
    score: float
    place: int | None
    sent_at: datetime
    expires_at: datetime
    answered_at: datetime | None
    reason: str
    bound: bool
    """They serve an order meanwhile, this or another."""


@dataclass(frozen=True, slots=True)
class Step:
    """A tier of the ladder, from 1."""

    number: int
    levels: tuple[str, ...]
    """The names of the levels that it asks; none: everybody who fits."""
    named: tuple[str, ...]
    """The companions that it asks by name."""
    seconds: int
    """For how long it has the order to itself."""
    fits: int
    """How many more would be asked if it were asked now; 0 for those that have been."""


@dataclass(frozen=True, slots=True)
class LadderView:
    """The order with the ladder of its last round, or with that of its store before the first."""

    order: OrderRow
    number: int
    """Of the round; 0 where there was none."""
    mode: DispatchMode | None
    tier: int
    """The widest tier asked so far."""
    steps: tuple[Step, ...]
    asked: tuple[Asked, ...]
    """By tier, the best match first."""
    widens_at: datetime | None
    is_open: bool
    """The round goes on."""

    def of(self, tier: int) -> tuple[Asked, ...]:
        """Those asked with one tier."""
        return tuple(one for one in self.asked if one.tier == tier)


_ASKED = (
    select(
        col(Offer.companion_id),
        col(Companion.nick),
        col(Offer.tier),
        col(Offer.state),
        col(Offer.score),
        col(Offer.place),
        col(Offer.sent_at),
        col(Offer.expires_at),
        col(Offer.answered_at),
        col(Offer.reason),
        select(col(Assignment.id))
        .where(
            col(Assignment.companion_id) == col(Offer.companion_id),
            col(Assignment.ended_at).is_(None),
        )
        .exists(),
    )
    .join(Companion, col(Companion.id) == col(Offer.companion_id))
    .order_by(col(Offer.tier), col(Offer.score).desc(), col(Offer.id))
)


def ladder_of(work: ReadWork, no: str) -> LadderView:
    """The ladder of order ``no``. Raises :class:`NotFound`."""
    order = orders.one(work, no)
    last = offers.last_round(work, order.id)
    rungs = (last.ladder if last else ()) or ladder.in_force(work, order)
    asked = _asked(work, last) if last else ()
    begun = last.tier if last and last.closed_at is None else 0
    already = {one.companion_id for one in asked} if begun else set()
    return LadderView(
        order,
        last.number if last else 0,
        last.mode if last else None,
        last.tier if last else 0,
        _steps(work, order, rungs, begun, already),
        asked,
        last.widens_at if last else None,
        bool(begun),
    )


def _asked(work: ReadWork, last: Round) -> tuple[Asked, ...]:
    found = work.session.connection().execute(_ASKED.where(col(Offer.round_id) == last.id))
    return tuple(Asked(*row) for row in found)


def _steps(
    work: ReadWork, order: OrderRow, rungs: Ladder, begun: int, already: set[int]
) -> tuple[Step, ...]:
    """The tiers, and of those still to come how many each would add."""
    waits = order.status in WAITING
    fitting: Mapping[int, str | None] = {}
    if waits:
        fitting = ladder.levels_of(work, order.id, suggest(work, order.no, ladder.EVERYBODY))
    names = _level_names(work)
    nicks = _nicks(work, {one for tier in rungs for one in tier.named})
    steps = []
    for number, tier in enumerate(rungs, 1):
        added = tiers.added(rungs, number, fitting, already) if waits and number > begun else []
        already = already | set(added)
        steps.append(
            Step(
                number,
                tuple(names.get(code, code) for code in tier.levels),
                tuple(nicks.get(one, "") for one in tier.named),
                tier.seconds,
                len(added),
            )
        )
    return tuple(steps)


def _level_names(work: ReadWork) -> dict[str, str]:
    query = select(col(CompanionLevel.code), col(CompanionLevel.name))
    return dict(work.session.connection().execute(query).all())


def _nicks(work: ReadWork, ids: set[int]) -> dict[int, str]:
    if not ids:
        return {}
    columns: tuple[Any, ...] = (col(Companion.id), col(Companion.nick))
    query = select(*columns).where(col(Companion.id).in_(ids))
    return dict(work.session.connection().execute(query).all())


def document(view: LadderView, zone: Any) -> dict[str, Any]:
    """The JSON form of a ladder that commands answer; times on the clock of ``zone``."""

    def at(instant: datetime | None) -> str | None:
        return instant.astimezone(zone).isoformat() if instant else None

    return {
        "order": view.order.no,
        "status": view.order.status.value,
        "round": view.number,
        "tier": view.tier,
        "widens_at": at(view.widens_at),
        "tiers": [
            {
                "tier": step.number,
                "levels": list(step.levels),
                "named": list(step.named),
                "wait_seconds": step.seconds,
                "fits": step.fits,
                "offers": [
                    {
                        "companion_id": one.companion_id,
                        "companion": one.companion,
                        "state": one.state.value,
                        "score": one.score,
                        "place": one.place,
                        "sent_at": at(one.sent_at),
                        "expires_at": at(one.expires_at),
                        "answered_at": at(one.answered_at),
                        "reason": one.reason,
                    }
                    for one in view.of(step.number)
                ],
            }
            for step in view.steps
        ],
    }
