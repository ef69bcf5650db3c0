"""What custom fields may hold, and how they are shown. Pure.

Values are kept as JSON in the entity's ``custom`` column, by the key of the field.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from decimal import InvalidOperation
from typing import Any

from crm_tui.core.errors import Invalid, NotFound, Refused
from crm_tui.core.language import _, joined
from crm_tui.core.text import fold, squeeze
from crm_tui.core.words import Role
from crm_tui.services.fields import formulas
from crm_tui.services.fields.definition import Definition, FieldValue
from crm_tui.services.fields.kinds import KINDS, LONGEST_UNIQUE

__all__ = [
    "ENTITIES",
    "KINDS",
    "Definition",
    "FieldValue",
    "apply",
    "checked",
    "expected",
    "parse",
    "require_editor",
    "shown",
    "unique_text",
]

ENTITIES = ("customer", "companion", "order")
"""What can have custom fields."""
RESERVED = frozenset({"aliases", "imported_version", "own_no"})
"""Keys under which ``custom`` holds something else."""
LONGEST_KEY, LONGEST_LABEL, MOST_CHOICES = 60, 100, 200


def parse(definition: Definition, text: str) -> Any:
    """The JSON value that ``text`` means for this field; None where it is blank.

    What names another record or a file is not looked up here (``values``). Raises
    :class:`Invalid`.
    """
    kind = KINDS[definition.kind]
    given = _lines(text) if kind.lines else squeeze(text)
    if not given:
        if definition.required:
            raise Invalid(field=definition.label, value="", expected=_("a value"))
        return None
    try:
        return kind.read(definition, given)
    except (ValueError, InvalidOperation):
        raise Invalid(
            field=definition.label, value=text[:200], expected=expected(definition)
        ) from None


def expected(definition: Definition) -> str:
    """What the field accepts, in words."""
    return _(KINDS[definition.kind].expected).format(choices=joined(definition.choices))


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


def shown(
    definitions: Iterable[Definition], stored: Mapping[str, Any], role: Role | None = None
) -> tuple[FieldValue, ...]:
    """Every field that ``role`` may see, in order, with its value as a person reads it.

    Without a role only what everybody may see. Formulas are computed here; one that speaks of a
    field that the reader may not see stays empty.
    """
    visible = {each.key: each for each in definitions if each.seen(role)}
    return tuple(_shown(each, visible, stored) for each in visible.values())


def _shown(
    definition: Definition, visible: Mapping[str, Definition], stored: Mapping[str, Any]
) -> FieldValue:
    kind = KINDS[definition.kind]
    value = stored.get(definition.key)
    if definition.kind == "formula":
        value = formulas.compute(str(definition.options.get("formula", "")), visible, stored)
    if value is None:
        return FieldValue(definition.key, definition.label, None, "")
    text = _("yes") if value is True else _("no") if value is False else kind.show(value)
    private = text if definition.kind == "phone" else value
    return FieldValue(definition.key, definition.label, private, text)


def require_editor(definition: Definition, role: Role) -> None:
    """Raises :class:`Refused` unless ``role`` may change the field."""
    if not definition.edited(role):
        why = _("{field} may not be changed by this role: {role}.").format(
            field=definition.label, role=role.label
        )
        raise Refused(why=why, reason="role", field=definition.key)


def unique_text(value: Any) -> str:
    """The form in which the values of a unique field are compared."""
    return fold(str(value))


def checked(entity: str, wanted: Definition, others: Iterable[Definition]) -> Definition:
    """``wanted`` put in order, if it can be a field of ``entity`` beside the ``others``.

    Raises :class:`Invalid`, saying which part of the definition is wrong and what it may be.
    """
    if entity not in ENTITIES:
        raise Invalid(field=_("Entity"), value=entity, expected=joined(ENTITIES))
    if wanted.kind not in KINDS:
        raise Invalid(field=_("Kind"), value=wanted.kind, expected=joined(KINDS))
    key = wanted.key.strip()
    if not key.isidentifier() or not key.isascii() or len(key) > LONGEST_KEY or key in RESERVED:
        raise Invalid(field=_("Key"), value=key, expected=_("letters, digits and underscores"))
    label = squeeze(wanted.label) or key
    if len(label) > LONGEST_LABEL:
        limit = _("at most {count} characters").format(count=LONGEST_LABEL)
        raise Invalid(field=_("Label"), value=label, expected=limit)
    tidy = replace(wanted, key=key, label=label, options=_options(wanted, others))
    _check_roles(tidy)
    _check_demands(tidy)
    return tidy


def _options(wanted: Definition, others: Iterable[Definition]) -> dict[str, Any]:
    """The options that the kind has, checked."""
    match wanted.kind:
        case "choice" | "choices":
            choices = list(dict.fromkeys(filter(None, map(squeeze, wanted.choices))))
            if not 1 <= len(choices) <= MOST_CHOICES:
                several = _("1 to {most} choices").format(most=MOST_CHOICES)
                raise Invalid(field=_("Choices"), value=joined(choices), expected=several)
            return {"choices": choices}
        case "formula":
            formula = str(wanted.options.get("formula", "")).strip()
            known = [each.key for each in others if each.kind != "formula"]
            try:
                formulas.check(formula, known)
            except ValueError as error:
                words = _("a formula over these fields: {fields}").format(fields=joined(known))
                raise Invalid(field=_("Formula"), value=str(error), expected=words) from error
            return {"formula": formula}
        case "auto_number":
            digits = int(wanted.options.get("digits", 4))
            if not 1 <= digits <= 12:
                raise Invalid(field=_("Digits"), value=digits, expected="1–12")
            return {"prefix": str(wanted.options.get("prefix", ""))[:20], "digits": digits}
    return {}


def _check_roles(wanted: Definition) -> None:
    for names in (wanted.seen_by, wanted.edited_by):
        for name in names:
            if name not in tuple(Role):
                raise Invalid(field=_("Roles"), value=name, expected=joined(Role))


def _check_demands(wanted: Definition) -> None:
    kind = KINDS[wanted.kind]
    if kind.counted and (wanted.required or wanted.default):
        words = _("neither required nor with a default: its value comes by itself")
        raise Invalid(field=_("Kind"), value=wanted.kind, expected=words)
    if wanted.unique and not kind.unique:
        able = joined(name for name, each in KINDS.items() if each.unique)
        raise Invalid(field=_("Unique"), value=wanted.kind, expected=able)
    if wanted.unique and wanted.default:
        raise Invalid(field=_("Default"), value=wanted.default, expected=_("none, as it is unique"))
    if wanted.default:
        parse(wanted, wanted.default)


def check_unique(definition: Definition, value: Any) -> str:
    """The text under which a unique value is kept. Raises :class:`Invalid` where it is too long."""
    text = unique_text(value)
    if len(text) > LONGEST_UNIQUE:
        limit = _("at most {count} characters").format(count=LONGEST_UNIQUE)
        raise Invalid(field=definition.label, value=text[:100], expected=limit)
    return text


def _lines(text: str) -> str:
    """Each line squeezed, with the breaks between them kept."""
    return "\n".join(map(squeeze, text.splitlines())).strip()
