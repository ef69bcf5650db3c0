"""What can be done with the companion under the cursor."""

from __future__ import annotations

from crm_tui.commands import Argument, Command
from crm_tui.core.language import N_

PLACES = frozenset({"roster"})
_OWN = frozenset({"idle", "offered", "resting", "offline"})
_WHY = (Argument(N_("reason"), optional=True, rest=True),)

COMMANDS = (
    Command(
        id="companion.idle",
        title=N_("Idle"),
        help=N_("Notes that the companion is there and free."),
        keys="i",
        places=PLACES,
        states=_OWN,
        footer=True,
    ),
    Command(
        id="companion.rest",
        title=N_("Resting"),
        help=N_("Notes that the companion takes a break, :rest also why or until when."),
        keys="r",
        places=PLACES,
        states=_OWN,
        words=("rest",),
        arguments=_WHY,
        footer=True,
    ),
    Command(
        id="companion.offline",
        title=N_("Offline"),
        help=N_("Notes that the companion has gone, :offline also why."),
        keys="f",
        places=PLACES,
        states=_OWN,
        words=("offline",),
        arguments=_WHY,
        footer=True,
    ),
    Command(
        id="companion.hours",
        title=N_("Schedule"),
        help=N_("Changes the hours of the week, or of a single day."),
        keys="h",
        places=PLACES,
        footer=True,
    ),
    Command(
        id="companion.edit",
        title=N_("Edit"),
        help=N_("Changes what is known of the companion: skills, price, share, own fields."),
        keys="e",
        places=PLACES,
        footer=True,
    ),
    Command(
        id="companion.add",
        title=N_("New companion"),
        help=N_("Adds a companion to the roster."),
        keys="c",
        places=PLACES,
        footer=True,
    ),
    Command(
        id="companion.matrix",
        title=N_("Skills"),
        help=N_("Shows who plays which game at which rank; again: the roster."),
        keys="m",
        places=PLACES,
        footer=True,
    ),
    Command(
        id="companion.by",
        title=N_("Sort by"),
        help=N_("Sorts by presence, orders today, credit, rating, price or name, in turn."),
        keys="s",
        places=PLACES,
        footer=True,
    ),
    Command(
        id="companion.day",
        title=N_("The day"),
        help=N_("Opens the companion's day: orders, credit, what lies ahead."),
        places=PLACES,
    ),
    Command(
        id="companion.open",
        title=N_("Order in hand"),
        help=N_("Opens the order that the companion is on."),
        keys="o",
        places=PLACES,
    ),
    Command(
        id="companion.correct",
        title=N_("Correct credit"),
        help=N_("Adds points to the credit or takes them away, with a reason."),
        keys="C",
        places=PLACES,
    ),
    Command(
        id="companion.retire",
        title=N_("Leaves"),
        help=N_("Takes the companion off the roster; what they did stays."),
        keys="D",
        places=PLACES,
    ),
)
