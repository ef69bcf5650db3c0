"""The hours of the day as a chart, for the pages that show them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from crm_tui.core.language import _
from crm_tui.screens.figures_wanted import Pick
from crm_tui.widgets.chart import ChartData

if TYPE_CHECKING:
    from crm_tui.services.figures.rows import HourRow


def hours_chart(
    rows: Sequence[HourRow], elapsed: int, before: Sequence[HourRow] | None, before_label: str
) -> ChartData:
    """Completed orders by the hour of the wall clock; ``elapsed`` of the hours have begun."""
    return ChartData(
        names=tuple(str(row.hour) for row in rows),
        values=tuple(float(row.orders) for row in rows[:elapsed]),
        label=_("Orders by hour"),
        before=None if before is None else tuple(float(row.orders) for row in before),
        before_label=before_label,
    )


def hour_pick(hour: int) -> Pick:
    """Only what was completed in this hour of the wall clock, on whatever day."""
    return Pick("hour", hour, f"{hour:02}:00-{hour + 1:02}:00")


def hours_elapsed(rows: Sequence[HourRow], wall_hour: int) -> int:
    """How many of the day's hours have begun when it is ``wall_hour`` o'clock."""
    return next((at + 1 for at, row in enumerate(rows) if row.hour == wall_hour), len(rows))
