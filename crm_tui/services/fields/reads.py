"""The custom fields that are defined."""

from __future__ import annotations

from sqlmodel import col, select

from crm_tui.models import FieldDefinition
from crm_tui.services.fields.rules import Definition
from crm_tui.storage.store import ReadWork


def definitions(work: ReadWork, entity: str) -> tuple[Definition, ...]:
    """The custom fields of ``entity`` (``customer``, ``companion``, ``order``), oldest first."""
    rows = work.session.exec(
        select(FieldDefinition)
        .where(FieldDefinition.entity == entity)
        .order_by(col(FieldDefinition.id))
    )
    return tuple(
        Definition(row.key, row.label, row.kind, row.required, row.options) for row in rows
    )
