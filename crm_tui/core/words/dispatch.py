"""What dispatching, its clocks and what waits for somebody are told in."""

from __future__ import annotations

from crm_tui.core.language import N_
from crm_tui.core.words.word import LABELS, Word


class DispatchMode(Word):
    """How the companion is found (B3–B5)."""

    DIRECT = "direct"
    AUTO = "auto"
    GRAB = "grab"


class OfferState(Word):
    """Every offer ends in exactly one of the states after OPEN."""

    OPEN = "open"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    EXPIRED = "expired"
    RECALLED = "recalled"
    LOST = "lost"


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


LABELS.update(
    {
        DispatchMode: {
            "direct": N_("Direct"),
            "auto": N_("Auto"),
            "grab": N_("Grab"),
        },
        OfferState: {
            "open": N_("Waiting"),
            "accepted": N_("Accepted"),
            "declined": N_("Declined"),
            "expired": N_("Expired"),
            "recalled": N_("Recalled"),
            "lost": N_("Went to another"),
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
    }
)
