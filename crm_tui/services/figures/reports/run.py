"""Running a report: its rows, its total, what a chart draws."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, cast

import polars as pl

from crm_tui.core.clock import BusinessCalendar
from crm_tui.core.errors import Refused
from crm_tui.core.language import _, joined
from crm_tui.core.permissions import Permission, may
from crm_tui.core.words import Role
from crm_tui.models import STUDIO
from crm_tui.services.companions.schedule_words import WEEKDAY_NAMES
from crm_tui.services.figures.catalogue import Basis, Measure, Unit
from crm_tui.services.figures.copy.frames import Frames
from crm_tui.services.figures.periods import Period, Step, buckets, label
from crm_tui.services.figures.reads import tiered
from crm_tui.services.figures.reports import bases
from crm_tui.services.figures.reports.definition import Definition, period_of
from crm_tui.services.figures.reports.filtering import Chosen, chosen
from crm_tui.services.figures.reports.names import Names
from crm_tui.services.figures.scope import Scope
from crm_tui.services.filters.rules import Context, Moment
from crm_tui.storage.store import ReadWork

Values = tuple[float | None, ...]
"""A value for each measure, in its unit; None where there is nothing to tell it from."""
_ONE = "one"
_STEPS = ("day", "week", "month")


@dataclass(frozen=True, slots=True)
class ReportRow:
    """One row: what it is of, as it is stored and as people read it, and its values."""

    key: Any
    label: str
    values: Values


@dataclass(frozen=True, slots=True)
class Report:
    """What a definition came to. ``period`` ends with the running business day at the latest;
    ``total`` is measured over the whole, not added up; ``as_of`` is the age of the data (UTC)."""

    name: str
    definition: Definition
    period: Period
    as_of: datetime
    rows: tuple[ReportRow, ...]
    total: Values
    left_out: int
    """Rows that ``top`` cut off."""


def run(
    work: ReadWork,
    frames: Frames,
    definition: Definition,
    role: Role,
    *,
    name: str = "",
    store_id: int | None = None,
    at: datetime | None = None,
) -> Report:
    """What ``definition`` comes to for somebody with ``role``; of one store, or of all.

    Its period is told from ``at`` (UTC), else from now. Raises :class:`Invalid` where the filter
    or the period can't be read or no frame knows all that is asked, :class:`Refused` for a role
    that may not see figures in money.
    """
    may_see(definition.measures, role)
    calendar = work.calendar(store_id or STUDIO)
    moment = at or work.clock.now()
    period = _so_far(period_of(definition.period, moment, calendar), calendar.day_of(moment))
    names = Names.of(work, frames)
    which = chosen(definition.filter, names, Context(Moment(moment, calendar)))
    ask = _Ask(work, frames, definition, which, period, store_id)
    total = ask.by_group(grouped=False).get(_ONE, ask.nothing)
    told = ask.by_group(grouped=True) if definition.group else {}
    rows = _rows(definition, told, _places(definition, period, calendar), ask.nothing, names)
    kept = rows[: definition.top or None]
    return Report(name, definition, period, frames.as_of, tuple(kept), total, len(rows) - len(kept))


def figure(
    work: ReadWork, frames: Frames, measure: Measure, period: Period, store_id: int | None = None
) -> float | None:
    """One measure over a period, in its unit: for goals. None where nothing tells it."""
    everything = Chosen(pl.lit(True), frozenset(Basis))
    ask = _Ask(work, frames, Definition((measure,)), everything, period, store_id or None)
    return ask.by_group(grouped=False).get(_ONE, ask.nothing)[0]


def may_see(measures: Sequence[Measure], role: Role) -> None:
    """Raises :class:`Refused` where one of them tells money and ``role`` may not see that."""
    hidden = [each.label for each in measures if each.unit is Unit.FEN]
    if hidden and not may(role, Permission.MONEY_FIGURES):
        why = _("your role does not see figures in money ({names}).")
        raise Refused(why=why.format(names=joined(hidden)))


class _Ask:
    """A report's question to the frames."""

    def __init__(
        self,
        work: ReadWork,
        frames: Frames,
        definition: Definition,
        which: Chosen,
        period: Period,
        store_id: int | None,
    ) -> None:
        self._work, self._frames = work, frames
        self._definition, self._which = definition, which
        self._period, self._store_id = period, store_id
        self._by_basis: defaultdict[Basis, list[Measure]] = defaultdict(list)
        for measure in definition.measures:
            self._by_basis[definition.basis_of(measure, which.bases)].append(measure)
        self.nothing: Values = tuple(0 if each.adds else None for each in definition.measures)

    def by_group(self, *, grouped: bool) -> dict[Any, Values]:
        """The values of every group that has rows; without groups those of the whole."""
        asked = [self._sums(basis, some, grouped) for basis, some in self._by_basis.items()]
        found: defaultdict[Any, dict[str, Any]] = defaultdict(dict)
        for frame in pl.collect_all(asked):
            for row in frame.iter_rows(named=True):
                found[row.pop(_ONE)] |= row
        return {key: self._values(row) for key, row in found.items()}

    def _sums(self, basis: Basis, measures: Sequence[Measure], grouped: bool) -> pl.LazyFrame:
        told = [each.told_by[basis].alias(each.name) for each in measures]
        group = self._definition.group
        key = pl.col(group.column) if grouped and group else pl.lit(_ONE)
        asked = [*told, key, self._which.where]
        wanted = {name for expression in asked for name in expression.meta.root_names()}
        rows = bases.rows(self._frames, basis, self._period, self._store_id, wanted, self._tiers)
        kept = rows.filter(self._which.where)
        if not grouped:
            return kept.select(told).with_columns(pl.lit(_ONE).alias(_ONE))
        return kept.group_by(key.alias(_ONE)).agg(told)

    def _tiers(self) -> pl.LazyFrame:
        scope = Scope(store_id=self._store_id)
        return tiered(self._work, self._frames, scope, self._period.last)

    def _values(self, row: dict[str, Any]) -> Values:
        return tuple(
            nothing if row.get(measure.name) is None else row[measure.name]
            for measure, nothing in zip(self._definition.measures, self.nothing, strict=True)
        )


def _so_far(period: Period, today: date) -> Period:
    """The days of a running period that have begun."""
    return Period(period.first, today) if period.holds(today) else period


def _places(
    definition: Definition, period: Period, calendar: BusinessCalendar
) -> list[tuple[Any, str]] | None:
    """Every part of the time that has a row, also without anything in it; None for other groups."""
    group = definition.group
    if group is None or not group.timed:
        return None
    if group.name in _STEPS:
        step = cast("Step", group.name)
        return [(at, label(at, step)) for at in buckets(calendar, period, step)]
    if group.name == "weekday":
        return [(day, _(name)) for day, name in enumerate(WEEKDAY_NAMES, start=1)]
    begins = datetime.combine(period.first, calendar.day_start)
    hours = ((begins + timedelta(hours=ahead)).hour for ahead in range(24))
    return [(hour, f"{hour:02}:00") for hour in hours]


def _rows(
    definition: Definition,
    told: dict[Any, Values],
    places: list[tuple[Any, str]] | None,
    nothing: Values,
    names: Names,
) -> list[ReportRow]:
    if definition.group is None:
        return []
    if places is not None:
        return [ReportRow(key, said, told.get(key, nothing)) for key, said in places]
    group = definition.group.name
    rows = [ReportRow(key, names.label(group, key), values) for key, values in told.items()]
    return sorted(rows, key=_largest_first)


def _largest_first(row: ReportRow) -> tuple[bool, float, str]:
    first = row.values[0]
    return (first is None, -(first or 0), row.label)
