"""A PostgreSQL server for the tests: started in a temporary folder, gone afterwards.

The server refuses to run as root: then it runs as the user ``postgres``, or ``nobody``.
"""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from itertools import count
from pathlib import Path

import psycopg

from crm_tui.core.clock import FixedClock

ROOM_IN_MEMORY = 6 << 30


def server_binaries() -> Path | None:
    """The folder of ``initdb`` and ``pg_ctl``; None where there is no server."""
    on_path = shutil.which("initdb")
    candidates = [Path(on_path).resolve().parent] if on_path else []
    candidates += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return next((path for path in candidates if (path / "pg_ctl").exists()), None)


def _unprivileged() -> str | None:
    """The user to run as when we are root."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name).pw_name
        except KeyError:
            continue
    return None


class PostgresServer:
    """One server with a template database that holds an empty studio."""

    def __init__(self, *, in_memory: bool = False) -> None:
        binaries = server_binaries()
        assert binaries
        self.binaries = binaries
        self.user = _unprivileged()
        self.folder = Path(tempfile.mkdtemp(prefix="crm-pg-", dir=memory() if in_memory else None))
        self.port = _free_port()
        self._names = (f"studio_{number}" for number in count())
        self._template = False

    def start(self) -> None:
        """Make the cluster and start it; it listens on loopback only."""
        if self.user:
            shutil.chown(self.folder, self.user)
        data = str(self.folder / "data")
        self._run(
            "initdb",
            "-D",
            data,
            "-U",
            "studio",
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--locale=C",
            "--no-sync",
        )
        options = (
            f"-p {self.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories="
            f"{self.folder} -c fsync=off -c full_page_writes=off -c max_connections=200"
        )
        self._run(
            "pg_ctl", "-D", data, "-w", "-l", str(self.folder / "log"), "-o", options, "start"
        )

    def stop(self) -> None:
        """Stop the server and remove its folder."""
        self._connection.close()
        self._run("pg_ctl", "-D", str(self.folder / "data"), "-w", "-m", "immediate", "stop")
        shutil.rmtree(self.folder, ignore_errors=True)

    def _run(self, program: str, *arguments: str) -> None:
        subprocess.run(
            [str(self.binaries / program), *arguments],
            check=True,
            user=self.user,
            cwd=self.folder,
            stdout=subprocess.DEVNULL,
            env={"PATH": os.environ["PATH"], "LC_ALL": "C"},
        )

    def url(self, database: str) -> str:
        """The address of one database of this server."""
        return f"postgresql://studio@127.0.0.1:{self.port}/{database}"

    @cached_property
    def _connection(self) -> psycopg.Connection:
        """One for all databases that are made and dropped."""
        return psycopg.connect(self.url("postgres"), autocommit=True)

    def _execute(self, statement: str) -> None:
        self._connection.execute(statement.encode())

    @cached_property
    def _way_to_copy(self) -> str:
        """The files as they are: half the work of copying and logging page by page."""
        newer = self._connection.info.server_version >= 150_000
        return " STRATEGY FILE_COPY" if newer else ""

    def empty_database(self) -> str:
        """The address of a new database without tables."""
        name = next(self._names)
        self._execute(f"CREATE DATABASE {name}")
        return self.url(name)

    @contextmanager
    def database(self, like: str | None = None) -> Iterator[str]:
        """The address of an empty studio, copied from the template, or of one ``like`` that of
        another address, to which nobody may be connected; dropped afterwards."""
        if not like and not self._template:
            from crm_tui.services.upkeep.opening import open_studio
            from tests.conftest import EVENING

            self._execute("CREATE DATABASE template_studio")
            open_studio(self.url("template_studio"), clock=FixedClock(EVENING)).close()
            self._template = True
        name = next(self._names)
        original = like.rpartition("/")[2] if like else "template_studio"
        self._execute(f"CREATE DATABASE {name} TEMPLATE {original}{self._way_to_copy}")
        try:
            yield self.url(name)
        finally:
            self._execute(f"DROP DATABASE {name} WITH (FORCE)")


def memory() -> str | None:
    """A folder that is no disk, where there is one with room: a studio of each test, of which one
    on a server is some 700 files."""
    memory = Path("/dev/shm")
    roomy = os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > ROOM_IN_MEMORY
    return str(memory) if roomy else None


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
