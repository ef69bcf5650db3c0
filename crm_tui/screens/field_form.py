"""The form in which a custom field is defined."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from crm_tui.core.errors import Invalid
from crm_tui.core.language import N_, _, joined
from crm_tui.core.words import Role
from crm_tui.screens.custom_fields import offering
from crm_tui.widgets.form import Field

if TYPE_CHECKING:
    from crm_tui.services.fields.rules import Definition

ENTITY_NAMES = {"customer": N_("Customer"), "companion": N_("Companion"), "order": N_("An order")}
_PARTS = "、,，/;；"


def definition_fields(known: Definition | None) -> list[Field]:
    """The fields of the form: of a new definition, or of the ``known`` one (whose entity and key
    stay)."""
    from crm_tui.services.fields.kinds import KINDS

    kinds = {name: _(kind.label) for name, kind in KINDS.items()}
    options: Mapping[str, Any] = known.options if known else {}
    who = (
        [] if known else [_one_of("entity", _("Belongs to"), _translated(ENTITY_NAMES), "customer")]
    )
    key = [] if known else [Field("key", _("Key"), hint=_("letters, digits, _"), required=True)]
    return [
        *who,
        *key,
        Field("label", _("Called"), required=True, initial=known.label if known else ""),
        _one_of("kind", _("Kind"), kinds, known.kind if known else "text"),
        _switch("required", _("Required"), known.required if known else False),
        _switch("unique", _("Unique"), known.unique if known else False),
        Field("default", _("Default"), initial=known.default if known else ""),
        Field(
            "choices",
            _("Choices"),
            _listed,
            _("for choices: A, B, C"),
            initial="、".join(known.choices) if known else "",
        ),
        Field(
            "formula",
            _("Formula"),
            hint=_("for a formula: fee * hours"),
            initial=str(options.get("formula", "")),
        ),
        Field(
            "prefix",
            _("Prefix"),
            hint=_("of counted numbers"),
            initial=str(options.get("prefix", "")),
        ),
        Field(
            "digits",
            _("Digits"),
            int,
            _("of counted numbers, 1 to 12"),
            initial=str(options.get("digits", "")),
        ),
        _roles("seen_by", _("Seen by"), known.seen_by if known else ()),
        _roles("edited_by", _("Changed by"), known.edited_by if known else ()),
    ]


def parts_of(values: Mapping[str, Any]) -> dict[str, Any]:
    """What was filled in, as the parts of a definition."""
    options = {
        name: values[name] for name in ("choices", "formula", "prefix", "digits") if values[name]
    }
    return {
        "label": values["label"],
        "kind": values["kind"],
        "required": bool(values["required"]),
        "unique": bool(values["unique"]),
        "default": values["default"] or "",
        "options": options,
        "seen_by": values["seen_by"] or (),
        "edited_by": values["edited_by"] or (),
    }


def _translated(names: Mapping[str, str]) -> dict[str, str]:
    return {name: _(label) for name, label in names.items()}


def _one_of(name: str, label: str, words: Mapping[str, str], initial: str) -> Field:
    """A choice among stored words, by their labels or as they are stored."""
    by_label = {shown: word for word, shown in words.items()}

    def read(text: str) -> str:
        try:
            return {**{word: word for word in words}, **by_label}[text]
        except KeyError:
            raise ValueError(text) from None

    hint = joined(by_label) if len(by_label) <= 3 else _("choose one of the suggestions")
    suggest = offering(by_label)
    return Field(name, label, read, hint, True, words.get(initial, ""), suggest)


def _switch(name: str, label: str, initial: bool) -> Field:
    def read(text: str) -> bool:
        from crm_tui.services.fields.rules import Definition, parse

        try:
            return bool(parse(Definition(name, label, "switch"), text))
        except Invalid as error:
            raise ValueError(text) from error

    words = {_("yes"): True, _("no"): False}
    shown = _("yes") if initial else ""
    return Field(name, label, read, _("yes or no"), initial=shown, suggest=offering(words))


def _roles(name: str, label: str, known: Iterable[str]) -> Field:
    """Roles by their labels; none means all."""
    by_label = {role.label: role.value for role in Role}

    def read(text: str) -> tuple[str, ...]:
        spelled = {word: role.value for role in Role for word in role.spellings}
        try:
            return tuple(spelled[word] for word in _listed(text))
        except KeyError as unknown:
            raise ValueError(text) from unknown

    initial = "、".join(Role(role).label for role in known)
    hint = _("empty: all; else {roles}").format(roles=joined(by_label))
    return Field(name, label, read, hint, initial=initial)


def _listed(text: str) -> list[str]:
    for sign in _PARTS:
        text = text.replace(sign, "\n")
    return [part.strip() for part in text.splitlines() if part.strip()]
