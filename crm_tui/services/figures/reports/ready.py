"""The reports that every studio has without composing one, as they are sent on a schedule (H6).

They have no period of their own: sent every day one tells of the whole business day before, every
week of the last whole week, every month of the last whole month; sent at once of this month so far.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, text
from sqlmodel import select

from crm_tui.core.actor import Actor
from crm_tui.core.language import N_, _
from crm_tui.core.words import Cadence
from crm_tui.models import STUDIO
from crm_tui.models.base import Instant
from crm_tui.models.reports import ReportDefinition
from crm_tui.services.figures import (
    reads_goals,
    reads_income,
    reads_people,
    reads_trade,
    tables,
)
from crm_tui.services.figures.copy.frames import Frames
from crm_tui.services.figures.exporting import require_sight
from crm_tui.services.figures.periods import Period, Step
from crm_tui.services.figures.reports.definition import DEFAULT_PERIOD, period_of
from crm_tui.services.figures.reports.reads import as_report, report_called
from crm_tui.services.figures.reports.run import run, so_far
from crm_tui.services.figures.reports.tables import table_of
from crm_tui.services.figures.table import Table
from crm_tui.storage.store import ReadWork, UnitOfWork

_COVERS = {Cadence.DAILY: "yesterday", Cadence.WEEKLY: "last-week", Cadence.MONTHLY: "last-month"}
_KEEP = text(
    "INSERT INTO report_definition"
    " (owner, name, shared, on_glance, asked, saved_at, saved_by, version)"
    " VALUES ('', :name, false, false, '{}', :now, :login, 1)"
    " ON CONFLICT DO NOTHING"
).bindparams(bindparam("now", type_=Instant))
"""Nobody owns the record of a ready-made report: no login is empty."""


@dataclass(frozen=True, slots=True)
class Ready:
    """A report that is there without composing it; ``tables`` is what it tells of a period."""

    title: str
    """What people call it (msgid)."""
    tables: Callable[[ReadWork, Frames, Period], list[Table]]


def _revenue(work: ReadWork, frames: Frames, period: Period) -> list[Table]:
    step: Step = "hour" if period.days == 1 else "day"
    return [tables.income(reads_income.income(work, frames, period, step))]


def _companions(work: ReadWork, frames: Frames, period: Period) -> list[Table]:
    return [tables.leaders(reads_people.leaderboard(work, frames, period), period)]


def _customers(work: ReadWork, frames: Frames, period: Period) -> list[Table]:
    told = reads_people.customers(work, frames, day=period.last)
    rows = reads_people.customer_rows(work, frames, day=period.last)
    return [tables.segments(told), tables.customers(rows)]


def _games(work: ReadWork, frames: Frames, period: Period) -> list[Table]:
    return [
        tables.trade("games", reads_trade.games(work, frames, period), period),
        tables.trade("kinds", reads_trade.kinds(work, frames, period), period),
        tables.trade("skills", reads_trade.skills(work, frames, period), period),
    ]


def _channels(work: ReadWork, frames: Frames, period: Period) -> list[Table]:
    return [tables.trade("channels", reads_trade.channels(work, frames, period), period)]


def _cities(work: ReadWork, frames: Frames, period: Period) -> list[Table]:
    return [tables.trade("cities", reads_trade.cities(work, frames, period), period)]


def _funnel(work: ReadWork, frames: Frames, period: Period) -> list[Table]:
    return [tables.funnel(reads_people.funnel(work, frames, period), period)]


def _cohorts(work: ReadWork, frames: Frames, _period: Period) -> list[Table]:
    return [tables.cohorts(reads_people.cohorts(work, frames))]


def _kpi(work: ReadWork, frames: Frames, period: Period) -> list[Table]:
    return [tables.kpi(reads_goals.kpi(work, frames, period))]


READY: Mapping[str, Ready] = {
    "revenue": Ready(N_("Income"), _revenue),
    "companions": Ready(N_("Companions"), _companions),
    "customers": Ready(N_("Customers"), _customers),
    "games": Ready(N_("By game"), _games),
    "channels": Ready(N_("Channels"), _channels),
    "cities": Ready(N_("Cities"), _cities),
    "funnel": Ready(N_("Repurchase funnel"), _funnel),
    "cohorts": Ready(N_("Cohorts"), _cohorts),
    "kpi": Ready(N_("Goals"), _kpi),
}
"""By the name that commands have for them, which no report of one's own can have."""


def title_of(name: str) -> str:
    """What people call the report with this name, in the language in force."""
    return _(READY[name].title) if name in READY else name


def sendable(work: UnitOfWork, name: str) -> int:
    """The id of the report that the actor means by a name: a ready-made one, else as
    :func:`report_called`. Raises :class:`NotFound`."""
    if name not in READY:
        return report_called(work, work.actor.login, name).id
    wanted = {"name": name, "now": work.clock.now(), "login": work.actor.login}
    work.session.connection().execute(_KEEP, wanted)
    query = select(ReportDefinition.id).where(
        ReportDefinition.owner == "", ReportDefinition.name == name
    )
    return work.session.exec(query).one() or 0


def tables_of(
    work: ReadWork,
    frames: Frames,
    row: ReportDefinition,
    who: Actor,
    at: datetime,
    cadence: Cadence | None = None,
) -> list[Table]:
    """What a report tells at ``at`` (UTC) to whoever has it sent, as often as ``cadence`` says.

    Raises :class:`Refused` for figures in money that the role does not see, and what :func:`run`
    raises.
    """
    if row.name not in READY:
        report = as_report(row)
        return [table_of(run(work, frames, report.definition, who.role, name=row.name, at=at))]
    covered = _COVERS[cadence] if cadence else DEFAULT_PERIOD
    calendar = work.calendar(STUDIO)
    period = so_far(period_of(covered, at, calendar), calendar.day_of(at))
    told = READY[row.name].tables(work, frames, period)
    require_sight(told, who)
    return told
