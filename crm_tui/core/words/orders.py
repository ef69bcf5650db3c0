"""What orders and their service are told in."""

from __future__ import annotations

from crm_tui.core.language import N_
from crm_tui.core.words.word import LABELS, Word


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


class SessionEnd(Word):
    """Why a stretch of service ended."""

    PAUSED = "paused"
    FINISHED = "finished"
    HANDED_OVER = "handed_over"
    WITHDRAWN = "withdrawn"
    DISCONNECTED = "disconnected"


LABELS.update(
    {
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
        SessionEnd: {
            "paused": N_("Paused"),
            "finished": N_("Finished"),
            "handed_over": N_("Handed over"),
            "withdrawn": N_("Withdrawn"),
            "disconnected": N_("Disconnected"),
        },
    }
)
