"""What a custom field may hold. Values are kept as JSON in the entity's ``custom`` column. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from crm_tui.core.errors import Invalid, NotFound
from crm_tui.core.language import N_, _
from crm_tui.core.money import Money, yuan
from crm_tui.core.text import squeeze

LONGEST_TEXT = 2000


@dataclass(frozen=True, slots=True)
class Definition:
    """A custom field. ``options["choices"]`` lists what a choice may be."""

    key: str
    label: str
    kind: str
    required: bool = False
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class FieldValue:
    """A field of one record, with its value as a person reads it; empty where there is none."""

    key: str
    label: str
    value: Any
    shown: str


def _text(_definition: Definition, given: str) -> str:
    if len(given) > LONGEST_TEXT:
        raise ValueError(given)
    return given


def _integer(_definition: Definition, given: str) -> int:
    number = int(given)
    if abs(number) > 10**15:
        raise ValueError(given)
    return number


def _decimal(_definition: Definition, given: str) -> str:
    number = Decimal(given)
    if not number.is_finite():
        raise ValueError(given)
    return str(number)


def _money(_definition: Definition, given: str) -> int:
    return Money.parse(given).fen


def _date(_definition: Definition, given: str) -> str:
    return date.fromisoformat(given.replace("/", "-")).isoformat()


def _switch(_definition: Definition, given: str) -> bool:
    if given.lower() in ("1", "true", "yes", "y", "on", "是"):
        return True
    if given.lower() in ("0", "false", "no", "n", "off", "否"):
        return False
    raise ValueError(given)


def _choice(definition: Definition, given: str) -> str:
    if given not in definition.options.get("choices", ()):
        raise ValueError(given)
    return given


KINDS: dict[str, tuple[Callable[[Definition, str], Any], str]] = {
    "text": (_text, N_("a text of up to 2000 characters")),
    "integer": (_integer, N_("a whole number")),
    "decimal": (_decimal, N_("a number")),
    "money": (_money, N_("an amount in yuan")),
    "date": (_date, N_("a date such as 2026-09-21")),
    "switch": (_switch, N_("yes or no")),
    "choice": (_choice, N_("one of: {choices}")),
}
"""The kinds of fields: how a text becomes the stored value, and what is expected."""


def parse(definition: Definition, text: str) -> Any:
    """The JSON value that ``text`` means for this field; None where it is blank.

    Money is stored in fen, a decimal as text, a date in ISO form. Raises :class:`Invalid`.
    """
    reader, expected = KINDS[definition.kind]
    given = squeeze(text)
    if not given:
        if definition.required:
            raise Invalid(field=definition.label, value="", expected=_("a value"))
        return None
    try:
        return reader(definition, given)
    except (ValueError, InvalidOperation):
        choices = ", ".join(map(str, definition.options.get("choices", ())))
        words = _(expected).format(choices=choices)
        raise Invalid(field=definition.label, value=text, expected=words) from None


def apply(
    definitions: Iterable[Definition], stored: Mapping[str, Any], changes: Mapping[str, str]
) -> dict[str, Any]:
    """``stored`` with ``changes`` (field key → text) read and put in; a blank text takes one out.

    Raises :class:`NotFound` for a field that is not defined, :class:`Invalid` for a bad value.
    """
    known = {definition.key: definition for definition in definitions}
    values = dict(stored)
    for key, text in changes.items():
        if key not in known:
            raise NotFound(what=_("custom field"), ref=key)
        value = parse(known[key], text)
        if value is None:
            values.pop(key, None)
        else:
            values[key] = value
    return values


def shown(definitions: Iterable[Definition], stored: Mapping[str, Any]) -> tuple[FieldValue, ...]:
    """Every defined field with its value as a person reads it."""
    return tuple(
        FieldValue(each.key, each.label, stored.get(each.key), _shown(each, stored.get(each.key)))
        for each in definitions
    )


def _shown(definition: Definition, value: Any) -> str:
    if value is None:
        return ""
    if definition.kind == "money":
        return yuan(value)
    if definition.kind == "switch":
        return _("yes") if value else _("no")
    return str(value)
