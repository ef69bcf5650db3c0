"""Pure: which moment is meant, and what an order's events say of where it stood then."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from crm_tui.core.clock import EPOCH, BusinessCalendar
from crm_tui.core.errors import Invalid
from crm_tui.core.language import _
from crm_tui.core.text import fold
from crm_tui.core.words import OrderStatus
from crm_tui.services.filters.times import instants

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Happened:
    """One event of an order, as much of it as matters here."""

    at: datetime
    kind: str
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Milestones:
    """When the order's row says that something happened; what is told of an order that came
    without events (an import). Instants are UTC."""

    accepted_at: datetime | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None
    completed_at: datetime | None = None
    cancelled_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """Where an order stood at a moment. What no event had said by then is None."""

    status: OrderStatus
    version: int = 1
    planned_minutes: int | None = None
    billed_minutes: int | None = None
    amount_fen: int | None = None
    due_at: datetime | None = None
    """Until when the customer was promised an answer."""
    asked_customer_at: datetime | None = None
    accepted_at: datetime | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None
    confirmed_at: datetime | None = None
    completed_at: datetime | None = None


def moment(text: str, now: datetime, calendar: BusinessCalendar) -> datetime:
    """The past instant, UTC, that ``text`` means.

    ``2026-09-21T22:14`` (an offset may follow; without one, the studio's wall clock), ``22:14``
    (the last such time), ``-10m``, ``10分钟前``, ``yesterday`` (its beginning). Raises
    :class:`Invalid` for anything else, for a time to come and for one before 1970.
    """
    try:
        at = _iso(text.strip(), calendar) or _said(text, now, calendar)
    except (ValueError, OverflowError):
        expected = _("a time such as 22:14, -10m or 2026-09-21T22:14")
        raise Invalid(field="at", value=text, expected=expected) from None
    if not EPOCH <= at <= now:
        raise Invalid(field="at", value=text, expected=_("a time that is over"))
    return at


def standing(happened: Iterable[Happened]) -> Standing | None:
    """What the events, oldest first, come to; None where none of them says a status.

    Each event carries the status and the version that it led to, and while the order waits, until
    when an answer was promised.
    """
    stood: Standing | None = None
    for event in happened:
        status = _status(event)
        if status is not None:
            stood = replace(stood or Standing(status), status=status, **_told(event))
            stood = replace(stood, **_times(event, stood))
    return stood


def standing_by_times(order: Milestones, at: datetime) -> Standing:
    """Where an order without events stood at ``at``, by the times in its row."""
    reached = (
        (order.cancelled_at, OrderStatus.CANCELLED),
        (order.completed_at, OrderStatus.COMPLETED),
        (order.finished_at, OrderStatus.CONFIRMING),
        (order.started_at, OrderStatus.SERVING),
        (order.accepted_at, OrderStatus.ACCEPTED),
    )
    status = next(
        (status for when, status in reached if when is not None and when <= at),
        OrderStatus.PENDING,
    )
    return Standing(
        status,
        accepted_at=_by(order.accepted_at, at),
        started_at=_by(order.started_at, at),
        finished_at=_by(order.finished_at, at),
        completed_at=_by(order.completed_at, at),
    )


def _iso(text: str, calendar: BusinessCalendar) -> datetime | None:
    with suppress(ValueError):
        at = datetime.fromisoformat(text)
        return at.astimezone(UTC) if at.tzinfo else calendar.from_local(at)
    return None


def _said(text: str, now: datetime, calendar: BusinessCalendar) -> datetime:
    at: datetime = instants(fold(text), now, calendar).first
    return at - _DAY if now < at < now + _DAY and ":" in text else at


def _status(event: Happened) -> OrderStatus | None:
    try:
        return OrderStatus(event.data["status"])
    except (KeyError, ValueError):
        return None


def _told(event: Happened) -> dict[str, Any]:
    """What the event names."""
    names = ("version", "planned_minutes", "billed_minutes", "amount_fen")
    told = {name: event.data[name] for name in names if event.data.get(name) is not None}
    if event.kind == "order.paid":
        told.pop("amount_fen", None)  # of the payment, not of the order
    if "due_at" in event.data:
        told["due_at"] = _instant(event.data["due_at"])
    if "asked_at" in event.data:
        told["asked_customer_at"] = _instant(event.data["asked_at"])
    return told


def _times(event: Happened, stood: Standing) -> dict[str, Any]:
    """The times that the status says something of."""
    match stood.status:
        case OrderStatus.PENDING | OrderStatus.OFFERED:
            return {"accepted_at": None}
        case OrderStatus.ACCEPTED:
            return {"accepted_at": stood.accepted_at or event.at}
        case OrderStatus.SERVING:
            return {"started_at": stood.started_at or event.at, "finished_at": None}
        case OrderStatus.CONFIRMING:
            return {"finished_at": stood.finished_at or event.at}
        case OrderStatus.UNPAID:
            return {"confirmed_at": stood.confirmed_at or event.at}
        case OrderStatus.COMPLETED:
            return {"completed_at": stood.completed_at or event.at}
        case _:
            return {}


def _instant(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _by(when: datetime | None, at: datetime) -> datetime | None:
    return when if when is not None and when <= at else None
