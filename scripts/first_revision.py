"""Writes the first migration from the models; only until the first release, then never again."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from alembic.autogenerate import produce_migrations, render_python_code
from alembic.migration import MigrationContext
from sqlmodel import SQLModel, create_engine

import crm_tui.models  # noqa: F401

TARGET = Path("crm_tui/storage/migrations/versions/first_0001.py")
HEADER = '''"""The tables of the first release."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import context, op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create everything, then the two stores that every studio has."""
    '''
FOOTER = """
    dialect = context.config.attributes["dialect"]
    for table in ("event",):
        dialect.protect(op.get_bind(), table)
    store = sa.table(
        "store", sa.column("id"), sa.column("name", sa.String), sa.column("active", sa.Boolean)
    )
    op.bulk_insert(
        store,
        [{"id": number, "name": "", "active": True} for number in (0, 1)],
    )
"""


def main() -> int:
    """Render the models as plain SQLAlchemy types, so that the revision stands by itself."""
    with tempfile.TemporaryDirectory() as folder:
        engine = create_engine(f"sqlite:///{folder}/empty.db")
        with engine.connect() as connection:
            context = MigrationContext.configure(
                connection, opts={"target_metadata": SQLModel.metadata, "render_item": _plain}
            )
            script = produce_migrations(context, SQLModel.metadata)
            assert script.upgrade_ops
            code = render_python_code(script.upgrade_ops, render_item=_plain)
    TARGET.write_text(HEADER + code + FOOTER, encoding="utf-8")
    subprocess.run([sys.executable, "-m", "ruff", "format", "-q", str(TARGET)], check=True)
    subprocess.run([sys.executable, "-m", "ruff", "check", "--fix", "-q", str(TARGET)], check=True)
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
    sys.exit(main())
