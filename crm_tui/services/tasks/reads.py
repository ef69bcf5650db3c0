"""Tasks: what is to be done, by whom, until when."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, fields
from datetime import UTC, datetime, tzinfo
from typing import Any

from sqlalchemy import Select, select
from sqlmodel import col

from crm_tui.core.errors import NotFound
from crm_tui.core.language import _
from crm_tui.core.words import TaskKind, TaskState
from crm_tui.models import Customer, Operator, Order
from crm_tui.models.contacts import STILL_TO_DO, Task
from crm_tui.services.operators.reads import resolve
from crm_tui.services.orders.reads import iso
from crm_tui.storage.store import ReadWork

CLOSED = 20
"""Closed tasks listed below the open ones."""


@dataclass(frozen=True, slots=True)
class TaskRow:
    """One task. Times are UTC; ``owner`` is a login, None while nobody has it."""

    id: int
    store_id: int
    customer_id: int | None
    customer_no: str | None
    customer: str | None
    order_id: int | None
    order_no: str | None
    kind: TaskKind
    state: TaskState
    title: str
    why: str
    owner_id: int | None
    owner: str | None
    due_at: datetime | None
    snoozed_until: datetime | None
    outcome: str
    created_at: datetime
    created_by: str
    closed_at: datetime | None
    version: int

    @property
    def open(self) -> bool:
        """Still to be done."""
        return self.state is TaskState.OPEN

    def overdue(self, now: datetime) -> bool:
        """To be done, and its time is over."""
        return self.open and self.due_at is not None and self.due_at < now

    def asleep(self, now: datetime) -> bool:
        """Snoozed, and not yet to be looked at again."""
        return self.open and self.snoozed_until is not None and self.snoozed_until > now


_ELSEWHERE: dict[str, Any] = {
    "customer_no": col(Customer.no).label("customer_no"),
    "customer": col(Customer.nick),
    "order_no": col(Order.no).label("order_no"),
    "owner": col(Operator.login),
}
_ROW: tuple[Any, ...] = tuple(
    _ELSEWHERE.get(field.name, getattr(Task, field.name, None)) for field in fields(TaskRow)
)
_ROWS: Select[Any] = (
    select(*_ROW)
    .outerjoin(Customer, col(Customer.id) == col(Task.customer_id))
    .outerjoin(Order, col(Order.id) == col(Task.order_id))
    .outerjoin(Operator, col(Operator.id) == col(Task.owner_id))
)
_OPEN_FIRST = (col(Task.due_at).is_(None), col(Task.due_at), col(Task.id))
"""The order in which open tasks are due; those without a time come last."""


def of_customer(work: ReadWork, customer_id: int, closed: int = CLOSED) -> list[TaskRow]:
    """A customer's open tasks as they are due, then the last ``closed`` ones that are closed."""
    mine = _ROWS.where(col(Task.customer_id) == customer_id)
    still_open = _read(work, mine.where(col(Task.state) == TaskState.OPEN).order_by(*_OPEN_FIRST))
    ended = mine.where(col(Task.state) != TaskState.OPEN)
    newest = ended.order_by(col(Task.closed_at).desc(), col(Task.id).desc()).limit(closed)
    return still_open + _read(work, newest)


def open_tasks(work: ReadWork, owner: str | None = None, limit: int | None = None) -> list[TaskRow]:
    """Everything that is to be done, as it is due; with ``owner`` (a login), only theirs.

    Raises :class:`NotFound` for a login that nobody has.
    """
    query = _ROWS.where(STILL_TO_DO)
    if owner is not None:
        query = query.where(col(Task.owner_id) == resolve(work, owner))
    return _read(work, query.order_by(*_OPEN_FIRST).limit(limit))


def one(work: ReadWork, task_id: int) -> TaskRow:
    """The task with this id. Raises :class:`NotFound`."""
    found = _read(work, _ROWS.where(col(Task.id) == task_id))
    if not found:
        raise NotFound(what=_("task"), ref=str(task_id))
    return found[0]


def by_ids(work: ReadWork, ids: Collection[int]) -> list[TaskRow]:
    """The tasks with these ids, in no particular order."""
    return _read(work, _ROWS.where(col(Task.id).in_(ids)))


def _read(work: ReadWork, query: Select[Any]) -> list[TaskRow]:
    return [TaskRow(*row) for row in work.session.connection().execute(query)]


def document(row: TaskRow, now: datetime, zone: tzinfo = UTC) -> dict[str, Any]:
    """The JSON form that commands answer, with times as ``zone`` shows them."""
    return {
        "id": row.id,
        "customer": row.customer_no,
        "customer_nick": row.customer,
        "order": row.order_no,
        "kind": row.kind.value,
        "state": row.state.value,
        "title": row.title,
        "why": row.why,
        "owner": row.owner,
        "due_at": iso(row.due_at, zone),
        "overdue": row.overdue(now),
        "snoozed_until": iso(row.snoozed_until, zone),
        "outcome": row.outcome,
        "created_at": iso(row.created_at, zone),
        "created_by": row.created_by,
        "closed_at": iso(row.closed_at, zone),
        "version": row.version,
    }
