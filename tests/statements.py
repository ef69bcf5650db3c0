"""Each statement is compiled once in a test process, and not once for each studio.

A console opens one studio and keeps what it compiled; every test opens a new one, and compiling
anew was more than half of what most tests spent. Engines of one kind compile alike, so they share.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Engine
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.util import LRUCache

_COMPILED: LRUCache[Any, Any] = LRUCache(4_000)
"""By dialect and statement; the statements of all tests of one process have room."""


class _Alike:
    """A dialect that is, for what is kept of statements, the same as every other of its class."""

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other)

    def __hash__(self) -> int:
        return hash(type(self))

    @classmethod
    def engine_created(cls, engine: Engine) -> None:
        """Called by SQLAlchemy for each new engine."""
        engine.update_execution_options(compiled_cache=_COMPILED)


class SQLite(_Alike, SQLiteDialect_pysqlite):
    """SQLite, through one collection of compiled statements."""

    supports_statement_cache = True


class PostgreSQL(_Alike, PGDialect_psycopg):
    """PostgreSQL, through one collection of compiled statements."""

    supports_statement_cache = True


def compile_once() -> None:
    """From here on the engines that are made share what they compile."""
    registry.register("sqlite", __name__, "SQLite")
    registry.register("postgresql.psycopg", __name__, "PostgreSQL")
