"""``replay``: the board as it was at a past minute."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from crm_tui.cli._run import Document, Json, answer, caller, line, read, table
from crm_tui.core.language import _

if TYPE_CHECKING:
    from crm_tui.storage.store import ReadWork

app = typer.Typer(add_completion=False)


@app.command(
    "replay", help=_("The order board as it was: in a terminal the console, else as a table.")
)
def replay(
    at: Annotated[
        str,
        typer.Option(
            "--at", metavar="TIME", help=_("Such as 2026-09-21T22:14, 22:14, -10m or 10分钟前.")
        ),
    ],
    as_json: Json = False,
) -> None:
    if not as_json and sys.stdin.isatty() and sys.stdout.isatty():
        from crm_tui.cli.console import run_console
        from crm_tui.screens.console import Visit

        read(lambda work: {"at": _moment(at, work)})  # refused before the console is shown
        run_console(caller(), Visit("replay", at))
        return
    answer(read(lambda work: _board(at, work)), as_json, _show)


def _moment(at: str, work: ReadWork) -> str:
    from crm_tui.services.replay import rules

    return rules.moment(at, work.clock.now(), work.calendar()).isoformat()


def _board(at: str, work: ReadWork) -> Document:
    from crm_tui.services.replay import reads, rules

    calendar = work.calendar()
    moment = rules.moment(at, work.clock.now(), calendar)
    return reads.document(reads.board_at(work, moment), calendar.zone)


def _show(document: Document) -> None:
    from crm_tui.core.money import yuan
    from crm_tui.core.words import OrderStatus

    line(_("The board as it was at {time}").format(time=document["at"]))
    rows = [
        (
            order["no"],
            OrderStatus(order["status"]).label,
            order["customer"],
            order["game"],
            order["companion"],
            yuan(order["amount_fen"]),
        )
        for order in document["orders"]
    ]
    columns = (_("No."), _("Status"), _("Customer"), _("Game"), _("Companion"), _("Amount"))
    table(columns, rows, empty=_("There was nothing on the board."))
