"""The one door through which an order's row changes.

An action takes hold of the order, and every change compares and swaps: the UPDATE names the status
and the version that the decision was made on. Where two race, one wins and the other is told.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select, update
from sqlmodel import col

from crm_tui.core.errors import Conflict, NotAllowed, NotFound, Taken
from crm_tui.core.language import N_, _
from crm_tui.core.text import listed
from crm_tui.core.words import BillingUnit, DispatchMode, OrderKind, OrderStatus
from crm_tui.models import Assignment, Companion, Order
from crm_tui.services.orders.rules import STAFFED, TRANSITIONS, WAITING, allowed_from
from crm_tui.storage.store import ReadWork, UnitOfWork


class Final(NotAllowed):
    """The order is closed; no move leads out of that."""

    template = N_("{no} is {status}, and that is final.")


@dataclass(frozen=True, slots=True)
class Held:
    """An order as it stood when the transaction took hold of it."""

    id: int
    store_id: int
    no: str
    status: OrderStatus
    version: int
    customer_id: int
    game_id: int
    kind: OrderKind
    billing_unit: BillingUnit
    mode: DispatchMode
    places: int
    demands: dict[str, Any]
    planned_minutes: int
    billed_minutes: int | None
    rate_fen: int
    amount_fen: int
    price_agreed: bool
    discount_bp: int
    paid_fen: int
    start_at: datetime | None
    due_at: datetime | None
    asked_customer_at: datetime | None
    started_at: datetime | None
    note: str


_SEEN = select(*(getattr(Order, field.name) for field in fields(Held)))
_HELD = _SEEN.with_for_update()
_SEEN_BY_NO = _SEEN.where(col(Order.no) == bindparam("no"))
_BY_NO = _HELD.where(col(Order.no) == bindparam("no"))
_BY_ID = _HELD.where(col(Order.id) == bindparam("id"))
_FREE = _HELD.with_for_update(skip_locked=True).where(col(Order.id) == bindparam("id"))
_SWAP = update(Order).where(
    col(Order.id) == bindparam("held_id"),
    col(Order.status) == bindparam("held_status"),
    col(Order.version) == bindparam("held_version"),
)
_HOLDER = (
    select(col(Companion.nick))
    .join(Assignment, col(Assignment.companion_id) == col(Companion.id))
    .where(col(Assignment.order_id) == bindparam("id"), col(Assignment.ended_at).is_(None))
    .order_by(col(Assignment.place))
)


def hold(work: UnitOfWork, no: str, expected_version: int | None = None) -> Held:
    """Take hold of order ``no`` until the work ends; others who want to change it wait.

    Raises :class:`NotFound`, and :class:`Conflict` where ``expected_version`` has passed.
    """
    row = work.session.connection().execute(_BY_NO, {"no": no.strip()}).one_or_none()
    if row is None:
        raise NotFound(what=_("order"), ref=no)
    held = Held(*row)
    if expected_version is not None and held.version != expected_version:
        raise Conflict(what=held.no, version=held.version)
    return held


def look(work: ReadWork, no: str) -> Held:
    """The order as it stands, to see beforehand what would be done. Raises :class:`NotFound`."""
    row = work.session.connection().execute(_SEEN_BY_NO, {"no": no.strip()}).one_or_none()
    if row is None:
        raise NotFound(what=_("order"), ref=no)
    return Held(*row)


def hold_id(work: UnitOfWork, order_id: int) -> Held:
    """Like :func:`hold`, for an order that another one names."""
    return Held(*work.session.connection().execute(_BY_ID, {"id": order_id}).one())


def hold_free(work: UnitOfWork, order_id: int) -> Held | None:
    """Like :func:`hold`, for upkeep: ``None`` where somebody else has hold of the order."""
    row = work.session.connection().execute(_FREE, {"id": order_id}).one_or_none()
    return None if row is None else Held(*row)


def move(work: UnitOfWork, held: Held, to: OrderStatus, **values: Any) -> Held:
    """Bring the order into status ``to`` and set ``values`` with it.

    Raises :class:`NotAllowed` (:class:`Final`) for a move that the table does not have, and
    :class:`Conflict` where the order is no longer what ``held`` says.
    """
    if to not in TRANSITIONS[held.status]:
        raise not_allowed(held)
    return amend(work, held, status=to, **values)


def amend(work: UnitOfWork, held: Held, **values: Any) -> Held:
    """Set ``values`` on the order as it was held. Raises :class:`Conflict`."""
    changed = values | {"version": held.version + 1}
    as_held = {"held_id": held.id, "held_status": held.status, "held_version": held.version}
    if work.session.connection().execute(_SWAP, changed | as_held).rowcount != 1:
        raise Conflict(what=held.no)
    known = {name: value for name, value in changed.items() if name in Held.__slots__}
    return replace(held, **known)


def require(held: Held, statuses: Collection[OrderStatus]) -> None:
    """Raise :class:`NotAllowed` unless the order is in one of ``statuses``."""
    if held.status not in statuses:
        raise not_allowed(held)


def not_allowed(held: Held) -> NotAllowed:
    """The refusal of a move, with the moves that there are."""
    allowed = allowed_from(held.status)
    kind = NotAllowed if allowed else Final
    return kind(no=held.no, status=held.status, allowed=allowed)


def not_available(work: UnitOfWork, held: Held) -> NotAllowed | Taken:
    """The refusal to give the order to somebody: who has it, or why nobody can."""
    if held.status not in STAFFED:
        return not_allowed(held)
    holders = work.session.connection().execute(_HOLDER, {"id": held.id}).scalars()
    by = listed(holders)
    return Taken(no=held.no, by=by, status=held.status, allowed=allowed_from(held.status))


def tell(work: UnitOfWork, held: Held, kind: str, **data: Any) -> None:
    """Record what happened to the order; ``reason`` is a person's text and stays erasable.

    While the order waits, the event also says until when an answer is promised, so that the board
    of any past minute can be shown from the log.
    """
    reason = data.pop("reason", None)
    if held.status in WAITING:
        data = {"due_at": _iso(held.due_at), "asked_at": _iso(held.asked_customer_at), **data}
    work.record(
        kind,
        "order",
        held.id,
        store_id=held.store_id,
        ref=held.no,
        changed={"reason": (None, reason)} if reason else None,
        status=held.status.value,
        version=held.version,
        **data,
    )


def _iso(instant: datetime | None) -> str | None:
    return instant.isoformat() if instant else None
