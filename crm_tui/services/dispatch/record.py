"""What the days before say of each companion: how they were rated, how they answer offers.

Added up once a business day and process, and kept: what is counted ended before the day began, so
it can't change while the day lasts, whoever writes meanwhile. Only an import may bring a past that
was not there, or take it back; what is kept goes by the state of the imports, too. Ratings of today
come on top at every look.

An answer counts when the companion accepted, declined, or let the offer run out, within
:data:`DAYS`; offers that another took first or that were taken back say nothing about them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
from sqlalchemy import BigInteger, bindparam, case, func, select, type_coerce
from sqlmodel import col

from crm_tui.core.words import OfferState
from crm_tui.models import ImportBatch, Offer, Rating
from crm_tui.models.base import Instant
from crm_tui.services.dispatch.columnar import piece, read_numbers
from crm_tui.services.dispatch.columns import Floats, Ints, places, spread
from crm_tui.storage.store import ReadWork, Store

DAYS = 14
"""Business days whose answers count: enough to know somebody by, and few enough to be added up
whenever a command is run."""
SECOND = 1_000_000
"""Microseconds."""


@dataclass(frozen=True, slots=True)
class Past:
    """All days before today, as columns."""

    ratings: Floats
    """Whose, the sum of their ratings, how many."""
    answers: Floats
    """Whose, offers answered, those accepted, the mean seconds of an acceptance or refusal."""


@dataclass(frozen=True, slots=True)
class Record:
    """The past and today's ratings, as columns."""

    rating: Floats
    votes: Floats
    answered: Floats
    accepted: Floats
    answer_seconds: Floats


_kept: WeakKeyDictionary[Store, dict[datetime, tuple[list[Any], Past]]] = WeakKeyDictionary()

_DAY = bindparam("day", type_=Instant)
_IMPORTS = select(col(ImportBatch.state), func.count(), func.max(col(ImportBatch.id))).group_by(
    col(ImportBatch.state)
)
_RATED_BEFORE: Any = (
    select(col(Rating.companion_id), func.sum(col(Rating.overall)), func.count())
    .where(col(Rating.rated_at) < _DAY)
    .group_by(col(Rating.companion_id))
)
_RATED_TODAY = select(piece(col(Rating.companion_id)), piece(col(Rating.overall))).where(
    col(Rating.rated_at) >= _DAY
)
_TOOK = type_coerce(col(Offer.answered_at), BigInteger) - type_coerce(
    col(Offer.sent_at), BigInteger
)
_ANSWERS = (
    select(
        col(Offer.companion_id),
        func.count(),
        func.sum(case((col(Offer.state) == OfferState.ACCEPTED, 1), else_=0)),
        func.avg(case((col(Offer.state) != OfferState.EXPIRED, _TOOK), else_=None)),
    )
    .where(
        col(Offer.state).in_([OfferState.ACCEPTED, OfferState.DECLINED, OfferState.EXPIRED]),
        col(Offer.expires_at) >= bindparam("first", type_=Instant),
        col(Offer.expires_at) < _DAY,
        col(Offer.answered_at) < _DAY,
    )
    .group_by(col(Offer.companion_id))
)


def read_record(work: ReadWork, ids: Ints, day: datetime) -> Record:
    """The record of the companions ``ids``, which ascend; ``day`` is when today began."""
    past = _past(work, day)
    rated, *tallies = past.ratings
    total, votes = (np.nan_to_num(spread(ids, rated, tally)) for tally in tallies)
    who, overall = read_numbers(work, _RATED_TODAY, {"day": day})
    at, known = places(ids, who)
    np.add.at(total, at[known], overall[known])
    np.add.at(votes, at[known], 1)
    asked, *answers = past.answers
    rating = np.divide(total, votes, out=np.zeros(len(ids)), where=votes > 0)
    return Record(rating, votes, *(spread(ids, asked, each) for each in answers))


def _past(work: ReadWork, day: datetime) -> Past:
    """What is kept for the day, or is added up now."""
    connection = work.session.connection()
    imports = sorted(map(tuple, connection.execute(_IMPORTS).all()))
    kept = _kept.setdefault(work.store, {})
    if day not in kept or kept[day][0] != imports:
        first = day - timedelta(days=DAYS)
        ratings = connection.execute(_RATED_BEFORE, {"day": day}).all()
        answers = connection.execute(_ANSWERS, {"day": day, "first": first}).all()
        past = Past(_as_columns(ratings, 3), _as_columns(answers, 4))
        past.answers[3] /= SECOND
        for older in [each for each in list(kept) if each < first]:
            kept.pop(older, None)  # another thread may have been here
        kept[day] = (imports, past)
    return kept[day][1]


def _as_columns(rows: Sequence[Any], width: int) -> Floats:
    return np.array([tuple(row) for row in rows], np.float64).reshape(-1, width).T
