"""The door to what is known of customers (A2, A3): found as one types, shown whole, in pages."""

from __future__ import annotations

from crm_tui.services.customers.dealings import (
    PaymentRow,
    open_orders,
    orders,
    orders_among,
    payments,
)
from crm_tui.services.customers.lookup import CustomerHit, find, recent, resolve
from crm_tui.services.customers.person import IdentityRow, Person, TagRow, person
from crm_tui.services.customers.profile import CustomerProfile, document, profile
from crm_tui.services.customers.worth import Balance, CompanionOf, CustomerStats, Worth, worth

__all__ = [
    "Balance",
    "CompanionOf",
    "CustomerHit",
    "CustomerProfile",
    "CustomerStats",
    "IdentityRow",
    "PaymentRow",
    "Person",
    "TagRow",
    "Worth",
    "document",
    "find",
    "open_orders",
    "orders",
    "orders_among",
    "payments",
    "person",
    "profile",
    "recent",
    "resolve",
    "worth",
]
