"""``customers``: find, show, add, edit and tag the people who book."""

from __future__ import annotations

from time import perf_counter
from typing import TYPE_CHECKING, Annotated, Any

import typer

from crm_tui.cli import customer_listing, duplicates, interactions, privacy, stances
from crm_tui.cli._custom import Custom, pairs
from crm_tui.cli._customer_views import profile_document, show_found, show_profile
from crm_tui.cli._run import Document, DryRun, Json, Key, actor, answer, read, write
from crm_tui.core.errors import Invalid
from crm_tui.core.language import _, joined
from crm_tui.core.words import Gender, IdentityKind, SourceChannel

if TYPE_CHECKING:
    from crm_tui.storage.store import ReadWork, UnitOfWork

app = typer.Typer(no_args_is_help=True, add_completion=False)
app.add_typer(privacy.app)
app.add_typer(interactions.app)
app.add_typer(duplicates.app)
app.add_typer(customer_listing.app)
app.add_typer(stances.app)

Ref = Annotated[str, typer.Argument(metavar="REF", help=_("Number, id, phone, WeChat id or name."))]
Identities = Annotated[
    list[str] | None,
    typer.Option("--identity", metavar="KIND=ID", help=_("Another identity: douyin=…, app=….")),
]
Text = Annotated[str | None, typer.Option()]
Flag = Annotated[bool | None, typer.Option()]


@app.command("find", help=_("The customers that all the words fit, the likeliest first."))
def find(
    words: Annotated[list[str] | None, typer.Argument(metavar="WORDS…")] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000, help=_("At most so many."))] = 20,
    as_json: Json = False,
) -> None:
    from crm_tui.services.customers import lookup
    from crm_tui.services.operators.reads import store_of

    query = " ".join(words or ())

    def look(work: ReadWork) -> Document:
        store_id = store_of(work, actor(work.store).login)
        began = perf_counter()
        hits = lookup.find(work, query, limit, store_id)
        took_ms = round((perf_counter() - began) * 1000, 3)
        found = lookup.documents(work, hits)
        return {"query": query, "took_ms": took_ms, "customers": found}

    answer(read(look), as_json, show_found)


@app.command("show", help=_("All that is known of one customer."))
def show(
    ref: Ref,
    limit: Annotated[int, typer.Option(min=0, max=10_000, help=_("Orders of the history."))] = 50,
    as_json: Json = False,
) -> None:
    from crm_tui.services.customers import reads

    def look(work: ReadWork) -> Document:
        role = actor(work.store).role
        return profile_document(work, reads.resolve(work, ref), role, limit)

    answer(read(look), as_json, show_profile)


@app.command("add", help=_("Add a customer."))
def add(
    nick: Annotated[str, typer.Option(help=_("Nickname."))],
    name: Text = "",
    phone: Text = None,
    wechat: Text = None,
    identity: Identities = None,
    gender: Annotated[Gender, typer.Option()] = Gender.UNKNOWN,
    city: Text = "",
    channel: Annotated[SourceChannel, typer.Option()] = SourceChannel.OTHER,
    note: Text = "",
    tag: Annotated[list[str] | None, typer.Option(help=_("A tag; may be given again."))] = None,
    field: Custom = None,
    blocked: bool = False,
    do_not_contact: bool = False,
    minor: bool = False,
    key: Key = None,
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    from crm_tui.services.customers import actions
    from crm_tui.services.customers.rules import NewCustomer

    new = NewCustomer(
        nick=nick,
        name=name or "",
        identities=_identities(phone, wechat, identity),
        gender=gender,
        city=city or "",
        channel=channel,
        note=note or "",
        tags=tuple(tag or ()),
        custom=pairs(field),
        blocked=blocked,
        do_not_contact=do_not_contact,
        minor=minor,
    )

    def act(work: UnitOfWork) -> Document:
        alike = duplicates.alike_documents(work, new)
        return {**profile_document(work, actions.add(work, new), work.actor.role), "alike": alike}

    request = ["customers add", *map(str, (new, new.identities, new.custom))]
    document = write(act, key=key, request=request, dry_run=dry_run)
    answer(document, as_json, show_profile)
    if not as_json:
        duplicates.note_alike(document["alike"])


@app.command("edit", help=_("Change a customer. An empty identity takes it away."))
def edit(
    ref: Ref,
    nick: Text = None,
    name: Text = None,
    phone: Text = None,
    wechat: Text = None,
    identity: Identities = None,
    gender: Annotated[Gender | None, typer.Option()] = None,
    city: Text = None,
    channel: Annotated[SourceChannel | None, typer.Option()] = None,
    note: Text = None,
    field: Custom = None,
    blocked: Flag = None,
    do_not_contact: Flag = None,
    minor: Flag = None,
    key: Key = None,
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    from crm_tui.services.customers import actions, reads

    plain = {
        "nick": nick,
        "name": name,
        "gender": gender,
        "city": city,
        "channel": channel,
        "note": note,
        "blocked": blocked,
        "do_not_contact": do_not_contact,
        "minor": minor,
    }
    changes: dict[str, Any] = {name: value for name, value in plain.items() if value is not None}
    changes |= {kind.value: text for kind, text in _identities(phone, wechat, identity).items()}
    changes |= {f"custom.{name}": value for name, value in pairs(field).items()}
    if not changes:
        raise typer.BadParameter(_("Say what to change, such as --nick or --phone."))

    def act(work: UnitOfWork) -> Document:
        customer_id = reads.resolve(work, ref)
        actions.edit(work, customer_id, changes)
        return profile_document(work, customer_id, work.actor.role)

    request = ["customers edit", ref, changes]
    answer(write(act, key=key, request=request, dry_run=dry_run), as_json, show_profile)


@app.command(
    "tag",
    help=_("Put tags on a customer (+VIP) and take others off (-VIP)."),
    context_settings={"ignore_unknown_options": True, "help_option_names": ["--help"]},
)
def tag(
    ref: Ref,
    tags: Annotated[list[str], typer.Argument(metavar="+TAG|-TAG…")],
    group: Annotated[str | None, typer.Option(help=_("Group of the tags put on."))] = None,
    colour: Annotated[str | None, typer.Option(help=_("Colour of the tags put on."))] = None,
    key: Key = None,
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    from crm_tui.services.customers import actions, reads
    from crm_tui.services.tags import actions as tag_actions

    wrong = [each for each in tags if each[:1] not in ("+", "-") or len(each) < 2]
    if wrong:
        raise typer.BadParameter(_("Write +TAG or -TAG."), param_hint=wrong[0])
    on = [each[1:] for each in tags if each[0] == "+"]
    off = [each[1:] for each in tags if each[0] == "-"]

    def act(work: UnitOfWork) -> Document:
        customer_id = reads.resolve(work, ref)
        actions.tag(work, customer_id, on, off)
        if group is not None or colour is not None:
            for name in on:
                tag_actions.edit(work, name, group=group, colour=colour)
        return profile_document(work, customer_id, work.actor.role)

    request = ["customers tag", ref, on, off, group, colour]
    answer(write(act, key=key, request=request, dry_run=dry_run), as_json, show_profile)


def _identities(
    phone: str | None, wechat: str | None, others: list[str] | None
) -> dict[IdentityKind, str]:
    """What was given as identities. Raises :class:`Invalid` for an unknown kind."""
    given = {IdentityKind.PHONE: phone, IdentityKind.WECHAT: wechat}
    identities = {kind: text for kind, text in given.items() if text is not None}
    for name, text in pairs(others).items():
        if name not in tuple(IdentityKind):
            raise Invalid(field="--identity", value=name, expected=joined(IdentityKind))
        identities[IdentityKind(name)] = text
    return identities
