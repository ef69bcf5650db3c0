"""Alarms as screens and commands see them: the newest first. Instants are UTC."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, func, select
from sqlmodel import col

from crm_tui.core.words import AlarmKind
from crm_tui.models import Companion, Customer, Order
from crm_tui.models.alarms import Alarm
from crm_tui.storage.store import ReadWork


@dataclass(frozen=True, slots=True)
class AlarmRow:
    """One alarm."""

    id: int
    store_id: int
    kind: AlarmKind
    entity: str
    entity_id: int
    no: str
    """The number of the record that it is about."""
    occasion: str
    rule_version: int
    due_at: datetime | None
    """When the clock ran out, for those that have one."""
    raised_at: datetime
    parts: dict[str, Any]
    """What was seen."""
    task_id: int | None


def untold(
    kinds: Collection[AlarmKind], entity: str, record: Any, occasion: ColumnElement[str]
) -> ColumnElement[bool]:
    """The condition that nobody was told of ``record``, a column of ids, for this occasion.

    For queries that look for what an alarm has to be raised of: they leave out what was told. By a
    value for each record rather than ``NOT EXISTS``, which PostgreSQL turns into a join; before it
    has statistics of both tables that went through all alarms of a kind for each record.
    """
    told = select(col(Alarm.id)).where(
        col(Alarm.kind).in_(kinds),
        col(Alarm.entity) == entity,
        col(Alarm.entity_id) == record,
        col(Alarm.occasion) == occasion,
    )
    return told.limit(1).scalar_subquery().is_(None)


def _about(table: Any, entity: str) -> ColumnElement[bool]:
    return and_(col(Alarm.entity) == entity, col(Alarm.entity_id) == col(table.id))


_NO = func.coalesce(col(Order.no), col(Customer.no), col(Companion.no), "").label("no")
_ALARMS = (
    select(*(_NO if name == "no" else getattr(Alarm, name) for name in AlarmRow.__slots__))
    .outerjoin(Order, _about(Order, "order"))
    .outerjoin(Customer, _about(Customer, "customer"))
    .outerjoin(Companion, _about(Companion, "companion"))
    .order_by(col(Alarm.raised_at).desc(), col(Alarm.id).desc())
)


def recent(
    work: ReadWork, since: datetime, *, store_id: int | None = None, limit: int = 500
) -> list[AlarmRow]:
    """The alarms raised from ``since`` on, of one store or of all, at most ``limit``."""
    which = [col(Alarm.raised_at) >= since]
    if store_id is not None:
        which.append(col(Alarm.store_id) == store_id)
    return _rows(work, *which, limit=limit)


def of_order(work: ReadWork, order_id: int) -> list[AlarmRow]:
    """All alarms about one order."""
    return of(work, "order", order_id)


def of(work: ReadWork, entity: str, entity_id: int) -> list[AlarmRow]:
    """All alarms about one record (``order``, ``customer`` or ``companion``)."""
    return _rows(work, col(Alarm.entity) == entity, col(Alarm.entity_id) == entity_id)


def _rows(work: ReadWork, *which: ColumnElement[bool], limit: int | None = None) -> list[AlarmRow]:
    found = work.session.connection().execute(_ALARMS.where(*which).limit(limit))
    return [AlarmRow(*row) for row in found]
