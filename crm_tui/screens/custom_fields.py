"""Custom fields in a form: read, described and offered as their kinds have it.

    Form([*own_fields, *form_fields(definitions, role, known, place)])
    …
    actions.create(work, NewOrder(…, custom=typed(values)))

A field of the form is called ``custom-KEY``; its value is the text as typed, which is what services
take. ``known`` is what stands in the form already, by those names; a masked phone that is left as
it is counts as unchanged.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from crm_tui.core.errors import Invalid
from crm_tui.core.language import _
from crm_tui.screens.pickers import companion_line, customer_line, suggesting
from crm_tui.widgets.entry import enterable
from crm_tui.widgets.form import Field, Suggestion

if TYPE_CHECKING:
    from crm_tui.core.words import Role
    from crm_tui.screens.frame import Frame
    from crm_tui.services.fields.rules import Definition
    from crm_tui.storage.store import ReadWork

CUSTOM = "custom-"
"""Begins the name of a custom field in a form, before its key."""
MATCHES = 20


def typable(entity: str, work: ReadWork) -> tuple[Definition, ...]:
    """The fields of ``entity`` that somebody may type into; for a worker thread."""
    from crm_tui.services.fields.reads import definitions
    from crm_tui.services.fields.rules import KINDS

    return tuple(each for each in definitions(work, entity) if not KINDS[each.kind].counted)


def form_fields(
    definitions: Iterable[Definition],
    role: Role,
    known: Mapping[str, str] | None = None,
    place: Frame | None = None,
) -> list[Field]:
    """The fields of a form for those of ``definitions`` that ``role`` may change.

    With a ``place``, a field that names a customer or a companion looks them up as one types.
    """
    return [custom_field(each, known or {}, place) for each in definitions if each.edited(role)]


def custom_field(
    definition: Definition, known: Mapping[str, str], place: Frame | None = None
) -> Field:
    """The field of a form for one custom field; it begins with what is known, else the default."""
    from crm_tui.services.fields.rules import expected, parse

    name = f"{CUSTOM}{definition.key}"

    def read(text: str) -> str:
        if text != enterable(known.get(name, "")).strip():
            try:
                parse(definition, text)
            except Invalid as error:
                raise ValueError(text) from error
        return text

    return Field(
        name,
        definition.label,
        read,
        expected(definition),
        required=definition.required,
        initial=known.get(name, definition.default),
        suggest=_suggest(definition, place),
    )


def typed(values: Mapping[str, Any]) -> dict[str, str]:
    """The custom fields among a form's values, key → text, as services take them."""
    return {
        name.removeprefix(CUSTOM): str(value)
        for name, value in values.items()
        if name.startswith(CUSTOM) and value is not None
    }


def offering(
    choices: Mapping[str, Any], *, free: bool = False
) -> Callable[[str], list[Suggestion]]:
    """Suggests the choices that hold what was typed; all of them for none, or for a whole one.

    With ``free`` other texts may be typed, too: then only what is begun is suggested, so that Enter
    never puts something else in its place.
    """

    def suggest(text: str) -> list[Suggestion]:
        fitting = [each for each in choices if text in each and text not in choices]
        offered = fitting if free and text else fitting or choices
        return [Suggestion(each, choices[each]) for each in offered]

    return suggest


def _suggest(
    definition: Definition, place: Frame | None
) -> Callable[[str], Sequence[Suggestion]] | None:
    match definition.kind:
        case "choice":
            return offering({each: each for each in definition.choices})
        case "switch":
            return offering({each: each for each in (_("yes"), _("no"))})
        case "region":
            from crm_tui.services.fields.kinds import PROVINCES

            return offering({each: each for each in PROVINCES}, free=True)
        case "customer" if place is not None:
            return suggesting(place, _customers)
        case "companion" if place is not None:
            return suggesting(place, _companions)
    return None


# On a worker thread


def _customers(text: str, work: ReadWork) -> list[Suggestion]:
    from crm_tui.services.customers import lookup

    hits = lookup.find(work, text, limit=MATCHES)
    return [Suggestion(hit.no, hit.no, customer_line(hit)) for hit in hits]


def _companions(text: str, work: ReadWork) -> list[Suggestion]:
    from crm_tui.services.companions import lookup

    hits = lookup.find(work, text, limit=MATCHES)
    return [Suggestion(hit.row.no, hit.row.no, companion_line(hit)) for hit in hits]
