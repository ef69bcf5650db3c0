"""What a report came to, as a table to write to a file and as a JSON document."""

from __future__ import annotations

from typing import Any

from crm_tui.core.language import _, joined
from crm_tui.core.words import ReportChart
from crm_tui.services.figures.catalogue import Measure, Unit
from crm_tui.services.figures.exporting import Chart, Column, Look, Table
from crm_tui.services.figures.reports.run import Report

_LOOKS = {Unit.FEN: Look.MONEY, Unit.RATE: Look.RATE}
_PARTS = {Unit.FEN: 100, Unit.MINUTES: 60}
"""How many of the stored unit make one that people read."""
_DRAWN = 3
"""Measures in one chart, as far as they share a unit."""


def as_read(measure: Measure, value: float | None) -> float | None:
    """A value in what people read: yuan, hours; None for none."""
    parts = _PARTS.get(measure.unit)
    return value if value is None or parts is None else value / parts


def table_of(report: Report) -> Table:
    """The report with its total as the last row, which no chart draws."""
    definition = report.definition
    measures = definition.measures
    group = definition.group
    columns = [Column(group.name if group else "group", group.label if group else "", Look.TEXT)]
    columns += [
        Column(each.name, each.label, _LOOKS.get(each.unit, Look.NUMBER)) for each in measures
    ]
    rows = [(row.label, *map(as_read, measures, row.values)) for row in report.rows]
    total = (_("Total"), *map(as_read, measures, report.total))
    return Table(
        report.name or joined(each.label for each in measures),
        tuple(columns),
        tuple(rows) if group else (total,),
        _chart(report),
        _about(report),
        total if group else None,
    )


def document_of(report: Report) -> dict[str, Any]:
    """The report as commands answer it: fen, minutes and rates as they are stored."""
    definition = report.definition

    def values(told: tuple[float | None, ...]) -> dict[str, float | None]:
        return {each.name: value for each, value in zip(definition.measures, told, strict=True)}

    group = definition.group.name if definition.group else ""
    return {
        "report": report.name,
        "from": report.period.first.isoformat(),
        "to": report.period.last.isoformat(),
        "as_of": report.as_of,
        "group": group,
        "columns": [
            {"name": each.name, "title": each.label, "unit": each.unit.value}
            for each in definition.measures
        ],
        "rows": [{"key": row.key, "name": row.label, **values(row.values)} for row in report.rows],
        "total": values(report.total),
        "left_out": report.left_out,
    }


def _chart(report: Report) -> Chart | None:
    definition = report.definition
    if definition.chart is ReportChart.NONE or not report.rows:
        return None
    first = definition.measures[0].unit
    drawn = [at for at, each in enumerate(definition.measures, start=1) if each.unit is first]
    return Chart(0, tuple(drawn[:_DRAWN]), definition.chart is ReportChart.LINE)


def _about(report: Report) -> str:
    days = _("{first} to {last}").format(first=report.period.first, last=report.period.last)
    return "  ".join(filter(None, (days, report.definition.filter)))
