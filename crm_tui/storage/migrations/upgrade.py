"""Brings a database up to the newest revision, one process at a time."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from crm_tui.core.errors import StorageProblem
from crm_tui.core.language import _
from crm_tui.storage.dialect import Dialect
from crm_tui.storage.migrations import HEAD


def configuration(dialect: Dialect, connection: Connection | None = None) -> Config:
    """Alembic's configuration for our scripts on ``connection``."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.attributes["connection"] = connection
    config.attributes["dialect"] = dialect
    return config


def upgrade(dialect: Dialect, to: str = HEAD) -> bool:
    """Bring the schema to revision ``to`` in one transaction; True where there was none before.

    Raises :class:`StorageProblem` where the database is newer than this program.
    """
    with dialect.writer.begin() as connection:
        dialect.lock_schema(connection)
        present = MigrationContext.configure(connection).get_current_revision()
        config = configuration(dialect, connection)
        scripts = ScriptDirectory.from_config(config)
        known = {script.revision for script in scripts.walk_revisions()}
        if present and present not in known:
            why = _("it was made by a newer version of this program. Update the program.")
            raise StorageProblem(database=dialect.shown, why=why)
        if present != to:
            command.upgrade(config, to)
    return present is None
