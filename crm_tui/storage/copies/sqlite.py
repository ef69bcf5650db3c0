"""Copies of an SQLite file, by SQLite's online backup: never of bytes that others are writing.

A copy is one plain file without a write-ahead log beside it, so it can be moved and mailed.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import quote

from sqlalchemy.exc import DBAPIError

from crm_tui.core.errors import FileProblem, StorageBusy, StorageProblem
from crm_tui.core.language import _
from crm_tui.storage.copies.files import draft_beside, file_errors, free_name, publish
from crm_tui.storage.sqlite import APPLICATION_ID, SQLite, busy_seconds
from crm_tui.storage.store import Store, open_store, schema_revision

_MAGIC = b"SQLite format 3\x00"
_HEADER_BYTES = 100
_OUR_MARK = APPLICATION_ID.to_bytes(4, "big")
_PAGE_SIZE_AT, _PAGES_AT, _MARK_AT = slice(16, 18), slice(28, 32), slice(68, 72)
_MOST_FAULTS = 20
_STEP_PAGES = 1024
_SHARED_LOCK = (510, 0x40000002)
"""Length and place of the bytes that every connection of a WAL database keeps locked."""

_DAMAGE = ("SQLITE_CORRUPT", "SQLITE_NOTADB", "SQLITE_IOERR")
_STATUS_OK = 0
_STATUS_DONE = 101


class FileCopies:
    """Copies of one SQLite file."""

    def __init__(self, dialect: SQLite) -> None:
        self._dialect = dialect
        self._file = dialect.file

    def damage(self) -> list[str]:
        with self._errors():
            return _damage(self._file)

    def orphans(self) -> list[str]:
        with self._errors(), closing(_connect(self._file, "ro")) as connection:
            rows = connection.execute("PRAGMA foreign_key_check").fetchall()
            return sorted({f"{table} → {parent}" for table, _row, parent, _key in rows})

    def save(self, file: Path) -> None:
        with (
            self._errors(),
            closing(_connect(self._file, "ro")) as source,
            closing(_connect(file, "rw")) as target,
        ):
            self._refuse_foreign(source)
            source.backup(target, progress=self._patience())
            target.execute("PRAGMA journal_mode=DELETE")

    @contextmanager
    def look_into(self, copy: Path, named: Path) -> Iterator[Store | None]:
        if not _is_ours(copy):
            raise FileProblem(file=named, why=_("it is not a back-up of this program."))
        if faults := _missing_end(copy) or _damage_told(copy):
            why = _("it is damaged or cut off ({fault}).").format(fault=faults[0])
            raise FileProblem(file=named, why=why)
        store = Store(SQLite(copy))
        try:
            if schema_revision(store.dialect) is None:
                raise FileProblem(file=named, why=_("there is no studio in it."))
            yield store
        finally:
            store.close()

    @contextmanager
    def staged(self, file: Path) -> Iterator[Path]:
        with draft_beside(self._file) as draft:
            with file_errors(file):
                for suffix in ("", "-wal"):
                    if suffix == "" or Path(f"{file}{suffix}").exists():
                        shutil.copyfile(f"{file}{suffix}", f"{draft}{suffix}")
            with self.look_into(draft, file):
                pass
            try:
                open_store(draft).close()
            except StorageProblem as problem:
                raise FileProblem(file=file, why=problem.facts.get("why", "")) from problem
            yield draft

    def load(self, staged: Path) -> Path | None:
        if not self._file.exists() or not self._file.stat().st_size:
            self._swap_in(staged)
            return None
        aside = free_name(self._file.with_name(f"{self._file.name}.before-restore"))
        if self._is_sound():
            self._write_over(staged, aside)
        else:
            self._set_aside(aside)
            self._swap_in(staged)
        return aside

    def _is_sound(self) -> bool:
        """Whether the present file can be written to. Raises where it is somebody else's, or out
        of reach for another reason than damage."""
        with self._errors():
            try:
                if _damage(self._file):
                    return False
            except sqlite3.Error as error:
                if error.sqlite_errorname.startswith(_DAMAGE):
                    return False
                raise
            with closing(_connect(self._file, "ro")) as connection:
                self._refuse_foreign(connection)
        return True

    def _refuse_foreign(self, connection: sqlite3.Connection) -> None:
        (mark,) = connection.execute("PRAGMA application_id").fetchone()
        if mark != APPLICATION_ID:
            why = _("it belongs to another program. Name another file.")
            raise StorageProblem(database=self._dialect.shown, why=why)

    def _write_over(self, staged: Path, aside: Path) -> None:
        """Write ``staged`` into the database as one transaction, safe with others at work.

        From its first step (of at least two) to its last the backup holds the write lock; what
        others have committed is kept aside between them, so that nothing can come in between.
        """
        patience = self._patience()

        def keep_first(status: int, remaining: int, total: int) -> None:
            patience(status, remaining, total)
            if status == _STATUS_OK and not aside.exists():
                with draft_beside(aside) as draft:
                    self.save(draft)
                    publish(draft, aside)

        with (
            self._errors(),
            closing(_connect(staged, "rw")) as source,
            closing(_connect(self._file, "rw")) as target,
        ):
            source.execute("PRAGMA journal_mode=DELETE")
            (pages,) = source.execute("PRAGMA page_count").fetchone()
            source.backup(target, pages=min(pages - 1, _STEP_PAGES), progress=keep_first)

    def _set_aside(self, aside: Path) -> None:
        """Keep a damaged file, as it is. Raises while another process has it open."""
        with file_errors(self._file):
            if _in_use(self._file):
                raise StorageBusy(database=self._dialect.shown)
            os.link(self._file, aside)
            for suffix in ("-wal", "-shm"):
                beside = Path(f"{self._file}{suffix}")
                if beside.exists():
                    beside.rename(f"{aside}{suffix}")

    def _swap_in(self, staged: Path) -> None:
        with self._errors(), closing(_connect(staged, "rw")) as connection:
            connection.execute("PRAGMA journal_mode=WAL")
        publish(staged, self._file)

    def _patience(self) -> Callable[[int, int, int], None]:
        """A progress call that gives up when others hold the database for too long."""
        deadline = time.monotonic() + busy_seconds()

        def check(status: int, _remaining: int, _total: int) -> None:
            if status not in (_STATUS_OK, _STATUS_DONE) and time.monotonic() > deadline:
                raise StorageBusy(database=self._dialect.shown)

        return check

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            known = self._dialect.problem(DBAPIError("", None, error))
            if known is None:
                raise
            raise known from error


def _connect(file: Path, mode: str) -> sqlite3.Connection:
    return sqlite3.connect(
        f"file:{quote(str(file))}?mode={mode}",
        uri=True,
        timeout=busy_seconds(),
        isolation_level=None,
    )


def _damage(file: Path) -> list[str]:
    with closing(_connect(file, "ro")) as connection:
        rows = connection.execute(f"PRAGMA integrity_check({_MOST_FAULTS})").fetchall()
    return [str(text) for (text,) in rows if text != "ok"]


def _damage_told(file: Path) -> list[str]:
    """Like :func:`_damage`, where a file that can't even be read is damaged too."""
    try:
        return _damage(file)
    except sqlite3.Error as error:
        return [str(error)]


def _missing_end(file: Path) -> list[str]:
    """What of ``file`` was cut off, by its own header; SQLite would read zeros in its place."""
    header = _header(file)
    page_size = int.from_bytes(header[_PAGE_SIZE_AT], "big")
    told = (65_536 if page_size == 1 else page_size) * int.from_bytes(header[_PAGES_AT], "big")
    size = file.stat().st_size
    return [_("{size} of {told} bytes").format(size=size, told=told)] if size < told else []


def _is_ours(file: Path) -> bool:
    header = _header(file)
    return header.startswith(_MAGIC) and header[_MARK_AT] == _OUR_MARK


def _header(file: Path) -> bytes:
    """The first bytes of a copy. Never ask for those of a database that this process has open."""
    with file_errors(file), file.open("rb") as opened:
        return opened.read(_HEADER_BYTES)


def _in_use(file: Path) -> bool:
    """Whether another process has the database open. This process must not: closing the file here
    would take away the locks of its connections, as POSIX has it."""
    if sys.platform == "win32":
        return False
    import fcntl

    with file.open("rb+") as opened:
        try:
            fcntl.lockf(opened, fcntl.LOCK_EX | fcntl.LOCK_NB, *_SHARED_LOCK)
        except OSError:
            return True
    return False
