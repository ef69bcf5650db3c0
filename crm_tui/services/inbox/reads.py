"""What waits, read with its order: a limited number of each cause, every query by an index.

An order waits for one thing at a time; a task rests and belongs to somebody by itself, everything
else by its mark.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, tzinfo
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, cast, exists, func, or_, select, type_coerce
from sqlmodel import col

from crm_tui.core.clock import to_micros
from crm_tui.core.errors import NotFound
from crm_tui.core.language import _
from crm_tui.core.words import AlarmKind, Cause, OrderStatus, TaskKind
from crm_tui.models import (
    STUDIO,
    Alarm,
    Companion,
    Customer,
    InboxMark,
    Operator,
    Order,
    Rating,
    ServiceSession,
    Task,
)
from crm_tui.models.orders import LOW_RATED
from crm_tui.services.clocks.terms import terms_of
from crm_tui.services.inbox.rules import ALARMS_OF, Thing, Waiting, cause_of
from crm_tui.services.orders.reads import iso
from crm_tui.services.orders.rows import OrderRow, rows_by_ids
from crm_tui.services.risk.telling import in_words
from crm_tui.services.tasks.reads import open_tasks
from crm_tui.storage.store import ReadWork

AT_MOST = 100
"""Of each cause, those whose time runs out first; nobody works through more at a sitting."""
LOOK_BACK = timedelta(days=7)
"""Low ratings and alarms that are older wait no more."""
ASK_WITHIN = timedelta(hours=2)
"""After a low rating somebody asks why."""


@dataclass(frozen=True, slots=True)
class Mark:
    """What people said of a thing."""

    owner: str | None
    snoozed_until: datetime | None
    done_at: datetime | None


def waiting(work: ReadWork, login: str | None = None, at_most: int = AT_MOST) -> list[Waiting]:
    """Everything that waits, the most urgent first: a total order (:meth:`Waiting.rank`).

    What rests comes last and, with ``login``, what somebody else has taken on before that. Of each
    cause the ``at_most`` that run out first are looked at.
    """
    now = work.clock.now()
    weights = work.setting("inbox.weights")
    found = [
        *_orders(work, weights, now, at_most),
        *_ratings(work, weights, now, at_most),
        *_alarms(work, weights, now, at_most),
        *_tasks(work, weights, at_most),
    ]
    return sorted(found, key=lambda each: each.rank(now, login))


def find(work: ReadWork, what: str) -> Waiting:
    """What waits under this key, or is an order's or task's number. Raises :class:`NotFound`."""
    wanted = what.strip()
    for each in waiting(work):
        if wanted in (each.key, each.ref):
            return each
    raise NotFound(what=_("waiting thing"), ref=what)


def _orders(
    work: ReadWork, weights: dict[str, float], now: datetime, at_most: int
) -> Iterator[Waiting]:
    ids = _order_ids(work, now, at_most)
    marks = _marks(work, "order", ids)
    told = _alarms_of_orders(work, ids)
    warnings = {}
    for row in rows_by_ids(work, ids):
        if row.store_id not in warnings:
            warnings[row.store_id] = terms_of(work, row.store_id).warning
        caused = cause_of(row, now, warnings[row.store_id])
        if caused is None:
            continue
        cause, since, due_at = caused
        thing = Thing("order", row.id, cause)
        speaks_of = ALARMS_OF.get(cause, frozenset())
        alarms = tuple(kind for kind, at in told[row.id] if kind in speaks_of and at >= since)
        entry = Waiting(
            thing,
            cause,
            row.no,
            _about_order(row),
            since,
            due_at,
            weights[cause.value],
            row.store_id,
            row.customer_id,
            row.customer,
            row.companion_id,
            row.id,
            row.no,
            alarms=alarms,
        )
        yield _marked(entry, marks.get(thing))


def _about_order(row: OrderRow) -> str:
    return " ".join(filter(None, (row.game, row.companion)))


def _order_ids(work: ReadWork, now: datetime, at_most: int) -> list[int]:
    """The orders that may wait for somebody: by status, those whose time runs out first."""
    planned = cast(col(Order.planned_minutes), BigInteger) * 60_000_000
    ends: Any = type_coerce(col(Order.started_at), BigInteger) + planned
    running = exists().where(
        col(ServiceSession.order_id) == col(Order.id), col(ServiceSession.ended_at).is_(None)
    )
    soon = to_micros(now + terms_of(work, STUDIO).warning)
    begins = func.coalesce(col(Order.start_at), col(Order.accepted_at))
    confirmed = func.coalesce(col(Order.confirmed_at), col(Order.finished_at))
    status: Any = col(Order.status)
    queries: list[tuple[Any, Sequence[ColumnElement[bool]]]] = [
        (col(Order.due_at), [status == OrderStatus.PENDING]),
        (col(Order.due_at), [status == OrderStatus.OFFERED]),
        (begins, [status == OrderStatus.ACCEPTED, begins <= now]),
        (ends, [status == OrderStatus.SERVING, or_(ends <= soon, ~running)]),
        (col(Order.finished_at), [status == OrderStatus.CONFIRMING]),
        (confirmed, [status == OrderStatus.UNPAID]),
    ]
    found: list[int] = []
    for by, which in queries:
        query = select(col(Order.id)).where(*which).order_by(by, col(Order.id)).limit(at_most)
        found += [each for each in work.session.connection().scalars(query) if each is not None]
    return found


def _alarms_of_orders(
    work: ReadWork, ids: Sequence[int]
) -> defaultdict[int, list[tuple[AlarmKind, datetime]]]:
    order_id: Any = col(Alarm.entity_id)
    query = (
        select(order_id, col(Alarm.kind), col(Alarm.raised_at))
        .where(col(Alarm.entity) == "order", work.store.dialect.among(order_id, ids))
        .order_by(col(Alarm.id))
    )
    found: defaultdict[int, list[tuple[AlarmKind, datetime]]] = defaultdict(list)
    for about, kind, at in work.session.connection().execute(query):
        found[about].append((kind, at))
    return found


def _ratings(
    work: ReadWork, weights: dict[str, float], now: datetime, at_most: int
) -> Iterator[Waiting]:
    """Low ratings after which nobody has taken anything down to do."""
    cause = Cause.LOW_RATING
    taken_up = exists().where(
        col(Task.customer_id) == col(Order.customer_id),
        col(Task.order_id) == col(Order.id),
        col(Task.created_at) >= col(Rating.rated_at),
    )
    columns: tuple[Any, ...] = (
        col(Rating.id),
        col(Rating.overall),
        col(Rating.comment),
        col(Rating.rated_at),
        col(Rating.store_id),
        col(Order.id).label("order_id"),
        col(Order.no).label("order_no"),
        col(Order.customer_id),
        col(Customer.nick).label("customer"),
        col(Companion.id).label("companion_id"),
        col(Companion.nick).label("companion"),
    )
    query = (
        select(*columns)
        .join(Order, col(Order.id) == col(Rating.order_id))
        .join(Customer, col(Customer.id) == col(Order.customer_id))
        .join(Companion, col(Companion.id) == col(Rating.companion_id))
        .where(LOW_RATED, col(Rating.rated_at) >= now - LOOK_BACK, ~taken_up)
        .order_by(col(Rating.rated_at))
        .limit(at_most)
    )
    rows = work.session.connection().execute(query).all()
    marks = _marks(work, "rating", [row.id for row in rows])
    for row in rows:
        thing = Thing("rating", row.id, cause)
        mark = marks.get(thing)
        if mark is None or mark.done_at is None:
            entry = Waiting(
                thing,
                cause,
                row.order_no,
                _("{companion} was rated {rating}").format(
                    companion=row.companion, rating=row.overall
                ),
                row.rated_at,
                row.rated_at + ASK_WITHIN,
                weights[cause.value],
                row.store_id,
                row.customer_id,
                row.customer,
                row.companion_id,
                row.order_id,
                row.order_no,
                reason=row.comment,
            )
            yield _marked(entry, mark)


def _alarms(
    work: ReadWork, weights: dict[str, float], now: datetime, at_most: int
) -> Iterator[Waiting]:
    """Alarms about customers and companions that came without a task; an order's are its own."""
    cause = Cause.ALARM
    who: Any = func.coalesce(col(Customer.nick), col(Companion.nick), "")
    columns: tuple[Any, ...] = (
        *(getattr(Alarm, name) for name in ("id", "kind", "entity", "entity_id")),
        *(getattr(Alarm, name) for name in ("raised_at", "store_id", "parts")),
        func.coalesce(col(Customer.no), col(Companion.no), "").label("no"),
        who.label("who"),
    )
    query = (
        select(*columns)
        .outerjoin(
            Customer,
            (col(Alarm.entity) == "customer") & (col(Customer.id) == col(Alarm.entity_id)),
        )
        .outerjoin(
            Companion,
            (col(Alarm.entity) == "companion") & (col(Companion.id) == col(Alarm.entity_id)),
        )
        .where(
            col(Alarm.raised_at) >= now - LOOK_BACK,
            col(Alarm.entity) != "order",
            col(Alarm.task_id).is_(None),
        )
        .order_by(col(Alarm.raised_at))
        .limit(at_most)
    )
    rows = work.session.connection().execute(query).all()
    marks = _marks(work, "alarm", [row.id for row in rows])
    for row in rows:
        thing = Thing("alarm", row.id, cause)
        mark = marks.get(thing)
        if mark is None or mark.done_at is None:
            of_customer = row.entity == "customer"
            entry = Waiting(
                thing,
                cause,
                row.no,
                row.kind.label,
                row.raised_at,
                row.raised_at,
                weights[cause.value],
                row.store_id,
                row.entity_id if of_customer else None,
                row.who,
                None if of_customer else row.entity_id,
                alarms=(row.kind,),
                reason=in_words(row.kind, row.parts),
            )
            yield _marked(entry, mark)


def _tasks(work: ReadWork, weights: dict[str, float], at_most: int) -> Iterator[Waiting]:
    for row in open_tasks(work, limit=at_most):
        yield Waiting(
            Thing("task", row.id, Cause.TASK),
            row.kind,
            str(row.id),
            row.title,
            row.created_at,
            row.due_at,
            weights[row.kind.value],
            row.store_id,
            row.customer_id,
            row.customer,
            None,
            row.order_id,
            row.order_no or "",
            row.owner,
            row.snoozed_until,
            reason=row.why,
        )


def _marks(work: ReadWork, entity: str, ids: Sequence[int]) -> dict[Thing, Mark]:
    """What people said of the records with these ids."""
    entity_id: Any = col(InboxMark.entity_id)
    columns: tuple[Any, ...] = (
        entity_id,
        col(InboxMark.cause),
        col(Operator.login),
        col(InboxMark.snoozed_until),
        col(InboxMark.done_at),
    )
    query = (
        select(*columns)
        .outerjoin(Operator, col(Operator.id) == col(InboxMark.owner_id))
        .where(col(InboxMark.entity) == entity, work.store.dialect.among(entity_id, ids))
    )
    rows: Iterable[Any] = work.session.connection().execute(query)
    return {
        Thing(entity, about, Cause(cause)): Mark(owner, snoozed_until, done_at)
        for about, cause, owner, snoozed_until, done_at in rows
    }


def _marked(entry: Waiting, mark: Mark | None) -> Waiting:
    if mark is None:
        return entry
    return replace(entry, owner=mark.owner, snoozed_until=mark.snoozed_until)


def document(entry: Waiting, now: datetime, zone: tzinfo) -> dict[str, Any]:
    """The JSON form that commands answer, with times as ``zone`` shows them."""
    return {
        "key": entry.key,
        "cause": entry.thing.cause.value,
        "task_kind": entry.matter.value if isinstance(entry.matter, TaskKind) else None,
        "ref": entry.ref,
        "title": entry.what,
        "customer": entry.customer,
        "order": entry.order_no or None,
        "since": iso(entry.since, zone),
        "due_at": iso(entry.due_at, zone),
        "urgency": round(entry.urgency(now), 2),
        "cost": entry.cost,
        "reason": entry.reason,
        "alarms": [kind.value for kind in entry.alarms],
        "owner": entry.owner,
        "snoozed_until": iso(entry.snoozed_until, zone) if entry.asleep(now) else None,
        "command": entry.command,
    }
