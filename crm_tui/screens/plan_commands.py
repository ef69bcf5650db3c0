"""The plan for all orders that wait, from the dispatch queue."""

from __future__ import annotations

from crm_tui.commands import Command
from crm_tui.core.language import N_

COMMANDS = (
    Command(
        id="dispatch.plan",
        title=N_("Plan all"),
        help=N_("Looks for the best match of all waiting orders at once, and shows it first."),
        keys="P",
        places=frozenset({"dispatch"}),
        words=("plan",),
        footer=True,
    ),
)
