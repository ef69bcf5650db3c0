"""Getting the measures' columns out of the database, no more of them than a period needs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import polars as pl
from sqlalchemy import BigInteger, String, and_, func, select, type_coerce
from sqlmodel import col

from crm_tui.core.words import OfferState, OrderStatus, PaymentKind, SessionEnd
from crm_tui.models import (
    STUDIO,
    Assignment,
    Companion,
    Customer,
    Offer,
    Order,
    Payment,
    Rating,
)
from crm_tui.storage.store import ReadWork

INSTANT = pl.Datetime("us", "UTC")

_LINES = {
    "at": INSTANT,
    "customer_id": pl.Int64,
    "channel": pl.String,
    "companion_id": pl.Int64,
    "minutes": pl.Int64,
    "gross_fen": pl.Int64,
    "tips_fen": pl.Int64,
    "share_bp": pl.Int64,
    "rating": pl.Int64,
    "first_at": INSTANT,
}
_REFUNDS = {"at": INSTANT, "refunds_fen": pl.Int64}
_OFFERS = {"companion_id": pl.Int64, "accepted": pl.Boolean}


def lines(work: ReadWork, first: date, last: date, store_id: int | None = None) -> pl.LazyFrame:
    """The orders completed in the business days ``first`` to ``last``, both in: the ``lines`` of
    :mod:`.measures`, with the customer's ``channel``; of one store, or of all."""
    served_by = _served_by()
    begins = (
        select(col(Order.customer_id), func.min(_raw(Order.completed_at)).label("first_at"))
        .where(col(Order.status) == OrderStatus.COMPLETED)
        .group_by(col(Order.customer_id))
        .subquery()
    )
    query: Any = (
        select(
            _raw(Order.completed_at),
            col(Order.customer_id),
            type_coerce(Customer.channel, String),
            served_by.c.companion_id,
            func.coalesce(Order.billed_minutes, Order.planned_minutes),
            col(Order.amount_fen),
            col(Order.tip_fen),
            served_by.c.share_bp,
            col(Rating.overall),
            begins.c.first_at,
        )
        .join(Customer, col(Customer.id) == Order.customer_id)
        .join(begins, begins.c.customer_id == Order.customer_id)
        .outerjoin(served_by, served_by.c.order_id == Order.id)
        .outerjoin(
            Rating,
            and_(
                col(Rating.order_id) == Order.id,
                col(Rating.companion_id) == served_by.c.companion_id,
            ),
        )
        .where(col(Order.status) == OrderStatus.COMPLETED)
    )
    query = _within(work, query, Order.completed_at, first, last, store_id, Order.store_id)
    frame = _frame(work, query, _LINES)
    return frame.with_columns(first_order=pl.col("at") == pl.col("first_at")).drop("first_at")


def refunds(work: ReadWork, first: date, last: date, store_id: int | None = None) -> pl.LazyFrame:
    """The refunds given in the period: the ``refunds`` of :mod:`.measures`."""
    query: Any = select(_raw(Payment.paid_at), col(Payment.amount_fen)).where(
        col(Payment.kind) == PaymentKind.REFUND
    )
    query = _within(work, query, Payment.paid_at, first, last, store_id, Payment.store_id)
    return _frame(work, query, _REFUNDS)


def offers(work: ReadWork, first: date, last: date, store_id: int | None = None) -> pl.LazyFrame:
    """The offers sent in the period that were answered or ran out: the ``offers`` of
    :mod:`.measures`."""
    ended = (OfferState.ACCEPTED, OfferState.DECLINED, OfferState.EXPIRED)
    query: Any = select(
        col(Offer.companion_id), (col(Offer.state) == OfferState.ACCEPTED).label("accepted")
    ).where(col(Offer.state).in_(ended))
    query = _within(work, query, Offer.sent_at, first, last, store_id, Offer.store_id)
    return _frame(work, query, _OFFERS)


def nicks(work: ReadWork) -> dict[int, str]:
    """Companions' nicknames by id, also of those who have left."""
    query = select(col(Companion.id), col(Companion.nick))
    return dict(work.session.connection().execute(query).tuples())  # type: ignore[arg-type]


def _served_by() -> Any:
    """Who served each order to its end, and at which share; one row an order.

    An order with several places is told under the first of them.
    """
    finished = select(func.max(Assignment.id)).where(
        col(Assignment.outcome) == SessionEnd.FINISHED, col(Assignment.place) == 1
    )
    return (
        select(col(Assignment.order_id), col(Assignment.companion_id), col(Assignment.share_bp))
        .where(col(Assignment.id).in_(finished.group_by(col(Assignment.order_id))))
        .subquery()
    )


def _raw(instant: Any) -> Any:
    """The microseconds behind an instant, without making a datetime of each."""
    return type_coerce(instant, BigInteger)


def _within(
    work: ReadWork,
    query: Any,
    at: Any,
    first: date,
    last: date,
    store_id: int | None,
    store_column: Any,
) -> Any:
    begins, ends = work.calendar(store_id or STUDIO).bounds(first, last)
    query = query.where(at >= begins, at < ends)
    return query if store_id is None else query.where(store_column == store_id)


def _frame(work: ReadWork, query: Any, schema: dict[str, Any]) -> pl.LazyFrame:
    rows: Sequence[Sequence[Any]] = work.session.connection().execute(query).all()
    columns = zip(*rows, strict=True) if rows else ((),) * len(schema)
    return pl.LazyFrame(
        {
            name: pl.Series(name, column, pl.Int64 if kind == INSTANT else kind).cast(kind)
            for (name, kind), column in zip(schema.items(), columns, strict=True)
        }
    )
