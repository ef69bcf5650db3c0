"""Which rounding rule is in force: the shipped rules are data, the setting names one of them."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files

from crm_tui.services.orders.billing import RoundingRule
from crm_tui.storage.store import ReadWork


@cache
def shipped_rules() -> dict[str, RoundingRule]:
    """The rounding rules that studios use, by the name the setting ``orders.rounding`` takes."""
    data = json.loads(files("crm_tui").joinpath("data/rounding.json").read_text("utf-8"))
    return {name: RoundingRule.from_data(name, rule) for name, rule in data.items()}


def rule_in_force(work: ReadWork, store_id: int) -> RoundingRule:
    """The rule by which the store bills now."""
    return shipped_rules()[work.setting("orders.rounding", store_id)]
