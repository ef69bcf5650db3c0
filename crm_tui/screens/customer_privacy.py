"""A customer's own data, on the screens that show one: seen in full, handed over, forgotten.

Each of these asks for a reason, and for the customer's number where nothing could bring back what
is done; both are asked before anything happens, and every time is logged.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from crm_tui.core.errors import CrmError
from crm_tui.core.language import _
from crm_tui.screens.customer_in_hand import CustomerInHand, CustomerRef
from crm_tui.screens.dialogs.form_dialog import FormDialog
from crm_tui.widgets.form import Field
from crm_tui.widgets.text import shown

if TYPE_CHECKING:
    from crm_tui.screens.desk import Desk
    from crm_tui.services.customers.reads import IdentityRow
    from crm_tui.storage.store import ReadWork, UnitOfWork


def _unmask(customer_id: int, reason: str, work: UnitOfWork) -> tuple[IdentityRow, ...]:
    from crm_tui.services.privacy import actions

    return actions.unmask(work, customer_id, reason)


def _hand_over(customer: CustomerRef, file: str, reason: str, desk: Desk) -> dict[str, Any]:
    from crm_tui.services.privacy.export import export_person

    target = Path(file).expanduser()
    return export_person(desk.store, desk.actor, customer.no, target, reason)


def _erasable(no: str, work: ReadWork) -> None:
    from crm_tui.services.privacy import actions

    actions.resolve_erasable(work, no)


def _erase(customer: CustomerRef, reason: str, desk: Desk) -> dict[str, Any]:
    from crm_tui.services.privacy import actions

    done: dict[str, Any] = desk.write(lambda work: actions.erase(work, customer.id, reason))
    actions.finish_erasing(desk.store, desk.actor)
    return done


class IdentitiesDialog(ModalScreen[None]):
    """Identities in full, until it is left."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,enter,q", "dismiss", show=False),
        Binding("y", "copy", show=False),
    ]

    def __init__(self, customer: CustomerRef, identities: tuple[IdentityRow, ...]) -> None:
        super().__init__()
        self._customer, self._identities = customer, identities

    def compose(self) -> ComposeResult:
        lines = [
            Content.assemble((each.kind.label, "$text-muted"), "  ", shown(each.value, "bold"))
            for each in self._identities
        ]
        text = Content("\n").join(lines or [Content(_("There is nothing to show in full."))])
        box = VerticalScroll(Static(text, markup=False), classes="dialog")
        box.border_title = shown(f"{self._customer.no} {self._customer.nick}")
        box.border_subtitle = Content(_("y copies the first, Esc closes"))
        yield box

    def action_copy(self) -> None:
        """The first of them, to the clipboard."""
        if self._identities:
            self.app.copy_to_clipboard(self._identities[0].value)


class PrivacyCommands(CustomerInHand):
    """The commands on a person's own data."""

    def customer_unmask(self, reason: str = "") -> None:
        customer = self.customer_in_hand()
        if customer is None:
            return

        def show(identities: tuple[IdentityRow, ...], dialog: FormDialog | None = None) -> None:
            if dialog:
                dialog.dismiss()
            self.app.push_screen(IdentitiesDialog(customer, identities))

        if reason:
            self.write(partial(_unmask, customer.id, reason), then=show)
            return

        def submit(values: dict[str, Any], dialog: FormDialog) -> None:
            self.write(
                partial(_unmask, customer.id, values["reason"]),
                then=lambda seen: show(seen, dialog),
                failed=dialog.failed,
            )

        effect = _("Shows phones and ids in full; your name and the reason are logged.")
        self._ask(_("See in full"), customer, [_reason()], effect, submit)

    def customer_data(self) -> None:
        customer = self.customer_in_hand()
        if customer is None:
            return

        def submit(values: dict[str, Any], dialog: FormDialog) -> None:
            def done(answer: dict[str, Any]) -> None:
                dialog.dismiss()
                self.say(_("{customer}: {rows} rows in {file}").format(**answer))

            job = partial(_hand_over, customer, values["file"], values["reason"])
            self._carry_out(job, done, dialog)

        file = Field("file", _("File"), required=True, initial=f"~/{customer.no}.zip")
        effect = _("Everything about {no} will be in one file, unmasked.").format(no=customer.no)
        fields = [file, _reason(), _number(customer)]
        self._ask(_("Hand a person's data over"), customer, fields, effect, submit)

    def customer_erase(self) -> None:
        customer = self.customer_in_hand()
        if customer is not None:
            self.read(partial(_erasable, customer.no), lambda _ok: self._ask_to_erase(customer))

    def _ask_to_erase(self, customer: CustomerRef) -> None:
        """The two questions, for somebody who can be erased now."""

        def really(values: dict[str, Any], first: FormDialog) -> None:
            first.dismiss()
            effect = _("Last question: {no} will be gone for good.").format(no=customer.no)
            job = partial(_erase, customer, values["reason"])

            def submit(_values: dict[str, Any], dialog: FormDialog) -> None:
                def done(answer: dict[str, Any]) -> None:
                    dialog.dismiss()
                    told = _("{customer} is forgotten. Back-ups made before still hold them.")
                    self.say(told.format(**answer), "warning")

                self._carry_out(job, done, dialog)

            self._ask(_("Erase"), customer, [_number(customer)], effect, submit)

        effect = _("{no} will be forgotten. Nothing brings it back.").format(no=customer.no)
        self._ask(_("Erase"), customer, [_reason(), _number(customer)], effect, really)

    def _ask(
        self,
        title: str,
        customer: CustomerRef,
        fields: list[Field],
        effect: str,
        submit: Callable[[dict[str, Any], FormDialog], None],
    ) -> None:
        target = f"{customer.no} {customer.nick}"
        self.app.push_screen(FormDialog(title, target, fields, submit, effect=effect))

    def _carry_out(
        self,
        job: Callable[[Desk], dict[str, Any]],
        done: Callable[[dict[str, Any]], None],
        dialog: FormDialog,
    ) -> None:
        """Run what takes more than one transaction on a worker thread."""

        async def working() -> None:
            if desk := self.desk:
                try:
                    answer = await asyncio.to_thread(job, desk)
                except CrmError as error:
                    dialog.failed(error)
                else:
                    done(answer)

        self._in_background(working, group="privacy", exclusive=False)


def _reason() -> Field:
    return Field("reason", _("Reason"), required=True, hint=_("why it is needed; it is logged"))


def _number(customer: CustomerRef) -> Field:
    """The customer's number, typed once more."""

    def same(text: str) -> str:
        if text.strip().upper() != customer.no:
            raise ValueError(text)
        return customer.no

    hint = _("type {no} once more").format(no=customer.no)
    return Field("number", _("Number"), parse=same, required=True, hint=hint)
