"""What every table shares: column types that hold the same on both engines.

Instants are aware UTC datetimes in Python and microseconds since 1970 in the database, so both
engines compare, index and aggregate them alike. Words (:mod:`crm_tui.core.words`) are stored as
their values, with a CHECK constraint behind them.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    CheckConstraint,
    Index,
    Integer,
    MetaData,
    String,
    TextClause,
    TypeDecorator,
)
from sqlalchemy.engine import Dialect
from sqlmodel import Field, SQLModel

from crm_tui.core.clock import from_micros, to_micros
from crm_tui.core.words import Word

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}
SQLModel.metadata.naming_convention = NAMING
SQLModel.model_config["defer_build"] = True
"""Tables never validate: pydantic's validators would be built at every start for nothing."""

BigId = BigInteger().with_variant(Integer(), "sqlite")
"""64-bit ids; SQLite only counts by itself in a column called INTEGER."""

NEVER_REUSED: dict[str, Any] = {"sqlite_autoincrement": True}
"""Table argument: an id that was given out is never given out again, as in a sequence."""


class Instant(TypeDecorator[datetime]):
    """An aware UTC datetime, stored as microseconds since 1970."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        return None if value is None else to_micros(value)

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:
        return None if value is None else from_micros(value)


class WordType(TypeDecorator[Word]):
    """A member of one vocabulary, stored as its value."""

    impl = String(20)
    cache_ok = True

    def __init__(self, vocabulary: type[Word]) -> None:
        super().__init__()
        self.vocabulary = vocabulary
        self._words = {word.value: word for word in vocabulary}

    def process_bind_param(self, value: Word | str | None, dialect: Dialect) -> str | None:
        return None if value is None else self.vocabulary(value).value

    def process_result_value(self, value: str | None, dialect: Dialect) -> Word | None:
        return None if value is None else self._words[value]


def id_field() -> Any:
    """A primary key that the database counts."""
    return Field(default=None, primary_key=True, sa_type=BigId)


def reference(target: str, *, index: bool = False, nullable: bool = False, **more: Any) -> Any:
    """A foreign key to ``table.column``."""
    options: dict[str, Any] = {"foreign_key": target, "sa_type": BigId, "index": index, **more}
    if nullable:
        options |= {"default": None, "nullable": True}
    return Field(**options)


def instant_field(*, nullable: bool = False, index: bool = False) -> Any:
    """A point in time."""
    if nullable:
        return Field(default=None, sa_type=Instant, nullable=True, index=index)
    return Field(sa_type=Instant, nullable=False, index=index)


def word_field(vocabulary: type[Word], **options: Any) -> Any:
    """A column that holds one word of ``vocabulary``; add :func:`words_of` to the table."""
    return Field(sa_type=WordType(vocabulary), **options)


def json_field(default_factory: Any = dict) -> Any:
    """A JSON document, never NULL."""
    return Field(default_factory=default_factory, sa_type=JSON, nullable=False)


def fen_field(default: int | None = 0, *, nullable: bool = False) -> Any:
    """An amount in fen."""
    return Field(default=default, sa_type=BigInteger, nullable=nullable)


def words_of(column: str, vocabulary: type[Word]) -> CheckConstraint:
    """The constraint behind :func:`word_field`."""
    values = ", ".join(f"'{word.value}'" for word in vocabulary)
    return CheckConstraint(f"{column} IN ({values})", name=column)


def partial_index(name: str, *columns: str, where: TextClause, unique: bool = False) -> Index:
    """An index over the rows that meet ``where``, on both engines.

    An option of one engine by its name would load all that SQLAlchemy has for that engine, at
    every start. Only a migration needs it: :func:`with_conditions`.
    """
    return Index(name, *columns, unique=unique, info={"where": where})


def with_conditions(metadata: MetaData) -> MetaData:
    """``metadata`` with the conditions of its partial indexes as both engines' options."""
    for table in metadata.tables.values():
        for index in table.indexes:
            if "where" in index.info:
                for engine in ("sqlite", "postgresql"):
                    index.dialect_kwargs[f"{engine}_where"] = index.info["where"]
    return metadata


def check(name: str, condition: str) -> CheckConstraint:
    """A rule that no row may break."""
    return CheckConstraint(condition, name=name)
