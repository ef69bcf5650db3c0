"""``views``: filters of lists that are kept under a name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from crm_tui.cli._run import Document, Json, Key, actor, answer, line, read, table, write
from crm_tui.core.language import _

if TYPE_CHECKING:
    from crm_tui.storage.store import ReadWork, UnitOfWork

app = typer.Typer(no_args_is_help=True, add_completion=False)

Place = Annotated[
    str,
    typer.Argument(metavar="LIST", help=_("board, dispatch, customers, roster, payments, events")),
]
Name = Annotated[str, typer.Argument(metavar="NAME", help=_("What stands after the @."))]


@app.command("list", help=_("The views you see, of one list or of all."))
def list_(
    place: Annotated[str | None, typer.Argument(metavar="LIST")] = None, as_json: Json = False
) -> None:
    from crm_tui.services.views import reads

    def look(work: ReadWork) -> Document:
        found = reads.views_of(work, actor(work.store).login, place)
        names = ("place", "name", "filter", "sort", "shared")
        return {"views": [{name: getattr(view, name) for name in names} for view in found]}

    answer(read(look), as_json, _show)


@app.command("save", help=_("Keep a filter under a name; one that has the name is replaced."))
def save(
    place: Place,
    name: Name,
    filter_text: Annotated[str, typer.Argument(metavar="FILTER")],
    shared: Annotated[bool, typer.Option("--shared", help=_("For everybody."))] = False,
    key: Key = None,
    as_json: Json = False,
) -> None:
    from crm_tui.services.views import actions

    def act(work: UnitOfWork) -> Document:
        actions.save(work, place, name, filter_text, shared=shared)
        return {"place": place, "name": name, "filter": filter_text, "shared": shared}

    request = ["views save", place, name, filter_text, shared]
    answer(write(act, key=key, request=request), as_json, _say)


@app.command("rename", help=_("Give a view another name."))
def rename(
    place: Place,
    name: Name,
    new_name: Annotated[str, typer.Argument(metavar="NEW")],
    key: Key = None,
    as_json: Json = False,
) -> None:
    from crm_tui.services.views import actions

    def act(work: UnitOfWork) -> Document:
        actions.rename(work, place, name, new_name)
        return {"place": place, "name": new_name}

    request = ["views rename", place, name, new_name]
    answer(write(act, key=key, request=request), as_json, _say)


@app.command("remove", help=_("Forget a view."))
def remove(place: Place, name: Name, key: Key = None, as_json: Json = False) -> None:
    from crm_tui.services.views import actions

    def act(work: UnitOfWork) -> Document:
        actions.remove(work, place, name)
        return {"place": place, "name": name, "removed": True}

    answer(write(act, key=key, request=["views remove", place, name]), as_json, _say)


def _say(document: Document) -> None:
    line(f"{document['place']} @{document['name']}")


def _show(document: Document) -> None:
    columns = (_("View"), _("List"), _("Filter"), _("Whose"))
    rows = [
        (
            f"@{view['name']}",
            view["place"],
            view["filter"],
            _("everybody’s") if view["shared"] else _("yours"),
        )
        for view in document["views"]
    ]
    table(columns, rows, empty=_("No view is saved yet."))
