"""What a report came to, as a table to write to a file and as a JSON document."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from crm_tui.core.language import _, joined
from crm_tui.core.words import Against, ReportChart
from crm_tui.services.figures.catalogue import Measure, Unit
from crm_tui.services.figures.reports.asking import Values
from crm_tui.services.figures.reports.run import Report
from crm_tui.services.figures.table import Chart, Column, Look, Table
from crm_tui.services.figures.tables import about

_LOOKS = {Unit.FEN: Look.MONEY, Unit.RATE: Look.RATE}
_PARTS = {Unit.FEN: 100, Unit.MINUTES: 60}
"""How many of the stored unit make one that people read."""
_DRAWN = 3
"""Measures in one chart, as far as they share a unit."""


@dataclass(frozen=True, slots=True)
class _Told:
    """A column, and its value as people read it, by the values of a row and those before."""

    column: Column
    of: Callable[[Values, Values], float | None]


def as_read(measure: Measure, value: float | None) -> float | None:
    """A value in what people read: yuan, hours; None for none."""
    parts = _PARTS.get(measure.unit)
    return value if value is None or parts is None else value / parts


def look_of(measure: Measure) -> Look:
    """How the values of a measure are read."""
    return _LOOKS.get(measure.unit, Look.NUMBER)


def change_look(measure: Measure) -> Look:
    """How the change of a measure is read."""
    return Look.POINTS if measure.unit is Unit.RATE else Look.CHANGE


def before_title(measure: Measure, compare: Against) -> str:
    """The head of the column with what was before."""
    return _("{measure}, {against}").format(measure=measure.label, against=compare.label)


def change_title(measure: Measure) -> str:
    """The head of the column with the change."""
    points = change_look(measure) is Look.POINTS
    title = _("{measure}, change in points") if points else _("{measure}, change")
    return title.format(measure=measure.label)


def table_of(report: Report) -> Table:
    """The report with its total as the last row, which no chart draws. Where it is compared, what
    was before and the change stand beside each measure."""
    definition = report.definition
    group = definition.group
    told = [each for place in range(len(definition.measures)) for each in _columns(report, place)]
    look = Look.WHEN if group and group.name == "day" else Look.TEXT
    columns = [Column(group.name if group else "group", group.label if group else "", look)]

    def read(label: str, values: Values, before: Values | None) -> tuple[Any, ...]:
        return (label, *(each.of(values, before or ()) for each in told))

    total = read(_("Total"), report.total, report.total_before)
    rows = tuple(read(row.label, row.values, row.before) for row in report.rows)
    return Table(
        report.name or joined(each.label for each in definition.measures),
        (*columns, *(each.column for each in told)),
        rows if group else (total,),
        _chart(report),
        _about(report),
        total if group else None,
    )


def document_of(report: Report) -> dict[str, Any]:
    """The report as commands answer it: fen, minutes and rates as they are stored. A ``change`` is
    a part of what was before, of rates percentage points."""
    definition = report.definition
    measures = definition.measures

    def values(told: Values) -> dict[str, float | None]:
        return {each.name: value for each, value in zip(measures, told, strict=True)}

    def beside(told: Values, before: Values | None, name: str) -> dict[str, Any]:
        if before is None:
            return {}
        pairs = zip(measures, told, before, strict=True)
        change = {each.name: each.unit.change(now, was) for each, now, was in pairs}
        return {name: values(before), "change": change}

    told: dict[str, Any] = {
        "report": report.name,
        "from": report.period.first.isoformat(),
        "to": report.period.last.isoformat(),
        "as_of": report.as_of,
        "group": definition.group.name if definition.group else "",
        "columns": [
            {"name": each.name, "title": each.label, "unit": each.unit.value} for each in measures
        ],
        "rows": [
            {
                "key": row.key,
                "name": row.label,
                **values(row.values),
                **beside(row.values, row.before, "before"),
            }
            for row in report.rows
        ],
        "total": values(report.total),
        "left_out": report.left_out,
    }
    if report.compared is not None:
        told["compared"] = {
            "from": report.compared.first.isoformat(),
            "to": report.compared.last.isoformat(),
            **beside(report.total, report.total_before, "total"),
        }
    return told


def _columns(report: Report, place: int) -> Iterator[_Told]:
    """Those of the measure in this place."""
    measure = report.definition.measures[place]
    name, label, unit = measure.name, measure.label, measure.unit
    look = look_of(measure)
    yield _Told(Column(name, label, look), lambda now, _was: as_read(measure, now[place]))
    if report.compared is None:
        return
    yield _Told(
        Column(f"before_{name}", before_title(measure, report.definition.compare), look),
        lambda _now, was: as_read(measure, was[place]),
    )
    yield _Told(
        Column(f"{name}_change", change_title(measure), change_look(measure)),
        lambda now, was: unit.change(now[place], was[place]),
    )


def _chart(report: Report) -> Chart | None:
    definition = report.definition
    if definition.chart is ReportChart.NONE or not report.rows:
        return None
    line = definition.chart is ReportChart.LINE
    timed = definition.group is not None and definition.group.timed
    if report.compared is not None:
        return Chart(0, (1, 2), line, timed, before=True)
    first = definition.measures[0].unit
    drawn = [at for at, each in enumerate(definition.measures, start=1) if each.unit is first]
    return Chart(0, tuple(drawn[:_DRAWN]), line, timed)


def _about(report: Report) -> str:
    told = [about(report.period), report.definition.filter]
    if report.compared is not None:
        told.insert(1, _("against {period}").format(period=about(report.compared)))
    return "  ".join(filter(None, told))
