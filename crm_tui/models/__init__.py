"""The tables, one file an aggregate. Importing this package fills the metadata."""

from crm_tui.models.bookkeeping import IdempotencyKey, NumberSeries
from crm_tui.models.companions import Companion, CompanionLevel, CompanionSkill
from crm_tui.models.contacts import Attachment, Interaction, NoteTemplate, Task
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
from crm_tui.models.events import Event, EventHead, EventValue
from crm_tui.models.games import Game, Ladder, LadderRank
from crm_tui.models.imports import ImportBatch, ImportRow, ImportSpan
from crm_tui.models.orders import Assignment, Order, Rating, ServiceSession
from crm_tui.models.payments import Payment
from crm_tui.models.persons import CompanionStance, CustomerMerge, NotDuplicate
from crm_tui.models.studio import MAIN_STORE, STUDIO, Operator, Setting, Store
from crm_tui.models.views import BulkRow, BulkRun, SavedView

__all__ = [
    "MAIN_STORE",
    "STUDIO",
    "Assignment",
    "Attachment",
    "BulkRow",
    "BulkRun",
    "Companion",
    "CompanionLevel",
    "CompanionSkill",
    "CompanionStance",
    "Customer",
    "CustomerIdentity",
    "CustomerKey",
    "CustomerMerge",
    "CustomerTag",
    "DispatchRound",
    "Event",
    "EventHead",
    "EventValue",
    "FieldDefinition",
    "FieldUniqueValue",
    "Game",
    "IdempotencyKey",
    "ImportBatch",
    "ImportRow",
    "ImportSpan",
    "Interaction",
    "Ladder",
    "LadderRank",
    "NotDuplicate",
    "NoteTemplate",
    "NumberSeries",
    "Offer",
    "Operator",
    "Order",
    "Payment",
    "Rating",
    "SavedView",
    "ServiceSession",
    "Setting",
    "Store",
    "Tag",
    "Task",
]
