"""Notes and tasks: of the customer who is looked at, of the order under the cursor."""

from __future__ import annotations

from crm_tui.commands import Command
from crm_tui.core.language import N_

CUSTOMERS = frozenset({"customers", "person"})
ORDERS = frozenset({"board", "dispatch"})

COMMANDS = (
    Command(
        id="customer.note",
        title=N_("Note"),
        help=N_("Notes a contact with the customer; files can be attached."),
        keys="i",
        places=CUSTOMERS,
        words=("note",),
        footer=True,
    ),
    Command(
        id="customer.notes",
        title=N_("Notes"),
        help=N_("Lists the notes about the customer: edit, remove, save their files."),
        keys="I",
        places=CUSTOMERS,
        words=("notes",),
    ),
    Command(
        id="customer.task",
        title=N_("New task"),
        help=N_("Adds a task about the customer: what, until when, who."),
        keys="T",
        places=CUSTOMERS,
        words=("task",),
        footer=True,
    ),
    Command(
        id="customer.task_done",
        title=N_("Task done"),
        help=N_("Closes the task under the cursor, or one of the customer's, as done."),
        keys="D",
        places=CUSTOMERS,
    ),
    Command(
        id="customer.task_drop",
        title=N_("Drop task"),
        help=N_("Closes a task that need not be done."),
        keys="X",
        places=CUSTOMERS,
    ),
    Command(
        id="customer.task_snooze",
        title=N_("Snooze"),
        help=N_("Lets a task rest until a time."),
        keys="Z",
        places=CUSTOMERS,
    ),
    Command(
        id="customer.task_hand_over",
        title=N_("Hand over"),
        help=N_("Gives a task to somebody else."),
        keys="H",
        places=CUSTOMERS,
    ),
    Command(
        id="order.note",
        title=N_("Note"),
        help=N_("Notes a contact with the order's customer."),
        keys="I",
        places=ORDERS,
    ),
    Command(
        id="order.task",
        title=N_("New task"),
        help=N_("Adds a task about the order's customer."),
        keys="T",
        places=ORDERS,
    ),
)
