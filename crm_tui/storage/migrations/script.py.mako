"""${message}."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import context, op
from crm_tui.models.base import Instant, WordType
${imports if imports else ""}

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}


def upgrade() -> None:
    """Upwards only."""
    ${upgrades if upgrades else "pass"}
