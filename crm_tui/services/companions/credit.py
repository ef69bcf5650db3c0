"""A companion's credit: moved by what happens to orders, once for each cause, and explained.

The functions that begin with ``for_`` are called by the actions of orders, in their transaction;
each says what has happened to an order, and the rule decides whose credit that moves.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, func, insert, select, update
from sqlmodel import col

from crm_tui.core.errors import NotFound
from crm_tui.core.language import _
from crm_tui.core.permissions import Permission, require
from crm_tui.core.words import CreditCause
from crm_tui.models import STUDIO, Assignment, Companion, CreditEntry, Order, Setting
from crm_tui.services.companions.credit_rules import CreditRule, checked_correction
from crm_tui.storage.store import ReadWork, UnitOfWork

RULE = "credit.rule"
_HELD_COLUMNS: tuple[Any, ...] = (
    Companion.id,
    Companion.no,
    Companion.store_id,
    Companion.credit,
)
_HELD = select(*_HELD_COLUMNS).where(col(Companion.id) == bindparam("who")).with_for_update()
_KNOWN = select(func.count()).where(
    col(CreditEntry.companion_id) == bindparam("who"),
    col(CreditEntry.order_id) == bindparam("order_id"),
    col(CreditEntry.cause) == bindparam("cause"),
)
_INSERT = insert(CreditEntry)
_ADD = (
    update(Companion)
    .where(col(Companion.id) == bindparam("who"))
    .values(credit=col(Companion.credit) + bindparam("points"))
)
_VERSION = (
    select(col(Setting.version))
    .where(col(Setting.key) == RULE, col(Setting.store_id).in_((STUDIO, bindparam("store_id"))))
    .order_by(col(Setting.store_id).desc(), col(Setting.version).desc())
    .limit(1)
)
_PROMISES_COLUMNS: tuple[Any, ...] = (
    Companion.id,
    Companion.store_id,
    Assignment.accepted_at,
    Order.accepted_at,
    Order.start_at,
)
_PROMISES = (
    select(*_PROMISES_COLUMNS)
    .join(Assignment, col(Assignment.companion_id) == col(Companion.id))
    .join(Order, col(Order.id) == col(Assignment.order_id))
    .where(col(Assignment.order_id) == bindparam("order_id"), col(Assignment.ended_at).is_(None))
    .order_by(col(Companion.id))
)


@dataclass(frozen=True, slots=True)
class _Held:
    """A companion whose credit nobody else moves until the work ends."""

    id: int
    no: str
    store_id: int
    credit: int


@dataclass(frozen=True, slots=True)
class CreditRow:
    """One entry: what moved the credit, by how many points, and of which order."""

    at: datetime
    cause: CreditCause
    points: int
    order: str | None
    note: str
    rule_version: int


def rule_in_force(work: ReadWork, store_id: int) -> CreditRule:
    """The rule by which the credit of the store's companions moves now."""
    return CreditRule.from_data(work.setting(RULE, store_id))


def move(
    work: UnitOfWork, companion_id: int, cause: CreditCause, order_id: int | None = None
) -> int:
    """Move the credit as the rule in force has it for ``cause``; answers the points that it moved.

    Of one order each cause counts once: the same again does nothing and answers 0. So does a
    cause that the rule gives no points, and a credit that stands at its bound. Raises
    :class:`NotFound`.
    """
    held = _hold(work, companion_id)
    rule = rule_in_force(work, held.store_id)
    points = rule.moved(held.credit, rule.points.get(cause, 0))
    known = {"who": held.id, "order_id": order_id, "cause": cause}
    again = order_id is not None and work.session.connection().execute(_KNOWN, known).scalar()
    if again or not points:
        return 0
    _enter(work, held, cause, points, order_id=order_id)
    return points


def correct(work: UnitOfWork, companion_id: int, points: int, reason: str) -> int:
    """Add ``points`` (or take them away, below 0) by hand; answers what was really moved.

    Needs :attr:`Permission.CREDIT`. Raises :class:`Refused`, :class:`Invalid` for no points or no
    reason, :class:`NotFound`.
    """
    require(work.actor, Permission.CREDIT)
    points, reason = checked_correction(points, reason)
    held = _hold(work, companion_id)
    moved = rule_in_force(work, held.store_id).moved(held.credit, points)
    if moved:
        _enter(work, held, CreditCause.CORRECTION, moved, note=reason)
    return moved


def for_start(work: UnitOfWork, order_id: int) -> None:
    """The service of an order begins now: who is late for it loses credit."""
    for who, late in _lateness(work, order_id).items():
        if late:
            move(work, who, CreditCause.LATE, order_id)


def for_withdrawal(work: UnitOfWork, order_id: int, companion_ids: Iterable[int]) -> None:
    """These companions give an accepted order back before it began; called while they still have
    it. Who lets the promised start pass has not shown up at all."""
    leaving = frozenset(companion_ids)
    for who, late in _lateness(work, order_id).items():
        if who in leaving:
            move(work, who, CreditCause.NO_SHOW if late else CreditCause.WITHDREW, order_id)


def for_rating(work: UnitOfWork, order_id: int, companion_id: int, overall: int) -> None:
    """The customer has rated the companion's service of an order (1–5)."""
    held = _hold(work, companion_id)
    cause = rule_in_force(work, held.store_id).cause_of_rating(overall)
    if cause is not None:
        move(work, companion_id, cause, order_id)


def for_completion(work: UnitOfWork, order_id: int, companion_ids: Iterable[int]) -> None:
    """An order is completed that these companions have served to the end."""
    for who in sorted(set(companion_ids)):
        move(work, who, CreditCause.COMPLETED, order_id)


def entries(work: ReadWork, companion_id: int, limit: int = 100) -> list[CreditRow]:
    """What moved the credit, newest first."""
    columns: tuple[Any, ...] = (
        CreditEntry.at,
        CreditEntry.cause,
        CreditEntry.points,
        Order.no,
        CreditEntry.note,
        CreditEntry.rule_version,
    )
    query = (
        select(*columns)
        .outerjoin(Order, col(Order.id) == col(CreditEntry.order_id))
        .where(col(CreditEntry.companion_id) == companion_id)
        .order_by(col(CreditEntry.at).desc(), col(CreditEntry.id).desc())
        .limit(limit)
    )
    return [CreditRow(*row) for row in work.session.connection().execute(query)]


def totals(work: ReadWork, companion_id: int) -> list[tuple[CreditCause, int, int]]:
    """By cause: the points of all its entries, and how many there are; what counts most first."""
    points = func.sum(col(CreditEntry.points))
    columns: tuple[Any, ...] = (CreditEntry.cause, points, func.count())
    query = (
        select(*columns)
        .where(col(CreditEntry.companion_id) == companion_id)
        .group_by(col(CreditEntry.cause))
    )
    rows = work.session.connection().execute(query)
    return sorted(
        ((cause, int(moved), times) for cause, moved, times in rows),
        key=lambda total: (-abs(total[1]), total[0]),
    )


def _hold(work: UnitOfWork, companion_id: int) -> _Held:
    row = work.session.connection().execute(_HELD, {"who": companion_id}).one_or_none()
    if row is None:
        raise NotFound(what=_("companion"), ref=str(companion_id))
    return _Held(*row)


def _lateness(work: ReadWork, order_id: int) -> dict[int, bool]:
    """Whether each companion who is bound to the order lets the customer wait for too long.

    They have promised to begin when all places were filled, at the hour that was agreed, or when
    they accepted: whichever came last.
    """
    now = work.clock.now()
    bound = work.session.connection().execute(_PROMISES, {"order_id": order_id})
    return {
        who: rule_in_force(work, store_id).is_late(max(filter(None, moments)), now)
        for who, store_id, *moments in bound
    }


def _enter(
    work: UnitOfWork,
    held: _Held,
    cause: CreditCause,
    points: int,
    *,
    order_id: int | None = None,
    note: str = "",
) -> None:
    """Write the entry, add it to the sum, and tell."""
    connection = work.session.connection()
    version = connection.execute(_VERSION, {"store_id": held.store_id}).scalar() or 0
    entry = {
        "store_id": held.store_id,
        "companion_id": held.id,
        "order_id": order_id,
        "at": work.clock.now(),
        "cause": cause,
        "points": points,
        "rule_version": version,
        "note": note,
    }
    connection.execute(_INSERT, entry)
    connection.execute(_ADD, {"who": held.id, "points": points})
    work.record(
        "companion.credit",
        "companion",
        held.id,
        store_id=held.store_id,
        ref=held.no,
        changed={"note": (None, note)} if note else None,
        cause=cause.value,
        points=points,
        credit=held.credit + points,
        order_id=order_id,
        rule_version=version,
    )
