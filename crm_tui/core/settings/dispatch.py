"""The settings of dispatching: who is asked, in which order, how long."""

from __future__ import annotations

from crm_tui.core.language import N_
from crm_tui.core.settings.definition import SECONDS, SettingDefinition
from crm_tui.core.settings.values import (
    ladder,
    one_of,
    tags_by_kind,
    urgency_rule,
    weights_by_kind,
    whole,
)

_SCORE_WEIGHTS = {
    "skill": 0.22,
    "history": 0.18,
    "rating": 0.18,
    "fairness": 0.16,
    "price": 0.08,
    "answers": 0.10,
    "style": 0.05,
    "credit": 0.03,
}

DEFINITIONS = (
    SettingDefinition(
        "dispatch.response_seconds",
        180,
        whole(10, 86_400),
        SECONDS,
        N_("A new order is answered within this many seconds"),
    ),
    SettingDefinition(
        "dispatch.offer_seconds",
        60,
        whole(10, 86_400),
        SECONDS,
        N_("An offer expires after this many seconds"),
    ),
    SettingDefinition(
        "dispatch.ladder",
        [
            {"levels": ["devil", "peak"], "seconds": 20},
            {"levels": ["god"], "seconds": 20},
            {"levels": [], "seconds": 0},
        ],
        ladder,
        N_('tiers as JSON, such as [{"levels": ["god"], "seconds": 30}, {"levels": []}]'),
        N_("Who is offered an order first, and after how many seconds the next are; [] is all"),
    ),
    SettingDefinition(
        "dispatch.urgency",
        {"gain": 1.0, "late": 0.9},
        urgency_rule,
        N_('gain and late as JSON, such as {"gain": 1, "late": 1.25}'),
        N_("In a plan an order counts 1 + gain × response time used up; when it is over, late"),
    ),
    SettingDefinition(
        "dispatch.plan_applies",
        "offers",
        one_of("offers", "assigns"),
        N_("offers or assigns"),
        N_("What applying a plan does: ask the companion first, or give the order at once"),
    ),
    SettingDefinition(
        "dispatch.plan_reserve",
        40,
        whole(0, 100),
        N_("a whole number, 0 to 100"),
        N_("So many companions whom a plan needs nowhere else are asked about an order, too"),
    ),
    SettingDefinition(
        "dispatch.plan_seconds",
        30,
        whole(5, 3600),
        N_("a whole number of seconds, 5 to 3600"),
        N_("Those whom a plan asks have the order for this many seconds, then the ladder follows"),
    ),
    SettingDefinition(
        "dispatch.direct",
        "assign",
        one_of("assign", "ask"),
        N_("assign or ask"),
        N_("A companion whom a customer names has the order at once, or is asked first"),
    ),
    SettingDefinition(
        "dispatch.direct_fallback",
        "ladder",
        one_of("ladder", "wait"),
        N_("ladder or wait"),
        N_("When the companion a customer named does not take it: ask the ladder, or wait"),
    ),
    SettingDefinition(
        "dispatch.reserve_minutes",
        10,
        whole(0, 30),
        N_("a whole number of minutes, 0 to 30"),
        N_("Who is kept for an order booked ahead is bound this many minutes before its start"),
    ),
    SettingDefinition(
        "dispatch.weights",
        _SCORE_WEIGHTS,
        weights_by_kind(_SCORE_WEIGHTS),
        N_('weights as JSON, such as {"skill": 0.3, "rating": 0.2, "voice": {"style": 0.4}}'),
        N_("What counts how much when companions are ranked, and for which kind otherwise"),
    ),
    SettingDefinition(
        "dispatch.styles",
        {
            "companion": ["幽默", "可开麦"],
            "rank_boost": ["上分效率", "高胜率"],
            "coaching": ["耐心教学"],
            "casual": ["幽默", "可开麦"],
            "voice": ["声音好听", "可开麦"],
            "escort": ["高胜率"],
        },
        tags_by_kind,
        N_('tags by order kind as JSON, such as {"voice": ["声音好听"]}'),
        N_("The tags of companions that suit a kind of order"),
    ),
)
