"""Goals in cells, for the glance and for the page of goals."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from crm_tui.screens import figures_board as board
from crm_tui.screens.figures_board import Shown
from crm_tui.widgets.chart import hbar
from crm_tui.widgets.record_table import Column

if TYPE_CHECKING:
    from crm_tui.services.figures.rows import KpiRow

from crm_tui.core.language import _

PROGRESS_CELLS = 8


def goal_columns(*, short: bool) -> tuple[Shown, ...]:
    """The columns of goals; ``short`` ones stand beside something else."""
    name = board.words("goal", _("Goal"), _measure, 8, most=30)
    done = board.rate("progress", _("Done"), 6)
    filled = Shown(Column("way", "", PROGRESS_CELLS), lambda row: None, _filled, told=False)
    passed = board.rate("elapsed", _("Gone"), 5, priority=2)
    if short:
        target = _valued("target", "", lambda row: row.target, priority=1)
        return (name, target, done, filled, passed)
    return (
        name,
        _valued("baseline", _("Baseline"), lambda row: row.baseline, priority=3),
        _valued("actual", _("Now"), lambda row: row.actual),
        _valued("target", _("Goal"), lambda row: row.target),
        done,
        filled,
        passed,
        board.words("until", _("Ends"), lambda row: f"{row.period.last:%m-%d}", 5, priority=2),
    )


def _measure(row: KpiRow) -> str:
    from crm_tui.services.figures.catalogue import MEASURES

    return MEASURES[row.measure].label


def _filled(row: KpiRow) -> str:
    """How much of the way is gone, as a bar; the rest of the way stays visible."""
    part = min(max(row.progress or 0, 0), 1)
    return f"{hbar(part, 1, PROGRESS_CELLS - 1):⣀<{PROGRESS_CELLS - 1}}"


def _valued(
    name: str, label: str, value: Callable[[KpiRow], float | None], priority: int = 0
) -> Shown:
    """A value in the measure's own unit; an export writes it in what people read."""

    def read(row: KpiRow) -> float | None:
        from crm_tui.services.figures.catalogue import MEASURES
        from crm_tui.services.figures.reports.tables import as_read

        return as_read(MEASURES[row.measure], value(row))

    def cell(row: KpiRow) -> str:
        from crm_tui.services.figures.catalogue import Unit

        return Unit(row.unit).shown(value(row)) or board.NOTHING

    column = Column(name, label, 11, align="right", priority=priority)
    return Shown(column, read, cell, look="number")
