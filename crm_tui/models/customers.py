"""Customers: who they are, what they can be recognised by, what is known of them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, Index, String, Text, UniqueConstraint, false, text
from sqlmodel import Field, SQLModel

from crm_tui.core.words import Gender, IdentityKind, SourceChannel
from crm_tui.models.base import (
    NEVER_REUSED,
    BigId,
    id_field,
    instant_field,
    json_field,
    partial_index,
    reference,
    word_field,
    words_of,
)


class Customer(SQLModel, table=True):
    """A person who books (老板). ``order_count`` and ``last_order_at`` count completed orders."""

    __tablename__ = "customer"
    __table_args__ = (
        words_of("gender", Gender),
        words_of("channel", SourceChannel),
        UniqueConstraint("no"),
        Index("ix_customer_store_heard", "store_id", "last_order_at"),
        partial_index(
            "ix_customer_merged_into", "merged_into_id", where=text("merged_into_id IS NOT NULL")
        ),
        NEVER_REUSED,
    )

    id: int | None = id_field()
    store_id: int = reference("store.id")
    no: str = Field(max_length=20)
    nick: str = Field(sa_type=Text)
    name: str = Field(default="", sa_type=Text)
    gender: Gender = word_field(Gender, default=Gender.UNKNOWN)
    city: str = Field(default="", max_length=100)
    channel: SourceChannel = word_field(SourceChannel, default=SourceChannel.OTHER)
    note: str = Field(default="", sa_type=Text)
    registered_on: date | None = None
    owner_id: int | None = reference("operator.id", nullable=True)
    blocked: bool = False
    do_not_contact: bool = False
    minor: bool = False
    merged_into_id: int | None = reference("customer.id", nullable=True)
    custom: dict[str, Any] = json_field()
    order_count: int = 0
    last_order_at: datetime | None = instant_field(nullable=True, index=True)
    keys: str = Field(default="", sa_type=Text)
    """What the customer is found by, parted and enclosed by blanks (``customers.index``)."""
    erased_at: datetime | None = instant_field(nullable=True)
    """When the person asked to be forgotten; nothing personal is left in the row."""
    created_at: datetime = instant_field()
    version: int = 1


class CustomerIdentity(SQLModel, table=True):
    """One thing a customer can be recognised by. It belongs to one customer only."""

    __tablename__ = "customer_identity"
    __table_args__ = (
        words_of("kind", IdentityKind),
        UniqueConstraint("kind", "normalised"),
        NEVER_REUSED,
    )

    id: int | None = id_field()
    customer_id: int = reference("customer.id", index=True)
    kind: IdentityKind = word_field(IdentityKind)
    value: str = Field(max_length=200)
    """As it was typed or imported."""
    normalised: str = Field(max_length=200)
    """As it is compared."""


class CustomerKey(SQLModel, table=True):
    """A look-up key: what somebody may type to find this customer. Range-scanned by prefix.

    The rows of a customer are exactly the words of ``Customer.keys``, which is also how they are
    found again: an index by customer, or a foreign key that needs one, would double the table.
    """

    __tablename__ = "customer_key"
    __table_args__ = {"sqlite_with_rowid": False}

    key: str = Field(
        primary_key=True, sa_type=String(64).with_variant(String(64, collation="C"), "postgresql")
    )
    customer_id: int = Field(primary_key=True, sa_type=BigId)


class Tag(SQLModel, table=True):
    """A word that customers are marked with, with its group and colour.

    A tag with a ``rule`` comes and goes by itself: whom the filter line fits carries it.
    """

    __tablename__ = "tag"
    __table_args__ = (NEVER_REUSED,)

    id: int | None = id_field()
    name: str = Field(max_length=60, unique=True)
    group: str = Field(default="", max_length=60)
    colour: str = Field(default="", max_length=20)
    rule: str = Field(default="", sa_type=Text, sa_column_kwargs={"server_default": ""})


class CustomerTag(SQLModel, table=True):
    """A customer carries a tag."""

    __tablename__ = "customer_tag"
    __table_args__ = (Index("ix_customer_tag_tag_id", "tag_id", "customer_id"),)

    customer_id: int = reference("customer.id", primary_key=True, ondelete="CASCADE")
    tag_id: int = reference("tag.id", primary_key=True)


class FieldDefinition(SQLModel, table=True):
    """A custom field of an entity (A7); its values lie in the entity's ``custom`` column."""

    __tablename__ = "field_definition"
    __table_args__ = (UniqueConstraint("entity", "key"), NEVER_REUSED)

    id: int | None = id_field()
    entity: str = Field(max_length=40)
    key: str = Field(max_length=60)
    label: str = Field(max_length=100)
    kind: str = Field(max_length=20)
    required: bool = False
    options: dict[str, Any] = json_field()
    unique: bool = Field(default=False, sa_column_kwargs={"server_default": false()})
    default: str = Field(default="", sa_type=Text, sa_column_kwargs={"server_default": ""})
    """What a new record begins with, as it would be typed."""
    position: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    archived: bool = Field(default=False, sa_column_kwargs={"server_default": false()})
    """No longer asked for; what was stored stays."""
    seen_by: list[str] = Field(
        default_factory=list,
        sa_type=JSON,
        nullable=False,
        sa_column_kwargs={"server_default": "[]"},
    )
    """The roles that may see it; empty: all."""
    edited_by: list[str] = Field(
        default_factory=list,
        sa_type=JSON,
        nullable=False,
        sa_column_kwargs={"server_default": "[]"},
    )
    """The roles that may change it; empty: all."""


class FieldUniqueValue(SQLModel, table=True):
    """The value of a unique custom field, which one record has only."""

    __tablename__ = "field_unique_value"
    __table_args__ = (Index("ix_field_unique_value_entity", "definition_id", "entity_id"),)

    definition_id: int = reference("field_definition.id", primary_key=True, ondelete="CASCADE")
    value: str = Field(primary_key=True, max_length=400)
    entity_id: int = Field(sa_type=BigId)
