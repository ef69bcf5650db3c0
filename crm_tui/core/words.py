"""The field's fixed vocabularies. The values are what is stored; the labels are translated.

Ladders, levels, rates and rules are data, not vocabulary: they live in tables and settings.
"""

from __future__ import annotations

from enum import StrEnum

from crm_tui.core.language import N_, _, in_every_language


class Word(StrEnum):
    """A stored word with a label for people. It hashes as the text that it equals."""

    __hash__ = str.__hash__

    @property
    def label(self) -> str:
        """The word as a person reads it, in the language in force."""
        return _(LABELS[type(self)][self.value])

    @property
    def spellings(self) -> tuple[str, ...]:
        """All that a person may type for it: the stored word and its label in every language."""
        return (self.value, *in_every_language(LABELS[type(self)][self.value]))


class OrderStatus(Word):
    """Where an order stands (B1)."""

    PENDING = "pending"
    OFFERED = "offered"
    ACCEPTED = "accepted"
    SERVING = "serving"
    CONFIRMING = "confirming"
    UNPAID = "unpaid"
    COMPLETED = "completed"
    CANCELLED = "cancelled"


class OrderKind(Word):
    """What is sold (B2)."""

    COMPANION = "companion"
    RANK_BOOST = "rank_boost"
    COACHING = "coaching"
    CASUAL = "casual"
    VOICE = "voice"
    ESCORT = "escort"
    TRIAL = "trial"


class BillingUnit(Word):
    """What the price counts."""

    HOURLY = "hourly"
    PER_ROUND = "per_round"
    GUARANTEED = "guaranteed"


class DispatchMode(Word):
    """How the companion is found (B3–B5)."""

    DIRECT = "direct"
    AUTO = "auto"
    GRAB = "grab"


class Presence(Word):
    """What a companion says of being there, and what the orders say."""

    IDLE = "idle"
    OFFERED = "offered"
    SERVING = "serving"
    RESTING = "resting"
    OFFLINE = "offline"


class Gender(Word):
    """As it matters for matching."""

    FEMALE = "female"
    MALE = "male"
    UNKNOWN = "unknown"


class IdentityKind(Word):
    """What a customer can be recognised by (A1)."""

    PHONE = "phone"
    WECHAT = "wechat"
    QQ = "qq"
    DOUYIN = "douyin"
    KUAISHOU = "kuaishou"
    CHANNELS = "channels"
    MINIPROGRAM = "miniprogram"
    APP = "app"


class SourceChannel(Word):
    """What brought the customer."""

    WECHAT = "wechat"
    QQ = "qq"
    DOUYIN = "douyin"
    KUAISHOU = "kuaishou"
    CHANNELS = "channels"
    MINIPROGRAM = "miniprogram"
    APP = "app"
    REFERRAL = "referral"
    OTHER = "other"


class PayChannel(Word):
    """How money came (C1)."""

    WECHAT = "wechat"
    ALIPAY = "alipay"
    BANK = "bank"
    CASH = "cash"
    BALANCE = "balance"
    OTHER = "other"


class PaymentKind(Word):
    """What the money was for."""

    PAYMENT = "payment"
    TIP = "tip"
    REFUND = "refund"


class OfferState(Word):
    """Every offer ends in exactly one of the states after OPEN."""

    OPEN = "open"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    EXPIRED = "expired"
    RECALLED = "recalled"
    LOST = "lost"


class Role(Word):
    """What an operator may do (G3)."""

    DISPATCHER = "dispatcher"
    OPERATOR = "operator"
    MANAGER = "manager"
    FINANCE = "finance"
    ADMIN = "admin"
    READ_ONLY = "read_only"


class SessionEnd(Word):
    """Why a stretch of service ended."""

    PAUSED = "paused"
    FINISHED = "finished"
    HANDED_OVER = "handed_over"
    WITHDRAWN = "withdrawn"
    DISCONNECTED = "disconnected"


class BatchState(Word):
    """Where an import stands."""

    RUNNING = "running"
    DONE = "done"
    UNDONE = "undone"
    FAILED = "failed"


class ContactChannel(Word):
    """How a contact with a customer took place (A6)."""

    WECHAT = "wechat"
    QQ = "qq"
    DOUYIN = "douyin"
    KUAISHOU = "kuaishou"
    CHANNELS = "channels"
    MINIPROGRAM = "miniprogram"
    APP = "app"
    PHONE = "phone"
    SMS = "sms"
    OTHER = "other"


class ContactDirection(Word):
    """Who began: the customer, the studio, or nobody: a note."""

    INBOUND = "inbound"
    OUTBOUND = "outbound"
    NOTE = "note"


class Stance(Word):
    """What is between a customer and a companion (A9)."""

    PREFERRED = "preferred"
    REFUSED = "refused"


class TaskKind(Word):
    """Why somebody has something to do (D3)."""

    FOLLOW_UP = "follow_up"
    CALL_BACK = "call_back"
    COMPLAINT = "complaint"
    RISK = "risk"
    PAYMENT = "payment"
    OTHER = "other"


class TaskState(Word):
    """Where a task stands."""

    OPEN = "open"
    DONE = "done"
    DROPPED = "dropped"


class AlarmKind(Word):
    """What somebody is told of once, because a clock ran out or a sign of trouble was seen."""

    RESPONSE = "response"
    ESCALATION = "escalation"
    NOBODY_TOOK = "nobody_took"
    RESERVATION = "reservation"
    START_DELAY = "start_delay"
    ENDING = "ending"
    OVERRUN = "overrun"
    DISCONNECT = "disconnect"
    UNCONFIRMED = "unconfirmed"
    UNPAID = "unpaid"
    LONG_OVERRUN = "long_overrun"
    COMPLAINTS = "complaints"
    CANCEL_RATE = "cancel_rate"
    PRIVATE_DEAL = "private_deal"


class Cause(Word):
    """Why something waits for somebody (N1)."""

    TO_DISPATCH = "to_dispatch"
    ASKED = "asked"
    OFFERED = "offered"
    TO_START = "to_start"
    ENDING = "ending"
    DISCONNECTED = "disconnected"
    UNCONFIRMED = "unconfirmed"
    UNPAID = "unpaid"
    GIVE_BACK = "give_back"
    LOW_RATING = "low_rating"
    ALARM = "alarm"
    TASK = "task"


class CreditCause(Word):
    """What moved a companion's credit."""

    LATE = "late"
    NO_SHOW = "no_show"
    WITHDREW = "withdrew"
    LOW_RATING = "low_rating"
    HIGH_RATING = "high_rating"
    COMPLETED = "completed"
    CORRECTION = "correction"


class Segment(Word):
    """The value tier of a customer (A8); every customer lands in exactly one."""

    HIGH_VALUE = "high_value"
    HIGH_POTENTIAL = "high_potential"
    TO_WAKE = "to_wake"
    NEW = "new"
    ACTIVE = "active"
    LOST = "lost"
    ORDINARY = "ordinary"
    PROSPECT = "prospect"


class Account(Word):
    """The chart of accounts (C2); what each holds stands in ``services/money/accounts.py``."""

    CHANNEL = "channel"
    RECEIVABLE = "receivable"
    CLAWBACK = "clawback"
    PREPAID = "prepaid"
    STORED = "stored"
    BONUS = "bonus"
    COMPANION_PAYABLE = "companion_payable"
    SETTLED_PAYABLE = "settled_payable"
    REVENUE = "revenue"
    TIP_REVENUE = "tip_revenue"
    DISCOUNT = "discount"
    REFUNDS = "refunds"
    BONUS_COST = "bonus_cost"
    BAD_DEBT = "bad_debt"
    ADJUSTMENTS = "adjustments"
    FEES = "fees"
    SUSPENSE = "suspense"


class JournalKind(Word):
    """What a journal tells of."""

    PAYMENT = "payment"
    COMPLETION = "completion"
    TIP = "tip"
    REFUND = "refund"
    DISCOUNT = "discount"
    WRITE_OFF = "write_off"
    HAND_OVER = "hand_over"
    TOP_UP = "top_up"
    BONUS = "bonus"
    SPENDING = "spending"
    STORED_REFUND = "stored_refund"
    ADJUSTMENT = "adjustment"
    SETTLEMENT = "settlement"
    PAYOUT = "payout"
    FEE = "fee"
    BILL = "bill"
    TRANSFER = "transfer"
    CORRECTION = "correction"
    REVERSAL = "reversal"


class SettlementState(Word):
    """Where a settlement batch stands (C4)."""

    DRAFT = "draft"
    APPROVED = "approved"
    PAID = "paid"
    CANCELLED = "cancelled"


class Cadence(Word):
    """How often a report is sent (H6)."""

    DAILY = "daily"
    WEEKLY = "weekly"
    MONTHLY = "monthly"


class SendingState(Word):
    """What became of one sending of a report (H6)."""

    WAITING = "waiting"
    SENT = "sent"
    OVERTAKEN = "overtaken"
    """The next one fell due before it could be sent."""


class ReportChart(Word):
    """How a report is drawn (H6)."""

    BARS = "bars"
    LINE = "line"
    NONE = "none"


class BillLineKind(Word):
    """What a line of a bill says happened (C5)."""

    PAYMENT = "payment"
    REFUND = "refund"
    FEE = "fee"
    NEUTRAL = "neutral"


class BillLineState(Word):
    """What was made of a line of a bill."""

    OPEN = "open"
    MATCHED = "matched"
    BOOKED = "booked"
    IGNORED = "ignored"


LABELS: dict[type[Word], dict[str, str]] = {
    OrderStatus: {
        "pending": N_("To dispatch"),
        "offered": N_("Offered"),
        "accepted": N_("Accepted"),
        "serving": N_("Serving"),
        "confirming": N_("To confirm"),
        "unpaid": N_("Unpaid"),
        "completed": N_("Completed"),
        "cancelled": N_("Cancelled"),
    },
    OrderKind: {
        "companion": N_("Companionship"),
        "rank_boost": N_("Rank boost"),
        "coaching": N_("Coaching"),
        "casual": N_("Casual"),
        "voice": N_("Voice"),
        "escort": N_("Escort"),
        "trial": N_("Trial"),
    },
    BillingUnit: {
        "hourly": N_("Hourly"),
        "per_round": N_("Per round"),
        "guaranteed": N_("Guaranteed"),
    },
    DispatchMode: {
        "direct": N_("Direct"),
        "auto": N_("Auto"),
        "grab": N_("Grab"),
    },
    Presence: {
        "idle": N_("Idle"),
        "offered": N_("Taking an order"),
        "serving": N_("Serving"),
        "resting": N_("Resting"),
        "offline": N_("Offline"),
    },
    Gender: {
        "female": N_("Female"),
        "male": N_("Male"),
        "unknown": N_("Unknown"),
    },
    IdentityKind: {
        "phone": N_("Phone"),
        "wechat": N_("WeChat"),
        "qq": N_("QQ"),
        "douyin": N_("Douyin"),
        "kuaishou": N_("Kuaishou"),
        "channels": N_("WeChat Channels"),
        "miniprogram": N_("Mini-program"),
        "app": N_("App"),
    },
    SourceChannel: {
        "wechat": N_("WeChat"),
        "qq": N_("QQ"),
        "douyin": N_("Douyin"),
        "kuaishou": N_("Kuaishou"),
        "channels": N_("WeChat Channels"),
        "miniprogram": N_("Mini-program"),
        "app": N_("App"),
        "referral": N_("Referral"),
        "other": N_("Other"),
    },
    PayChannel: {
        "wechat": N_("WeChat Pay"),
        "alipay": N_("Alipay"),
        "bank": N_("Bank"),
        "cash": N_("Cash"),
        "balance": N_("Balance"),
        "other": N_("Other"),
    },
    PaymentKind: {
        "payment": N_("Payment"),
        "tip": N_("Tip"),
        "refund": N_("Refund"),
    },
    OfferState: {
        "open": N_("Waiting"),
        "accepted": N_("Accepted"),
        "declined": N_("Declined"),
        "expired": N_("Expired"),
        "recalled": N_("Recalled"),
        "lost": N_("Went to another"),
    },
    Role: {
        "dispatcher": N_("Dispatcher"),
        "operator": N_("Operator"),
        "manager": N_("Manager"),
        "finance": N_("Finance"),
        "admin": N_("Administrator"),
        "read_only": N_("Read only"),
    },
    SessionEnd: {
        "paused": N_("Paused"),
        "finished": N_("Finished"),
        "handed_over": N_("Handed over"),
        "withdrawn": N_("Withdrawn"),
        "disconnected": N_("Disconnected"),
    },
    BatchState: {
        "running": N_("Running"),
        "done": N_("Done"),
        "undone": N_("Undone"),
        "failed": N_("Failed"),
    },
    ContactChannel: {
        "wechat": N_("WeChat"),
        "qq": N_("QQ"),
        "douyin": N_("Douyin"),
        "kuaishou": N_("Kuaishou"),
        "channels": N_("WeChat Channels"),
        "miniprogram": N_("Mini-program"),
        "app": N_("App"),
        "phone": N_("Phone call"),
        "sms": N_("SMS"),
        "other": N_("Other"),
    },
    ContactDirection: {
        "inbound": N_("From the customer"),
        "outbound": N_("To the customer"),
        "note": N_("Internal note"),
    },
    Stance: {
        "preferred": N_("Preferred"),
        "refused": N_("Refused"),
    },
    TaskKind: {
        "follow_up": N_("Follow-up"),
        "call_back": N_("Call back"),
        "complaint": N_("Complaint"),
        "risk": N_("Risk"),
        "payment": N_("Payment"),
        "other": N_("Other"),
    },
    TaskState: {
        "open": N_("To do"),
        "done": N_("Done"),
        "dropped": N_("Dropped"),
    },
    AlarmKind: {
        "response": N_("Unanswered"),
        "escalation": N_("Long unanswered"),
        "nobody_took": N_("Nobody took the offer"),
        "reservation": N_("Who was reserved is not free"),
        "start_delay": N_("Late start"),
        "ending": N_("About to end"),
        "overrun": N_("Over time"),
        "disconnect": N_("Disconnected for long"),
        "unconfirmed": N_("Unconfirmed"),
        "unpaid": N_("Unpaid for long"),
        "long_overrun": N_("Far over time"),
        "complaints": N_("Several complaints"),
        "cancel_rate": N_("Many cancellations"),
        "private_deal": N_("Signs of a private deal"),
    },
    Cause: {
        "to_dispatch": N_("To dispatch"),
        "asked": N_("Word awaited"),
        "offered": N_("Offered"),
        "to_start": N_("To start"),
        "ending": N_("About to end"),
        "disconnected": N_("Disconnected"),
        "unconfirmed": N_("To confirm"),
        "unpaid": N_("Unpaid"),
        "give_back": N_("To give back"),
        "low_rating": N_("Low rating"),
        "alarm": N_("Alarm"),
        "task": N_("Task"),
    },
    CreditCause: {
        "late": N_("Started late"),
        "no_show": N_("Did not show up"),
        "withdrew": N_("Withdrew after accepting"),
        "low_rating": N_("Low rating"),
        "high_rating": N_("High rating"),
        "completed": N_("Order completed"),
        "correction": N_("Corrected by hand"),
    },
    Segment: {
        "high_value": N_("High value"),
        "high_potential": N_("High potential"),
        "to_wake": N_("To wake"),
        "new": N_("New customer"),
        "active": N_("Active"),
        "lost": N_("Lost"),
        "ordinary": N_("Ordinary"),
        "prospect": N_("Prospect"),
    },
    Account: {
        "channel": N_("Money in hand"),
        "receivable": N_("Customers owe"),
        "clawback": N_("Companions owe back"),
        "prepaid": N_("Paid in advance"),
        "stored": N_("Stored value"),
        "bonus": N_("Stored bonus"),
        "companion_payable": N_("Owed to companions"),
        "settled_payable": N_("Settled, to pay out"),
        "revenue": N_("Studio income"),
        "tip_revenue": N_("Studio part of tips"),
        "discount": N_("Discounts given"),
        "refunds": N_("Refunds given"),
        "bonus_cost": N_("Cost of bonuses"),
        "bad_debt": N_("Bad debt"),
        "adjustments": N_("Settlement adjustments"),
        "fees": N_("Channel fees"),
        "suspense": N_("Unexplained money"),
    },
    JournalKind: {
        "payment": N_("Payment"),
        "completion": N_("Order completed"),
        "tip": N_("Tip"),
        "refund": N_("Refund"),
        "discount": N_("Discount"),
        "write_off": N_("Written off"),
        "hand_over": N_("Handed over"),
        "top_up": N_("Top-up"),
        "bonus": N_("Bonus"),
        "spending": N_("Paid from stored value"),
        "stored_refund": N_("Stored value given back"),
        "adjustment": N_("Adjustment"),
        "settlement": N_("Settlement"),
        "payout": N_("Payout"),
        "fee": N_("Fee"),
        "bill": N_("Booked from a bill"),
        "transfer": N_("Customers merged"),
        "correction": N_("Correction"),
        "reversal": N_("Taken back"),
    },
    SettlementState: {
        "draft": N_("Draft"),
        "approved": N_("Approved"),
        "paid": N_("Paid out"),
        "cancelled": N_("Cancelled"),
    },
    Cadence: {
        "daily": N_("Daily"),
        "weekly": N_("Weekly"),
        "monthly": N_("Monthly"),
    },
    SendingState: {
        "waiting": N_("Waiting"),
        "sent": N_("Sent"),
        "overtaken": N_("Overtaken"),
    },
    ReportChart: {
        "bars": N_("Bars"),
        "line": N_("Line"),
        "none": N_("No chart"),
    },
    BillLineKind: {
        "payment": N_("Payment"),
        "refund": N_("Refund"),
        "fee": N_("Fee"),
        "neutral": N_("Neutral"),
    },
    BillLineState: {
        "open": N_("To match"),
        "matched": N_("Matched"),
        "booked": N_("Booked"),
        "ignored": N_("Ignored"),
    },
}
"""The label of every word, by vocabulary and value."""
