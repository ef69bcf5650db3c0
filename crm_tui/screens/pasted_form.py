"""The new-order form, filled with what a pasted text says; what is unsure is marked."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from textual.widgets import Input

from crm_tui.core.language import _
from crm_tui.core.text import clean
from crm_tui.core.words import BillingUnit, IdentityKind
from crm_tui.screens.new_order import NewOrderForm, Taken, Values, order_of, take_down
from crm_tui.widgets.form import Field, Suggestion

if TYPE_CHECKING:
    from crm_tui.screens.frame import Frame
    from crm_tui.services.paste.drafting import Filled, PastedOrder
    from crm_tui.storage.store import UnitOfWork

UNSURE = "?"
"""Stands before the label of a field that somebody must look at."""
NEW_CUSTOMER = ("nick", "phone", "wechat", "qq")


class PastedOrderForm(NewOrderForm):
    """``customer`` is the id of whoever was chosen, ``None`` where the form shall ask; with
    ``new_customer`` the customer is added in the same step."""

    def __init__(
        self,
        place: Frame,
        pasted: PastedOrder,
        *,
        customer: int | None = None,
        new_customer: bool = False,
        saved: Callable[[], object],
    ) -> None:
        self._pasted, self._customer, self._new_customer = pasted, customer, new_customer
        self._close_all = saved
        super().__init__(place, effect="  ".join(self._effects()))

    def _effects(self) -> Iterator[str]:
        """What is made when the form is saved."""
        if self._new_customer:
            yield _("A new customer and the order are made in one step.")
        if any(not filled.sure for filled in self._pasted.fields.values()):
            yield _("{sign} marks what to look at.").format(sign=UNSURE)

    def _all_fields(self, customer: str) -> tuple[Field, ...]:
        fields = [*super()._all_fields(customer)]
        filled = [self._filled(each) for each in fields if each.name != "customer"]
        who = self._new_fields() if self._new_customer else [self._customer_field(fields[0])]
        return (*who, *filled)

    def _filled(self, field: Field) -> Field:
        if field.name == "places":
            return replace(field, initial=str(self._pasted.places))
        known = self._pasted.fields.get(field.name)
        if known is None:
            unread = field.name == "minutes"
            return _unsure(replace(field, initial=""), field.hint) if unread else field
        field = replace(field, initial=known.text)
        return field if known.sure else _unsure(field, known.why)

    def _customer_field(self, field: Field) -> Field:
        match = self._pasted.customer
        if self._customer is None:
            return _unsure(replace(field, initial=match.new.nick), field.hint)
        unsure = match.hit is None or match.hit.id != self._customer or match.confirm
        return _unsure(field, _("please make sure")) if unsure else field

    def _new_fields(self) -> Iterator[Field]:
        new = self._pasted.customer.new
        yield Field("nick", _("Nickname"), required=True, initial=new.nick)
        for name in NEW_CUSTOMER[1:]:
            kind = IdentityKind(name)
            yield Field(name, kind.label, initial=new.identities.get(kind, ""))

    def on_mount(self) -> None:
        """Take what was matched as chosen, and begin where somebody must look."""
        for name, suggestion in self._choices():
            self.form.row(name).fill(suggestion.text, suggestion)
        for row in self.form.rows:
            empty = row.field.required and not row.text
            if empty or row.field.label.startswith(UNSURE):
                row.query_one(Input).focus()
                break

    def _choices(self) -> Iterator[tuple[str, Suggestion]]:
        match = self._pasted.customer
        for hit in (match.hit, *match.candidates):
            if hit is not None and hit.id == self._customer:
                yield "customer", Suggestion(hit.nick, hit.id)
                break
        for name in ("game", "companion", "level"):
            known: Filled | None = self._pasted.fields.get(name)
            if known is not None and known.value is not None:
                yield name, Suggestion(known.text, known.value)

    def _creation(self, values: Values) -> Callable[[UnitOfWork], Sequence[Taken]]:
        by_rounds = self._pasted.billing_unit is BillingUnit.PER_ROUND
        return partial(_create, values, BillingUnit.PER_ROUND if by_rounds else None)

    def _saved(self, taken: Sequence[Taken]) -> None:
        super()._saved(taken)
        if self._new_customer:
            self._place.say(
                _("{nick} is a customer now").format(nick=self._pasted.customer.new.nick)
            )
        self._close_all()


def _unsure(field: Field, why: str) -> Field:
    return replace(field, label=f"{UNSURE} {field.label}", hint=clean(why, 80))


# On a worker thread


def _create(values: Values, unit: BillingUnit | None, work: UnitOfWork) -> list[Taken]:
    """The customer, where they are new, and the order."""
    customer_id = values["customer"] if "customer" in values else _add_customer(values, work)
    order = order_of(values, customer_id)
    if unit is not None:
        order = replace(order, billing_unit=unit)
    return [take_down(order, work)]


def _add_customer(values: Values, work: UnitOfWork) -> int:
    from crm_tui.services.customers import actions
    from crm_tui.services.customers.rules import NewCustomer

    identities = {IdentityKind(name): values[name] for name in NEW_CUSTOMER[1:] if values[name]}
    return actions.add(work, NewCustomer(nick=values["nick"], identities=identities))
