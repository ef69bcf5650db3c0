"""What the rest of the storage asks of a database engine; ``sqlite`` and ``postgres`` answer."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from sqlalchemy import ColumnElement, Connection, Engine, Select, Table, inspect
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlmodel import Session

from crm_tui.core.errors import CrmError, StorageProblem


def attachments_beside(file: Path) -> Path:
    """Where the attachments of the database, or of the back-up, ``file`` lie."""
    return file.with_name(f"{file.name}.attachments")


def figures_beside(file: Path) -> Path:
    """Where this machine's columnar copy of the database ``file`` lies."""
    return file.with_name(f"{file.name}.figures")


class TryAgain(StorageProblem):
    """The engine gave up this transaction because of another one; the whole may be repeated."""

    code = "busy"


class Dialect(Protocol):
    """One database engine."""

    engine: Engine
    writer: Engine
    """Like ``engine``, and begins transactions that will write."""
    steady: Engine
    """Like ``writer``, for one of many short transactions in a row: whoever waits for others asks
    steadily for its turn, and does not come last beside somebody who works without pause."""
    shown: str
    """The database as it may be shown to a person: without a password."""
    attachments: Path
    """The folder for files that belong to rows; it need not exist yet."""
    figures: Path
    """The folder for this machine's columnar copy; it need not exist yet."""

    def prepare(self) -> bool:
        """Make an empty database usable and say whether it was new.

        Raises :class:`StorageProblem` where it can't be opened or belongs to another program.
        """
        ...

    def lock_schema(self, connection: Connection) -> None:
        """Let one process at a time change the schema, until the transaction ends."""
        ...

    def protect(self, connection: Connection, table: str, *erasable: str) -> None:
        """Make ``table`` append-only by trigger; the columns ``erasable`` hold words of people,
        which may have to be forgotten."""
        ...

    def balance(self, connection: Connection, head: str, lines: str) -> None:
        """Refuse, by trigger, a row of ``head`` whose ``lines`` are none or don't sum to zero,
        and lines that come after their head. Lines name it by ``journal_id``."""
        ...

    def lock_store(self, session: Session, store_id: int) -> None:
        """Let one transaction at a time append to the store's events, until it ends."""
        ...

    def share_books(self, session: Session) -> None:
        """Say that this transaction takes numbers of journals, until it ends."""
        ...

    def await_books(self, session: Session) -> None:
        """Wait until whoever takes numbers of journals has ended, and let nobody begin until this
        transaction ends: after that, no journal appears before one that was seen."""
        ...

    def announce(self, session: Session, store_id: int) -> None:
        """Wake the feeds of other processes when this transaction commits."""
        ...

    def reserve_ids(self, session: Session, table: Table, count: int) -> Sequence[int]:
        """``count`` row ids of ``table`` that nobody else will get."""
        ...

    def insert_rows(
        self,
        session: Session,
        table: Table,
        names: Sequence[str],
        rows: Iterable[Sequence[Any]],
        *,
        same: Mapping[str, Any] | None = None,
        keep_known: bool = False,
    ) -> None:
        """Write many rows of ``table`` by the fastest way in; ``names`` are the columns of each.

        ``same`` are the columns that hold one value in all of them. With ``keep_known``, a row
        whose key is there already is left out.
        """
        ...

    def delete_rows(
        self, session: Session, table: Table, names: Sequence[str], rows: Sequence[Sequence[Any]]
    ) -> None:
        """Delete many rows of ``table``, each named by its ``names``, which are its key."""
        ...

    def as_csv(self, session: Session, query: Select[Any]) -> bytes:
        """The rows of ``query`` as CSV without a header, by the fastest way out.

        Numbers and text only; NULL is an empty field, an empty text ``""``. All of it lies in
        memory: ask for as many rows at a time as fit.
        """
        ...

    def among(self, column: ColumnElement[Any], values: Collection[Any]) -> ColumnElement[bool]:
        """``column`` is one of ``values``, of which there may be thousands: one parameter."""
        ...

    def learn(self, session: Session, table: Table) -> None:
        """Let queries be planned by the rows of ``table`` as they are, after many were written."""
        ...

    def compact(self) -> None:
        """Write the database anew without what was deleted: nothing of it stays in its files.

        Takes space for a second copy, and keeps writers waiting meanwhile. Raises
        :class:`StorageProblem` where others leave it no moment.
        """
        ...

    def broken_constraint(self, error: IntegrityError) -> str:
        """The name of the unique index or the constraint that ``error`` ran into, or ""."""
        ...

    def problem(self, error: DBAPIError) -> CrmError | None:
        """``error`` in words that say what to do; None where it is not the engine's doing."""
        ...

    def watch(self) -> Watch:
        """A new watch for changes; each feed has its own."""
        ...


class Watch(Protocol):
    """Says that something was committed by anybody."""

    def wait(self, seconds: float) -> bool:
        """Wait at most ``seconds``; True where something may have changed.

        Raises :class:`StorageProblem` where the database can't be reached any more.
        """
        ...

    def close(self) -> None:
        """Give the connection back; never raises."""
        ...


def storable(
    engine: Engine, table: Table, names: Sequence[str], rows: Sequence[Sequence[Any]]
) -> Iterable[Sequence[Any]]:
    """``rows`` as the driver takes them, each value as its column stores it."""
    forms = {at: _stored_form(engine, table, name) for at, name in enumerate(names)}
    if not any(forms.values()):
        return rows
    columns: list[Sequence[Any]] = list(zip(*rows, strict=True))
    for at, stored in forms.items():
        if stored:
            columns[at] = _converted(columns[at], stored)
    return zip(*columns, strict=True)


def kept_columns(connection: Connection, table: str, erasable: Sequence[str]) -> str:
    """``OF …`` for a trigger on the update of any column of ``table`` but those; empty without
    any."""
    if not erasable:
        return ""
    names = [column["name"] for column in inspect(connection).get_columns(table)]
    return "OF " + ", ".join(name for name in names if name not in erasable)


def _converted(values: Sequence[Any], stored: Callable[[Any], Any]) -> list[Any]:
    """``values`` as they are stored; an object that comes again is converted once."""
    known = {id(value): value for value in values}
    forms = {each: stored(value) for each, value in known.items()}
    return [forms[id(value)] for value in values]


def _stored_form(engine: Engine, table: Table, name: str) -> Callable[[Any], Any] | None:
    kind = table.c[name].type.dialect_impl(engine.dialect)
    return kind.bind_processor(engine.dialect)
