"""``init``, ``backup``, ``restore``, ``doctor``: looking after the database."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from crm_tui.cli._run import Document, Json, answer, caller, line, note, studio
from crm_tui.core.language import _, ngettext

if TYPE_CHECKING:
    from crm_tui.services.upkeep.backup import Copy

app = typer.Typer(add_completion=False)


@app.command("init", help=_("Make the database, or bring an old one up to date."))
def init(as_json: Json = False) -> None:
    from crm_tui.storage.migrations import HEAD

    with studio() as store:
        document = {"database": store.shown, "created": store.created, "revision": HEAD}

    def show(_document: Document) -> None:
        made = _("A new studio lies in {database}.")
        there = _("The studio in {database} is up to date.")
        line((made if document["created"] else there).format(database=document["database"]))

    answer(document, as_json, show)


@app.command("backup", help=_("Write a verified copy of the database; others may go on working."))
def backup(
    file: Path = typer.Argument(metavar="FILE", help=_("The copy; an older one is replaced.")),
    as_json: Json = False,
) -> None:
    from crm_tui.services.upkeep.backup import back_up
    from crm_tui.storage.dialect import attachments_beside
    from crm_tui.storage.store import Store, dialect_for

    store = Store(dialect_for(caller().database))
    try:
        document = _document(back_up(store, file))
    finally:
        store.close()

    def show(_document: Document) -> None:
        says = _("{file}: {bytes} bytes, verified.")
        line(says.format(file=document["file"], bytes=f"{document['bytes']:,}"))
        if count := document["attachments"]:
            folder = attachments_beside(file.expanduser().absolute())
            with_it = ngettext(
                "{count} attachment beside it, in {folder}: keep the two together.",
                "{count} attachments beside it, in {folder}: keep the two together.",
                count,
            )
            line(with_it.format(count=count, folder=folder))

    answer(document, as_json, show)


@app.command("restore", help=_("Put a back-up in place of the database, which is kept aside."))
def restore(
    file: Path = typer.Argument(metavar="FILE", help=_("A file that “backup” has written.")),
    as_json: Json = False,
) -> None:
    from crm_tui.services.upkeep import backup as copies
    from crm_tui.storage.store import dialect_for

    document = _document(copies.restore(dialect_for(caller().database), file))

    def show(_document: Document) -> None:
        line(_("Restored from {file}.").format(file=document["file"]))
        if document["kept"]:
            line(_("What was there before is kept in {file}.").format(file=document["kept"]))
        if count := document["attachments_missing"]:
            says = ngettext(
                "{count} attachment is missing: bring the folder FILE.attachments, too.",
                "{count} attachments are missing: bring the folder FILE.attachments, too.",
                count,
            )
            note(says.format(count=count))

    answer(document, as_json, show)


@app.command("doctor", help=_("Prove that records, states and look-ups agree; changes nothing."))
def doctor(as_json: Json = False) -> None:
    from crm_tui.services.upkeep.doctor import diagnose

    found = diagnose(caller().database)
    healthy = all(finding.ok for finding in found)
    checks = [{"name": each.name, "ok": each.ok, "detail": each.detail} for each in found]

    def show(_document: Document) -> None:
        good, bad = _("ok"), _("WRONG")
        for each in found:
            line(f"{good if each.ok else bad:6} {each.name:22} {each.detail}")

    answer({"ok": healthy, "checks": checks}, as_json, show)
    if not healthy:
        raise typer.Exit(1)


def _document(copy: Copy) -> Document:
    kept = None if copy.kept is None else str(copy.kept)
    return {
        "file": str(copy.file),
        "bytes": copy.bytes,
        "verified": True,
        "attachments": copy.attachments,
        "attachments_missing": copy.missing,
        "kept": kept,
    }
