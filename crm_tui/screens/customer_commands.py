"""What can be done with the customer who is looked at."""

from __future__ import annotations

from crm_tui.commands import Argument, Command
from crm_tui.core.language import N_

PLACES = frozenset({"customers", "person"})

PERSON = frozenset({"person"})

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
    Command(
        id="person.facts",
        title=N_("Profile"),
        help=N_("Goes to who the customer is: identities, preferences, own fields, figures."),
        keys="p",
        places=PERSON,
    ),
    Command(
        id="person.open",
        title=N_("Open orders"),
        help=N_("Goes to the orders that are not closed."),
        keys="o",
        places=PERSON,
    ),
    Command(
        id="person.timeline",
        title=N_("Timeline"),
        help=N_("Goes to all that happened, the newest first; older things load as one scrolls."),
        keys="l",
        places=PERSON,
    ),
    Command(
        id="person.orders",
        title=N_("All orders"),
        help=N_("Goes to the whole history of orders."),
        keys="h",
        places=PERSON,
    ),
    Command(
        id="person.payments",
        title=N_("Payments"),
        help=N_("Goes to what was paid, tipped and given back."),
        keys="m",
        places=PERSON,
    ),
    Command(
        id="person.tasks",
        title=N_("Tasks"),
        help=N_("Goes to what is to be done for the customer, complaints among it."),
        keys="d",
        places=PERSON,
    ),
    Command(
        id="person.next",
        title=N_("Next section"),
        help=N_("Goes to the next section, in the order of your role."),
        keys="tab",
        places=PERSON,
        footer=True,
    ),
    Command(
        id="person.before",
        title=N_("Section before"),
        help=N_("Goes to the section before this one."),
        keys="shift+tab",
        places=PERSON,
    ),
)
