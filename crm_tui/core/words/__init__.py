"""The field's fixed vocabularies, by capability. The values are what is stored; the labels are
translated.

Ladders, levels, rates and rules are data, not vocabulary: they live in tables and settings.
"""

from crm_tui.core.words.contacts import (
    ContactChannel,
    ContactDirection,
    TaskKind,
    TaskState,
)
from crm_tui.core.words.dispatch import (
    AlarmKind,
    Cause,
    DispatchMode,
    OfferState,
)
from crm_tui.core.words.money import (
    Account,
    BillLineKind,
    BillLineState,
    JournalKind,
    PayChannel,
    PaymentKind,
    SettlementState,
)
from crm_tui.core.words.orders import (
    BillingUnit,
    OrderKind,
    OrderStatus,
    SessionEnd,
)
from crm_tui.core.words.people import (
    CreditCause,
    Gender,
    IdentityKind,
    Presence,
    Role,
    Segment,
    SourceChannel,
    Stance,
)
from crm_tui.core.words.reports import (
    Against,
    BatchState,
    Cadence,
    ReportChart,
    SendingState,
)
from crm_tui.core.words.word import (
    LABELS,
    Word,
)

__all__ = [
    "LABELS",
    "Account",
    "Against",
    "AlarmKind",
    "BatchState",
    "BillLineKind",
    "BillLineState",
    "BillingUnit",
    "Cadence",
    "Cause",
    "ContactChannel",
    "ContactDirection",
    "CreditCause",
    "DispatchMode",
    "Gender",
    "IdentityKind",
    "JournalKind",
    "OfferState",
    "OrderKind",
    "OrderStatus",
    "PayChannel",
    "PaymentKind",
    "Presence",
    "ReportChart",
    "Role",
    "Segment",
    "SendingState",
    "SessionEnd",
    "SettlementState",
    "SourceChannel",
    "Stance",
    "TaskKind",
    "TaskState",
    "Word",
]
