"""What people are told in: those who book, who serve, who work at the studio."""

from __future__ import annotations

from crm_tui.core.language import N_
from crm_tui.core.words.word import LABELS, Word


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


class Stance(Word):
    """What is between a customer and a companion (A9)."""

    PREFERRED = "preferred"
    REFUSED = "refused"


class Presence(Word):
    """What a companion says of being there, and what the orders say."""

    IDLE = "idle"
    OFFERED = "offered"
    SERVING = "serving"
    RESTING = "resting"
    OFFLINE = "offline"


class CreditCause(Word):
    """What moved a companion's credit."""

    LATE = "late"
    NO_SHOW = "no_show"
    WITHDREW = "withdrew"
    LOW_RATING = "low_rating"
    HIGH_RATING = "high_rating"
    COMPLETED = "completed"
    CORRECTION = "correction"


class Role(Word):
    """What an operator may do (G3)."""

    DISPATCHER = "dispatcher"
    OPERATOR = "operator"
    MANAGER = "manager"
    FINANCE = "finance"
    ADMIN = "admin"
    READ_ONLY = "read_only"


LABELS.update(
    {
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
        Stance: {
            "preferred": N_("Preferred"),
            "refused": N_("Refused"),
        },
        Presence: {
            "idle": N_("Idle"),
            "offered": N_("Taking an order"),
            "serving": N_("Serving"),
            "resting": N_("Resting"),
            "offline": N_("Offline"),
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
        Role: {
            "dispatcher": N_("Dispatcher"),
            "operator": N_("Operator"),
            "manager": N_("Manager"),
            "finance": N_("Finance"),
            "admin": N_("Administrator"),
            "read_only": N_("Read only"),
        },
    }
)
