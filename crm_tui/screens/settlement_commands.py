"""What can be done about settlement batches: in their list, and in the lines of one."""

from __future__ import annotations

from crm_tui.commands import Argument, Command
from crm_tui.core.language import N_

LIST = frozenset({"settlements"})
LINES = frozenset({"settlement"})
BOTH = LIST | LINES
DRAFT = frozenset({"draft"})
APPROVED = frozenset({"approved"})
NOT_PAID = DRAFT | APPROVED
OWED = APPROVED | {"paid"}

COMMANDS = (
    Command(
        id="place.settlements",
        title=N_("Settlement"),
        help=N_("The settlement batches: drafted, approved, paid out."),
        words=("settlements",),
    ),
    Command(
        id="settlement.open",
        title=N_("Open"),
        help=N_("The lines of the batch: who gets what."),
        places=LIST,
        states=DRAFT | APPROVED | {"paid", "cancelled"},
    ),
    Command(
        id="settlement.draft",
        title=N_("Draft a batch"),
        help=N_("Drafts the batch of a period: what is free of it, for every companion."),
        keys="c",
        places=LIST,
        footer=True,
    ),
    Command(
        id="settlement.statement",
        title=N_("Statement"),
        help=N_("What the companion gets in the batch, order by order, with how it comes about."),
        places=LINES,
        words=("statement",),
        arguments=(Argument(N_("companion"), "companion", optional=True, rest=True),),
    ),
    Command(
        id="settlement.adjust",
        title=N_("Adjust"),
        help=N_("Gives the companion more, or less, with a reason."),
        keys="a",
        places=LINES,
        states=DRAFT,
        words=("adjust",),
        arguments=(Argument(N_("companion"), "companion", optional=True, rest=True),),
        footer=True,
    ),
    Command(
        id="settlement.drop",
        title=N_("Drop adjustment"),
        help=N_("Takes an adjustment back, by its number: :drop 3"),
        places=LINES,
        states=DRAFT,
        words=("drop",),
        arguments=(Argument(N_("number")),),
    ),
    Command(
        id="settlement.renew",
        title=N_("Read anew"),
        help=N_("Reads the draft anew, by what the books say now."),
        keys="R",
        places=BOTH,
        states=DRAFT,
        footer=True,
    ),
    Command(
        id="settlement.approve",
        title=N_("Approve"),
        help=N_("Approves the draft: it is owed from now on."),
        keys="A",
        places=BOTH,
        states=DRAFT,
        footer=True,
    ),
    Command(
        id="settlement.file",
        title=N_("Payout file"),
        help=N_("Writes the file that a bank, WeChat Pay or Alipay takes."),
        keys="F",
        places=BOTH,
        states=OWED,
        footer=True,
    ),
    Command(
        id="settlement.pay",
        title=N_("Pay out"),
        help=N_("Books the payout: the companions have their money."),
        keys="P",
        places=BOTH,
        states=APPROVED,
        footer=True,
    ),
    Command(
        id="settlement.cancel",
        title=N_("Call off"),
        help=N_("Calls the batch off before it is paid; what it held comes with the next one."),
        keys="D",
        places=BOTH,
        states=NOT_PAID,
    ),
    Command(
        id="settlement.verify",
        title=N_("Verify"),
        help=N_("Computes the batch anew from the books and says whether it is the same."),
        keys="V",
        places=BOTH,
        states=DRAFT | OWED | {"cancelled"},
    ),
)
