"""What people do with what waits: put it off, give it to somebody, say that it is done.

A task keeps that itself (``services.tasks``); everything else has a mark. Texts are personal.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from crm_tui.core.errors import Conflict, Invalid, NotFound, Refused
from crm_tui.core.language import _
from crm_tui.core.words import Cause
from crm_tui.models import Order, Rating
from crm_tui.models.alarms import Alarm, InboxMark
from crm_tui.services.customers.rules import checked_text
from crm_tui.services.inbox.rules import ENDED_BY, Thing
from crm_tui.services.operators.reads import resolve
from crm_tui.services.tasks import actions as tasks
from crm_tui.services.tasks.rules import LONGEST_TEXT, to_come
from crm_tui.storage.store import UnitOfWork

_TABLES: Mapping[str, Any] = {"order": Order, "rating": Rating, "alarm": Alarm}


def snooze(work: UnitOfWork, thing: Thing, until: datetime | None) -> None:
    """Let a thing rest until a time to come (UTC); None wakes it.

    Raises :class:`NotFound`, :class:`Invalid` for a time that is over, :class:`Conflict`; for a
    task what ``tasks.actions.snooze`` raises.
    """
    if thing.cause is Cause.TASK:
        tasks.snooze(work, thing.id, until)
        return
    mark = _mark(work, thing)
    mark.snoozed_until = to_come(until, work.clock.now())
    _tell(work, mark, "inbox.snoozed", until=until.isoformat() if until else None)


def hand_over(work: UnitOfWork, thing: Thing, owner: str | None) -> None:
    """Give a thing to the operator with the login ``owner``; None: to nobody yet.

    Raises :class:`NotFound`, :class:`Conflict`; for a task what ``tasks.actions.hand_over`` raises.
    """
    if thing.cause is Cause.TASK:
        tasks.hand_over(work, thing.id, owner)
        return
    mark = _mark(work, thing)
    before = mark.owner_id
    mark.owner_id = None if owner is None else resolve(work, owner)
    if mark.owner_id != before:
        _tell(work, mark, "inbox.handed_over", owner_id=mark.owner_id, owner_id_before=before)


def done(work: UnitOfWork, thing: Thing, said: str = "") -> None:
    """Close a task with its outcome ``said``, or dismiss an alarm or low rating with a note.

    Raises :class:`NotFound`, :class:`Conflict`, :class:`Invalid` for a dismissal without a note,
    :class:`Refused` for an order, whose waiting only ends when something happens to it.
    """
    if thing.cause is Cause.TASK:
        tasks.done(work, thing.id, said)
        return
    if thing.cause in ENDED_BY:
        why = _("it waits until {what}.").format(what=_(ENDED_BY[thing.cause]))
        raise Refused(why=why, reason="waits")
    note = checked_text("note", said, LONGEST_TEXT)
    if not note:
        raise Invalid(field="reason", value=said, expected=_("why nothing is to be done"))
    mark = _mark(work, thing)
    mark.done_at = work.clock.now()
    _tell(work, mark, "inbox.done", changed={"note": (None, note)})


def undone(work: UnitOfWork, thing: Thing) -> None:
    """Let a thing wait again: the opposite of :func:`done`. Raises :class:`NotFound`."""
    if thing.cause is Cause.TASK:
        tasks.reopen(work, thing.id)
        return
    mark = _mark(work, thing)
    mark.done_at = None
    _tell(work, mark, "inbox.reopened")


def _mark(work: UnitOfWork, thing: Thing) -> InboxMark:
    """The mark of a thing that exists, held until the work commits; a new one where it has none."""
    known = (thing.entity, thing.id, thing.cause.value)
    mark = work.session.get(InboxMark, known, with_for_update=True, populate_existing=True)
    return mark or InboxMark(
        entity=thing.entity,
        entity_id=thing.id,
        cause=thing.cause.value,
        marked_at=work.clock.now(),
        marked_by=work.actor.login,
    )


def _tell(
    work: UnitOfWork,
    mark: InboxMark,
    kind: str,
    *,
    changed: Mapping[str, tuple[str | None, str | None]] | None = None,
    **facts: Any,
) -> None:
    """Write the mark and record the event; what is marked must exist."""
    about = _subject(work, mark)
    mark.marked_at, mark.marked_by = work.clock.now(), work.actor.login
    work.session.add(mark)
    with work.on_violation({"pk_inbox_mark": Conflict(what=about.ref)}):
        work.session.flush()
    work.record(
        kind,
        about.entity,
        about.id,
        store_id=about.store_id,
        ref=about.ref,
        changed=changed,
        cause=mark.cause,
        **facts,
    )


class _Subject(NamedTuple):
    """The record that an event about a mark names."""

    entity: str
    id: int
    store_id: int
    ref: str


def _subject(work: UnitOfWork, mark: InboxMark) -> _Subject:
    """What is marked; of an alarm what it was raised about. Raises :class:`NotFound`."""
    table = _TABLES.get(mark.entity)
    row = work.session.get(table, mark.entity_id) if table else None
    if isinstance(row, Alarm):
        return _Subject(row.entity, row.entity_id, row.store_id, row.kind.value)
    if row is not None:
        ref = row.no if isinstance(row, Order) else str(row.id)
        return _Subject(mark.entity, mark.entity_id, row.store_id, ref)
    raise NotFound(what=_("waiting thing"), ref=f"{mark.entity}:{mark.entity_id}")
