"""Who works on a day, by their hours; kept in the process until an event says otherwise.

The schedule of three thousand companions is by far the most that is read for an order, and the
slowest to change. What was read is valid as long as the event log has nothing newer about a
companion than what is known not to touch hours: every write records its event in its transaction,
in commit order, whichever process makes it. The log's head is read before the hours, in the same
look, so what is kept is never older than the head that it stands under. A unit of work that changes
hours asks for no suggestion, so nothing is kept that may be rolled back.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from weakref import WeakKeyDictionary

import numpy as np
from sqlalchemy import bindparam, select
from sqlmodel import col

from crm_tui.core.clock import BusinessCalendar, to_micros
from crm_tui.models import Event
from crm_tui.services.companions.schedule import windows
from crm_tui.services.dispatch.columns import Hours, Ints, places
from crm_tui.storage.events import heads
from crm_tui.storage.store import ReadWork, Store

QUIET = ("companion.presence", "companion.credit")
"""Events of companions that leave their hours alone; after any other the hours are read again."""
_TOUCHED = (
    select(col(Event.seq))
    .where(
        col(Event.store_id) == bindparam("store"),
        col(Event.seq) > bindparam("after"),
        col(Event.seq) <= bindparam("upto"),
        col(Event.entity) == "companion",
        col(Event.kind).not_in(QUIET),
    )
    .limit(1)
)


@dataclass(frozen=True, slots=True)
class _Windows:
    """The windows of a day: who has hours at all, and whose begin and end when."""

    planned: Ints
    who: Ints
    begins: Ints
    ends: Ints


@dataclass(frozen=True, slots=True)
class _Kept:
    """What was read, and how far the event logs had come."""

    heads: Mapping[int, int]
    days: dict[tuple[BusinessCalendar, date], _Windows]


_kept: WeakKeyDictionary[Store, _Kept] = WeakKeyDictionary()


def read_hours(work: ReadWork, calendar: BusinessCalendar, day: date, ids: Ints) -> Hours:
    """The hours that hold on a day of the calendar's zone, for the companions ``ids``."""
    days = _still_valid(work)
    known = days.get((calendar, day))
    if known is None:
        known = days[calendar, day] = _read(work, calendar, day)
    place, here = places(ids, known.who)
    return Hours(
        np.isin(ids, known.planned, assume_unique=True),
        place[here],
        known.begins[here],
        known.ends[here],
    )


def _still_valid(work: ReadWork) -> dict[tuple[BusinessCalendar, date], _Windows]:
    """The days that are kept; none where somebody's hours may have changed since."""
    now, kept = heads(work.session), _kept.get(work.store)
    if kept is None or any(_touched(work, kept, store, seq) for store, seq in now.items()):
        kept = _Kept(now, {})
    elif now != kept.heads:
        kept = _Kept(now, kept.days)
    _kept[work.store] = kept
    return kept.days


def _touched(work: ReadWork, kept: _Kept, store: int, upto: int) -> bool:
    after = kept.heads.get(store, 0)
    if upto == after:
        return False
    bounds = {"store": store, "after": after, "upto": upto}
    return work.session.connection().execute(_TOUCHED, bounds).first() is not None


def _read(work: ReadWork, calendar: BusinessCalendar, day: date) -> _Windows:
    first = calendar.from_local(datetime.combine(day, time.min))
    last = calendar.from_local(datetime.combine(day + timedelta(days=1), time.min))
    theirs = windows(work, None, first, last)
    reaching = [(who, *map(to_micros, each)) for who, found in theirs.items() for each in found]
    who, begins, ends = np.array(reaching, np.int64).reshape(-1, 3).T
    return _Windows(np.array(list(theirs), np.int64), who, begins, ends)
