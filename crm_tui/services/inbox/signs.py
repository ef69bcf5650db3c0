"""What waits without an order's clock or a task: money of cancelled orders, low ratings, and alarms
that came without one."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, exists, func, select
from sqlmodel import col

from crm_tui.core.language import _
from crm_tui.core.money import yuan
from crm_tui.core.words import Account, Cause
from crm_tui.models import Companion, Customer, Order, Rating
from crm_tui.models.alarms import Alarm
from crm_tui.models.contacts import Task
from crm_tui.models.ledger import Journal, JournalLine
from crm_tui.models.orders import LOW_RATED, TO_GIVE_BACK
from crm_tui.services.inbox.marks import marked, marks_of
from crm_tui.services.inbox.rules import Thing, Waiting
from crm_tui.services.risk.telling import in_words
from crm_tui.storage.store import ReadWork

LOOK_BACK = timedelta(days=7)
"""Low ratings and alarms that are older wait no more."""
ASK_WITHIN = timedelta(hours=2)
"""After a low rating somebody asks why."""

GIVE_BACK_WITHIN = timedelta(days=1)
"""After an order was called off its customer has their money back."""

_PREPAID = (
    select(-func.sum(col(JournalLine.amount_fen)))
    .join(Journal, col(Journal.id) == col(JournalLine.journal_id))
    .where(col(Journal.order_id) == col(Order.id), col(JournalLine.account) == Account.PREPAID)
    .correlate(Order)
    .scalar_subquery()
)
"""Asked of each order by itself: what was written off has nothing prepaid, whatever was paid."""
_PAID_AHEAD: tuple[Any, ...] = (
    *(getattr(Order, name) for name in ("id", "no", "store_id", "customer_id", "cancelled_at")),
    col(Order.cancel_reason),
    col(Customer.nick).label("customer"),
    _PREPAID.label("prepaid_fen"),
)
_TO_GIVE_BACK = (
    select(*_PAID_AHEAD)
    .join(Customer, col(Customer.id) == col(Order.customer_id))
    .where(TO_GIVE_BACK, _PREPAID > 0)
    .order_by(col(Order.cancelled_at), col(Order.id))
)
_TAKEN_UP = exists().where(
    col(Task.customer_id) == col(Order.customer_id),
    col(Task.order_id) == col(Order.id),
    col(Task.created_at) >= col(Rating.rated_at),
)
_RATED: tuple[Any, ...] = (
    *(getattr(Rating, name) for name in ("id", "overall", "comment", "rated_at", "store_id")),
    col(Order.id).label("order_id"),
    col(Order.no).label("order_no"),
    col(Order.customer_id),
    col(Customer.nick).label("customer"),
    col(Companion.id).label("companion_id"),
    col(Companion.nick).label("companion"),
)
_LOW_RATINGS = (
    select(*_RATED)
    .join(Order, col(Order.id) == col(Rating.order_id))
    .join(Customer, col(Customer.id) == col(Order.customer_id))
    .join(Companion, col(Companion.id) == col(Rating.companion_id))
    .where(LOW_RATED, ~_TAKEN_UP)
    .order_by(col(Rating.rated_at))
)
_RAISED: tuple[Any, ...] = (
    *(getattr(Alarm, name) for name in ("id", "kind", "entity", "entity_id")),
    *(getattr(Alarm, name) for name in ("raised_at", "store_id", "parts")),
    func.coalesce(col(Customer.no), col(Companion.no), "").label("no"),
    func.coalesce(col(Customer.nick), col(Companion.nick), "").label("who"),
)
_ALARMS = (
    select(*_RAISED)
    .outerjoin(
        Customer, and_(col(Alarm.entity) == "customer", col(Customer.id) == col(Alarm.entity_id))
    )
    .outerjoin(
        Companion, and_(col(Alarm.entity) == "companion", col(Companion.id) == col(Alarm.entity_id))
    )
    .where(col(Alarm.entity) != "order", col(Alarm.task_id).is_(None))
    .order_by(col(Alarm.raised_at))
)


def to_give_back(work: ReadWork, weight: float, at_most: int) -> Iterator[Waiting]:
    """Cancelled orders whose customer has money with the studio: until it is refunded, or somebody
    says why it stays."""
    rows = work.session.connection().execute(_TO_GIVE_BACK.limit(at_most)).all()
    marks = marks_of(work, "order", [row.id for row in rows])
    for row in rows:
        thing = Thing("order", row.id, Cause.GIVE_BACK)
        mark = marks.get(thing)
        if mark is None or mark.done_at is None:
            yield marked(_paid_ahead(thing, row, weight), mark)


def _paid_ahead(thing: Thing, row: Any, weight: float) -> Waiting:
    what = _("¥{amount} paid ahead")
    return Waiting(
        thing,
        thing.cause,
        row.no,
        what.format(amount=yuan(int(row.prepaid_fen))),
        row.cancelled_at,
        row.cancelled_at + GIVE_BACK_WITHIN,
        weight,
        row.store_id,
        row.customer_id,
        row.customer,
        order_id=row.id,
        order_no=row.no,
        reason=row.cancel_reason,
    )


def low_ratings(work: ReadWork, weight: float, at_most: int) -> Iterator[Waiting]:
    """Low ratings after which nobody has taken down anything to do, or dismissed them."""
    query = _LOW_RATINGS.where(col(Rating.rated_at) >= _since(work)).limit(at_most)
    rows = work.session.connection().execute(query).all()
    marks = marks_of(work, "rating", [row.id for row in rows])
    for row in rows:
        thing = Thing("rating", row.id, Cause.LOW_RATING)
        mark = marks.get(thing)
        if mark is None or mark.done_at is None:
            yield marked(_low_rating(thing, row, weight), mark)


def _low_rating(thing: Thing, row: Any, weight: float) -> Waiting:
    what = _("{companion} was rated {rating}")
    return Waiting(
        thing,
        thing.cause,
        row.order_no,
        what.format(companion=row.companion, rating=row.overall),
        row.rated_at,
        row.rated_at + ASK_WITHIN,
        weight,
        row.store_id,
        row.customer_id,
        row.customer,
        row.companion_id,
        row.order_id,
        row.order_no,
        reason=row.comment,
    )


def alarms(work: ReadWork, weight: float, at_most: int) -> Iterator[Waiting]:
    """Alarms about customers and companions that came without a task, and were not dismissed.

    Those about an order are told by the order's own entry.
    """
    query = _ALARMS.where(col(Alarm.raised_at) >= _since(work)).limit(at_most)
    rows = work.session.connection().execute(query).all()
    marks = marks_of(work, "alarm", [row.id for row in rows])
    for row in rows:
        thing = Thing("alarm", row.id, Cause.ALARM)
        mark = marks.get(thing)
        if mark is None or mark.done_at is None:
            yield marked(_alarm(thing, row, weight), mark)


def _alarm(thing: Thing, row: Any, weight: float) -> Waiting:
    of_customer = row.entity == "customer"
    return Waiting(
        thing,
        thing.cause,
        row.no,
        row.kind.label,
        row.raised_at,
        row.raised_at,
        weight,
        row.store_id,
        row.entity_id if of_customer else None,
        row.who,
        None if of_customer else row.entity_id,
        alarms=(row.kind,),
        reason=in_words(row.kind, row.parts),
    )


def _since(work: ReadWork) -> datetime:
    return work.clock.now() - LOOK_BACK
