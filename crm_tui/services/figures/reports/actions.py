"""Saving, sharing and removing reports of one's own. A removed one can be brought back."""

from __future__ import annotations

import json
from dataclasses import dataclass

from sqlmodel import col, func, select

from crm_tui.core.errors import Conflict, Duplicate, Invalid, NotFound, Refused
from crm_tui.core.language import _
from crm_tui.core.permissions import Permission, may
from crm_tui.core.text import squeeze
from crm_tui.models import STUDIO
from crm_tui.models.reports import ReportDefinition, ReportSchedule
from crm_tui.services.figures.reports.definition import Definition, period_of
from crm_tui.services.figures.reports.filtering import chosen
from crm_tui.services.figures.reports.names import Names
from crm_tui.services.figures.reports.run import may_see
from crm_tui.services.filters.rules import Context, Moment
from crm_tui.storage.store import ReadWork, UnitOfWork

LONGEST_NAME = 60
FIXED = frozenset(
    {
        *("revenue", "companions", "customers", "games", "kinds", "skills", "channels", "cities"),
        *("funnel", "cohorts", "kpi", "glance", "anomalies", "segments"),
        *("own", "list", "define", "delete", "restore", "share", "unshare", "pin", "unpin"),
        *("schedule", "unschedule", "schedules", "send", "layout", "refresh", "rebuild"),
    }
)
"""Names that ``crm-tui report`` has for itself."""


@dataclass(frozen=True, slots=True)
class NewReport:
    """A report to keep under a name."""

    name: str
    definition: Definition
    shared: bool = False
    on_glance: bool = False


def examine(work: ReadWork, definition: Definition) -> None:
    """That it can be run: its period and filter can be read, every measure has a frame that knows
    the group and the filter. Raises :class:`Invalid`, and what the filter raises."""
    moment = Moment(work.clock.now(), work.calendar())
    period_of(definition.period, moment.now, moment.calendar)
    bases = chosen(definition.filter, Names.of(work), Context(moment)).bases
    for measure in definition.measures:
        definition.basis_of(measure, bases)


def save(work: UnitOfWork, new: NewReport, expected_version: int | None = None) -> int:
    """Keep a report; one of one's own that has the name is replaced. Answers its id.

    Raises :class:`Invalid` for a name or definition that can't be, :class:`Duplicate` where a
    shared one of somebody else has the name that this is to be shared under, :class:`Conflict`
    where it changed meanwhile, :class:`Refused` for figures in money that the role does not see.
    """
    name = _checked_name(new.name)
    examine(work, new.definition)
    may_see(new.definition.measures, work.actor.role)
    row = _own(work, name)
    if row is None:
        now, login = work.clock.now(), work.actor.login
        row = ReportDefinition(owner=login, name=name, saved_at=now, saved_by=login, version=0)
    elif expected_version not in (None, row.version):
        raise Conflict(what=name)
    row.name, row.shared, row.on_glance = name, new.shared, new.on_glance
    row.asked = new.definition.as_json()
    return _settle(work, "report.saved", row)


def share(work: UnitOfWork, report_id: int, shared: bool = True) -> None:
    """Share a report with everybody, or no longer. Raises :class:`NotFound`, :class:`Refused` for
    somebody else's, :class:`Duplicate` where a shared one has its name."""
    row = _held(work, report_id)
    if row.shared != shared:
        row.shared = shared
        _settle(work, "report.shared" if shared else "report.unshared", row)


def put_on_glance(work: UnitOfWork, report_id: int, on_glance: bool = True) -> None:
    """Show a report on the first page of the figures, or no longer. Raises :class:`NotFound`,
    :class:`Refused` for somebody else's."""
    row = _held(work, report_id)
    if row.on_glance != on_glance:
        row.on_glance = on_glance
        _settle(work, "report.pinned" if on_glance else "report.unpinned", row)


def remove(work: UnitOfWork, report_id: int) -> None:
    """Remove a report. It is not sent while it is away; :func:`restore` brings it back with its
    schedules. Raises :class:`NotFound`, :class:`Refused` for somebody else's."""
    row = _held(work, report_id)
    row.removed_at = work.clock.now()
    _settle(work, "report.removed", row)


def restore(work: UnitOfWork, report_id: int) -> None:
    """Bring a removed report back: the opposite of :func:`remove`. Raises :class:`NotFound`,
    :class:`Refused`, :class:`Duplicate` where another one has its name by now."""
    row = _held(work, report_id, removed=True)
    row.removed_at = None
    _settle(work, "report.restored", row)


def last_removed(work: ReadWork, login: str, name: str) -> int:
    """The id of the report of ``login`` that was called ``name`` and removed last. Raises
    :class:`NotFound`."""
    query = (
        select(ReportDefinition.id)
        .where(
            ReportDefinition.owner == login,
            func.lower(ReportDefinition.name) == squeeze(name).casefold(),
            col(ReportDefinition.removed_at).is_not(None),
        )
        .order_by(col(ReportDefinition.removed_at).desc())
    )
    found = work.session.exec(query).first()
    if found is None:
        raise NotFound(what=_("removed report"), ref=name)
    return found


def schedules_left(work: ReadWork, report_id: int) -> int:
    """How many schedules send it: what its removal stops."""
    query = select(func.count()).where(
        ReportSchedule.report_id == report_id, col(ReportSchedule.ended_at).is_(None)
    )
    return work.session.exec(query).one()


def _checked_name(name: str) -> str:
    squeezed = squeeze(name)
    if not squeezed or len(squeezed) > LONGEST_NAME or squeezed.startswith("-"):
        expected = _("up to {most} characters").format(most=LONGEST_NAME)
        raise Invalid(field="name", value=name, expected=expected)
    if squeezed.casefold() in FIXED:
        raise Invalid(field="name", value=name, expected=_("a name that is no report already"))
    return squeezed


def _own(work: UnitOfWork, name: str) -> ReportDefinition | None:
    query = select(ReportDefinition).where(
        ReportDefinition.owner == work.actor.login,
        func.lower(ReportDefinition.name) == name.casefold(),
        col(ReportDefinition.removed_at).is_(None),
    )
    return work.session.exec(query.with_for_update()).first()


def _held(work: UnitOfWork, report_id: int, *, removed: bool = False) -> ReportDefinition:
    """A report that the actor may change, held until the work commits."""
    row = work.session.get(
        ReportDefinition, report_id, with_for_update=True, populate_existing=True
    )
    if row is None or (row.removed_at is not None) != removed:
        raise NotFound(what=_("report"), ref=row.name if row else report_id)
    if row.owner != work.actor.login and not may(work.actor.role, Permission.GOALS):
        why = _("“{name}” is a report of {owner}; save one of your own.")
        raise Refused(why=why.format(name=row.name, owner=row.owner))
    return row


def _settle(work: UnitOfWork, kind: str, row: ReportDefinition) -> int:
    """Write it now, with its event; whoever was first with the name keeps it."""
    row.saved_at, row.saved_by = work.clock.now(), work.actor.login
    row.version += 1
    work.session.add(row)
    taken = Duplicate(field="name", value=row.name, owner=_("another report"))
    with work.on_violation(
        {"uq_report_definition_own": taken, "uq_report_definition_shared": taken}
    ):
        work.session.flush()
    assert row.id is not None
    work.record(
        kind,
        "report",
        row.id,
        store_id=STUDIO,
        ref=row.name,
        shared=row.shared,
        on_glance=row.on_glance,
        changed={"asked": (None, json.dumps(row.asked, ensure_ascii=False))},
    )
    return row.id
