"""``export``: what is stored, to Excel, CSV, Parquet or JSON."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from crm_tui.cli._run import Document, Json, Key, answer, line, write
from crm_tui.core.language import _, ngettext

if TYPE_CHECKING:
    from crm_tui.storage.store import UnitOfWork

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
        key: Key = None,
        as_json: Json = False,
    ) -> None:
        from crm_tui.services.exports import actions

        def act(work: UnitOfWork) -> Document:
            return actions.export(work, what, to, filter_text)

        request = ["export", what, str(to), filter_text]
        answer(write(act, key=key, request=request), as_json, _show)


_command("customers", _("Export customers."))
_command("companions", _("Export companions."))
_command("orders", _("Export orders."))
_command("payments", _("Export payments."))
_command("events", _("Export the event log."))


def _show(document: Document) -> None:
    rows = document["rows"]
    told = ngettext("{rows} row written to {file}", "{rows} rows written to {file}", rows)
    line(told.format(**document))
