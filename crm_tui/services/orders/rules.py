"""Pure decisions about an order: which moves exist, what comes first."""

from __future__ import annotations

from collections.abc import Mapping
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

AHEAD = timedelta(minutes=30)
"""An order that begins later than this is booked ahead: nobody is bound by it yet, and its answer
is due this long before it."""

_STEP = {status: step for step, status in enumerate(OrderStatus)}
_GROUP = {
    OrderStatus.CONFIRMING: 1,
    OrderStatus.UNPAID: 1,
    OrderStatus.COMPLETED: 2,
    OrderStatus.CANCELLED: 2,
}
_FAR = datetime.max.replace(tzinfo=UTC)


def allowed_from(status: OrderStatus) -> list[OrderStatus]:
    """The states that can follow ``status``, in the order of an order's life."""
    return sorted(TRANSITIONS[status], key=_STEP.__getitem__)


def sources_of(target: OrderStatus) -> frozenset[OrderStatus]:
    """The states from which an order can move to ``target``."""
    return frozenset(status for status, onward in TRANSITIONS.items() if target in onward)


def urgency(
    status: OrderStatus, due: datetime | None, created_at: datetime
) -> tuple[int, datetime, int, datetime]:
    """The sort key of the board: what runs out first is first, then what waits, closed last.

    What is served and only has to be confirmed or paid comes after all that somebody waits for.
    """
    return _GROUP.get(status, 0), due or _FAR, _STEP[status], created_at


def begins_later(start_at: datetime | None, now: datetime) -> bool:
    """Whether an order that begins at ``start_at`` is booked ahead; none means at once."""
    return start_at is not None and start_at > now + AHEAD


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
