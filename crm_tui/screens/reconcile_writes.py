"""What the reconciliation has read and done, on a worker thread: one call into a service each.

The services are imported inside: nothing heavy may be loaded before the first frame.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from crm_tui.core.errors import CrmError

if TYPE_CHECKING:
    from crm_tui.screens.desk import Desk
    from crm_tui.screens.dialogs.progress import Tell
    from crm_tui.services.money.bills.actions import Reconciled
    from crm_tui.services.money.bills.reads import BillRow, BookRow
    from crm_tui.storage.store import ReadWork, UnitOfWork

    ReconcileRow = BillRow | BookRow

MOST_OPEN = 5_000
"""Open lines of all bills that are shown; a file's own lines are all shown."""


@dataclass(frozen=True, slots=True)
class Lists:
    """Everything that the screen shows: the lines, and the payments that no line has."""

    done: Reconciled | None
    """The file that is looked at; without one, what is open in all bills."""
    rows: Sequence[ReconcileRow]


@dataclass(frozen=True, slots=True)
class Booked:
    """What became of lines that were to be booked."""

    orders: dict[int, str | None]
    """By line: the order that it was booked on, None for unexplained money."""
    refused: list[str]


def lists(done: Reconciled | None, work: ReadWork) -> Lists:
    """The four lists of a file, or the open lines of all bills."""
    from crm_tui.services.money.bills import reads

    if done is None:
        return Lists(None, reads.open_lines(work, MOST_OPEN))
    missing = reads.only_in_books(work, done.bill.form.channel, done.period)
    return Lists(done, [*reads.of_file(work, done), *missing])


def reconcile(desk: Desk, path: Path, tell: Tell) -> Lists:
    """Read a bill and find its payments; ``tell`` hears how far it is, and may stop it."""
    from crm_tui.services.money.bills import actions

    done = actions.reconcile(
        desk.store, desk.actor, path, lambda count, total: tell(count, total or 0)
    )
    with desk.store.read() as work:
        return lists(done, work)


def book(desk: Desk, lines: Sequence[int], order_no: str | None, tell: Tell) -> Booked:
    """Book each line in a transaction of its own; those that are refused say why."""
    from crm_tui.services.money.bills import deciding

    done = Booked({}, [])
    for place, line_id in enumerate(lines, start=1):

        def act(work: UnitOfWork, line_id: int = line_id) -> str | None:
            return deciding.book(work, line_id, order_no)

        try:
            done.orders[line_id] = desk.store.perform(desk.actor, act)
        except CrmError as error:
            done.refused.append(error.message())
        if not tell(place, len(lines)):
            break
    return done


def accept(line_id: int, work: UnitOfWork) -> None:
    from crm_tui.services.money.bills import deciding

    deciding.accept(work, line_id)


def ignore(lines: Sequence[int], reason: str, work: UnitOfWork) -> None:
    from crm_tui.services.money.bills import deciding

    deciding.ignore(work, lines, reason)


def reopen(lines: Sequence[int], work: UnitOfWork) -> None:
    from crm_tui.services.money.bills import deciding

    for line_id in lines:
        deciding.reopen(work, line_id)
