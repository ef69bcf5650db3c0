"""Custom fields as commands take and answer them, whatever record they belong to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from crm_tui.cli._run import Document, actor, line
from crm_tui.core.errors import Invalid
from crm_tui.core.language import _

if TYPE_CHECKING:
    from crm_tui.core.words import Role
    from crm_tui.storage.store import ReadWork

Custom = Annotated[
    list[str] | None, typer.Option("--field", metavar="KEY=VALUE", help=_("A custom field."))
]
"""The option of a verb that takes custom fields; may be given again."""


def pairs(given: list[str] | None) -> dict[str, str]:
    """``KEY=VALUE`` texts as a dictionary. Raises :class:`Invalid` where the ``=`` is missing."""
    found = {}
    for text in given or ():
        name, sign, value = text.partition("=")
        if not sign or not name:
            raise Invalid(field="KEY=VALUE", value=text, expected="KEY=VALUE")
        found[name] = value
    return found


def field_values(work: ReadWork, entity: str, entity_id: int) -> dict[str, Any]:
    """Key → value of the fields that the caller may see."""
    from crm_tui.services.fields.reads import of_record

    return {each.key: each.value for each in of_record(work, entity, entity_id, _role(work))}


def show_fields(document: Document) -> None:
    """The fields that hold something, on one line."""
    known = [f"{key}={value}" for key, value in document.items() if value is not None]
    if known:
        line("  ".join(known))


def _role(work: ReadWork) -> Role:
    from crm_tui.storage.store import UnitOfWork

    return work.actor.role if isinstance(work, UnitOfWork) else actor(work.store).role
