"""The settings of what is watched: clocks, risks, credit, what waits for somebody."""

from __future__ import annotations

from crm_tui.core.language import N_
from crm_tui.core.settings.definition import MINUTES, SettingDefinition
from crm_tui.core.settings.values import (
    credit_rule,
    login_or_nobody,
    numbers_as,
    weights_among,
    whole,
)

_PRIVATE_DEAL_SIGNS = {"stopped": 0.45, "cancelled": 0.35, "words": 0.45}
_RISK_RULES: dict[str, float] = {
    "overrun_minutes": 30,
    "overrun_percent": 50,
    "complaints": 3,
    "complaint_days": 7,
    "cancels": 3,
    "cancel_days": 30,
    "cancel_chance": 0.01,
    "pair_orders": 4,
    "pair_days": 90,
    "private_deal": 0.6,
    "again_days": 14,
}
_INBOX_WEIGHTS: dict[str, float] = {
    "to_dispatch": 100,
    "disconnected": 90,
    "offered": 80,
    "to_start": 70,
    "ending": 60,
    "risk": 60,
    "complaint": 50,
    "low_rating": 50,
    "alarm": 50,
    "unpaid": 40,
    "give_back": 35,
    "payment": 40,
    "call_back": 25,
    "follow_up": 20,
    "asked": 20,
    "unconfirmed": 15,
    "other": 15,
}

DEFINITIONS = (
    SettingDefinition(
        "clocks.escalation_minutes",
        5,
        whole(1, 10_080),
        MINUTES,
        N_("An order unanswered this long after its time becomes a task for a manager"),
    ),
    SettingDefinition(
        "clocks.start_delay_minutes",
        10,
        whole(1, 10_080),
        MINUTES,
        N_("An accepted order is started within this many minutes"),
    ),
    SettingDefinition(
        "clocks.ending_minutes",
        10,
        whole(1, 10_080),
        MINUTES,
        N_("So long before its planned end a service is announced to end"),
    ),
    SettingDefinition(
        "clocks.overrun_minutes",
        5,
        whole(1, 10_080),
        MINUTES,
        N_("A service that goes on this long after its planned end is over time"),
    ),
    SettingDefinition(
        "clocks.disconnect_minutes",
        5,
        whole(1, 10_080),
        MINUTES,
        N_("A connection lost for this long raises an alarm"),
    ),
    SettingDefinition(
        "clocks.unconfirmed_minutes",
        1440,
        whole(1, 10_080),
        MINUTES,
        N_("A service that nobody confirms counts as confirmed after this long"),
    ),
    SettingDefinition(
        "clocks.unpaid_minutes",
        120,
        whole(1, 10_080),
        MINUTES,
        N_("A confirmed order is paid within this many minutes"),
    ),
    SettingDefinition(
        "inbox.weights",
        _INBOX_WEIGHTS,
        numbers_as(_INBOX_WEIGHTS),
        N_('weights as JSON, such as {"to_dispatch": 100, "unpaid": 40}'),
        N_("What is lost in the end when something waits too long, by why it waits"),
    ),
    SettingDefinition(
        "risk.rules",
        _RISK_RULES,
        numbers_as(_RISK_RULES),
        N_('numbers as JSON, such as {"complaints": 3, "complaint_days": 7}'),
        N_("Where risk alarms begin: overruns, complaints, cancellations, private deals"),
    ),
    SettingDefinition(
        "risk.private_deal_weights",
        _PRIVATE_DEAL_SIGNS,
        weights_among(_PRIVATE_DEAL_SIGNS),
        N_('weights as JSON, such as {"stopped": 0.45, "words": 0.45}'),
        N_("What counts how much among the signs of a private deal"),
    ),
    SettingDefinition(
        "risk.owner",
        "",
        login_or_nobody,
        N_("a login; - for nobody"),
        N_("Who gets the tasks of risk alarms; else whoever has the customer"),
    ),
    SettingDefinition(
        "credit.rule",
        {
            "points": {
                "late": -5,
                "no_show": -10,
                "withdrew": -5,
                "low_rating": -5,
                "high_rating": 2,
                "completed": 1,
            },
            "late_after_minutes": 10,
            "low_rating_at_most": 2,
            "high_rating_at_least": 5,
            "least": 0,
            "most": 120,
        },
        credit_rule,
        N_("points by cause, late_after_minutes, bounds of ratings, least and most as JSON"),
        N_("What moves a companion's credit, which begins at 100, and by how many points"),
    ),
)
