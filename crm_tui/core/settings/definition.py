"""What a setting is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from crm_tui.core.language import N_

JsonValue = Any
"""What JSON can hold: that is how values are stored and shown."""

SECONDS = N_("a whole number of seconds, 10 to 86400")
MINUTES = N_("a whole number of minutes, 1 to 10080")
"""What is expected of spans of time."""


@dataclass(frozen=True, slots=True)
class SettingDefinition:
    """One setting. ``parse`` turns a person's text into the JSON value or raises ``ValueError``."""

    key: str
    default: JsonValue
    parse: Callable[[str], JsonValue]
    expected: str
    """What is expected, in words."""
    meaning: str
