"""What waits for somebody: alarms that were raised once, things put off or taken on, the lease."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field, SQLModel

import crm_tui.models.contacts  # noqa: F401  (an alarm refers to its task)
from crm_tui.core.words import AlarmKind
from crm_tui.models.base import (
    NEVER_REUSED,
    BigId,
    id_field,
    instant_field,
    json_field,
    reference,
    word_field,
    words_of,
)


class Alarm(SQLModel, table=True):
    """Somebody was told that a clock ran out, or of a sign of trouble (B7, B9).

    The unique key is what makes it happen once: ``occasion`` says which of the times that this
    could happen to the entity, such as the instant to which its clock ran.
    """

    __tablename__ = "alarm"
    __table_args__ = (
        words_of("kind", AlarmKind),
        UniqueConstraint("kind", "entity", "entity_id", "occasion"),
        Index("ix_alarm_entity", "entity", "entity_id"),
        Index("ix_alarm_raised", "raised_at"),
        NEVER_REUSED,
    )

    id: int | None = id_field()
    store_id: int = reference("store.id")
    kind: AlarmKind = word_field(AlarmKind)
    entity: str = Field(max_length=40)
    """``order``, ``customer`` or ``companion``."""
    entity_id: int = Field(sa_type=BigId)
    occasion: str = Field(max_length=80)
    rule_version: int = 0
    due_at: datetime | None = instant_field(nullable=True)
    """When the clock ran out, for those that have one."""
    raised_at: datetime = instant_field()
    parts: dict[str, Any] = json_field()
    """What was seen, so that the alarm explains itself; no personal values."""
    task_id: int | None = reference("task.id", nullable=True)
    """What somebody has to do about it."""


class InboxMark(SQLModel, table=True):
    """What people said of a thing that waits: put off until a time, taken by somebody, seen."""

    __tablename__ = "inbox_mark"

    entity: str = Field(primary_key=True, max_length=40)
    entity_id: int = Field(primary_key=True, sa_type=BigId)
    cause: str = Field(primary_key=True, max_length=40)
    """Why it waits: a word of the inbox's rules."""
    owner_id: int | None = reference("operator.id", nullable=True)
    snoozed_until: datetime | None = instant_field(nullable=True)
    done_at: datetime | None = instant_field(nullable=True)
    marked_at: datetime = instant_field()
    marked_by: str = Field(max_length=60)


class Lease(SQLModel, table=True):
    """The right of one process to do a piece of upkeep, which it has to renew."""

    __tablename__ = "lease"

    name: str = Field(primary_key=True, max_length=40)
    holder: str = Field(max_length=80)
    taken_at: datetime = instant_field()
    expires_at: datetime = instant_field()
