"""The tables that dispatch needs. The only place an order had was its first."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Upwards only."""
    op.create_table(
        "lease",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("holder", sa.String(length=80), nullable=False),
        sa.Column("taken_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_lease")),
    )
    op.create_table(
        "event_reader",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("store_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(["store_id"], ["store.id"], name=op.f("fk_event_reader_store_id")),
        sa.PrimaryKeyConstraint("name", "store_id", name=op.f("pk_event_reader")),
    )
    op.create_index("ix_assignment_accepted", "assignment", ["accepted_at"], unique=False)
    op.create_index(
        "ix_rating_time", "rating", ["rated_at", "companion_id", "overall"], unique=False
    )
    op.create_index(
        "ix_rating_low",
        "rating",
        ["rated_at"],
        unique=False,
        sqlite_where=sa.text("overall <= 2"),
        postgresql_where=sa.text("overall <= 2"),
    )
    op.create_table(
        "store_bridge",
        sa.Column("store_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "companion_store_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=False,
        ),
        sa.CheckConstraint("store_id <> companion_store_id", name=op.f("ck_store_bridge_two")),
        sa.ForeignKeyConstraint(
            ["companion_store_id"], ["store.id"], name=op.f("fk_store_bridge_companion_store_id")
        ),
        sa.ForeignKeyConstraint(["store_id"], ["store.id"], name=op.f("fk_store_bridge_store_id")),
        sa.PrimaryKeyConstraint("store_id", "companion_store_id", name=op.f("pk_store_bridge")),
    )
    op.create_table(
        "companion_day",
        sa.Column(
            "companion_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("starts_minute", sa.Integer(), nullable=True),
        sa.Column("ends_minute", sa.Integer(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "(starts_minute IS NULL) = (ends_minute IS NULL)",
            name=op.f("ck_companion_day_both_or_none"),
        ),
        sa.CheckConstraint(
            "starts_minute IS NULL OR ends_minute > starts_minute",
            name=op.f("ck_companion_day_minutes"),
        ),
        sa.ForeignKeyConstraint(
            ["companion_id"],
            ["companion.id"],
            name=op.f("fk_companion_day_companion_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("companion_id", "day", name=op.f("pk_companion_day")),
    )
    op.create_table(
        "companion_hours",
        sa.Column(
            "companion_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("weekday", sa.Integer(), nullable=False),
        sa.Column("starts_minute", sa.Integer(), nullable=False),
        sa.Column("ends_minute", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "ends_minute - starts_minute <= 1440", name=op.f("ck_companion_hours_at_most_a_day")
        ),
        sa.CheckConstraint(
            "starts_minute BETWEEN 0 AND 1439 AND ends_minute > starts_minute",
            name=op.f("ck_companion_hours_minutes"),
        ),
        sa.CheckConstraint("weekday BETWEEN 0 AND 6", name=op.f("ck_companion_hours_weekday")),
        sa.ForeignKeyConstraint(
            ["companion_id"],
            ["companion.id"],
            name=op.f("fk_companion_hours_companion_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint(
            "companion_id", "weekday", "starts_minute", name=op.f("pk_companion_hours")
        ),
    )
    op.create_table(
        "inbox_mark",
        sa.Column("entity", sa.String(length=40), nullable=False),
        sa.Column(
            "entity_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("cause", sa.String(length=40), nullable=False),
        sa.Column("owner_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("snoozed_until", sa.BigInteger(), nullable=True),
        sa.Column("done_at", sa.BigInteger(), nullable=True),
        sa.Column("marked_at", sa.BigInteger(), nullable=False),
        sa.Column("marked_by", sa.String(length=60), nullable=False),
        sa.ForeignKeyConstraint(["owner_id"], ["operator.id"], name=op.f("fk_inbox_mark_owner_id")),
        sa.PrimaryKeyConstraint("entity", "entity_id", "cause", name=op.f("pk_inbox_mark")),
    )
    op.create_table(
        "credit_entry",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("store_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "companion_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("order_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("cause", sa.String(length=20), nullable=False),
        sa.Column("points", sa.Integer(), nullable=False),
        sa.Column("rule_version", sa.Integer(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "cause IN ('late', 'no_show', 'withdrew', 'low_rating', 'high_rating', 'completed', 'correction')",
            name=op.f("ck_credit_entry_cause"),
        ),
        sa.ForeignKeyConstraint(
            ["companion_id"], ["companion.id"], name=op.f("fk_credit_entry_companion_id")
        ),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_credit_entry_order_id")),
        sa.ForeignKeyConstraint(["store_id"], ["store.id"], name=op.f("fk_credit_entry_store_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_credit_entry")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "ix_credit_entry_companion", "credit_entry", ["companion_id", "at"], unique=False
    )
    op.create_index(
        "uq_credit_entry_order",
        "credit_entry",
        ["companion_id", "order_id", "cause"],
        unique=True,
        sqlite_where=sa.text("order_id IS NOT NULL"),
        postgresql_where=sa.text("order_id IS NOT NULL"),
    )
    op.create_table(
        "alarm",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("store_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("entity", sa.String(length=40), nullable=False),
        sa.Column(
            "entity_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("occasion", sa.String(length=80), nullable=False),
        sa.Column("rule_version", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=True),
        sa.Column("raised_at", sa.BigInteger(), nullable=False),
        sa.Column("parts", sa.JSON(), nullable=False),
        sa.Column("task_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.CheckConstraint(
            "kind IN ('response', 'escalation', 'nobody_took', 'reservation', 'start_delay', 'ending', 'overrun', 'disconnect', 'unconfirmed', 'unpaid', 'long_overrun', 'complaints', 'cancel_rate', 'private_deal')",
            name=op.f("ck_alarm_kind"),
        ),
        sa.ForeignKeyConstraint(["store_id"], ["store.id"], name=op.f("fk_alarm_store_id")),
        sa.ForeignKeyConstraint(["task_id"], ["task.id"], name=op.f("fk_alarm_task_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alarm")),
        sa.UniqueConstraint(
            "kind",
            "entity",
            "entity_id",
            "occasion",
            name=op.f("uq_alarm_kind_entity_entity_id_occasion"),
        ),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_alarm_entity", "alarm", ["entity", "entity_id"], unique=False)
    op.create_index("ix_alarm_raised", "alarm", ["raised_at"], unique=False)
    op.add_column(
        "companion", sa.Column("credit", sa.Integer(), server_default="100", nullable=False)
    )
    op.add_column(
        "dispatch_round", sa.Column("tier", sa.Integer(), server_default="1", nullable=False)
    )
    op.add_column(
        "dispatch_round", sa.Column("tiers", sa.JSON(), server_default="[]", nullable=False)
    )
    op.add_column("dispatch_round", sa.Column("widens_at", sa.BigInteger(), nullable=True))
    op.create_index(
        "ix_dispatch_round_widens",
        "dispatch_round",
        ["widens_at"],
        unique=False,
        sqlite_where=sa.text("closed_at IS NULL AND widens_at IS NOT NULL"),
        postgresql_where=sa.text("closed_at IS NULL AND widens_at IS NOT NULL"),
    )
    op.add_column("offer", sa.Column("tier", sa.Integer(), server_default="1", nullable=False))
    op.add_column("offer", sa.Column("place", sa.Integer(), nullable=True))
    op.add_column(
        "offer", sa.Column("weights_version", sa.Integer(), server_default="0", nullable=False)
    )
    op.execute("UPDATE offer SET place = 1 WHERE state = 'accepted'")
    op.drop_index(
        op.f("uq_offer_winner"), table_name="offer", sqlite_where=sa.text("state = 'accepted'")
    )
    op.create_index(
        "uq_offer_winner",
        "offer",
        ["round_id", "place"],
        unique=True,
        sqlite_where=sa.text("state = 'accepted'"),
        postgresql_where=sa.text("state = 'accepted'"),
    )
    op.add_column("orders", sa.Column("asked_customer_at", sa.BigInteger(), nullable=True))
    op.add_column(
        "orders",
        sa.Column(
            "renewal_of_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            sa.ForeignKey("orders.id", name=op.f("fk_orders_renewal_of_id")),
            nullable=True,
        ),
        inline_references=True,
    )
    op.create_index(
        "ix_orders_renewal",
        "orders",
        ["renewal_of_id"],
        unique=False,
        sqlite_where=sa.text("renewal_of_id IS NOT NULL"),
        postgresql_where=sa.text("renewal_of_id IS NOT NULL"),
    )
    op.create_table(
        "reservation",
        sa.Column("order_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column(
            "companion_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("reserved_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["companion_id"], ["companion.id"], name=op.f("fk_reservation_companion_id")
        ),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_reservation_order_id")),
        sa.PrimaryKeyConstraint("order_id", "place", name=op.f("pk_reservation")),
        sa.UniqueConstraint(
            "order_id", "companion_id", name=op.f("uq_reservation_order_id_companion_id")
        ),
    )
    op.create_index("ix_reservation_companion", "reservation", ["companion_id"], unique=False)
    op.add_column("orders", sa.Column("confirmed_at", sa.BigInteger(), nullable=True))
