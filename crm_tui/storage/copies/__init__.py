"""Copies of a database: made while others work, looked at, and put back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Protocol

from crm_tui.core.errors import CrmError, StorageFull
from crm_tui.storage.dialect import Dialect
from crm_tui.storage.store import Store


class Copies(Protocol):
    """What one engine can do for the safety of one database."""

    def damage(self) -> list[str]:
        """What is broken in the database itself, in words; empty where it is sound."""
        ...

    def orphans(self) -> list[str]:
        """Rows that refer to rows that are not there; empty where every reference holds."""
        ...

    def save(self, file: Path) -> None:
        """Write one moment of the database to ``file``, which is empty. Others go on working.

        Raises :class:`CrmError`; what ``file`` holds then is no copy.
        """
        ...

    def opened(self, file: Path) -> AbstractContextManager[Store | None]:
        """A throw-away database with the content of the copy ``file``, to look into.

        ``None`` where the engine can only read the copy to its end. Raises
        :class:`~crm_tui.core.errors.FileProblem` that says what is wrong with the copy.
        """
        ...

    def load(self, file: Path) -> Path | None:
        """Put the copy ``file`` in the database's place: all of it or nothing.

        Returns where the former database is kept; ``None`` where there was none.
        """
        ...


def copies_of(dialect: Dialect) -> Copies:
    """The copies of the database behind ``dialect``."""
    from crm_tui.storage.sqlite import SQLite

    if isinstance(dialect, SQLite):
        from crm_tui.storage.copies.sqlite import FileCopies

        return FileCopies(dialect)
    from crm_tui.storage.copies.postgres import DumpCopies
    from crm_tui.storage.postgres import PostgreSQL

    assert isinstance(dialect, PostgreSQL)
    return DumpCopies(dialect)
