"""The studio itself: stores, the people who work in it, its settings."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import UniqueConstraint
from sqlmodel import Field, SQLModel

from crm_tui.core.words import Role
from crm_tui.models.base import (
    NEVER_REUSED,
    BigId,
    check,
    id_field,
    instant_field,
    json_field,
    reference,
    word_field,
    words_of,
)

STUDIO = 0
"""The store id that means the studio as a whole."""
MAIN_STORE = 1
"""The store that every studio begins with."""


class Store(SQLModel, table=True):
    """A shop of the studio with its own customers, companions, prices and hours."""

    __tablename__ = "store"

    id: int = Field(primary_key=True, sa_type=BigId)
    name: str = Field(default="", max_length=200)
    active: bool = True


class StoreBridge(SQLModel, table=True):
    """Companions of ``companion_store_id`` may serve orders of ``store_id`` (G1)."""

    __tablename__ = "store_bridge"
    __table_args__ = (check("two", "store_id <> companion_store_id"),)

    store_id: int = reference("store.id", primary_key=True)
    companion_store_id: int = reference("store.id", primary_key=True)


class Operator(SQLModel, table=True):
    """A person who works with the console."""

    __tablename__ = "operator"
    __table_args__ = (words_of("role", Role), NEVER_REUSED)

    id: int | None = id_field()
    login: str = Field(max_length=60, unique=True)
    name: str = Field(default="", max_length=200)
    role: Role = word_field(Role)
    store_id: int | None = reference("store.id", nullable=True)
    password_hash: str | None = Field(default=None, max_length=300)
    active: bool = True
    created_at: datetime = instant_field()


class Setting(SQLModel, table=True):
    """One value of one setting; the newest version holds, the older ones explain the past."""

    __tablename__ = "setting"
    __table_args__ = (UniqueConstraint("store_id", "key", "version"), NEVER_REUSED)

    id: int | None = id_field()
    store_id: int = reference("store.id")
    key: str = Field(max_length=100)
    version: int
    value: dict[str, Any] = json_field()
    """``{"value": …}``, so that any JSON value fits."""
    set_at: datetime = instant_field()
    set_by: str = Field(max_length=60)
