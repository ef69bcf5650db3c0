"""Tasks: add, do, drop, snooze, hand over. Titles, reasons and outcomes are personal."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import col, select

from crm_tui.core.errors import Conflict, Invalid, NotAllowed, NotFound
from crm_tui.core.language import _
from crm_tui.core.words import TaskKind, TaskState
from crm_tui.models import MAIN_STORE, Operator, Order
from crm_tui.models.contacts import Task
from crm_tui.services.customers.rules import checked_text
from crm_tui.services.customers.states import may_be_known, may_contact
from crm_tui.services.operators.reads import resolve
from crm_tui.services.tasks.rules import LONGEST_TEXT, LONGEST_TITLE, TRANSITIONS, to_come
from crm_tui.storage.store import UnitOfWork

Changed = dict[str, tuple[str | None, str | None]]


@dataclass(frozen=True, slots=True)
class NewTask:
    """Something to do. ``due_at`` is UTC; ``owner`` a login, else whoever adds it, where they are
    an operator of the studio; with ``unowned`` nobody has it yet. With an order and no customer,
    the order's customer is meant."""

    title: str
    customer_id: int | None = None
    order_id: int | None = None
    why: str = ""
    owner: str | None = None
    due_at: datetime | None = None
    kind: TaskKind = TaskKind.FOLLOW_UP
    store_id: int = MAIN_STORE
    """Where no customer says it."""
    unowned: bool = False


def add(work: UnitOfWork, new: NewTask) -> int:
    """Add a task and answer its id.

    Raises :class:`NotFound` for a customer, order or owner who does not exist, :class:`Invalid`
    for an empty title or an order of another customer, :class:`Refused` for a call-back to somebody
    who does not want to be contacted. A time that is over makes the task overdue
    at once.
    """
    customer_id = _customer_of(work, new)
    if customer_id is not None and new.kind is TaskKind.CALL_BACK:
        may_contact(work, customer_id)
    store_id = new.store_id if customer_id is None else may_be_known(work, customer_id).store_id
    row = Task(
        store_id=store_id,
        customer_id=customer_id,
        order_id=new.order_id,
        kind=new.kind,
        title=_checked_title(new.title),
        why=checked_text("why", new.why, LONGEST_TEXT),
        owner_id=None if new.unowned else _owner(work, new.owner),
        due_at=new.due_at,
        created_at=work.clock.now(),
        created_by=work.actor.login,
    )
    work.session.add(row)
    changed: Changed = {"title": (None, row.title)}
    if row.why:
        changed["why"] = (None, row.why)
    _tell(work, "task.added", row, changed, kind_of_task=row.kind.value, due_at=_iso(row.due_at))
    return _id(row)


def done(
    work: UnitOfWork, task_id: int, outcome: str = "", expected_version: int | None = None
) -> None:
    """Close a task as done; ``outcome`` says what was done.

    Raises :class:`NotFound`, :class:`NotAllowed` for a closed task, :class:`Conflict`.
    """
    _close(work, task_id, TaskState.DONE, "task.done", outcome, expected_version)


def drop(
    work: UnitOfWork, task_id: int, reason: str = "", expected_version: int | None = None
) -> None:
    """Close a task that need not be done; ``reason`` says why. Raises as :func:`done` does."""
    _close(work, task_id, TaskState.DROPPED, "task.dropped", reason, expected_version)


def reopen(work: UnitOfWork, task_id: int) -> None:
    """Open a closed task again: the opposite of :func:`done` and :func:`drop`.

    Raises :class:`NotFound`, :class:`NotAllowed` for an open one.
    """
    row = _held(work, task_id, None)
    _move(row, TaskState.OPEN)
    changed: Changed = {"outcome": (row.outcome, None)} if row.outcome else {}
    row.closed_at, row.outcome = None, ""
    _tell(work, "task.reopened", row, changed)


def snooze(
    work: UnitOfWork, task_id: int, until: datetime | None, expected_version: int | None = None
) -> None:
    """Let an open task rest until a time to come (UTC); None wakes it.

    Raises :class:`NotFound`, :class:`NotAllowed`, :class:`Invalid` for a time that is over,
    :class:`Conflict`.
    """
    row = _held(work, task_id, expected_version)
    _must_be_open(row)
    row.snoozed_until = to_come(until, work.clock.now())
    _tell(work, "task.snoozed", row, {}, until=_iso(until))


def hand_over(
    work: UnitOfWork, task_id: int, owner: str | None, expected_version: int | None = None
) -> None:
    """Give an open task to the operator with the login ``owner``; None: to nobody yet.

    Raises :class:`NotFound`, :class:`NotAllowed`, :class:`Conflict`.
    """
    row = _held(work, task_id, expected_version)
    _must_be_open(row)
    before = row.owner_id
    row.owner_id = None if owner is None else resolve(work, owner)
    if row.owner_id != before:
        _tell(work, "task.handed_over", row, {}, owner_id_before=before)


def _close(
    work: UnitOfWork,
    task_id: int,
    state: TaskState,
    kind: str,
    said: str,
    expected_version: int | None,
) -> None:
    row = _held(work, task_id, expected_version)
    _move(row, state)
    row.closed_at = work.clock.now()
    row.outcome = checked_text("outcome", said, LONGEST_TEXT)
    changed: Changed = {"outcome": (None, row.outcome)} if row.outcome else {}
    _tell(work, kind, row, changed)


def _held(work: UnitOfWork, task_id: int, expected_version: int | None) -> Task:
    """The task, held against others' changes until the work commits."""
    row = work.session.get(Task, task_id, with_for_update=True, populate_existing=True)
    if row is None:
        raise NotFound(what=_("task"), ref=str(task_id))
    if expected_version not in (None, row.version):
        raise Conflict(what=_shown(row), version=row.version)
    return row


def _move(row: Task, state: TaskState) -> None:
    allowed = TRANSITIONS[row.state]
    if state not in allowed:
        raise NotAllowed(no=_shown(row), status=row.state, allowed=sorted(allowed))
    row.state = state


def _must_be_open(row: Task) -> None:
    if row.state is not TaskState.OPEN:
        raise NotAllowed(no=_shown(row), status=row.state, allowed=sorted(TRANSITIONS[row.state]))


def _shown(row: Task) -> str:
    return _("Task {id}").format(id=row.id)


def _customer_of(work: UnitOfWork, new: NewTask) -> int | None:
    if new.order_id is None:
        return new.customer_id
    of = work.session.exec(select(Order.customer_id).where(col(Order.id) == new.order_id)).first()
    if of is None:
        raise NotFound(what=_("order"), ref=str(new.order_id))
    if new.customer_id not in (None, of):
        expected = _("an order of this customer")
        raise Invalid(field="order", value=new.order_id, expected=expected)
    return of


def _checked_title(text: str) -> str:
    title = checked_text("title", text, LONGEST_TITLE)
    if not title:
        raise Invalid(field="title", value=text, expected=_("what is to be done"))
    return title


def _owner(work: UnitOfWork, login: str | None) -> int | None:
    if login is not None:
        return resolve(work, login)
    mine = select(Operator.id).where(Operator.login == work.actor.login, Operator.active)
    return work.session.exec(mine).first()


def _iso(at: datetime | None) -> str | None:
    return at.isoformat() if at else None


def _id(row: Task) -> int:
    assert row.id is not None
    return row.id


def _tell(work: UnitOfWork, kind: str, row: Task, changed: Changed, **facts: Any) -> None:
    """Write the row with its next version and record the event."""
    row.version = row.version + 1 if row.id is not None else 1
    work.session.add(row)
    work.session.flush()
    work.record(
        kind,
        "task",
        _id(row),
        store_id=row.store_id,
        ref=str(row.id),
        changed=changed,
        customer_id=row.customer_id,
        order_id=row.order_id,
        owner_id=row.owner_id,
        **facts,
    )
