"""Goals: where a measure is to stand by the end of a period (H5). Set, change, end, read.

Figures are in the measure's unit (:class:`.catalogue.Unit`): fen, minutes, days, 0 to 1.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlmodel import col, select

from crm_tui.core.errors import Conflict, Invalid, NotFound, Refused
from crm_tui.core.language import _
from crm_tui.core.permissions import Permission, require
from crm_tui.core.text import squeeze
from crm_tui.models import STUDIO
from crm_tui.models.reports import Goal as GoalRecord
from crm_tui.services.catalogue.reads import require_store
from crm_tui.services.figures.catalogue import MEASURES, Measure, measure_called
from crm_tui.services.figures.goal_rules import target_from
from crm_tui.services.figures.periods import Period
from crm_tui.storage.store import ReadWork, UnitOfWork

LONGEST_NOTE = 200
LONGEST_DAYS = 3 * 366


@dataclass(frozen=True, slots=True)
class Goal:
    """A goal as it stands. ``store_id`` 0 is the whole studio; a goal that was given up has
    ``ended_at`` (UTC)."""

    id: int
    store_id: int
    measure: Measure
    baseline: float | None
    target: float
    period: Period
    note: str
    set_by: str
    set_at: datetime
    ended_at: datetime | None
    version: int

    @property
    def name(self) -> str:
        """What people call it: the measure and where it goes, ``Income → 200,000.00``."""
        return f"{self.measure.label} → {self.measure.unit.shown(self.target)}"


@dataclass(frozen=True, slots=True)
class NewGoal:
    """What is wanted. ``target`` is as typed (:func:`.goal_rules.target_from`); ``baseline`` is
    where the measure stood before, None where that is not known."""

    measure: str
    target: str
    period: Period
    baseline: float | None = None
    store_id: int = STUDIO
    note: str = ""


def goals(
    work: ReadWork, on: date | None = None, store_id: int | None = None, *, ended: bool = False
) -> list[Goal]:
    """The goals that run on business day ``on``, or all; of one store (0: the whole studio) or of
    any. Those that were given up only with ``ended``. The one that ends next comes first."""
    query = select(GoalRecord).order_by(col(GoalRecord.last_day), col(GoalRecord.id))
    if on is not None:
        query = query.where(GoalRecord.first_day <= on, GoalRecord.last_day >= on)
    if store_id is not None:
        query = query.where(GoalRecord.store_id == store_id)
    if not ended:
        query = query.where(col(GoalRecord.ended_at).is_(None))
    return [_goal(row) for row in work.session.exec(query) if row.measure in MEASURES]


def target_for(
    work: ReadWork, measure: str, period: Period, store_id: int | None = None
) -> float | None:
    """The target that is set for ``measure`` over exactly ``period``, by the newest goal of the
    store, or of the whole studio; None without one."""
    found = (
        each
        for each in goals(work, period.first, store_id or STUDIO)
        if each.period == period and each.measure.name == measure
    )
    newest = max(found, key=lambda each: each.id, default=None)
    return newest.target if newest else None


def goal(work: ReadWork, goal_id: int) -> Goal:
    """The goal with this id. Raises :class:`NotFound`."""
    return _goal(_found(work, goal_id))


def set_goal(work: UnitOfWork, new: NewGoal) -> int:
    """Set a goal and answer its id.

    Raises :class:`Refused` for a role that may not, :class:`Invalid` for a measure, target, period
    or note that can't be, and for a relative target without a baseline; :class:`NotFound` for a
    store.
    """
    require(work.actor, Permission.GOALS)
    measure = measure_called(new.measure)
    require_store(work, new.store_id)
    row = GoalRecord(
        store_id=new.store_id,
        measure=measure.name,
        baseline=new.baseline,
        target=_target(new.target, measure, new.baseline),
        set_by=work.actor.login,
        set_at=work.clock.now(),
        note=_note(new.note),
        first_day=new.period.first,
        last_day=_last_day(new.period),
    )
    work.session.add(row)
    work.session.flush()
    return _tell(work, "goal.set", row)


def change(
    work: UnitOfWork,
    goal_id: int,
    *,
    target: str | None = None,
    last_day: date | None = None,
    note: str | None = None,
    expected_version: int | None = None,
) -> None:
    """Change what is given; the rest stays. Raises as :func:`set_goal` does, :class:`Conflict`
    where somebody else changed it meanwhile, :class:`Refused` for one that was ended."""
    row = _held(work, goal_id, expected_version)
    if row.ended_at is not None:
        raise _ended()
    before = {"target": row.target, "last_day": row.last_day.isoformat()}
    if target is not None:
        row.target = _target(target, MEASURES[row.measure], row.baseline)
    if last_day is not None:
        row.last_day = _last_day(Period(row.first_day, last_day))
    if note is not None:
        row.note = _note(note)
    _tell(work, "goal.changed", row, before=before)


def end(work: UnitOfWork, goal_id: int, expected_version: int | None = None) -> None:
    """Give a goal up. Raises :class:`NotFound`, :class:`Refused` where it was given up before,
    :class:`Conflict`."""
    row = _held(work, goal_id, expected_version)
    if row.ended_at is not None:
        raise _ended()
    row.ended_at = work.clock.now()
    _tell(work, "goal.ended", row)


def resume(work: UnitOfWork, goal_id: int) -> None:
    """Take a goal up again: the opposite of :func:`end`; nothing for one that runs. Raises
    :class:`NotFound`, :class:`Refused`."""
    row = _held(work, goal_id, None)
    if row.ended_at is not None:
        row.ended_at = None
        _tell(work, "goal.resumed", row)


def _target(typed: str, measure: Measure, baseline: float | None) -> float:
    try:
        target = target_from(typed, measure, baseline)
    except ValueError:
        expected = _("{unit}, or from the baseline: +15%, +10, -5")
        told = expected.format(unit=measure.unit.wanted)
        raise Invalid(field="target", value=typed, expected=told) from None
    if target == baseline:
        raise Invalid(field="target", value=typed, expected=_("another value than the baseline"))
    return target


def _last_day(period: Period) -> date:
    """The last day of a period that a goal can have. Raises :class:`Invalid`."""
    if not period.first <= period.last or period.days > LONGEST_DAYS:
        expected = _("a day not before {first}, and at most three years after it")
        raise Invalid(
            field="until", value=period.last, expected=expected.format(first=period.first)
        )
    return period.last


def _note(text: str) -> str:
    note = squeeze(text)
    if len(note) > LONGEST_NOTE:
        expected = _("at most {most} characters").format(most=LONGEST_NOTE)
        raise Invalid(field="note", value=note, expected=expected)
    return note


def _found(work: ReadWork, goal_id: int, **how: Any) -> GoalRecord:
    row = work.session.get(GoalRecord, goal_id, **how)
    if row is None:
        raise NotFound(what=_("goal"), ref=goal_id)
    return row


def _held(work: UnitOfWork, goal_id: int, expected_version: int | None) -> GoalRecord:
    """The goal, held until the work commits."""
    require(work.actor, Permission.GOALS)
    row = _found(work, goal_id, with_for_update=True, populate_existing=True)
    if expected_version is not None and row.version != expected_version:
        raise Conflict(what=MEASURES[row.measure].label)
    row.version += 1
    return row


def _ended() -> Refused:
    return Refused(why=_("this goal was ended before."))


def _tell(work: UnitOfWork, kind: str, row: GoalRecord, **more: Any) -> int:
    work.session.add(row)
    work.session.flush()
    assert row.id is not None
    changed = {"note": (None, row.note)} if row.note else None
    work.record(
        kind,
        "goal",
        row.id,
        store_id=row.store_id,
        ref=row.measure,
        changed=changed,
        target=row.target,
        baseline=row.baseline,
        first_day=row.first_day.isoformat(),
        last_day=row.last_day.isoformat(),
        **more,
    )
    return row.id


def _goal(row: GoalRecord) -> Goal:
    assert row.id is not None
    return Goal(
        row.id,
        row.store_id,
        MEASURES[row.measure],
        row.baseline,
        row.target,
        Period(row.first_day, row.last_day),
        row.note,
        row.set_by,
        row.set_at,
        row.ended_at,
        row.version,
    )
