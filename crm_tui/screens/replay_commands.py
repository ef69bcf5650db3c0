"""The board's past: going there, and moving about in it."""

from __future__ import annotations

from crm_tui.commands import Argument, Command
from crm_tui.core.language import N_

PLACES = frozenset({"replay"})
TEN_MINUTES_AGO = "-10m"
"""Where the past begins, unless a time is named."""

COMMANDS = (
    Command(
        id="board.replay",
        title=N_("As it was"),
        help=N_("Shows the board as it was ten minutes ago, or at the time named; read-only."),
        keys="B",
        places=frozenset({"board"}),
        words=("replay",),
        arguments=(Argument(N_("time"), optional=True, rest=True),),
    ),
    Command(
        id="replay.earlier",
        title=N_("A minute earlier"),
        keys="comma",
        places=PLACES,
        footer=True,
    ),
    Command(
        id="replay.later",
        title=N_("A minute later"),
        keys="full_stop",
        places=PLACES,
        footer=True,
    ),
    Command(
        id="replay.much_earlier",
        title=N_("Ten minutes earlier"),
        keys="less_than_sign",
        places=PLACES,
    ),
    Command(
        id="replay.much_later",
        title=N_("Ten minutes later"),
        keys="greater_than_sign",
        places=PLACES,
    ),
    Command(
        id="replay.to",
        title=N_("To a time"),
        help=N_("Asks for the time to show: 22:14, -30m, 2026-09-21T22:14."),
        keys="t",
        places=PLACES,
        words=("at",),
        arguments=(Argument(N_("time"), rest=True),),
        footer=True,
    ),
    Command(
        id="replay.now",
        title=N_("As it is now"),
        help=N_("Leaves the past: the board of the present, on the same order."),
        keys="B",
        places=PLACES,
        footer=True,
    ),
)
