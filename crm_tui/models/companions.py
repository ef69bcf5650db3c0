"""Companions (陪玩师): the people who play, their levels, skills, hours and credit."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import Index, Text, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from crm_tui.core.words import CreditCause, Gender, Presence
from crm_tui.models.base import (
    NEVER_REUSED,
    check,
    fen_field,
    id_field,
    instant_field,
    json_field,
    partial_index,
    reference,
    word_field,
    words_of,
)


class CompanionLevel(SQLModel, table=True):
    """A level such as 娱乐, 技术, 大神; editable. ``position`` counts from the lowest."""

    __tablename__ = "companion_level"
    __table_args__ = (NEVER_REUSED,)

    id: int | None = id_field()
    code: str = Field(max_length=40, unique=True)
    name: str = Field(max_length=60, unique=True)
    position: int
    rate_fen: int = fen_field()
    """The list price of an hour, where a companion has none of their own."""
    share_bp: int = 8000


class Companion(SQLModel, table=True):
    """A person who serves orders. ``presence`` is what they say: idle, resting or offline;
    offered and serving are derived from orders."""

    __tablename__ = "companion"
    __table_args__ = (
        words_of("gender", Gender),
        words_of("presence", Presence),
        check("own_presence", "presence IN ('idle', 'resting', 'offline')"),
        check("share", "share_bp BETWEEN 0 AND 10000"),
        check("rate", "rate_fen >= 0"),
        UniqueConstraint("no"),
        NEVER_REUSED,
    )

    id: int | None = id_field()
    store_id: int = reference("store.id", index=True)
    no: str = Field(max_length=20)
    nick: str = Field(sa_type=Text)
    phone: str | None = Field(default=None, max_length=40, unique=True)
    """Normalised; the natural key of an import where it is known."""
    gender: Gender = word_field(Gender, default=Gender.UNKNOWN)
    level_id: int | None = reference("companion_level.id", nullable=True)
    rate_fen: int = fen_field()
    """Price of an hour."""
    share_bp: int = 8000
    """The companion's share in basis points (share = 10000 − the studio's cut)."""
    presence: Presence = word_field(Presence, default=Presence.OFFLINE)
    presence_since: datetime | None = instant_field(nullable=True)
    tags: list[str] = json_field(list)
    note: str = Field(default="", sa_type=Text)
    custom: dict[str, Any] = json_field()
    credit: int = Field(default=100, sa_column_kwargs={"server_default": "100"})
    """The sum of the credit entries on top of 100, kept in the same transaction as those."""
    active: bool = True
    created_at: datetime = instant_field()
    version: int = 1


class CompanionSkill(SQLModel, table=True):
    """A companion plays a game, at a rank where one is known."""

    __tablename__ = "companion_skill"

    companion_id: int = reference("companion.id", primary_key=True, ondelete="CASCADE")
    game_id: int = reference("game.id", primary_key=True, index=True)
    rank_id: int | None = reference("ladder_rank.id", nullable=True)
    rank_text: str = Field(default="", max_length=60)
    """The rank in the studio's words, also where the ladder does not have it."""


class CompanionHours(SQLModel, table=True):
    """A stretch of the week in which a companion works; none at all means "whenever idle".

    Minutes count from local midnight of ``weekday`` (0 is Monday); an end after 1440 lies in the
    next day.
    """

    __tablename__ = "companion_hours"
    __table_args__ = (
        check("weekday", "weekday BETWEEN 0 AND 6"),
        check("minutes", "starts_minute BETWEEN 0 AND 1439 AND ends_minute > starts_minute"),
        check("at_most_a_day", "ends_minute - starts_minute <= 1440"),
    )

    companion_id: int = reference("companion.id", primary_key=True, ondelete="CASCADE")
    weekday: int = Field(primary_key=True)
    starts_minute: int = Field(primary_key=True)
    ends_minute: int


class CompanionDay(SQLModel, table=True):
    """A day on which a companion's week does not hold: other hours, or none (off)."""

    __tablename__ = "companion_day"
    __table_args__ = (
        check("both_or_none", "(starts_minute IS NULL) = (ends_minute IS NULL)"),
        check("minutes", "starts_minute IS NULL OR ends_minute > starts_minute"),
    )

    companion_id: int = reference("companion.id", primary_key=True, ondelete="CASCADE")
    day: date = Field(primary_key=True)
    """A date of the local calendar."""
    starts_minute: int | None = None
    ends_minute: int | None = None
    reason: str = Field(default="", sa_type=Text)


class CreditEntry(SQLModel, table=True):
    """What moved a companion's credit, by how much, under which version of the rule."""

    __tablename__ = "credit_entry"
    __table_args__ = (
        words_of("cause", CreditCause),
        Index("ix_credit_entry_companion", "companion_id", "at"),
        partial_index(
            "uq_credit_entry_order",
            "companion_id",
            "order_id",
            "cause",
            unique=True,
            where=text("order_id IS NOT NULL"),
        ),
        NEVER_REUSED,
    )

    id: int | None = id_field()
    store_id: int = reference("store.id")
    companion_id: int = reference("companion.id")
    order_id: int | None = reference("orders.id", nullable=True)
    at: datetime = instant_field()
    cause: CreditCause = word_field(CreditCause)
    points: int
    """What it added; negative where it took away."""
    rule_version: int = 0
    note: str = Field(default="", sa_type=Text)
