"""When companions work, as it is stored: windows over a range, and a week as one reads it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from datetime import date, datetime, time, timedelta
from itertools import chain
from typing import Any

from sqlalchemy import and_, or_, select
from sqlmodel import col

from crm_tui.core.clock import BusinessCalendar
from crm_tui.models import Companion, CompanionDay, CompanionHours
from crm_tui.services.companions.schedule_rules import (
    AROUND_THE_CLOCK,
    DayHours,
    Stretch,
    Window,
    dates_of,
    wall_clock,
    windows_of,
)
from crm_tui.storage.store import ReadWork

SLACK = 180
"""Minutes by which a change of the clocks may shift a stretch, and more."""


def windows(
    work: ReadWork, companion_ids: Collection[int] | None, first: datetime, last: datetime
) -> dict[int, list[Window]]:
    """When each of the companions works in ``[first, last)``, two instants; ``None``: everybody.

    The windows are in order, never overlap, and are reckoned on the wall clock of the companion's
    store; the first may begin before the range, the last end after it. Who has neither hours nor
    another day in the range is missing: they work whenever they say that they are there. An empty
    list is somebody with hours, none of them in the range.
    """
    wanted = None if companion_ids is None else frozenset(companion_ids)
    found: dict[int, list[Window]] = {}
    for store_id, planned in _with_hours(work, wanted).items():
        calendar = work.calendar(store_id)
        dates = dates_of(calendar, first, last)
        others = dict(_days(work, wanted, dates[0], dates[-1], planned))
        only_days = {who for who, _day in others if not planned[who]}
        weeks = chain(
            _stretches(work, wanted, _reaching(calendar, dates, first, last), planned),
            ((who, stretch) for who in only_days for stretch in AROUND_THE_CLOCK),
        )
        begun = windows_of(weeks, others, wall_clock(calendar), dates)
        for who, has_week in planned.items():
            if has_week or who in only_days:
                whole = begun.get(who, ())
                found[who] = [each for each in whole if each[1] > first and each[0] < last]
    return found


def week(work: ReadWork, companion_id: int) -> tuple[Stretch, ...]:
    """The hours of a companion's week, from Monday; none: there whenever they say so."""
    only = frozenset({companion_id})
    return tuple(sorted(stretch for _who, stretch in _stretches(work, only, [], only)))


def days(work: ReadWork, companion_id: int, first: date, last: date) -> tuple[DayHours, ...]:
    """The days from ``first`` to ``last``, both in, on which the week does not hold."""
    only = frozenset({companion_id})
    found = (other for _key, other in _days(work, only, first, last, only))
    return tuple(sorted(found, key=lambda other: other.day))


def _with_hours(work: ReadWork, wanted: frozenset[int] | None) -> dict[int, dict[int, bool]]:
    """Who has a schedule, by store, and whether it is a week or only single days."""
    found: dict[int, dict[int, bool]] = {}
    for table, has_week in ((CompanionDay, False), (CompanionHours, True)):
        owners = select(col(table.companion_id)).distinct()
        columns: tuple[Any, ...] = (Companion.id, Companion.store_id)
        query = select(*columns).where(
            col(Companion.id).in_(owners), _among(work, col(Companion.id), wanted)
        )
        for who, store_id in work.session.connection().execute(query):
            found.setdefault(store_id, {})[who] = has_week
    return found


def _among(work: ReadWork, column: Any, wanted: frozenset[int] | None) -> Any:
    return True if wanted is None else work.store.dialect.among(column, wanted)


def _reaching(
    calendar: BusinessCalendar, dates: Iterable[date], first: datetime, last: datetime
) -> list[Any]:
    """Conditions on stretches, one a date: those that may reach into ``[first, last)``."""
    begin, end = (calendar.local(each).replace(tzinfo=None) for each in (first, last))
    conditions = []
    for day in dates:
        midnight = datetime.combine(day, time.min)
        after = (begin - midnight) // timedelta(minutes=1) - SLACK
        before = (end - midnight) // timedelta(minutes=1) + SLACK
        conditions.append(
            and_(
                col(CompanionHours.weekday) == day.weekday(),
                col(CompanionHours.ends_minute) > after,
                col(CompanionHours.starts_minute) < before,
            )
        )
    return conditions


def _stretches(
    work: ReadWork, wanted: frozenset[int] | None, any_of: list[Any], of: Collection[int]
) -> Iterator[tuple[int, Stretch]]:
    """The stretches of those in ``of`` that fit one of the conditions; none given: all."""
    columns: tuple[Any, ...] = (
        CompanionHours.companion_id,
        CompanionHours.weekday,
        CompanionHours.starts_minute,
        CompanionHours.ends_minute,
    )
    query = select(*columns).where(_among(work, col(CompanionHours.companion_id), wanted))
    if any_of:
        query = query.where(or_(*any_of))
    for who, *stretch in work.session.connection().execute(query):
        if who in of:
            yield who, Stretch(*stretch)


def _days(
    work: ReadWork, wanted: frozenset[int] | None, first: date, last: date, of: Collection[int]
) -> Iterator[tuple[tuple[int, date], DayHours]]:
    columns: tuple[Any, ...] = (
        CompanionDay.companion_id,
        CompanionDay.day,
        CompanionDay.starts_minute,
        CompanionDay.ends_minute,
        CompanionDay.reason,
    )
    query = select(*columns).where(
        col(CompanionDay.day).between(first, last),
        _among(work, col(CompanionDay.companion_id), wanted),
    )
    for who, *other in work.session.connection().execute(query):
        if who in of:
            yield (who, other[0]), DayHours(*other)
