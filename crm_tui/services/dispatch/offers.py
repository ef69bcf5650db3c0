"""The rows of a round of offers: each offer ends in exactly one state.

Every function expects that the caller has hold of the order (``orders.moves.hold``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any

from sqlalchemy import func, insert, select, update
from sqlmodel import col

from crm_tui.core.words import DispatchMode, OfferState
from crm_tui.models import DispatchRound, Offer
from crm_tui.services.dispatch import tiers
from crm_tui.services.dispatch.tiers import Ladder
from crm_tui.storage.store import ReadWork, UnitOfWork


@dataclass(frozen=True, slots=True)
class Addressee:
    """A companion who gets an offer, with the score they got for it, and by which weights."""

    companion_id: int
    score: float = 0.0
    parts: Mapping[str, Any] = field(default_factory=dict)
    """The parts of the score; for whom the rules speak against, the facts under ``why``."""
    weights_version: int = 0


@dataclass(frozen=True, slots=True)
class Round:
    """One attempt to find companions for an order, and how wide it has become."""

    id: int
    order_id: int
    store_id: int
    number: int
    mode: DispatchMode
    tier: int
    """The widest tier asked so far, from 1; 0 before the first."""
    tiers: list[dict[str, Any]]
    widens_at: datetime | None
    expires_at: datetime
    closed_at: datetime | None

    @property
    def ladder(self) -> Ladder:
        """The tiers with which it began."""
        return tiers.parse(self.tiers)


_ROUNDS = select(*(getattr(DispatchRound, each.name) for each in fields(Round))).order_by(
    col(DispatchRound.number).desc()
)


def last_round(work: ReadWork, order_id: int) -> Round | None:
    """The newest round of the order, whether it is closed or not."""
    query = _ROUNDS.where(col(DispatchRound.order_id) == order_id).limit(1)
    row = work.session.connection().execute(query).one_or_none()
    return None if row is None else Round(*row)


def open_round(
    work: UnitOfWork, store_id: int, order_id: int, mode: DispatchMode, ladder: Ladder
) -> Round:
    """Begin a round of the order; nobody is asked yet."""
    before, now = last_round(work, order_id), work.clock.now()
    opened = DispatchRound(
        store_id=store_id,
        order_id=order_id,
        number=before.number + 1 if before else 1,
        mode=mode,
        tier=0,
        tiers=tiers.document(ladder),
        opened_at=now,
        expires_at=now,
    )
    work.session.add(opened)
    work.session.flush()
    return Round(*(getattr(opened, each.name) for each in fields(Round)))


def ask(
    work: UnitOfWork,
    asking: Round,
    tier: int,
    addressees: Sequence[Addressee],
    expires_at: datetime,
    widens_at: datetime | None,
) -> None:
    """Offer the order to ``addressees`` too; the round is as wide as ``tier`` from now on."""
    shared = {
        "store_id": asking.store_id,
        "round_id": asking.id,
        "order_id": asking.order_id,
        "tier": tier,
        "state": OfferState.OPEN,
        "sent_at": work.clock.now(),
        "expires_at": expires_at,
        "reason": "",
    }
    rows: list[dict[str, Any]] = [
        {
            **shared,
            "companion_id": one.companion_id,
            "score": one.score,
            "parts": dict(one.parts),
            "weights_version": one.weights_version,
        }
        for one in addressees
    ]
    work.session.connection().execute(insert(Offer), rows)
    _set(work, asking, tier=tier, expires_at=expires_at, widens_at=widens_at)


def stop_widening(work: UnitOfWork, asking: Round) -> None:
    """No further tier has anybody: nothing more happens by itself than that offers run out."""
    _set(work, asking, widens_at=None)


def _set(work: UnitOfWork, asking: Round, **values: Any) -> None:
    changed = update(DispatchRound).where(col(DispatchRound.id) == asking.id).values(**values)
    work.session.connection().execute(changed)


def asked(work: ReadWork, asking: Round) -> set[int]:
    """The companions whom the round has asked, whatever they answered."""
    query = select(col(Offer.companion_id)).where(col(Offer.round_id) == asking.id)
    return set(work.session.connection().execute(query).scalars())


def declined(work: ReadWork, order_id: int) -> set[int]:
    """The companions who turned the order down, in any round."""
    query = select(col(Offer.companion_id)).where(
        col(Offer.order_id) == order_id, col(Offer.state) == OfferState.DECLINED
    )
    return set(work.session.connection().execute(query).scalars())


def answer(
    work: UnitOfWork, order_id: int, companion_id: int, state: OfferState, reason: str = ""
) -> float | None:
    """End the companion's open offer, if it has not run out, and tell its score; else ``None``."""
    now = work.clock.now()
    ended = (
        update(Offer)
        .where(
            col(Offer.order_id) == order_id,
            col(Offer.companion_id) == companion_id,
            col(Offer.state) == OfferState.OPEN,
            col(Offer.expires_at) > now,
        )
        .values(state=state, answered_at=now, reason=reason)
        .returning(col(Offer.score))
    )
    return work.session.connection().execute(ended).scalar()


def note_place(work: UnitOfWork, order_id: int, companion_id: int, place: int | None) -> None:
    """Write down which place of the order the winner of an offer in the open round has.

    ``None``: they gave it up, and another may win it in the same round.
    """
    opened = select(col(DispatchRound.id)).where(
        col(DispatchRound.order_id) == order_id, col(DispatchRound.closed_at).is_(None)
    )
    won = (
        update(Offer)
        .where(
            col(Offer.round_id).in_(opened),
            col(Offer.companion_id) == companion_id,
            col(Offer.state) == OfferState.ACCEPTED,
        )
        .values(place=place)
    )
    work.session.connection().execute(won)


def close_all(work: UnitOfWork, order_id: int, state: OfferState) -> int:
    """End every open offer of the order in ``state`` and close its rounds; answers how many."""
    connection, now = work.session.connection(), work.clock.now()
    ended = connection.execute(
        update(Offer)
        .where(col(Offer.order_id) == order_id, col(Offer.state) == OfferState.OPEN)
        .values(state=state, answered_at=now)
    )
    connection.execute(
        update(DispatchRound)
        .where(col(DispatchRound.order_id) == order_id, col(DispatchRound.closed_at).is_(None))
        .values(closed_at=now, widens_at=None)
    )
    return ended.rowcount


def expire(work: UnitOfWork, order_id: int) -> list[int]:
    """End the order's offers whose time is over; answers the companions who let them run out."""
    now = work.clock.now()
    ended = (
        update(Offer)
        .where(
            col(Offer.order_id) == order_id,
            col(Offer.state) == OfferState.OPEN,
            col(Offer.expires_at) <= now,
        )
        .values(state=OfferState.EXPIRED, answered_at=now)
        .returning(col(Offer.companion_id))
    )
    return sorted(work.session.connection().execute(ended).scalars())


def standing(work: ReadWork, asking: Round) -> dict[int, int]:
    """How many offers of the round wait for an answer, by tier; tiers without one are left out."""
    query = (
        select(col(Offer.tier), func.count())
        .where(col(Offer.round_id) == asking.id, col(Offer.state) == OfferState.OPEN)
        .group_by(col(Offer.tier))
    )
    return dict(work.session.connection().execute(query).all())
