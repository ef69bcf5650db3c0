"""``fields``: the studio's own fields of customers, companions and orders."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from crm_tui.cli._run import Document, DryRun, Json, Key, answer, line, note, read, table, write
from crm_tui.core.errors import Invalid
from crm_tui.core.language import N_, _, joined, ngettext
from crm_tui.core.words import Role

if TYPE_CHECKING:
    from crm_tui.storage.store import ReadWork, UnitOfWork

app = typer.Typer(no_args_is_help=True, add_completion=False)

ENTITIES = {"customer": N_("Customer"), "companion": N_("Companion"), "order": N_("An order")}

Entity = Annotated[str, typer.Argument(metavar="ENTITY", help=_("customer, companion or order."))]
FieldKey = Annotated[
    str, typer.Argument(metavar="KEY", help=_("What scripts call it: letters, digits, _."))
]
Label = Annotated[str | None, typer.Option(help=_("What people call it."))]
Flag = Annotated[bool | None, typer.Option(show_default=False)]
Default = Annotated[str | None, typer.Option(help=_("What a new record begins with."))]
Choices = Annotated[
    str | None, typer.Option(metavar="A,B,…", help=_("What a choice may be, in order."))
]
Formula = Annotated[
    str | None, typer.Option(help=_("Over the other fields, such as “fee * hours”."))
]
Prefix = Annotated[str | None, typer.Option(help=_("What a counted number begins with."))]
Digits = Annotated[int | None, typer.Option(help=_("How many digits a counted number has."))]
Roles = Annotated[
    list[Role] | None, typer.Option(help=_("A role that may; may be given again. None: all."))
]
Position = Annotated[int | None, typer.Option(min=1, help=_("Its place among the fields."))]


@app.command("list", help=_("The fields that are defined."))
def list_(
    entity: Annotated[str | None, typer.Option(help=_("Only those of this entity."))] = None,
    archived: Annotated[bool, typer.Option("--archived", help=_("Archived ones, too."))] = False,
    as_json: Json = False,
) -> None:
    from crm_tui.services.fields import reads

    if entity is not None:
        _checked_entity(entity)

    def look(work: ReadWork) -> Document:
        return {
            "fields": [
                reads.document(each, definition)
                for each in ENTITIES
                if entity in (None, each)
                for definition in reads.definitions(work, each, archived=archived)
            ]
        }

    answer(read(look), as_json, _show)


@app.command("kinds", help=_("What kinds of fields there are, and what each accepts."))
def kinds(as_json: Json = False) -> None:
    from crm_tui.services.fields.kinds import KINDS

    document: Document = {
        "kinds": [
            {"kind": name, "label": _(kind.label), "expected": _(kind.expected)}
            for name, kind in KINDS.items()
        ]
    }

    def show(shown: Document) -> None:
        rows = [(each["kind"], each["label"], each["expected"]) for each in shown["kinds"]]
        table((_("Kind"), _("Called"), _("Accepts")), rows, empty="")

    answer(document, as_json, show)


@app.command("add", help=_("Define a field. Records that exist have no value in it."))
def add(
    entity: Entity,
    field: FieldKey,
    kind: Annotated[str, typer.Option(help=_("See “fields kinds”."))] = "text",
    label: Label = None,
    required: Flag = None,
    unique: Flag = None,
    default: Default = None,
    choices: Choices = None,
    formula: Formula = None,
    prefix: Prefix = None,
    digits: Digits = None,
    seen_by: Roles = None,
    edited_by: Roles = None,
    position: Position = None,
    key: Key = None,
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    from crm_tui.services.fields import actions, reads
    from crm_tui.services.fields.rules import Definition

    parts = _parts(label, kind, required, unique, default, seen_by, edited_by, position)
    options = _options(choices, formula, prefix, digits)
    _checked_entity(entity)

    def act(work: UnitOfWork) -> Document:
        wanted = Definition(**{"key": field, "label": field, "options": options, **parts})
        actions.define(work, entity, wanted)
        return {"field": reads.document(entity, reads.one(work, entity, wanted.key))}

    request = ["fields add", entity, field, parts, options]
    answer(write(act, key=key, request=request, dry_run=dry_run), as_json, _show_one)


@app.command("edit", help=_("Change a field, as far as the values that are stored allow it."))
def edit(
    entity: Entity,
    field: FieldKey,
    kind: Annotated[str | None, typer.Option(help=_("See “fields kinds”."))] = None,
    label: Label = None,
    required: Flag = None,
    unique: Flag = None,
    default: Default = None,
    choices: Choices = None,
    formula: Formula = None,
    prefix: Prefix = None,
    digits: Digits = None,
    seen_by: Roles = None,
    edited_by: Roles = None,
    everybody: Annotated[
        bool, typer.Option("--everybody", help=_("Let every role see and change it."))
    ] = False,
    position: Position = None,
    key: Key = None,
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    from crm_tui.services.fields import actions, reads

    parts = _parts(label, kind, required, unique, default, seen_by, edited_by, None)
    if everybody:
        parts |= {"seen_by": (), "edited_by": ()}
    options = _options(choices, formula, prefix, digits)
    if not parts and not options and position is None:
        raise typer.BadParameter(_("Say what to change, such as --label or --required."))
    _checked_entity(entity)

    def act(work: UnitOfWork) -> Document:
        before = reads.one(work, entity, field)
        changes = parts | ({"options": {**before.options, **options}} if options else {})
        rewritten = actions.change(work, entity, field, **changes)
        if position is not None:
            _place(work, entity, field, position)
        after = reads.document(entity, reads.one(work, entity, field))
        return {"field": after, "rewritten": rewritten}

    request = ["fields edit", entity, field, parts, options, position]
    answer(write(act, key=key, request=request, dry_run=dry_run), as_json, _show_one)


@app.command("archive", help=_("Ask for a field no longer; what is stored in it stays."))
def archive(
    entity: Entity,
    field: FieldKey,
    restore: Annotated[bool, typer.Option("--restore", help=_("Ask for it again."))] = False,
    key: Key = None,
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    from crm_tui.services.fields import actions, reads

    _checked_entity(entity)

    def act(work: UnitOfWork) -> Document:
        actions.archive(work, entity, field, archived=not restore)
        definition = reads.one(work, entity, field)
        values = reads.count_values(work, entity, field)
        return {"field": reads.document(entity, definition), "values": values}

    request = ["fields archive", entity, field, restore]
    answer(write(act, key=key, request=request, dry_run=dry_run), as_json, _show_one)


def _checked_entity(entity: str) -> None:
    if entity not in ENTITIES:
        raise Invalid(field="ENTITY", value=entity, expected=joined(ENTITIES))


def _place(work: UnitOfWork, entity: str, field: str, position: int) -> None:
    """Let the field stand at ``position`` (from 1) among those of its entity."""
    from crm_tui.services.fields import actions, reads

    keys = [each.key for each in reads.definitions(work, entity, archived=True)]
    keys.remove(field)
    keys.insert(position - 1, field)
    actions.reorder(work, entity, keys)


def _parts(
    label: str | None,
    kind: str | None,
    required: bool | None,
    unique: bool | None,
    default: str | None,
    seen_by: list[Role] | None,
    edited_by: list[Role] | None,
    position: int | None,
) -> dict[str, Any]:
    """What was said of a definition, by the names of its parts."""
    given: dict[str, Any] = {
        "label": label,
        "kind": kind,
        "required": required,
        "unique": unique,
        "default": default,
        "seen_by": tuple(role.value for role in seen_by) if seen_by else None,
        "edited_by": tuple(role.value for role in edited_by) if edited_by else None,
        "position": position,
    }
    return {name: value for name, value in given.items() if value is not None}


def _options(
    choices: str | None, formula: str | None, prefix: str | None, digits: int | None
) -> dict[str, Any]:
    given: dict[str, Any] = {
        "choices": None if choices is None else choices.replace("，", ",").split(","),
        "formula": formula,
        "prefix": prefix,
        "digits": digits,
    }
    return {name: value for name, value in given.items() if value is not None}


def _show(document: Document) -> None:
    from crm_tui.services.fields.kinds import KINDS

    def belongs_to(entity: str) -> str:
        return _(ENTITIES[entity])

    rows = [
        (
            each["key"],
            each["label"],
            belongs_to(each["entity"]),
            _(KINDS[each["kind"]].label),
            _demands(each),
            _detail(each["options"]),
        )
        for each in document["fields"]
    ]
    columns = (
        _("Key"),
        _("Called"),
        _("Belongs to"),
        _("Kind"),
        _("Demands"),
        _("Choices or formula"),
    )
    table(columns, rows, empty=_("No fields are defined."))


def _demands(field: Document) -> list[str]:
    """What is special about a field, in words."""
    words = {
        "required": _("required"),
        "unique": _("unique"),
        "archived": _("archived"),
    }
    demands = [word for name, word in words.items() if field[name]]
    for name, says in (("seen_by", _("seen by {roles}")), ("edited_by", _("changed by {roles}"))):
        if field[name]:
            roles = " ".join(Role(role).label for role in field[name])
            demands.append(says.format(roles=roles))
    return demands


def _detail(options: Document) -> str:
    if "choices" in options:
        return " ".join(options["choices"])
    return str(options.get("formula") or options.get("prefix") or "")


def _show_one(document: Document) -> None:
    _show({"fields": [document["field"]]})
    if document.get("rewritten"):
        count = document["rewritten"]
        says = ngettext("{count} value was rewritten.", "{count} values were rewritten.", count)
        line(says.format(count=count))
    if document.get("dry_run"):
        note(_("Nothing was changed: this was a dry run."))
