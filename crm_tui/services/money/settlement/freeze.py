"""The freeze: how long a companion's part of an order waits before it can be settled."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta

from crm_tui.core.words import OrderKind
from crm_tui.storage.store import ReadWork

FREEZE = "money.freeze_days"
"""The setting: days by the code of an order kind, ``other`` for all that are not named."""


def free_on(kind: OrderKind, earned_on: date, days: Mapping[str, int]) -> date:
    """The business day from which on the earnings of business day ``earned_on`` can be settled.

    >>> free_on(OrderKind.TRIAL, date(2026, 9, 21), {"trial": 3, "other": 7})
    datetime.date(2026, 9, 24)
    >>> free_on(OrderKind.VOICE, date(2026, 9, 28), {"trial": 3, "other": 7})
    datetime.date(2026, 10, 5)
    """
    return earned_on + timedelta(days=days.get(kind.value, days["other"]))


def end_of_freeze(work: ReadWork, store_id: int, kind: OrderKind, earned_at: datetime) -> date:
    """The same for what was earned at an instant, by the store's business days and settings.

    It is what ``available_on`` says of a line on ``companion_payable``. A line that takes a part
    back names the day of the line that it takes from, or none.
    """
    day = work.calendar(store_id).day_of(earned_at)
    return free_on(kind, day, work.setting(FREEZE, store_id))
