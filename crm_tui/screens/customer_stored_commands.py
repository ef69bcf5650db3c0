"""What can be done with the stored value of the customer who is looked at."""

from __future__ import annotations

from crm_tui.commands import Command
from crm_tui.core.language import N_

PLACES = frozenset({"customers", "person"})

COMMANDS = (
    Command(
        id="customer.top_up",
        title=N_("Top up"),
        help=N_("Takes money for the customer's balance; the bonus is seen before."),
        keys="dollar_sign",
        places=PLACES,
        words=("topup",),
        footer=True,
    ),
    Command(
        id="customer.pay_out",
        title=N_("Pay stored value out"),
        help=N_("Gives back what the customer topped up and has not spent; never the bonus."),
        keys="P",
        places=PLACES,
        words=("payout",),
    ),
    Command(
        id="stored.owed",
        title=N_("Owed to customers"),
        help=N_(
            "Shows the stored value that the studio owes: paid part and bonus, by age, to whom."
        ),
        words=("liability",),
    ),
)
