"""``inbox``: everything that waits for somebody, in one order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from crm_tui.cli._filter import Filter, context_of
from crm_tui.cli._run import Document, Json, Key, answer, line, read, table, write
from crm_tui.core.language import _, ngettext

if TYPE_CHECKING:
    from collections.abc import Callable

    from crm_tui.services.inbox.rules import Thing
    from crm_tui.storage.store import ReadWork, UnitOfWork

app = typer.Typer(add_completion=False)

What = Annotated[
    str, typer.Argument(metavar="WHAT", help=_("Its key, or the number of an order or a task."))
]
_TIME = _("+2h, tomorrow 18:00, 2026-09-22 18:00")


@app.callback(
    invoke_without_command=True,
    help=_("Everything that waits for somebody, the most urgent first."),
)
def inbox(
    ctx: typer.Context,
    owner: Annotated[str | None, typer.Option(metavar="LOGIN", help=_("Only theirs."))] = None,
    wanted: Filter = "",
    limit: Annotated[int, typer.Option(min=1, max=10_000, help=_("At most so many."))] = 50,
    as_json: Json = False,
) -> None:

    if ctx.invoked_subcommand is not None:
        return

    def look(work: ReadWork) -> Document:
        from crm_tui.services.inbox import reads
        from crm_tui.services.inbox.filtering import filter_spec

        now, calendar = work.clock.now(), work.calendar()
        passes = filter_spec().parse(wanted, context_of(work, "inbox"))
        rows = [row for row in reads.waiting(work, owner, reads.ALL) if passes(row)]
        mine = [row for row in rows if owner in (None, row.owner)]
        listed = [reads.document(row, now, calendar.zone) for row in mine[:limit]]
        return {"waiting": listed, "total": len(mine)}

    answer(read(look), as_json, _show)


@app.command("snooze", help=_("Let something rest until a time."))
def snooze(
    what: What,
    until: Annotated[str, typer.Argument(metavar="TIME", help=_TIME)],
    key: Key = None,
    as_json: Json = False,
) -> None:
    def act(work: UnitOfWork, thing: Thing) -> None:
        from crm_tui.services.inbox import actions
        from crm_tui.services.tasks.rules import due

        actions.snooze(work, thing, due(until, work.clock.now(), work.calendar()))

    _change(what, act, ["inbox snooze", what, until], key, as_json)


@app.command("hand-over", help=_("Give something to somebody to see to."))
def hand_over(
    what: What,
    login: Annotated[str, typer.Argument(metavar="LOGIN", help=_("Who does it from now on."))],
    key: Key = None,
    as_json: Json = False,
) -> None:
    def act(work: UnitOfWork, thing: Thing) -> None:
        from crm_tui.services.inbox import actions

        actions.hand_over(work, thing, login)

    _change(what, act, ["inbox hand-over", what, login], key, as_json)


@app.command("done", help=_("Close a task, or dismiss an alarm or a low rating with a note."))
def done(
    what: What,
    note: Annotated[str, typer.Option(help=_("What was done, or why nothing is."))] = "",
    key: Key = None,
    as_json: Json = False,
) -> None:
    def act(work: UnitOfWork, thing: Thing) -> None:
        from crm_tui.services.inbox import actions

        actions.done(work, thing, note)

    _change(what, act, ["inbox done", what, note], key, as_json)


def _change(
    what: str,
    act: Callable[[UnitOfWork, Thing], None],
    request: list[object],
    key: str | None,
    as_json: bool,
) -> None:
    """Carry ``act`` out on what waits under ``what``, and answer it as it is then."""

    def acted(work: UnitOfWork) -> Document:
        from crm_tui.services.inbox import reads

        entry = reads.find(work, what)
        act(work, entry.thing)
        still = [row for row in reads.waiting(work, at_most=reads.ALL) if row.thing == entry.thing]
        now, zone = work.clock.now(), work.calendar().zone
        told = reads.document((still or [entry])[0], now, zone)
        return {"waiting": told, "still": bool(still)}

    def show(document: Document) -> None:
        if document["still"]:
            _show({"waiting": [document["waiting"]], "total": 1})
        else:
            line(_("{what} waits no more.").format(what=document["waiting"]["ref"]))

    answer(write(acted, key=key, request=request), as_json, show)


def _show(document: Document) -> None:
    from crm_tui.core.words import Cause, TaskKind

    listed = document["waiting"]
    rows = [
        (
            each["key"],
            f"{each['urgency']:.0f}",
            TaskKind(each["task_kind"]).label if each["task_kind"] else Cause(each["cause"]).label,
            each["ref"],
            each["customer"],
            each["title"],
            _minute(each["due_at"]),
            each["owner"],
            _minute(each["snoozed_until"]),
        )
        for each in listed
    ]
    columns = (_("Mark with"), _("Urgency"), _("Why"), _("No."), _("Customer"), _("What"), _("Due"))
    table((*columns, _("Owner"), _("Rests until")), rows, empty=_("Nothing waits."))
    more = document["total"] - len(listed)
    if more:
        line(ngettext("{count} thing more", "{count} things more", more).format(count=more))


def _minute(at: str | None) -> str:
    return at[5:16].replace("T", " ") if at else ""
