"""Cancelled orders with money to give back are found at once."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Upwards only."""
    op.create_index(
        "ix_orders_to_give_back",
        "orders",
        ["cancelled_at"],
        unique=False,
        sqlite_where=sa.text("status = 'cancelled' AND paid_fen > 0"),
        postgresql_where=sa.text("status = 'cancelled' AND paid_fen > 0"),
    )
