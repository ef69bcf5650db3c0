"""``tags``: the words that customers are marked with, by hand or by a rule."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from crm_tui.cli._run import Document, DryRun, Json, Key, answer, line, note, read, table, write
from crm_tui.core.language import _, ngettext

if TYPE_CHECKING:
    from crm_tui.storage.store import ReadWork, UnitOfWork

app = typer.Typer(no_args_is_help=True, add_completion=False)

Name = Annotated[str, typer.Argument(metavar="TAG", help=_("The tag’s name."))]
Group = Annotated[str | None, typer.Option(help=_("The group it belongs to."))]
Colour = Annotated[
    str | None,
    typer.Option(help=_("red, orange, yellow, green, cyan, blue, purple, grey, or empty.")),
]
Rule = Annotated[
    str | None,
    typer.Option(help=_("A filter line over customers: the tag comes and goes by it.")),
]


@app.command("list", help=_("All tags, with how many customers carry them."))
def list_(as_json: Json = False) -> None:
    from crm_tui.services.tags import reads

    def look(work: ReadWork) -> Document:
        return {"tags": [reads.document(row) for row in reads.tags(work)]}

    answer(read(look), as_json, _show)


@app.command("add", help=_("Make a tag; with a rule it goes to whom that fits, at once."))
def add(
    name: Name,
    group: Group = None,
    colour: Colour = None,
    rule: Rule = None,
    key: Key = None,
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    from crm_tui.services.tags import actions

    def act(work: UnitOfWork) -> Document:
        actions.add(work, name, group=group or "", colour=colour or "", rule=rule or "")
        return _document(work, name)

    request = ["tags add", name, group, colour, rule]
    answer(write(act, key=key, request=request, dry_run=dry_run), as_json, _show_one)


@app.command("edit", help=_("Change a tag’s group, colour or rule; an empty rule takes it away."))
def edit(
    name: Name,
    group: Group = None,
    colour: Colour = None,
    rule: Rule = None,
    key: Key = None,
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    from crm_tui.services.tags import actions

    if group is None and colour is None and rule is None:
        raise typer.BadParameter(_("Say what to change: --group, --colour or --rule."))

    def act(work: UnitOfWork) -> Document:
        actions.edit(work, name, group=group, colour=colour, rule=rule)
        return _document(work, name)

    request = ["tags edit", name, group, colour, rule]
    answer(write(act, key=key, request=request, dry_run=dry_run), as_json, _show_one)


@app.command("rename", help=_("Call a tag something else, on everybody who carries it."))
def rename(
    name: Name,
    new_name: Annotated[str, typer.Argument(metavar="NEW")],
    key: Key = None,
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    from crm_tui.services.tags import actions

    def act(work: UnitOfWork) -> Document:
        actions.rename(work, name, new_name)
        return _document(work, new_name)

    request = ["tags rename", name, new_name]
    answer(write(act, key=key, request=request, dry_run=dry_run), as_json, _show_one)


@app.command("merge", help=_("Let one tag stand for another, which is gone then."))
def merge(
    name: Name,
    into: Annotated[str, typer.Argument(metavar="INTO")],
    key: Key = None,
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    from crm_tui.services.tags import actions

    def act(work: UnitOfWork) -> Document:
        got = actions.merge(work, name, into)
        return {**_document(work, into), "added": got}

    request = ["tags merge", name, into]
    answer(write(act, key=key, request=request, dry_run=dry_run), as_json, _show_one)


@app.command("remove", help=_("Do away with a tag, on everybody who carries it."))
def remove(name: Name, key: Key = None, dry_run: DryRun = False, as_json: Json = False) -> None:
    from crm_tui.services.tags import actions

    def act(work: UnitOfWork) -> Document:
        return {"removed": name, "customers": actions.remove(work, name)}

    def show(document: Document) -> None:
        count = document["customers"]
        line(
            ngettext(
                "{tag} is gone; {count} customer carried it.",
                "{tag} is gone; {count} customers carried it.",
                count,
            ).format(tag=document["removed"], count=count)
        )
        _note_dry(document)

    request = ["tags remove", name]
    answer(write(act, key=key, request=request, dry_run=dry_run), as_json, show)


@app.command("refresh", help=_("Look at every customer again by the rules of the tags."))
def refresh(key: Key = None, dry_run: DryRun = False, as_json: Json = False) -> None:
    from crm_tui.services.tags import rule_sets

    def act(work: UnitOfWork) -> Document:
        return {
            "tags": [
                {
                    "name": each.tag,
                    "added": each.added,
                    "removed": each.removed,
                    "problem": each.problem,
                }
                for each in rule_sets.refresh_all(work)
            ]
        }

    def show(document: Document) -> None:
        rows = [
            (each["name"], f"+{each['added']}", f"-{each['removed']}", each["problem"])
            for each in document["tags"]
        ]
        columns = (_("Tag name"), _("Got it"), _("Lost it"), _("Problem"))
        table(columns, rows, empty=_("No tag goes by a rule."))
        _note_dry(document)

    answer(write(act, key=key, request=["tags refresh"], dry_run=dry_run), as_json, show)


def _document(work: ReadWork, name: str) -> Document:
    from crm_tui.services.tags import reads

    return {"tag": reads.document(reads.one(work, name))}


def _show(document: Document) -> None:
    rows = [
        tuple(each[name] for name in ("name", "group", "colour", "customers", "rule"))
        for each in document["tags"]
    ]
    columns = (_("Tag name"), _("Group"), _("Colour"), _("Customers"), _("Rule"))
    table(columns, rows, empty=_("There are no tags yet."))


def _show_one(document: Document) -> None:
    _show({"tags": [document["tag"]]})
    _note_dry(document)


def _note_dry(document: Document) -> None:
    if document.get("dry_run"):
        note(_("Nothing was changed: this was a dry run."))
