"""The custom fields of an export: a column for each that the reader may see."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from crm_tui.core.words import Role
from crm_tui.services.exports.columns import Column, Kind
from crm_tui.services.fields.definition import Definition, FieldValue
from crm_tui.services.fields.rules import shown

PREFIX = "custom."
_KINDS = {
    "integer": Kind.NUMBER,
    "rating": Kind.NUMBER,
    "decimal": Kind.DECIMAL,
    "money": Kind.MONEY,
    "date": Kind.DAY,
    "switch": Kind.FLAG,
    "choices": Kind.LIST,
}
"""How values of a field are written; all others as people read them."""


def columns_of(definitions: Sequence[Definition]) -> tuple[Column, ...]:
    """A column for each field, under its label."""
    return tuple(
        Column(
            PREFIX + each.key,
            each.label,
            _KINDS.get(each.kind, Kind.TEXT),
            phone=each.kind == "phone",
        )
        for each in definitions
    )


def values_of(
    definitions: Sequence[Definition], stored: Mapping[str, Any], role: Role
) -> dict[str, Any]:
    """The values of one record for :func:`columns_of`; formulas are computed."""
    kinds = {each.key: each.kind for each in definitions}
    return {
        PREFIX + each.key: _value(kinds[each.key], each, stored)
        for each in shown(definitions, stored, role)
    }


def _value(kind: str, field: FieldValue, stored: Mapping[str, Any]) -> Any:
    if field.value is None:
        return None
    if kind == "phone":
        return str(stored[field.key])
    if kind == "date":
        return date.fromisoformat(field.value)
    if kind == "decimal":
        return float(field.value)
    return field.value if kind in _KINDS else field.shown
