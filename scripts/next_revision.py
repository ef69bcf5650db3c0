"""Writes the newest migration: from the revision before it to the models as they are.

``python scripts/next_revision.py customers`` writes ``versions/customers_NNNN.py`` for HEAD. Until
that revision is released it may be written anew, as often as the models change; then never again.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from alembic.autogenerate import produce_migrations, render_python_code
from alembic.migration import MigrationContext

from crm_tui.models.base import with_conditions
from crm_tui.models.every import METADATA
from crm_tui.storage.migrations import HEAD
from crm_tui.storage.migrations.upgrade import upgrade
from crm_tui.storage.store import dialect_for

VERSIONS = Path("crm_tui/storage/migrations/versions")
HEADER = '''"""The tables that {name} need."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "{revision}"
down_revision = "{before}"


def upgrade() -> None:
    """Upwards only."""
    '''


def main(name: str) -> int:
    """Render the difference as plain SQLAlchemy types, so that the revision stands by itself."""
    before = f"{int(HEAD) - 1:04d}"
    target = VERSIONS / f"{name}_{HEAD}.py"
    target.unlink(missing_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        dialect = dialect_for(Path(folder) / "before.db")
        dialect.prepare()
        upgrade(dialect, before)
        with dialect.engine.connect() as connection:
            context = MigrationContext.configure(connection, opts={"render_item": _plain})
            script = produce_migrations(context, with_conditions(METADATA))
            assert script.upgrade_ops
            code = render_python_code(script.upgrade_ops, render_item=_plain)
            code = code.replace('server_default=sa.text("0")', "server_default=sa.false()")
            code = code.replace("server_default=sa.text('0')", "server_default=sa.false()")
        dialect.engine.dispose()
    header = HEADER.format(name=name, revision=HEAD, before=before)
    target.write_text(header + code + "\n", encoding="utf-8")
    for tool in (["format", "-q"], ["check", "--fix", "-q"]):
        subprocess.run([sys.executable, "-m", "ruff", *tool, str(target)], check=True)
    return 0


def _plain(kind: str, item: object, _context: object) -> str | bool:
    """Our own column types as the plain ones that they are stored as."""
    name = type(item).__name__
    if kind != "type":
        return False
    if name == "Instant":
        return "sa.BigInteger()"
    if name == "WordType":
        return "sa.String(length=20)"
    if name == "AutoString":
        length = getattr(item, "length", None)
        return f"sa.String(length={length})" if length else "sa.String()"
    return False


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
