"""What a customer's states forbid: blocked, do not contact, minor (A9).

Every service that begins something with a customer asks here; screens and commands only show the
refusal. ``Refused.facts["reason"]`` is ``blocked``, ``do_not_contact``, ``minor`` or ``erased``.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime

from sqlalchemy import bindparam, select
from sqlmodel import col

from crm_tui.core.errors import NotFound, Refused
from crm_tui.core.language import _
from crm_tui.models import Customer
from crm_tui.storage.store import ReadWork


@dataclass(frozen=True, slots=True)
class Standing:
    """A customer's states."""

    id: int
    store_id: int
    nick: str
    blocked: bool
    do_not_contact: bool
    minor: bool
    erased_at: datetime | None


_STANDING = select(*(getattr(Customer, field.name) for field in fields(Standing))).where(
    col(Customer.id) == bindparam("asked_id"), col(Customer.merged_into_id).is_(None)
)


def standing(work: ReadWork, customer_id: int) -> Standing:
    """The customer's states. Raises :class:`NotFound`, also for one merged into another."""
    row = work.session.connection().execute(_STANDING, {"asked_id": customer_id}).one_or_none()
    if row is None:
        raise NotFound(what=_("customer"), ref=customer_id)
    return Standing(*row)


def may_be_known(work: ReadWork, customer_id: int) -> Standing:
    """The customer, if something may be written about them.

    Raises :class:`Refused` for who was erased, :class:`NotFound`.
    """
    who = standing(work, customer_id)
    refuse_erased(who)
    return who


def refuse_erased(who: Standing | Customer) -> None:
    """Raises :class:`Refused` for who was erased: nothing is written about them any more."""
    if who.erased_at is not None:
        why = _("{no} has been erased.").format(no=who.nick)
        raise Refused(why=why, customer=who.nick, reason="erased")


def may_order(work: ReadWork, customer_id: int) -> Standing:
    """The customer, if a new order may be taken from them.

    Raises :class:`Refused` for who is blocked, a minor or erased, :class:`NotFound`.
    """
    who = may_be_known(work, customer_id)
    if who.blocked:
        why = _("{customer} is blocked.").format(customer=who.nick)
        raise Refused(why=why, customer=who.nick, reason="blocked")
    _refuse_minor(who, _("{customer} is a minor; no orders are taken."))
    return who


def may_be_served(work: ReadWork, customer_id: int) -> None:
    """Raises :class:`Refused` for a minor: what was ordered before that was known is not served."""
    _refuse_minor(standing(work, customer_id), _("{customer} is a minor; nobody serves them."))


def may_use_balance(work: ReadWork, customer_id: int) -> None:
    """Raises :class:`Refused` for a minor, who neither tops a balance up nor pays from one."""
    _refuse_minor(standing(work, customer_id), _("{customer} is a minor and has no balance."))


def may_tip(work: ReadWork, customer_id: int) -> None:
    """Raises :class:`Refused` for a minor, whose tips are not taken."""
    _refuse_minor(standing(work, customer_id), _("{customer} is a minor; no tips are taken."))


def may_contact(work: ReadWork, customer_id: int) -> None:
    """Raises :class:`Refused` for somebody who does not want to be contacted."""
    who = standing(work, customer_id)
    if who.do_not_contact:
        why = _("{customer} does not want to be contacted.").format(customer=who.nick)
        raise Refused(why=why, customer=who.nick, reason="do_not_contact")


def _refuse_minor(who: Standing, template: str) -> None:
    if who.minor:
        why = template.format(customer=who.nick)
        raise Refused(why=why, customer=who.nick, reason="minor")
