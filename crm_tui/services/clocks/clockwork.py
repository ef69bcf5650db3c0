"""What the clocks of many orders go by, read at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, select
from sqlmodel import col

from crm_tui.core.portions import portions
from crm_tui.core.words import OrderStatus, SessionEnd
from crm_tui.models import Assignment, ServiceSession
from crm_tui.services.clocks.rules import Clockwork
from crm_tui.services.orders.billing import Stretch, served_together
from crm_tui.storage.store import ReadWork

_AT_ONCE = 5000
"""Ids in one query; engines cap the parameters of a statement."""
_STRETCHES = (
    select(
        col(ServiceSession.order_id),
        col(Assignment.place),
        col(ServiceSession.started_at),
        col(ServiceSession.ended_at),
        col(ServiceSession.ended_by),
    )
    .join(Assignment, col(Assignment.id) == col(ServiceSession.assignment_id))
    .where(col(ServiceSession.order_id).in_(bindparam("ids", expanding=True)))
    .order_by(col(ServiceSession.id))
)


@dataclass(slots=True)
class Service:
    """What the stretches of one order come to."""

    stretches: list[Stretch] = field(default_factory=list)
    """Those that are closed."""
    running_since: datetime | None = None
    last_end: tuple[datetime, SessionEnd | None] | None = None

    def served(self) -> timedelta:
        """The closed stretches, those who served together counted once."""
        return served_together(self.stretches, datetime.min.replace(tzinfo=UTC))

    def stands(self, status: OrderStatus) -> tuple[datetime | None, SessionEnd | None]:
        """Since when, and why, the clock of a service stands that has not ended."""
        if status is not OrderStatus.SERVING or self.running_since is not None:
            return None, None
        return self.last_end or (None, None)


def services(work: ReadWork, ids: Sequence[int], at: datetime | None = None) -> dict[int, Service]:
    """The service of the orders with these ids; those that were not begun are left out.

    With ``at`` (UTC), as it was then.
    """
    found: defaultdict[int, Service] = defaultdict(Service)
    connection = work.session.connection()
    for some in portions(ids, _AT_ONCE):
        rows = connection.execute(_STRETCHES, {"ids": some})
        for order_id, place, started, ended, ended_by in rows:
            if at is not None and started > at:
                continue
            service = found[order_id]
            if ended is None or (at is not None and ended > at):
                service.running_since = started
            else:
                service.stretches.append((place, started, ended))
                service.last_end = (ended, ended_by)
    return found


def clockwork(
    order: Mapping[str, Any], service: Service, offer_expires: datetime | None = None
) -> Clockwork:
    """The clockwork of an order of which the columns are given by name."""
    since, why = service.stands(order["status"])
    return Clockwork(
        order["status"],
        timedelta(minutes=order["planned_minutes"]),
        answer_by=order["due_at"],
        asked_at=order["asked_customer_at"],
        offer_expires=offer_expires,
        start_at=order["start_at"],
        accepted_at=order["accepted_at"],
        served=service.served(),
        running_since=service.running_since,
        lost_at=since if why is SessionEnd.DISCONNECTED else None,
        finished_at=order["finished_at"],
        confirmed_at=order["confirmed_at"],
    )
