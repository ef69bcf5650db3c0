"""PostgreSQL: when several people or stores work at once.

Read committed with compare-and-swap in the statements; an advisory lock a store, taken last,
keeps the event numbers in commit order; LISTEN/NOTIFY wakes the feeds.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import quote

import psycopg
from psycopg import errors
from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Connection,
    Select,
    Table,
    bindparam,
    create_engine,
    event,
    func,
    text,
)
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlmodel import Session

from crm_tui.core.errors import CrmError, StorageBusy, StorageFull, StorageProblem
from crm_tui.core.language import _
from crm_tui.core.portions import portions
from crm_tui.places import data_folder
from crm_tui.storage.dialect import TryAgain, kept_columns, storable

CHANNEL = "crm_tui_events"
_EVENT_LOCKS = 0x43524D
"""The class of our advisory locks; the store's id is the second half of the key."""
_SCHEMA_LOCK = -1
_BOOKS_LOCK = -2
PATIENCE_SECONDS = 30
"""How long :meth:`PostgreSQL.compact` waits for a table that others are using."""
_COPIED_AT_ONCE = 2_000
_LINK = {
    "connect_timeout": 5,
    "keepalives": 1,
    "keepalives_idle": 2,
    "keepalives_interval": 1,
    "keepalives_count": 3,
    "tcp_user_timeout": 5000,
}
"""A dead link errs within six seconds."""


def _plan_for_memory(connection: psycopg.Connection[Any], _record: object) -> None:
    """A studio's database fits into memory or lies on a solid disk: there, fetching two thousand
    customers by id is cheaper than reading them all, which the server does not know by itself.

    Nor are queries compiled: what a settlement asks of 50,000 lines runs for 0.5 s, and compiling
    it took 2.4 s, each time anew."""
    connection.autocommit = True
    connection.execute("SET random_page_cost = 1.1; SET jit = off")
    connection.autocommit = False


class PostgreSQL:
    """A database on a server."""

    def __init__(self, url: URL) -> None:
        self.url = url.set(drivername="postgresql+psycopg")
        self.shown = url.render_as_string(hide_password=True)
        self.attachments = data_folder() / f"{_name_for_files(url)}.attachments"
        self.figures = data_folder() / f"{_name_for_files(url)}.figures"
        self.engine = create_engine(self.url, connect_args=_LINK, pool_pre_ping=True)
        event.listen(self.engine, "connect", _plan_for_memory)
        self.writer = self.steady = self.engine

    def prepare(self) -> bool:
        with self.engine.connect() as connection:
            found = set(
                connection.execute(
                    text("SELECT tablename FROM pg_tables WHERE schemaname = current_schema()")
                ).scalars()
            )
        if found and "event_head" not in found:
            why = _("it belongs to another program. Name another database.")
            raise StorageProblem(database=self.shown, why=why)
        return not found

    def lock_schema(self, connection: Connection) -> None:
        connection.execute(
            text("SELECT pg_advisory_xact_lock(:kind, :which)"),
            {"kind": _EVENT_LOCKS, "which": _SCHEMA_LOCK},
        )

    def protect(self, connection: Connection, table: str, *erasable: str) -> None:
        connection.exec_driver_sql(
            f"CREATE FUNCTION {table}_append_only() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN RAISE EXCEPTION '{table} is append-only'; END $$"
        )
        connection.exec_driver_sql(
            f"CREATE TRIGGER {table}_append_only BEFORE "
            f"UPDATE {kept_columns(connection, table, erasable)} OR DELETE OR TRUNCATE ON {table} "
            f"FOR EACH STATEMENT EXECUTE FUNCTION {table}_append_only()"
        )

    def balance(self, connection: Connection, head: str, lines: str) -> None:
        unbalanced = (
            f"SELECT 1 FROM fresh LEFT JOIN {lines} ON journal_id = fresh.id "  # noqa: S608
            "GROUP BY fresh.id HAVING coalesce(sum(amount_fen), 1) <> 0"
        )
        late = f"SELECT 1 FROM fresh JOIN {head} ON {head}.id = journal_id"  # noqa: S608
        for table, name, wrong, message in (
            (head, "balanced", unbalanced, f"{head} does not balance"),
            (lines, "before_head", late, f"{lines} belongs to a {head} that is posted"),
        ):
            connection.exec_driver_sql(
                f"CREATE FUNCTION {table}_{name}() RETURNS trigger LANGUAGE plpgsql AS "
                f"$$ BEGIN IF EXISTS ({wrong}) THEN RAISE EXCEPTION '{message}'; END IF; "
                "RETURN NULL; END $$"
            )
            connection.exec_driver_sql(
                f"CREATE TRIGGER {table}_{name} AFTER INSERT ON {table} "
                "REFERENCING NEW TABLE AS fresh "
                f"FOR EACH STATEMENT EXECUTE FUNCTION {table}_{name}()"
            )

    def lock_store(self, session: Session, store_id: int) -> None:
        session.connection().execute(
            text("SELECT pg_advisory_xact_lock(:kind, :which)"),
            {"kind": _EVENT_LOCKS, "which": store_id},
        )

    def share_books(self, session: Session) -> None:
        session.connection().execute(
            text("SELECT pg_advisory_xact_lock_shared(:kind, :which)"),
            {"kind": _EVENT_LOCKS, "which": _BOOKS_LOCK},
        )

    def await_books(self, session: Session) -> None:
        session.connection().execute(
            text("SELECT pg_advisory_xact_lock(:kind, :which)"),
            {"kind": _EVENT_LOCKS, "which": _BOOKS_LOCK},
        )

    def announce(self, session: Session, store_id: int) -> None:
        session.connection().execute(
            text("SELECT pg_notify(:channel, :store)"),
            {"channel": CHANNEL, "store": str(store_id)},
        )

    def reserve_ids(self, session: Session, table: Table, count: int) -> Sequence[int]:
        return list(
            session.connection()
            .execute(
                text(
                    "SELECT nextval(pg_get_serial_sequence(:name, 'id')) "
                    "FROM generate_series(1, :count)"
                ),
                {"name": table.name, "count": count},
            )
            .scalars()
        )

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
        driver = session.connection().connection.driver_connection
        assert driver is not None
        names, constants = [*names, *(same or {})], tuple((same or {}).values())
        columns = ", ".join(f'"{name}"' for name in names)
        target = f"copied_{table.name}" if keep_known else table.name
        with driver.cursor() as cursor:
            if keep_known:
                cursor.execute(
                    f'CREATE TEMP TABLE IF NOT EXISTS "{target}" '
                    f'(LIKE "{table.name}") ON COMMIT DELETE ROWS'
                )
            with cursor.copy(f'COPY "{target}" ({columns}) FROM STDIN') as copy:
                for some in portions(((*row, *constants) for row in rows), _COPIED_AT_ONCE):
                    for row in storable(self.engine, table, names, some):
                        copy.write_row(row)
            if keep_known:
                cursor.execute(
                    f'INSERT INTO "{table.name}" ({columns}) '  # noqa: S608  (our own names)
                    f'SELECT {columns} FROM "{target}" ON CONFLICT DO NOTHING'
                )
                cursor.execute(f'TRUNCATE "{target}"')

    def delete_rows(
        self, session: Session, table: Table, names: Sequence[str], rows: Sequence[Sequence[Any]]
    ) -> None:
        these = " AND ".join(f'"{name}" = %s' for name in names)
        statement = f'DELETE FROM "{table.name}" WHERE {these}'  # noqa: S608  (our own names)
        if rows:
            session.connection().exec_driver_sql(statement, [tuple(row) for row in rows])

    def as_csv(self, session: Session, query: Select[Any]) -> bytes:
        driver = session.connection().connection.driver_connection
        assert driver is not None
        said = query.compile(self.engine, compile_kwargs={"literal_binds": True})
        with (
            driver.cursor() as cursor,
            cursor.copy(f"COPY ({said}) TO STDOUT (FORMAT csv)") as copy,
        ):
            return b"".join(copy)

    def among(self, column: ColumnElement[Any], values: Collection[Any]) -> ColumnElement[bool]:
        return column == func.any(bindparam(None, list(values), type_=ARRAY(column.type)))

    def learn(self, session: Session, table: Table) -> None:
        session.connection().exec_driver_sql(f"ANALYZE {table.name}")

    def compact(self) -> None:
        with self.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql(f"SET lock_timeout = '{PATIENCE_SECONDS}s'")
            try:
                connection.exec_driver_sql("VACUUM FULL")
            finally:
                connection.exec_driver_sql("RESET lock_timeout")

    def broken_constraint(self, error: IntegrityError) -> str:
        if isinstance(error.orig, psycopg.Error):
            return error.orig.diag.constraint_name or ""
        return ""

    def problem(self, error: DBAPIError) -> CrmError | None:
        cause = error.orig
        if isinstance(cause, errors.SerializationFailure | errors.DeadlockDetected):
            return TryAgain(database=self.shown, why=_("another action was in the way. Repeat."))
        if isinstance(cause, errors.LockNotAvailable | errors.QueryCanceled):
            return StorageBusy(database=self.shown)
        if isinstance(cause, errors.DiskFull):
            return StorageFull(database=self.shown)
        if isinstance(cause, psycopg.OperationalError):
            reason = str(cause).strip().splitlines()[0]
            why = _("the server can't be reached: {reason}").format(reason=reason)
            return StorageProblem(database=self.shown, why=why)
        return None

    def watch(self) -> Notifications:
        return Notifications(self.url)


def _name_for_files(url: URL) -> str:
    """A name that no other database has that this user works on: its own, and its server's."""
    server = url.host or str(url.query.get("host", ""))
    parts = [url.database or "", server, str(url.port or "")]
    return quote("@".join(filter(None, parts)), safe="@")


class Notifications:
    """Listens for the NOTIFY of other transactions."""

    def __init__(self, url: URL) -> None:
        plain = url.set(drivername="postgresql").render_as_string(hide_password=False)
        self._shown = url.render_as_string(hide_password=True)
        try:
            self._connection = psycopg.connect(plain, autocommit=True, **_LINK)  # type: ignore[arg-type]
            self._connection.execute(f"LISTEN {CHANNEL}")
        except psycopg.Error as error:
            raise StorageProblem(database=self._shown, why=str(error)) from error

    def wait(self, seconds: float) -> bool:
        try:
            # All that have come are taken: one that stays would wake the feed for nothing.
            heard = [*self._connection.notifies(timeout=seconds, stop_after=1)]
        except psycopg.Error as error:
            raise StorageProblem(database=self._shown, why=str(error)) from error
        return bool(heard)

    def close(self) -> None:
        self._connection.close()
