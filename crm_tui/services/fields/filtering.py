"""Custom fields as fields of a filter line: how they are called and read, whatever has them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Protocol, TypeVar

from crm_tui.core.words import Role
from crm_tui.services.fields.definition import Definition
from crm_tui.services.fields.reads import visible
from crm_tui.services.fields.rules import shown
from crm_tui.services.filters.rules import Field
from crm_tui.services.filters.values import Kind
from crm_tui.storage.store import ReadWork

_KINDS = {
    "integer": Kind.NUMBER,
    "decimal": Kind.NUMBER,
    "rating": Kind.NUMBER,
    "money": Kind.MONEY,
    "date": Kind.DAY,
    "switch": Kind.FLAG,
    "formula": Kind.NUMBER,
}


class HasFields(Protocol):
    """A record with what is stored in its custom fields, by their keys."""

    @property
    def custom(self) -> Mapping[str, Any]:
        """Values as they lie in the database."""
        ...


Row = TypeVar("Row", bound=HasFields)


def names_of(definition: Definition) -> tuple[str, ...]:
    """What a line may call the field: its label, its key, or ``custom.KEY`` where others have
    those names."""
    names = (definition.label, definition.key, f"custom.{definition.key}")
    return tuple(dict.fromkeys(name for name in names if ":" not in name))


def kind_of(definition: Definition) -> Kind:
    """How its values are read; all that is neither number, day nor flag is words."""
    return _KINDS.get(definition.kind, Kind.WORDS)


def fields_of(work: ReadWork, entity: str, role: Role | None) -> tuple[Field[Any], ...]:
    """The custom fields of ``entity`` that ``role`` may see, for filtering rows in memory."""
    definitions = visible(work, entity, role)
    return tuple(_field(each, definitions, role) for each in definitions)


def _field(
    definition: Definition, definitions: Sequence[Definition], role: Role | None
) -> Field[HasFields]:
    needed = definitions if definition.kind == "formula" else (definition,)

    def read(row: HasFields) -> Any:
        found = shown(needed, row.custom, role)
        value, text = next((one.value, one.shown) for one in found if one.key == definition.key)
        if value is None:
            return None
        match definition.kind:
            case "date":
                return date.fromisoformat(value)
            case "decimal" | "formula":
                return _number(value)
            case "choices":
                return value
        return text if kind_of(definition) is Kind.WORDS else value

    return Field(names_of(definition), read, lambda: definition.choices, kind=kind_of(definition))


def _number(value: Any) -> float | None:
    """What a formula comes to may also be a text."""
    try:
        return float(value)
    except ValueError:
        return None
