"""What can be done on the figures screen: pages, period, comparison, what is picked."""

from __future__ import annotations

from crm_tui.commands import Argument, Command
from crm_tui.core.language import N_

PLACES = frozenset({"figures"})


def _page(name: str, key: str, title: str, help: str) -> Command:
    """A page of the figures, called by its own word, too."""
    return Command(
        id=f"figures.{name}",
        title=title,
        help=help,
        keys=key,
        places=PLACES,
        words=(_WORDS.get(name, name),),
    )


_WORDS = {"glance": "today", "customers": "tiers"}

_PAGES = (
    _page("glance", "T", N_("Today"), N_("Today's numbers at one glance.")),
    _page("income", "I", N_("Income"), N_("Income over the period and by hour of the day.")),
    _page("leaders", "L", N_("Leaders"), N_("The leaderboard of companions.")),
    _page("customers", "C", N_("Customers"), N_("Value tiers, repurchase, lifetime value.")),
    _page("games", "A", N_("Sales"), N_("Games, kinds of service, skills and channels.")),
    _page("cities", "E", N_("Cities"), N_("Which cities the income comes from.")),
    _page("cohorts", "H", N_("Cohorts"), N_("Whether each month's new customers come again.")),
    _page("goals", "O", N_("Goals"), N_("What is aimed at, and how far it is.")),
    _page("reports", "W", N_("Own"), N_("Reports of your own, without code.")),
)

_PERIOD = (
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
        id="figures.against",
        title=N_("Against"),
        help=N_("Holds the figures against the period, the week or the year before, or nothing."),
        keys="a",
        places=PLACES,
        words=("against",),
        arguments=(Argument(N_("what"), optional=True),),
        footer=True,
    ),
)

_PICKED = (
    Command(
        id="figures.only",
        title=N_("Only this"),
        help=N_("Narrows every page to what the cursor stands on: a day, hour, game, companion …"),
        keys="o",
        places=PLACES,
        footer=True,
    ),
    Command(
        id="figures.everything",
        title=N_("Everything"),
        help=N_("Takes away all that the figures were narrowed to."),
        keys="backspace",
        places=PLACES,
        words=("everything",),
    ),
    Command(
        id="figures.store",
        title=N_("Store"),
        help=N_("Shows one store, or all of them."),
        keys="s",
        places=PLACES,
        words=("store",),
        arguments=(Argument(N_("store"), optional=True, rest=True),),
    ),
    Command(
        id="figures.game",
        title=N_("Game"),
        help=N_("Shows one game, or all of them."),
        keys="p",
        places=PLACES,
        words=("game",),
        arguments=(Argument(N_("game"), optional=True, rest=True),),
    ),
    Command(
        id="figures.level",
        title=N_("Level"),
        help=N_("Shows what companions of one level served, or all of them."),
        keys="V",
        places=PLACES,
        words=("level",),
        arguments=(Argument(N_("level"), optional=True, rest=True),),
    ),
)

_ON_A_PAGE = (
    Command(
        id="figures.open",
        title=N_("Open"),
        help=N_("Opens the orders or customers behind the figure under the cursor."),
        places=PLACES,
    ),
    Command(
        id="figures.rank",
        title=N_("Rank by"),
        help=N_("Ranks the rows by the next column."),
        keys="r",
        places=PLACES,
    ),
    Command(
        id="figures.edit",
        title=N_("Edit"),
        help=N_("Changes the goal or the report under the cursor."),
        keys="e",
        places=PLACES,
    ),
    Command(
        id="figures.add",
        title=N_("Add"),
        help=N_("Sets a goal on the page of goals; composes a report on the page of own reports."),
        keys="plus",
        places=PLACES,
    ),
    Command(
        id="figures.remove",
        title=N_("Give up"),
        help=N_("Gives up the goal or removes the report under the cursor; u takes it back."),
        keys="minus,delete",
        places=PLACES,
    ),
    Command(
        id="figures.schedules",
        title=N_("Sent by itself"),
        help=N_("Has this page's report sent every day, week or month; shows and ends what is."),
        keys="S",
        places=PLACES,
        words=("schedules",),
    ),
    Command(
        id="figures.next_page",
        title=N_("Next page"),
        help=N_("Goes through the pages."),
        keys="greater_than_sign",
        places=PLACES,
    ),
    Command(
        id="figures.page_before",
        title=N_("Page before"),
        help=N_("Goes through the pages the other way."),
        keys="less_than_sign",
        places=PLACES,
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
)

COMMANDS = (*_PAGES, *_PERIOD, *_PICKED, *_ON_A_PAGE)
