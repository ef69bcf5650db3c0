"""The settings of orders, customers and members."""

from __future__ import annotations

from crm_tui.core.language import N_
from crm_tui.core.settings.definition import MINUTES, SettingDefinition
from crm_tui.core.settings.values import (
    bonus_steps,
    one_of,
    rfm_edges,
    whole,
)

ROUNDING_RULES = ("half_hour_15_45", "half_hour_over_15", "by_minute")

DEFINITIONS = (
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
        MINUTES,
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
)
