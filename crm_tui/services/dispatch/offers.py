"""The rows of a round of offers: opened together, each ends in exactly one state.

Every function expects that the caller has hold of the order (``orders.moves.hold``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import func, insert, select, update
from sqlmodel import col

from crm_tui.core.words import DispatchMode, OfferState
from crm_tui.models import DispatchRound, Offer
from crm_tui.storage.store import UnitOfWork


@dataclass(frozen=True, slots=True)
class Addressee:
    """A companion who gets an offer, with the score they got for it."""

    companion_id: int
    score: float = 0.0
    parts: Mapping[str, float] = field(default_factory=dict)


def open_round(
    work: UnitOfWork,
    store_id: int,
    order_id: int,
    mode: DispatchMode,
    addressees: list[Addressee],
    expires_at: datetime,
) -> int:
    """Offer the order to all ``addressees`` at once; answers the number of the round."""
    connection, now = work.session.connection(), work.clock.now()
    rounds = select(func.coalesce(func.max(col(DispatchRound.number)), 0))
    last = connection.execute(rounds.where(col(DispatchRound.order_id) == order_id)).scalar_one()
    opened = DispatchRound(
        store_id=store_id,
        order_id=order_id,
        number=last + 1,
        mode=mode,
        opened_at=now,
        expires_at=expires_at,
    )
    work.session.add(opened)
    work.session.flush()
    shared = {
        "store_id": store_id,
        "round_id": opened.id,
        "order_id": order_id,
        "state": OfferState.OPEN,
        "sent_at": now,
        "expires_at": expires_at,
        "reason": "",
    }
    rows: list[dict[str, Any]] = [
        {**shared, "companion_id": one.companion_id, "score": one.score, "parts": dict(one.parts)}
        for one in addressees
    ]
    connection.execute(insert(Offer), rows)
    return last + 1


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
        .values(closed_at=now)
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


def still_open(work: UnitOfWork, order_id: int) -> int:
    """How many offers of the order wait for an answer."""
    query = select(func.count()).where(
        col(Offer.order_id) == order_id, col(Offer.state) == OfferState.OPEN
    )
    return work.session.connection().execute(query).scalar_one()
