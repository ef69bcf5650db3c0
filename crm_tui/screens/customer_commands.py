"""What can be done with the customer who is looked at."""

from __future__ import annotations

from crm_tui.commands import Argument, Command
from crm_tui.core.language import N_

PLACES = frozenset({"customers", "person"})

COMMANDS = (
    Command(
        id="customer.open",
        title=N_("Open"),
        help=N_("Opens the customer, and from there the order under the cursor."),
        places=PLACES,
    ),
    Command(
        id="customer.add",
        title=N_("Add customer"),
        help=N_("Takes a new customer down; what was looked up is filled in."),
        keys="c",
        places=PLACES,
        footer=True,
    ),
    Command(
        id="customer.edit",
        title=N_("Edit"),
        help=N_("Changes the customer's name, identities and note."),
        keys="e",
        places=PLACES,
        footer=True,
    ),
    Command(
        id="customer.tag",
        title=N_("Tag"),
        help=N_("Puts tags on and takes them off: :tag +VIP -trial"),
        keys="t",
        places=PLACES,
        words=("tag",),
        arguments=(Argument(N_("+tag -tag"), rest=True),),
        footer=True,
    ),
)
