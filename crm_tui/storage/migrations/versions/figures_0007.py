"""The tables that figures need: goals, own reports, and their sending."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Upwards only."""
    op.create_table(
        "report_definition",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("owner", sa.String(length=60), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("shared", sa.Boolean(), nullable=False),
        sa.Column("on_glance", sa.Boolean(), nullable=False),
        sa.Column("asked", sa.JSON(), nullable=False),
        sa.Column("saved_at", sa.BigInteger(), nullable=False),
        sa.Column("saved_by", sa.String(length=60), nullable=False),
        sa.Column("removed_at", sa.BigInteger(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_report_definition")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "uq_report_definition_own",
        "report_definition",
        ["owner", "name"],
        unique=True,
        sqlite_where=sa.text("removed_at IS NULL"),
        postgresql_where=sa.text("removed_at IS NULL"),
    )
    op.create_index(
        "uq_report_definition_shared",
        "report_definition",
        ["name"],
        unique=True,
        sqlite_where=sa.text("removed_at IS NULL AND shared"),
        postgresql_where=sa.text("removed_at IS NULL AND shared"),
    )
    op.create_table(
        "goal",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("store_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("measure", sa.String(length=40), nullable=False),
        sa.Column("baseline", sa.Float(), nullable=True),
        sa.Column("target", sa.Float(), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("set_by", sa.String(length=60), nullable=False),
        sa.Column("set_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("first_day <= last_day", name=op.f("ck_goal_period")),
        sa.CheckConstraint(
            "target > 0 AND (baseline IS NULL OR baseline <> target)", name=op.f("ck_goal_way")
        ),
        sa.ForeignKeyConstraint(["store_id"], ["store.id"], name=op.f("fk_goal_store_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_goal")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_goal_last_day", "goal", ["last_day", "ended_at"], unique=False)
    op.create_table(
        "report_schedule",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "report_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("cadence", sa.String(length=20), nullable=False),
        sa.Column("day", sa.Integer(), nullable=False),
        sa.Column("at", sa.String(length=5), nullable=False),
        sa.Column("folder", sa.Text(), nullable=False),
        sa.Column("recipients", sa.JSON(), nullable=False),
        sa.Column("set_by", sa.String(length=60), nullable=False),
        sa.Column("set_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "cadence IN ('daily', 'weekly', 'monthly')", name=op.f("ck_report_schedule_cadence")
        ),
        sa.CheckConstraint("day BETWEEN 0 AND 31", name=op.f("ck_report_schedule_day")),
        sa.ForeignKeyConstraint(
            ["report_id"], ["report_definition.id"], name=op.f("fk_report_schedule_report_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_report_schedule")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_report_schedule_ended", "report_schedule", ["ended_at"], unique=False)
    op.create_index(
        op.f("ix_report_schedule_report_id"), "report_schedule", ["report_id"], unique=False
    )
    op.create_table(
        "report_sending",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "schedule_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("try_at", sa.BigInteger(), nullable=False),
        sa.Column("claim", sa.String(length=16), nullable=False),
        sa.Column("done_at", sa.BigInteger(), nullable=True),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("task_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.CheckConstraint(
            "state IN ('waiting', 'sent', 'overtaken')", name=op.f("ck_report_sending_state")
        ),
        sa.ForeignKeyConstraint(
            ["schedule_id"], ["report_schedule.id"], name=op.f("fk_report_sending_schedule_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_report_sending")),
        sa.UniqueConstraint(
            "schedule_id", "due_at", name=op.f("uq_report_sending_schedule_id_due_at")
        ),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_report_sending_state", "report_sending", ["state", "try_at"], unique=False)
