"""The form of a new customer, which says while one types who is stored already and looks alike."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import Static

from crm_tui.core.language import _
from crm_tui.core.words import IdentityKind
from crm_tui.screens.dialogs.form_dialog import FormDialog, Submit
from crm_tui.widgets.form import Field, FieldRow
from crm_tui.widgets.text import shown

if TYPE_CHECKING:
    from crm_tui.screens.customer_in_hand import CustomerInHand
    from crm_tui.services.duplicates.reads import Alike
    from crm_tui.storage.store import ReadWork

LOOKS_A_SECOND = 4
SHOWN = 3


def _alike(typed: dict[str, str], work: ReadWork) -> list[Alike]:
    from crm_tui.services.customers.rules import NewCustomer
    from crm_tui.services.duplicates import reads

    new = NewCustomer(
        nick=typed.get("nick", ""),
        name=typed.get("name", ""),
        city=typed.get("city", ""),
        note=typed.get("note", ""),
        identities={kind: typed[kind] for kind in IdentityKind if typed.get(kind)},
    )
    return reads.alike(work, new, SHOWN)


class NewCustomerDialog(FormDialog):
    """A form; below its fields stand those who look alike, and a key that opens the first."""

    DEFAULT_CSS = "NewCustomerDialog .alike { height: auto; color: $text-warning; }"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("ctrl+o", "open_alike", show=False)]

    def __init__(
        self,
        title: str,
        target: str,
        fields: Sequence[Field],
        submit: Submit,
        *,
        place: CustomerInHand,
        open_customer: Callable[[int], object],
        **options: Any,
    ) -> None:
        super().__init__(title, target, fields, submit, **options)
        self._place, self._open_customer = place, open_customer
        self._looked_at: dict[str, str] = {}
        self.alike: list[Alike] = []

    def compose_more(self) -> ComposeResult:
        yield Static(classes="alike", markup=False)

    def on_mount(self) -> None:
        self.set_interval(1 / LOOKS_A_SECOND, self._look)

    def _look(self) -> None:
        """Ask again when something else stands in the form."""
        typed = {row.field.name: row.text.strip() for row in self.query(FieldRow)}
        if typed != self._looked_at:
            self._looked_at = typed
            self._place.read(partial(_alike, typed), self._show, group="alike")

    def _show(self, found: list[Alike]) -> None:
        if self not in self._place.app.screen_stack:
            return  # the form has been left meanwhile
        self.alike = found
        lines = [shown(f"! {_line(each)}", limit=300) for each in found]
        if lines:
            lines.append(Content(_("Ctrl+O opens the first of them")))
        self.query_one(".alike", Static).update(Content("\n").join(lines))

    def action_open_alike(self) -> None:
        """Leave the form for the likeliest of those who are stored."""
        if self.alike:
            self.dismiss()
            self._open_customer(self.alike[0].customer.id)


def _line(found: Alike) -> str:
    from crm_tui.services.duplicates.rules import in_words

    customer = found.customer
    who = " ".join(filter(None, (customer.no, customer.nick, customer.name, customer.phone)))
    return _("{who} ({score}%): {reasons}").format(
        who=who,
        score=round(found.score * 100),
        reasons=in_words(found.grounds),
    )
