"""The tables, one file an aggregate. Importing this package fills the metadata."""

from crm_tui.models.bookkeeping import IdempotencyKey, NumberSeries
from crm_tui.models.companions import Companion, CompanionLevel, CompanionSkill
from crm_tui.models.customers import (
    Customer,
    CustomerIdentity,
    CustomerKey,
    CustomerTag,
    FieldDefinition,
    Tag,
)
from crm_tui.models.dispatch import DispatchRound, Offer
from crm_tui.models.events import Event, EventHead, EventValue
from crm_tui.models.games import Game, Ladder, LadderRank
from crm_tui.models.imports import ImportBatch, ImportRow
from crm_tui.models.orders import Assignment, Order, Rating, ServiceSession
from crm_tui.models.payments import Payment
from crm_tui.models.studio import MAIN_STORE, STUDIO, Operator, Setting, Store

__all__ = [
    "MAIN_STORE",
    "STUDIO",
    "Assignment",
    "Companion",
    "CompanionLevel",
    "CompanionSkill",
    "Customer",
    "CustomerIdentity",
    "CustomerKey",
    "CustomerTag",
    "DispatchRound",
    "Event",
    "EventHead",
    "EventValue",
    "FieldDefinition",
    "Game",
    "IdempotencyKey",
    "ImportBatch",
    "ImportRow",
    "Ladder",
    "LadderRank",
    "NumberSeries",
    "Offer",
    "Operator",
    "Order",
    "Payment",
    "Rating",
    "ServiceSession",
    "Setting",
    "Store",
    "Tag",
]
