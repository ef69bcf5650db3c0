"""Everything that is known of one customer, on one page (A3, first form)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo
from typing import Any

from sqlalchemy import case, func, select
from sqlmodel import col

from crm_tui.core.errors import NotFound
from crm_tui.core.language import _
from crm_tui.core.words import Gender, IdentityKind, OrderStatus, SessionEnd, SourceChannel
from crm_tui.models import (
    Assignment,
    Companion,
    Customer,
    CustomerIdentity,
    CustomerTag,
    Order,
    Tag,
)
from crm_tui.services.customers.lookup import CustomerHit, find, recent, resolve
from crm_tui.services.customers.rules import mask_phone
from crm_tui.services.fields.reads import definitions
from crm_tui.services.fields.rules import FieldValue, shown
from crm_tui.services.orders.reads import document as order_document
from crm_tui.services.orders.reads import find as find_orders
from crm_tui.services.orders.reads import iso
from crm_tui.services.orders.rows import OrderRow, rows_of
from crm_tui.services.orders.rules import OPEN
from crm_tui.storage.store import ReadWork

__all__ = [
    "CompanionOf",
    "CustomerHit",
    "CustomerProfile",
    "CustomerStats",
    "IdentityRow",
    "TagRow",
    "document",
    "find",
    "profile",
    "recent",
    "resolve",
    "tags",
]

HISTORY = 50
"""Orders on one page of a history."""
FAVOURITES = 3
_IDENTITY: tuple[Any, ...] = (
    col(CustomerIdentity.kind),
    col(CustomerIdentity.normalised),
    col(CustomerIdentity.value),
)
_TAG: tuple[Any, ...] = (col(Tag.name), col(Tag.group), col(Tag.colour))


@dataclass(frozen=True, slots=True)
class IdentityRow:
    """Something the customer is recognised by, as it was typed; a phone is masked."""

    kind: IdentityKind
    value: str


@dataclass(frozen=True, slots=True)
class TagRow:
    """A tag with its group and colour, empty where it has none."""

    name: str
    group: str
    colour: str


@dataclass(frozen=True, slots=True)
class CompanionOf:
    """A companion who served this customer, and in how many completed orders."""

    companion_id: int
    companion: str
    orders: int


@dataclass(frozen=True, slots=True)
class CustomerStats:
    """What the completed orders come to: fen without tips, tips in fen, billed minutes."""

    orders: int
    cancelled: int
    spent_fen: int
    tips_fen: int
    minutes: int
    first_order_at: datetime | None
    last_order_at: datetime | None

    @property
    def average_fen(self) -> int:
        """Of a completed order, in fen, rounded down."""
        return self.spent_fen // self.orders if self.orders else 0


@dataclass(frozen=True, slots=True)
class CustomerProfile:
    """A customer on one page. ``history`` is the newest page of all orders, open ones too."""

    id: int
    store_id: int
    no: str
    nick: str
    name: str
    gender: Gender
    city: str
    channel: SourceChannel
    note: str
    registered_on: date | None
    created_at: datetime
    blocked: bool
    do_not_contact: bool
    minor: bool
    version: int
    identities: tuple[IdentityRow, ...]
    tags: tuple[TagRow, ...]
    fields: tuple[FieldValue, ...]
    stats: CustomerStats
    favourites: tuple[CompanionOf, ...]
    open_orders: tuple[OrderRow, ...]
    history: tuple[OrderRow, ...]


def profile(work: ReadWork, customer_id: int, history: int = HISTORY) -> CustomerProfile:
    """All that is known of a customer, with the newest ``history`` orders.

    Raises :class:`NotFound`.
    """
    customer = work.session.get(Customer, customer_id)
    if customer is None:
        raise NotFound(what=_("customer"), ref=str(customer_id))
    still_open = (col(Order.customer_id) == customer_id, col(Order.status).in_(OPEN))
    return CustomerProfile(
        id=customer_id,
        store_id=customer.store_id,
        no=customer.no,
        nick=customer.nick,
        name=customer.name,
        gender=customer.gender,
        city=customer.city,
        channel=customer.channel,
        note=customer.note,
        registered_on=customer.registered_on,
        created_at=customer.created_at,
        blocked=customer.blocked,
        do_not_contact=customer.do_not_contact,
        minor=customer.minor,
        version=customer.version,
        identities=_identities(work, customer_id),
        tags=_tags_of(work, customer_id),
        fields=shown(definitions(work, "customer"), customer.custom),
        stats=_stats(work, customer_id),
        favourites=_favourites(work, customer_id),
        open_orders=tuple(sorted(rows_of(work, *still_open), key=lambda row: row.created_at)),
        history=tuple(find_orders(work, customer_id=customer_id, limit=history)),
    )


def tags(work: ReadWork) -> list[TagRow]:
    """All tags, by group and name."""
    rows = work.session.connection().execute(select(*_TAG).order_by(col(Tag.group), col(Tag.name)))
    return [TagRow(*row) for row in rows]


def _identities(work: ReadWork, customer_id: int) -> tuple[IdentityRow, ...]:
    rows = work.session.connection().execute(
        select(*_IDENTITY)
        .where(col(CustomerIdentity.customer_id) == customer_id)
        .order_by(col(CustomerIdentity.id))
    )
    return tuple(
        IdentityRow(
            row.kind,
            mask_phone(row.normalised) if row.kind is IdentityKind.PHONE else row.value,
        )
        for row in rows
    )


def _tags_of(work: ReadWork, customer_id: int) -> tuple[TagRow, ...]:
    rows = work.session.connection().execute(
        select(*_TAG)
        .join(CustomerTag, col(CustomerTag.tag_id) == col(Tag.id))
        .where(col(CustomerTag.customer_id) == customer_id)
        .order_by(col(Tag.group), col(Tag.name))
    )
    return tuple(TagRow(*row) for row in rows)


def _stats(work: ReadWork, customer_id: int) -> CustomerStats:
    done = col(Order.status) == OrderStatus.COMPLETED
    count, cancelled, spent, tips_fen, minutes, first, last = (
        work.session.connection()
        .execute(
            select(
                func.count(case((done, 1))),
                func.count(case((col(Order.status) == OrderStatus.CANCELLED, 1))),
                func.coalesce(func.sum(case((done, Order.amount_fen))), 0),
                func.coalesce(func.sum(case((done, Order.tip_fen))), 0),
                func.coalesce(func.sum(case((done, Order.billed_minutes))), 0),
                func.min(case((done, Order.completed_at))),
                func.max(case((done, Order.completed_at))),
            ).where(col(Order.customer_id) == customer_id)
        )
        .one()
    )
    return CustomerStats(count, cancelled, int(spent), int(tips_fen), int(minutes), first, last)


def _favourites(work: ReadWork, customer_id: int) -> tuple[CompanionOf, ...]:
    served = func.count()
    companion: tuple[Any, ...] = (col(Companion.id), col(Companion.nick), served)
    rows = work.session.connection().execute(
        select(*companion)
        .join(Assignment, col(Assignment.companion_id) == col(Companion.id))
        .join(Order, col(Order.id) == col(Assignment.order_id))
        .where(
            col(Order.customer_id) == customer_id,
            col(Order.status) == OrderStatus.COMPLETED,
            col(Assignment.outcome) == SessionEnd.FINISHED,
        )
        .group_by(col(Companion.id), col(Companion.nick))
        .order_by(served.desc(), col(Companion.id))
        .limit(FAVOURITES)
    )
    return tuple(CompanionOf(*row) for row in rows)


def document(page: CustomerProfile, zone: tzinfo = UTC) -> dict[str, Any]:
    """The JSON form of a profile that commands answer, with times as ``zone`` shows them."""
    plain = ("id", "store_id", "no", "nick", "name", "gender", "city", "channel", "note")
    flags = ("blocked", "do_not_contact", "minor", "version")
    stats = page.stats
    return {
        **{name: getattr(page, name) for name in plain},
        "registered_on": page.registered_on.isoformat() if page.registered_on else None,
        "created_at": iso(page.created_at, zone),
        **{name: getattr(page, name) for name in flags},
        "identities": [{"kind": each.kind.value, "value": each.value} for each in page.identities],
        "tags": [
            {"name": each.name, "group": each.group, "colour": each.colour} for each in page.tags
        ],
        "fields": {each.key: each.value for each in page.fields},
        "tier": None,
        "stats": {
            "orders": stats.orders,
            "cancelled": stats.cancelled,
            "spent_fen": stats.spent_fen,
            "average_fen": stats.average_fen,
            "tips_fen": stats.tips_fen,
            "billed_minutes": stats.minutes,
            "first_order_at": iso(stats.first_order_at, zone),
            "last_order_at": iso(stats.last_order_at, zone),
        },
        "favourites": [
            {"companion_id": each.companion_id, "companion": each.companion, "orders": each.orders}
            for each in page.favourites
        ],
        "open_orders": [order_document(row, zone) for row in page.open_orders],
        "history": [order_document(row, zone) for row in page.history],
    }
