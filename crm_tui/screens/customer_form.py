"""The form of a customer: their own fields, and the custom fields that the role may change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from crm_tui.core.language import _, joined
from crm_tui.core.words import Gender, IdentityKind, Word
from crm_tui.screens.custom_fields import CUSTOM, custom_field, offering, typable
from crm_tui.widgets.entry import enterable
from crm_tui.widgets.form import Field

if TYPE_CHECKING:
    from crm_tui.core.words import Role
    from crm_tui.services.customers.reads import Person
    from crm_tui.services.fields.rules import Definition
    from crm_tui.storage.store import ReadWork

IDENTITIES = (IdentityKind.PHONE, IdentityKind.WECHAT, IdentityKind.QQ)
"""What a form always asks for; other kinds where the customer has one."""
FLAGS = ("blocked", "do_not_contact", "minor")


@dataclass(frozen=True, slots=True)
class Asked:
    """What a form of a customer is made of: who it is (None: a new one), and the custom fields."""

    person: Person | None
    definitions: tuple[Definition, ...]


def asked(customer_id: int | None, role: Role, work: ReadWork) -> Asked:
    """What the form is made of, for whoever has ``role``; for a worker thread."""
    from crm_tui.services.customers import reads

    mine = tuple(each for each in typable("customer", work) if each.edited(role))
    return Asked(reads.person(work, customer_id, role) if customer_id else None, mine)


def fields_of(asked: Asked, begun: Mapping[str, str]) -> list[Field]:
    """The fields of the form, filled with what is known, else with what was ``begun``."""
    known = known_of(asked) or begun
    kinds = [kind for kind in IdentityKind if kind in IDENTITIES or known.get(kind)]
    plain = [
        Field("nick", _("Nickname"), required=True),
        *(_identity(kind, known) for kind in kinds),
        Field("name", _("Full name")),
        _choice(Field("gender", _("Gender")), Gender),
        Field("city", _("City")),
        Field("note", _("Note")),
    ]
    flags = {
        "blocked": _("Blocked"),
        "do_not_contact": _("No contact"),
        "minor": _("Minor"),
    }
    switches = [Field(name, label, partial(_switch, label)) for name, label in flags.items()]
    custom = [custom_field(each, known) for each in asked.definitions]
    listed = [*plain, *(switches if asked.person else ()), *custom]
    return [replace(field, initial=known.get(field.name, field.initial)) for field in listed]


def known_of(asked: Asked) -> dict[str, str]:
    """What is known of the customer, as it stands in the form; a phone is masked."""
    person = asked.person
    if person is None:
        return {}
    known: dict[str, str] = {}
    for identity in person.identities:
        known.setdefault(identity.kind.value, identity.value)
    known |= {name: getattr(person, name) for name in ("nick", "name", "city", "note")}
    known["gender"] = "" if person.gender is Gender.UNKNOWN else person.gender.label
    known |= {name: _yes_or_no(getattr(person, name)) for name in FLAGS}
    return known | {f"{CUSTOM}{each.key}": each.shown for each in person.fields}


def changes(known: Mapping[str, str], values: Mapping[str, Any]) -> dict[str, Any]:
    """What was changed in the form, as ``customers.actions.edit`` takes it."""
    changed: dict[str, Any] = {}
    for name, value in values.items():
        typed = "" if value is None else value
        before = enterable(known.get(name, "")).strip()
        if name in FLAGS:
            if (typed is True) != (before == _yes_or_no(True)):
                changed[name] = typed is True
        elif name == "gender":
            after = typed if isinstance(typed, Gender) else Gender.UNKNOWN
            if (after.label if typed else "") != before:
                changed[name] = after
        elif typed != before:
            changed[name.replace(CUSTOM, "custom.", 1)] = typed
    return changed


def opposite(asked: Asked, changed: Mapping[str, Any]) -> dict[str, Any] | None:
    """What takes the changes back; None where a value that was replaced is not shown in full."""
    person = asked.person
    masked = {IdentityKind.PHONE.value}
    masked |= {f"custom.{each.key}" for each in asked.definitions if each.kind in ("phone", "file")}
    known = known_of(asked)
    before: dict[str, Any] = {}
    for name in changed:
        before[name] = known.get(name.replace("custom.", CUSTOM, 1), "")
        if name in masked and before[name]:
            return None
        if name in ("gender", *FLAGS):
            before[name] = getattr(person, name)
    return before


def _identity(kind: IdentityKind, known: Mapping[str, str]) -> Field:
    if kind is not IdentityKind.PHONE:
        return Field(kind.value, kind.label)

    def phone(text: str) -> str:
        from crm_tui.services.customers.rules import normalise_phone

        return text if text == known.get(kind) else normalise_phone(text)

    return Field(kind.value, kind.label, phone, _("a mobile number of 11 digits"))


def _choice(field: Field, vocabulary: type[Word]) -> Field:
    """``field`` as a choice of words, by any of their spellings."""
    labels = {word.label: word for word in vocabulary}
    known = labels | {spelling: word for word in vocabulary for spelling in word.spellings}

    def read(text: str) -> Word:
        try:
            return known[text]
        except KeyError:
            raise ValueError(text) from None

    return replace(field, parse=read, hint=joined(labels), suggest=offering(labels))


def _yes_or_no(value: bool) -> str:
    return _("yes") if value else _("no")


def _switch(label: str, text: str) -> bool:
    from crm_tui.services.fields.rules import Definition, parse

    return bool(parse(Definition("switch", label, "switch"), text))
