"""Looking for trouble: the rules over what happened since the last look, and what runs on.

A look reads the event log from where the last one stopped and asks the rules only about the
people whom those events concern, so that it can be made every few seconds.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import col, func, select

from crm_tui.core.language import _
from crm_tui.core.words import AlarmKind, TaskKind
from crm_tui.models import Event, EventReader
from crm_tui.services.alarms import reads as alarms
from crm_tui.services.alarms.actions import raise_alarm
from crm_tui.services.companions.reads import by_ids as companions_by_ids
from crm_tui.services.risk import reads, rules
from crm_tui.services.risk.reads import Touched
from crm_tui.services.risk.rules import Limits, Parts
from crm_tui.services.risk.telling import in_words
from crm_tui.services.tasks.actions import NewTask
from crm_tui.storage import events
from crm_tui.storage.events import EventRow
from crm_tui.storage.store import ReadWork, UnitOfWork

READER = "risk"
AT_ONCE = 2_000
"""Events of a store that one look goes through; the next one goes on from there."""
FIRST_LOOK = timedelta(days=1)
"""So far back the first look of all begins: an old history is not news."""


@dataclass(frozen=True, slots=True)
class Sign:
    """What a rule saw, about whom."""

    kind: AlarmKind
    entity: str
    entity_id: int
    occasion: str
    parts: Parts
    title: str
    customer_id: int | None = None
    order_id: int | None = None


def look(work: UnitOfWork) -> int:
    """Apply the rules to what happened since the last look; answers the alarms that were raised.

    Each alarm comes with a task of kind risk, for ``risk.owner``, else for the customer's owner,
    else for nobody yet, and with a term by its kind (:data:`rules.TERM_MINUTES`).
    """
    limits = Limits.of(work.setting("risk.rules"))
    told = _read_on(work)
    raised = sum(_tell(work, sign) for sign in _overruns(work, limits))
    if told:
        found = reads.touched(work, told, limits)
        raised += sum(_tell(work, sign) for sign in _about(work, found, limits))
    return raised


def _read_on(work: UnitOfWork) -> list[EventRow]:
    """The events since the last look, which it now has read."""
    told: list[EventRow] = []
    for store_id in sorted(events.heads(work.session)):
        reader = work.session.get(EventReader, (READER, store_id), with_for_update=True)
        reader = reader or EventReader(name=READER, store_id=store_id, seq=_begin(work, store_id))
        new = events.after(work.session, store_id, reader.seq, AT_ONCE)
        if new:
            reader.seq = new[-1].seq
            work.session.add(reader)
            told += new
    return told


def _begin(work: ReadWork, store_id: int) -> int:
    """The number after which the first look begins."""
    since = work.clock.now() - FIRST_LOOK
    first = select(func.min(Event.seq)).where(Event.store_id == store_id, col(Event.at) >= since)
    return (work.session.exec(first).one() or 1) - 1


def _about(work: UnitOfWork, found: Touched, limits: Limits) -> Iterator[Sign]:
    pairs = found.pairs
    known = reads.known(
        work, found.complaining | found.cancelling | {customer for customer, _who in pairs}
    )
    for customer_id in sorted(found.complaining & known):
        yield from _complaints(work, customer_id, limits)
    for customer_id in sorted(found.cancelling & known):
        yield from _cancels(work, "customer", customer_id, limits)
    for companion_id in sorted(found.withdrawing):
        yield from _cancels(work, "companion", companion_id, limits)
    for customer_id, companion_id in sorted(pairs):
        if customer_id in known:
            yield from _private_deal(work, customer_id, companion_id, limits)


def _overruns(work: ReadWork, limits: Limits) -> Iterator[Sign]:
    kind = AlarmKind.LONG_OVERRUN
    running = reads.overrunning(work, limits)
    known = reads.known(work, {row.customer_id for row, _served in running})
    for row, served in running:
        parts = rules.long_overrun(row.planned_minutes, served, limits)
        if parts and row.customer_id in known:
            occasion = f"{reads.OVERRUN_OCCASION}{row.planned_minutes}"
            title = f"{kind.label}: {row.no}"
            yield Sign(kind, "order", row.id, occasion, parts, title, row.customer_id, row.id)


def _complaints(work: ReadWork, customer_id: int, limits: Limits) -> Iterator[Sign]:
    kind, now = AlarmKind.COMPLAINTS, work.clock.now()
    since = now - timedelta(days=limits.complaint_days)
    counted = max([since, *_told_at(work, kind, "customer", customer_id)])
    made = reads.complaints_of(work, customer_id, counted)
    parts = rules.complaints(made, now, limits)
    if parts:
        occasion = f"last:{max(made).isoformat()}"
        yield Sign(kind, "customer", customer_id, occasion, parts, kind.label, customer_id)


def _cancels(work: ReadWork, entity: str, entity_id: int, limits: Limits) -> Iterator[Sign]:
    kind = AlarmKind.CANCEL_RATE
    since = work.clock.now() - timedelta(days=limits.cancel_days)
    of_customer = entity == "customer"
    theirs = (reads.cancels_of if of_customer else reads.withdrawals_of)(work, entity_id, since)
    if theirs.cancelled < limits.cancels or _lately(work, kind, entity, entity_id, limits):
        return
    usual = (reads.usual_cancels if of_customer else reads.usual_withdrawals)(work, since)
    parts = rules.cancel_rate(theirs, usual, limits)
    if parts:
        customer_id = entity_id if of_customer else None
        title = kind.label if of_customer else f"{kind.label}: {_nick(work, entity_id)}"
        yield Sign(kind, entity, entity_id, _today(work), parts, title, customer_id)


def _private_deal(
    work: ReadWork, customer_id: int, companion_id: int, limits: Limits
) -> Iterator[Sign]:
    kind, now = AlarmKind.PRIVATE_DEAL, work.clock.now()
    since = now - timedelta(days=limits.pair_days)
    pair = reads.pair(work, customer_id, companion_id, since, work.calendar())
    weights = work.setting("risk.private_deal_weights")
    parts = rules.private_deal(pair, now, weights, limits)
    mark = f"with:{companion_id}:"
    if parts and not _lately(work, kind, "customer", customer_id, limits, mark):
        title = _("{kind}, with {companion}").format(
            kind=kind.label, companion=_nick(work, companion_id)
        )
        parts |= {"companion_id": companion_id}
        yield Sign(kind, "customer", customer_id, mark + _today(work), parts, title, customer_id)


def _tell(work: UnitOfWork, sign: Sign) -> bool:
    now = work.clock.now()
    owner = reads.owner_of(work, sign.customer_id)
    due_at = now + timedelta(minutes=rules.TERM_MINUTES[sign.kind])
    task = NewTask(
        sign.title,
        customer_id=sign.customer_id,
        order_id=sign.order_id,
        why=in_words(sign.kind, sign.parts),
        owner=owner,
        unowned=owner is None,
        due_at=due_at,
        kind=TaskKind.RISK,
    )
    return raise_alarm(
        work,
        sign.kind,
        sign.entity,
        sign.entity_id,
        sign.occasion,
        parts=sign.parts,
        task=task,
        rule_version=rules.VERSION,
    )


def _lately(
    work: ReadWork, kind: AlarmKind, entity: str, entity_id: int, limits: Limits, mark: str = ""
) -> bool:
    """Whether the same was told not long ago."""
    since = work.clock.now() - timedelta(days=limits.again_days)
    return any(at >= since for at in _told_at(work, kind, entity, entity_id, mark))


def _told_at(
    work: ReadWork, kind: AlarmKind, entity: str, entity_id: int, mark: str = ""
) -> list[datetime]:
    """When alarms of this kind were raised about one record."""
    told = alarms.of(work, entity, entity_id)
    return [each.raised_at for each in told if each.kind is kind and each.occasion.startswith(mark)]


def _today(work: ReadWork) -> str:
    return work.calendar().day_of(work.clock.now()).isoformat()


def _nick(work: ReadWork, companion_id: int) -> str:
    found = companions_by_ids(work, [companion_id])
    return found[0].nick if found else str(companion_id)
