"""Raising an alarm: at most once for each occasion, whoever else raises the same meanwhile.

The unique key of the table decides, not a look beforehand: two processes that find the same thing
at the same time both insert, one of the rows is kept, and only its transaction tells of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import JSON, bindparam, select, text, update
from sqlmodel import col

from crm_tui.core.errors import NotFound
from crm_tui.core.language import N_, _
from crm_tui.core.words import AlarmKind
from crm_tui.models import Companion, Customer, Order
from crm_tui.models.alarms import Alarm
from crm_tui.models.base import Instant, WordType
from crm_tui.services.tasks import actions as tasks
from crm_tui.services.tasks.actions import NewTask
from crm_tui.storage.store import ReadWork, UnitOfWork

_TABLES: Mapping[str, Any] = {"order": Order, "customer": Customer, "companion": Companion}
_NAMES = {"order": N_("order"), "customer": N_("customer"), "companion": N_("companion")}
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

    ``entity`` is ``order``, ``customer`` or ``companion``. ``occasion`` (up to 80 characters) says
    which of the times that this can happen to the record it is, such as the instant to which its
    clock ran. ``due_at`` is that instant (UTC) where there is one; ``parts`` is what was seen, as
    JSON without personal values. Raises :class:`NotFound`.
    """
    store_id, no = _record(work, entity, entity_id)
    facts: dict[str, Any] = {
        "occasion": occasion,
        "rule_version": rule_version,
        "parts": dict(parts or {}),
    }
    row = {
        "store_id": store_id,
        "kind": kind,
        "entity": entity,
        "entity_id": entity_id,
        "due_at": due_at,
        "raised_at": work.clock.now(),
        **facts,
    }
    alarm_id = work.session.connection().execute(_ONCE, row).scalar()
    if alarm_id is None:
        return False
    task_id = None
    if task is not None:
        task_id = tasks.add(work, replace(task, store_id=store_id))
        work.session.connection().execute(_WITH_TASK, {"alarm_id": alarm_id, "task_id": task_id})
    work.record(
        "alarm.raised",
        entity,
        entity_id,
        store_id=store_id,
        ref=no,
        alarm=kind.value,
        due_at=due_at.isoformat() if due_at else None,
        task_id=task_id,
        **facts,
    )
    return True


def _record(work: ReadWork, entity: str, entity_id: int) -> tuple[int, str]:
    """The store and the number of what the alarm is about."""
    table = _TABLES[entity]
    query = select(col(table.store_id), col(table.no)).where(col(table.id) == entity_id)
    row = work.session.connection().execute(query).one_or_none()
    if row is None:
        raise NotFound(what=_(_NAMES[entity]), ref=entity_id)
    return row.store_id, row.no
