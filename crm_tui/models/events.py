"""The event log: audit, live feed and history at once. Append-only by trigger.

The log can't forget, a person may have to be: an event names the fields that changed; personal
values lie beside it in ``event_value``, which can be erased, and the chain covers only their
salted digests.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKeyConstraint, Index, Text
from sqlmodel import Field, SQLModel

from crm_tui.models.base import BigId, instant_field, json_field, reference


class Event(SQLModel, table=True):
    """Something that happened. ``seq`` follows commit order within its store, without gaps."""

    __tablename__ = "event"
    __table_args__ = (Index("ix_event_entity", "entity", "entity_id", "store_id", "seq"),)

    store_id: int = reference("store.id", primary_key=True)
    seq: int = Field(primary_key=True, sa_type=BigId)
    at: datetime = instant_field(index=True)
    actor: str = Field(max_length=60)
    kind: str = Field(max_length=60)
    entity: str = Field(max_length=40)
    entity_id: int = Field(sa_type=BigId)
    ref: str = Field(default="", max_length=60)
    """The number by which people know the entity, such as an order number."""
    data: dict[str, Any] = json_field()
    prev_hash: str = Field(max_length=64)
    hash: str = Field(max_length=64)


class EventValue(SQLModel, table=True):
    """Personal values of an event's fields, before and after; may be erased."""

    __tablename__ = "event_value"
    __table_args__ = (ForeignKeyConstraint(["store_id", "seq"], ["event.store_id", "event.seq"]),)

    store_id: int = Field(primary_key=True, sa_type=BigId)
    seq: int = Field(primary_key=True, sa_type=BigId)
    field: str = Field(primary_key=True, max_length=60)
    salt: str = Field(max_length=32)
    before: str | None = Field(default=None, sa_type=Text)
    after: str | None = Field(default=None, sa_type=Text)


class EventHead(SQLModel, table=True):
    """The last event of each store: where the chain goes on, and what the feed polls."""

    __tablename__ = "event_head"

    store_id: int = reference("store.id", primary_key=True)
    seq: int = Field(sa_type=BigId)
    hash: str = Field(max_length=64)


class EventReader(SQLModel, table=True):
    """How far a part of the software has come in reading the log of a store."""

    __tablename__ = "event_reader"

    name: str = Field(primary_key=True, max_length=40)
    store_id: int = reference("store.id", primary_key=True)
    seq: int = Field(sa_type=BigId)
    """The last event that it has dealt with."""
