"""Raising an alarm: at most once for each occasion, whoever else raises the same meanwhile.

The unique key of the table decides, not a look beforehand: two processes that find the same thing
at the same time both insert, one of the rows is kept, and only its transaction tells of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, bindparam, select, text, update
from sqlmodel import col

from crm_tui.core.errors import NotFound
from crm_tui.core.words import AlarmKind
from crm_tui.models import Alarm, Companion, Customer, Order
from crm_tui.models.base import Instant, WordType
from crm_tui.services.tasks import actions as tasks
from crm_tui.services.tasks.actions import NewTask
from crm_tui.storage.store import ReadWork, UnitOfWork


@dataclass(frozen=True, slots=True)
class Subject:
    """What an alarm is about: a record, by the number that people know it by."""

    entity: str
    """``order``, ``customer`` or ``companion``."""
    id: int
    store_id: int
    no: str


_TABLES: Mapping[str, Any] = {"order": Order, "customer": Customer, "companion": Companion}
_ONCE = text(
    "INSERT INTO alarm (store_id, kind, entity, entity_id, occasion, rule_version, due_at,"
    " raised_at, parts) VALUES (:store_id, :kind, :entity, :entity_id, :occasion, :rule_version,"
    " :due_at, :raised_at, :parts)"
    " ON CONFLICT (kind, entity, entity_id, occasion) DO NOTHING RETURNING id"
).bindparams(
    bindparam("kind", type_=WordType(AlarmKind)),
    bindparam("due_at", type_=Instant),
    bindparam("raised_at", type_=Instant),
    bindparam("parts", type_=JSON),
)
_WITH_TASK = update(Alarm).where(col(Alarm.id) == bindparam("alarm_id"))


def raise_alarm(
    work: UnitOfWork,
    kind: AlarmKind,
    entity: str,
    entity_id: int,
    occasion: str,
    due_at: datetime | None = None,
    parts: Mapping[str, Any] | None = None,
    task: NewTask | None = None,
    rule_version: int = 0,
) -> bool:
    """Raise the alarm, and add ``task`` with it; False where it was raised before.

    ``occasion`` (up to 80 characters) says which of the times that this can happen to the record
    it is, such as the instant to which its clock ran. ``due_at`` is that instant (UTC) where there
    is one; ``parts`` is what was seen, as JSON without personal values. Raises :class:`NotFound`.
    """
    about = _subject(work, entity, entity_id)
    return raise_about(work, about, kind, occasion, due_at, parts, task, rule_version)


def raise_about(
    work: UnitOfWork,
    about: Subject,
    kind: AlarmKind,
    occasion: str,
    due_at: datetime | None = None,
    parts: Mapping[str, Any] | None = None,
    task: NewTask | None = None,
    rule_version: int = 0,
) -> bool:
    """:func:`raise_alarm` for a record that has been read already."""
    seen = dict(parts or {})
    inserted = work.session.connection().execute(
        _ONCE,
        {
            "store_id": about.store_id,
            "kind": kind,
            "entity": about.entity,
            "entity_id": about.id,
            "occasion": occasion,
            "rule_version": rule_version,
            "due_at": due_at,
            "raised_at": work.clock.now(),
            "parts": seen,
        },
    )
    alarm_id = inserted.scalar()
    if alarm_id is None:
        return False
    task_id = None
    if task is not None:
        task_id = tasks.add(work, replace(task, store_id=about.store_id))
        work.session.connection().execute(_WITH_TASK, {"alarm_id": alarm_id, "task_id": task_id})
    work.record(
        "alarm.raised",
        about.entity,
        about.id,
        store_id=about.store_id,
        ref=about.no,
        alarm=kind.value,
        occasion=occasion,
        due_at=due_at.isoformat() if due_at else None,
        rule_version=rule_version,
        task_id=task_id,
        parts=seen,
    )
    return True


def _subject(work: ReadWork, entity: str, entity_id: int) -> Subject:
    table = _TABLES[entity]
    query = select(col(table.store_id), col(table.no)).where(col(table.id) == entity_id)
    row = work.session.connection().execute(query).one_or_none()
    if row is None:
        raise NotFound(what=entity, ref=entity_id)
    return Subject(entity, entity_id, *row)
