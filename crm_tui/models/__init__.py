"""The tables, one file an aggregate.

This package knows those that a console needs for its first rows. It takes a few milliseconds to
declare a table, so the others (money, alarms, contacts, merges, views) are imported from their own
files by whoever works with them; who asks for all tables imports :mod:`crm_tui.models.every`.
"""

from crm_tui.models.bookkeeping import IdempotencyKey, NumberSeries
from crm_tui.models.companions import (
    Companion,
    CompanionDay,
    CompanionHours,
    CompanionLevel,
    CompanionSkill,
    CreditEntry,
)
from crm_tui.models.customers import (
    Customer,
    CustomerIdentity,
    CustomerKey,
    CustomerTag,
    FieldDefinition,
    FieldUniqueValue,
    Tag,
)
from crm_tui.models.dispatch import DispatchRound, Offer
from crm_tui.models.events import Event, EventHead, EventReader, EventValue
from crm_tui.models.games import Game, Ladder, LadderRank
from crm_tui.models.imports import ImportBatch, ImportRow, ImportSpan
from crm_tui.models.orders import Assignment, Order, Rating, Reservation, ServiceSession
from crm_tui.models.payments import Payment
from crm_tui.models.studio import MAIN_STORE, STUDIO, Operator, Setting, Store, StoreBridge

__all__ = [
    "MAIN_STORE",
    "STUDIO",
    "Assignment",
    "Companion",
    "CompanionDay",
    "CompanionHours",
    "CompanionLevel",
    "CompanionSkill",
    "CreditEntry",
    "Customer",
    "CustomerIdentity",
    "CustomerKey",
    "CustomerTag",
    "DispatchRound",
    "Event",
    "EventHead",
    "EventReader",
    "EventValue",
    "FieldDefinition",
    "FieldUniqueValue",
    "Game",
    "IdempotencyKey",
    "ImportBatch",
    "ImportRow",
    "ImportSpan",
    "Ladder",
    "LadderRank",
    "NumberSeries",
    "Offer",
    "Operator",
    "Order",
    "Payment",
    "Rating",
    "Reservation",
    "ServiceSession",
    "Setting",
    "Store",
    "StoreBridge",
    "Tag",
]
