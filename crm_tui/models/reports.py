"""What the studio wants of its figures: goals, reports of its own, and when these are sent."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, Index, Text, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from crm_tui.core.words import Cadence, SendingState
from crm_tui.models.base import (
    NEVER_REUSED,
    BigId,
    check,
    id_field,
    instant_field,
    json_field,
    partial_index,
    reference,
    word_field,
    words_of,
)


class Goal(SQLModel, table=True):
    """Where a measure is to stand by the end of a period of business days (H5).

    ``baseline`` and ``target`` are in the measure's own unit: fen, a number, minutes, days, points,
    a rate from 0 to 1.
    """

    __tablename__ = "goal"
    __table_args__ = (
        check("period", "first_day <= last_day"),
        check("way", "target > 0 AND (baseline IS NULL OR baseline <> target)"),
        Index("ix_goal_last_day", "last_day", "ended_at"),
        NEVER_REUSED,
    )

    id: int | None = id_field()
    store_id: int = reference("store.id")
    """The store it is set for; 0 for all of them."""
    measure: str = Field(max_length=40)
    """A name of the catalogue of measures."""
    baseline: float | None = None
    """Where it stood before; none for what was not measured yet."""
    target: float
    first_day: date
    last_day: date
    note: str = Field(default="", sa_type=Text)
    set_by: str = Field(max_length=60)
    set_at: datetime = instant_field()
    ended_at: datetime | None = instant_field(nullable=True)
    """When it was given up; a goal that is met or missed has its last day."""
    version: int = 1


class ReportDefinition(SQLModel, table=True):
    """A report that somebody composed: of its owner, or shared with everybody. Of a ready-made one
    that is sent there is a record, too: by its name, without an owner, asking nothing."""

    __tablename__ = "report_definition"
    __table_args__ = (
        partial_index(
            "uq_report_definition_own",
            "owner",
            "name",
            unique=True,
            where=text("removed_at IS NULL"),
        ),
        partial_index(
            "uq_report_definition_shared",
            "name",
            unique=True,
            where=text("removed_at IS NULL AND shared"),
        ),
        NEVER_REUSED,
    )

    id: int | None = id_field()
    owner: str = Field(max_length=60)
    name: str = Field(max_length=60)
    shared: bool = False
    on_glance: bool = False
    """Whether it stands on the first page of the figures."""
    asked: dict[str, Any] = json_field()
    """Measures, group, filter, period, chart, what it is compared with: see
    ``services.figures.reports.definition``."""
    saved_at: datetime = instant_field()
    saved_by: str = Field(max_length=60)
    removed_at: datetime | None = instant_field(nullable=True)
    version: int = 1


class ReportSchedule(SQLModel, table=True):
    """When a report is sent, and where to."""

    __tablename__ = "report_schedule"
    __table_args__ = (
        words_of("cadence", Cadence),
        check("day", "day BETWEEN 0 AND 31"),
        Index("ix_report_schedule_ended", "ended_at"),
        NEVER_REUSED,
    )

    id: int | None = id_field()
    report_id: int = reference("report_definition.id", index=True)
    cadence: Cadence = word_field(Cadence)
    day: int = 0
    """Weekly the day of the week, Monday 1; monthly the day of the month, a shorter month's last
    where it has none such; daily 0."""
    at: str = Field(max_length=5)
    """The time on the studio's wall clock, as ``09:30``."""
    folder: str = Field(default="", sa_type=Text)
    recipients: list[str] = Field(default_factory=list, sa_type=JSON, nullable=False)
    """E-mail addresses."""
    set_by: str = Field(max_length=60)
    set_at: datetime = instant_field()
    """What fell due before is not sent."""
    ended_at: datetime | None = instant_field(nullable=True)


class ReportSending(SQLModel, table=True):
    """One sending of one schedule. The unique key is what makes it happen once."""

    __tablename__ = "report_sending"
    __table_args__ = (
        words_of("state", SendingState),
        UniqueConstraint("schedule_id", "due_at"),
        Index("ix_report_sending_state", "state", "try_at"),
        NEVER_REUSED,
    )

    id: int | None = id_field()
    schedule_id: int = reference("report_schedule.id")
    due_at: datetime = instant_field()
    state: SendingState = word_field(SendingState)
    attempts: int = 0
    try_at: datetime = instant_field()
    """When it is tried, or while one tries it, when another may take it over."""
    claim: str = Field(default="", max_length=16)
    """The token of whoever tries it."""
    done_at: datetime | None = instant_field(nullable=True)
    why: str = Field(default="", sa_type=Text)
    """Why the last attempt failed."""
    task_id: int | None = Field(default=None, sa_type=BigId)
    """What somebody was asked to do about it: a task that is about no customer."""
