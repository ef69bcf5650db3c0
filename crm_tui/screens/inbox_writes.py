"""What the inbox has read and done, on a worker thread: one call into a service each.

The services are imported inside: nothing heavy may be loaded before the first frame.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from crm_tui.services.inbox.rules import Thing, Waiting
    from crm_tui.storage.store import ReadWork, UnitOfWork


def waiting(login: str, work: ReadWork) -> list[Waiting]:
    """What waits, in the order in which ``login`` should see to it."""
    from crm_tui.services.inbox import reads

    return reads.waiting(work, login)


def snooze(thing: Thing, until: datetime | None, work: UnitOfWork) -> None:
    from crm_tui.services.inbox import actions

    actions.snooze(work, thing, until)


def rest_again(entry: Waiting, work: UnitOfWork) -> None:
    """Let a thing rest as long as before, if that has not passed, or no longer."""
    snooze(entry.thing, entry.snoozed_until if entry.asleep(work.clock.now()) else None, work)


def hand_over(thing: Thing, login: str | None, work: UnitOfWork) -> None:
    from crm_tui.services.inbox import actions

    actions.hand_over(work, thing, login)


def done(thing: Thing, said: str, work: UnitOfWork) -> None:
    from crm_tui.services.inbox import actions

    actions.done(work, thing, said)


def undone(thing: Thing, work: UnitOfWork) -> None:
    from crm_tui.services.inbox import actions

    actions.undone(work, thing)
