"""The tables that money needs: books that balance by trigger, splits, settlement, bills."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import context, op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Upwards only."""
    op.create_table(
        "bill_file",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("store_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("form", sa.String(length=40), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("channel", sa.String(length=20), nullable=False),
        sa.Column("imported_at", sa.BigInteger(), nullable=False),
        sa.Column("by", sa.String(length=60), nullable=False),
        sa.Column("stated", sa.JSON(), nullable=False),
        sa.Column("read", sa.JSON(), nullable=False),
        sa.CheckConstraint(
            "channel IN ('wechat', 'alipay', 'bank', 'cash', 'balance', 'other')",
            name=op.f("ck_bill_file_channel"),
        ),
        sa.ForeignKeyConstraint(["store_id"], ["store.id"], name=op.f("fk_bill_file_store_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bill_file")),
        sa.UniqueConstraint("sha256", name=op.f("uq_bill_file_sha256")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "ledger_balance",
        sa.Column("store_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("account", sa.String(length=20), nullable=False),
        sa.Column(
            "subject_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("channel", sa.String(length=20), nullable=False),
        sa.Column("balance_fen", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "account IN ('channel', 'receivable', 'clawback', 'prepaid', 'stored', 'bonus', 'companion_payable', 'settled_payable', 'revenue', 'tip_revenue', 'discount', 'refunds', 'bonus_cost', 'bad_debt', 'adjustments', 'fees', 'suspense')",
            name=op.f("ck_ledger_balance_account"),
        ),
        sa.CheckConstraint(
            "balance_fen <= 0 OR account NOT IN ('prepaid', 'stored', 'bonus', 'companion_payable', 'settled_payable')",
            name=op.f("ck_ledger_balance_never_debit"),
        ),
        sa.CheckConstraint(
            "balance_fen >= 0 OR account NOT IN ('receivable', 'clawback')",
            name=op.f("ck_ledger_balance_never_credit"),
        ),
        sa.CheckConstraint(
            "channel IN ('', 'wechat', 'alipay', 'bank', 'cash', 'balance', 'other') AND (account <> 'channel' OR channel <> '')",
            name=op.f("ck_ledger_balance_channel"),
        ),
        sa.CheckConstraint(
            "subject_id >= 0 AND (subject_id > 0 OR account NOT IN ('clawback', 'prepaid', 'stored', 'bonus', 'companion_payable', 'settled_payable'))",
            name=op.f("ck_ledger_balance_subject"),
        ),
        sa.ForeignKeyConstraint(
            ["store_id"], ["store.id"], name=op.f("fk_ledger_balance_store_id")
        ),
        sa.PrimaryKeyConstraint(
            "store_id", "account", "subject_id", "channel", name=op.f("pk_ledger_balance")
        ),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "membership_level",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("store_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("threshold_fen", sa.BigInteger(), nullable=False),
        sa.Column("discount_bp", sa.Integer(), nullable=False),
        sa.Column("bonus_bp", sa.Integer(), nullable=False),
        sa.CheckConstraint("bonus_bp >= 0", name=op.f("ck_membership_level_bonus")),
        sa.CheckConstraint(
            "discount_bp BETWEEN 0 AND 10000", name=op.f("ck_membership_level_discount")
        ),
        sa.CheckConstraint("threshold_fen >= 0", name=op.f("ck_membership_level_threshold")),
        sa.ForeignKeyConstraint(
            ["store_id"], ["store.id"], name=op.f("fk_membership_level_store_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_membership_level")),
        sa.UniqueConstraint("store_id", "rank", name=op.f("uq_membership_level_store_id_rank")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "settlement_batch",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("store_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("no", sa.String(length=40), nullable=False),
        sa.Column("period_from", sa.Date(), nullable=False),
        sa.Column("period_to", sa.Date(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("made_by", sa.String(length=60), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("approved_by", sa.String(length=60), nullable=False),
        sa.Column("approved_at", sa.BigInteger(), nullable=True),
        sa.Column("paid_by", sa.String(length=60), nullable=False),
        sa.Column("paid_at", sa.BigInteger(), nullable=True),
        sa.Column(
            "cut_journal_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column(
            "previous_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("opens_at", sa.BigInteger(), nullable=False),
        sa.Column("closes_at", sa.BigInteger(), nullable=False),
        sa.Column("free_on", sa.Date(), nullable=False),
        sa.Column(
            "open_from_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "state IN ('draft', 'approved', 'paid', 'cancelled')",
            name=op.f("ck_settlement_batch_state"),
        ),
        sa.CheckConstraint("period_from <= period_to", name=op.f("ck_settlement_batch_period")),
        sa.ForeignKeyConstraint(
            ["previous_id"],
            ["settlement_batch.id"],
            name=op.f("fk_settlement_batch_previous_id"),
        ),
        sa.ForeignKeyConstraint(
            ["store_id"], ["store.id"], name=op.f("fk_settlement_batch_store_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_settlement_batch")),
        sa.UniqueConstraint("no", name=op.f("uq_settlement_batch_no")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "ix_settlement_batch_state", "settlement_batch", ["state", "store_id"], unique=False
    )
    op.create_index(
        "uq_settlement_batch_draft",
        "settlement_batch",
        ["store_id"],
        unique=True,
        sqlite_where=sa.text("state = 'draft'"),
        postgresql_where=sa.text("state = 'draft'"),
    )
    op.create_table(
        "split_rule",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("store_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("definition", sa.JSON(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("made_by", sa.String(length=60), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["store_id"], ["store.id"], name=op.f("fk_split_rule_store_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_split_rule")),
        sa.UniqueConstraint("store_id", "version", name=op.f("uq_split_rule_store_id_version")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "settlement_adjustment",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("store_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("batch_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column(
            "companion_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("made_by", sa.String(length=60), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("amount_fen <> 0", name=op.f("ck_settlement_adjustment_amount")),
        sa.ForeignKeyConstraint(
            ["batch_id"], ["settlement_batch.id"], name=op.f("fk_settlement_adjustment_batch_id")
        ),
        sa.ForeignKeyConstraint(
            ["companion_id"], ["companion.id"], name=op.f("fk_settlement_adjustment_companion_id")
        ),
        sa.ForeignKeyConstraint(
            ["store_id"], ["store.id"], name=op.f("fk_settlement_adjustment_store_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_settlement_adjustment")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "ix_settlement_adjustment_batch", "settlement_adjustment", ["batch_id"], unique=False
    )
    op.create_index(
        "ix_settlement_adjustment_companion",
        "settlement_adjustment",
        ["companion_id", "at"],
        unique=False,
    )
    op.create_table(
        "settlement_line",
        sa.Column("batch_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "companion_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("earned_fen", sa.BigInteger(), nullable=False),
        sa.Column("tips_fen", sa.BigInteger(), nullable=False),
        sa.Column("adjustments_fen", sa.BigInteger(), nullable=False),
        sa.Column("clawback_fen", sa.BigInteger(), nullable=False),
        sa.Column("frozen_fen", sa.BigInteger(), nullable=False),
        sa.Column("payable_fen", sa.BigInteger(), nullable=False),
        sa.Column("orders", sa.Integer(), nullable=False),
        sa.CheckConstraint("payable_fen >= 0", name=op.f("ck_settlement_line_payable")),
        sa.CheckConstraint(
            "payable_fen = earned_fen + tips_fen + adjustments_fen - clawback_fen",
            name=op.f("ck_settlement_line_sum"),
        ),
        sa.ForeignKeyConstraint(
            ["batch_id"], ["settlement_batch.id"], name=op.f("fk_settlement_line_batch_id")
        ),
        sa.ForeignKeyConstraint(
            ["companion_id"], ["companion.id"], name=op.f("fk_settlement_line_companion_id")
        ),
        sa.PrimaryKeyConstraint("batch_id", "companion_id", name=op.f("pk_settlement_line")),
    )
    op.create_index(
        "ix_settlement_line_companion", "settlement_line", ["companion_id"], unique=False
    )
    op.create_table(
        "membership",
        sa.Column(
            "customer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("level_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["customer_id"],
            ["customer.id"],
            name=op.f("fk_membership_customer_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["level_id"], ["membership_level.id"], name=op.f("fk_membership_level_id")
        ),
        sa.PrimaryKeyConstraint("customer_id", name=op.f("pk_membership")),
    )
    op.create_index(op.f("ix_membership_level_id"), "membership", ["level_id"], unique=False)
    op.create_table(
        "bill_line",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("store_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("file_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("channel", sa.String(length=20), nullable=False),
        sa.Column("line_key", sa.String(length=200), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("outside_no", sa.String(length=100), nullable=False),
        sa.Column("merchant_no", sa.String(length=100), nullable=False),
        sa.Column("refund_of", sa.String(length=100), nullable=False),
        sa.Column("payer", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("raw", sa.JSON(), nullable=False),
        sa.Column(
            "payment_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("confidence", sa.Float(), nullable=True),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.CheckConstraint(
            "channel IN ('wechat', 'alipay', 'bank', 'cash', 'balance', 'other')",
            name=op.f("ck_bill_line_channel"),
        ),
        sa.CheckConstraint(
            "kind IN ('payment', 'refund', 'fee', 'neutral')", name=op.f("ck_bill_line_kind")
        ),
        sa.CheckConstraint(
            "state IN ('open', 'matched', 'booked', 'ignored')", name=op.f("ck_bill_line_state")
        ),
        sa.ForeignKeyConstraint(["file_id"], ["bill_file.id"], name=op.f("fk_bill_line_file_id")),
        sa.ForeignKeyConstraint(
            ["payment_id"], ["payment.id"], name=op.f("fk_bill_line_payment_id")
        ),
        sa.ForeignKeyConstraint(["store_id"], ["store.id"], name=op.f("fk_bill_line_store_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bill_line")),
        sa.UniqueConstraint("channel", "line_key", name=op.f("uq_bill_line_channel_line_key")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_bill_line_file", "bill_line", ["file_id"], unique=False)
    op.create_index("ix_bill_line_outside", "bill_line", ["outside_no"], unique=False)
    op.create_index(
        "ix_bill_line_payment",
        "bill_line",
        ["payment_id"],
        unique=False,
        sqlite_where=sa.text("payment_id IS NOT NULL"),
        postgresql_where=sa.text("payment_id IS NOT NULL"),
    )
    op.create_index("ix_bill_line_state", "bill_line", ["state", "at"], unique=False)
    op.create_table(
        "order_split",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("store_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("order_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column(
            "assignment_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column(
            "companion_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("rule_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("rule_version", sa.Integer(), nullable=False),
        sa.Column("inputs", sa.JSON(), nullable=False),
        sa.Column("base_fen", sa.BigInteger(), nullable=False),
        sa.Column("share_bp", sa.Integer(), nullable=False),
        sa.Column("companion_fen", sa.BigInteger(), nullable=False),
        sa.Column("explanation", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("share_bp BETWEEN 0 AND 10000", name=op.f("ck_order_split_share")),
        sa.ForeignKeyConstraint(
            ["assignment_id"],
            ["assignment.id"],
            name=op.f("fk_order_split_assignment_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["companion_id"], ["companion.id"], name=op.f("fk_order_split_companion_id")
        ),
        sa.ForeignKeyConstraint(
            ["order_id"], ["orders.id"], name=op.f("fk_order_split_order_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["rule_id"], ["split_rule.id"], name=op.f("fk_order_split_rule_id")
        ),
        sa.ForeignKeyConstraint(["store_id"], ["store.id"], name=op.f("fk_order_split_store_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_split")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        op.f("ix_order_split_assignment_id"), "order_split", ["assignment_id"], unique=False
    )
    op.create_index("ix_order_split_at", "order_split", ["at"], unique=False)
    op.create_index("ix_order_split_companion", "order_split", ["companion_id", "at"], unique=False)
    op.create_index("ix_order_split_order", "order_split", ["order_id", "seq"], unique=False)
    op.create_table(
        "journal",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("store_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("request_sha256", sa.String(length=64), nullable=False),
        sa.Column("order_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column(
            "payment_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column(
            "companion_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column(
            "customer_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("batch_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column(
            "bill_line_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column(
            "reverses_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True
        ),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("actor", sa.String(length=60), nullable=False),
        sa.CheckConstraint(
            "kind IN ('payment', 'completion', 'tip', 'refund', 'discount', 'write_off', 'hand_over', 'top_up', 'bonus', 'spending', 'stored_refund', 'adjustment', 'settlement', 'payout', 'fee', 'bill', 'transfer', 'correction', 'reversal')",
            name=op.f("ck_journal_kind"),
        ),
        sa.ForeignKeyConstraint(
            ["batch_id"], ["settlement_batch.id"], name=op.f("fk_journal_batch_id")
        ),
        sa.ForeignKeyConstraint(
            ["bill_line_id"], ["bill_line.id"], name=op.f("fk_journal_bill_line_id")
        ),
        sa.ForeignKeyConstraint(
            ["reverses_id"], ["journal.id"], name=op.f("fk_journal_reverses_id")
        ),
        sa.ForeignKeyConstraint(["store_id"], ["store.id"], name=op.f("fk_journal_store_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_journal")),
        sa.UniqueConstraint("key", name=op.f("uq_journal_key")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_journal_at", "journal", ["at"], unique=False)
    op.create_index(
        "ix_journal_batch",
        "journal",
        ["batch_id"],
        unique=False,
        sqlite_where=sa.text("batch_id IS NOT NULL"),
        postgresql_where=sa.text("batch_id IS NOT NULL"),
    )
    op.create_index(
        "ix_journal_bill_line",
        "journal",
        ["bill_line_id"],
        unique=False,
        sqlite_where=sa.text("bill_line_id IS NOT NULL"),
        postgresql_where=sa.text("bill_line_id IS NOT NULL"),
    )
    op.create_index("ix_journal_order", "journal", ["order_id"], unique=False)
    op.create_index(
        "ix_journal_payment",
        "journal",
        ["payment_id"],
        unique=False,
        sqlite_where=sa.text("payment_id IS NOT NULL"),
        postgresql_where=sa.text("payment_id IS NOT NULL"),
    )
    op.create_index(
        "uq_journal_reverses",
        "journal",
        ["reverses_id"],
        unique=True,
        sqlite_where=sa.text("reverses_id IS NOT NULL"),
        postgresql_where=sa.text("reverses_id IS NOT NULL"),
    )
    op.create_table(
        "journal_line",
        sa.Column(
            "journal_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("store_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("account", sa.String(length=20), nullable=False),
        sa.Column(
            "subject_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("channel", sa.String(length=20), nullable=False),
        sa.Column("amount_fen", sa.BigInteger(), nullable=False),
        sa.Column("available_on", sa.Date(), nullable=True),
        sa.CheckConstraint(
            "account IN ('channel', 'receivable', 'clawback', 'prepaid', 'stored', 'bonus', 'companion_payable', 'settled_payable', 'revenue', 'tip_revenue', 'discount', 'refunds', 'bonus_cost', 'bad_debt', 'adjustments', 'fees', 'suspense')",
            name=op.f("ck_journal_line_account"),
        ),
        sa.CheckConstraint(
            "channel IN ('', 'wechat', 'alipay', 'bank', 'cash', 'balance', 'other') AND (account <> 'channel' OR channel <> '')",
            name=op.f("ck_journal_line_channel"),
        ),
        sa.CheckConstraint(
            "subject_id >= 0 AND (subject_id > 0 OR account NOT IN ('clawback', 'prepaid', 'stored', 'bonus', 'companion_payable', 'settled_payable'))",
            name=op.f("ck_journal_line_subject"),
        ),
        sa.CheckConstraint("amount_fen <> 0", name=op.f("ck_journal_line_amount")),
        sa.ForeignKeyConstraint(
            ["journal_id"],
            ["journal.id"],
            name=op.f("fk_journal_line_journal_id"),
            initially="DEFERRED",
            deferrable=True,
        ),
        sa.ForeignKeyConstraint(["store_id"], ["store.id"], name=op.f("fk_journal_line_store_id")),
        sa.PrimaryKeyConstraint("journal_id", "position", name=op.f("pk_journal_line")),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_journal_line_account",
        "journal_line",
        ["account", "subject_id", "journal_id"],
        unique=False,
    )
    op.add_column(
        "payment",
        sa.Column(
            "refund_of_id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            sa.ForeignKey("payment.id", name=op.f("fk_payment_refund_of_id")),
            nullable=True,
        ),
        inline_references=True,
    )
    op.add_column(
        "orders", sa.Column("discount_bp", sa.Integer(), server_default="0", nullable=False)
    )
    dialect = context.config.attributes["dialect"]
    dialect.protect(op.get_bind(), "journal", "reason")
    dialect.protect(op.get_bind(), "journal_line")
    dialect.balance(op.get_bind(), "journal", "journal_line")
