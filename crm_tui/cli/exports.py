"""``export``: what is stored, to Excel, CSV, Parquet or JSON."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from crm_tui.cli._run import Document, Json, Key, actor, answer, line, studio, waiting_line
from crm_tui.core.language import _, ngettext

app = typer.Typer(no_args_is_help=True, add_completion=False)


def _command(what: str, help_text: str) -> None:
    """Define ``export WHAT --to FILE``."""

    @app.command(what, help=help_text)
    def export(
        to: Annotated[
            Path,
            typer.Option("--to", metavar="FILE", help=_("A .xlsx, .csv, .parquet or .json file.")),
        ],
        filter_text: Annotated[
            str,
            typer.Option("--filter", metavar="TEXT", help=_("Words or field:value that must fit.")),
        ] = "",
        masked: Annotated[
            bool, typer.Option("--masked", help=_("Phone numbers as 138****8000."))
        ] = False,
        reason: Annotated[
            str, typer.Option("--reason", metavar="TEXT", help=_("Why; it is logged."))
        ] = "",
        key: Key = None,
        as_json: Json = False,
    ) -> None:
        from crm_tui.services.exports.actions import Wanted
        from crm_tui.services.exports.actions import export as write_export

        wanted = Wanted(what, filter_text, masked=masked, reason=reason)
        with studio() as store, waiting_line() as say:

            def tell(count: int) -> bool:
                say(_("Writing the rows: {progress}").format(progress=f"{count:,}"))
                return True

            document = write_export(store, actor(store), wanted, to, key=key, progress=tell)
        answer(document, as_json, _show)


_command("customers", _("Export customers."))
_command("companions", _("Export companions."))
_command("orders", _("Export orders."))
_command("payments", _("Export payments."))
_command("events", _("Export the event log."))


@app.command("template", help=_("Write an empty workbook to fill in and import."))
def template(
    to: Annotated[Path, typer.Option("--to", metavar="FILE.xlsx", help=_("The new file."))],
    as_json: Json = False,
) -> None:
    from crm_tui.services.exports.templates import write_template

    answer(write_template(to), as_json, lambda document: line(document["file"]))


def _show(document: Document) -> None:
    rows = document["rows"]
    told = ngettext("{rows} row written to {file}", "{rows} rows written to {file}", rows)
    line(told.format(**document))
