"""One timeline of all that passed between a customer and the studio (A6), in pages.

Orders, payments, interactions, tasks, and what was changed on the customer, merges among it. One
query merges the newest of each source into the marks of a page, every source down its own index;
then each source tells of its own. A page costs the same for 5 orders and for 5,000.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from typing import Any

from sqlalchemy import Select, and_, literal, not_, or_, select, union_all
from sqlmodel import col

from crm_tui.core.words import Role
from crm_tui.models import Customer, Event, Order, Payment
from crm_tui.models.contacts import Interaction, Task
from crm_tui.services.customers import telling
from crm_tui.services.customers.dealings import payments_by_ids
from crm_tui.services.interactions import reads as interactions
from crm_tui.services.orders.rows import rows_by_ids
from crm_tui.services.tasks import reads as tasks
from crm_tui.storage.store import ReadWork

PAGE = 50


class Source(IntEnum):
    """What an entry tells of; of the same instant, the first stands first."""

    EVENT = 0
    TASK = 1
    INTERACTION = 2
    PAYMENT = 3
    ORDER = 4


@dataclass(frozen=True, slots=True)
class Mark:
    """Where an entry stands, and of which record it tells."""

    at: datetime
    source: Source
    id: int
    store_id: int = 0
    """Whose number ``id`` is, for an event; else 0."""

    @property
    def place(self) -> tuple[datetime, int, int, int]:
        """What timelines are sorted by, downwards."""
        return self.at, -self.source, self.id, self.store_id


@dataclass(frozen=True, slots=True)
class Entry:
    """One moment: what happened, in the language in force, by whom, and the order it is about."""

    mark: Mark
    what: str
    actor: str
    order_no: str = ""


def page(
    work: ReadWork,
    customer_id: int,
    before: Mark | None = None,
    limit: int = PAGE,
    role: Role | None = None,
) -> list[Entry]:
    """The newest ``limit`` entries, of those that stand after ``before``, as ``role`` sees them."""
    return told(work, marks(work, customer_id, before, limit), role)


def marks(
    work: ReadWork, customer_id: int, before: Mark | None = None, limit: int = PAGE
) -> list[Mark]:
    """Which records make the page, the newest first. What was changed on customers who were merged
    into this one belongs to it; all else was moved when they were merged."""
    merged = select(col(Customer.id)).where(col(Customer.merged_into_id) == customer_id)
    selves = [customer_id, *work.session.connection().scalars(merged)]
    branches = [
        _branch(source, selves if source is Source.EVENT else [customer_id], before, limit)
        for source in Source
    ]
    newest = union_all(*branches).subquery()
    of = newest.c
    rows = work.session.connection().execute(
        select(of.at, of.source, of.id, of.store_id)
        .order_by(of.at.desc(), of.source, of.id.desc(), of.store_id.desc())
        .limit(limit)
    )
    return [Mark(at, Source(source), row_id, store_id) for at, source, row_id, store_id in rows]


_COLUMNS: Mapping[Source, tuple[Any, Any, Any, Any]] = {
    Source.EVENT: (col(Event.at), col(Event.seq), col(Event.store_id), col(Event.entity_id)),
    Source.TASK: (col(Task.created_at), col(Task.id), literal(0), col(Task.customer_id)),
    Source.INTERACTION: (
        col(Interaction.at),
        col(Interaction.id),
        literal(0),
        col(Interaction.customer_id),
    ),
    Source.PAYMENT: (col(Payment.paid_at), col(Payment.id), literal(0), col(Payment.customer_id)),
    Source.ORDER: (col(Order.created_at), col(Order.id), literal(0), col(Order.customer_id)),
}
"""Of each source: the instant, the number, the store it counts in, and whose it is."""


def _branch(source: Source, owners: Sequence[int], before: Mark | None, limit: int) -> Select[Any]:
    """The newest marks of one source after ``before``."""
    at, row_id, store_id, owner = _COLUMNS[source]
    query = select(
        at.label("at"),
        literal(int(source)).label("source"),
        row_id.label("id"),
        store_id.label("store_id"),
    ).where(owner == owners[0] if len(owners) == 1 else owner.in_(owners))
    if source is Source.EVENT:
        query = query.where(col(Event.entity) == "customer")
    if before is not None:
        query = query.where(at <= before.at if source >= before.source else at < before.at)
        if source is before.source:
            later = or_(row_id > before.id, and_(row_id == before.id, store_id >= before.store_id))
            query = query.where(not_(and_(at == before.at, later)))
    newest = query.order_by(at.desc(), row_id.desc(), store_id.desc()).limit(limit).subquery()
    return select(newest)


def told(work: ReadWork, marks: Collection[Mark], role: Role | None = None) -> list[Entry]:
    """What the records at ``marks`` tell now, the newest first; what is gone is left out."""
    by_source: dict[Source, dict[Any, Mark]] = {source: {} for source in Source}
    for mark in marks:
        key = (mark.store_id, mark.id) if mark.source is Source.EVENT else mark.id
        by_source[mark.source][key] = mark
    entries = [
        entry
        for source, found in by_source.items()
        if found
        for entry in _TELLERS[source](work, found, role)
    ]
    return sorted(entries, key=lambda entry: entry.mark.place, reverse=True)


def _orders(work: ReadWork, marks: Mapping[int, Mark], _role: Role | None) -> Iterator[Entry]:
    for row in rows_by_ids(work, list(marks)):
        yield Entry(marks[row.id], telling.of_order(row), "", row.no)


def _payments(work: ReadWork, marks: Mapping[int, Mark], _role: Role | None) -> Iterator[Entry]:
    for row in payments_by_ids(work, marks):
        yield Entry(marks[row.id], telling.of_payment(row), row.taken_by, row.order_no or "")


def _interactions(work: ReadWork, marks: Mapping[int, Mark], _role: Role | None) -> Iterator[Entry]:
    for row in interactions.by_ids(work, marks):
        yield Entry(marks[row.id], telling.of_interaction(row), row.noted_by, row.order_no or "")


def _tasks(work: ReadWork, marks: Mapping[int, Mark], _role: Role | None) -> Iterator[Entry]:
    for row in tasks.by_ids(work, marks):
        yield Entry(marks[row.id], telling.of_task(row), row.created_by, row.order_no or "")


def _events(
    work: ReadWork, marks: Mapping[tuple[int, int], Mark], role: Role | None
) -> Iterator[Entry]:
    for event, what in telling.of_events(work, marks, role):
        yield Entry(marks[event.store_id, event.seq], what, event.actor)


_TELLERS: Mapping[Source, Callable[[ReadWork, Any, Role | None], Iterator[Entry]]] = {
    Source.EVENT: _events,
    Source.TASK: _tasks,
    Source.INTERACTION: _interactions,
    Source.PAYMENT: _payments,
    Source.ORDER: _orders,
}
