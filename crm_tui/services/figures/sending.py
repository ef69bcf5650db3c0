"""Sending the reports that have fallen due: each once, whoever else sends, whatever is killed.

Nothing slow happens in a transaction. A sending is claimed by its unique key (schedule, due time)
in one, done outside of any, and settled in another, which only counts while the claim holds. A
claim that was not settled runs out after :data:`CLAIM_LASTS`, and somebody else takes it over. A
file is written under the same name again, which changes nothing; an e-mail that was handed in just
before a kill goes out a second time with the same Message-ID, by which mail programs know it. Of
several that fell due while nobody sent, only the last is sent.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy import bindparam, select, text, update
from sqlmodel import col

from crm_tui.core.actor import SYSTEM, Actor
from crm_tui.core.clock import to_micros
from crm_tui.core.errors import CrmError, StorageProblem
from crm_tui.core.language import _, joined
from crm_tui.core.permissions import Permission, require
from crm_tui.core.text import clean
from crm_tui.core.words import SendingState, TaskKind, TaskState
from crm_tui.models import STUDIO
from crm_tui.models.base import Instant
from crm_tui.models.contacts import Task
from crm_tui.models.reports import ReportDefinition, ReportSchedule, ReportSending
from crm_tui.services.clocks.jobs import Done
from crm_tui.services.clocks.upkeep import Failed, Told
from crm_tui.services.figures.mailing import Letter, MailServer, send
from crm_tui.services.figures.parcels import Destination, Parcel, hand_over, parcel_of
from crm_tui.services.figures.reports.ready import title_of
from crm_tui.services.figures.schedule_rules import LONGEST_WAIT, wait_after
from crm_tui.services.figures.schedules import checked_recipients, timetable_of
from crm_tui.services.operators import reads as operators
from crm_tui.services.tasks import actions as tasks
from crm_tui.services.tasks.actions import NewTask
from crm_tui.storage.store import ReadWork, Store, UnitOfWork

LOOK_SECONDS = 15.0
"""Between two looks at what has fallen due."""
CLAIM_LASTS = timedelta(minutes=5)
TELL_AFTER = 2
"""So many attempts have failed before somebody is asked to see to it."""
_TOO_FAR = LONGEST_WAIT + CLAIM_LASTS
"""What waits for longer was put off before the clock was set back."""
_CLAIM = text(
    "INSERT INTO report_sending"
    " (schedule_id, due_at, state, attempts, try_at, claim, why)"
    " VALUES (:schedule_id, :due_at, 'waiting', 1, :until, :claim, '')"
    " ON CONFLICT (schedule_id, due_at) DO UPDATE SET"
    " attempts = report_sending.attempts + 1, try_at = excluded.try_at, claim = excluded.claim"
    " WHERE report_sending.state = 'waiting'"
    " AND (report_sending.try_at <= :now OR report_sending.try_at > :too_far)"
    " RETURNING id, attempts"
).bindparams(*(bindparam(name, type_=Instant) for name in ("due_at", "until", "now", "too_far")))
_WAITING = select(col(ReportSending.id), col(ReportSending.task_id)).where(
    col(ReportSending.schedule_id) == bindparam("schedule"),
    col(ReportSending.due_at) < bindparam("due"),
    col(ReportSending.state) == SendingState.WAITING,
)


@dataclass(frozen=True, slots=True)
class Due:
    """A sending that has fallen due, as the schedule says."""

    schedule_id: int
    due_at: datetime


@dataclass(frozen=True, slots=True)
class _Claimed:
    """A sending that is ours while the claim holds."""

    id: int
    due: Due
    claim: str
    attempts: int


def due(work: ReadWork) -> list[Due]:
    """The sendings that have fallen due and are not settled: the last of each schedule."""
    query = (
        select(ReportSchedule)
        .join(ReportDefinition, col(ReportDefinition.id) == col(ReportSchedule.report_id))
        .where(col(ReportSchedule.ended_at).is_(None), col(ReportDefinition.removed_at).is_(None))
        .order_by(col(ReportSchedule.id))
    )
    now, calendar = work.clock.now(), work.calendar()
    found = []
    for row in work.session.scalars(query):
        assert row.id is not None
        due_at = timetable_of(row).latest(now, calendar)
        if due_at > row.set_at and _is_open(work, row.id, due_at, now):
            found.append(Due(row.id, due_at))
    return found


def deliver(
    store: Store, one: Due, outbox: Callable[[MailServer, Letter], list[str]] = send
) -> Told | None:
    """Send one report that has fallen due; None where somebody else does or did.

    A failure is put off for longer and longer, told in the answer, and after :data:`TELL_AFTER`
    attempts as a task in the inbox. Raises :class:`StorageProblem`.
    """
    claimed = store.perform(SYSTEM, partial(_take, one=one))
    if claimed is None:
        return None
    try:
        parcel = _composed(store, claimed)
        refused = hand_over(parcel, outbox)
    except StorageProblem:
        raise
    except CrmError as error:
        store.perform(SYSTEM, partial(_put_off, claimed=claimed, error=error))
        return Failed("reports", error)
    if not store.perform(SYSTEM, partial(_settle, claimed=claimed, refused=refused)):
        return None
    return Done("report.sent", parcel.name, {"due_at": one.due_at, "refused": refused})


class Postman:
    """Sends what falls due, one after the other, until it is stopped. ``tell`` hears of it."""

    def __init__(self, store: Store, tell: Callable[[Told], object]) -> None:
        self._store, self._tell = store, tell

    def run(self, stopped: Callable[[float], bool]) -> None:
        """Look and send until ``stopped`` says so, which waits for the seconds it is given."""
        while True:
            self.step()
            if stopped(LOOK_SECONDS):
                return

    def step(self) -> None:
        """Send all that has fallen due. A database out of reach is told of, and tried again."""
        try:
            with self._store.read() as work:
                waiting = due(work)
            for one in waiting:
                told = deliver(self._store, one)
                if told is not None:
                    self._tell(told)
        except StorageProblem as problem:
            self._tell(Failed("reports", problem))


def send_now(
    store: Store, actor: Actor, report_id: int, folder: str, recipients: Sequence[str]
) -> dict[str, Any]:
    """Send a report at once, beside its schedules. Answers ``{"report", "file", "refused"}``.

    Raises :class:`Refused` for a role that may not have reports sent, :class:`Invalid` for what is
    no address, and what running and sending it raise.
    """
    require(actor, Permission.SCHEDULE)
    recipients = checked_recipients(recipients)
    with store.read() as work:
        row = work.session.get_one(ReportDefinition, report_id)
        token = store.ids.token()
        where = Destination(folder, tuple(recipients), f"now.{token}")
        parcel = parcel_of(work, row, actor, work.clock.now(), where)
    refused = hand_over(parcel, send)

    def log(work: UnitOfWork) -> None:
        work.record(
            "report.sent",
            "report",
            report_id,
            store_id=STUDIO,
            ref=parcel.name,
            refused=len(refused),
        )

    store.perform(actor, log)
    return {"report": parcel.name, "file": parcel.file_name, "refused": refused}


def _is_open(work: ReadWork, schedule_id: int, due_at: datetime, now: datetime) -> bool:
    query = select(ReportSending).where(
        col(ReportSending.schedule_id) == schedule_id, col(ReportSending.due_at) == due_at
    )
    row = work.session.scalars(query).first()
    if row is None:
        return True
    may_try = row.try_at <= now or row.try_at > now + _TOO_FAR
    return row.state is SendingState.WAITING and may_try


def _take(work: UnitOfWork, one: Due) -> _Claimed | None:
    """Claim a sending; those of the schedule that fell due before it are overtaken."""
    now, claim = work.clock.now(), work.ids.token()
    wanted = {
        "schedule_id": one.schedule_id,
        "due_at": one.due_at,
        "until": now + CLAIM_LASTS,
        "claim": claim,
        "now": now,
        "too_far": now + _TOO_FAR,
    }
    connection = work.session.connection()
    row = connection.execute(_CLAIM, wanted).one_or_none()
    if row is None:
        return None
    before = {"schedule": one.schedule_id, "due": one.due_at}
    for older, task_id in connection.execute(_WAITING, before).all():
        _mark(work, older, state=SendingState.OVERTAKEN, done_at=now)
        _close_task(work, task_id, _("a later one fell due"))
    return _Claimed(row.id, one, claim, row.attempts)


def _composed(store: Store, claimed: _Claimed) -> Parcel:
    """The report as it was to be at its due time, run as whoever scheduled it."""
    with store.read() as work:
        row = work.session.get_one(ReportSchedule, claimed.due.schedule_id)
        report = work.session.get_one(ReportDefinition, row.report_id)
        who = operators.actor_for(work, row.set_by, row.set_by)
        mark = f"{row.id}.{to_micros(row.set_at)}.{to_micros(claimed.due.due_at)}"
        where = Destination(row.folder, tuple(row.recipients), mark)
        return parcel_of(work, report, who, claimed.due.due_at, where, row.cadence)


def _settle(work: UnitOfWork, claimed: _Claimed, refused: list[str]) -> bool:
    """It was sent; False where the claim has run out and somebody else has it."""
    row = _ours(work, claimed)
    if row is None:
        return False
    why = _("refused by the mail server: {who}").format(who=joined(refused)) if refused else ""
    now = work.clock.now()
    _mark(work, claimed.id, state=SendingState.SENT, done_at=now, why=why)
    _close_task(work, row.task_id, _("sent"))
    if refused:
        _ask(work, claimed, why)
    _told(work, "report.sent", claimed, refused=len(refused))
    return True


def _put_off(work: UnitOfWork, claimed: _Claimed, error: CrmError) -> None:
    """It could not be sent: try again later, and ask somebody to see to it."""
    row = _ours(work, claimed)
    if row is None:
        return
    again = work.clock.now() + wait_after(claimed.attempts)
    _mark(work, claimed.id, try_at=again, why=error.message())
    if claimed.attempts >= TELL_AFTER and row.task_id is None:
        _mark(work, claimed.id, task_id=_ask(work, claimed, error.message()))
    _told(work, "report.unsent", claimed, code=error.code)


def _ours(work: UnitOfWork, claimed: _Claimed) -> ReportSending | None:
    row = work.session.get(ReportSending, claimed.id, with_for_update=True, populate_existing=True)
    return row if row and row.claim == claimed.claim else None


def _mark(work: UnitOfWork, sending_id: int | None, **values: Any) -> None:
    change = update(ReportSending).where(col(ReportSending.id) == sending_id).values(**values)
    work.session.connection().execute(change)


def _ask(work: UnitOfWork, claimed: _Claimed, why: str) -> int:
    """A task for whoever scheduled it, else for a manager."""
    row = work.session.get_one(ReportSchedule, claimed.due.schedule_id)
    known = row.set_by in operators.logins(work)
    owner = row.set_by if known else operators.a_manager(work, STUDIO)
    new = NewTask(
        title=_("Report “{name}” was not sent").format(
            name=clean(title_of(_name(work, claimed)), 60)
        ),
        why=why,
        owner=owner,
        due_at=work.clock.now() + LONGEST_WAIT,
        kind=TaskKind.OTHER,
        unowned=owner is None,
    )
    return tasks.add(work, new)


def _close_task(work: UnitOfWork, task_id: int | None, outcome: str) -> None:
    task = work.session.get(Task, task_id) if task_id is not None else None
    if task is not None and task_id is not None and task.state is TaskState.OPEN:
        tasks.done(work, task_id, outcome)


def _name(work: ReadWork, claimed: _Claimed) -> str:
    row = work.session.get_one(ReportSchedule, claimed.due.schedule_id)
    return work.session.get_one(ReportDefinition, row.report_id).name


def _told(work: UnitOfWork, kind: str, claimed: _Claimed, **facts: Any) -> None:
    due_at, attempts = claimed.due.due_at.isoformat(), claimed.attempts
    work.record(
        kind,
        "report_schedule",
        claimed.due.schedule_id,
        store_id=STUDIO,
        ref=_name(work, claimed),
        due_at=due_at,
        attempts=attempts,
        **facts,
    )
