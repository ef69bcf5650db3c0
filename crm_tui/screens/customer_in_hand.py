"""What the screens that show one customer share: which customer is meant by a key press.

Commands on that customer come as mixins, one file a capability (``customer_editing.py`` …)::

    class MergeCommands(CustomerInHand):
        def customer_merge(self, other: str = "") -> None:
            customer = self.customer_in_hand()
            ...

and stand among the bases of both screens, :class:`CustomersScreen` and :class:`PersonScreen`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from crm_tui.core.language import _
from crm_tui.screens.order_details import OrderDetails

if TYPE_CHECKING:
    from crm_tui.commands import Command
    from crm_tui.services.customers.reads import Person


@dataclass(frozen=True, slots=True)
class CustomerRef:
    """The customer that a command acts on, as it was on the screen when the key was pressed."""

    id: int
    no: str
    nick: str
    version: int


class CustomerInHand(OrderDetails):
    """A screen on which one customer is looked at."""

    NEED_NO_CUSTOMER: ClassVar[frozenset[str]] = frozenset({"customer.add"})
    """The commands ``customer.…`` that act on nobody in particular."""

    def __init__(self) -> None:
        super().__init__()
        self.profile: Person | None = None
        """The customer who is looked at, as last read."""

    def customer_in_hand(self) -> CustomerRef | None:
        """The customer who is looked at; None while there is none."""
        if self.profile is None:
            return None
        return CustomerRef(
            self.profile.id, self.profile.no, self.profile.nick, self.profile.version
        )

    def why_not(self, command: Command) -> str | None:
        """Commands on a customer need one."""
        family = command.id.partition(".")[0]
        needs_one = family == "customer" and command.id not in self.NEED_NO_CUSTOMER
        if needs_one and self.desk is not None and self.customer_in_hand() is None:
            return _("There is no customer under the cursor.")
        return super().why_not(command)

    def order_new(self, customer: str = "") -> None:
        """For the customer who is looked at, unless another is named."""
        from crm_tui.screens.new_order import NewOrderForm
        from crm_tui.widgets.form import Suggestion

        in_hand = self.customer_in_hand()
        if customer or in_hand is None:
            super().order_new(customer)
            return
        chosen = Suggestion(in_hand.nick, in_hand.id)
        self.app.push_screen(NewOrderForm(self, chosen=chosen))
