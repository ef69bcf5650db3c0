"""What happens when clocks run out: alarms, a task for a manager, a service that counts as
confirmed (B7, B10)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from crm_tui.core.language import _
from crm_tui.core.words import AlarmKind, TaskKind
from crm_tui.services.alarms.actions import raise_alarm
from crm_tui.services.clocks.reads import RunOut, run_out
from crm_tui.services.clocks.rules import VERSION
from crm_tui.services.operators.reads import a_manager
from crm_tui.services.orders.actions import confirm
from crm_tui.services.tasks.actions import NewTask
from crm_tui.storage.store import UnitOfWork

AT_ONCE = 200
"""Clocks seen to in one transaction: others get their turn in between."""
_ANSWER_WITHIN = timedelta(minutes=5)
"""The term of a manager's task to answer a customer."""


def raise_due(work: UnitOfWork, at_most: int = AT_ONCE) -> list[RunOut]:
    """See to the clocks that have run out, those due longest first; answers what was told of.

    Each raises its alarm once, whoever else looks at the same time. The orders are held; those
    that somebody else has hold of are left for the next time.
    """
    return raise_these(work, run_out(work)[:at_most])


def raise_these(work: UnitOfWork, found: Sequence[RunOut]) -> list[RunOut]:
    """:func:`raise_due` for clocks that were found before, where they have run out still."""
    return [each for each in run_out(work, found) if _raise(work, each)] if found else []


def _raise(work: UnitOfWork, clock: RunOut) -> bool:
    task = _task(work, clock) if clock.kind is AlarmKind.ESCALATION else None
    raised = raise_alarm(
        work,
        clock.kind,
        "order",
        clock.order_id,
        clock.occasion,
        clock.due_at,
        task=task,
        rule_version=VERSION,
    )
    if raised and clock.kind is AlarmKind.UNCONFIRMED:
        confirm(work, clock.no)
    return raised


def _task(work: UnitOfWork, clock: RunOut) -> NewTask:
    """What a manager has to do about a customer who is not answered."""
    return NewTask(
        title=_("{no} waits for an answer").format(no=clock.no),
        order_id=clock.order_id,
        owner=a_manager(work, clock.store_id),
        due_at=work.clock.now() + _ANSWER_WITHIN,
        kind=TaskKind.OTHER,
    )
