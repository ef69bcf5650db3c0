"""Copies of a database: made while others work, looked into, and put back."""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol

from crm_tui.storage.dialect import Dialect
from crm_tui.storage.store import Store


class Copies(Protocol):
    """What one engine can do for the safety of one database. Everything raises ``CrmError``."""

    def damage(self) -> list[str]:
        """What is broken in the database itself, in words; empty where it is sound."""
        ...

    def orphans(self) -> list[str]:
        """Tables with rows that refer to nothing; empty where every reference holds."""
        ...

    def save(self, file: Path) -> None:
        """Write one moment of the database to ``file``; others go on working meanwhile.

        After an error, ``file`` is no copy.
        """
        ...

    def look_into(self, copy: Path, named: Path) -> AbstractContextManager[Store | None]:
        """The content of ``copy``, to be read; ``None`` where only its soundness can be told.

        Raises :class:`~crm_tui.core.errors.FileProblem` about the file ``named`` where the copy is
        cut off, damaged or not ours.
        """
        ...

    def staged(self, file: Path) -> AbstractContextManager[Path]:
        """A copy of the copy ``file`` that :meth:`load` may use up. ``file`` is never changed."""
        ...

    def load(self, staged: Path) -> Path | None:
        """Put ``staged`` in the database's place: all of it or nothing.

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
