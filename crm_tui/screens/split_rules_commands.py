"""What can be done with the split rules."""

from __future__ import annotations

from crm_tui.commands import Command
from crm_tui.core.language import N_

PLACES = frozenset({"split_rules"})

COMMANDS = (
    Command(
        id="rules.add",
        title=N_("New version"),
        help=N_("A new version of the rule under the cursor, tried on last month before it holds."),
        keys="c",
        places=PLACES,
        footer=True,
    ),
    Command(
        id="rules.store",
        title=N_("Choose store"),
        help=N_("The rules of the whole studio, or those that one store has of its own."),
        keys="s",
        places=PLACES,
        footer=True,
    ),
    Command(
        id="rules.preview",
        title=N_("Try on last month"),
        help=N_("Who would have had more last month by the version under the cursor, who less."),
        keys="p",
        places=PLACES,
        footer=True,
    ),
)
