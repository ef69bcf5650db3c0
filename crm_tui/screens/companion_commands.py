"""What can be done with the companion under the cursor."""

from __future__ import annotations

from crm_tui.commands import Command
from crm_tui.core.language import N_

PLACES = frozenset({"roster"})
_OWN = frozenset({"idle", "offered", "resting", "offline"})

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
        help=N_("Notes that the companion takes a break; no offers meanwhile."),
        keys="r",
        places=PLACES,
        states=_OWN,
        footer=True,
    ),
    Command(
        id="companion.offline",
        title=N_("Offline"),
        help=N_("Notes that the companion has gone."),
        keys="f",
        places=PLACES,
        states=_OWN,
        footer=True,
    ),
    Command(
        id="companion.by",
        title=N_("Sort by"),
        help=N_("Sorts by presence, orders today, rating, price or name, in turn."),
        keys="s",
        places=PLACES,
        footer=True,
    ),
    Command(
        id="companion.open",
        title=N_("Open"),
        help=N_("Opens the order that the companion is on."),
        places=PLACES,
    ),
)
