"""What can be done with every list as a whole: views of it are kept, and it is exported."""

from __future__ import annotations

from crm_tui.commands import Argument, Command
from crm_tui.core.language import N_

COMMANDS = (
    Command(
        id="shell.export",
        title=N_("Export"),
        help=N_("Writes what is shown, or the marked rows, to Excel, CSV, JSON or Parquet."),
        keys="x",
        words=("export",),
    ),
    Command(
        id="shell.import",
        title=N_("Import a file"),
        help=N_("Brings a spreadsheet in, Excel or CSV: tried first, with a verdict for each row."),
        words=("import",),
        arguments=(Argument(N_("file"), "file", optional=True, rest=True),),
    ),
    Command(
        id="shell.views",
        title=N_("Saved views"),
        help=N_("Opens the filter line with the saved views of this list to choose from."),
        keys="at",
    ),
    Command(
        id="shell.view",
        title=N_("Use a view"),
        help=N_("Puts a saved view in force: its filter and its order."),
        words=("view",),
        arguments=(Argument(N_("view name"), "view"),),
    ),
    Command(
        id="shell.view_save",
        title=N_("Save the view"),
        help=N_("Keeps the present filter under a name; with “shared” for everybody."),
        words=("view-save",),
        arguments=(
            Argument(N_("view name"), "view"),
            Argument(N_("“shared”"), "whose", optional=True),
        ),
    ),
    Command(
        id="shell.view_rename",
        title=N_("Rename a view"),
        help=N_("Gives a saved view another name."),
        words=("view-rename",),
        arguments=(Argument(N_("view name"), "view"), Argument(N_("new name"))),
    ),
    Command(
        id="shell.view_remove",
        title=N_("Remove a view"),
        help=N_("Forgets a saved view; u brings it back."),
        words=("view-remove",),
        arguments=(Argument(N_("view name"), "view"),),
    ),
)
