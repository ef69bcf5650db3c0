"""Stored value of the customer who is looked at: topped up, and paid out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from crm_tui.core.errors import CrmError
from crm_tui.core.language import _
from crm_tui.core.money import yuan
from crm_tui.screens.console import Visit
from crm_tui.screens.customer_in_hand import CustomerInHand, CustomerRef

if TYPE_CHECKING:
    from crm_tui.screens.dialogs.form_dialog import FormDialog
    from crm_tui.screens.frame import Frame
    from crm_tui.services.money.members.actions import Done, PayOutQuote
    from crm_tui.services.money.members.liability import Liability
    from crm_tui.services.money.members.reads import Member, TopUpQuote
    from crm_tui.storage.store import ReadWork, UnitOfWork
    from crm_tui.widgets.form import Field


@dataclass(frozen=True, slots=True)
class _Way:
    """How money comes to a balance, or leaves it: the form, what comes of an amount, the booking,
    and what is said of it then."""

    title: str
    fields: Sequence[Field]
    quote: Callable[[int, int, ReadWork], Any]
    says: Callable[[Any], str]
    book: Callable[[int, dict[str, Any], UnitOfWork], Done]
    done: str


class StoredCommands(CustomerInHand):
    """``$`` takes money for the balance, ``P`` pays it out."""

    def customer_top_up(self) -> None:
        if customer := self.customer_in_hand():
            self.read(
                partial(_member, customer.id), partial(self._ask_top_up, customer), group="target"
            )

    def _ask_top_up(self, customer: CustomerRef, member: Member) -> None:
        from crm_tui.screens.dialogs import stored

        way = _Way(
            _("Top up"),
            stored.top_up_fields(),
            _quote_top_up,
            stored.top_up_says,
            _top_up,
            _("{nick}: ¥{amount} topped up"),
        )
        self._ask_amount(customer, member, way)

    def customer_pay_out(self) -> None:
        if customer := self.customer_in_hand():
            self.read(
                partial(_owed, customer.id), partial(self._ask_pay_out, customer), group="target"
            )

    def _ask_pay_out(self, customer: CustomerRef, found: tuple[Member, PayOutQuote]) -> None:
        from crm_tui.screens.dialogs import stored

        member, whole = found
        if not member.balance.paid_fen:
            says = _("{nick} has no stored value to be given back.")
            self.say(says.format(nick=customer.nick), "warning")
            return
        way = _Way(
            _("Pay stored value out"),
            stored.pay_out_fields(member.balance.paid_fen, whole.channel),
            _quote_pay_out,
            stored.pay_out_says,
            _pay_out,
            _("{nick}: ¥{amount} paid out"),
        )
        self._ask_amount(customer, member, way)

    def _ask_amount(self, customer: CustomerRef, member: Member, way: _Way) -> None:
        """Open the form; a refusal of the amount is told where what comes of it would stand."""
        from crm_tui.screens.dialogs.amount_dialog import AmountDialog

        def preview(typed: dict[str, Any], tell: Callable[[str], object]) -> None:
            def failed(error: CrmError) -> None:
                tell(f"! {error.message()}")

            query = partial(way.quote, customer.id, typed["amount"])
            self.read(query, lambda quote: tell(way.says(quote)), group="price", failed=failed)

        def save(values: dict[str, Any], dialog: FormDialog) -> None:
            self.write(
                partial(way.book, customer.id, values),
                way.done.format(nick=customer.nick, amount=yuan(values["amount"])),
                then=lambda _done: dialog.dismiss(),
                failed=dialog.failed,
            )

        target, effect = f"{customer.no} {customer.nick}", _effect(member)
        dialog = AmountDialog(way.title, target, way.fields, save, preview, effect)
        self.app.push_screen(dialog)


def show_owed(place: Frame) -> None:
    """Show what is owed of stored value; whoever is chosen there is opened."""
    from crm_tui.screens.dialogs.owed_to_customers import OwedToCustomers

    def open_person(customer_id: int) -> None:
        place.console.go_to(Visit("person", customer_id))

    def show(found: Liability) -> None:
        if place.console.studio is not None:
            place.open_dialog(OwedToCustomers(found, place.console.studio), open_person)

    place.read(_liability, show, group="target")


def _effect(member: Member) -> str:
    """What they have now."""
    balance = member.balance
    now = _("The balance is ¥{balance}: ¥{paid} paid, ¥{bonus} bonus.").format(
        balance=yuan(balance.total_fen),
        paid=yuan(balance.paid_fen),
        bonus=yuan(balance.bonus_fen),
    )
    if member.ahead is None:
        return now
    ahead = _("¥{missing} to {level}").format(
        missing=yuan(member.missing_fen), level=member.ahead.name
    )
    return f"{now} {ahead}"


# On a worker thread


def _liability(work: ReadWork) -> Liability:
    from crm_tui.services.money.members import liability

    return liability.liability(work)


def _member(customer_id: int, work: ReadWork) -> Member:
    from crm_tui.services.money.members import reads

    return reads.member(work, customer_id)


def _owed(customer_id: int, work: ReadWork) -> tuple[Member, PayOutQuote]:
    """The customer, and what it would be to pay all out."""
    from crm_tui.services.money.members import actions

    found = _member(customer_id, work)
    return found, actions.quote_pay_out(work, customer_id, found.balance.paid_fen)


def _quote_top_up(customer_id: int, amount_fen: int, work: ReadWork) -> TopUpQuote:
    from crm_tui.services.money.members import reads

    return reads.quote_top_up(work, customer_id, amount_fen)


def _quote_pay_out(customer_id: int, amount_fen: int, work: ReadWork) -> PayOutQuote:
    from crm_tui.services.money.members import actions

    return actions.quote_pay_out(work, customer_id, amount_fen)


def _top_up(customer_id: int, values: dict[str, Any], work: UnitOfWork) -> Done:
    from crm_tui.services.money.members import actions

    return actions.top_up(work, customer_id, values["channel"], values["amount"], values["ref"])


def _pay_out(customer_id: int, values: dict[str, Any], work: UnitOfWork) -> Done:
    from crm_tui.services.money.members import actions

    channel, reason = values["channel"], values["reason"] or ""
    return actions.pay_out(work, customer_id, values["amount"], channel, reason, values["ref"])
