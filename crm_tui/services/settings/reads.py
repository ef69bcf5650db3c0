"""The settings in force, as rows."""

from __future__ import annotations

from dataclasses import dataclass

from crm_tui.core.language import _
from crm_tui.core.settings import DEFINITIONS, JsonValue
from crm_tui.models import STUDIO
from crm_tui.storage.store import ReadWork


@dataclass(frozen=True, slots=True)
class SettingRow:
    """One setting as it is in force."""

    key: str
    value: JsonValue
    default: JsonValue
    expected: str
    meaning: str


def in_force(work: ReadWork, store_id: int = STUDIO) -> list[SettingRow]:
    """Every setting with the value that holds for the store."""
    return [
        SettingRow(
            definition.key,
            work.setting(definition.key, store_id),
            definition.default,
            _(definition.expected),
            _(definition.meaning),
        )
        for definition in DEFINITIONS.values()
    ]
