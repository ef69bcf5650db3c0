"""Changing when a companion works. Each raises :class:`NotFound` for an unknown companion."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from sqlalchemy import delete, insert
from sqlmodel import col

from crm_tui.core.language import _
from crm_tui.core.settings import JsonValue
from crm_tui.models import Companion, CompanionDay, CompanionHours
from crm_tui.services.companions import schedule
from crm_tui.services.companions.actions import LONGEST_REASON, hold
from crm_tui.services.companions.schedule_rules import DayHours, Stretch
from crm_tui.services.customers.rules import checked_text
from crm_tui.storage.store import UnitOfWork


def set_hours(work: UnitOfWork, companion_id: int, week: Sequence[Stretch]) -> None:
    """Let these be the hours of the companion's week; none: there whenever they say so."""
    companion = hold(work, companion_id)
    before, after = schedule.week(work, companion_id), tuple(sorted(week))
    if before == after:
        return
    connection = work.session.connection()
    connection.execute(
        delete(CompanionHours).where(col(CompanionHours.companion_id) == companion_id)
    )
    rows = [
        {
            "companion_id": companion_id,
            "weekday": each.weekday,
            "starts_minute": each.starts,
            "ends_minute": each.ends,
        }
        for each in after
    ]
    if rows:
        connection.execute(insert(CompanionHours), rows)
    _tell(work, companion, "companion.hours", hours=[list(each) for each in after])


def set_day(work: UnitOfWork, companion_id: int, other: DayHours) -> None:
    """Let other hours hold on one date, or none; in place of what was said of that date before.

    Raises :class:`Invalid` for a reason of more than 200 characters.
    """
    companion = hold(work, companion_id)
    after = replace(other, reason=checked_text(_("Reason"), other.reason, LONGEST_REASON))
    before = _remove(work, companion_id, after.day)
    work.session.connection().execute(
        insert(CompanionDay),
        {
            "companion_id": companion_id,
            "day": after.day,
            "starts_minute": after.starts,
            "ends_minute": after.ends,
            "reason": after.reason,
        },
    )
    if after != before:
        hours = None if after.off else [after.starts, after.ends]
        day = after.day.isoformat()
        _tell(work, companion, "companion.day", after.reason, day=day, hours=hours)


def clear_day(work: UnitOfWork, companion_id: int, day: date) -> None:
    """Let the week hold on that date again; does nothing where it does."""
    companion = hold(work, companion_id)
    if _remove(work, companion_id, day) is not None:
        _tell(work, companion, "companion.day_cleared", day=day.isoformat())


def _remove(work: UnitOfWork, companion_id: int, day: date) -> DayHours | None:
    """Forget what was said of a date, and answer it."""
    known = schedule.days(work, companion_id, day, day)
    work.session.connection().execute(
        delete(CompanionDay).where(
            col(CompanionDay.companion_id) == companion_id, col(CompanionDay.day) == day
        )
    )
    return known[0] if known else None


def _tell(
    work: UnitOfWork, companion: Companion, kind: str, reason: str = "", **facts: JsonValue
) -> None:
    assert companion.id is not None
    work.record(
        kind,
        "companion",
        companion.id,
        store_id=companion.store_id,
        ref=companion.no,
        changed={"reason": (None, reason)} if reason else None,
        **facts,
    )
