"""The board at a past moment: which orders were on it, where each stood, who served it.

The event log says where an order stood; who was bound, asked and running is read from the tables
that keep a beginning and an end of everything. Names (of customers, companions, games) are those
of today: the log does not hold personal values for ever.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, case, func, or_, select
from sqlalchemy.orm import aliased
from sqlmodel import col

from crm_tui.core.text import listed
from crm_tui.core.words import OrderStatus, PaymentKind, SessionEnd
from crm_tui.models import (
    STUDIO,
    Assignment,
    Companion,
    Event,
    ImportBatch,
    Offer,
    Order,
    Payment,
)
from crm_tui.services.clocks.clockwork import Service, services
from crm_tui.services.clocks.rules import Terms
from crm_tui.services.clocks.terms import terms_of
from crm_tui.services.orders.reads import document as order_document
from crm_tui.services.orders.reads import iso
from crm_tui.services.orders.rows import Named, OrderRow, rows_by_ids, time_facts
from crm_tui.services.orders.rules import OPEN, urgency
from crm_tui.services.replay.rules import (
    Happened,
    Milestones,
    Standing,
    standing,
    standing_by_times,
)
from crm_tui.storage.store import ReadWork

_AT_ONCE = 1000
"""Orders in one query."""


@dataclass(frozen=True, slots=True)
class PastBoard:
    """The board as it was at ``at`` (UTC), the most urgent first."""

    at: datetime
    rows: list[OrderRow]
    by_status: dict[OrderStatus, int]
    """Orders in each open state, zero included."""
    completed_today: int
    """On the business day of ``at``, until then."""
    gross_fen: int
    """Their amounts, without tips."""
    events: int
    """How many events it was put together from."""


def board_at(work: ReadWork, at: datetime) -> PastBoard:
    """The board at ``at`` (UTC), a time that is over (``rules.moment``)."""
    ids = _on_the_board(work, at)
    rows: list[OrderRow] = []
    read = 0
    for start in range(0, len(ids), _AT_ONCE):
        some, events = _as_it_was(work, ids[start : start + _AT_ONCE], at)
        rows += some
        read += events
    rows.sort(key=lambda row: urgency(row.status, row.due_at, row.created_at))
    done = [row for row in rows if row.status is OrderStatus.COMPLETED]
    return PastBoard(
        at,
        rows,
        {status: sum(row.status is status for row in rows) for status in OPEN},
        len(done),
        sum(row.amount_fen for row in done),
        read,
    )


def document(board: PastBoard, zone: Any) -> dict[str, Any]:
    """The JSON form that commands answer."""
    return {
        "at": iso(board.at, zone),
        "counts": {status.value: count for status, count in board.by_status.items()},
        "completed_today": board.completed_today,
        "gross_fen": board.gross_fen,
        "events": board.events,
        "orders": [order_document(row, zone) for row in board.rows],
    }


def _on_the_board(work: ReadWork, at: datetime) -> list[int]:
    """The orders that existed at ``at`` and were open, or closed earlier on that business day.

    Imported orders exist since their import, whenever they were taken.
    """
    calendar = work.calendar(STUDIO)
    day_began = calendar.starts(calendar.day_of(at))
    query = (
        select(col(Order.id))
        .outerjoin(ImportBatch, col(ImportBatch.id) == col(Order.import_batch_id))
        .where(
            col(Order.created_at) <= at,
            or_(col(Order.completed_at).is_(None), col(Order.completed_at) >= day_began),
            or_(col(Order.cancelled_at).is_(None), col(Order.cancelled_at) >= day_began),
            or_(col(ImportBatch.id).is_(None), col(ImportBatch.finished_at) <= at),
        )
        .order_by(col(Order.id))
    )
    return [one for one in work.session.connection().execute(query).scalars() if one is not None]


def _as_it_was(work: ReadWork, ids: Sequence[int], at: datetime) -> tuple[list[OrderRow], int]:
    """These orders at ``at``, and how many events said so."""
    happened, read = _happened(work, ids, at)
    milestones = _milestones(work, ids)
    around = _Around(
        _bound(work, ids, at),
        services(work, ids, at),
        _open_offers(work, ids, at),
        _money(work, ids, at),
    )
    rows = []
    for row in rows_by_ids(work, ids):
        stood = standing(happened[row.id]) or standing_by_times(milestones[row.id], at)
        rows.append(_past_row(row, stood, around, terms_of(work, row.store_id)))
    return rows, read


@dataclass(frozen=True, slots=True)
class _Around:
    """What was around the orders at that moment, by order."""

    companions: dict[int, dict[int, Named]]
    services: dict[int, Service]
    offers: dict[int, tuple[int, datetime]]
    money: dict[int, tuple[int, int]]


def _past_row(row: OrderRow, stood: Standing, around: _Around, terms: Terms) -> OrderRow:
    """``row`` with what was so then in the place of what is so now."""
    who = tuple(around.companions.get(row.id, {}).values())
    asked, offer_expires = around.offers.get(row.id, (0, None))
    paid_fen, tip_fen = around.money.get(row.id, (0, 0))
    columns = {name: getattr(row, name) for name in OrderRow.__slots__} | asdict(stood)
    columns["planned_minutes"] = stood.planned_minutes or row.planned_minutes
    service = around.services.get(row.id, Service())
    columns |= time_facts(columns, service, offer_expires, terms)
    return OrderRow(
        **columns
        | {
            "companions": who,
            "companion_id": who[0].id if who else None,
            "companion": listed(one.nick for one in who) or None,
            "open_offers": asked,
            "paid_fen": paid_fen,
            "tip_fen": tip_fen,
            "amount_fen": row.amount_fen if stood.amount_fen is None else stood.amount_fen,
            "billed_minutes": stood.billed_minutes if stood.finished_at else None,
            "rating": row.rating if stood.completed_at else None,
        }
    )


def _happened(
    work: ReadWork, ids: Sequence[int], at: datetime
) -> tuple[defaultdict[int, list[Happened]], int]:
    columns: tuple[Any, ...] = (
        col(Event.entity_id),
        col(Event.at),
        col(Event.kind),
        col(Event.data),
    )
    query = (
        select(*columns)
        .where(col(Event.entity) == "order", col(Event.entity_id).in_(ids), col(Event.at) <= at)
        .order_by(col(Event.store_id), col(Event.seq))
    )
    found: defaultdict[int, list[Happened]] = defaultdict(list)
    read = 0
    for order_id, when, kind, data in work.session.connection().execute(query):
        found[order_id].append(Happened(when, kind, data))
        read += 1
    return found, read


def _milestones(work: ReadWork, ids: Sequence[int]) -> dict[int, Milestones]:
    times: tuple[Any, ...] = tuple(getattr(Order, name) for name in Milestones.__slots__)
    query = select(col(Order.id), *times).where(col(Order.id).in_(ids))
    rows = work.session.connection().execute(query)
    return {order_id: Milestones(*instants) for order_id, *instants in rows}


def _bound(work: ReadWork, ids: Sequence[int], at: datetime) -> dict[int, dict[int, Named]]:
    """Who served each order at ``at``, or had finished it by then, by place."""
    still = or_(
        _open_at(col(Assignment.ended_at), at), col(Assignment.outcome) == SessionEnd.FINISHED
    )
    query = (
        select(
            col(Assignment.order_id),
            col(Assignment.place),
            col(Assignment.companion_id),
            col(Companion.nick),
        )
        .join(Companion, col(Companion.id) == col(Assignment.companion_id))
        .where(col(Assignment.order_id).in_(ids), col(Assignment.accepted_at) <= at, still)
        .order_by(col(Assignment.place), col(Assignment.id))
    )
    found: defaultdict[int, dict[int, Named]] = defaultdict(dict)
    for order_id, place, companion_id, nick in work.session.connection().execute(query):
        found[order_id][place] = Named(companion_id, nick)
    return found


def _open_offers(
    work: ReadWork, ids: Sequence[int], at: datetime
) -> dict[int, tuple[int, datetime]]:
    query = (
        select(col(Offer.order_id), func.count(), func.max(col(Offer.expires_at)))
        .where(
            col(Offer.order_id).in_(ids),
            col(Offer.sent_at) <= at,
            _open_at(col(Offer.answered_at), at),
            col(Offer.expires_at) > at,
        )
        .group_by(col(Offer.order_id))
    )
    rows = work.session.connection().execute(query)
    return {order_id: (count, expires) for order_id, count, expires in rows}


def _money(work: ReadWork, ids: Sequence[int], at: datetime) -> dict[int, tuple[int, int]]:
    """Paid and tipped by ``at``, fen; refunds taken off what they give back."""
    refunded = aliased(Payment)
    refund = col(Payment.kind) == PaymentKind.REFUND
    of_tip = (col(Payment.kind) == PaymentKind.TIP) | (
        refund & (col(refunded.kind) == PaymentKind.TIP)
    )
    came = case((refund, -col(Payment.amount_fen)), else_=col(Payment.amount_fen))
    query = (
        select(
            col(Payment.order_id),
            func.sum(case((of_tip, 0), else_=came)),
            func.sum(case((of_tip, came), else_=0)),
        )
        .outerjoin(refunded, col(refunded.id) == col(Payment.refund_of_id))
        .where(col(Payment.order_id).in_(ids), col(Payment.paid_at) <= at)
        .group_by(col(Payment.order_id))
    )
    rows = work.session.connection().execute(query)
    return {order_id: (int(paid), int(tip)) for order_id, paid, tip in rows if order_id is not None}


def _open_at(ended: Any, at: datetime) -> ColumnElement[bool]:
    """Whether what ends at ``ended`` had not ended at ``at``."""
    return or_(ended.is_(None), ended > at)
