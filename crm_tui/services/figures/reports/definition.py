"""What a report asks for: measures, group, filter, period, chart. Checked when it is saved."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from crm_tui.core.clock import BusinessCalendar
from crm_tui.core.errors import Invalid
from crm_tui.core.language import _, joined
from crm_tui.core.text import fold
from crm_tui.core.words import Against, ReportChart, Word
from crm_tui.services.figures.catalogue import MEASURES, Basis, Measure, measure_called
from crm_tui.services.figures.periods import Period
from crm_tui.services.figures.reports.dimensions import DIMENSIONS, Dimension, dimension_called
from crm_tui.services.filters.grammar import Value
from crm_tui.services.filters.values import Kind, Moment, Within, read

MOST_MEASURES = 8
MOST_ROWS = 10_000
DEFAULT_PERIOD = "this-month"
_COMMA = re.compile("[,，、]")
_Known = TypeVar("_Known", bound=Word)


@dataclass(frozen=True, slots=True)
class Definition:
    """A report: rows by ``group`` (None: one row), a column a measure.

    ``filter`` is a line of the house's filter language over the fields of :mod:`.filtering`.
    ``period`` is what that language calls days, relative to the business day on which the report
    is run: ``last-month``, ``-29d..today``, ``2026-09``. Rows by time stand in their order and are
    all there; others by the first measure, the largest first, with ``top`` only so many (0: all).
    ``compare`` is what each value is compared with; see :meth:`.Period.compared`.
    """

    measures: tuple[Measure, ...]
    group: Dimension | None = None
    filter: str = ""
    period: str = DEFAULT_PERIOD
    chart: ReportChart = ReportChart.BARS
    top: int = 0
    compare: Against = Against.NONE

    def as_json(self) -> dict[str, Any]:
        """As it is stored; :func:`stored` reads it again."""
        return {
            "measures": [measure.name for measure in self.measures],
            "group": self.group.name if self.group else "",
            "filter": self.filter,
            "period": self.period,
            "chart": self.chart.value,
            "top": self.top,
            "compare": self.compare.value,
        }

    def basis_of(self, measure: Measure, asked: frozenset[Basis]) -> Basis:
        """The frame to tell ``measure`` from: the nearest that knows the group, among those that
        know what the filter asks (``asked``). Raises :class:`Invalid` where there is none."""
        knowing = asked & (self.group.bases if self.group else asked)
        for basis in measure.told_by:
            if basis in knowing:
                return basis
        raise Invalid(field="measure", value=measure.label, expected=self._told(measure))

    def _told(self, measure: Measure) -> str:
        """By what the measure can be grouped, and so filtered."""
        fitting = [
            each.label for each in DIMENSIONS.values() if each.bases & measure.told_by.keys()
        ]
        return _("a measure for this group and filter; this one is told by {groups}").format(
            groups=joined(fitting)
        )


def checked(asked: Mapping[str, Any]) -> Definition:
    """The definition that was typed or given as JSON; ``measures`` are names or a text with commas.

    Raises :class:`Invalid`, which names the field. The filter is only read by :mod:`.filtering`.
    """
    measures = _measures(asked.get("measures") or ())
    group = str(asked.get("group") or "").strip()
    period = str(asked.get("period") or DEFAULT_PERIOD).strip()
    return Definition(
        measures,
        dimension_called(group) if group else None,
        str(asked.get("filter") or "").strip(),
        period,
        _word("chart", asked.get("chart") or ReportChart.BARS, ReportChart),
        _top(asked.get("top") or 0),
        _word("compare", asked.get("compare") or Against.NONE, Against),
    )


def stored(asked: Mapping[str, Any]) -> Definition:
    """A definition that was checked when it was saved; one of earlier days compares nothing."""
    return Definition(
        tuple(MEASURES[name] for name in asked["measures"]),
        DIMENSIONS[asked["group"]] if asked["group"] else None,
        asked["filter"],
        asked["period"],
        ReportChart(asked["chart"]),
        asked["top"],
        Against(asked.get("compare", Against.NONE)),
    )


def period_of(text: str, now: datetime, calendar: BusinessCalendar) -> Period:
    """The business days that a period means at ``now`` (UTC). Raises :class:`Invalid`.

    One that has no beginning or no end, such as ``>=yesterday``, ends with the running day.
    """
    refused = Invalid(field="period", value=text, expected=_("this-month, last-week, -29d..today"))
    try:
        told = read(Kind.DAY, Value(text, False, 1), Moment(now, calendar))
    except (ValueError, OverflowError):
        raise refused from None
    if not isinstance(told, Within) or told.low is None or told.low_open:
        raise refused
    last = told.high or calendar.day_of(now)
    if told.high_open or last < told.low:
        raise refused
    return Period(told.low, last)


def _measures(given: str | Sequence[str]) -> tuple[Measure, ...]:
    parts = _COMMA.split(given) if isinstance(given, str) else list(map(str, given))
    names = [name for part in parts if (name := part.strip())]
    found = dict.fromkeys(measure_called(name, "measures") for name in names)
    if not 1 <= len(found) <= MOST_MEASURES:
        told = _("1 to {most} of {names}").format(most=MOST_MEASURES, names=joined(MEASURES))
        raise Invalid(field="measures", value=joined(names), expected=told)
    return tuple(found)


def _word(field: str, given: str, words: type[_Known]) -> _Known:
    every: Iterable[_Known] = words
    for word in every:
        if fold(str(given)) in map(fold, word.spellings):
            return word
    raise Invalid(field=field, value=given, expected=joined(words))


def _top(given: str | int) -> int:
    try:
        top = int(given)
    except ValueError:
        top = -1
    if not 0 <= top <= MOST_ROWS:
        told = _("a whole number to {most}, 0 for all").format(most=f"{MOST_ROWS:,}")
        raise Invalid(field="top", value=given, expected=told)
    return top
