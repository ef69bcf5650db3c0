"""Custom fields and tags keep what they promise."""

from __future__ import annotations

from sqlmodel import col, select

from crm_tui.core.language import _
from crm_tui.models import FieldDefinition, FieldUniqueValue
from crm_tui.services.fields.reads import as_definition, values
from crm_tui.services.fields.rules import unique_text
from crm_tui.services.tags import rule_sets
from crm_tui.services.upkeep.findings import Finding, finding
from crm_tui.storage.store import ReadWork


def unique(work: ReadWork) -> Finding:
    """The values of unique fields in use are owned by exactly the records that hold them."""
    broken = []
    for row in work.session.exec(
        select(FieldDefinition).where(col(FieldDefinition.unique), ~col(FieldDefinition.archived))
    ):
        owned = dict(
            work.session.exec(
                select(FieldUniqueValue.value, FieldUniqueValue.entity_id).where(
                    FieldUniqueValue.definition_id == row.id
                )
            ).all()
        )
        field = as_definition(row)
        held = {unique_text(value): owner for owner, value in values(work, row.entity, field.key)}
        broken += [f"{field.key}={text}" for text, _owner in owned.items() ^ held.items()]
    promise = _("Every value of a unique field has one owner.")
    return finding("fields.unique", promise, sorted(set(broken)))


def rules(work: ReadWork) -> Finding:
    """The rules of tags can be read; one that can't leaves its tag where it is."""
    promise = _("Every rule of a tag can be read.")
    return finding("tags.rules", promise, [tag for tag, _why in rule_sets.unreadable(work)])
