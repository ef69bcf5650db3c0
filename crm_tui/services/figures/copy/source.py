"""Getting the copy's rows out of the database: by id, in portions, as columns.

Nothing here decides what a figure is made of: :mod:`.shaping` does, from these columns.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from typing import Any

import polars as pl
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Integer,
    and_,
    case,
    cast,
    false,
    func,
    select,
    true,
    type_coerce,
)
from sqlalchemy import String as Text
from sqlmodel import col

from crm_tui.core.words import Account, JournalKind, OfferState, OrderStatus, SessionEnd
from crm_tui.models import (
    Assignment,
    Companion,
    CompanionLevel,
    CompanionSkill,
    Customer,
    Offer,
    Order,
    Rating,
)
from crm_tui.models.ledger import Journal, JournalLine
from crm_tui.services.figures.copy import layout
from crm_tui.services.money.counting import COUNTS_AS, with_taken_back
from crm_tui.storage.store import ReadWork

Which = Callable[[Any], ColumnElement[bool]]
"""Which rows are meant, by the column of an id."""

_ORDERS = {
    "order_id": pl.Int64,
    "store_id": pl.Int64,
    "customer_id": pl.Int64,
    "game_id": pl.Int64,
    "kind": pl.String,
    "at": pl.Int64,
    "minutes": pl.Int64,
    "gross_fen": pl.Int64,
    "tips_fen": pl.Int64,
    "created_at": pl.Int64,
    "renewal": pl.Int8,
    "start_at": pl.Int64,
    "started_at": pl.Int64,
    "accepted_at": pl.Int64,
    "due_at": pl.Int64,
}
_ASSIGNMENTS = {
    "assignment_id": pl.Int64,
    "order_id": pl.Int64,
    "companion_id": pl.Int64,
    "place": pl.Int8,
}
_RATINGS = {"order_id": pl.Int64, "companion_id": pl.Int64, "rating": pl.Int8}
_OFFERS = {
    "order_id": pl.Int64,
    "companion_id": pl.Int64,
    "store_id": pl.Int64,
    "game_id": pl.Int64,
    "at": pl.Int64,
    "accepted": pl.Int8,
}
_JOURNALS = {
    "journal_id": pl.Int64,
    "store_id": pl.Int64,
    "at": pl.Int64,
    "subject_id": pl.Int64,
    "tips_fen": pl.Int64,
    "studio_fen": pl.Int64,
    "companion_fen": pl.Int64,
    "refunds_fen": pl.Int64,
}
_CUSTOMERS = {
    "customer_id": pl.Int64,
    "store_id": pl.Int64,
    "channel": pl.String,
    "city": pl.String,
    "registered": pl.String,
    "created_at": pl.Int64,
}
_QUARTER = 15 * 60_000_000
"""No business day begins within one, in any time zone."""
_ENDED = (OfferState.ACCEPTED, OfferState.DECLINED, OfferState.EXPIRED)
_EARNED = (JournalKind.COMPLETION, JournalKind.WRITE_OFF, JournalKind.TIP)
_INCOME = (Account.REVENUE, Account.TIP_REVENUE, Account.DISCOUNT)
_TIPPED = (Account.COMPANION_PAYABLE, Account.TIP_REVENUE)
_WHERE_MONEY_IS = (Account.CHANNEL, Account.STORED, Account.BONUS)


@dataclass(frozen=True, slots=True)
class Orders:
    """What the database holds of some orders: the completed ones, who served them, what their
    customers said, and whom any of them was offered to."""

    orders: pl.DataFrame
    assignments: pl.DataFrame
    ratings: pl.DataFrame
    offers: pl.DataFrame


def among(work: ReadWork, ids: Collection[int]) -> Which:
    """The rows with these ids."""
    return lambda column: work.store.dialect.among(column, ids) if ids else false()


def between(first: int, last: int) -> Which:
    """The rows with ids from ``first`` to ``last``, both in."""
    return lambda column: column.between(first, last)


def orders(work: ReadWork, which: Which) -> Orders:
    """All that is copied of the orders meant, as it lies in the database."""
    finished = select(
        col(Assignment.id),
        col(Assignment.order_id),
        col(Assignment.companion_id),
        col(Assignment.place),
    ).where(which(col(Assignment.order_id)), col(Assignment.outcome) == SessionEnd.FINISHED)
    rated = select(col(Rating.order_id), col(Rating.companion_id), col(Rating.overall)).where(
        which(col(Rating.order_id))
    )
    offered = (
        select(
            col(Offer.order_id),
            col(Offer.companion_id),
            col(Offer.store_id),
            col(Order.game_id),
            _raw(Offer.sent_at),
            _flag(col(Offer.state) == OfferState.ACCEPTED),
        )
        .join(Order, col(Order.id) == Offer.order_id)
        .where(which(col(Offer.order_id)), _unled(Offer.state).in_(_ENDED))
    )
    completed = _completed(which).with_only_columns(
        col(Order.id),
        col(Order.store_id),
        col(Order.customer_id),
        col(Order.game_id),
        type_coerce(Order.kind, Text),
        _raw(Order.completed_at),
        func.coalesce(Order.billed_minutes, Order.planned_minutes),
        col(Order.amount_fen),
        col(Order.tip_fen),
        _raw(Order.created_at),
        _flag(col(Order.renewal_of_id).is_not(None)),
        _raw(Order.start_at),
        _raw(Order.started_at),
        _raw(Order.accepted_at),
        _raw(Order.due_at),
    )
    return Orders(
        _frame(work, completed, _ORDERS),
        _frame(work, finished, _ASSIGNMENTS),
        _frame(work, rated, _RATINGS),
        _frame(work, offered, _OFFERS),
    )


def journals(work: ReadWork, which: Which) -> pl.DataFrame:
    """What the journals meant posted for income, a row for each journal and companion: ``tips_fen``
    taken, ``studio_fen`` and ``companion_fen`` earned, ``refunds_fen`` given back; ``subject_id``
    is the companion, else 0. A journal that was taken back counts with its opposite."""
    return _frame(work, _posted(which), _JOURNALS)


def customers(work: ReadWork, which: Which) -> pl.DataFrame:
    """The customers meant, without those that were merged into another."""
    query = select(
        col(Customer.id),
        col(Customer.store_id),
        type_coerce(Customer.channel, Text),
        col(Customer.city),
        cast(Customer.registered_on, Text),
        _raw(Customer.created_at),
    ).where(which(col(Customer.id)), col(Customer.merged_into_id).is_(None))
    return _frame(work, query, _CUSTOMERS)


def companions(work: ReadWork) -> pl.DataFrame:
    """The level of every companion."""
    query = select(col(Companion.id), col(CompanionLevel.name)).outerjoin(
        CompanionLevel, col(CompanionLevel.id) == col(Companion.level_id)
    )
    return _frame(work, query.order_by(col(Companion.id)), layout.COMPANIONS.schema)


def skills(work: ReadWork) -> pl.DataFrame:
    """The rank of every companion in every game that they play, null where it is not known."""
    query = select(
        col(CompanionSkill.companion_id),
        col(CompanionSkill.game_id),
        func.nullif(CompanionSkill.rank_text, "", type_=Text),
    ).order_by(col(CompanionSkill.companion_id), col(CompanionSkill.game_id))
    return _frame(work, query, layout.SKILLS.schema)


def sums(work: ReadWork) -> dict[str, pl.DataFrame]:
    """What the database holds for each dataset by month, added up there: by store and quarter of
    an hour (``at``), the number of ``rows`` and the sums of amounts. Reads everything."""

    completed = _unled(Order.status) == OrderStatus.COMPLETED
    orders_ = select(
        col(Order.store_id),
        _raw(Order.completed_at).label("at"),
        col(Order.amount_fen).label("gross_fen"),
        col(Order.tip_fen).label("tips_fen"),
    ).where(completed)
    places = (
        select(col(Order.id), col(Assignment.place), col(Order.store_id))
        .add_columns(_raw(Order.completed_at).label("at"))
        .join(Assignment, col(Assignment.order_id) == Order.id)
        .where(completed, col(Assignment.outcome) == SessionEnd.FINISHED)
        .distinct()
    )
    offered = select(col(Offer.store_id), _raw(Offer.sent_at).label("at")).where(
        _unled(Offer.state).in_(_ENDED)
    )
    booked = _named(_posted(lambda _number: true()), _JOURNALS)
    return {
        layout.LINES.name: _added(work, orders_, "gross_fen", "tips_fen"),
        layout.SERVED.name: _added(work, places),
        layout.OFFERS.name: _added(work, offered),
        layout.BOOKS.name: _added(
            work, booked, "tips_fen", "studio_fen", "companion_fen", "refunds_fen"
        ),
    }


def ids_of(work: ReadWork, table: Any) -> tuple[int, int]:
    """The first and the last id of a table; an empty one has (1, 0)."""
    # Asked one by one, each is a single step into the index; together they are a scan.
    run = work.session.connection().scalar
    first, last = (run(select(end(col(table.id)))) for end in (func.min, func.max))
    return (1, 0) if last is None else (first, last)


def _posted(which: Which) -> Any:
    """The lines that tell of income, as :func:`journals` says."""
    account = col(JournalLine.account)
    owed = and_(COUNTS_AS.in_(_EARNED), account == Account.COMPANION_PAYABLE)
    given_back = and_(COUNTS_AS == JournalKind.REFUND, account.in_(_WHERE_MONEY_IS))
    credited = -col(JournalLine.amount_fen)
    query = (
        select(
            col(Journal.id),
            col(Journal.store_id),
            _raw(Journal.at),
            case((owed, col(JournalLine.subject_id)), else_=0),
            case((and_(COUNTS_AS == JournalKind.TIP, account.in_(_TIPPED)), credited), else_=0),
            case((account.in_(_INCOME), credited), else_=0),
            case((owed, credited), else_=0),
            case((given_back, credited), else_=0),
        )
        .join_from(Journal, JournalLine, col(JournalLine.journal_id) == col(Journal.id))
        .where(which(col(Journal.id)), _unled(account).in_((*_INCOME, *_TIPPED)) | given_back)
    )
    return with_taken_back(query)


def _completed(which: Which) -> Any:
    return select(col(Order.id)).where(
        which(col(Order.id)), _unled(Order.status) == OrderStatus.COMPLETED
    )


def _unled(word: Any) -> Any:
    """A word by which no index leads: SQLite would go through all completed orders, say, to find
    those of a few ids."""
    return func.coalesce(word, "", type_=word.type)


def _raw(instant: Any) -> Any:
    """The microseconds behind an instant."""
    return type_coerce(instant, BigInteger)


def _flag(condition: Any) -> Any:
    return cast(condition, Integer)


def _frame(work: ReadWork, query: Any, schema: dict[str, Any]) -> pl.DataFrame:
    """The rows of ``query`` under these names and types."""
    rows = work.store.dialect.as_csv(work.session, _named(query, schema))
    if not rows:
        return pl.DataFrame(schema=schema)
    return pl.read_csv(rows, has_header=False, schema=schema)


def _named(query: Any, names: Iterable[str]) -> Any:
    """``query`` with these names for its columns."""
    return query.with_only_columns(
        *(column.label(name) for name, column in zip(names, query.selected_columns, strict=True))
    )


def _added(work: ReadWork, query: Any, *amounts: str) -> pl.DataFrame:
    """The rows of ``query`` by ``store_id`` and quarter of an hour of ``at``: how many, and the
    sums of these amounts."""
    rows = query.subquery()
    at = rows.c.at // _QUARTER * _QUARTER
    by = (rows.c.store_id, type_coerce(at, BigInteger))
    sums_ = (cast(func.sum(rows.c[name]), BigInteger) for name in amounts)
    names = ("store_id", "at", "rows", *amounts)
    return _frame(
        work, select(*by, func.count(), *sums_).group_by(*by), dict.fromkeys(names, pl.Int64)
    )
