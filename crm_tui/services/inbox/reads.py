"""What waits, read with its order: a limited number of each cause, every query by an index.

An order waits for one thing at a time; a task rests and belongs to somebody by itself, everything
else by its mark.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime, tzinfo
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, cast, exists, func, or_, select, type_coerce
from sqlmodel import col

from crm_tui.core.clock import to_micros
from crm_tui.core.errors import NotFound
from crm_tui.core.language import _
from crm_tui.core.settings import definition_of
from crm_tui.core.words import AlarmKind, Cause, OrderStatus, TaskKind
from crm_tui.models import STUDIO, Order, ServiceSession
from crm_tui.models.alarms import Alarm
from crm_tui.services.clocks.terms import terms_of
from crm_tui.services.inbox.marks import marked, marks_of
from crm_tui.services.inbox.rules import ALARMS_OF, Thing, Waiting, cause_of
from crm_tui.services.inbox.signs import alarms, low_ratings, to_give_back
from crm_tui.services.orders.reads import iso
from crm_tui.services.orders.rows import OrderRow, rows_by_ids
from crm_tui.services.tasks.reads import open_tasks
from crm_tui.storage.store import ReadWork

AT_MOST = 100
"""Of each cause, those whose time runs out first; nobody works through more at a sitting."""

ALL = 10_000
"""Of each cause, where somebody names a thing or lists everything."""


def waiting(work: ReadWork, login: str | None = None, at_most: int = AT_MOST) -> list[Waiting]:
    """Everything that waits, the most urgent first: a total order (:meth:`Waiting.rank`).

    What rests comes last and, with ``login``, what somebody else has taken on before that. Of each
    cause the ``at_most`` that run out first are looked at.
    """
    now = work.clock.now()
    weights = definition_of("inbox.weights").default | work.setting("inbox.weights")
    found = [
        *_orders(work, weights, now, at_most),
        *to_give_back(work, weights[Cause.GIVE_BACK], at_most),
        *low_ratings(work, weights[Cause.LOW_RATING], at_most),
        *alarms(work, weights[Cause.ALARM], at_most),
        *_tasks(work, weights, at_most),
    ]
    return sorted(found, key=lambda each: each.rank(now, login))


def find(work: ReadWork, what: str) -> Waiting:
    """What waits under this key, or is an order's or task's number. Raises :class:`NotFound`."""
    wanted = what.strip()
    for each in waiting(work, at_most=ALL):
        if wanted in (each.key, each.ref):
            return each
    raise NotFound(what=_("waiting thing"), ref=what)


def _orders(
    work: ReadWork, weights: dict[str, float], now: datetime, at_most: int
) -> Iterator[Waiting]:
    ids = _order_ids(work, now, at_most)
    marks = marks_of(work, "order", ids)
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
        yield marked(entry, marks.get(thing))


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
