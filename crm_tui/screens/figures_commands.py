"""How the period of the figures is chosen."""

from __future__ import annotations

from crm_tui.commands import Argument, Command
from crm_tui.core.language import N_

PLACES = frozenset({"figures"})

COMMANDS = (
    Command(
        id="figures.day",
        title=N_("Day"),
        help=N_("Shows one business day, hour by hour."),
        keys="d",
        places=PLACES,
        footer=True,
    ),
    Command(
        id="figures.week",
        title=N_("Week"),
        help=N_("Shows a week, Monday to Sunday."),
        keys="w",
        places=PLACES,
        footer=True,
    ),
    Command(
        id="figures.month",
        title=N_("Month"),
        help=N_("Shows a business month."),
        keys="m",
        places=PLACES,
        footer=True,
    ),
    Command(
        id="figures.year",
        title=N_("Year"),
        help=N_("Shows a year, month by month."),
        keys="Y",
        places=PLACES,
    ),
    Command(
        id="figures.back",
        title=N_("Period back"),
        help=N_("Goes to the period before."),
        keys="b",
        places=PLACES,
        footer=True,
    ),
    Command(
        id="figures.forward",
        title=N_("Period on"),
        help=N_("Goes to the period after, up to the running one."),
        keys="f",
        places=PLACES,
        footer=True,
    ),
    Command(
        id="figures.now",
        title=N_("Now"),
        help=N_("Goes to the running period."),
        keys="t",
        places=PLACES,
    ),
    Command(
        id="figures.period",
        title=N_("From … to"),
        help=N_("Shows any days: :period 2026-09-01 2026-09-21"),
        keys="c",
        places=PLACES,
        words=("period",),
        arguments=(Argument(N_("first day")), Argument(N_("last day"), optional=True)),
    ),
    Command(
        id="chart.left",
        title=N_("Bar before"),
        help=N_("Goes to the bar on the left and shows its values."),
        keys="left,h",
        places=PLACES,
        inner=True,
    ),
    Command(
        id="chart.right",
        title=N_("Next bar"),
        help=N_("Goes to the bar on the right and shows its values."),
        keys="right,l",
        places=PLACES,
        inner=True,
    ),
    Command(
        id="figures.open",
        title=N_("Open"),
        help=N_("Opens the orders behind a bar or a companion."),
        places=PLACES,
    ),
)
