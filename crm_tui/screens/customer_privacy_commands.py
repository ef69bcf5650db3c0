"""What can be done with the personal data of the customer who is looked at."""

from __future__ import annotations

from crm_tui.commands import Argument, Command
from crm_tui.core.language import N_

PLACES = frozenset({"customers", "person"})

COMMANDS = (
    Command(
        id="customer.unmask",
        title=N_("See in full"),
        help=N_("Shows phones and ids in full, for a reason that is logged."),
        keys="U",
        places=PLACES,
        words=("unmask",),
        arguments=(Argument(N_("reason"), optional=True, rest=True),),
    ),
    Command(
        id="customer.data",
        title=N_("Hand a person's data over"),
        help=N_("Writes all that is known of the customer into one file, for themselves."),
        places=PLACES,
        words=("person-data",),
    ),
    Command(
        id="customer.erase",
        title=N_("Erase"),
        help=N_("Forgets the customer; orders and payments stay, under a number."),
        places=PLACES,
        words=("erase",),
    ),
)
