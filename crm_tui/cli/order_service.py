"""``orders``: the verbs of the service, from its start to its end and its renewal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from crm_tui.cli._order_change import No, Reason, Who, change, companion_of
from crm_tui.cli._order_views import order_document, show_order
from crm_tui.cli._run import Document, DryRun, Json, Key, answer, write
from crm_tui.core.language import _

if TYPE_CHECKING:
    from crm_tui.storage.store import UnitOfWork

app = typer.Typer()


@app.command("start", help=_("Begin the service."))
def start(no: No, key: Key = None, as_json: Json = False) -> None:
    from crm_tui.services.orders import actions

    change(lambda work: actions.start(work, no), ["orders start", no], key, as_json)


@app.command("pause", help=_("Stop the clock of the service."))
def pause(no: No, key: Key = None, as_json: Json = False) -> None:
    from crm_tui.services.orders import actions

    change(lambda work: actions.pause(work, no), ["orders pause", no], key, as_json)


@app.command("disconnect", help=_("The connection broke: stop the clock until it is back."))
def disconnect(no: No, key: Key = None, as_json: Json = False) -> None:
    from crm_tui.services.orders import actions

    change(lambda work: actions.disconnect(work, no), ["orders disconnect", no], key, as_json)


@app.command("resume", help=_("Let the clock of the service run on."))
def resume(no: No, key: Key = None, as_json: Json = False) -> None:
    from crm_tui.services.orders import actions

    change(lambda work: actions.resume(work, no), ["orders resume", no], key, as_json)


@app.command("reconnect", help=_("The connection is back: let the clock run on."))
def reconnect(no: No, key: Key = None, as_json: Json = False) -> None:
    from crm_tui.services.orders import actions

    change(lambda work: actions.reconnect(work, no), ["orders reconnect", no], key, as_json)


@app.command("handover", help=_("Another companion serves the rest; the part served is kept."))
def handover(
    no: No,
    companion: Who,
    leaves: Annotated[
        str,
        typer.Option("--from", metavar="REF", help=_("Who leaves, where several serve.")),
    ] = "",
    key: Key = None,
    as_json: Json = False,
) -> None:
    from crm_tui.services.orders import actions

    def act(work: UnitOfWork) -> None:
        from_id = companion_of(work, leaves) if leaves else None
        actions.hand_over(work, no, companion_of(work, companion), from_id=from_id)

    request = ["orders handover", no, companion, *([leaves] if leaves else [])]
    change(act, request, key, as_json)


@app.command("finish", help=_("End the service and bill it."))
def finish(
    no: No,
    minutes: Annotated[
        int | None,
        typer.Option("--minutes", metavar="N", help=_("Billed minutes, instead of measured.")),
    ] = None,
    key: Key = None,
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    from crm_tui.services.orders import actions

    request = ["orders finish", no, minutes]
    change(lambda work: actions.finish(work, no, minutes), request, key, as_json, dry_run)


@app.command("reopen", help=_("Back into service: it was reported too early."))
def reopen(no: No, reason: Reason = "", key: Key = None, as_json: Json = False) -> None:
    from crm_tui.services.orders import actions

    request = ["orders reopen", no, *([reason] if reason else [])]
    change(lambda work: actions.reopen(work, no, reason=reason), request, key, as_json)


@app.command("renew", help=_("A linked order that goes on from this one, the companions kept."))
def renew(
    no: No,
    minutes: Annotated[
        int | None,
        typer.Option("--minutes", metavar="N", help=_("Planned minutes, else those of the first.")),
    ] = None,
    key: Key = None,
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    from crm_tui.services.orders import actions, reads

    def act(work: UnitOfWork) -> Document:
        (row,) = reads.by_ids(work, [actions.renew(work, no, minutes)])
        return order_document(work, row.no)

    request = ["orders renew", no, minutes]
    answer(write(act, key=key, request=request, dry_run=dry_run), as_json, show_order)


@app.command("ask", help=_("The customer is asked: the response clock stands."))
def ask(no: No, key: Key = None, as_json: Json = False) -> None:
    from crm_tui.services.orders import actions

    change(lambda work: actions.ask(work, no), ["orders ask", no], key, as_json)


@app.command("answered", help=_("The customer has answered: the response clock runs on."))
def answered(no: No, key: Key = None, as_json: Json = False) -> None:
    from crm_tui.services.orders import actions

    change(lambda work: actions.answered(work, no), ["orders answered", no], key, as_json)
