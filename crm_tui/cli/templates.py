"""``templates``: the texts that notes begin with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from crm_tui.cli._run import Document, DryRun, Json, Key, answer, line, read, table, write
from crm_tui.core.language import _

if TYPE_CHECKING:
    from crm_tui.storage.store import ReadWork, UnitOfWork

app = typer.Typer(no_args_is_help=True, add_completion=False)

Name = Annotated[str, typer.Argument(metavar="NAME", help=_("The template's name."))]
_PLACES = _("The text; {nick}, {order} … stand for what is known. “list” shows all places.")


@app.command("list", help=_("All templates, and what can stand in braces."))
def list_templates(as_json: Json = False) -> None:
    def look(work: ReadWork) -> Document:
        from crm_tui.services.interactions import templates

        return {
            "templates": [{"name": row.name, "body": row.body} for row in templates.listed(work)],
            "places": {name: _(meaning) for name, meaning in templates.PLACES.items()},
        }

    answer(read(look), as_json, _show)


@app.command("add", help=_("Add a template."))
def add(
    name: Name,
    body: Annotated[str, typer.Argument(metavar="TEXT", help=_PLACES)],
    key: Key = None,
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    def act(work: UnitOfWork) -> Document:
        from crm_tui.services.interactions import templates

        templates.add(work, name, body)
        return _one(work, name)

    request = ["templates add", name, body]
    answer(write(act, key=key, request=request, dry_run=dry_run), as_json, _show_one)


@app.command("edit", help=_("Change a template's name or text."))
def edit(
    name: Name,
    body: Annotated[str | None, typer.Option("--text", help=_PLACES)] = None,
    new_name: Annotated[str | None, typer.Option("--name", help=_("The new name."))] = None,
    key: Key = None,
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    if body is None and new_name is None:
        raise typer.BadParameter(_("Say what to change: --text or --name."))

    def act(work: UnitOfWork) -> Document:
        from crm_tui.services.interactions import templates

        templates.edit(work, name, name=new_name, body=body)
        return _one(work, new_name or name)

    request = ["templates edit", name, body, new_name]
    answer(write(act, key=key, request=request, dry_run=dry_run), as_json, _show_one)


@app.command("remove", help=_("Take a template away."))
def remove(name: Name, key: Key = None, dry_run: DryRun = False, as_json: Json = False) -> None:
    def act(work: UnitOfWork) -> Document:
        from crm_tui.services.interactions import templates

        templates.remove(work, name)
        return {"removed": name}

    def show(_document: Document) -> None:
        line(_("The template “{name}” is gone.").format(name=name))

    request = ["templates remove", name]
    answer(write(act, key=key, request=request, dry_run=dry_run), as_json, show)


def _one(work: ReadWork, name: str) -> Document:
    from crm_tui.services.interactions import templates

    row = templates.one(work, name)
    return {"template": {"name": row.name, "body": row.body}}


def _show(document: Document) -> None:
    rows = [(each["name"], each["body"]) for each in document["templates"]]
    table((_("Name"), _("Text")), rows, empty=_("There are no templates yet."))
    for name, meaning in document["places"].items():
        line(f"{{{name}}}  {meaning}")


def _show_one(document: Document) -> None:
    line(f"{document['template']['name']}: {document['template']['body']}")
