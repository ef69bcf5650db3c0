"""Writing the values of custom fields: read by their definitions, allowed, unique.

Whoever writes a record's ``custom`` column takes it from here, in the unit of work that writes the
record. The definitions are held meanwhile, so that none is made unique behind the writer's back.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from sqlalchemy import delete, insert
from sqlmodel import col, select

from crm_tui.core.errors import Duplicate, Invalid, NotFound
from crm_tui.core.language import _
from crm_tui.models import STUDIO, FieldDefinition, FieldUniqueValue, Operator, Order
from crm_tui.services.attachments.folder import LARGEST, MEGABYTE, folder_of
from crm_tui.services.companions import reads as companions
from crm_tui.services.customers import lookup
from crm_tui.services.fields.reads import MODELS, as_definition
from crm_tui.services.fields.rules import (
    KINDS,
    Definition,
    check_unique,
    parse,
    require_editor,
)
from crm_tui.storage.store import ReadWork, UnitOfWork

Values = dict[str, Any]
PREFIX = "custom."
"""How a custom field is named among the other fields of a record: ``custom.KEY``."""


def begin(work: UnitOfWork, entity: str, entity_id: int, typed: Mapping[str, str]) -> Values:
    """The values of a new record: as typed (field key → text), defaults, counted numbers.

    Raises :class:`NotFound` for a field that is not defined, :class:`Invalid` for a bad value and
    for a required one that is missing, :class:`Refused` for a field that the actor's role may not
    change, :class:`Duplicate` for a unique value that another record has.
    """
    held = _held(work, entity)
    _known(held, typed)
    given: Values = {}
    for definition in held.values():
        text = typed.get(definition.key, "")
        if text.strip():
            require_editor(definition, work.actor.role)
        value = _first_value(work, definition, text)
        if value is not None:
            given[definition.key] = value
    _claim(work, held, entity, entity_id, given)
    return given


def change(
    work: UnitOfWork,
    entity: str,
    entity_id: int,
    stored: Mapping[str, Any],
    typed: Mapping[str, str],
) -> Values:
    """``stored`` with what was ``typed`` put in; a blank text takes a value out.

    Raises as :func:`begin`.
    """
    held = _held(work, entity)
    _known(held, typed)
    after = dict(stored)
    for key, text in typed.items():
        value = _read(work, held[key], text)
        if value == stored.get(key):
            continue
        require_editor(held[key], work.actor.role)
        if value is None:
            after.pop(key, None)
        else:
            after[key] = value
    if after != stored:
        _claim(work, held, entity, entity_id, after)
    return after


def claim(work: UnitOfWork, entity: str, entity_id: int, values: Values) -> None:
    """Let the record own the unique ones among ``values``, and no others any more.

    Raises :class:`Duplicate`, naming the owner, for a value that another record has.
    """
    _claim(work, _held(work, entity), entity, entity_id, values)


def release(work: UnitOfWork, entity: str, entity_id: int) -> None:
    """Let the record's unique values be free: before it is deleted, merged away or erased."""
    of_entity = select(FieldDefinition.id).where(FieldDefinition.entity == entity)
    work.session.connection().execute(
        delete(FieldUniqueValue).where(
            col(FieldUniqueValue.entity_id) == entity_id,
            col(FieldUniqueValue.definition_id).in_(of_entity),
        )
    )


def parted(changes: Mapping[str, Any]) -> tuple[dict[str, str], dict[str, Any]]:
    """What changes in a record: custom fields (``custom.KEY`` → KEY) as typed, and the rest."""
    custom = {
        name.removeprefix(PREFIX): str(value)
        for name, value in changes.items()
        if name.startswith(PREFIX)
    }
    plain = {name: value for name, value in changes.items() if not name.startswith(PREFIX)}
    return custom, plain


def differences(
    before: Mapping[str, Any], after: Mapping[str, Any]
) -> dict[str, tuple[str | None, str | None]]:
    """What changed, as events keep personal values: ``custom.KEY`` → texts before and after."""
    return {
        f"{PREFIX}{key}": (_as_text(before.get(key)), _as_text(after.get(key)))
        for key in sorted({*before, *after})
        if before.get(key) != after.get(key)
    }


def _claim(
    work: UnitOfWork, held: Mapping[str, Definition], entity: str, entity_id: int, values: Values
) -> None:
    unique = [each for each in held.values() if each.unique]
    if not unique:
        return
    release(work, entity, entity_id)
    for definition in unique:
        if definition.key in values:
            _own(work, entity, entity_id, definition, values[definition.key])


def _as_text(value: Any) -> str | None:
    return None if value is None else str(value)


def _held(work: UnitOfWork, entity: str) -> dict[str, Definition]:
    """The fields in use, by key; nobody changes their definitions until the work ends."""
    rows = work.session.exec(
        select(FieldDefinition)
        .where(FieldDefinition.entity == entity, ~col(FieldDefinition.archived))
        .order_by(col(FieldDefinition.position), col(FieldDefinition.id))
        .with_for_update(read=True)
    )
    return {row.key: as_definition(row) for row in rows}


def _known(held: Mapping[str, Definition], typed: Mapping[str, str]) -> None:
    for key in typed:
        if key not in held:
            raise NotFound(what=_("custom field"), ref=key)


def _first_value(work: UnitOfWork, definition: Definition, text: str) -> Any:
    """What a new record has in a field for which ``text`` was typed."""
    if KINDS[definition.kind].counted and text.strip():
        return parse(definition, text)
    if definition.kind == "auto_number":
        return _counted(work, definition)
    if KINDS[definition.kind].counted:
        return None
    if not definition.edited(work.actor.role):
        return parse(replace(definition, required=False), definition.default)
    return _read(work, definition, text if text.strip() else definition.default)


def _counted(work: UnitOfWork, definition: Definition) -> str:
    """The next number of the field, such as ``M0042``; a unique one that is taken is left out."""
    prefix, digits = definition.options.get("prefix", ""), definition.options.get("digits", 4)
    return f"{prefix}{work.next_number(STUDIO, f'field.{definition.id}'):0{digits}d}"


def _read(work: UnitOfWork, definition: Definition, text: str) -> Any:
    """The value that ``text`` means; another record by its own number, a file by its content."""
    value = parse(definition, text)
    if value is None:
        return None
    try:
        return _resolved(work, definition.kind, value)
    except NotFound as unknown:
        raise Invalid(
            field=definition.label, value=text[:200], expected=unknown.message()
        ) from unknown


def _resolved(work: UnitOfWork, kind: str, value: Any) -> Any:
    match kind:
        case "customer":
            return _number(work, kind, lookup.resolve(work, value))
        case "companion":
            return _number(work, kind, companions.resolve(work, value))
        case "order":
            return _existing(work, select(Order.no).where(Order.no == value), _("order"), value)
        case "operator":
            login = select(Operator.login).where(Operator.login == value, col(Operator.active))
            return _existing(work, login, _("operator"), value)
        case "file":
            most = int(work.setting(LARGEST)) * MEGABYTE
            kept = folder_of(work.store).keep(Path(value), most)
            return {"sha256": kept.sha256, "name": kept.name, "bytes": kept.size_bytes}
    return value


def _number(work: ReadWork, entity: str, entity_id: int) -> str:
    """The number that people know a record by."""
    model = MODELS[entity]
    return str(work.session.exec(select(model.no).where(col(model.id) == entity_id)).one())


def _existing(work: ReadWork, query: Any, what: str, ref: str) -> str:
    found = work.session.exec(query).one_or_none()
    if found is None:
        raise NotFound(what=what, ref=ref)
    return str(found)


def _own(work: UnitOfWork, entity: str, entity_id: int, definition: Definition, value: Any) -> None:
    text = check_unique(definition, value)
    owner = work.session.get(FieldUniqueValue, (definition.id, text), populate_existing=True)
    if owner is not None:
        number = _number(work, entity, owner.entity_id)
        raise Duplicate(field=definition.label, value=value, owner=number)
    taken = Duplicate(field=definition.label, value=value, owner=_("another record"))
    with work.on_violation({"pk_field_unique_value": taken}):
        work.session.connection().execute(
            insert(FieldUniqueValue),
            {"definition_id": definition.id, "value": text, "entity_id": entity_id},
        )
