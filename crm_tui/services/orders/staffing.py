"""Who serves an order: assignments, and the stretches of service that they measure.

What must never happen is an index in the schema: two companions in one place, two orders or two
running stretches for one companion.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, case, insert, select, update
from sqlmodel import col

from crm_tui.core.errors import NotFound, Refused, Taken
from crm_tui.core.language import _
from crm_tui.core.words import SessionEnd
from crm_tui.models import Assignment, Companion, ServiceSession
from crm_tui.models.base import Instant
from crm_tui.services.customers.stances import keep_apart
from crm_tui.services.customers.states import may_be_served
from crm_tui.services.orders.billing import served_time
from crm_tui.services.orders.moves import Held
from crm_tui.storage.store import ReadWork, UnitOfWork


@dataclass(frozen=True, slots=True)
class Candidate:
    """A companion who is about to be bound to an order."""

    id: int
    nick: str
    share_bp: int
    rate_fen: int
    level_id: int | None
    active: bool


@dataclass(frozen=True, slots=True)
class Serving:
    """The companion bound to an order now."""

    assignment_id: int
    companion_id: int


_SERVING: tuple[Any, ...] = (col(Assignment.id), col(Assignment.companion_id))
_OF_ORDER: Any = bindparam("of_order")
_CANDIDATE = select(*(getattr(Companion, field.name) for field in fields(Candidate))).where(
    col(Companion.id) == bindparam("companion_id")
)
_CURRENT = select(*_SERVING).where(
    col(Assignment.order_id) == _OF_ORDER, col(Assignment.ended_at).is_(None)
)
_LAST_FINISHED = (
    select(*_SERVING)
    .where(
        col(Assignment.order_id) == _OF_ORDER,
        col(Assignment.outcome) == SessionEnd.FINISHED,
    )
    .order_by(col(Assignment.id).desc())
)
_STRETCHES = select(col(ServiceSession.started_at), col(ServiceSession.ended_at)).where(
    col(ServiceSession.order_id) == _OF_ORDER
)
_ASSIGN = insert(Assignment)
_BEGIN_STRETCH = insert(ServiceSession)
_END_ASSIGNMENT = (
    update(Assignment)
    .where(col(Assignment.order_id) == _OF_ORDER, col(Assignment.ended_at).is_(None))
    .values(ended_at=bindparam("now"), outcome=bindparam("why"))
)
_NOW = bindparam("now", type_=Instant)
_BEGAN = col(ServiceSession.started_at)
_END_STRETCH = (
    update(ServiceSession)
    .where(col(ServiceSession.order_id) == _OF_ORDER, col(ServiceSession.ended_at).is_(None))
    .values(ended_at=case((_BEGAN > _NOW, _BEGAN), else_=_NOW), ended_by=bindparam("why"))
)


def candidate(work: ReadWork, companion_id: int) -> Candidate:
    """The companion, if they still work here. Raises :class:`NotFound`, :class:`Refused`."""
    known = {"companion_id": companion_id}
    row = work.session.connection().execute(_CANDIDATE, known).one_or_none()
    if row is None:
        raise NotFound(what=_("companion"), ref=companion_id)
    found = Candidate(*row)
    if not found.active:
        raise Refused(why=_("{companion} no longer works here.").format(companion=found.nick))
    return found


def bind(work: UnitOfWork, held: Held, who: Candidate, score: float | None = None) -> None:
    """Give the order to ``who``, with the share in force now.

    Raises :class:`Refused` where the companion is bound by another order or kept from the
    customer, or the customer is a minor; :class:`Taken` where the place is filled.
    """
    may_be_served(work, held.customer_id)
    keep_apart(work, held.customer_id, who.id)
    why = _("{companion} is bound by another order.").format(companion=who.nick)
    errors = {
        "uq_assignment_companion": Refused(why=why, companion=who.nick, reason="busy"),
        "uq_assignment_place": Taken(no=held.no, by="…"),
    }
    with work.on_violation(errors):
        work.session.connection().execute(
            _ASSIGN,
            {
                "store_id": held.store_id,
                "order_id": held.id,
                "companion_id": who.id,
                "place": 1,
                "share_bp": who.share_bp,
                "score": score,
                "accepted_at": work.clock.now(),
            },
        )


def current(work: ReadWork, order_id: int) -> Serving | None:
    """Who is bound to the order now, if anybody."""
    row = work.session.connection().execute(_CURRENT, {"of_order": order_id}).first()
    return None if row is None else Serving(*row)


def unbind(work: UnitOfWork, order_id: int, outcome: SessionEnd) -> None:
    """End the order's assignment, if it has one, and the stretch of service that runs."""
    close_session(work, order_id, outcome)
    ending = {"of_order": order_id, "now": work.clock.now(), "why": outcome}
    work.session.connection().execute(_END_ASSIGNMENT, ending)


def bind_again(work: UnitOfWork, held: Held) -> Serving | None:
    """Take back the end of the last finished assignment; ``None`` where there is none.

    Raises :class:`Refused` where the companion serves another order meanwhile.
    """
    row = work.session.connection().execute(_LAST_FINISHED, {"of_order": held.id}).first()
    if row is None:
        return None
    busy = Refused(why=_("The companion is bound by another order."), reason="busy")
    with work.on_violation({"uq_assignment_companion": busy}):
        work.session.connection().execute(
            update(Assignment)
            .where(col(Assignment.id) == row.id)
            .values(ended_at=None, outcome=None)
        )
    return Serving(*row)


def open_session(work: UnitOfWork, held: Held, serving: Serving) -> None:
    """Let a stretch of service begin now. Raises :class:`Refused` where one is running."""
    running = Refused(why=_("The clock of this companion is already running."), reason="running")
    with work.on_violation({"uq_service_session_companion": running}):
        work.session.connection().execute(
            _BEGIN_STRETCH,
            {
                "store_id": held.store_id,
                "order_id": held.id,
                "assignment_id": serving.assignment_id,
                "companion_id": serving.companion_id,
                "started_at": work.clock.now(),
            },
        )


def close_session(work: UnitOfWork, order_id: int, ended_by: SessionEnd) -> bool:
    """End the running stretch now; False where none runs (paused).

    Where the machine's clock was set back meanwhile, the stretch ends when it began.
    """
    ending = {"of_order": order_id, "now": work.clock.now(), "why": ended_by}
    return work.session.connection().execute(_END_STRETCH, ending).rowcount > 0


def served(work: ReadWork, order_id: int, until: datetime) -> timedelta:
    """Time served for the order by everybody, up to ``until``."""
    stretches = work.session.connection().execute(_STRETCHES, {"of_order": order_id})
    return served_time(stretches, until)
