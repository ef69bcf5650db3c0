"""What the keys of the roster have done and read, on a worker thread: one call into a service
each. The services are imported inside: nothing heavy may be loaded before the first frame."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from crm_tui.core.words import Presence, Role
    from crm_tui.services.companions.day import CompanionDayView
    from crm_tui.services.companions.reads import CompanionRow
    from crm_tui.services.companions.schedule_rules import DayHours, Stretch
    from crm_tui.storage.store import ReadWork, UnitOfWork


@dataclass(frozen=True, slots=True)
class Reading:
    """Companions as they are now, and the business day that their load counts from."""

    rows: list[CompanionRow]
    day: date


def roster(work: ReadWork) -> Reading:
    """Everybody who works here."""
    from crm_tui.services.companions import reads

    return Reading(reads.roster(work), _today(work))


def touched(companions: Collection[int], orders: Collection[int], work: ReadWork) -> Reading:
    """These companions, and those whom these orders concern."""
    from crm_tui.services.companions import reads

    return Reading(reads.touched(work, companions, orders), _today(work))


def day_of(companion_id: int, role: Role, work: ReadWork) -> CompanionDayView:
    """The business day of a companion."""
    from crm_tui.services.companions import day

    return day.day_of(work, companion_id, role)


def set_presence(companion_id: int, presence: Presence, reason: str, work: UnitOfWork) -> None:
    from crm_tui.services.companions import actions

    actions.set_presence(work, companion_id, presence, reason)


def edit(companion_id: int, version: int | None, changes: dict[str, Any], work: UnitOfWork) -> None:
    from crm_tui.services.companions import actions

    actions.edit(work, companion_id, changes, version)


def retire(companion_id: int, reason: str, work: UnitOfWork) -> None:
    from crm_tui.services.companions import actions

    actions.retire(work, companion_id, reason)


def take_back(companion_id: int, work: UnitOfWork) -> None:
    from crm_tui.services.companions import actions

    actions.take_back(work, companion_id)


def set_hours(
    companion_id: int,
    week: Sequence[Stretch],
    others: Sequence[DayHours],
    cleared: Sequence[date],
    work: UnitOfWork,
) -> None:
    """Let ``week`` hold, but ``others`` on their days, and not what was said of ``cleared``."""
    from crm_tui.services.companions import schedule_actions as actions

    actions.set_hours(work, companion_id, week)
    for day in cleared:
        actions.clear_day(work, companion_id, day)
    for other in others:
        actions.set_day(work, companion_id, other)


def correct(companion_id: int, points: int, reason: str, work: UnitOfWork) -> int:
    from crm_tui.services.companions import credit

    return credit.correct(work, companion_id, points, reason)


def _today(work: ReadWork) -> date:
    return work.calendar().day_of(work.clock.now())
