"""Changing what is written down about an order, whatever its state."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import update
from sqlmodel import col, select

from crm_tui.models import Order
from crm_tui.services.fields import values as fields
from crm_tui.services.orders.moves import amend, hold
from crm_tui.storage.store import UnitOfWork


def edit_fields(
    work: UnitOfWork, no: str, typed: Mapping[str, str], expected_version: int | None = None
) -> None:
    """Change custom fields of an order (key → text as typed; a blank text takes a value out).

    Raises :class:`NotFound` for the order or a field, :class:`Invalid`, :class:`Duplicate`,
    :class:`Refused` for a field that the actor's role may not change, :class:`Conflict` where the
    version is no longer the expected one.
    """
    held = hold(work, no, expected_version)
    before = work.session.exec(select(Order.custom).where(Order.id == held.id)).one()
    after = fields.change(work, "order", held.id, before, typed)
    if after == before:
        return
    moved = amend(work, held)
    work.session.connection().execute(
        update(Order).where(col(Order.id) == held.id).values(custom=after)
    )
    work.record(
        "order.edited",
        "order",
        held.id,
        store_id=held.store_id,
        ref=held.no,
        changed=fields.differences(before, after),
        status=moved.status.value,
        version=moved.version,
    )
