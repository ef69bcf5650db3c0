"""Bills held against the books: going there, and what can be made of the line under the cursor."""

from __future__ import annotations

from crm_tui.commands import Argument, Command
from crm_tui.core.language import N_

PLACES = frozenset({"reconcile"})
_OPEN = frozenset({"only_in_bill"})

COMMANDS = (
    Command(
        id="shell.reconcile",
        title=N_("Bills"),
        help=N_("Holds a bill of WeChat Pay or Alipay against the books; shows what is open."),
        words=("reconcile",),
        arguments=(Argument(N_("file"), optional=True, rest=True),),
    ),
    Command(
        id="bills.order",
        title=N_("Open the order"),
        help=N_("Opens the order of the payment."),
        places=PLACES,
    ),
    Command(
        id="bills.read",
        title=N_("Read a bill"),
        help=N_("Reads the file of a bill and finds the payments that its lines tell of."),
        keys="o",
        places=PLACES,
        footer=True,
    ),
    Command(
        id="bills.book",
        title=N_("Book"),
        help=N_("Books the marked lines that only the bill has, on their order or as unexplained."),
        keys="b",
        places=PLACES,
        states=_OPEN,
        footer=True,
    ),
    Command(
        id="bills.accept",
        title=N_("That is it"),
        help=N_("Says that the line is the payment that is proposed for it."),
        keys="a",
        places=PLACES,
        states=_OPEN,
        footer=True,
    ),
    Command(
        id="bills.ignore",
        title=N_("Ignore"),
        help=N_("Leaves the marked lines out of the reconciliation, with a reason."),
        keys="i",
        places=PLACES,
        states=_OPEN,
        footer=True,
    ),
    Command(
        id="bills.reopen",
        title=N_("Open again"),
        help=N_("Takes back what was decided about the line."),
        keys="r",
        places=PLACES,
        states=frozenset({"matched", "differing"}),
    ),
    Command(
        id="bills.next",
        title=N_("Next list"),
        help=N_("Only in the bill, differing, only in the books, fees, matched."),
        keys="full_stop",
        places=PLACES,
        footer=True,
    ),
    Command(
        id="bills.previous",
        title=N_("List before"),
        keys="comma",
        places=PLACES,
    ),
)
