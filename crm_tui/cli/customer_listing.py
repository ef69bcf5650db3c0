"""``customers list``: the customers that a filter lets pass."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from crm_tui.cli import bulk
from crm_tui.cli._customer_views import show_found
from crm_tui.cli._filter import Filter, context_of
from crm_tui.cli._run import Document, Json, actor, answer, line, read
from crm_tui.core.language import _

if TYPE_CHECKING:
    from crm_tui.storage.store import ReadWork

app = typer.Typer()
app.add_typer(
    bulk.customers_app,
    name="bulk",
    help=_("Change all customers that a filter lets pass; can be tried first and undone."),
)


@app.command("list", help=_("The customers that a filter lets pass, who ordered last first."))
def list_(
    filter_text: Filter = "",
    limit: Annotated[int, typer.Option(min=1, max=100_000, help=_("At most so many."))] = 200,
    as_json: Json = False,
) -> None:
    from crm_tui.services.customers import listing, lookup

    def look(work: ReadWork) -> Document:
        context, role = context_of(work, "customers"), actor(work.store).role
        where = listing.condition(work, filter_text, context, role)
        page = listing.page(work, where, limit=limit)
        found = lookup.documents(work, page.rows)
        total = listing.count(work, where) if page.after else len(found)
        return {"filter": filter_text, "total": total, "customers": found}

    answer(read(look), as_json, _show)


def _show(document: Document) -> None:
    show_found(document)
    shown = len(document["customers"])
    if document["total"] > shown:
        more = _("{shown} of {total} customers shown; --limit shows more.")
        line(more.format(shown=shown, total=document["total"]))
