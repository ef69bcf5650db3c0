"""Lines of bills are keyed so that the index of their keys grows at its end: by their own number
first."""

from __future__ import annotations

from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Upwards only."""
    op.execute("UPDATE bill_line SET line_key = substr(outside_no, 1, 100) || '-' || line_key")
