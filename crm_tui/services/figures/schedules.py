"""When a report is sent and where to: schedules, and what became of their last sending."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time
from pathlib import Path

from sqlmodel import col, select

from crm_tui.core.clock import BusinessCalendar
from crm_tui.core.errors import Invalid, NotFound, Refused
from crm_tui.core.language import _
from crm_tui.core.permissions import Permission, require
from crm_tui.core.words import Cadence, SendingState
from crm_tui.models import STUDIO
from crm_tui.models.reports import ReportDefinition, ReportSchedule, ReportSending
from crm_tui.services.figures.mailing import checked_address
from crm_tui.services.figures.reports.reads import as_report
from crm_tui.services.figures.reports.ready import READY
from crm_tui.services.figures.reports.run import may_see
from crm_tui.services.figures.schedule_rules import Timetable
from crm_tui.storage.store import ReadWork, UnitOfWork

MOST_RECIPIENTS = 20
_DAYS = {Cadence.DAILY: (0, 0), Cadence.WEEKLY: (1, 7), Cadence.MONTHLY: (1, 31)}


@dataclass(frozen=True, slots=True)
class NewSchedule:
    """A report, when it is sent (``at`` as ``09:30`` on the studio's wall clock), and to which
    folder, which addresses, or both."""

    report_id: int
    cadence: Cadence
    at: str
    day: int = 0
    folder: str = ""
    recipients: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Schedule:
    """A schedule that runs. ``report`` is the report's name, ``next_at`` when it falls due next,
    ``last_*`` what became of the last sending; instants are UTC."""

    id: int
    report_id: int
    report: str
    timetable: Timetable
    folder: str
    recipients: tuple[str, ...]
    set_by: str
    set_at: datetime
    next_at: datetime
    last_due_at: datetime | None
    last_state: SendingState | None
    last_why: str


def schedule(work: UnitOfWork, new: NewSchedule) -> int:
    """Have a report sent from now on; answers the schedule's id.

    Raises :class:`Refused` for a role that may not or does not see the report's figures,
    :class:`NotFound` for the report, :class:`Invalid` for the rest.
    """
    require(work.actor, Permission.SCHEDULE)
    report = _report(work, new.report_id)
    if report.name not in READY:
        may_see(as_report(report).definition.measures, work.actor.role)
        if report.owner != work.actor.login and not report.shared:
            raise NotFound(what=_("report"), ref=report.name)
    row = ReportSchedule(
        report_id=new.report_id,
        cadence=new.cadence,
        day=_day(new),
        at=_at(new.at).strftime("%H:%M"),
        folder=_folder(new.folder),
        recipients=checked_recipients(new.recipients),
        set_by=work.actor.login,
        set_at=work.clock.now(),
    )
    if not row.folder and not row.recipients:
        raise Invalid(field="folder", value="", expected=_("a folder, or e-mail addresses"))
    work.session.add(row)
    work.session.flush()
    _tell(work, "report.scheduled", row, report.name)
    assert row.id is not None
    return row.id


def unschedule(work: UnitOfWork, schedule_id: int) -> None:
    """Send it no longer. Raises :class:`NotFound`, :class:`Refused`."""
    row, name = _held(work, schedule_id)
    if row.ended_at is None:
        row.ended_at = work.clock.now()
        _tell(work, "report.unscheduled", row, name)


def schedule_again(work: UnitOfWork, schedule_id: int) -> None:
    """Send it again from now on: the opposite of :func:`unschedule`. Raises as that does."""
    row, name = _held(work, schedule_id)
    if row.ended_at is not None:
        row.ended_at, row.set_at = None, work.clock.now()
        _tell(work, "report.scheduled", row, name)


def schedules(work: ReadWork, report_id: int | None = None) -> list[Schedule]:
    """The schedules that run, of one report or of all, the one that falls due next first."""
    query = (
        select(ReportSchedule, ReportDefinition.name)
        .join(ReportDefinition, col(ReportDefinition.id) == col(ReportSchedule.report_id))
        .where(col(ReportSchedule.ended_at).is_(None), col(ReportDefinition.removed_at).is_(None))
    )
    if report_id is not None:
        query = query.where(ReportSchedule.report_id == report_id)
    calendar = work.calendar()
    found = [_schedule(work, row, name, calendar) for row, name in work.session.exec(query).all()]
    return sorted(found, key=lambda each: (each.next_at, each.id))


def timetable_of(row: ReportSchedule) -> Timetable:
    """When it falls due."""
    return Timetable(row.cadence, row.day, time.fromisoformat(row.at))


def _schedule(
    work: ReadWork, row: ReportSchedule, name: str, calendar: BusinessCalendar
) -> Schedule:
    assert row.id is not None
    query = (
        select(ReportSending)
        .where(ReportSending.schedule_id == row.id)
        .order_by(col(ReportSending.due_at).desc())
    )
    last = work.session.exec(query).first()
    timetable = timetable_of(row)
    return Schedule(
        row.id,
        row.report_id,
        name,
        timetable,
        row.folder,
        tuple(row.recipients),
        row.set_by,
        row.set_at,
        timetable.following(work.clock.now(), calendar),
        last.due_at if last else None,
        last.state if last else None,
        last.why if last else "",
    )


def _day(new: NewSchedule) -> int:
    least, most = _DAYS[new.cadence]
    if not least <= new.day <= most:
        told = {
            Cadence.DAILY: _("no day"),
            Cadence.WEEKLY: _("1 (Monday) to 7"),
            Cadence.MONTHLY: _("1 to 31"),
        }
        raise Invalid(field="day", value=new.day, expected=told[new.cadence])
    return new.day


def _at(text: str) -> time:
    try:
        return time.fromisoformat(text.strip())
    except ValueError:
        raise Invalid(field="at", value=text, expected=_("a time such as 09:30")) from None


def _folder(text: str) -> str:
    if not text.strip():
        return ""
    folder = Path(text.strip()).expanduser()
    if not folder.is_absolute() or not folder.is_dir():
        raise Invalid(field="folder", value=text, expected=_("the whole path of a folder"))
    return str(folder)


def checked_recipients(given: Sequence[str]) -> list[str]:
    """The addresses, each once. Raises :class:`Invalid` for what is none, and for too many."""
    found = list(dict.fromkeys(checked_address(each) for each in given if each.strip()))
    if len(found) > MOST_RECIPIENTS:
        told = _("at most {most} addresses").format(most=MOST_RECIPIENTS)
        raise Invalid(field="mail", value=len(found), expected=told)
    return found


def _report(work: ReadWork, report_id: int) -> ReportDefinition:
    row = work.session.get(ReportDefinition, report_id)
    if row is None:
        raise NotFound(what=_("report"), ref=report_id)
    return row


def _held(work: UnitOfWork, schedule_id: int) -> tuple[ReportSchedule, str]:
    """A schedule that the actor may change, held until the work commits, with its report's name."""
    require(work.actor, Permission.SCHEDULE)
    row = work.session.get(ReportSchedule, schedule_id, with_for_update=True)
    if row is None:
        raise NotFound(what=_("schedule"), ref=schedule_id)
    report = _report(work, row.report_id)
    own = work.actor.login in (row.set_by, report.owner)
    if not own and not report.shared and report.name not in READY:
        raise Refused(why=_("this is a schedule of {owner}.").format(owner=row.set_by))
    return row, report.name


def _tell(work: UnitOfWork, kind: str, row: ReportSchedule, name: str) -> None:
    """Addresses and folders name people: they lie where they can be erased."""
    work.session.add(row)
    assert row.id is not None
    work.record(
        kind,
        "report_schedule",
        row.id,
        store_id=STUDIO,
        ref=name,
        changed={"to": (None, ", ".join(filter(None, (row.folder, *row.recipients))))},
        report_id=row.report_id,
        cadence=row.cadence.value,
        day=row.day,
        time=row.at,
    )
