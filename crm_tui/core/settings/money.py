"""The settings of payouts, settlement and bills."""

from __future__ import annotations

from crm_tui.core.language import N_
from crm_tui.core.settings.definition import SettingDefinition
from crm_tui.core.settings.values import (
    days_by_kind,
    lines_as,
    numbers_as,
    roles_or_none,
)

_PAYOUT_FIELDS = {
    "account": "收款账号",
    "holder": "收款户名",
    "bank": "开户行",
    "openid": "微信OpenID",
    "alipay": "支付宝账号",
}

DEFINITIONS = (
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
        "money.bill_matching",
        {"threshold_percent": 70, "window_hours": 24},
        numbers_as({"threshold_percent": 70, "window_hours": 24}),
        N_('numbers as JSON: {"threshold_percent": 70, "window_hours": 24}'),
        N_("How sure a match of a bill's line must be to be made without asking, how far apart"),
    ),
)
