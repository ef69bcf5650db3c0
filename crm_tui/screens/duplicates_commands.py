"""What can be done about customers who were stored twice."""

from __future__ import annotations

from crm_tui.commands import Argument, Command
from crm_tui.core.language import N_

PLACES = frozenset({"customers", "person"})

COMMANDS = (
    Command(
        id="customer.merge",
        title=N_("Merge"),
        help=N_("Lets another record of the same person go into this one, after a preview."),
        keys="M",
        places=PLACES,
        words=("merge",),
        arguments=(Argument(N_("customer"), "customer", optional=True, rest=True),),
    ),
    Command(
        id="customer.unmerge",
        title=N_("Take a merge back"),
        help=N_("The last record that went into this one becomes its own again."),
        places=PLACES,
        words=("unmerge",),
    ),
    Command(
        id="duplicates.list",
        title=N_("Duplicates"),
        help=N_("Looks through all customers for those who seem to be one person."),
        places=PLACES,
        words=("duplicates",),
    ),
)
