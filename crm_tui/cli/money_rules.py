"""``money rules``: who gets what of an order, as versions with the day from which they hold."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from crm_tui.cli._days import known_day
from crm_tui.cli._input import read_bytes
from crm_tui.cli._run import (
    Document,
    DryRun,
    Json,
    Key,
    answer,
    line,
    read,
    say_if_tried,
    table,
    write,
)
from crm_tui.core.errors import Invalid
from crm_tui.core.language import _, ngettext
from crm_tui.core.money import yuan

if TYPE_CHECKING:
    from crm_tui.services.money.splits.in_force import RuleVersion
    from crm_tui.services.money.splits.rules import SplitRule
    from crm_tui.services.money.splits.what_if import WhatIf
    from crm_tui.storage.store import ReadWork, UnitOfWork

app = typer.Typer(no_args_is_help=True, add_completion=False)
MOST_BYTES = 1_000_000
SHOWN = 20
"""Companions whom a person is shown; JSON has them all."""

File = Annotated[
    str, typer.Argument(metavar="FILE", help=_("The rule as JSON; - reads it from stdin."))
]
Version = Annotated[int, typer.Argument(metavar="VERSION", help=_("The number of a version."))]
StoreId = Annotated[
    int, typer.Option("--store", metavar="ID", help=_("A store; 0 is the whole studio."))
]
From = Annotated[
    datetime | None,
    typer.Option(
        "--from",
        metavar="DAY",
        formats=["%Y-%m-%d"],
        callback=known_day,
        help=_("The first business day on which it holds; else today."),
    ),
]
Month = Annotated[
    datetime | None,
    typer.Option(
        "--month",
        metavar="MONTH",
        formats=["%Y-%m"],
        callback=known_day,
        help=_("The business month to try it on, such as 2026-08; else the last one."),
    ),
]


@app.command("list", help=_("The versions of the split rule, what holds last first."))
def list_(store_id: StoreId = 0, as_json: Json = False) -> None:
    from crm_tui.services.catalogue.reads import require_store
    from crm_tui.services.money.splits.in_force import versions

    def look(work: ReadWork) -> Document:
        require_store(work, store_id)
        return {"rules": [_document(work, each) for each in versions(work, store_id)]}

    answer(read(look), as_json, _show_list)


@app.command("show", help=_("One version: its definition, and what it says in words."))
def show(version: Version, store_id: StoreId = 0, as_json: Json = False) -> None:
    from crm_tui.services.money.splits.in_force import version_of

    def look(work: ReadWork) -> Document:
        return {"rule": _document(work, version_of(work, version, store_id))}

    answer(read(look), as_json, _show_rule)


@app.command("add", help=_("Let a new version hold from a day on; the others stay as they are."))
def add(
    file: File,
    valid_from: From = None,
    note: Annotated[str, typer.Option("--note", metavar="TEXT", help=_("Why."))] = "",
    store_id: StoreId = 0,
    dry_run: DryRun = False,
    key: Key = None,
    as_json: Json = False,
) -> None:
    from crm_tui.services.money.splits import actions
    from crm_tui.services.money.splits.what_if import what_if

    definition = _definition(file)
    day = valid_from.date() if valid_from else None

    def act(work: UnitOfWork) -> Document:
        tried = what_if(work, actions.checked(work, definition), None, store_id)
        added = actions.add_version(work, definition, day, note, store_id)
        return {"rule": _document(work, added), "last_month": _tried(tried)}

    request = ["money rules add", definition, day, note, store_id]
    answer(write(act, key=key, request=request, dry_run=dry_run), as_json, _show_added)


@app.command("preview", help=_("What a rule would have changed last month; nothing is kept."))
def preview(
    file: Annotated[
        str, typer.Argument(metavar="FILE|VERSION", help=_("JSON, - for stdin, or a version."))
    ],
    month: Month = None,
    store_id: StoreId = 0,
    as_json: Json = False,
) -> None:
    from crm_tui.services.catalogue.reads import require_store
    from crm_tui.services.money.splits.what_if import what_if

    def look(work: ReadWork) -> Document:
        require_store(work, store_id)
        rule = _rule(work, file, store_id)
        return _tried(what_if(work, rule, month.date() if month else None, store_id))

    answer(read(look), as_json, _show_tried)


def _rule(work: ReadWork, file: str, store_id: int) -> SplitRule:
    """The rule of a version, or in a file."""
    from crm_tui.services.money.splits.actions import checked
    from crm_tui.services.money.splits.in_force import version_of

    if file.isdecimal() and not Path(file).exists():
        return version_of(work, int(file), store_id).rule
    return checked(work, _definition(file))


def _definition(file: str) -> Any:
    """The JSON in a file or on stdin. Raises :class:`FileProblem`, :class:`Invalid`."""
    from crm_tui.services.money.splits.definition import decoded

    try:
        return decoded(read_bytes(file, MOST_BYTES).decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise Invalid(field=_("Split rule"), value=file, expected=_("text in UTF-8")) from error


def _document(work: ReadWork, version: RuleVersion) -> Document:
    from crm_tui.services.catalogue.reads import levels
    from crm_tui.services.money.splits.definition import as_data
    from crm_tui.services.money.splits.in_force import in_force
    from crm_tui.services.money.splits.words import rule_in_words

    calendar = work.calendar(version.store_id)
    holds = in_force(work, version.store_id, calendar.day_of(work.clock.now()))
    names = {level.code: level.name for level in levels(work)}
    return {
        "store_id": version.store_id,
        "version": version.version,
        "valid_from": _iso(version.valid_from),
        "in_force": version.id == holds.id,
        "definition": as_data(version.rule),
        "words": rule_in_words(version.rule, names),
        "note": version.note,
        "made_by": version.made_by,
        "made_at": _iso(version.made_at and calendar.local(version.made_at)),
    }


def _tried(tried: WhatIf) -> Document:
    return {
        "from": tried.first.isoformat(),
        "to": tried.last.isoformat(),
        "orders": tried.orders,
        "amount_fen": tried.amount_fen,
        "companions_before_fen": tried.before_fen,
        "companions_after_fen": tried.after_fen,
        "companions_fen": tried.difference_fen,
        "studio_fen": -tried.difference_fen,
        "losses": tried.losses,
        "text": tried.text,
        "companions": [
            {
                "companion_id": one.companion_id,
                "companion": one.companion,
                "lines": one.lines,
                "before_fen": one.before_fen,
                "after_fen": one.after_fen,
                "difference_fen": one.difference_fen,
            }
            for one in tried.companions
        ],
    }


def _show_list(document: Document) -> None:
    columns = (_("Version"), _("Holds from"), "", _("Split rule"), _("Note"), _("By"))
    rows = [
        (
            rule["version"],
            _from(rule["valid_from"]),
            _("in force") if rule["in_force"] else "",
            "; ".join(rule["words"]),
            rule["note"],
            rule["made_by"],
        )
        for rule in document["rules"]
    ]
    table(columns, rows, empty="")


def _show_rule(document: Document) -> None:
    from crm_tui.cli._run import json_text

    rule = document["rule"]
    head = _("Version {version}, from {day}").format(
        version=rule["version"], day=_from(rule["valid_from"])
    )
    line(" · ".join(filter(None, (head, rule["note"], rule["made_by"]))))
    for each in rule["words"]:
        line(f"  {each}")
    line(json_text(rule["definition"]))


def _show_added(document: Document) -> None:
    _show_rule(document)
    _show_tried(document["last_month"])
    say_if_tried(document)


def _show_tried(document: Document) -> None:
    count = document["orders"]
    told = ngettext("{first} to {last}, {count} order", "{first} to {last}, {count} orders", count)
    line(told.format(first=document["from"], last=document["to"], count=count))
    line(document["text"])
    if losses := document["losses"]:
        told = ngettext(
            "the studio would have paid for {count} order",
            "the studio would have paid for {count} orders",
            losses,
        )
        line(told.format(count=losses))
    changed = [one for one in document["companions"] if one["difference_fen"]]
    rows = [
        (
            one["companion"],
            yuan(one["before_fen"]),
            yuan(one["after_fen"]),
            yuan(one["difference_fen"]),
        )
        for one in changed[:SHOWN]
    ]
    columns = (_("Companion"), _("Had"), _("Would have had"), _("Difference"))
    table(columns, rows, empty=_("Nobody would have had more or less."))
    if len(changed) > SHOWN:
        line(_("and {count} more").format(count=len(changed) - SHOWN))


def _iso(when: date | None) -> str | None:
    return when.isoformat() if when else None


def _from(day: str | None) -> str:
    return day or _("the beginning")
