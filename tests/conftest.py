"""What every test stands on: a store on each engine, a clock that stands, an actor.

PostgreSQL is started once a run in a temporary folder, as an unprivileged user. Without a server
binary those tests are skipped; in CI (``CI=true``) that is a failure.
"""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from random import Random

import pytest

from crm_tui.core.actor import Actor
from crm_tui.core.clock import FixedClock
from crm_tui.core.ids import SeededIds
from crm_tui.core.language import set_language
from crm_tui.core.words import Role
from crm_tui.storage.store import Store
from tests.postgres_server import PostgresServer, memory, server_binaries
from tests.statements import compile_once

EVENING = datetime(2026, 9, 21, 15, 4, 11, tzinfo=UTC)
"""23:04:11 in Shanghai, on business day 2026-09-21."""
BETWEEN_COLLECTIONS = (50_000, 20, 20)
"""Objects, young and middle-aged collections; Python's own figures spend a tenth of a run on it."""


def pytest_configure() -> None:
    """Temporary folders lie in memory where there is room: no test waits for a disk to sync; and
    no test compiles a statement that another has compiled."""
    compile_once()
    if folder := memory():
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", folder)


def pytest_collection(session: pytest.Session) -> None:
    """Where all tests are collected, each worker begins with other files than its fellows.

    pytest rewrites a file once and keeps what came of it: in step, every worker would rewrite all.
    """
    number = os.environ.get("PYTEST_XDIST_WORKER", "gw")[2:]
    if not number or session.config.args_source is not pytest.Config.ArgsSource.TESTPATHS:
        return
    here = Path(__file__).parent
    files = sorted(here.glob("*/test_*.py"))
    first = len(files) * int(number) // int(os.environ["PYTEST_XDIST_WORKER_COUNT"])
    for file in files[first:] + files[:first]:
        with suppress(Exception):  # told by pytest, which comes upon it again
            import_module(".".join(("tests", *file.relative_to(here).with_suffix("").parts)))


@pytest.fixture(autouse=True)
def _english(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Tests speak English unless they choose."""
    monkeypatch.setenv("CRM_TUI_LANG", "en")
    set_language("en")
    yield
    set_language("en")


@pytest.fixture
def clock() -> FixedClock:
    """A clock that stands at :data:`EVENING`."""
    return FixedClock(EVENING)


@pytest.fixture
def actor() -> Actor:
    """A dispatcher."""
    return Actor("li", Role.DISPATCHER)


@pytest.fixture
def manager() -> Actor:
    """A manager."""
    return Actor("wang", Role.MANAGER)


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostgresServer]:
    """A PostgreSQL server of this test process."""
    if server_binaries() is None:
        if os.environ.get("CI"):
            pytest.fail("CI must have a PostgreSQL server")
        pytest.skip("no PostgreSQL server on this machine")
    server = PostgresServer(in_memory=True)
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty studio, made once and copied for each test."""
    from crm_tui.services.upkeep.opening import open_studio

    file = tmp_path_factory.mktemp("template") / "studio.db"
    open_studio(file, clock=FixedClock(EVENING), ids=SeededIds(1), random=Random(1)).close()
    return file


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def store_url(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[str]:
    """The address of an empty studio of its own, on each engine in turn."""
    monkeypatch.setenv("CRM_TUI_DATA", str(tmp_path / "data"))
    if request.param == "sqlite":
        template: Path = request.getfixturevalue("sqlite_template")
        file = tmp_path / "studio.db"
        file.write_bytes(template.read_bytes())
        yield str(file)
        return
    server: PostgresServer = request.getfixturevalue("postgres")
    with server.database() as url:
        yield url


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    """The address of an empty studio on SQLite only."""
    file = tmp_path / "studio.db"
    file.write_bytes(sqlite_template.read_bytes())
    return str(file)


def _open(url: str, clock: FixedClock) -> Store:
    from crm_tui.services.upkeep.opening import open_studio

    return open_studio(url, clock=clock, ids=SeededIds(7), random=Random(7))


@pytest.fixture
def store(store_url: str, clock: FixedClock) -> Iterator[Store]:
    """An empty studio, on each engine in turn."""
    store = _open(store_url, clock)
    yield store
    store.close()


@pytest.fixture
def sqlite_store(sqlite_url: str, clock: FixedClock) -> Iterator[Store]:
    """An empty studio on SQLite only, for what does not touch the engine."""
    store = _open(sqlite_url, clock)
    yield store
    store.close()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes long begins first, so that nobody waits for one process at the end."""
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)


def pytest_collection_finish() -> None:
    """What was imported and collected stays to the end: nobody looks through it for garbage."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*BETWEEN_COLLECTIONS)
