"""Customers by a filter line, from a base of any size: in pages, counted, or as ids.

The line is compiled to one condition; nothing but the page that is looked at comes into memory.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, func, or_, select
from sqlmodel import SQLModel

from crm_tui.core.words import Role
from crm_tui.services.customers.filtering import fields, free_word
from crm_tui.services.customers.lookup import CustomerHit, hits
from crm_tui.services.filters.columns import Where, compiled
from crm_tui.services.filters.rules import Context, read_line
from crm_tui.storage.store import ReadWork

PAGE = 200
_IDS_AT_ONCE = 5000
_CUSTOMER = SQLModel.metadata.tables["customer"]
_LAST = _CUSTOMER.c.last_order_at


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page ends: the next one begins after it, whatever was added meanwhile."""

    last_order_at: datetime | None
    customer_id: int


@dataclass(frozen=True, slots=True)
class Page:
    """Customers in the order of their last completed order, the newest first; ``after`` leads to
    the next page and is None on the last one."""

    rows: tuple[CustomerHit, ...]
    after: Place | None


def condition(work: ReadWork, line: str, context: Context, role: Role | None = None) -> Where:
    """The customers that ``line`` lets pass; never one that was merged away or erased.

    ``role`` says which custom fields the line may name. Raises what
    :func:`filters.rules.read_line` raises, and :class:`Refused` for a field that is computed.
    """
    tree = read_line(fields(work, role), line, context)
    still_there = (_CUSTOMER.c.merged_into_id.is_(None), _CUSTOMER.c.erased_at.is_(None))
    return and_(*still_there, compiled(tree, lambda test: free_word(work, test)))


def page(work: ReadWork, where: Where, after: Place | None = None, limit: int = PAGE) -> Page:
    """The customers that meet ``where``, at most ``limit`` of them, after a place."""
    query = (
        select(_CUSTOMER.c.id, _LAST)
        .where(where)
        .order_by(_LAST.desc().nulls_last(), _CUSTOMER.c.id.desc())
        .limit(limit + 1)
    )
    if after is not None:
        query = query.where(_beyond(after))
    found = work.session.connection().execute(query).all()
    rows = tuple(hits(work, [row.id for row in found[:limit]]))
    more = len(found) > limit
    last = found[limit - 1] if more else None
    return Page(rows, Place(last.last_order_at, last.id) if last is not None else None)


def count(work: ReadWork, where: Where) -> int:
    """How many customers meet ``where``."""
    query = select(func.count()).select_from(_CUSTOMER).where(where)
    return int(work.session.connection().execute(query).scalar_one())


def ids(work: ReadWork, where: Where) -> Iterator[int]:
    """The ids of all customers that meet ``where``, the lowest first."""
    last = 0
    while True:
        query = select(_CUSTOMER.c.id).where(where, _CUSTOMER.c.id > last)
        some: Sequence[int] = (
            work.session.connection()
            .scalars(query.order_by(_CUSTOMER.c.id).limit(_IDS_AT_ONCE))
            .all()
        )
        yield from some
        if len(some) < _IDS_AT_ONCE:
            return
        last = some[-1]


def _beyond(after: Place) -> Where:
    column, last = _LAST, after.last_order_at
    earlier = _CUSTOMER.c.id < after.customer_id
    if last is None:
        return and_(column.is_(None), earlier)
    same_time: Where = column == last
    return or_(column < last, and_(same_time, earlier), column.is_(None))
