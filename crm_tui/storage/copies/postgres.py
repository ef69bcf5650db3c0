"""Copies of a PostgreSQL database, by ``pg_dump`` and ``pg_restore``."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from crm_tui.core.errors import FileProblem, StorageProblem
from crm_tui.core.language import _
from crm_tui.storage.copies.files import draft_beside, file_errors, free_name, publish
from crm_tui.storage.postgres import PostgreSQL
from crm_tui.storage.store import Store

_MAGIC = b"PGDMP"
_WAIT_FOR_LOCKS = "-c lock_timeout=30s"
"""A restore waits that long for others to finish what they are doing."""
_DEBIAN = Path("/usr/lib/postgresql")


class DumpCopies:
    """Dumps in PostgreSQL's own format, compressed and complete with their schema."""

    def __init__(self, dialect: PostgreSQL) -> None:
        self._dialect = dialect

    def damage(self) -> list[str]:
        """Nothing: the server answers for its own files."""
        return []

    def orphans(self) -> list[str]:
        """None: the server does not let foreign keys be switched off."""
        return []

    def save(self, file: Path) -> None:
        done = self._run("pg_dump", ["--format=custom", f"--file={file}", *self._target()])
        if done.returncode:
            raise StorageProblem(database=self._dialect.shown, why=_reason(done))

    @contextmanager
    def look_into(self, copy: Path, named: Path) -> Iterator[Store | None]:
        with file_errors(named), copy.open("rb") as opened:
            if opened.read(len(_MAGIC)) != _MAGIC:
                raise FileProblem(file=named, why=_("it is not a back-up of this program."))
        done = self._run("pg_restore", [f"--file={os.devnull}", str(copy)])
        if done.returncode:
            why = _("it is damaged or cut off ({fault}).").format(fault=_reason(done))
            raise FileProblem(file=named, why=why)
        listed = self._run("pg_restore", ["--list", str(copy)])
        if " event_head " not in listed.stdout:
            raise FileProblem(file=named, why=_("there is no studio in it."))
        yield None

    @contextmanager
    def staged(self, file: Path) -> Iterator[Path]:
        with self.look_into(file, file):
            yield file

    def load(self, staged: Path) -> Path | None:
        name = self._dialect.url.database or "database"
        aside = free_name(staged.absolute().with_name(f"{name}.before-restore"))
        with draft_beside(aside) as draft:
            self.save(draft)
            publish(draft, aside)
        done = self._run(
            "pg_restore",
            [
                "--clean",
                "--if-exists",
                "--no-owner",
                "--single-transaction",
                "--exit-on-error",
                *self._target(),
                str(staged),
            ],
        )
        if done.returncode:
            raise StorageProblem(database=self._dialect.shown, why=_reason(done))
        return aside

    def _target(self) -> list[str]:
        """The connection, without the password: that one goes through the environment."""
        url = self._dialect.url.set(drivername="postgresql")._replace(password=None)
        return [f"--dbname={url.render_as_string(hide_password=False)}"]

    def _run(self, tool: str, arguments: Sequence[str]) -> subprocess.CompletedProcess[str]:
        environment = os.environ | {"PGOPTIONS": _WAIT_FOR_LOCKS, "PGCONNECT_TIMEOUT": "5"}
        if self._dialect.url.password:
            environment["PGPASSWORD"] = str(self._dialect.url.password)
        try:
            return subprocess.run(
                [_tool(tool, self._dialect.shown), "--no-password", *arguments],
                env=environment,
                capture_output=True,
                text=True,
                errors="replace",
                check=False,
            )
        except OSError as error:
            raise StorageProblem(database=self._dialect.shown, why=str(error)) from error


def _tool(name: str, database: str) -> str:
    """Where the newest of PostgreSQL's client tools lies. Raises :class:`StorageProblem`."""
    versions = sorted(_DEBIAN.glob(f"*/bin/{name}"), key=lambda tool: _number(tool.parts[-3]))
    found = str(versions[-1]) if versions else shutil.which(name)
    if found is None:
        why = _("this needs PostgreSQL's client tools ({tool}). Install postgresql-client.")
        raise StorageProblem(database=database, why=why.format(tool=name))
    return found


def _number(version: str) -> int:
    return int(version) if version.isdigit() else 0


def _reason(done: subprocess.CompletedProcess[str]) -> str:
    """The first line in which a tool says what went wrong."""
    lines = [line for line in done.stderr.splitlines() if re.search(r"error|fatal", line, re.I)]
    first = (lines or done.stderr.strip().splitlines() or [str(done.returncode)])[0]
    return re.sub(r"^pg_\w+: (error: )?", "", first)
