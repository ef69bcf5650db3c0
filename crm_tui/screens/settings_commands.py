"""What can be done in the settings."""

from __future__ import annotations

from crm_tui.commands import Argument, Command
from crm_tui.core.language import N_

PLACES = frozenset({"settings"})

COMMANDS = (
    Command(
        id="setting.change",
        title=N_("Change"),
        help=N_("Changes the setting under the cursor; every version is kept."),
        keys="e",
        places=PLACES,
        footer=True,
    ),
    Command(
        id="setting.set",
        title=N_("Set"),
        help=N_("Sets a setting by its name: :set store.business_day_start 06:00"),
        places=PLACES,
        words=("set",),
        arguments=(Argument(N_("setting")), Argument(N_("value"), rest=True)),
    ),
)
