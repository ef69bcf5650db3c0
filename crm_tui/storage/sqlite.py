"""SQLite: one file, one writer at a time, readers never wait.

WAL, ``synchronous=FULL``, foreign keys on; writes begin with ``BEGIN IMMEDIATE``, so that they
queue at the door and never fail in the middle.
"""

from __future__ import annotations

import json
import os
import sqlite3
import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import reduce
from itertools import chain, groupby
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    LargeBinary,
    Select,
    String,
    Table,
    TypeDecorator,
    UniqueConstraint,
    cast,
    create_engine,
    event,
    func,
    literal,
    select,
    text,
    type_coerce,
)
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.pool import QueuePool
from sqlmodel import Session, SQLModel

from crm_tui.core.errors import CrmError, StorageBusy, StorageFull, StorageProblem, os_reason
from crm_tui.core.language import N_, _
from crm_tui.core.portions import portions
from crm_tui.storage.dialect import attachments_beside, figures_beside, kept_columns, storable

APPLICATION_ID = 0x43524D54
"""``CRMT`` in the file's header: how our files are told from other programs' databases."""
BUSY_SECONDS = 60.0
"""How long a write waits for another process's; ``CRM_TUI_BUSY_SECONDS`` changes it."""
POLL_SECONDS = 0.05
"""How often a feed asks whether somebody has committed. Costs about 10 µs."""
TURN_SECONDS = 0.001
"""How often a steady writer asks for its turn."""

_PARAMETERS = 1_000
"""Values of one statement that writes many rows: more cost more than they save."""

_BEGIN_WRITING = "BEGIN IMMEDIATE"
_RESERVE = text("UPDATE sqlite_sequence SET seq = seq + :more WHERE name = :name RETURNING seq")
_FIRST = text("INSERT INTO sqlite_sequence VALUES (:name, :more) RETURNING seq")

_PRAGMAS = (
    "PRAGMA foreign_keys=ON",
    "PRAGMA synchronous=FULL",
    "PRAGMA temp_store=MEMORY",
    "PRAGMA cache_size=-32000",
    "PRAGMA mmap_size=268435456",
)

_REASONS: tuple[tuple[str, str], ...] = (
    ("not a database", N_("it is not a database of this program. Name another file.")),
    ("malformed", N_("it is damaged. Run “crm-tui doctor”, or restore a back-up.")),
    ("readonly", N_("it is read-only for you. Check the permissions of the file and its folder.")),
    ("unable to open", N_("it can't be opened. Check that the folder exists and is yours.")),
    ("disk i/o", N_("the disk reported an error. Check the disk, then run “crm-tui doctor”.")),
)


class SQLite:
    """A database in one file."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.shown = str(file)
        self.attachments = attachments_beside(file)
        self.figures = figures_beside(file)
        self.engine = _engine(file)
        self.writer: Engine = self.engine.execution_options(crm_begin=_BEGIN_WRITING)
        self.steady: Engine = self.writer.execution_options(crm_steady=True)

    def prepare(self) -> bool:
        if self.file.is_dir():
            raise StorageProblem(database=self.shown, why=_("it is a folder, not a file."))
        try:
            new = _create_private(self.file)
        except OSError as error:
            raise StorageProblem(database=self.shown, why=os_reason(error)) from error
        with self.engine.connect() as connection:
            ours = connection.exec_driver_sql("PRAGMA application_id").scalar_one()
            tables = connection.exec_driver_sql("SELECT count(*) FROM sqlite_master").scalar_one()
        if tables and ours != APPLICATION_ID:
            why = _("it belongs to another program. Name another file.")
            raise StorageProblem(database=self.shown, why=why)
        if not ours:
            self._mark_as_ours()
        return new or not tables

    def _mark_as_ours(self) -> None:
        raw = self.engine.raw_connection()
        try:
            cursor = raw.cursor()
            cursor.execute(f"PRAGMA application_id={APPLICATION_ID}")
            cursor.execute("PRAGMA journal_mode=WAL")
        finally:
            raw.close()

    def lock_schema(self, connection: Connection) -> None:
        """``BEGIN IMMEDIATE`` has already done it."""

    def protect(self, connection: Connection, table: str, *erasable: str) -> None:
        for action, what in (("UPDATE", kept_columns(connection, table, erasable)), ("DELETE", "")):
            connection.exec_driver_sql(
                f"CREATE TRIGGER {table}_no_{action.lower()} BEFORE {action} {what} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            )

    def balance(self, connection: Connection, head: str, lines: str) -> None:
        unbalanced = (
            f"ifnull((SELECT sum(amount_fen) FROM {lines} "  # noqa: S608
            "WHERE journal_id = NEW.id), 1) <> 0"
        )
        late = f"EXISTS (SELECT 1 FROM {head} WHERE id = NEW.journal_id)"  # noqa: S608
        for table, name, wrong, message in (
            (head, "balanced", unbalanced, f"{head} does not balance"),
            (lines, "before_head", late, f"{lines} belongs to a {head} that is posted"),
        ):
            connection.exec_driver_sql(
                f"CREATE TRIGGER {table}_{name} BEFORE INSERT ON {table} WHEN {wrong} "
                f"BEGIN SELECT RAISE(ABORT, '{message}'); END"
            )

    def lock_store(self, session: Session, store_id: int) -> None:
        """There is one writer: whoever is here holds the lock."""

    def share_books(self, session: Session) -> None:
        """There is one writer: numbers are taken in the order in which they are committed."""

    def await_books(self, session: Session) -> None:
        """What is seen is committed, and what is not will have later numbers."""

    def announce(self, session: Session, store_id: int) -> None:
        """``PRAGMA data_version`` tells the others."""

    def reserve_ids(self, session: Session, table: Table, count: int) -> Sequence[int]:
        connection = session.connection()
        name = {"name": table.name, "more": count}
        last = connection.execute(_RESERVE, name).scalar()
        if last is None:
            last = connection.execute(_FIRST, name).scalar_one()
        return range(last - count + 1, last + 1)

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
        connection = session.connection()
        same = same or {}
        (constants,) = storable(self.engine, table, [*same], [[*same.values()]]) if same else [()]
        verb = "INSERT OR IGNORE" if keep_known else "INSERT"
        into = f"{verb} INTO {_listed(table.name, [*names, *same])} "
        row = f"({','.join('?' * len(names))})"
        for some in portions(rows, _PARAMETERS // len(names)):
            given = "VALUES " + ",".join([row] * len(some))
            if same:
                again = ",?" * len(same)
                given = f"SELECT given.*{again} FROM ({given}) AS given"  # noqa: S608  (no values)
            values = chain.from_iterable(storable(self.engine, table, names, some))
            connection.exec_driver_sql(into + given, (*constants, *values))

    def delete_rows(
        self, session: Session, table: Table, names: Sequence[str], rows: Sequence[Sequence[Any]]
    ) -> None:
        these = " AND ".join(f'"{name}" = ?' for name in names)
        statement = f'DELETE FROM "{table.name}" WHERE {these}'  # noqa: S608  (our own names)
        if rows:
            session.connection().exec_driver_sql(statement, [tuple(row) for row in rows])

    def as_csv(self, session: Session, query: Select[Any]) -> bytes:
        parts = [
            _words(columns) if worded else _numbers(list(columns))
            for worded, columns in groupby(query.subquery().c, _is_worded)
        ]
        all_lines = cast(func.group_concat(_joined(parts), "\n"), LargeBinary)
        return session.connection().scalar(select(all_lines)) or b""

    def among(self, column: ColumnElement[Any], values: Collection[Any]) -> ColumnElement[bool]:
        each = func.json_each(json.dumps(list(values))).table_valued("value")
        return column.in_(select(each.c.value))

    def learn(self, session: Session, table: Table) -> None:
        """SQLite plans by its indexes alone, as long as nobody makes statistics."""

    def compact(self) -> None:
        connection = self.engine.raw_connection()
        try:
            cursor = connection.cursor()
            cursor.execute("VACUUM")
            busy, *_pages = cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        except sqlite3.OperationalError as error:
            raise DBAPIError("VACUUM", None, error) from error
        finally:
            connection.close()
        if busy:
            raise StorageBusy(database=self.shown)

    def broken_constraint(self, error: IntegrityError) -> str:
        message = str(error.orig)
        if message.startswith("CHECK constraint failed: "):
            return message.removeprefix("CHECK constraint failed: ")
        if not message.startswith("UNIQUE constraint failed: "):
            return ""
        columns = [
            part.strip() for part in message.removeprefix("UNIQUE constraint failed: ").split(",")
        ]
        table = SQLModel.metadata.tables.get(columns[0].partition(".")[0])
        return _unique_name(table, {part.partition(".")[2] for part in columns})

    def problem(self, error: DBAPIError) -> CrmError | None:
        message = str(error.orig).lower()
        if "locked" in message or "busy" in message:
            return StorageBusy(database=self.shown)
        if "is full" in message:
            return StorageFull(database=self.shown)
        for sign, why in _REASONS:
            if sign in message:
                return StorageProblem(database=self.shown, why=_(why))
        return None

    def watch(self) -> DataVersion:
        return DataVersion(self.file)


class DataVersion:
    """Watches ``PRAGMA data_version``, which changes when any other connection commits."""

    def __init__(self, file: Path) -> None:
        self._file = file
        try:
            self._connection = sqlite3.connect(_uri(file), uri=True, check_same_thread=False)
        except sqlite3.Error as error:
            raise StorageProblem(database=str(file), why=str(error)) from error
        self._seen = self._version()

    def _version(self) -> int:
        try:
            (version,) = self._connection.execute("PRAGMA data_version").fetchone()
        except sqlite3.Error as error:
            raise StorageProblem(database=str(self._file), why=str(error)) from error
        return int(version)

    def wait(self, seconds: float) -> bool:
        deadline = time.monotonic() + seconds
        while True:
            version = self._version()
            if version != self._seen:
                self._seen = version
                return True
            if time.monotonic() >= deadline:
                return False
            time.sleep(POLL_SECONDS)

    def close(self) -> None:
        self._connection.close()


def busy_seconds() -> float:
    """How long to wait for another process's write."""
    return float(os.environ.get("CRM_TUI_BUSY_SECONDS", BUSY_SECONDS))


def _engine(file: Path) -> Engine:
    busy = busy_seconds()
    engine = create_engine(
        "sqlite://",
        creator=lambda: sqlite3.connect(
            _uri(file), uri=True, timeout=busy, check_same_thread=False, isolation_level=None
        ),
        # The usual pool for "sqlite://" closes the connections of the first of six threads.
        poolclass=QueuePool,
    )
    event.listen(engine, "connect", _set_pragmas)
    event.listen(engine, "begin", _begin)
    event.listen(engine, "reset", _leave_nothing_open)
    return engine


def _set_pragmas(connection: Any, _record: object) -> None:
    for pragma in _PRAGMAS:
        connection.execute(pragma)


def _begin(connection: Connection) -> None:
    options = connection.get_execution_options()
    if options.get("crm_steady"):
        _begin_steadily(connection)
    else:
        connection.exec_driver_sql(options.get("crm_begin", "BEGIN"))


def _begin_steadily(connection: Connection) -> None:
    """Begin to write, asking at an even pace: SQLite itself asks ever more rarely, ten times a
    second in the end, and hardly ever meets the moment between two writes of somebody quick."""
    raw: Any = connection.connection.driver_connection
    deadline = time.monotonic() + busy_seconds()
    raw.execute("PRAGMA busy_timeout=0")
    try:
        while time.monotonic() < deadline:
            try:
                raw.execute(_BEGIN_WRITING)
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
                    break
                time.sleep(TURN_SECONDS)
            else:
                return
        connection.exec_driver_sql(_BEGIN_WRITING)  # which says what is wrong
    finally:
        raw.execute(f"PRAGMA busy_timeout={round(busy_seconds() * 1000)}")


def _leave_nothing_open(connection: Any, _record: object, _state: object) -> None:
    """A COMMIT that a deferred constraint refuses leaves its transaction open."""
    if connection.in_transaction:
        connection.rollback()


def _is_worded(column: ColumnElement[Any]) -> bool:
    """Whether a column holds text, also where its type is our own or SQLModel's."""
    kind = column.type
    return isinstance(kind.impl_instance if isinstance(kind, TypeDecorator) else kind, String)


def _numbers(columns: Sequence[ColumnElement[Any]]) -> ColumnElement[Any]:
    """Columns of numbers as fields of CSV. One call makes the text of all of them: joined one by
    one it takes nearly twice as long."""
    return func.printf(",".join(["%s"] * len(columns)), *columns)


def _words(columns: Iterable[ColumnElement[Any]]) -> ColumnElement[Any]:
    """Columns of text as fields of CSV."""

    def field(column: ColumnElement[Any]) -> ColumnElement[Any]:
        quoted = func.replace(type_coerce(column, String), '"', '""')
        return func.coalesce(literal('"').op("||")(quoted).op("||")('"'), "")

    return _joined(map(field, columns))


def _joined(fields: Iterable[ColumnElement[Any]]) -> ColumnElement[Any]:
    return reduce(lambda left, right: left.op("||")(",").op("||")(right), fields)


def _listed(table: str, names: Sequence[str]) -> str:
    columns = ", ".join(f'"{name}"' for name in names)
    return f'"{table}" ({columns})'


def _uri(file: Path) -> str:
    return f"file:{quote(str(file))}?mode=rw"


def _create_private(file: Path) -> bool:
    """Make an empty file that only its owner can read; False where it was there already."""
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        os.close(os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    except FileExistsError:
        return False
    return True


def _unique_name(table: Table | None, columns: set[str]) -> str:
    if table is None:
        return ""
    for index in table.indexes:
        if index.unique and {column.name for column in index.columns} == columns:
            return str(index.name)
    for constraint in table.constraints:
        if isinstance(constraint, UniqueConstraint) and set(constraint.columns.keys()) == columns:
            return str(constraint.name)
    return str(table.primary_key.name) if set(table.primary_key.columns.keys()) == columns else ""
