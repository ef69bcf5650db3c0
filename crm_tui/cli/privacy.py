"""``customers unmask``, ``customers data``, ``customers erase``: a person's own data."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from crm_tui.cli._run import Document, DryRun, Json, Key, actor, answer, line, read, studio, write
from crm_tui.core.errors import Refused
from crm_tui.core.language import _
from crm_tui.core.words import IdentityKind

if TYPE_CHECKING:
    from crm_tui.storage.store import ReadWork, UnitOfWork

app = typer.Typer()

Ref = Annotated[
    str, typer.Argument(metavar="REF", help=_("Number, id, phone, WeChat id or nickname."))
]
Reason = Annotated[str, typer.Option("--reason", help=_("Why it is needed; it is logged."))]
Confirm = Annotated[
    str | None,
    typer.Option(
        "--confirm", metavar="NO", help=_("The customer's number again, instead of being asked.")
    ),
]


@app.command("unmask", help=_("Show phones and ids in full. Who looked, and why, is logged."))
def unmask(ref: Ref, reason: Reason, as_json: Json = False) -> None:
    from crm_tui.services.customers.lookup import resolve
    from crm_tui.services.privacy import actions

    def act(work: UnitOfWork) -> Document:
        seen = actions.unmask(work, resolve(work, ref), reason)
        return {"identities": [{"kind": each.kind.value, "value": each.value} for each in seen]}

    answer(write(act), as_json, _show_identities)


@app.command("data", help=_("Write all that is known of a person into one ZIP file."))
def data(
    ref: Ref,
    to: Annotated[Path, typer.Option("--to", help=_("The file to write, such as person.zip."))],
    reason: Reason,
    confirm: Confirm = None,
    key: Key = None,
    as_json: Json = False,
) -> None:
    from crm_tui.services.customers.lookup import resolve
    from crm_tui.services.privacy.export import export_person

    def who(work: ReadWork) -> Document:
        return _named(work, resolve(work, ref))

    _ask_twice(read(who), confirm, _("Everything about {no} will be in one file, unmasked."))
    with studio() as store:
        document = export_person(store, actor(store), ref, to, reason, key)
    answer(
        document, as_json, lambda done: line(_("{customer}: {rows} rows in {file}").format(**done))
    )


@app.command("erase", help=_("Forget a person. Orders and payments stay, under a number."))
def erase(
    ref: Ref,
    reason: Reason,
    confirm: Confirm = None,
    dry_run: DryRun = False,
    key: Key = None,
    as_json: Json = False,
) -> None:
    from crm_tui.services.customers.lookup import resolve
    from crm_tui.services.privacy import actions

    def who(work: ReadWork) -> Document:
        customer = actions.resolve_erasable(work, ref)
        return {"no": customer.no, "nick": customer.nick}

    def act(work: UnitOfWork) -> Document:
        return actions.erase(work, resolve(work, ref), reason)

    request = ["customers erase", ref, reason]
    if dry_run:
        answer(write(act, request=request, dry_run=True), as_json, _show_erased)
        return
    _ask_twice(read(who), confirm, _("{no} will be forgotten. Nothing brings it back."))
    document = write(act, key=key, request=request)
    with studio() as store:
        actions.finish_erasing(store, actor(store))
    answer(document, as_json, _show_erased)


def _named(work: ReadWork, customer_id: int) -> Document:
    from crm_tui.services.customers.reads import profile

    page = profile(work, customer_id, 0)
    return {"no": page.no, "nick": page.nick}


def _ask_twice(person: Document, confirm: str | None, effect: str) -> None:
    """Let the caller name the customer again, twice at a terminal. Raises :class:`Refused`."""
    no = person["no"]
    if confirm is not None:
        if confirm.strip().upper() != no:
            why = _("--confirm names “{given}”, but this is {no}.").format(given=confirm, no=no)
            raise Refused(why=why)
        return
    if not sys.stdin.isatty():
        raise Refused(why=_("repeat the customer's number: --confirm {no}").format(no=no))
    line(f"{no}  {person['nick']}")
    line(effect.format(no=no))
    for question in (_("Type the customer's number"), _("Really? Type it once more")):
        if typer.prompt(question, err=True).strip().upper() != no:
            raise Refused(why=_("that is another number; nothing was done."))


def _show_identities(document: Document) -> None:
    for each in document["identities"]:
        line(f"{IdentityKind(each['kind']).label}  {each['value']}")


def _show_erased(document: Document) -> None:
    told = _("{customer}: {deleted} rows deleted, {blanked} blanked, {swept} texts cleaned.")
    line(told.format(**document))
    line(_("Back-ups and exports made before still hold this person; see to those too."))
