"""What can be done with the thing under the cursor of the inbox."""

from __future__ import annotations

from crm_tui.commands import Command
from crm_tui.core.language import N_

PLACES = frozenset({"inbox"})

COMMANDS = (
    Command(
        id="inbox.open",
        title=N_("Open"),
        help=N_("Opens the thing where something can be done about it."),
        places=PLACES,
    ),
    Command(
        id="inbox.done",
        title=N_("Mark done"),
        help=N_("Closes a task, or dismisses an alarm or a low rating with a note."),
        keys="d",
        places=PLACES,
        footer=True,
    ),
    Command(
        id="inbox.refund",
        title=N_("Refund"),
        help=N_("Gives money of the order back; what each party gives of it is seen before."),
        keys="r",
        places=PLACES,
    ),
    Command(
        id="inbox.snooze",
        title=N_("Snooze"),
        help=N_("Lets the thing rest until a time; one that rests is woken."),
        keys="z",
        places=PLACES,
        footer=True,
    ),
    Command(
        id="inbox.hand_over",
        title=N_("Hand over"),
        help=N_("Gives the thing to somebody to see to."),
        keys="h",
        places=PLACES,
        footer=True,
    ),
    Command(
        id="inbox.take",
        title=N_("I see to it"),
        help=N_("Notes that you see to the thing; again: that nobody does yet."),
        keys="m",
        places=PLACES,
    ),
    Command(
        id="inbox.task",
        title=N_("New task"),
        help=N_("Adds a task, about the customer and order of the thing under the cursor."),
        keys="T",
        places=PLACES,
        words=("to-do",),
        footer=True,
    ),
)
