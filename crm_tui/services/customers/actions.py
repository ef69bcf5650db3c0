"""The writes to a customer: each does one thing, keeps the look-up right, records its event.

Personal values (names, identities, notes) go beside the event log, where they can be erased; the
event itself tells which fields changed, and the facts that are not personal.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from sqlmodel import col, select

from crm_tui.core.errors import Conflict, Duplicate, Invalid, NotFound
from crm_tui.core.language import _, joined
from crm_tui.core.words import Gender, IdentityKind, SourceChannel
from crm_tui.models import STUDIO, Customer, CustomerIdentity
from crm_tui.services.customers.index import write_keys
from crm_tui.services.customers.rules import (
    FLAGS,
    NUMBER_SERIES,
    TEXT_LIMITS,
    NewCustomer,
    checked_field,
    checked_nick,
    customer_no,
    mask_phone,
    normalise_identity,
    problems,
)
from crm_tui.services.customers.states import refuse_erased
from crm_tui.services.fields import values as fields
from crm_tui.services.tags import actions as tags
from crm_tui.services.tags import rule_sets
from crm_tui.storage.store import UnitOfWork

Changed = dict[str, tuple[str | None, str | None]]


def add(work: UnitOfWork, new: NewCustomer) -> int:
    """Add a customer and answer the id.

    Raises :class:`Invalid`; :class:`Duplicate`, naming the owner, where an identity belongs to
    somebody else.
    """
    for _field, problem in problems(new):
        raise problem
    texts = {name: checked_field(name, getattr(new, name)) for name in TEXT_LIMITS}
    flags = {flag: True for flag in FLAGS if getattr(new, flag)}
    known: dict[str, Any] = {**texts, **flags, "gender": new.gender, "channel": new.channel}
    customer = Customer(
        store_id=new.store_id,
        no=customer_no(work.next_number(STUDIO, NUMBER_SERIES)),
        nick=checked_nick(new.nick),
        registered_on=work.calendar(new.store_id).day_of(work.clock.now()),
        created_at=work.clock.now(),
        **known,
    )
    work.session.add(customer)
    work.session.flush()
    assert customer.id is not None
    customer.custom = fields.begin(work, "customer", customer.id, new.custom)
    changed: Changed = {"nick": (None, customer.nick)}
    changed |= {name: (None, text) for name, text in texts.items() if text}
    for kind, typed in new.identities.items():
        changed |= _set_identity(work, customer.id, kind, typed)
    tags.put(work, customer.id, new.tags)
    facts: dict[str, Any] = {"channel": new.channel.value, **flags}
    _tell(work, "customer.added", customer, changed, **facts)
    return customer.id


def edit(
    work: UnitOfWork,
    customer_id: int,
    changes: Mapping[str, Any],
    expected_version: int | None = None,
) -> None:
    """Change fields of a customer: ``nick name gender city channel note blocked do_not_contact
    minor registered_on``, an identity by its kind (``phone wechat …``), a custom field as
    ``custom.KEY``.

    An identity replaces the first one of its kind; an empty text takes it away. Values may be
    texts as typed. Raises :class:`NotFound`, :class:`Invalid`, :class:`Duplicate`, and
    :class:`Conflict` where the version is no longer the expected one.
    """
    customer = _held(work, customer_id, expected_version)
    changed: Changed = {}
    facts: dict[str, Any] = {}
    custom, plain = fields.parted(changes)
    for name, value in plain.items():
        if name in tuple(IdentityKind):
            changed |= _set_identity(work, customer_id, IdentityKind(name), str(value))
        else:
            before, after = getattr(customer, name, None), _read(name, value)
            if before != after:
                setattr(customer, name, after)
                if name in ("nick", *TEXT_LIMITS):
                    changed[name] = (before, after)
                else:
                    facts[name] = after.isoformat() if isinstance(after, date) else after
    if custom:
        before = customer.custom
        customer.custom = fields.change(work, "customer", customer_id, before, custom)
        changed |= fields.differences(before, customer.custom)
    if changed or facts:
        customer.version += 1
        _tell(work, "customer.edited", customer, changed, **facts)


def add_identity(work: UnitOfWork, customer_id: int, kind: IdentityKind, typed: str) -> None:
    """Give a customer one more identity, beside those there are.

    Raises :class:`NotFound`, :class:`Invalid`, :class:`Duplicate`.
    """
    customer = _held(work, customer_id)
    changed = _set_identity(work, customer_id, kind, typed, beside=True)
    if changed:
        customer.version += 1
        _tell(work, "customer.edited", customer, changed)


def tag(
    work: UnitOfWork, customer_id: int, add: Iterable[str] = (), remove: Iterable[str] = ()
) -> None:
    """Put tags on a customer and take others off; new tags are made.

    What is already so stays so. Raises :class:`NotFound` for a customer or a tag to take off that
    does not exist, :class:`Invalid` for a tag without a name, :class:`Refused` for a tag that
    comes and goes by a rule.
    """
    customer = _held(work, customer_id)
    added = tags.put(work, customer_id, add)
    removed = tags.take_off(work, customer_id, remove)
    if added or removed:
        customer.version += 1
        _tell(work, "customer.tagged", customer, {}, added=added, removed=removed)


def _held(work: UnitOfWork, customer_id: int, expected_version: int | None = None) -> Customer:
    """The customer, held against others' changes until the work commits.

    Raises :class:`NotFound`; :class:`Conflict` for another version, and for who was merged away;
    :class:`Refused` for who was erased.
    """
    customer = work.session.get(Customer, customer_id, with_for_update=True, populate_existing=True)
    if customer is None:
        raise NotFound(what=_("customer"), ref=str(customer_id))
    changed = expected_version not in (None, customer.version)
    if changed or customer.merged_into_id is not None:
        raise Conflict(what=customer.no, version=customer.version)
    refuse_erased(customer)
    return customer


def _tell(work: UnitOfWork, kind: str, customer: Customer, changed: Changed, **facts: Any) -> None:
    """Bring the look-up up to date and record the event."""
    assert customer.id is not None
    write_keys(work, [customer.id])
    work.record(
        kind,
        "customer",
        customer.id,
        store_id=customer.store_id,
        ref=customer.no,
        changed=changed,
        **facts,
    )
    rule_sets.refresh(work, [customer.id])


def _read(name: str, value: Any) -> Any:
    """The value of a plain field, from what was typed. Raises :class:`Invalid`."""
    if name == "nick":
        return checked_nick(str(value))
    if name in TEXT_LIMITS:
        return checked_field(name, str(value))
    if name in FLAGS and isinstance(value, bool):
        return value
    try:
        if name == "gender":
            return Gender(value)
        if name == "channel":
            return SourceChannel(value)
        if name == "registered_on":
            return date.fromisoformat(str(value)) if value else None
    except ValueError as error:
        words = {"gender": Gender, "channel": SourceChannel}.get(name)
        expected = joined(words) if words else _("a date such as 2026-09-21")
        raise Invalid(field=name, value=value, expected=expected) from error
    known = ("nick", *TEXT_LIMITS, *FLAGS, "gender", "channel", "registered_on", *IdentityKind)
    raise Invalid(field=name, value=value, expected=joined(known))


def _set_identity(
    work: UnitOfWork, customer_id: int, kind: IdentityKind, typed: str, *, beside: bool = False
) -> Changed:
    """Make ``typed`` the customer's first identity of this kind, or one ``beside`` the others."""
    mine = work.session.exec(
        select(CustomerIdentity)
        .where(CustomerIdentity.customer_id == customer_id, CustomerIdentity.kind == kind)
        .order_by(col(CustomerIdentity.id))
    ).all()
    first = mine[0] if mine and not beside else None
    if not typed.strip():
        if first is None:
            return {}
        work.session.delete(first)
        return {kind.value: (first.value, None)}
    normalised = normalise_identity(kind, typed)
    if any(each.normalised == normalised for each in mine):
        return {}
    _refuse_owned(work, kind, normalised)
    before = first.value if first else None
    row = first or CustomerIdentity(
        customer_id=customer_id, kind=kind, value=typed.strip(), normalised=normalised
    )
    row.value, row.normalised = typed.strip(), normalised
    work.session.add(row)
    taken = _duplicate(kind, normalised, _("another customer"))
    with work.on_violation({"uq_customer_identity_kind_normalised": taken}):
        work.session.flush()
    return {kind.value: (before, row.value)}


def _refuse_owned(work: UnitOfWork, kind: IdentityKind, normalised: str) -> None:
    """Say who owns an identity. The constraint stands behind this for whoever comes meanwhile."""
    owner = work.session.exec(
        select(Customer)
        .join(CustomerIdentity, col(CustomerIdentity.customer_id) == Customer.id)
        .where(CustomerIdentity.kind == kind, CustomerIdentity.normalised == normalised)
    ).first()
    if owner is not None:
        shown = f"{owner.nick} ({owner.no})"
        raise _duplicate(kind, normalised, shown, owner_id=owner.id, owner_no=owner.no)


def _duplicate(kind: IdentityKind, normalised: str, owner: str, **facts: Any) -> Duplicate:
    value = mask_phone(normalised) if kind is IdentityKind.PHONE else normalised
    return Duplicate(field=kind.label, value=value, owner=owner, **facts)
