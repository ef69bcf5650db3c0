"""What can be exported, and the columns of each, in their order."""

from __future__ import annotations

from crm_tui.core.language import N_
from crm_tui.services.exports.columns import Column, Kind

COLUMNS: dict[str, tuple[Column, ...]] = {
    "customers": (
        Column("no", N_("Customer no"), said=N_("number")),
        Column("nick", N_("Nickname"), said=N_("nickname")),
        Column("name", N_("Real name"), said=N_("name")),
        Column("phone", N_("Phone"), phone=True),
        Column("wechat", N_("WeChat ID")),
        Column("qq", N_("QQ")),
        Column("douyin", N_("Douyin ID")),
        Column("kuaishou", N_("Kuaishou ID")),
        Column("gender", N_("Gender"), Kind.WORD, said=N_("gender")),
        Column("channel", N_("Source"), Kind.WORD, said=N_("source")),
        Column("tags", N_("Tags"), Kind.LIST, said=N_("tag")),
        Column("city", N_("City"), said=N_("city")),
        Column("registered_on", N_("Registered on"), Kind.DAY, said=N_("registered")),
        Column("note", N_("Note"), said=N_("note")),
        Column("order_count", N_("Orders done"), Kind.NUMBER, said=N_("orders")),
        Column("last_order_at", N_("Last served"), Kind.INSTANT, said=N_("last-order")),
    ),
    "companions": (
        Column("no", N_("Staff no"), said=N_("number")),
        Column("nick", N_("Nickname"), said=N_("nickname")),
        Column("phone", N_("Phone"), phone=True),
        Column("gender", N_("Gender"), Kind.WORD, said=N_("gender")),
        Column("games", N_("Games"), Kind.LIST, said=N_("game")),
        Column("ranks", N_("Ranks"), Kind.LIST, said=N_("rank")),
        Column("level", N_("Level"), said=N_("level")),
        Column("rate_fen", N_("Hourly rate"), Kind.MONEY, said=N_("price")),
        Column("share_bp", N_("Companion share"), Kind.SHARE),
        Column("tags", N_("Tags"), Kind.LIST, said=N_("tag")),
        Column("presence", N_("Presence"), Kind.WORD, said=N_("presence")),
        Column("credit", N_("Credit"), Kind.NUMBER, said=N_("credit")),
        Column("note", N_("Note"), said=N_("note")),
    ),
    "orders": (
        Column("no", N_("Order no"), said=N_("order-no")),
        Column("created_at", N_("Order time"), Kind.INSTANT, said=N_("taken")),
        Column("customer_wechat", N_("Customer WeChat")),
        Column("customer_phone", N_("Customer phone"), phone=True),
        Column("customer_nick", N_("Customer nickname"), said=N_("customer")),
        Column("game", N_("Game"), said=N_("game")),
        Column("kind", N_("Service type"), Kind.WORD, said=N_("kind")),
        Column("companion", N_("Companion"), Kind.LIST, said=N_("companion")),
        Column("minutes", N_("Duration (min)"), Kind.MINUTES, said=N_("minutes")),
        Column("rate_fen", N_("Unit price"), Kind.MONEY),
        Column("amount_fen", N_("Amount"), Kind.MONEY, said=N_("amount")),
        Column("paid_fen", N_("Paid amount"), Kind.MONEY, said=N_("paid")),
        Column("tip_fen", N_("Tip"), Kind.MONEY, said=N_("tip")),
        Column("channel", N_("Payment method"), Kind.WORD),
        Column("status", N_("Order status"), Kind.WORD, said=N_("status")),
        Column("rating", N_("Rating"), Kind.NUMBER, said=N_("rating")),
        Column("comment", N_("Feedback")),
        Column("started_at", N_("Start time"), Kind.INSTANT, said=N_("started")),
        Column("finished_at", N_("End time"), Kind.INSTANT),
        Column("completed_at", N_("Settled on"), Kind.INSTANT, said=N_("completed")),
        Column("cancel_reason", N_("Cancel reason")),
        Column("note", N_("Note"), said=N_("note")),
    ),
    "payments": (
        Column("order_no", N_("Order no"), said=N_("order-no")),
        Column("paid_at", N_("Payment time"), Kind.INSTANT, said=N_("paid-on")),
        Column("kind", N_("Payment kind"), Kind.WORD, said=N_("kind")),
        Column("channel", N_("Payment method"), Kind.WORD),
        Column("amount_fen", N_("Amount"), Kind.MONEY, said=N_("amount")),
        Column("external_ref", N_("Transaction no")),
        Column("customer_nick", N_("Customer nickname"), said=N_("customer")),
        Column("customer_no", N_("Customer no")),
        Column("taken_by", N_("Taken by")),
    ),
    "events": (
        Column("store_id", N_("Store"), Kind.NUMBER),
        Column("seq", N_("Number"), Kind.NUMBER),
        Column("at", N_("At"), Kind.INSTANT, said=N_("happened")),
        Column("actor", N_("By")),
        Column("kind", N_("What"), said=N_("kind")),
        Column("entity", N_("Record")),
        Column("entity_id", N_("Record id"), Kind.NUMBER),
        Column("ref", N_("Reference")),
        Column("data", N_("Facts")),
    ),
}
"""By what is exported; an import knows the headers again."""
PLACES = {
    "customers": "customers",
    "companions": "roster",
    "orders": "board",
    "payments": "payments",
    "events": "events",
}
"""The list whose saved views a filter may name, by what is exported."""
ENTITIES = {"customers": "customer", "companions": "companion", "orders": "order"}
"""What has custom fields, by what is exported."""
