"""The settings that exist: key, default, how a text becomes a value.

Values are data with a version in the ``setting`` table; this is only their register. A setting
may hold for the studio (store 0) or be overridden for one store.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from crm_tui.core.errors import Invalid, NotFound
from crm_tui.core.hours import ALWAYS
from crm_tui.core.language import N_, _
from crm_tui.core.setting_values import (
    address_or_nothing,
    bonus_steps,
    clock_time,
    credit_rule,
    days_by_kind,
    hours,
    ladder,
    line,
    line_or_nothing,
    lines_as,
    login_or_nobody,
    numbers_as,
    one_of,
    rfm_edges,
    roles_or_none,
    tags_by_kind,
    urgency_rule,
    weights_among,
    weights_by_kind,
    whole,
    zone,
)

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
_PAYOUT_FIELDS = {
    "account": "收款账号",
    "holder": "收款户名",
    "bank": "开户行",
    "openid": "微信OpenID",
    "alipay": "支付宝账号",
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
ROUNDING_RULES = ("half_hour_15_45", "half_hour_over_15", "by_minute")
_SECONDS = N_("a whole number of seconds, 10 to 86400")
_MINUTES = N_("a whole number of minutes, 1 to 10080")

DEFINITIONS: dict[str, SettingDefinition] = {
    definition.key: definition
    for definition in (
        SettingDefinition(
            "store.name", "", line, N_("a name of up to 200 characters"), N_("Name of the studio")
        ),
        SettingDefinition(
            "store.business_day_start",
            "06:00",
            clock_time,
            N_("a time such as 06:00"),
            N_("When a business day begins, on the local clock"),
        ),
        SettingDefinition(
            "store.timezone",
            "Asia/Shanghai",
            zone,
            N_("a time zone such as Asia/Shanghai"),
            N_("Time zone of the store"),
        ),
        SettingDefinition(
            "store.business_hours",
            ALWAYS,
            hours,
            N_("always, 10:00-02:00, or by weekday: 1-5 14:00-02:00, 6-7 10:00-04:00"),
            N_("When the store is open: outside of it no customer's answer falls due"),
        ),
        SettingDefinition(
            "orders.rounding",
            "half_hour_15_45",
            one_of(*ROUNDING_RULES),
            N_("half_hour_15_45, half_hour_over_15 or by_minute"),
            N_("How minutes served become minutes billed"),
        ),
        SettingDefinition(
            "orders.default_rate_fen",
            4500,
            whole(0, 10_000_000),
            N_("a whole number of fen an hour"),
            N_("Price of an hour where neither companion nor level has one, in fen"),
        ),
        SettingDefinition(
            "orders.renewal_window_minutes",
            120,
            whole(1, 10_080),
            _MINUTES,
            N_("An order this soon after the last one, same companion, is a renewal"),
        ),
        SettingDefinition(
            "orders.tip_share_bp",
            8000,
            whole(0, 10_000),
            N_("basis points, 0 to 10000"),
            N_("The companion's share of tips, in basis points"),
        ),
        SettingDefinition(
            "money.freeze_days",
            {"trial": 3, "other": 7},
            days_by_kind,
            N_('days as JSON, such as {"trial": 3, "other": 7}'),
            N_("So many business days after completion an order's share can be settled, by kind"),
        ),
        SettingDefinition(
            "money.payout_fields",
            _PAYOUT_FIELDS,
            lines_as(_PAYOUT_FIELDS),
            N_('labels as JSON, such as {"account": "收款账号", "holder": "收款户名"}'),
            N_("The custom fields of companions that say where their money goes"),
        ),
        SettingDefinition(
            "money.two_people",
            ["manager", "finance"],
            roles_or_none,
            N_("codes of roles parted by commas, such as manager,finance; - for none"),
            N_("Roles in which nobody approves what they drafted, or pays out what they approved"),
        ),
        SettingDefinition(
            "members.bonus_steps",
            [],
            bonus_steps,
            N_('steps as JSON, such as [{"from_fen": 50000, "bonus_bp": 500}]'),
            N_("The bonus on a top-up: from so many fen on, so many basis points of it"),
        ),
        SettingDefinition(
            "members.refund_bonus",
            "share",
            one_of("share", "all", "keep"),
            N_("share, all or keep"),
            N_("When stored value is given back, its share of the bonus goes, all of it, or none"),
        ),
        SettingDefinition(
            "dispatch.response_seconds",
            180,
            whole(10, 86_400),
            _SECONDS,
            N_("A new order is answered within this many seconds"),
        ),
        SettingDefinition(
            "dispatch.offer_seconds",
            60,
            whole(10, 86_400),
            _SECONDS,
            N_("An offer expires after this many seconds"),
        ),
        SettingDefinition(
            "clocks.escalation_minutes",
            5,
            whole(1, 10_080),
            _MINUTES,
            N_("An order unanswered this long after its time becomes a task for a manager"),
        ),
        SettingDefinition(
            "clocks.start_delay_minutes",
            10,
            whole(1, 10_080),
            _MINUTES,
            N_("An accepted order is started within this many minutes"),
        ),
        SettingDefinition(
            "clocks.ending_minutes",
            10,
            whole(1, 10_080),
            _MINUTES,
            N_("So long before its planned end a service is announced to end"),
        ),
        SettingDefinition(
            "clocks.overrun_minutes",
            5,
            whole(1, 10_080),
            _MINUTES,
            N_("A service that goes on this long after its planned end is over time"),
        ),
        SettingDefinition(
            "clocks.disconnect_minutes",
            5,
            whole(1, 10_080),
            _MINUTES,
            N_("A connection lost for this long raises an alarm"),
        ),
        SettingDefinition(
            "clocks.unconfirmed_minutes",
            1440,
            whole(1, 10_080),
            _MINUTES,
            N_("A service that nobody confirms counts as confirmed after this long"),
        ),
        SettingDefinition(
            "clocks.unpaid_minutes",
            120,
            whole(1, 10_080),
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
            N_(
                "Those whom a plan asks have the order for this many seconds, "
                "then the ladder follows"
            ),
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
            "attachments.largest_mb",
            20,
            whole(1, 1024),
            N_("a whole number of megabytes, 1 to 1024"),
            N_("The largest file that can be attached, in megabytes"),
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
        SettingDefinition(
            "money.bill_matching",
            {"threshold_percent": 70, "window_hours": 24},
            numbers_as({"threshold_percent": 70, "window_hours": 24}),
            N_('numbers as JSON: {"threshold_percent": 70, "window_hours": 24}'),
            N_(
                "How sure a match of a bill's line must be to be made without asking, how far apart"
            ),
        ),
        SettingDefinition(
            "mail.host",
            "",
            line_or_nothing,
            N_("the name of a server such as smtp.example.com; - for none"),
            N_("The mail server (SMTP) that reports are sent through"),
        ),
        SettingDefinition(
            "mail.port",
            587,
            whole(1, 65_535),
            N_("a whole number, 1 to 65535"),
            N_("The mail server's port: mostly 587 with starttls, 465 with tls"),
        ),
        SettingDefinition(
            "mail.tls",
            "starttls",
            one_of("starttls", "tls", "none"),
            N_("starttls, tls or none"),
            N_("How the way to the mail server is encrypted"),
        ),
        SettingDefinition(
            "mail.user",
            "",
            line_or_nothing,
            N_("a user name; - for none"),
            N_("Who logs in to the mail server; the password is in CRM_TUI_SMTP_PASSWORD"),
        ),
        SettingDefinition(
            "mail.sender",
            "",
            address_or_nothing,
            N_("an e-mail address; - for none"),
            N_("The address that reports come from"),
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
            "customers.rfm_edges",
            {
                "recency_days": [7, 14, 30, 60],
                "frequency": [9, 6, 3, 2],
                "money_yuan": [5000, 2000, 500, 100],
            },
            rfm_edges,
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
            credit_rule,
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
