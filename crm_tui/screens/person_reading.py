"""What the 360° screen reads, on a worker thread: little at first, the rest as it is looked at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from crm_tui.widgets.pages import FIRST_PAGE

if TYPE_CHECKING:
    from collections.abc import Collection

    from crm_tui.core.words import Role
    from crm_tui.services.customers.reads import Person, Worth
    from crm_tui.services.customers.timeline import Entry, Mark
    from crm_tui.services.orders.rows import OrderRow
    from crm_tui.services.tasks.reads import TaskRow
    from crm_tui.storage.store import ReadWork


@dataclass(frozen=True, slots=True)
class Opened:
    """What is shown of a customer at once, and the first page of what lies in the middle."""

    person: Person
    open_orders: tuple[OrderRow, ...]
    tasks: tuple[TaskRow, ...]
    section: str
    page: list[Any]


@dataclass(frozen=True, slots=True)
class News:
    """What changed: the customer anew, the first pages, and the older rows that were touched."""

    opened: Opened
    pages: dict[str, list[Any]]
    orders: list[OrderRow]
    entries: list[Entry]
    touched: frozenset[Mark]
    """The marks that ``entries`` were asked for; what is not among these is gone."""


def opened(customer_id: int, section: str, role: Role, work: ReadWork) -> Opened:
    """A customer as the screen opens; the same few queries, whatever they ordered."""
    from crm_tui.services.customers import reads
    from crm_tui.services.tasks import reads as tasks

    return Opened(
        reads.person(work, customer_id, role),
        reads.open_orders(work, customer_id),
        tuple(tasks.of_customer(work, customer_id)),
        section,
        page(customer_id, section, role, None, FIRST_PAGE, work),
    )


def page(
    customer_id: int, section: str, role: Role, after: Any, limit: int, work: ReadWork
) -> list[Any]:
    """The page of a section that follows the record ``after``; the first one where it is None."""
    from crm_tui.services.customers import reads, timeline

    if section == "timeline":
        return timeline.page(work, customer_id, after and after.mark, limit, role)
    if section == "orders":
        before = after and (after.created_at, after.id)
        return reads.orders(work, customer_id, before, limit)
    return reads.payments(work, customer_id, after and (after.paid_at, after.id), limit)


def who(customer_id: int, role: Role, work: ReadWork) -> Person:
    """Who the customer is, as ``role`` may see it."""
    from crm_tui.services.customers import reads

    return reads.person(work, customer_id, role)


def worth(customer_id: int, work: ReadWork) -> Worth:
    """What the customer comes to."""
    from crm_tui.services.customers import reads

    return reads.worth(work, customer_id)


def news(
    customer_id: int,
    section: str,
    loaded: tuple[str, ...],
    order_ids: Collection[int],
    touched: frozenset[Mark],
    role: Role,
    work: ReadWork,
) -> News:
    """The customer anew: the first pages of all that is ``loaded``, and the rows ``touched``."""
    from crm_tui.services.customers import reads, timeline

    now = opened(customer_id, section, role, work)
    return News(
        now,
        {name: page(customer_id, name, role, None, FIRST_PAGE, work) for name in loaded},
        reads.orders_among(work, customer_id, order_ids) if order_ids else [],
        timeline.told(work, touched, role) if touched else [],
        touched,
    )
