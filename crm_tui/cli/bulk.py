"""``customers bulk`` and ``bulk``: one action on many customers, and what takes it back."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from crm_tui.cli._filter import Filter, context_of
from crm_tui.cli._run import (
    Document,
    DryRun,
    Json,
    Key,
    actor,
    answer,
    line,
    read,
    say_if_tried,
    studio,
    table,
)
from crm_tui.core.language import _, joined, ngettext

if TYPE_CHECKING:
    from crm_tui.services.bulk.rules import BulkAction
    from crm_tui.storage.store import Store

customers_app = typer.Typer(no_args_is_help=True)
"""``customers bulk``."""
app = typer.Typer(no_args_is_help=True, add_completion=False)

All = Annotated[bool, typer.Option("--all", help=_("All customers, without a filter."))]
Token = Annotated[str, typer.Argument(metavar="TOKEN", help=_("The token of the run."))]


@customers_app.command(
    "tag",
    help=_("Put tags on all customers that the filter lets pass (+A), take others off (-B)."),
    context_settings={"ignore_unknown_options": True},
)
def tag(
    tags: Annotated[list[str], typer.Argument(metavar="+TAG|-TAG…")],
    filter_text: Filter = "",
    everybody: All = False,
    dry_run: DryRun = False,
    key: Key = None,
    as_json: Json = False,
) -> None:
    from crm_tui.services.bulk.tagging import Tagging

    _run(Tagging.of(tags), filter_text, everybody, dry_run, key, as_json)


@customers_app.command("owner", help=_("Give all customers that the filter lets pass to LOGIN."))
def owner(
    login: Annotated[str, typer.Argument(metavar="LOGIN|-", help=_("-: to nobody."))],
    filter_text: Filter = "",
    everybody: All = False,
    dry_run: DryRun = False,
    key: Key = None,
    as_json: Json = False,
) -> None:
    from crm_tui.services.bulk.owning import Owning

    _run(Owning(login), filter_text, everybody, dry_run, key, as_json)


@app.command("list", help=_("The last bulk actions."))
def list_(
    limit: Annotated[int, typer.Option(min=1, max=10_000, help=_("At most so many."))] = 50,
    as_json: Json = False,
) -> None:
    from crm_tui.services.bulk import reads

    document = read(
        lambda work: {
            "runs": [reads.document(run, work.calendar().zone) for run in reads.runs(work, limit)]
        }
    )
    answer(document, as_json, _show_runs)


@app.command("show", help=_("What a bulk action did to each customer."))
def show(token: Token, as_json: Json = False) -> None:
    from crm_tui.services.bulk import reads

    def look(work: Any) -> Document:
        run = reads.one(work, token)
        rows = [reads.outcome_document(each) for each in reads.rows(work, run.id)]
        return {**reads.document(run, work.calendar().zone), "rows": rows}

    answer(read(look), as_json, _show_run)


@app.command("undo", help=_("Take a bulk action back; who was changed since is left alone."))
def undo(token: Token, as_json: Json = False) -> None:
    from crm_tui.services.bulk import actions, reads

    with studio() as store:
        report = actions.undo(store, actor(store), token, progress=_progress)
    answer(reads.report_document(report), as_json, _show_report)


def _run(
    action: BulkAction,
    filter_text: str,
    everybody: bool,
    dry_run: bool,
    key: str | None,
    as_json: bool,
) -> None:
    from crm_tui.services.bulk import actions, reads

    if bool(filter_text.strip()) is everybody:
        raise typer.BadParameter(_("Say whom: --filter TEXT, or --all."))
    with studio() as store:
        who, ids = actor(store), _ids(store, filter_text)
        if dry_run:
            report = actions.judge(store, who, action, ids, _progress)
        else:
            report = actions.run(store, who, action, ids, key=key, progress=_progress)
    answer(reads.report_document(report), as_json, _show_report)


def _ids(store: Store, filter_text: str) -> list[int]:
    from crm_tui.services.customers import listing

    with store.read() as work:
        context, role = context_of(work, "customers"), actor(store).role
        return list(listing.ids(work, listing.condition(work, filter_text, context, role)))


def _progress(done: int, total: int) -> bool:
    if sys.stderr.isatty():
        sys.stderr.write(f"\r{done}/{total}" if done else "")
    return True


def _show_report(document: Document) -> None:
    words = {
        "done": _("{count} done"),
        "unchanged": _("{count} unchanged"),
        "refused": _("{count} refused"),
        "undone": _("{count} undone"),
    }
    told = [word.format(count=document[name]) for name, word in words.items() if document[name]]
    if sys.stderr.isatty():
        sys.stderr.write("\r")
    line(joined(told) or _("Nobody fits."))
    for each in document["refusals"]:
        line(f"{each['no']} {each['nick']}: {each['why']}".strip())
    say_if_tried(document)
    if not document.get("dry_run") and not document["undone"]:
        line(_("Undo: crm-tui bulk undo {token}").format(token=document["token"]))


def _show_runs(document: Document) -> None:
    columns = (_("Token"), _("What"), _("At"), _("By"), _("Done"), _("Refused"), _("Undone"))
    rows = [
        (
            run["token"],
            run["title"],
            run["ran_at"][:16].replace("T", " "),
            run["ran_by"],
            run["done"],
            run["refused"],
            (run["undone_at"] or "")[:16].replace("T", " "),
        )
        for run in document["runs"]
    ]
    table(columns, rows, empty=_("No bulk action was run yet."))


def _show_run(document: Document) -> None:
    count = document["customers"]
    told = ngettext("{title}: {count} customer", "{title}: {count} customers", count)
    line(told.format(title=document["title"], count=count))
    rows = [(each["no"], each["nick"], each["verdict"], each["why"]) for each in document["rows"]]
    table((_("Number"), _("Nickname"), _("Verdict"), _("Why")), rows, empty=_("Nobody."))
