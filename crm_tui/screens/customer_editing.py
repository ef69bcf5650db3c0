"""Adding, editing and tagging the customer who is looked at."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from crm_tui.core.language import _
from crm_tui.core.words import Gender, IdentityKind
from crm_tui.screens.console import Visit
from crm_tui.screens.custom_fields import CUSTOM
from crm_tui.screens.customer_form import Asked, asked, changes, fields_of, known_of, opposite
from crm_tui.screens.customer_in_hand import CustomerInHand
from crm_tui.screens.desk import Undo
from crm_tui.screens.dialogs.form_dialog import FormDialog
from crm_tui.screens.duplicates_hint import NewCustomerDialog
from crm_tui.screens.registry import REGISTRY

if TYPE_CHECKING:
    from crm_tui.services.customers.reads import Person
    from crm_tui.storage.store import UnitOfWork


def _add(values: dict[str, Any], work: UnitOfWork) -> int:
    from crm_tui.services.customers import actions
    from crm_tui.services.customers.rules import NewCustomer

    given = {name: value for name, value in values.items() if value}
    custom = {name.removeprefix(CUSTOM): text for name, text in given.items() if CUSTOM in name}
    new = NewCustomer(
        nick=given["nick"],
        name=given.get("name", ""),
        gender=given.get("gender", Gender.UNKNOWN),
        city=given.get("city", ""),
        note=given.get("note", ""),
        identities={kind: given[kind] for kind in IdentityKind if kind in given},
        custom=custom,
    )
    return actions.add(work, new)


def _edit(customer_id: int, version: int, changes: dict[str, Any], work: UnitOfWork) -> None:
    from crm_tui.services.customers import actions

    actions.edit(work, customer_id, changes, expected_version=version)


def _put_back(customer_id: int, before: dict[str, Any], work: UnitOfWork) -> None:
    from crm_tui.services.customers import actions

    actions.edit(work, customer_id, before)


def _tag(customer_id: int, add: list[str], remove: list[str], work: UnitOfWork) -> None:
    from crm_tui.services.customers import actions

    actions.tag(work, customer_id, add, remove)


class EditCommands(CustomerInHand):
    """The commands that change what is known of a customer."""

    def new_customer_words(self) -> str:
        """What a new customer's form begins with: a nickname, or a number."""
        return ""

    def field_in_hand(self) -> str:
        """The field of the form that an edit begins in; empty: the first one."""
        return ""

    def customer_add(self) -> None:
        words = self.new_customer_words()
        begun = {"phone" if words.strip().isdigit() else "nick": words}

        def show(customer_id: int) -> None:
            self.console.go_to(Visit(self.PLACE, customer_id))

        def save(values: dict[str, Any], dialog: FormDialog) -> None:
            def saved(customer_id: int) -> None:
                dialog.dismiss()
                show(customer_id)

            self.write(partial(_add, values), _("Customer added"), then=saved, failed=dialog.failed)

        def form(found: Asked) -> FormDialog:
            fields = fields_of(found, begun)
            return NewCustomerDialog(
                _("Customer"), _("new"), fields, save, place=self, open_customer=show
            )

        self._ask_for(None, form)

    def customer_edit(self) -> None:
        customer = self.customer_in_hand()
        if customer is None:
            return
        first = self.field_in_hand()

        def form(found: Asked) -> FormDialog:
            known = known_of(found)
            version = found.person.version if found.person else customer.version

            def save(values: dict[str, Any], dialog: FormDialog) -> None:
                changed = changes(known, values)
                if not changed:
                    dialog.dismiss()
                    return
                title = _("{no} changed").format(no=customer.no)
                back = opposite(found, changed)
                undo = Undo(title, partial(_put_back, customer.id, back)) if back else None
                self.write(
                    partial(_edit, customer.id, version, changed),
                    title,
                    undo=undo,
                    then=lambda _result: dialog.dismiss(),
                    failed=dialog.failed,
                )

            target = f"{customer.no} {customer.nick}"
            return FormDialog(_("Customer"), target, fields_of(found, {}), save, first=first)

        self._ask_for(customer.id, form)

    def _ask_for(self, customer_id: int | None, form: Callable[[Asked], FormDialog]) -> None:
        """Read what the form is made of, and show it."""
        if self.desk is not None:
            query = partial(asked, customer_id, self.desk.actor.role)
            self.read(query, lambda found: self.app.push_screen(form(found)), group="form")

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


def _opposite(profile: Person, add: list[str], remove: list[str]) -> Undo:
    """Takes back exactly what a tagging changes."""
    before = {tag.name for tag in profile.tags}
    put = [tag for tag in add if tag not in before]
    taken = [tag for tag in remove if tag in before]
    title = _("{nick}: tags changed").format(nick=profile.nick)
    return Undo(title, partial(_tag, profile.id, taken, put))
