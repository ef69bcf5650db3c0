"""Who a customer is: a handful of queries, whatever they ordered."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlmodel import col

from crm_tui.core.errors import NotFound
from crm_tui.core.language import _
from crm_tui.core.words import Gender, IdentityKind, Role, SourceChannel
from crm_tui.models import Customer, CustomerIdentity, CustomerTag, Operator, Tag
from crm_tui.services.customers.rules import mask_phone
from crm_tui.services.customers.stances import StanceRow, stances_of
from crm_tui.services.fields.reads import definitions
from crm_tui.services.fields.rules import FieldValue, shown
from crm_tui.storage.store import ReadWork

_IDENTITY: tuple[Any, ...] = (
    col(CustomerIdentity.kind),
    col(CustomerIdentity.normalised),
    col(CustomerIdentity.value),
)
_TAG: tuple[Any, ...] = (col(Tag.name), col(Tag.group), col(Tag.colour), col(Tag.rule))


@dataclass(frozen=True, slots=True)
class IdentityRow:
    """Something the customer is recognised by, as it was typed; a phone is masked."""

    kind: IdentityKind
    value: str


@dataclass(frozen=True, slots=True)
class TagRow:
    """A tag with its group and colour, empty where it has none; with a rule it comes and goes by
    itself."""

    name: str
    group: str
    colour: str
    rule: str


@dataclass(frozen=True, slots=True)
class Person:
    """What is known of a customer by themselves, without what they ordered."""

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
    merged_into_id: int | None
    owner: str
    """The login of the operator who looks after them; empty where nobody does."""
    identities: tuple[IdentityRow, ...]
    tags: tuple[TagRow, ...]
    fields: tuple[FieldValue, ...]
    """The custom fields that the reader's role may see."""
    stances: tuple[StanceRow, ...]
    """Preferred companions, then refused ones."""

    @property
    def preferred(self) -> tuple[StanceRow, ...]:
        """The companions whom the customer prefers."""
        return tuple(each for each in self.stances if each.stance == "preferred")

    @property
    def refused(self) -> tuple[StanceRow, ...]:
        """The companions who are kept from the customer."""
        return tuple(each for each in self.stances if each.stance == "refused")


def person(work: ReadWork, customer_id: int, role: Role | None = None) -> Person:
    """Who a customer is, as ``role`` may see it; None: as everybody may.

    Raises :class:`NotFound`.
    """
    customer = work.session.get(Customer, customer_id)
    if customer is None:
        raise NotFound(what=_("customer"), ref=str(customer_id))
    return Person(
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
        merged_into_id=customer.merged_into_id,
        owner=_login(work, customer.owner_id),
        identities=_identities(work, customer_id),
        tags=_tags_of(work, customer_id),
        fields=shown(definitions(work, "customer"), customer.custom, role),
        stances=stances_of(work, customer_id),
    )


def _login(work: ReadWork, operator_id: int | None) -> str:
    operator = work.session.get(Operator, operator_id) if operator_id else None
    return operator.login if operator else ""


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
