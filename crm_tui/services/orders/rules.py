"""Pure decisions about an order: which moves exist, what its clock runs to, what comes first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from types import MappingProxyType

from crm_tui.core.words import OrderStatus

TRANSITIONS: Mapping[OrderStatus, frozenset[OrderStatus]] = MappingProxyType(
    {
        OrderStatus.PENDING: frozenset(
            {OrderStatus.OFFERED, OrderStatus.ACCEPTED, OrderStatus.CANCELLED}
        ),
        OrderStatus.OFFERED: frozenset(
            {OrderStatus.ACCEPTED, OrderStatus.PENDING, OrderStatus.CANCELLED}
        ),
        OrderStatus.ACCEPTED: frozenset(
            {OrderStatus.SERVING, OrderStatus.PENDING, OrderStatus.CANCELLED}
        ),
        OrderStatus.SERVING: frozenset({OrderStatus.CONFIRMING, OrderStatus.PENDING}),
        OrderStatus.CONFIRMING: frozenset(
            {OrderStatus.COMPLETED, OrderStatus.UNPAID, OrderStatus.SERVING}
        ),
        OrderStatus.UNPAID: frozenset({OrderStatus.COMPLETED, OrderStatus.CANCELLED}),
        OrderStatus.COMPLETED: frozenset(),
        OrderStatus.CANCELLED: frozenset(),
    }
)
"""Every move that exists (B1). What is not here is refused, whoever asks."""

OPEN = tuple(status for status, onward in TRANSITIONS.items() if onward)
"""The states an order can still leave, in the order of its life."""

WAITING = frozenset({OrderStatus.PENDING, OrderStatus.OFFERED})
"""Nobody serves it yet."""

STAFFED = frozenset({OrderStatus.ACCEPTED, OrderStatus.SERVING})
"""A companion is bound by it."""

_STEP = {status: step for step, status in enumerate(OrderStatus)}
_FAR = datetime.max.replace(tzinfo=UTC)


def allowed_from(status: OrderStatus) -> list[OrderStatus]:
    """The states that can follow ``status``, in the order of an order's life."""
    return sorted(TRANSITIONS[status], key=_STEP.__getitem__)


def sources_of(target: OrderStatus) -> frozenset[OrderStatus]:
    """The states from which an order can move to ``target``."""
    return frozenset(status for status, onward in TRANSITIONS.items() if target in onward)


@dataclass(frozen=True, slots=True)
class Clockwork:
    """What is needed to say when an order falls due; instants in UTC."""

    status: OrderStatus
    planned: timedelta
    answer_by: datetime | None = None
    """Until when the customer was promised an answer."""
    offer_expires: datetime | None = None
    """When the last open offer runs out."""
    served: timedelta = timedelta(0)
    """Closed stretches of service."""
    running_since: datetime | None = None
    """Start of the open stretch; ``None`` while paused."""


def due_at(order: Clockwork) -> datetime | None:
    """The instant the order's clock runs to, or ``None`` where none runs.

    Pending: the answer the customer was promised. Offered: the last open offer's expiry.
    Serving: the planned end, moved on by every pause; a paused order has no clock.
    """
    if order.status is OrderStatus.PENDING:
        return order.answer_by
    if order.status is OrderStatus.OFFERED:
        return order.offer_expires or order.answer_by
    if order.status is OrderStatus.SERVING and order.running_since is not None:
        return order.running_since + order.planned - order.served
    return None


def urgency(
    status: OrderStatus, due: datetime | None, created_at: datetime
) -> tuple[int, datetime, int, datetime]:
    """The sort key of the board: what runs out first is first, then what waits, closed last."""
    closed = not TRANSITIONS[status]
    return int(closed), due or _FAR, _STEP[status], created_at


class Purchase(StrEnum):
    """How an order came about, told by the system and never by hand (B2)."""

    FIRST = "first"
    RENEWAL = "renewal"
    REPURCHASE = "repurchase"


def purchase(
    created_at: datetime,
    earlier_orders: int,
    last_finish_with_companion: datetime | None,
    renewal_window: timedelta,
) -> Purchase:
    """First, renewal or repurchase.

    ``earlier_orders`` are the customer's orders completed before this one was made. A renewal
    is with the same companion, made within ``renewal_window`` of the last finish with them.
    """
    if earlier_orders == 0:
        return Purchase.FIRST
    if last_finish_with_companion is not None:
        gap = created_at - last_finish_with_companion
        if gap <= renewal_window:
            return Purchase.RENEWAL
    return Purchase.REPURCHASE
