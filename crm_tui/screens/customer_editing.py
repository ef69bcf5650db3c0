"""Adding, editing and tagging the customer who is looked at."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from crm_tui.core.language import _
from crm_tui.core.words import IdentityKind
from crm_tui.screens.console import Visit
from crm_tui.screens.customer_in_hand import CustomerInHand
from crm_tui.screens.dialogs.form_dialog import FormDialog
from crm_tui.screens.registry import REGISTRY
from crm_tui.widgets.entry import enterable
from crm_tui.widgets.form import Field

if TYPE_CHECKING:
    from crm_tui.screens.desk import Undo
    from crm_tui.services.customers.reads import CustomerProfile
    from crm_tui.storage.store import UnitOfWork

IDENTITIES = (IdentityKind.PHONE, IdentityKind.WECHAT, IdentityKind.QQ)


def _add(values: dict[str, Any], work: UnitOfWork) -> int:
    from crm_tui.services.customers import actions
    from crm_tui.services.customers.rules import NewCustomer

    given = {name: str(value or "") for name, value in values.items()}
    new = NewCustomer(
        nick=given["nick"],
        name=given["name"],
        city=given["city"],
        note=given["note"],
        identities={kind: given[kind] for kind in IDENTITIES if given[kind]},
    )
    return actions.add(work, new)


def _edit(customer_id: int, version: int, changes: dict[str, str], work: UnitOfWork) -> None:
    from crm_tui.services.customers import actions

    actions.edit(work, customer_id, changes, expected_version=version)


def _tag(customer_id: int, add: list[str], remove: list[str], work: UnitOfWork) -> None:
    from crm_tui.services.customers import actions

    actions.tag(work, customer_id, add, remove)


class EditCommands(CustomerInHand):
    """The commands that change what is known of a customer."""

    def new_customer_words(self) -> str:
        """What a new customer's form begins with: a nickname, or a number."""
        return ""

    def customer_add(self) -> None:
        words = self.new_customer_words()
        digits = words.strip().isdigit()
        fields = _fields(nick="" if digits else words, phone=words if digits else "")

        def save(values: dict[str, Any], dialog: FormDialog) -> None:
            def saved(customer_id: int) -> None:
                dialog.dismiss()
                self.console.go_to(Visit(self.PLACE, customer_id))

            self.write(partial(_add, values), _("Customer added"), then=saved, failed=dialog.failed)

        self.app.push_screen(FormDialog(_("Customer"), _("new"), fields, save))

    def customer_edit(self) -> None:
        profile = self.profile
        if profile is None:
            return
        known: dict[str, str] = {}
        for identity in profile.identities:
            known.setdefault(identity.kind, identity.value)
        known |= {name: getattr(profile, name) for name in ("nick", "name", "city", "note")}
        customer_id, version, no = profile.id, profile.version, profile.no

        def save(values: dict[str, Any], dialog: FormDialog) -> None:
            changes = {
                name: value or ""
                for name, value in values.items()
                if (value or "") != enterable(known.get(name, "")).strip()
            }
            self.write(
                partial(_edit, customer_id, version, changes),
                _("{no} changed").format(no=no),
                then=lambda _result: dialog.dismiss(),
                failed=dialog.failed,
            )

        target = f"{no} {profile.nick}"
        self.app.push_screen(FormDialog(_("Customer"), target, _fields(**known), save))

    def customer_tag(self, tags: str = "") -> None:
        profile = self.profile
        if profile is None:
            return
        if not tags:
            self.ask(REGISTRY["customer.tag"])
            return
        named = tags.split()
        remove = [tag.removeprefix("-") for tag in named if tag.startswith("-")]
        add = [tag.removeprefix("+") for tag in named if not tag.startswith("-")]
        self.write(
            partial(_tag, profile.id, add, remove),
            _("{nick}: tags changed").format(nick=profile.nick),
            undo=_opposite(profile, add, remove),
        )


def _opposite(profile: CustomerProfile, add: list[str], remove: list[str]) -> Undo:
    """Takes back exactly what a tagging changes."""
    from crm_tui.screens.desk import Undo

    before = {tag.name for tag in profile.tags}
    put = [tag for tag in add if tag not in before]
    taken = [tag for tag in remove if tag in before]
    title = _("{nick}: tags changed").format(nick=profile.nick)
    return Undo(title, partial(_tag, profile.id, taken, put))


def _fields(**known: str) -> list[Field]:
    """The fields of a customer's form, filled with what is known (a phone masked)."""

    def phone(text: str) -> str:
        from crm_tui.services.customers.rules import normalise_phone

        return text if text == known.get("phone") else normalise_phone(text)

    def field(name: str, label: str) -> Field:
        return Field(name, label, initial=known.get(name, ""))

    return [
        replace(field("nick", _("Nickname")), required=True),
        replace(field("phone", _("Phone")), parse=phone, hint=_("a mobile number of 11 digits")),
        field("wechat", _("WeChat")),
        field("qq", _("QQ")),
        field("name", _("Name")),
        field("city", _("City")),
        field("note", _("Note")),
    ]
