"""What contacts with customers and the tasks that follow are told in."""

from __future__ import annotations

from crm_tui.core.language import N_
from crm_tui.core.words.word import LABELS, Word


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


LABELS.update(
    {
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
    }
)
