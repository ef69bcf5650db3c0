"""Texts that notes and messages begin with, with places for what is known of a customer.

A place is a name in braces, ``{nick}``; there is nothing to compute and no way to an attribute.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from sqlmodel import col, func, select

from crm_tui.core.errors import Duplicate, Invalid, NotFound
from crm_tui.core.language import N_, _
from crm_tui.core.permissions import Permission, require
from crm_tui.models import STUDIO, Customer
from crm_tui.models.contacts import NoteTemplate
from crm_tui.services.customers.rules import checked_text
from crm_tui.services.orders.rows import rows_by_ids
from crm_tui.storage.store import ReadWork, UnitOfWork

LONGEST_NAME = 60
LONGEST_BODY = 4_000
PLACES: dict[str, str] = {
    "nick": N_("the customer's nickname"),
    "name": N_("the customer's name"),
    "no": N_("the customer's number"),
    "order": N_("the order's number"),
    "game": N_("the order's game"),
    "companion": N_("the order's companion"),
    "studio": N_("the studio's name"),
    "operator": N_("who writes"),
    "date": N_("today, the business day"),
    "time": N_("the time now"),
}
"""What can stand in braces, and what comes in its place."""
_PLACE = re.compile(r"\{([^{}]*)\}")


@dataclass(frozen=True, slots=True)
class TemplateRow:
    """One template."""

    id: int
    name: str
    body: str


def listed(work: ReadWork) -> list[TemplateRow]:
    """All templates, in the order in which they are offered."""
    query = select(NoteTemplate.id, NoteTemplate.name, NoteTemplate.body).order_by(
        col(NoteTemplate.position), col(NoteTemplate.name)
    )
    return [TemplateRow(row_id or 0, name, body) for row_id, name, body in work.session.exec(query)]


def add(work: UnitOfWork, name: str, body: str) -> int:
    """Add a template below the others and answer its id.

    Raises :class:`Refused` where the role may not define, :class:`Invalid` for an empty name or
    text or an unknown place, :class:`Duplicate` for a name that is taken.
    """
    require(work.actor, Permission.DEFINE)
    last = work.session.exec(select(func.max(NoteTemplate.position))).one() or 0
    row = NoteTemplate(name=_checked_name(name), body=checked_body(body), position=last + 1)
    _write(work, row, "template.added")
    assert row.id is not None
    return row.id


def edit(work: UnitOfWork, ref: str, *, name: str | None = None, body: str | None = None) -> None:
    """Change the name or the text of the template named ``ref``. Raises as :func:`add` does, and
    :class:`NotFound`."""
    require(work.actor, Permission.DEFINE)
    row = _row(work, ref)
    row.name = row.name if name is None else _checked_name(name)
    row.body = row.body if body is None else checked_body(body)
    _write(work, row, "template.edited")


def remove(work: UnitOfWork, ref: str) -> None:
    """Take the template named ``ref`` away. Raises :class:`NotFound`, :class:`Refused`."""
    require(work.actor, Permission.DEFINE)
    row = _row(work, ref)
    _tell(work, row, "template.removed")
    work.session.delete(row)
    work.session.flush()


def one(work: ReadWork, ref: str) -> TemplateRow:
    """The template named ``ref``. Raises :class:`NotFound`."""
    row = _row(work, ref)
    return TemplateRow(row.id or 0, row.name, row.body)


def known(
    work: ReadWork, customer_id: int, order_id: int | None = None, operator: str = ""
) -> dict[str, str]:
    """What comes into the places for a customer, and an order of theirs; "" for what there is
    nothing of. Raises :class:`NotFound`."""
    customer = work.session.get(Customer, customer_id)
    if customer is None:
        raise NotFound(what=_("customer"), ref=str(customer_id))
    orders = rows_by_ids(work, [order_id]) if order_id is not None else []
    order = orders[0] if orders else None
    calendar, now = work.calendar(customer.store_id), work.clock.now()
    return {
        "nick": customer.nick,
        "name": customer.name,
        "no": customer.no,
        "order": order.no if order else "",
        "game": order.game if order else "",
        "companion": (order.companion or "") if order else "",
        "studio": str(work.setting("store.name", customer.store_id)),
        "operator": operator,
        "date": calendar.day_of(now).isoformat(),
        "time": calendar.local(now).strftime("%H:%M"),
    }


def fill(body: str, values: Mapping[str, str]) -> str:
    """``body`` with ``values`` in its places; what is in braces and no place stays as it is.

    >>> fill("{nick}, {odd} {nick.upper}", {"nick": "{no}", "no": "C1"})
    '{no}, {odd} {nick.upper}'
    """
    return _PLACE.sub(lambda match: values.get(match[1], match[0]), body)


def checked_body(body: str) -> str:
    """The text of a template. Raises :class:`Invalid` where it is empty or names no known place."""
    text = checked_text("body", body, LONGEST_BODY)
    unknown = [name for name in _PLACE.findall(text) if name not in PLACES]
    if unknown or not text:
        expected = " ".join(f"{{{name}}}" for name in PLACES)
        raise Invalid(field="body", value=unknown[0] if unknown else body, expected=expected)
    return text


def _checked_name(name: str) -> str:
    text = checked_text("name", name, LONGEST_NAME)
    if not text:
        raise Invalid(field="name", value=name, expected=_("a name"))
    return text


def _row(work: ReadWork, ref: str) -> NoteTemplate:
    row = work.session.exec(select(NoteTemplate).where(NoteTemplate.name == ref.strip())).first()
    if row is None:
        raise NotFound(what=_("template"), ref=ref)
    return row


def _write(work: UnitOfWork, row: NoteTemplate, kind: str) -> None:
    taken = Duplicate(field=_("Template"), value=row.name, owner=_("another template"))
    work.session.add(row)
    with work.on_violation({"uq_note_template_name": taken}):
        work.session.flush()
    _tell(work, row, kind)


def _tell(work: UnitOfWork, row: NoteTemplate, kind: str) -> None:
    assert row.id is not None
    work.record(kind, "template", row.id, store_id=STUDIO, ref=row.name, body=row.body)
