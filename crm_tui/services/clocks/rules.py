"""When the clocks of an order run out (B7, B10): pure decisions, which carry a version.

Every clock is named by the alarm that it raises. :func:`due` says when that happens,
:func:`first_due` what a person counts down to meanwhile. All instants are aware UTC.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType

from crm_tui.core.hours import BusinessHours
from crm_tui.core.words import AlarmKind, OrderStatus

VERSION = 1
"""Of these rules; an alarm keeps the version that raised it."""

_UNANSWERED = frozenset({OrderStatus.PENDING, OrderStatus.OFFERED})


@dataclass(frozen=True, slots=True)
class Terms:
    """How long the clocks of a store run, and when it is open."""

    hours: BusinessHours
    escalation: timedelta
    """After the promised answer, in business hours."""
    start_delay: timedelta
    """From the acceptance, or the time booked, to the start."""
    warning: timedelta
    """Before the planned end; never more than half of what was planned."""
    overrun: timedelta
    """After the planned end."""
    disconnect: timedelta
    unconfirmed: timedelta
    """From the end of the service until it counts as confirmed."""
    unpaid: timedelta
    """From the confirmation."""


@dataclass(frozen=True, slots=True)
class Clockwork:
    """What the clocks of an order go by."""

    status: OrderStatus
    planned: timedelta
    answer_by: datetime | None = None
    """Until when the customer was promised an answer."""
    asked_at: datetime | None = None
    """Since when the customer's own answer is waited for: the response clock stands."""
    offer_expires: datetime | None = None
    """When the last open offer runs out."""
    start_at: datetime | None = None
    """The time booked, where it is not at once."""
    accepted_at: datetime | None = None
    served: timedelta = timedelta(0)
    """Closed stretches of service."""
    running_since: datetime | None = None
    """Start of the stretch that runs; ``None`` while the service stands."""
    lost_at: datetime | None = None
    """When the connection was lost, where it stands because of that."""
    finished_at: datetime | None = None
    confirmed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Due:
    """A clock that runs, and the instant it runs to."""

    kind: AlarmKind
    at: datetime


def planned_end(order: Clockwork) -> datetime | None:
    """When the service that runs has lasted as long as planned; every pause moves it on."""
    since = order.running_since
    if order.status is not OrderStatus.SERVING or since is None:
        return None
    return since + order.planned - order.served


def answered(due_at: datetime, asked_at: datetime, now: datetime, hours: BusinessHours) -> datetime:
    """Where the response clock runs to after it stood from ``asked_at`` to ``now``.

    What was left of it in business hours is left still; one that had run out stays so.
    """
    if due_at <= asked_at:
        return due_at
    return hours.after(now, hours.between(asked_at, due_at))


def _response(order: Clockwork, _terms: Terms) -> datetime | None:
    return order.answer_by if order.status in _UNANSWERED and not order.asked_at else None


def _escalation(order: Clockwork, terms: Terms) -> datetime | None:
    answer_by = _response(order, terms)
    return terms.hours.after(answer_by, terms.escalation) if answer_by else None


def _start_delay(order: Clockwork, terms: Terms) -> datetime | None:
    if order.status is not OrderStatus.ACCEPTED or order.accepted_at is None:
        return None
    return max(order.accepted_at, order.start_at or order.accepted_at) + terms.start_delay


def _ending(order: Clockwork, terms: Terms) -> datetime | None:
    end = planned_end(order)
    return end - min(terms.warning, order.planned / 2) if end else None


def _overrun(order: Clockwork, terms: Terms) -> datetime | None:
    end = planned_end(order)
    return end + terms.overrun if end else None


def _disconnect(order: Clockwork, terms: Terms) -> datetime | None:
    lost = order.lost_at
    return lost + terms.disconnect if order.status is OrderStatus.SERVING and lost else None


def _unconfirmed(order: Clockwork, terms: Terms) -> datetime | None:
    if order.status is not OrderStatus.CONFIRMING or order.finished_at is None:
        return None
    return order.finished_at + terms.unconfirmed


def _unpaid(order: Clockwork, terms: Terms) -> datetime | None:
    since = order.confirmed_at or order.finished_at
    return since + terms.unpaid if order.status is OrderStatus.UNPAID and since else None


CLOCKS: Mapping[AlarmKind, Callable[[Clockwork, Terms], datetime | None]] = MappingProxyType(
    {
        AlarmKind.RESPONSE: _response,
        AlarmKind.ESCALATION: _escalation,
        AlarmKind.START_DELAY: _start_delay,
        AlarmKind.ENDING: _ending,
        AlarmKind.OVERRUN: _overrun,
        AlarmKind.DISCONNECT: _disconnect,
        AlarmKind.UNCONFIRMED: _unconfirmed,
        AlarmKind.UNPAID: _unpaid,
    }
)
"""Every clock there is, by the alarm that it raises."""

_COUNTED = (
    AlarmKind.RESPONSE,
    AlarmKind.START_DELAY,
    AlarmKind.DISCONNECT,
    AlarmKind.UNCONFIRMED,
    AlarmKind.UNPAID,
)


def due(kind: AlarmKind, order: Clockwork, terms: Terms) -> datetime | None:
    """When the clock ``kind`` of the order runs out; ``None`` where it does not run."""
    return CLOCKS[kind](order, terms)


def ran_out(kind: AlarmKind, order: Clockwork, terms: Terms, now: datetime) -> datetime | None:
    """When the clock ran out, if it has by ``now``; a warning of the end has, until the end."""
    at = due(kind, order, terms)
    if at is None or at > now:
        return None
    if kind is AlarmKind.ENDING and (planned_end(order) or now) <= now:
        return None
    return at


def first_due(order: Clockwork, terms: Terms) -> Due | None:
    """The clock of the order that runs out first, as people count: to the planned end, not to the
    warning before it; to the promised answer, not to the escalation after it.

    An open offer's own end is :attr:`AlarmKind.NOBODY_TOOK`. While the customer is asked, and in a
    pause, no clock runs.
    """
    running = [Due(kind, at) for kind in _COUNTED if (at := due(kind, order, terms))]
    if end := planned_end(order):
        running.append(Due(AlarmKind.ENDING, end))
    if order.status is OrderStatus.OFFERED and order.offer_expires and not order.asked_at:
        running.append(Due(AlarmKind.NOBODY_TOOK, order.offer_expires))
    return min(running, key=lambda each: each.at, default=None)
