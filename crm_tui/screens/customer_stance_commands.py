"""What can be said of the customer who is looked at and a companion."""

from __future__ import annotations

from crm_tui.commands import Command
from crm_tui.core.language import N_

COMMANDS = (
    Command(
        id="customer.stance",
        title=N_("Prefer or refuse"),
        help=N_("Notes a companion whom the customer prefers, or is kept from, and why."),
        keys="w",
        places=frozenset({"customers", "person"}),
        words=("stance",),
    ),
)
