"""By what companions are bound: the orders that they serve, and those they are promised to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from sqlalchemy import BigInteger, bindparam, func, select, type_coerce
from sqlmodel import col

from crm_tui.core.clock import to_micros
from crm_tui.core.words import OrderStatus
from crm_tui.models import Assignment, Order, Reservation, ServiceSession
from crm_tui.services.dispatch.columnar import numbers, piece, words
from crm_tui.services.dispatch.columns import MINUTE, Floats, Ints, Promises, spread, whole
from crm_tui.storage.store import ReadWork

_ENDED = type_coerce(col(ServiceSession.ended_at), BigInteger)
_BEGAN = type_coerce(col(ServiceSession.started_at), BigInteger)
_STARTS = type_coerce(col(Order.start_at), BigInteger)
_SERVED = (
    select(func.sum(func.coalesce(_ENDED, bindparam("now", type_=BigInteger)) - _BEGAN))
    .where(
        col(ServiceSession.order_id) == col(Assignment.order_id),
        col(ServiceSession.assignment_id) == col(Assignment.id),
    )
    .correlate(Assignment)
    .scalar_subquery()
)
_BOUND: Any = (
    select(
        piece(col(Assignment.companion_id)),
        piece(col(Assignment.order_id)),
        piece(col(Order.planned_minutes)),
        piece(_STARTS),
        piece(_SERVED),
        piece(col(Order.no), text=True),
    )
    .join(Order, col(Order.id) == col(Assignment.order_id))
    .where(col(Assignment.ended_at).is_(None))
)
_PROMISED: Any = (
    select(
        col(Reservation.companion_id),
        col(Reservation.order_id),
        col(Order.no),
        _STARTS,
        col(Order.planned_minutes),
    )
    .join(Order, col(Order.id) == col(Reservation.order_id))
    .where(
        col(Order.status).in_([OrderStatus.PENDING, OrderStatus.OFFERED, OrderStatus.ACCEPTED]),
        col(Order.start_at).is_not(None),
    )
)


@dataclass(frozen=True, slots=True)
class Bound:
    """Columns of who serves what, and for how many more minutes as planned."""

    to: Ints
    free_in: Floats
    numbers: dict[int, str]
    """Of the orders that somebody serves, by id."""


def read_bound(work: ReadWork, ids: Ints) -> Bound:
    """Whose open assignment is of which order, and when they are free as planned.

    A service that runs has its planned minutes less those served; one that has not begun, all of
    them, from its start.
    """
    now = to_micros(work.clock.now())
    *told, nos = work.session.connection().execute(_BOUND, {"now": now}).one()
    who, orders, planned, starts, served = map(numbers, told)
    until_start = np.nan_to_num(np.where(np.isnan(served), starts - now, 0.0))
    left = planned * MINUTE - np.nan_to_num(served) + np.maximum(until_start, 0.0)
    free_in = np.maximum(left, 0.0) / MINUTE
    return Bound(
        whole(spread(ids, who, orders)),
        np.nan_to_num(spread(ids, who, free_in)),
        dict(zip(orders.astype(np.int64).tolist(), words(nos), strict=True)),
    )


def read_promises(work: ReadWork, place_of: dict[int, int]) -> Promises:
    """For which orders booked ahead companions are kept, and from when to when as planned."""
    rows = [
        (place_of[who], order_id, no, starts, starts + minutes * MINUTE)
        for who, order_id, no, starts, minutes in work.session.connection().execute(_PROMISED).all()
        if who in place_of
    ]
    place, order, numbers, begins, ends = zip(*rows, strict=True) if rows else ((),) * 5
    return Promises(
        np.array(place, np.int64),
        np.array(order, np.int64),
        numbers,
        np.array(begins, np.int64),
        np.array(ends, np.int64),
    )
