"""``companions``: the roster, and who says to be there."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated, Any

import typer

from crm_tui.cli import companion_days
from crm_tui.cli._custom import Custom, field_values, pairs, show_fields
from crm_tui.cli._filter import Filter, context_of
from crm_tui.cli._run import Document, DryRun, Json, Key, actor, answer, line, read, table, write
from crm_tui.core.language import _
from crm_tui.core.money import yuan
from crm_tui.core.words import Gender, Presence

if TYPE_CHECKING:
    from crm_tui.services.companions.rules import Skill
    from crm_tui.storage.store import ReadWork, UnitOfWork

app = typer.Typer(no_args_is_help=True, add_completion=False)
app.add_typer(companion_days.app)

Ref = Annotated[str, typer.Argument(metavar="REF", help=_("Number, id, phone or nickname."))]
Text = Annotated[str | None, typer.Option(show_default=False)]


@app.command("list", help=_("The companions, idle ones first."))
def list_(
    presence: Annotated[Presence | None, typer.Option(help=_("Only those who are so."))] = None,
    game: Annotated[str | None, typer.Option(help=_("Only those who play this."))] = None,
    filter_text: Filter = "",
    as_json: Json = False,
) -> None:
    from crm_tui.services.companions import filtering, reads
    from crm_tui.services.fields.filtering import fields_of

    def look(work: ReadWork) -> Document:
        custom = fields_of(work, "companion", actor(work.store).role)
        spec = filtering.filter_spec(work.clock.now, custom)
        passes = spec.parse(filter_text, context_of(work, "roster"))
        rows = reads.roster(work, presence=presence, game=game)
        now, zone = work.clock.now(), work.calendar().zone
        return {"companions": [reads.document(row, now, zone) for row in rows if passes(row)]}

    answer(read(look), as_json, _show_list)


@app.command("show", help=_("All that is known of one companion."))
def show(ref: Ref, as_json: Json = False) -> None:
    from crm_tui.services.companions import reads

    def look(work: ReadWork) -> Document:
        return {"companion": _document(work, reads.resolve(work, ref))}

    answer(read(look), as_json, _show_one)


@app.command("presence", help=_("Say that a companion is idle, resting or offline."))
def presence_(
    ref: Ref,
    presence: Presence,
    reason: Annotated[str, typer.Option(metavar="TEXT", help=_("Why, or until when."))] = "",
    key: Key = None,
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    from crm_tui.services.companions import actions, reads

    def act(work: UnitOfWork) -> Document:
        companion_id = reads.resolve(work, ref)
        actions.set_presence(work, companion_id, presence, reason)
        return {"companion": _document(work, companion_id)}

    request = ["companions presence", ref, presence.value, reason]
    answer(write(act, key=key, request=request, dry_run=dry_run), as_json, _show_one)


@app.command("add", help=_("Add a companion."))
def add(
    nick: Annotated[str, typer.Option(help=_("Nickname."))],
    phone: Annotated[str, typer.Option()] = "",
    gender: Annotated[Gender, typer.Option()] = Gender.UNKNOWN,
    level: Annotated[str | None, typer.Option(help=_("Level, by name or code."))] = None,
    rate_fen: Annotated[int | None, typer.Option(help=_("Price of an hour, in fen."))] = None,
    share_bp: Annotated[
        int | None, typer.Option(help=_("The companion's share, in basis points."))
    ] = None,
    game: Annotated[
        list[str] | None, typer.Option(metavar="GAME[=RANK]", help=_("A game; may be given again."))
    ] = None,
    tag: Annotated[list[str] | None, typer.Option(help=_("A tag; may be given again."))] = None,
    note: Annotated[str, typer.Option()] = "",
    field: Custom = None,
    key: Key = None,
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    from crm_tui.services.companions import actions, reads
    from crm_tui.services.companions.rules import NewCompanion

    def act(work: UnitOfWork) -> Document:
        new = NewCompanion(
            nick=nick,
            phone=phone,
            gender=gender,
            level_id=reads.find_level(work, level) if level else None,
            rate_fen=rate_fen,
            share_bp=share_bp,
            skills=_skills(work, game or ()),
            tags=tuple(tag or ()),
            note=note,
            custom=pairs(field),
        )
        return {"companion": _document(work, actions.add(work, new))}

    given: list[Any] = [nick, phone, gender.value, level, rate_fen, share_bp, game, tag, note]
    request = ["companions add", *given, field]
    answer(write(act, key=key, request=request, dry_run=dry_run), as_json, _show_one)


@app.command("edit", help=_("Change a companion. An empty phone takes it away."))
def edit(
    ref: Ref,
    nick: Text = None,
    phone: Text = None,
    gender: Annotated[Gender | None, typer.Option()] = None,
    level: Annotated[str | None, typer.Option(help=_("Level, by name or code."))] = None,
    rate_fen: Annotated[int | None, typer.Option(help=_("Price of an hour, in fen."))] = None,
    share_bp: Annotated[
        int | None, typer.Option(help=_("The companion's share, in basis points."))
    ] = None,
    game: Annotated[
        list[str] | None,
        typer.Option(metavar="GAME[=RANK]", help=_("All games played; may be given again.")),
    ] = None,
    active: Annotated[
        bool | None, typer.Option("--active/--retired", help=_("Whether they work here."))
    ] = None,
    note: Text = None,
    field: Custom = None,
    key: Key = None,
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    from crm_tui.services.companions import actions, reads

    plain = {
        "nick": nick,
        "phone": phone,
        "gender": gender,
        "rate_fen": rate_fen,
        "share_bp": share_bp,
        "note": note,
        "active": active,
    }
    changes: dict[str, Any] = {name: value for name, value in plain.items() if value is not None}
    changes |= {f"custom.{name}": value for name, value in pairs(field).items()}
    if not changes and level is None and not game:
        raise typer.BadParameter(_("Say what to change, such as --nick or --rate-fen."))

    def act(work: UnitOfWork) -> Document:
        companion_id = reads.resolve(work, ref)
        named: dict[str, Any] = {}
        if level is not None:
            named["level_id"] = reads.find_level(work, level)
        if game:
            named["skills"] = _skills(work, game)
        actions.edit(work, companion_id, changes | named)
        return {"companion": _document(work, companion_id)}

    request = ["companions edit", ref, changes, level, game]
    answer(write(act, key=key, request=request, dry_run=dry_run), as_json, _show_one)


def _skills(work: ReadWork, games: Iterable[str]) -> tuple[Skill, ...]:
    """Games with ranks, as ``GAME=RANK`` each."""
    from crm_tui.services.catalogue.reads import find_game
    from crm_tui.services.companions.rules import Skill

    played = (each.partition("=") for each in games)
    return tuple(Skill(find_game(work, name.strip()), rank.strip()) for name, _sign, rank in played)


def _document(work: ReadWork, companion_id: int) -> Document:
    from crm_tui.services.companions import reads

    now, zone = work.clock.now(), work.calendar().zone
    row = reads.document(reads.one(work, companion_id), now, zone)
    return row | {"fields": field_values(work, "companion", companion_id)}


def _show_list(document: Document) -> None:
    columns = (_("Number"), _("Nickname"), _("Presence"), _("Level"), _("Yuan/hour"), _("Games"))
    rows = [_cells(each) for each in document["companions"]]
    shown = (*columns, _("Rating"), _("Credit"), _("Today"), _("Order"))
    table(shown, rows, empty=_("Nobody fits."))


def _cells(companion: Document) -> tuple[object, ...]:
    rating = companion["rating"]
    return (
        companion["no"],
        companion["nick"],
        Presence(companion["presence"]).label,
        companion["level"],
        yuan(companion["rate_fen"]),
        [" ".join(filter(None, (each["game"], each["rank"]))) for each in companion["games"]],
        "" if rating is None else f"{rating:.2f} ({companion['ratings']})",
        companion["credit"],
        companion["today_orders"],
        companion["current_order"],
    )


def _show_one(document: Document) -> None:
    companion = document["companion"]
    _show_list({"companions": [companion]})
    share = companion["share_bp"] / 100
    facts = [
        Gender(companion["gender"]).label,
        companion["phone"],
        _("share {percent:g} %").format(percent=share),
        *companion["tags"],
    ]
    line("  ".join(filter(None, facts)))
    show_fields(companion["fields"])
