"""What can be done with the customers that are listed, all at once."""

from __future__ import annotations

from crm_tui.commands import Argument, Command
from crm_tui.core.language import N_

PLACES = frozenset({"customers"})

COMMANDS = (
    Command(
        id="listing.fields",
        title=N_("Filter by fields"),
        help=N_("Lists customers by city:, tag:, last: and all other fields, with completion."),
        keys="F",
        places=PLACES,
        footer=True,
    ),
    Command(
        id="bulk.change",
        title=N_("Change many"),
        help=N_("Tags the marked customers, or all that are shown, or gives them an owner."),
        keys="b",
        places=PLACES,
        words=("bulk",),
        arguments=(Argument(N_("+tag -tag"), rest=True, optional=True),),
        footer=True,
    ),
)
