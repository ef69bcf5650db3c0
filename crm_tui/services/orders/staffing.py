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
from crm_tui.core.text import listed
from crm_tui.core.words import SessionEnd
from crm_tui.models import Assignment, Companion, ServiceSession
from crm_tui.models.base import Instant
from crm_tui.services.customers.stances import keep_apart
from crm_tui.services.customers.states import may_be_served
from crm_tui.services.orders.billing import served_time, served_together
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
    """A companion bound to a place of an order now."""

    assignment_id: int
    companion_id: int
    place: int
    nick: str


_COLUMNS: tuple[Any, ...] = (
    col(Assignment.id),
    col(Assignment.companion_id),
    col(Assignment.place),
    col(Companion.nick),
)
_SERVING = select(*_COLUMNS).join(Companion, col(Companion.id) == col(Assignment.companion_id))
_OF_ORDER: Any = bindparam("of_order")
_CANDIDATE = select(*(getattr(Companion, field.name) for field in fields(Candidate))).where(
    col(Companion.id) == bindparam("companion_id")
)
_NOW_SERVING = _SERVING.where(
    col(Assignment.order_id) == _OF_ORDER, col(Assignment.ended_at).is_(None)
).order_by(col(Assignment.place))
_FINISHED = _SERVING.where(
    col(Assignment.order_id) == _OF_ORDER, col(Assignment.outcome) == SessionEnd.FINISHED
).order_by(col(Assignment.place), col(Assignment.id))
_STRETCHES = (
    select(col(Assignment.place), col(ServiceSession.started_at), col(ServiceSession.ended_at))
    .join(Assignment, col(Assignment.id) == col(ServiceSession.assignment_id))
    .where(col(ServiceSession.order_id) == _OF_ORDER)
)
_OF_ASSIGNMENT: Any = bindparam("of_assignment")
_OWN_STRETCHES = select(col(ServiceSession.started_at), col(ServiceSession.ended_at)).where(
    col(ServiceSession.assignment_id) == _OF_ASSIGNMENT
)
_LAST_STOP = (
    select(col(ServiceSession.ended_by))
    .where(col(ServiceSession.order_id) == _OF_ORDER)
    .order_by(col(ServiceSession.id).desc())
    .limit(1)
)
_ASSIGN: Any = insert(Assignment).returning(col(Assignment.id))
_BEGIN_STRETCH = insert(ServiceSession)
_NOW = bindparam("now", type_=Instant)
_BEGAN = col(ServiceSession.started_at)
_END_ASSIGNMENTS = (
    update(Assignment)
    .where(col(Assignment.order_id) == _OF_ORDER, col(Assignment.ended_at).is_(None))
    .values(ended_at=_NOW, outcome=bindparam("why"))
)
_END_STRETCHES = (
    update(ServiceSession)
    .where(col(ServiceSession.order_id) == _OF_ORDER, col(ServiceSession.ended_at).is_(None))
    .values(ended_at=case((_BEGAN > _NOW, _BEGAN), else_=_NOW), ended_by=bindparam("why"))
)
_END_ASSIGNMENT = _END_ASSIGNMENTS.where(col(Assignment.id) == _OF_ASSIGNMENT)
_END_STRETCH = _END_STRETCHES.where(col(ServiceSession.assignment_id) == _OF_ASSIGNMENT)


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


def bind(
    work: UnitOfWork,
    held: Held,
    who: Candidate,
    score: float | None = None,
    place: int | None = None,
) -> tuple[Serving, ...]:
    """Give ``who`` a place of the order, the first free one where none is said, with the share in
    force now; answers everybody who is bound to the order then.

    Raises :class:`Refused` where the companion is bound by another order or kept from the
    customer, or the customer is a minor; :class:`Taken` where the place is filled.
    """
    may_be_served(work, held.customer_id)
    keep_apart(work, held.customer_id, who.id)
    bound = serving(work, held.id) if held.places > 1 else ()
    if any(one.companion_id == who.id for one in bound):
        why = _("{companion} has a place in {no} already.").format(companion=who.nick, no=held.no)
        raise Refused(why=why, companion=who.nick, reason="same")
    free = [each for each in range(1, held.places + 1) if each not in {one.place for one in bound}]
    if not free or place not in (None, *free):
        raise Taken(no=held.no, by=listed(one.nick for one in bound))
    chosen = place or free[0]
    assignment_id = _assign(work, held, who, score, chosen)
    added = Serving(assignment_id, who.id, chosen, who.nick)
    return tuple(sorted((*bound, added), key=lambda one: one.place))


def _assign(work: UnitOfWork, held: Held, who: Candidate, score: float | None, place: int) -> int:
    why = _("{companion} is bound by another order.").format(companion=who.nick)
    errors = {
        "uq_assignment_companion": Refused(why=why, companion=who.nick, reason="busy"),
        "uq_assignment_place": Taken(no=held.no, by="…"),
    }
    row = {
        "store_id": held.store_id,
        "order_id": held.id,
        "companion_id": who.id,
        "place": place,
        "share_bp": who.share_bp,
        "score": score,
        "accepted_at": work.clock.now(),
    }
    with work.on_violation(errors):
        assignment_id: int = work.session.connection().execute(_ASSIGN, row).scalar_one()
    return assignment_id


def serving(work: ReadWork, order_id: int) -> tuple[Serving, ...]:
    """Who is bound to the order now, by place."""
    rows = work.session.connection().execute(_NOW_SERVING, {"of_order": order_id})
    return tuple(Serving(*row) for row in rows)


def finishers(work: ReadWork, order_id: int) -> tuple[Serving, ...]:
    """Who finished the service of the order, by place."""
    rows = work.session.connection().execute(_FINISHED, {"of_order": order_id})
    return tuple(Serving(*row) for row in rows)


def unbind(work: UnitOfWork, order_id: int, outcome: SessionEnd) -> None:
    """End the order's assignments, if it has any, and the stretches of service that run."""
    close_session(work, order_id, outcome)
    ending = {"of_order": order_id, "now": work.clock.now(), "why": outcome}
    work.session.connection().execute(_END_ASSIGNMENTS, ending)


def free(work: UnitOfWork, order_id: int, leaving: Serving, outcome: SessionEnd) -> None:
    """End the assignment of one of those who serve, and their stretch where it runs."""
    ending = {
        "of_order": order_id,
        "of_assignment": leaving.assignment_id,
        "now": work.clock.now(),
        "why": outcome,
    }
    work.session.connection().execute(_END_STRETCH, ending)
    work.session.connection().execute(_END_ASSIGNMENT, ending)


def bind_again(work: UnitOfWork, held: Held) -> tuple[Serving, ...]:
    """Take back the end of the assignments that finished the service; empty where there are none.

    Raises :class:`Refused` where one of the companions is bound by another order meanwhile.
    """
    finished = finishers(work, held.id)
    for one in finished:
        why = _("{companion} is bound by another order.").format(companion=one.nick)
        busy = Refused(why=why, companion=one.nick, reason="busy")
        with work.on_violation({"uq_assignment_companion": busy}):
            work.session.connection().execute(
                update(Assignment)
                .where(col(Assignment.id) == one.assignment_id)
                .values(ended_at=None, outcome=None)
            )
    return finished


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


def run_clocks(work: UnitOfWork, held: Held) -> None:
    """Let a stretch of service begin now for everybody who is bound to the order.

    Raises :class:`Refused` where nobody is, or a clock of theirs runs.
    """
    bound = serving(work, held.id)
    if not bound:
        raise Refused(why=_("Nobody is assigned to {no}.").format(no=held.no), reason="unserved")
    for one in bound:
        open_session(work, held, one)


def close_session(work: UnitOfWork, order_id: int, ended_by: SessionEnd) -> bool:
    """End the stretches that run now; False where none does (paused).

    Where the machine's clock was set back meanwhile, the stretch ends when it began.
    """
    ending = {"of_order": order_id, "now": work.clock.now(), "why": ended_by}
    return work.session.connection().execute(_END_STRETCHES, ending).rowcount > 0


def stopped_by(work: ReadWork, order_id: int) -> SessionEnd | None:
    """Why the clock of an order that was started stands; ``None`` while it runs."""
    return work.session.connection().execute(_LAST_STOP, {"of_order": order_id}).scalar()


def served_by(work: ReadWork, assignment_id: int, until: datetime) -> timedelta:
    """Time that one companion served under an assignment, up to ``until``."""
    stretches = work.session.connection().execute(_OWN_STRETCHES, {"of_assignment": assignment_id})
    return served_time(stretches, until)


def served(work: ReadWork, order_id: int, until: datetime) -> timedelta:
    """Time served for the order up to ``until``; those who serve together count once."""
    stretches = work.session.connection().execute(_STRETCHES, {"of_order": order_id})
    return served_together(stretches, until)
