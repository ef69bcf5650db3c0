"""The settings that exist: key, default, how a text becomes a value.

Values are data with a version in the ``setting`` table; this is only their register. A setting
may hold for the studio (store 0) or be overridden for one store.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import time
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from crm_tui.core.errors import Invalid, NotFound
from crm_tui.core.hours import ALWAYS, parse_hours
from crm_tui.core.language import N_, _
from crm_tui.core.words import CreditCause, OrderKind

JsonValue = Any
"""What JSON can hold: that is how values are stored and shown."""


@dataclass(frozen=True, slots=True)
class SettingDefinition:
    """One setting. ``parse`` turns a person's text into the JSON value or raises ``ValueError``."""

    key: str
    default: JsonValue
    parse: Callable[[str], JsonValue]
    expected: str
    """What is expected, in words."""
    meaning: str


def _text(value: str) -> str:
    if not value.strip() or len(value) > 200:
        raise ValueError(value)
    return value.strip()


def _clock_time(value: str) -> str:
    return time.fromisoformat(value.strip()).strftime("%H:%M")


def _zone(value: str) -> str:
    if value not in available_timezones():
        raise ValueError(value)
    return value


def _whole(least: int, most: int) -> Callable[[str], int]:
    def parse(value: str) -> int:
        number = int(value)
        if not least <= number <= most:
            raise ValueError(value)
        return number

    return parse


def _hours(value: str) -> str:
    parse_hours(value)
    return " ".join(value.split())


def _one_of(*words: str) -> Callable[[str], str]:
    def parse(value: str) -> str:
        if value not in words:
            raise ValueError(value)
        return value

    return parse


def _json(value: str, largest: float = 1_000_000) -> JsonValue:
    """``value`` as JSON, whose numbers are no further from zero than ``largest``.

    NaN and infinity are none of them: what reckons with a setting is not to overflow.
    """

    def within(number: float) -> float:
        if not abs(number) <= largest:
            raise ValueError(value)
        return number

    try:
        return json.loads(
            value,
            parse_int=lambda digits: within(int(digits)),
            parse_float=lambda digits: within(float(digits)),
            parse_constant=lambda name: within(float(name)),
        )
    except RecursionError:
        raise ValueError(value) from None


def _weights(value: str, names: Collection[str]) -> dict[str, float]:
    given = _json(value)
    if not isinstance(given, dict) or not given or not set(given) <= set(names):
        raise ValueError(value)
    if any(type(weight) not in (int, float) or weight < 0 for weight in given.values()):
        raise ValueError(value)
    weights = {part: float(weight) for part, weight in given.items()}
    if not sum(weights.values()):
        raise ValueError(value)
    return weights


def _score_weights(value: str) -> dict[str, Any]:
    """Weights of the parts of the score, and by the code of an order kind those that differ."""
    given = _json(value)
    kinds = {name: part for name, part in given.items() if isinstance(part, dict)}
    general = {name: weight for name, weight in given.items() if name not in kinds}
    checked = {
        OrderKind(kind).value: _weights(json.dumps(part), _SCORE_WEIGHTS)
        for kind, part in kinds.items()
    }
    return _weights(json.dumps(general), _SCORE_WEIGHTS) | checked


def _private_deal_weights(value: str) -> dict[str, float]:
    return _weights(value, _PRIVATE_DEAL_SIGNS)


def _tags_by_kind(value: str) -> dict[str, list[str]]:
    given = _json(value)
    return {
        OrderKind(kind).value: [_text(str(tag)) for tag in tags] for kind, tags in given.items()
    }


def _numbers_as(default: dict[str, float]) -> Callable[[str], dict[str, float]]:
    """A parser of JSON numbers to 10,000 by name; what is left out stays as in ``default``."""

    def parse(value: str) -> dict[str, float]:
        given = _json(value, 10_000)
        if not isinstance(given, dict) or not set(given) <= set(default):
            raise ValueError(value)
        if any(type(number) not in (int, float) or number < 0 for number in given.values()):
            raise ValueError(value)
        return default | given

    return parse


def _login_or_nobody(value: str) -> str:
    if len(value) > 60:
        raise ValueError(value)
    return value.strip().removeprefix("-")


def _ladder(value: str) -> list[dict[str, Any]]:
    given = _json(value, 3600)
    tiers = [{"levels": each["levels"], "seconds": each.get("seconds", 0)} for each in given]
    *waiting, last = tiers
    codes = [code for tier in tiers for code in tier["levels"]]
    if any(type(tier["levels"]) is not list for tier in tiers) or {*map(type, codes)} - {str}:
        raise ValueError(value)
    if any(type(tier["seconds"]) is not int for tier in tiers) or last["seconds"] < 0:
        raise ValueError(value)
    if len(tiers) > 20 or not all(tier["seconds"] >= 5 for tier in waiting):
        raise ValueError(value)
    return tiers


def _urgency(value: str) -> dict[str, float]:
    given = _json(value)
    rule = {name: float(given[name]) for name in ("gain", "late")}
    if len(given) != 2 or not 0 <= rule["gain"] <= 100 or not 0.01 <= rule["late"] <= 100:
        raise ValueError(value)
    return rule


def _rfm_edges(value: str) -> dict[str, list[int]]:
    given = _json(value)
    edges = {name: [int(edge) for edge in given[name]] for name in _RFM_PARTS}
    days, *counts = edges.values()
    if any(len(part) != 4 or min(part) < 0 for part in edges.values()) or len(given) != 3:
        raise ValueError(value)
    if days != sorted(days) or any(part != sorted(part, reverse=True) for part in counts):
        raise ValueError(value)
    return edges


def _credit_rule(value: str) -> dict[str, Any]:
    given = _json(value)
    causes = {cause.value for cause in CreditCause} - {CreditCause.CORRECTION.value}
    if set(given) != {"points", *_CREDIT_PARTS} or not set(given["points"]) <= causes:
        raise ValueError(value)
    points = {str(cause): int(number) for cause, number in given["points"].items()}
    rule = {name: int(given[name]) for name in _CREDIT_PARTS}
    in_order = rule["least"] <= 100 <= rule["most"] and rule["late_after_minutes"] >= 0
    if not in_order or not 0 <= rule["low_rating_at_most"] < rule["high_rating_at_least"] <= 6:
        raise ValueError(value)
    return {"points": points, **rule}


_CREDIT_PARTS = (
    "late_after_minutes",
    "low_rating_at_most",
    "high_rating_at_least",
    "least",
    "most",
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
_PRIVATE_DEAL_SIGNS = {"stopped": 0.45, "cancelled": 0.35, "words": 0.45}
_RFM_PARTS = ("recency_days", "frequency", "money_yuan")
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
    "payment": 40,
    "call_back": 25,
    "follow_up": 20,
    "asked": 20,
    "unconfirmed": 15,
    "other": 15,
}
ROUNDING_RULES = ("half_hour_15_45", "half_hour_over_15", "by_minute")
_SECONDS = N_("a whole number of seconds, 10 to 86400")
_MINUTES = N_("a whole number of minutes, 1 to 10080")

DEFINITIONS: dict[str, SettingDefinition] = {
    definition.key: definition
    for definition in (
        SettingDefinition(
            "store.name", "", _text, N_("a name of up to 200 characters"), N_("Name of the studio")
        ),
        SettingDefinition(
            "store.business_day_start",
            "06:00",
            _clock_time,
            N_("a time such as 06:00"),
            N_("When a business day begins, on the local clock"),
        ),
        SettingDefinition(
            "store.timezone",
            "Asia/Shanghai",
            _zone,
            N_("a time zone such as Asia/Shanghai"),
            N_("Time zone of the store"),
        ),
        SettingDefinition(
            "store.business_hours",
            ALWAYS,
            _hours,
            N_("always, 10:00-02:00, or by weekday: 1-5 14:00-02:00, 6-7 10:00-04:00"),
            N_("When the store is open: outside of it no customer's answer falls due"),
        ),
        SettingDefinition(
            "orders.rounding",
            "half_hour_15_45",
            _one_of(*ROUNDING_RULES),
            N_("half_hour_15_45, half_hour_over_15 or by_minute"),
            N_("How minutes served become minutes billed"),
        ),
        SettingDefinition(
            "orders.default_rate_fen",
            4500,
            _whole(0, 10_000_000),
            N_("a whole number of fen an hour"),
            N_("Price of an hour where neither companion nor level has one, in fen"),
        ),
        SettingDefinition(
            "orders.renewal_window_minutes",
            120,
            _whole(1, 10_080),
            _MINUTES,
            N_("An order this soon after the last one, same companion, is a renewal"),
        ),
        SettingDefinition(
            "orders.tip_share_bp",
            8000,
            _whole(0, 10_000),
            N_("basis points, 0 to 10000"),
            N_("The companion's share of tips, in basis points"),
        ),
        SettingDefinition(
            "dispatch.response_seconds",
            180,
            _whole(10, 86_400),
            _SECONDS,
            N_("A new order is answered within this many seconds"),
        ),
        SettingDefinition(
            "dispatch.offer_seconds",
            60,
            _whole(10, 86_400),
            _SECONDS,
            N_("An offer expires after this many seconds"),
        ),
        SettingDefinition(
            "clocks.escalation_minutes",
            5,
            _whole(1, 10_080),
            _MINUTES,
            N_("An order unanswered this long after its time becomes a task for a manager"),
        ),
        SettingDefinition(
            "clocks.start_delay_minutes",
            10,
            _whole(1, 10_080),
            _MINUTES,
            N_("An accepted order is started within this many minutes"),
        ),
        SettingDefinition(
            "clocks.ending_minutes",
            10,
            _whole(1, 10_080),
            _MINUTES,
            N_("So long before its planned end a service is announced to end"),
        ),
        SettingDefinition(
            "clocks.overrun_minutes",
            5,
            _whole(1, 10_080),
            _MINUTES,
            N_("A service that goes on this long after its planned end is over time"),
        ),
        SettingDefinition(
            "clocks.disconnect_minutes",
            5,
            _whole(1, 10_080),
            _MINUTES,
            N_("A connection lost for this long raises an alarm"),
        ),
        SettingDefinition(
            "clocks.unconfirmed_minutes",
            1440,
            _whole(1, 10_080),
            _MINUTES,
            N_("A service that nobody confirms counts as confirmed after this long"),
        ),
        SettingDefinition(
            "clocks.unpaid_minutes",
            120,
            _whole(1, 10_080),
            _MINUTES,
            N_("A confirmed order is paid within this many minutes"),
        ),
        SettingDefinition(
            "dispatch.ladder",
            [
                {"levels": ["devil", "peak"], "seconds": 20},
                {"levels": ["god"], "seconds": 20},
                {"levels": [], "seconds": 0},
            ],
            _ladder,
            N_('tiers as JSON, such as [{"levels": ["god"], "seconds": 30}, {"levels": []}]'),
            N_("Who is offered an order first, and after how many seconds the next are; [] is all"),
        ),
        SettingDefinition(
            "dispatch.urgency",
            {"gain": 1.0, "late": 1.25},
            _urgency,
            N_('gain and late as JSON, such as {"gain": 1, "late": 1.25}'),
            N_("In a plan an order counts 1 + gain × response time used up; when it is over, late"),
        ),
        SettingDefinition(
            "dispatch.plan_applies",
            "offers",
            _one_of("offers", "assigns"),
            N_("offers or assigns"),
            N_("What applying a plan does: ask the companion first, or give the order at once"),
        ),
        SettingDefinition(
            "dispatch.plan_reserve",
            4,
            _whole(0, 100),
            N_("a whole number, 0 to 100"),
            N_("So many companions whom a plan needs nowhere else are asked about an order, too"),
        ),
        SettingDefinition(
            "dispatch.plan_seconds",
            10,
            _whole(5, 3600),
            N_("a whole number of seconds, 5 to 3600"),
            N_(
                "Those whom a plan asks have the order for this many seconds, "
                "then the ladder follows"
            ),
        ),
        SettingDefinition(
            "dispatch.direct",
            "assign",
            _one_of("assign", "ask"),
            N_("assign or ask"),
            N_("A companion whom a customer names has the order at once, or is asked first"),
        ),
        SettingDefinition(
            "dispatch.direct_fallback",
            "ladder",
            _one_of("ladder", "wait"),
            N_("ladder or wait"),
            N_("When the companion a customer named does not take it: ask the ladder, or wait"),
        ),
        SettingDefinition(
            "dispatch.reserve_minutes",
            10,
            _whole(0, 30),
            N_("a whole number of minutes, 0 to 30"),
            N_("Who is kept for an order booked ahead is bound this many minutes before its start"),
        ),
        SettingDefinition(
            "attachments.largest_mb",
            20,
            _whole(1, 1024),
            N_("a whole number of megabytes, 1 to 1024"),
            N_("The largest file that can be attached, in megabytes"),
        ),
        SettingDefinition(
            "dispatch.weights",
            _SCORE_WEIGHTS,
            _score_weights,
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
            _tags_by_kind,
            N_('tags by order kind as JSON, such as {"voice": ["声音好听"]}'),
            N_("The tags of companions that suit a kind of order"),
        ),
        SettingDefinition(
            "inbox.weights",
            _INBOX_WEIGHTS,
            _numbers_as(_INBOX_WEIGHTS),
            N_('weights as JSON, such as {"to_dispatch": 100, "unpaid": 40}'),
            N_("What is lost in the end when something waits too long, by why it waits"),
        ),
        SettingDefinition(
            "risk.rules",
            _RISK_RULES,
            _numbers_as(_RISK_RULES),
            N_('numbers as JSON, such as {"complaints": 3, "complaint_days": 7}'),
            N_("Where risk alarms begin: overruns, complaints, cancellations, private deals"),
        ),
        SettingDefinition(
            "risk.private_deal_weights",
            _PRIVATE_DEAL_SIGNS,
            _private_deal_weights,
            N_('weights as JSON, such as {"stopped": 0.45, "words": 0.45}'),
            N_("What counts how much among the signs of a private deal"),
        ),
        SettingDefinition(
            "risk.owner",
            "",
            _login_or_nobody,
            N_("a login; - for nobody"),
            N_("Who gets the tasks of risk alarms; else whoever has the customer"),
        ),
        SettingDefinition(
            "customers.rfm_edges",
            {
                "recency_days": [7, 14, 30, 60],
                "frequency": [9, 6, 3, 2],
                "money_yuan": [5000, 2000, 500, 100],
            },
            _rfm_edges,
            N_("recency_days, frequency, money_yuan as JSON, each with the bounds of 5, 4, 3, 2"),
            N_("When a customer's recency, frequency and money score 5, 4, 3, 2; else 1"),
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
            _credit_rule,
            N_("points by cause, late_after_minutes, bounds of ratings, least and most as JSON"),
            N_("What moves a companion's credit, which begins at 100, and by how many points"),
        ),
    )
}


def definition_of(key: str) -> SettingDefinition:
    """The definition of ``key``. Raises :class:`NotFound`."""
    try:
        return DEFINITIONS[key]
    except KeyError:
        raise NotFound(what=_("setting"), ref=key) from None


def parse_setting(key: str, text: str) -> JsonValue:
    """The value that ``text`` means for ``key``. Raises :class:`NotFound`, :class:`Invalid`."""
    definition = definition_of(key)
    try:
        return definition.parse(text)
    except (ValueError, TypeError, KeyError, AttributeError):
        raise Invalid(field=key, value=text, expected=_(definition.expected)) from None


def zone_of(name: str) -> ZoneInfo:
    """The time zone of a stored setting."""
    return ZoneInfo(name)
