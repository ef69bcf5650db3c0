"""Studios made by earlier releases come up to date with all they hold."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlmodel import SQLModel

from crm_tui.storage.migrations import HEAD
from crm_tui.storage.migrations.upgrade import upgrade
from crm_tui.storage.store import dialect_for, open_store, schema_revision
from tests.postgres_server import PostgresServer


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a database without any table, on each engine in turn."""
    if request.param == "sqlite":
        yield str(tmp_path / "old.db")
        return
    server: PostgresServer = request.getfixturevalue("postgres")
    yield server.empty_database()


def test_a_studio_of_the_first_release_keeps_what_it_holds(empty_url: str) -> None:
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    old = dialect_for(empty_url)
    old.prepare()
    assert schema_revision(old) is None
    upgrade(old, "0001")
    with old.writer.begin() as connection:
        connection.execute(text("INSERT INTO tag (name, \"group\", colour) VALUES ('VIP', '', '')"))
        connection.execute(
            text(
                "INSERT INTO field_definition (entity, key, label, kind, required, options) "
                "VALUES ('customer', 'vip_no', 'VIP', 'text', false, '{}')"
            )
        )
    old.engine.dispose()

    store = open_store(empty_url)
    try:
        assert schema_revision(store.dialect) == HEAD
        with store.dialect.engine.connect() as connection:
            context = MigrationContext.configure(connection, opts={"compare_type": False})
            assert compare_metadata(context, SQLModel.metadata) == []
            assert connection.execute(text("SELECT name, rule FROM tag")).all() == [("VIP", "")]
            kept = connection.execute(text('SELECT key, archived, "unique" FROM field_definition'))
            assert [tuple(map(bool, row)) for row in kept] == [(True, False, False)]
    finally:
        store.close()
