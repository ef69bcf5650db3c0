"""The customer is asked: the response clock stands until they have answered (B7)."""

from __future__ import annotations

from crm_tui.core.errors import Refused
from crm_tui.core.language import _
from crm_tui.services.clocks import rules as clocks
from crm_tui.services.clocks.terms import hours_of
from crm_tui.services.orders.moves import amend, hold, require, tell
from crm_tui.services.orders.rules import WAITING
from crm_tui.storage.store import UnitOfWork


def ask(work: UnitOfWork, no: str, expected_version: int | None = None) -> None:
    """The studio waits for the customer's word: the response clock of the waiting order stands.

    Raises :class:`Refused` where it stands already.
    """
    held = hold(work, no, expected_version)
    require(held, WAITING)
    if held.asked_customer_at is not None:
        raise Refused(why=_("{no} waits for the customer already.").format(no=no), reason="asked")
    now = work.clock.now()
    tell(work, amend(work, held, asked_customer_at=now), "order.asked")


def answered(work: UnitOfWork, no: str, expected_version: int | None = None) -> None:
    """The customer has answered: what was left of the response clock is left from now on.

    Raises :class:`Refused` where nothing was asked.
    """
    held = hold(work, no, expected_version)
    require(held, WAITING)
    asked = held.asked_customer_at
    if asked is None:
        raise Refused(why=_("{no} waits for no answer.").format(no=no), reason="not_asked")
    due = held.due_at
    if due is not None:
        due = clocks.answered(due, asked, work.clock.now(), hours_of(work, held.store_id))
    moved = amend(work, held, asked_customer_at=None, due_at=due)
    tell(work, moved, "order.answered")
