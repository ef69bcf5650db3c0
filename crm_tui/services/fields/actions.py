"""Defining custom fields, and changing a definition without betraying what is stored.

Needs :attr:`Permission.DEFINE`. A key, once given, stays; whatever else changes must suit the
values that are there.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from sqlalchemy import delete, insert
from sqlmodel import col, select

from crm_tui.core.errors import Duplicate, Invalid, NotFound, Refused
from crm_tui.core.language import _, joined, ngettext
from crm_tui.core.permissions import Permission, require
from crm_tui.models import STUDIO, FieldDefinition, FieldUniqueValue
from crm_tui.services.fields import formulas
from crm_tui.services.fields.reads import MODELS, as_definition, definitions, values
from crm_tui.services.fields.rules import Definition, check_unique, checked, parse
from crm_tui.storage.store import UnitOfWork


def define(work: UnitOfWork, entity: str, definition: Definition) -> None:
    """Add a custom field to ``entity``, after those there are.

    Records that exist have no value in it. Raises :class:`Refused` for a role that may not,
    :class:`Invalid` for a definition that makes no sense, :class:`Duplicate` for a known key.
    """
    require(work.actor, Permission.DEFINE)
    others = definitions(work, entity, archived=True)
    wanted = checked(entity, definition, others)
    last = max((each.position for each in others), default=0)
    row = FieldDefinition(entity=entity, key=wanted.key, label=wanted.label, kind=wanted.kind)
    _fill(row, replace(wanted, position=definition.position or last + 1))
    taken = Duplicate(field=_("Key"), value=wanted.key, owner=entity)
    work.session.add(row)
    with work.on_violation({"uq_field_definition_entity_key": taken}):
        work.session.flush()
    _tell(work, row)


def change(work: UnitOfWork, entity: str, key: str, **changes: Any) -> int:
    """Change parts of a definition (by the names of :class:`Definition`); answers how many stored
    values were rewritten for it.

    Raises :class:`Refused`, with how many, where values stand against it: ones that the new kind
    or choices do not have, or the same value twice in a field that becomes unique.
    """
    require(work.actor, Permission.DEFINE)
    row = _row(work, entity, key)
    before = as_definition(row)
    others = [each for each in definitions(work, entity, archived=True) if each.key != key]
    after = checked(entity, replace(before, **changes, key=before.key), others)
    rewritten = 0
    if (before.kind, before.options) != (after.kind, after.options):
        _refuse_needed(entity, after, others)
        rewritten = _reread(work, entity, before, after)
    if after.unique and (rewritten or not before.unique or before.archived != after.archived):
        _make_unique(work, entity, after)
    if not after.unique and before.unique:
        _forget_unique(work, after)
    _fill(row, after)
    if after != before:
        _tell(work, row, rewritten=rewritten)
    return rewritten


def archive(work: UnitOfWork, entity: str, key: str, *, archived: bool = True) -> None:
    """Ask for the field no longer, or (``archived=False``) again; what is stored stays.

    Raises :class:`Refused` where a formula needs it, or where it is unique and what was stored
    meanwhile is not.
    """
    require(work.actor, Permission.DEFINE)
    row = _row(work, entity, key)
    definition = as_definition(row)
    if definition.archived == archived:
        return
    needed_by = [
        each.label for each in definitions(work, entity) if key in _names(each) and archived
    ]
    if needed_by:
        why = _("the formula of {fields} needs it.").format(fields=joined(needed_by))
        raise Refused(why=why, reason="needed", needed_by=needed_by)
    if definition.unique and not archived:
        _make_unique(work, entity, definition)
    row.archived = archived
    _tell(work, row)


def reorder(work: UnitOfWork, entity: str, keys: Iterable[str]) -> None:
    """Let the fields stand in this order; those that are not named follow as they stood.

    Raises :class:`NotFound`, :class:`Refused`.
    """
    require(work.actor, Permission.DEFINE)
    wanted = list(dict.fromkeys(keys))
    rows = {
        row.key: row
        for row in work.session.exec(
            select(FieldDefinition)
            .where(FieldDefinition.entity == entity)
            .order_by(col(FieldDefinition.position), col(FieldDefinition.id))
            .with_for_update()
        )
    }
    for key in wanted:
        if key not in rows:
            raise NotFound(what=_("custom field"), ref=f"{entity}.{key}")
    order = [*wanted, *(key for key in rows if key not in wanted)]
    for position, key in enumerate(order, start=1):
        if rows[key].position != position:
            rows[key].position = position
            _tell(work, rows[key])


def _row(work: UnitOfWork, entity: str, key: str) -> FieldDefinition:
    """The definition's row, held: nobody writes values by it meanwhile."""
    row = work.session.exec(
        select(FieldDefinition)
        .where(FieldDefinition.entity == entity, FieldDefinition.key == key)
        .with_for_update()
    ).one_or_none()
    if row is None:
        raise NotFound(what=_("custom field"), ref=f"{entity}.{key}")
    return row


def _fill(row: FieldDefinition, definition: Definition) -> None:
    row.label, row.kind = definition.label, definition.kind
    row.required, row.unique = definition.required, definition.unique
    row.options, row.default = dict(definition.options), definition.default
    row.seen_by, row.edited_by = list(definition.seen_by), list(definition.edited_by)
    row.position, row.archived = definition.position, definition.archived


def _names(definition: Definition) -> set[str]:
    if definition.kind != "formula":
        return set()
    return formulas.names_in(str(definition.options["formula"]))


def _refuse_needed(entity: str, after: Definition, others: Iterable[Definition]) -> None:
    """A field that formulas speak of can't become one itself."""
    needing = [each.label for each in others if after.key in _names(each)]
    if after.kind == "formula" and needing:
        why = _("the formula of {fields} needs it.").format(fields=joined(needing))
        raise Refused(why=why, reason="needed", needed_by=needing, field=f"{entity}.{after.key}")


def _reread(work: UnitOfWork, entity: str, before: Definition, after: Definition) -> int:
    """Read every stored value by the new definition, and rewrite those that it keeps otherwise."""
    lenient = replace(after, required=False)
    rewritten: dict[int, Any] = {}
    against = 0
    for entity_id, value in list(values(work, entity, before.key)):
        try:
            wanted = parse(lenient, _typed(before, value))
        except Invalid:
            against += 1
            continue
        if wanted != value:
            rewritten[entity_id] = wanted
    _refuse_against(against)
    for entity_id, wanted in rewritten.items():
        _rewrite(work, entity, entity_id, before.key, wanted)
    work.session.flush()
    return len(rewritten)


def _rewrite(work: UnitOfWork, entity: str, entity_id: int, key: str, value: Any) -> None:
    record: Any = work.session.get_one(MODELS[entity], entity_id, with_for_update=True)
    record.custom = {**record.custom, key: value}
    record.version += 1


def _typed(definition: Definition, value: Any) -> str:
    """A stored value as one would type it, in any language and unmasked."""
    match definition.kind:
        case "money":
            return f"{value / 100:.2f}"
        case "choices":
            return "、".join(value)
        case "switch":
            return "yes" if value else "no"
        case "file":
            return str(value["name"])
    return str(value)


def _make_unique(work: UnitOfWork, entity: str, definition: Definition) -> None:
    """Write down who has which value; every second owner of a value stands against it."""
    _forget_unique(work, definition)
    owners: dict[str, int] = {}
    against = 0
    for entity_id, value in values(work, entity, definition.key):
        if owners.setdefault(check_unique(definition, value), entity_id) != entity_id:
            against += 1
    _refuse_against(against)
    rows = [
        {"definition_id": definition.id, "value": text, "entity_id": entity_id}
        for text, entity_id in owners.items()
    ]
    if rows:
        work.session.connection().execute(insert(FieldUniqueValue), rows)


def _forget_unique(work: UnitOfWork, definition: Definition) -> None:
    work.session.connection().execute(
        delete(FieldUniqueValue).where(col(FieldUniqueValue.definition_id) == definition.id)
    )


def _refuse_against(count: int) -> None:
    if count:
        why = ngettext(
            "{count} stored value stands against it.",
            "{count} stored values stand against it.",
            count,
        ).format(count=count)
        raise Refused(why=why, reason="values", count=count)


def _tell(work: UnitOfWork, row: FieldDefinition, **facts: Any) -> None:
    work.session.add(row)
    work.session.flush()
    assert row.id is not None
    work.record(
        "field.defined",
        "field_definition",
        row.id,
        store_id=STUDIO,
        ref=f"{row.entity}.{row.key}",
        field_kind=row.kind,
        required=row.required,
        unique=row.unique,
        archived=row.archived,
        **facts,
    )
