"""What can be done on the money screen."""

from __future__ import annotations

from crm_tui.commands import Argument, Command
from crm_tui.core.language import N_

PLACES = frozenset({"money"})

COMMANDS = (
    Command(
        id="money.open",
        title=N_("Open"),
        help=N_("The ledger of the account; in a ledger, the whole booking."),
        places=PLACES,
    ),
    Command(
        id="money.order",
        title=N_("Open the order"),
        help=N_("Opens the order that the booking is about."),
        keys="o",
        places=PLACES,
        footer=True,
    ),
    Command(
        id="money.holder",
        title=N_("Only theirs"),
        help=N_("Only what is whose the booking is; again: the whole ledger."),
        keys="h",
        places=PLACES,
        words=("ledger",),
        arguments=(Argument(N_("companion or customer"), optional=True, rest=True),),
        footer=True,
    ),
    Command(
        id="money.bills",
        title=N_("Bills"),
        help=N_("Holds bills of WeChat Pay and Alipay against the books."),
        keys="B",
        places=PLACES,
        footer=True,
    ),
    Command(
        id="money.settlements",
        title=N_("Settlement"),
        help=N_("The settlement batches: drafted, approved, paid out."),
        keys="S",
        places=PLACES,
        footer=True,
    ),
)
