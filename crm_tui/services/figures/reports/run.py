"""Running a report: its rows, its total, and what they are compared with."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
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
from crm_tui.services.figures.periods import Period, Step, buckets, label, same_moment
from crm_tui.services.figures.reports.asking import Answer, Ask, Values
from crm_tui.services.figures.reports.definition import Definition, period_of
from crm_tui.services.figures.reports.dimensions import Dimension
from crm_tui.services.figures.reports.filtering import Chosen, chosen
from crm_tui.services.figures.reports.names import Names
from crm_tui.services.filters.rules import Context, Moment
from crm_tui.storage.store import ReadWork

_STEPS = ("day", "week", "month")


@dataclass(frozen=True, slots=True)
class ReportRow:
    """One row: what it is of, as it is stored and as people read it, and its values.

    ``before`` are those of the same row in the period that it is compared with; of a day, week or
    month those of the one in the same place there. None where nothing is compared.
    """

    key: Any
    label: str
    values: Values
    before: Values | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """What a definition came to. ``period`` ends with the running business day at the latest;
    ``total`` is measured over the whole, not added up; ``as_of`` is the age of the data (UTC).

    ``compared`` is the period that it is held against, None for none. Where ``period`` is running,
    only what was by the same time of the same day counts of it; of what a companion earned and
    who joined, which are known by the day, whole days.
    """

    name: str
    definition: Definition
    period: Period
    as_of: datetime
    rows: tuple[ReportRow, ...]
    total: Values
    left_out: int
    """Rows that ``top`` cut off."""
    compared: Period | None = None
    total_before: Values | None = None


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
    today = calendar.day_of(moment)
    period = so_far(period_of(definition.period, moment, calendar), today)
    names = Names.of(work, frames)
    which = chosen(definition.filter, names, Context(Moment(moment, calendar)))
    ask = Ask(work, frames, definition, which, store_id)
    told, before = ask.over(period), None
    compared = period.compared(definition.compare.value)
    if compared is not None:
        behind = (period.first - compared.first).days
        until = same_moment(calendar, moment, behind) if period.holds(today) else None
        before = ask.before(compared, until)
    rows = _rows(definition.group, calendar, names, told, before)
    kept = rows[: definition.top or None]
    return Report(
        name,
        definition,
        period,
        frames.as_of,
        tuple(kept),
        told.total,
        len(rows) - len(kept),
        compared,
        before.total if before else None,
    )


def figure(
    work: ReadWork, frames: Frames, measure: Measure, period: Period, store_id: int | None = None
) -> float | None:
    """One measure over a period, in its unit: for goals. None where nothing tells it."""
    everything = Chosen(pl.lit(True), frozenset(Basis))
    ask = Ask(work, frames, Definition((measure,)), everything, store_id or None)
    return ask.over(period).total[0]


def may_see(measures: Sequence[Measure], role: Role) -> None:
    """Raises :class:`Refused` where one of them tells money and ``role`` may not see that."""
    hidden = [each.label for each in measures if each.unit is Unit.FEN]
    if hidden and not may(role, Permission.MONEY_FIGURES):
        why = _("your role does not see figures in money ({names}).")
        raise Refused(why=why.format(names=joined(hidden)))


def so_far(period: Period, today: date) -> Period:
    """The days of a running period that have begun."""
    return Period(period.first, today) if period.holds(today) else period


def _rows(
    group: Dimension | None,
    calendar: BusinessCalendar,
    names: Names,
    told: Answer,
    before: Answer | None,
) -> list[ReportRow]:
    if group is None:
        return []
    if group.timed:
        return list(_in_time(group, calendar, told, before))
    rows = [
        ReportRow(
            key, names.label(group.name, key), told.of(key), before.of(key) if before else None
        )
        for key in dict.fromkeys([*told.groups, *(before.groups if before else ())])
    ]
    return sorted(rows, key=_largest_first)


def _in_time(
    group: Dimension, calendar: BusinessCalendar, told: Answer, before: Answer | None
) -> Iterator[ReportRow]:
    """A row for every part of the time, also without anything in it, beside the part in the same
    place of the period before; a shorter one has none for the last."""
    earlier = _places(group, before.period, calendar) if before else []
    for place, (key, said) in enumerate(_places(group, told.period, calendar)):
        was: Values | None = None
        if before is not None:
            known = place < len(earlier)
            was = before.of(earlier[place][0]) if known else (None,) * len(told.total)
        yield ReportRow(key, said, told.of(key), was)


def _places(group: Dimension, period: Period, calendar: BusinessCalendar) -> list[tuple[Any, str]]:
    """The parts of the time, as they are stored and as people read them."""
    if group.name in _STEPS:
        step = cast("Step", group.name)
        return [(at, label(at, step)) for at in buckets(calendar, period, step)]
    if group.name == "weekday":
        return [(day, _(name)) for day, name in enumerate(WEEKDAY_NAMES, start=1)]
    begins = datetime.combine(period.first, calendar.day_start)
    hours = ((begins + timedelta(hours=ahead)).hour for ahead in range(24))
    return [(hour, f"{hour:02}:00") for hour in hours]


def _largest_first(row: ReportRow) -> tuple[bool, float, str]:
    first = row.values[0]
    return (first is None, -(first or 0), row.label)
