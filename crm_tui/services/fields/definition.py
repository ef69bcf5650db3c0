"""A custom field as it is defined."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from crm_tui.core.words import Role


@dataclass(frozen=True, slots=True)
class Definition:
    """A custom field of one entity.

    ``options`` by kind: ``choices`` (a list), ``formula``, ``prefix`` and ``digits`` of numbers
    that are counted. ``default`` is what a new record begins with, as it would be typed.
    ``seen_by`` and ``edited_by`` name roles; empty means all.
    """

    key: str
    label: str
    kind: str
    required: bool = False
    options: Mapping[str, Any] = field(default_factory=dict)
    unique: bool = False
    default: str = ""
    seen_by: tuple[str, ...] = ()
    edited_by: tuple[str, ...] = ()
    position: int = 0
    archived: bool = False
    id: int = 0

    @property
    def choices(self) -> tuple[str, ...]:
        """What a choice may be, in order."""
        return tuple(map(str, self.options.get("choices", ())))

    def seen(self, role: Role | None) -> bool:
        """Whether ``role`` may see it; an unknown reader sees only what everybody may."""
        return not self.seen_by or role in self.seen_by

    def edited(self, role: Role | None) -> bool:
        """Whether ``role`` may change it."""
        return self.seen(role) and (not self.edited_by or role in self.edited_by)


@dataclass(frozen=True, slots=True)
class FieldValue:
    """A field of one record, with its value as a person reads it; empty where there is none.

    A phone is masked in both.
    """

    key: str
    label: str
    value: Any
    shown: str
