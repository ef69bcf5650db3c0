"""What the keys for notes and tasks have done, on a worker thread: one call into a service each.

The services are imported inside: nothing heavy may be loaded before the first frame.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from crm_tui.core.words import ContactChannel

if TYPE_CHECKING:
    from datetime import datetime

    from crm_tui.services.attachments.folder import KeptFile
    from crm_tui.services.interactions.reads import InteractionRow
    from crm_tui.services.tasks.reads import TaskRow
    from crm_tui.storage.store import ReadWork, UnitOfWork

NOTES = 500
"""Notes of a customer that are listed."""
ORDERS = 20
"""Orders of a customer that are offered for a note."""


@dataclass(frozen=True, slots=True)
class Paper:
    """What a note's form offers: templates, filled; the last channel; numbers of orders."""

    templates: tuple[tuple[str, str], ...]
    channel: ContactChannel | None
    orders: tuple[tuple[str, str], ...]


def paper(customer_id: int, order_id: int | None, login: str, work: ReadWork) -> Paper:
    """What is there to write a note about a customer with."""
    from crm_tui.services.interactions import reads, templates
    from crm_tui.services.orders import reads as orders

    values = templates.known(work, customer_id, order_id, login)
    return Paper(
        tuple((row.name, templates.fill(row.body, values)) for row in templates.listed(work)),
        reads.last_of(work, customer_id),
        tuple(
            (row.no, f"{row.no} {row.status.label} {row.game}")
            for row in orders.find(work, customer_id=customer_id, limit=ORDERS)
        ),
    )


def take_in(files: Sequence[Path], work: ReadWork) -> tuple[KeptFile, ...]:
    """Copies of ``files`` in the data folder, for the note that follows."""
    from crm_tui.services.attachments import actions

    return actions.take_in(work.store, files)


def note(
    customer_id: int, values: dict[str, Any], files: tuple[KeptFile, ...], work: UnitOfWork
) -> int:
    """Write the note down that a form describes; answers its id."""
    from crm_tui.services.interactions import actions

    new = actions.NewInteraction(
        customer_id,
        values["summary"] or "",
        channel=values["channel"],
        direction=values["direction"],
        order_id=_order_id(work, values["order"]),
        files=files,
    )
    return actions.note(work, new)


def notes(customer_id: int, work: ReadWork) -> list[InteractionRow]:
    """The newest notes of a customer."""
    from crm_tui.services.interactions import reads

    return reads.of_customer(work, customer_id, limit=NOTES)


def edit_note(row: InteractionRow, changes: dict[str, Any], work: UnitOfWork) -> None:
    """Change a note as it was when the form was opened."""
    from crm_tui.services.interactions import actions

    actions.edit(work, row.id, changes, expected_version=row.version)


def unedit_note(row: InteractionRow, work: UnitOfWork) -> None:
    """Let a note be as ``row`` was."""
    from crm_tui.services.interactions import actions

    before = {"summary": row.summary, "channel": row.channel, "direction": row.direction}
    actions.edit(work, row.id, before)


def remove_note(note_id: int, work: UnitOfWork) -> InteractionRow:
    """Take a note away; answers what :func:`restore_note` takes."""
    from crm_tui.services.attachments.actions import collect
    from crm_tui.services.interactions import actions

    was = actions.remove(work, note_id)
    if was.attachments:
        collect(work)
    return was


def restore_note(was: InteractionRow, work: UnitOfWork) -> int:
    from crm_tui.services.interactions import actions

    return actions.restore(work, was)


def save_files(row: InteractionRow, to: Path, work: ReadWork) -> list[Path]:
    """Write all files of a note out."""
    from crm_tui.services.attachments import actions

    return [actions.give_out(work, each.id, to)[1] for each in row.attachments]


def due(text: str, now: datetime, calendar: Any) -> datetime:
    """Until when ``text`` means. Raises ``Invalid``."""
    from crm_tui.services.tasks import rules

    return rules.due(text, now, calendar)


def logins(work: ReadWork) -> list[str]:
    """Who can have a task."""
    from crm_tui.services.operators import reads

    return reads.logins(work)


def open_tasks(customer_id: int, work: ReadWork) -> list[TaskRow]:
    """What is to be done for a customer."""
    from crm_tui.services.tasks import reads

    return reads.of_customer(work, customer_id, closed=0)


def add_task(customer_id: int | None, values: dict[str, Any], work: UnitOfWork) -> int:
    from crm_tui.services.tasks import actions

    new = actions.NewTask(
        values["title"],
        customer_id=customer_id,
        order_id=_order_id(work, values["order"]),
        why=values["why"] or "",
        owner=values["owner"],
        due_at=values["due"],
        kind=values["kind"],
    )
    return actions.add(work, new)


def drop_task(task_id: int, reason: str, work: UnitOfWork) -> None:
    from crm_tui.services.tasks import actions

    actions.drop(work, task_id, reason)


def finish_task(task_id: int, outcome: str, work: UnitOfWork) -> None:
    from crm_tui.services.tasks import actions

    actions.done(work, task_id, outcome)


def reopen_task(task_id: int, work: UnitOfWork) -> None:
    from crm_tui.services.tasks import actions

    actions.reopen(work, task_id)


def snooze_task(task_id: int, until: datetime | None, work: UnitOfWork) -> None:
    from crm_tui.services.tasks import actions

    actions.snooze(work, task_id, until)


def unsnooze_task(task: TaskRow, work: UnitOfWork) -> None:
    """Let a task rest as long as before, if that has not passed, or no longer."""
    from crm_tui.services.tasks import actions

    until = task.snoozed_until if task.asleep(work.clock.now()) else None
    actions.snooze(work, task.id, until)


def hand_over_task(task_id: int, login: str | None, work: UnitOfWork) -> None:
    from crm_tui.services.tasks import actions

    actions.hand_over(work, task_id, login)


def _order_id(work: ReadWork, no: str | None) -> int | None:
    from crm_tui.services.orders import reads

    return reads.one(work, no).id if no else None
