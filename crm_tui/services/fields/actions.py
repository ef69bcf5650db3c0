"""Defining custom fields."""

from __future__ import annotations

from crm_tui.core.errors import Duplicate, Invalid
from crm_tui.core.language import _
from crm_tui.models import STUDIO, FieldDefinition
from crm_tui.services.fields.rules import KINDS, Definition
from crm_tui.storage.store import UnitOfWork


def define(work: UnitOfWork, entity: str, definition: Definition) -> None:
    """Add a custom field to ``entity``.

    Raises :class:`Invalid` for an unknown kind or a bad key, :class:`Duplicate` for a known key.
    """
    if definition.kind not in KINDS:
        raise Invalid(field=_("Kind"), value=definition.kind, expected=", ".join(KINDS))
    if not definition.key.isidentifier():
        expected = _("letters, digits and underscores")
        raise Invalid(field=_("Key"), value=definition.key, expected=expected)
    row = FieldDefinition(
        entity=entity,
        key=definition.key,
        label=definition.label,
        kind=definition.kind,
        required=definition.required,
        options=dict(definition.options),
    )
    taken = Duplicate(field=_("Key"), value=definition.key, owner=entity)
    work.session.add(row)
    with work.on_violation({"uq_field_definition_entity_key": taken}):
        work.session.flush()
    assert row.id is not None
    work.record(
        "setting.changed",
        "field_definition",
        row.id,
        store_id=STUDIO,
        ref=f"{entity}.{definition.key}",
        field_kind=definition.kind,
        required=definition.required,
    )
