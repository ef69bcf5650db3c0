"""The tables, one file an aggregate. Importing this package fills the metadata."""

from crm_tui.models.alarms import Alarm, InboxMark, Lease
from crm_tui.models.bills import BillFile, BillLine
from crm_tui.models.bookkeeping import IdempotencyKey, NumberSeries
from crm_tui.models.companions import (
    Companion,
    CompanionDay,
    CompanionHours,
    CompanionLevel,
    CompanionSkill,
    CreditEntry,
)
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
from crm_tui.models.events import Event, EventHead, EventReader, EventValue
from crm_tui.models.games import Game, Ladder, LadderRank
from crm_tui.models.imports import ImportBatch, ImportRow, ImportSpan
from crm_tui.models.ledger import Journal, JournalLine, LedgerBalance
from crm_tui.models.members import Membership, MembershipLevel
from crm_tui.models.orders import Assignment, Order, Rating, Reservation, ServiceSession
from crm_tui.models.payments import Payment
from crm_tui.models.persons import CompanionStance, CustomerMerge, NotDuplicate
from crm_tui.models.settlement import SettlementAdjustment, SettlementBatch, SettlementLine
from crm_tui.models.splits import OrderSplit, SplitRule
from crm_tui.models.studio import MAIN_STORE, STUDIO, Operator, Setting, Store, StoreBridge
from crm_tui.models.views import BulkRow, BulkRun, SavedView

__all__ = [
    "MAIN_STORE",
    "STUDIO",
    "Alarm",
    "Assignment",
    "Attachment",
    "BillFile",
    "BillLine",
    "BulkRow",
    "BulkRun",
    "Companion",
    "CompanionDay",
    "CompanionHours",
    "CompanionLevel",
    "CompanionSkill",
    "CompanionStance",
    "CreditEntry",
    "Customer",
    "CustomerIdentity",
    "CustomerKey",
    "CustomerMerge",
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
    "InboxMark",
    "Interaction",
    "Journal",
    "JournalLine",
    "Ladder",
    "LadderRank",
    "Lease",
    "LedgerBalance",
    "Membership",
    "MembershipLevel",
    "NotDuplicate",
    "NoteTemplate",
    "NumberSeries",
    "Offer",
    "Operator",
    "Order",
    "OrderSplit",
    "Payment",
    "Rating",
    "Reservation",
    "SavedView",
    "ServiceSession",
    "Setting",
    "SettlementAdjustment",
    "SettlementBatch",
    "SettlementLine",
    "SplitRule",
    "Store",
    "StoreBridge",
    "Tag",
    "Task",
]
