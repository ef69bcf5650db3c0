"""The custom fields that are defined, and what is stored in them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import func
from sqlmodel import col, select

from crm_tui.core.errors import NotFound
from crm_tui.core.language import _
from crm_tui.core.words import Role
from crm_tui.models import Companion, Customer, FieldDefinition, Order
from crm_tui.services.fields.rules import Definition, FieldValue, shown
from crm_tui.storage.store import ReadWork

MODELS: dict[str, type[Customer] | type[Companion] | type[Order]] = {
    "customer": Customer,
    "companion": Companion,
    "order": Order,
}
"""Where the values of an entity's fields lie: in the column ``custom``."""


def definitions(work: ReadWork, entity: str, *, archived: bool = False) -> tuple[Definition, ...]:
    """The custom fields of ``entity`` (``customer``, ``companion``, ``order``), in order.

    Without those that are archived, unless they are asked for.
    """
    query = (
        select(FieldDefinition)
        .where(FieldDefinition.entity == entity)
        .order_by(col(FieldDefinition.position), col(FieldDefinition.id))
    )
    if not archived:
        query = query.where(~col(FieldDefinition.archived))
    return tuple(map(as_definition, work.session.exec(query)))


def one(work: ReadWork, entity: str, key: str) -> Definition:
    """The field ``key`` of ``entity``, archived or not. Raises :class:`NotFound`."""
    row = work.session.exec(
        select(FieldDefinition).where(FieldDefinition.entity == entity, FieldDefinition.key == key)
    ).one_or_none()
    if row is None:
        raise NotFound(what=_("custom field"), ref=f"{entity}.{key}")
    return as_definition(row)


def as_definition(row: FieldDefinition) -> Definition:
    """The definition that a row holds."""
    assert row.id is not None
    return Definition(
        key=row.key,
        label=row.label,
        kind=row.kind,
        required=row.required,
        options=row.options,
        unique=row.unique,
        default=row.default,
        seen_by=tuple(row.seen_by),
        edited_by=tuple(row.edited_by),
        position=row.position,
        archived=row.archived,
        id=row.id,
    )


def count_values(work: ReadWork, entity: str, key: str) -> int:
    """How many records have a value in the field."""
    model = MODELS[entity]
    query = select(func.count()).where(col(model.custom)[key].as_string().is_not(None))
    return int(work.session.exec(query).one())


def values(work: ReadWork, entity: str, key: str) -> Iterator[tuple[int, Any]]:
    """``(id, value)`` of every record that has a value in the field, by id."""
    model = MODELS[entity]
    query = (
        select(col(model.id), col(model.custom)[key])
        .where(col(model.custom)[key].as_string().is_not(None))
        .order_by(col(model.id))
        .execution_options(yield_per=1000)
    )
    rows = work.session.connection().execute(query)
    return ((entity_id, value) for entity_id, value in rows)


def file_contents(work: ReadWork) -> set[str]:
    """The SHA-256 of every content that a field of kind ``file`` holds, archived fields too."""
    return {
        value["sha256"]
        for entity in MODELS
        for definition in definitions(work, entity, archived=True)
        if definition.kind == "file"
        for _entity_id, value in values(work, entity, definition.key)
    }


def of_record(
    work: ReadWork, entity: str, entity_id: int, role: Role | None
) -> tuple[FieldValue, ...]:
    """The fields of one record that ``role`` may see, with their values; none for a record that
    does not exist."""
    model = MODELS[entity]
    stored = work.session.exec(select(model.custom).where(col(model.id) == entity_id)).first()
    return () if stored is None else shown(definitions(work, entity), stored, role)


def document(entity: str, definition: Definition) -> dict[str, Any]:
    """The JSON form of a definition that commands answer."""
    return {
        "entity": entity,
        "key": definition.key,
        "label": definition.label,
        "kind": definition.kind,
        "required": definition.required,
        "unique": definition.unique,
        "default": definition.default,
        "options": dict(definition.options),
        "seen_by": list(definition.seen_by),
        "edited_by": list(definition.edited_by),
        "position": definition.position,
        "archived": definition.archived,
    }


def visible(work: ReadWork, entity: str, role: Role | None) -> tuple[Definition, ...]:
    """The fields that ``role`` may see, in order."""
    return tuple(each for each in definitions(work, entity) if each.seen(role))
