"""Goals and where they stand."""

from __future__ import annotations

from crm_tui.services.figures import reads
from crm_tui.services.figures.copy.frames import Frames
from crm_tui.services.figures.goal_rules import elapsed, progress
from crm_tui.services.figures.goals import Goal, goals
from crm_tui.services.figures.periods import Period
from crm_tui.services.figures.reports.run import figure
from crm_tui.services.figures.rows import KpiRow
from crm_tui.storage.store import ReadWork


def kpi(
    work: ReadWork, frames: Frames, period: Period | None = None, store_id: int | None = None
) -> tuple[KpiRow, ...]:
    """The goals that run in ``period`` (today without one), of one store or of all, with what they
    have come to so far; the one that ends next first."""
    day = reads.today(work, store_id)
    asked = period or Period(day, day)
    return tuple(
        _standing(work, frames, goal)
        for goal in goals(work, store_id=store_id)
        if goal.period.first <= asked.last and asked.first <= goal.period.last
    )


def _standing(work: ReadWork, frames: Frames, goal: Goal) -> KpiRow:
    actual = figure(work, frames, goal.measure, goal.period, goal.store_id)
    return KpiRow(
        goal.id,
        goal.name,
        goal.measure.name,
        goal.measure.unit.value,
        goal.period,
        goal.target,
        goal.baseline,
        actual,
        progress(goal.measure, goal.baseline, goal.target, actual),
        elapsed(goal.period, reads.today(work, goal.store_id or None)),
    )
