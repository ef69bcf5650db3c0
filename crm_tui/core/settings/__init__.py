"""The settings that exist: key, default, how a text becomes a value.

Values are data with a version in the ``setting`` table; this is only their register, by
capability. A setting may hold for the studio (store 0) or be overridden for one store.
"""

from __future__ import annotations

from zoneinfo import ZoneInfo

from crm_tui.core.errors import Invalid, NotFound
from crm_tui.core.language import _
from crm_tui.core.settings import dispatch, money, orders, studio, watch
from crm_tui.core.settings.definition import JsonValue, SettingDefinition
from crm_tui.core.settings.orders import ROUNDING_RULES

__all__ = [
    "DEFINITIONS",
    "ROUNDING_RULES",
    "JsonValue",
    "SettingDefinition",
    "definition_of",
    "parse_setting",
    "zone_of",
]

DEFINITIONS: dict[str, SettingDefinition] = {
    definition.key: definition
    for capability in (studio, orders, dispatch, watch, money)
    for definition in capability.DEFINITIONS
}


def definition_of(key: str) -> SettingDefinition:
    """The definition of ``key``. Raises :class:`NotFound`."""
    try:
        return DEFINITIONS[key]
    except KeyError:
        raise NotFound(what=_("setting"), ref=key) from None


def parse_setting(key: str, text: str) -> JsonValue:
    """The value that ``text`` means for ``key``. Raises :class:`NotFound`, :class:`Invalid`."""
    definition = definition_of(key)
    try:
        return definition.parse(text)
    except (ValueError, TypeError, KeyError, AttributeError):
        raise Invalid(field=key, value=text, expected=_(definition.expected)) from None


def zone_of(name: str) -> ZoneInfo:
    """The time zone of a stored setting."""
    return ZoneInfo(name)
