"""What passed between the studio and its customers: interactions, attachments, tasks."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, Text, text
from sqlmodel import Field, SQLModel

from crm_tui.core.words import ContactChannel, ContactDirection, TaskKind, TaskState
from crm_tui.models.base import (
    NEVER_REUSED,
    check,
    id_field,
    instant_field,
    partial_index,
    reference,
    word_field,
    words_of,
)

STILL_TO_DO = text("task.state = 'open'")
"""The condition of an index: a query that says it in the same words goes through no closed task."""


class Interaction(SQLModel, table=True):
    """One contact with a customer, or a note about them (A6)."""

    __tablename__ = "interaction"
    __table_args__ = (
        words_of("channel", ContactChannel),
        words_of("direction", ContactDirection),
        Index("ix_interaction_customer", "customer_id", "at"),
        NEVER_REUSED,
    )

    id: int | None = id_field()
    store_id: int = reference("store.id")
    customer_id: int = reference("customer.id")
    order_id: int | None = reference("orders.id", nullable=True)
    at: datetime = instant_field()
    """When it happened, which may be earlier than when it was written down."""
    channel: ContactChannel = word_field(ContactChannel, default=ContactChannel.OTHER)
    direction: ContactDirection = word_field(ContactDirection, default=ContactDirection.NOTE)
    summary: str = Field(default="", sa_type=Text)
    noted_by: str = Field(max_length=60)
    noted_at: datetime = instant_field()
    version: int = 1


class Attachment(SQLModel, table=True):
    """A file that belongs to an interaction; its bytes lie in the data folder by their hash."""

    __tablename__ = "attachment"
    __table_args__ = (
        check("bytes", "size_bytes >= 0"),
        Index("ix_attachment_interaction", "interaction_id"),
        Index("ix_attachment_sha256", "sha256"),
        NEVER_REUSED,
    )

    id: int | None = id_field()
    interaction_id: int = reference("interaction.id", ondelete="CASCADE")
    sha256: str = Field(max_length=64)
    name: str = Field(sa_type=Text)
    """The file's own name, without its folder."""
    media_type: str = Field(default="", max_length=100)
    size_bytes: int
    attached_at: datetime = instant_field()


class NoteTemplate(SQLModel, table=True):
    """A text that interactions and messages begin with."""

    __tablename__ = "note_template"
    __table_args__ = (NEVER_REUSED,)

    id: int | None = id_field()
    name: str = Field(max_length=60, unique=True)
    body: str = Field(default="", sa_type=Text)
    position: int = 0


class Task(SQLModel, table=True):
    """Something that a person has to do until a time (D3)."""

    __tablename__ = "task"
    __table_args__ = (
        words_of("kind", TaskKind),
        words_of("state", TaskState),
        check("done", "(state = 'open') = (closed_at IS NULL)"),
        partial_index("ix_task_open", "due_at", where=text("state = 'open'")),
        Index("ix_task_customer", "customer_id", "created_at"),
        NEVER_REUSED,
    )

    id: int | None = id_field()
    store_id: int = reference("store.id")
    customer_id: int | None = reference("customer.id", nullable=True)
    order_id: int | None = reference("orders.id", nullable=True)
    kind: TaskKind = word_field(TaskKind, default=TaskKind.FOLLOW_UP)
    state: TaskState = word_field(TaskState, default=TaskState.OPEN)
    title: str = Field(sa_type=Text)
    why: str = Field(default="", sa_type=Text)
    owner_id: int | None = reference("operator.id", nullable=True)
    """Who has to do it; nobody yet where it is empty."""
    due_at: datetime | None = instant_field(nullable=True)
    snoozed_until: datetime | None = instant_field(nullable=True)
    outcome: str = Field(default="", sa_type=Text)
    """What was done, said when it was closed."""
    created_at: datetime = instant_field()
    created_by: str = Field(max_length=60)
    closed_at: datetime | None = instant_field(nullable=True)
    version: int = 1
