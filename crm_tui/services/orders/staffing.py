"""Who serves an order: assignments, and the stretches of service that they measure.

What must never happen is an index in the schema: two companions in one place, two orders or two
running stretches for one companion.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import case, literal, select, update
from sqlmodel import col

from crm_tui.core.errors import NotFound, Refused, Taken
from crm_tui.core.language import _
from crm_tui.core.words import SessionEnd
from crm_tui.models import Assignment, Companion, ServiceSession
from crm_tui.models.base import Instant
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


_CANDIDATE = tuple(getattr(Companion, field.name) for field in fields(Candidate))
_SERVING: tuple[Any, ...] = (col(Assignment.id), col(Assignment.companion_id))


def candidate(work: ReadWork, companion_id: int) -> Candidate:
    """The companion, if they still work here. Raises :class:`NotFound`, :class:`Refused`."""
    query = select(*_CANDIDATE).where(col(Companion.id) == companion_id)
    row = work.session.connection().execute(query).one_or_none()
    if row is None:
        raise NotFound(what=_("companion"), ref=companion_id)
    found = Candidate(*row)
    if not found.active:
        raise Refused(why=_("{companion} no longer works here.").format(companion=found.nick))
    return found


def bind(work: UnitOfWork, held: Held, who: Candidate, score: float | None = None) -> None:
    """Give the order to ``who``, with the share in force now.

    Raises :class:`Refused` where the companion is bound by another order, :class:`Taken` where
    the place is filled.
    """
    why = _("{companion} is bound by another order.").format(companion=who.nick)
    errors = {
        "uq_assignment_companion": Refused(why=why, companion=who.nick, reason="busy"),
        "uq_assignment_place": Taken(no=held.no, by="…"),
    }
    with work.on_violation(errors):
        work.session.add(
            Assignment(
                store_id=held.store_id,
                order_id=held.id,
                companion_id=who.id,
                share_bp=who.share_bp,
                score=score,
                accepted_at=work.clock.now(),
            )
        )


def current(work: ReadWork, order_id: int) -> Serving | None:
    """Who is bound to the order now, if anybody."""
    query = select(*_SERVING).where(
        col(Assignment.order_id) == order_id, col(Assignment.ended_at).is_(None)
    )
    row = work.session.connection().execute(query).first()
    return None if row is None else Serving(*row)


def unbind(work: UnitOfWork, order_id: int, outcome: SessionEnd) -> None:
    """End the order's assignment, if it has one, and the stretch of service that runs."""
    close_session(work, order_id, outcome)
    work.session.connection().execute(
        update(Assignment)
        .where(col(Assignment.order_id) == order_id, col(Assignment.ended_at).is_(None))
        .values(ended_at=work.clock.now(), outcome=outcome)
    )


def bind_again(work: UnitOfWork, held: Held) -> Serving | None:
    """Take back the end of the last finished assignment; ``None`` where there is none.

    Raises :class:`Refused` where the companion serves another order meanwhile.
    """
    query = (
        select(*_SERVING)
        .where(col(Assignment.order_id) == held.id, col(Assignment.outcome) == SessionEnd.FINISHED)
        .order_by(col(Assignment.id).desc())
    )
    row = work.session.connection().execute(query).first()
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
        work.session.add(
            ServiceSession(
                store_id=held.store_id,
                order_id=held.id,
                assignment_id=serving.assignment_id,
                companion_id=serving.companion_id,
                started_at=work.clock.now(),
            )
        )


def close_session(work: UnitOfWork, order_id: int, ended_by: SessionEnd) -> bool:
    """End the running stretch now; False where none runs (paused).

    Where the machine's clock was set back meanwhile, the stretch ends when it began.
    """
    now = literal(work.clock.now(), Instant)
    began = col(ServiceSession.started_at)
    running = (
        update(ServiceSession)
        .where(col(ServiceSession.order_id) == order_id, col(ServiceSession.ended_at).is_(None))
        .values(ended_at=case((began > now, began), else_=now), ended_by=ended_by)
    )
    return work.session.connection().execute(running).rowcount > 0


def served(work: ReadWork, order_id: int, until: datetime) -> timedelta:
    """Time served for the order by everybody, up to ``until``."""
    query = select(col(ServiceSession.started_at), col(ServiceSession.ended_at))
    stretches = query.where(col(ServiceSession.order_id) == order_id)
    return served_time(work.session.connection().execute(stretches), until)
