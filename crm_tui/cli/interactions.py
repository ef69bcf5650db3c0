"""``customers note``, ``notes``, ``attachment`` …: what passed between studio and customers."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from crm_tui.cli._run import (
    Document,
    DryRun,
    Json,
    Key,
    actor,
    answer,
    line,
    read,
    studio,
    table,
    write,
)
from crm_tui.core.language import _
from crm_tui.core.words import ContactChannel, ContactDirection

if TYPE_CHECKING:
    from datetime import datetime

    from crm_tui.services.attachments.folder import KeptFile
    from crm_tui.storage.store import ReadWork, UnitOfWork

app = typer.Typer()

Ref = Annotated[str, typer.Argument(metavar="REF", help=_("Number, id, phone, WeChat id or name."))]
Number = Annotated[int, typer.Argument(metavar="ID", help=_("The interaction's number."))]
Direction = Annotated[
    ContactDirection, typer.Option(help=_("Who began: inbound, outbound; note: nobody."))
]
When = Annotated[
    str | None, typer.Option("--at", help=_("When it was: -2h, 20:00, yesterday 21:30."))
]


@app.command("note", help=_("Write down a contact with a customer, or a note about them."))
def note(
    ref: Ref,
    text: Annotated[str, typer.Argument(metavar="TEXT", help=_("What it was about."))] = "",
    channel: Annotated[ContactChannel, typer.Option()] = ContactChannel.OTHER,
    direction: Direction = ContactDirection.NOTE,
    order: Annotated[
        str | None, typer.Option(metavar="NO", help=_("The order it is about."))
    ] = None,
    attach: Annotated[
        list[Path] | None, typer.Option(metavar="FILE", help=_("A file; may be given again."))
    ] = None,
    template: Annotated[
        str | None, typer.Option(help=_("The template that the text begins with."))
    ] = None,
    at: When = None,
    key: Key = None,
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    from crm_tui.services.attachments.actions import taken_in

    def act(work: UnitOfWork, files: tuple[KeptFile, ...]) -> Document:
        from crm_tui.services.customers.lookup import resolve
        from crm_tui.services.interactions import actions
        from crm_tui.services.orders import reads as orders

        customer_id = resolve(work, ref)
        order_id = orders.one(work, order).id if order else None
        new = actions.NewInteraction(
            customer_id,
            _text(work, text, template, customer_id, order_id),
            channel=channel,
            direction=direction,
            order_id=order_id,
            at=_at(work, at),
            files=files,
        )
        return _one(work, actions.note(work, new))

    with studio() as store, taken_in(store, actor(store), attach or ()) as files:
        contents = [(file.name, file.sha256) for file in files]
        request = ["customers note", ref, text, channel, direction, order, contents, template, at]
        done = write(lambda work: act(work, files), key=key, request=request, dry_run=dry_run)
    answer(done, as_json, _show_one)


@app.command("notes", help=_("What passed between the studio and a customer, the newest first."))
def notes(
    ref: Ref,
    limit: Annotated[int, typer.Option(min=1, max=1000, help=_("At most so many."))] = 50,
    before: Annotated[
        int | None, typer.Option(metavar="ID", help=_("Go on after this interaction."))
    ] = None,
    as_json: Json = False,
) -> None:
    def look(work: ReadWork) -> Document:
        from crm_tui.services.customers.lookup import resolve
        from crm_tui.services.interactions import reads

        customer_id = resolve(work, ref)
        place = reads.one(work, before).place if before is not None else None
        rows = reads.of_customer(work, customer_id, place, limit)
        zone = work.calendar().zone
        return {
            "interactions": [reads.document(row, zone) for row in rows],
            "next": rows[-1].id if len(rows) == limit else None,
        }

    answer(read(look), as_json, _show_notes)


@app.command("edit-note", help=_("Change an interaction."))
def edit_note(
    number: Number,
    text: Annotated[str | None, typer.Option(help=_("What it was about."))] = None,
    channel: Annotated[ContactChannel | None, typer.Option()] = None,
    direction: Annotated[ContactDirection | None, typer.Option()] = None,
    at: When = None,
    key: Key = None,
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    def act(work: UnitOfWork) -> Document:
        from crm_tui.services.interactions import actions

        given = {"summary": text, "channel": channel, "direction": direction, "at": _at(work, at)}
        changes = {name: value for name, value in given.items() if value is not None}
        actions.edit(work, number, changes)
        return _one(work, number)

    request = ["customers edit-note", number, text, channel, direction, at]
    answer(write(act, key=key, request=request, dry_run=dry_run), as_json, _show_one)


@app.command("unnote", help=_("Take an interaction away, with its files."))
def unnote(number: Number, key: Key = None, dry_run: DryRun = False, as_json: Json = False) -> None:
    from crm_tui.services.attachments.actions import collect

    def act(work: UnitOfWork) -> Document:
        from crm_tui.services.interactions import actions, reads

        was = actions.remove(work, number)
        return {"removed": reads.document(was, work.calendar().zone)}

    document = write(act, key=key, request=["customers unnote", number], dry_run=dry_run)
    contents = {each["sha256"] for each in document["removed"]["attachments"]}
    if contents:
        with studio() as store:
            store.perform(actor(store), lambda work: collect(work, contents))
    answer(
        document, as_json, lambda _document: line(_("Interaction {id} is gone.").format(id=number))
    )


@app.command("attachment", help=_("Write an attached file out."))
def attachment(
    number: Annotated[int, typer.Argument(metavar="ID", help=_("The attachment's number."))],
    to: Annotated[Path, typer.Option(metavar="FILE", help=_("A new file, or a folder."))],
    as_json: Json = False,
) -> None:
    def look(work: ReadWork) -> Document:
        from crm_tui.services.attachments import actions, reads

        row, file = actions.give_out(work, number, to)
        return {"attachment": reads.document(row), "file": str(file)}

    def show(document: Document) -> None:
        says = _("{name} is in {file}.")
        line(says.format(name=document["attachment"]["name"], file=document["file"]))

    answer(read(look), as_json, show)


@app.command("collect", help=_("Take away attached files that nothing needs any more."))
def collect_files(as_json: Json = False) -> None:
    from crm_tui.services.attachments.actions import collect

    document = write(lambda work: {"collected": collect(work)})

    def show(_document: Document) -> None:
        line(_("Files taken away: {count}").format(count=document["collected"]))

    answer(document, as_json, show)


def _text(
    work: UnitOfWork, text: str, template: str | None, customer_id: int, order_id: int | None
) -> str:
    """The template's text, filled, and what was written after it."""
    if template is None:
        return text
    from crm_tui.services.interactions import templates

    values = templates.known(work, customer_id, order_id, work.actor.login)
    return f"{templates.fill(templates.one(work, template).body, values)} {text}"


def _at(work: ReadWork, text: str | None) -> datetime | None:
    from crm_tui.services.interactions.rules import happened

    return None if text is None else happened(text, work.clock.now(), work.calendar())


def _one(work: ReadWork, number: int) -> Document:
    from crm_tui.services.interactions import reads

    return {"interaction": reads.document(reads.one(work, number), work.calendar().zone)}


def _show_one(document: Document) -> None:
    _table([document["interaction"]])


def _show_notes(document: Document) -> None:
    _table(document["interactions"])
    if document["next"] is not None:
        line(_("More: --before {id}").format(id=document["next"]))


def _table(rows: list[Document]) -> None:
    columns = (_("Number"), _("When"), _("Channel"), _("Direction"), _("Order"), _("What"))
    shown = [
        (
            str(each["id"]),
            each["at"][:16].replace("T", " "),
            ContactChannel(each["channel"]).label,
            ContactDirection(each["direction"]).label,
            each["order"],
            each["summary"],
            [f"{file['id']} {file['name']}" for file in each["attachments"]],
            each["noted_by"],
        )
        for each in rows
    ]
    table((*columns, _("Files"), _("By")), shown, empty=_("Nothing was noted yet."))
