"""Getting the measures' columns out of the database, no more of them than a period needs."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import polars as pl
from sqlalchemy import BigInteger, String, and_, case, cast, func, or_, select, type_coerce
from sqlalchemy.orm import aliased
from sqlmodel import col

from crm_tui.core.words import Account, JournalKind, OfferState, OrderStatus, SessionEnd
from crm_tui.models import STUDIO, Assignment, Companion, Customer, Offer, Order, Rating
from crm_tui.models.base import WordType
from crm_tui.models.ledger import Journal, JournalLine
from crm_tui.services.figures.measures import BOOKED
from crm_tui.storage.store import ReadWork

INSTANT = pl.Datetime("us", "UTC")

_ORDERS = {
    "order_id": pl.Int64,
    "at": INSTANT,
    "customer_id": pl.Int64,
    "channel": pl.String,
    "minutes": pl.Int64,
    "gross_fen": pl.Int64,
    "tips_fen": pl.Int64,
}
_SERVED = {"order_id": pl.Int64, "companion_id": pl.Int64}
_RATINGS = {"order_id": pl.Int64, "companion_id": pl.Int64, "rating": pl.Int64}
_FIRSTS = {"customer_id": pl.Int64, "first_at": INSTANT}
_BOOKS = {"at": INSTANT, **dict.fromkeys(BOOKED, pl.Int64)}
_SHARES = {"companion_id": pl.Int64, "share_fen": pl.Int64}
_OFFERS = {"companion_id": pl.Int64, "accepted": pl.Boolean}
_MINUTE = 60_000_000
_TAKEN_BACK = aliased(Journal)
_KIND: Any = func.coalesce(col(_TAKEN_BACK.kind), col(Journal.kind), type_=WordType(JournalKind))
_EARNED = (JournalKind.COMPLETION, JournalKind.WRITE_OFF, JournalKind.TIP)
_INCOME = (Account.REVENUE, Account.TIP_REVENUE, Account.DISCOUNT)
_TIPPED = (Account.COMPANION_PAYABLE, Account.TIP_REVENUE)
_WHERE_MONEY_IS = (Account.CHANNEL, Account.STORED, Account.BONUS)


def lines(work: ReadWork, first: date, last: date, store_id: int | None = None) -> pl.LazyFrame:
    """The orders completed in the business days ``first`` to ``last``, both in: the ``lines`` of
    :mod:`.measures`, with the customer's ``channel``; of one store, or of all.

    An order with several places is told under the first of them, and one that was handed over
    under the companion who finished it.
    """
    scope = _within(
        work, _completed(col(Order.id)), Order, Order.completed_at, first, last, store_id
    )
    orders = _completed(
        col(Order.id),
        _raw(Order.completed_at),
        col(Order.customer_id),
        type_coerce(Customer.channel, String),
        func.coalesce(Order.billed_minutes, Order.planned_minutes),
        col(Order.amount_fen),
        col(Order.tip_fen),
    ).join(Customer, col(Customer.id) == Order.customer_id)
    served = (
        select(col(Assignment.order_id), col(Assignment.companion_id))
        .where(
            col(Assignment.order_id).in_(scope),
            col(Assignment.outcome) == SessionEnd.FINISHED,
            col(Assignment.place) == 1,
        )
        .order_by(col(Assignment.id))
    )
    ratings = select(col(Rating.order_id), col(Rating.companion_id), col(Rating.overall)).where(
        col(Rating.order_id).in_(scope)
    )
    firsts = _completed(col(Order.customer_id), func.min(_raw(Order.completed_at))).group_by(
        col(Order.customer_id)
    )
    in_scope = _within(work, orders, Order, Order.completed_at, first, last, store_id)
    return (
        _frame(work, in_scope, _ORDERS)
        .join(
            _frame(work, served, _SERVED).unique("order_id", keep="last"),
            on="order_id",
            how="left",
        )
        .join(_frame(work, ratings, _RATINGS), on=["order_id", "companion_id"], how="left")
        .join(_frame(work, firsts, _FIRSTS), on="customer_id", how="left")
        .with_columns(first_order=pl.col("at") == pl.col("first_at"))
        .drop("order_id", "first_at")
    )


def books(work: ReadWork, first: date, last: date, store_id: int | None = None) -> pl.LazyFrame:
    """What the ledger posted in the period, summed by the minute: the ``books`` of
    :mod:`.measures`. A journal that was taken back counts with its opposite, where that falls."""
    minute = _raw(Journal.at) // _MINUTE * _MINUTE
    owed = _credited(_KIND.in_(_EARNED), (Account.COMPANION_PAYABLE,))
    query: Any = (
        _posted(
            minute,
            _credited(_KIND == JournalKind.TIP, _TIPPED),
            _credited(True, _INCOME),
            owed,
            _credited(_KIND == JournalKind.REFUND, _WHERE_MONEY_IS),
        )
        .where(
            or_(
                col(JournalLine.account).in_((*_TIPPED, *_INCOME)),
                and_(_KIND == JournalKind.REFUND, col(JournalLine.account).in_(_WHERE_MONEY_IS)),
            )
        )
        .group_by(minute)
    )
    return _frame(work, _within(work, query, Journal, Journal.at, first, last, store_id), _BOOKS)


def shares(work: ReadWork, first: date, last: date, store_id: int | None = None) -> pl.LazyFrame:
    """What each companion earned in the period: the ``shares`` of :mod:`.measures`."""
    query: Any = (
        _posted(col(JournalLine.subject_id), _credited(True, (Account.COMPANION_PAYABLE,)))
        .where(col(JournalLine.account) == Account.COMPANION_PAYABLE, _KIND.in_(_EARNED))
        .group_by(col(JournalLine.subject_id))
    )
    return _frame(work, _within(work, query, Journal, Journal.at, first, last, store_id), _SHARES)


def offers(work: ReadWork, first: date, last: date, store_id: int | None = None) -> pl.LazyFrame:
    """The offers sent in the period that were answered or ran out: the ``offers`` of
    :mod:`.measures`."""
    ended = (OfferState.ACCEPTED, OfferState.DECLINED, OfferState.EXPIRED)
    query: Any = select(
        col(Offer.companion_id), (col(Offer.state) == OfferState.ACCEPTED).label("accepted")
    ).where(col(Offer.state).in_(ended))
    query = _within(work, query, Offer, Offer.sent_at, first, last, store_id)
    return _frame(work, query, _OFFERS)


def nicks(work: ReadWork) -> dict[int, str]:
    """Companions' nicknames by id, also of those who have left."""
    rows: Any = work.session.connection().execute(select(col(Companion.id), col(Companion.nick)))
    return dict(rows.all())


def _posted(*columns: Any) -> Any:
    """Lines of the ledger with their journals."""
    return (
        select(*columns)
        .join_from(Journal, JournalLine, col(JournalLine.journal_id) == col(Journal.id))
        .outerjoin(_TAKEN_BACK, col(_TAKEN_BACK.id) == col(Journal.reverses_id))
    )


def _credited(which: Any, accounts: Sequence[Account]) -> Any:
    """The sum of what ``which`` journals credited to ``accounts``."""
    counts = and_(which, col(JournalLine.account).in_(accounts))
    return cast(func.sum(case((counts, -col(JournalLine.amount_fen)), else_=0)), BigInteger)


def _completed(*columns: Any) -> Any:
    return select(*columns).where(col(Order.status) == OrderStatus.COMPLETED)


def _raw(instant: Any) -> Any:
    """The microseconds behind an instant, without making a datetime of each."""
    return type_coerce(instant, BigInteger)


def _within(
    work: ReadWork, query: Any, table: Any, at: Any, first: date, last: date, store_id: int | None
) -> Any:
    """``query``, for instants in the business days ``first`` to ``last`` of one store or all."""
    begins, ends = work.calendar(store_id or STUDIO).bounds(first, last)
    query = query.where(at >= begins, at < ends)
    return query if store_id is None else query.where(table.store_id == store_id)


def _frame(work: ReadWork, query: Any, schema: dict[str, Any]) -> pl.LazyFrame:
    rows: Sequence[Sequence[Any]] = work.session.connection().execute(query).all()
    columns = zip(*rows, strict=True) if rows else ((),) * len(schema)
    return pl.LazyFrame(
        {
            name: pl.Series(name, column, pl.Int64 if kind == INSTANT else kind).cast(kind)
            for (name, kind), column in zip(schema.items(), columns, strict=True)
        }
    )
