"""``report NAME`` and the verbs that keep, share and send reports of one's own."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer
from typer.core import TyperGroup

from crm_tui.cli._reporting import Asked, Compare, ComparedWith, From, StoreId, To, Told
from crm_tui.cli._run import (
    Document,
    DryRun,
    Json,
    Key,
    actor,
    answer,
    line,
    read,
    say_if_tried,
    studio,
    table,
    write,
)
from crm_tui.core.language import _, joined
from crm_tui.core.words import Against, Cadence, SendingState

if TYPE_CHECKING:
    from crm_tui.services.figures.copy.door import Frames
    from crm_tui.services.figures.periods import Period
    from crm_tui.services.figures.reports.reads import OwnReport
    from crm_tui.services.figures.schedules import Schedule
    from crm_tui.storage.store import ReadWork, UnitOfWork

RUN = "own"
"""The command behind ``report NAME``."""
Name = Annotated[str, typer.Argument(metavar="NAME", help=_("The report's name."))]
Folder = Annotated[
    Path | None, typer.Option("--folder", metavar="DIR", help=_("The folder to write Excel to."))
]
Mail = Annotated[
    list[str] | None, typer.Option("--mail", metavar="ADDRESS", help=_("Who gets it by e-mail."))
]
Off = Annotated[bool, typer.Option("--off", help=_("No longer."))]


class ReportGroup(TyperGroup):
    """A word that is no verb is the name of a report."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        if args and not args[0].startswith("-") and args[0] not in self.commands:
            args = [RUN, *args]
        return super().resolve_command(ctx, args)


def add_to(app: typer.Typer) -> None:
    """Give ``report`` these verbs."""
    app.command(RUN, hidden=True, help=_("A report of your own, or a shared one."))(own)
    app.command("list", help=_("The reports of your own, and those shared with everybody."))(list_)
    app.command("define", help=_("Compose a report; one of yours with the name is replaced."))(
        define
    )
    app.command("delete", help=_("Remove a report of your own."))(delete)
    app.command("restore", help=_("Bring a removed report back, with its schedules."))(restore)
    app.command("share", help=_("Share a report with everybody."))(share)
    app.command("pin", help=_("Put a report on the first page of the figures."))(pin)
    app.command("schedule", help=_("Have a report sent as Excel; crm-tui worker does it."))(
        schedule
    )
    app.command("unschedule", help=_("Have a report sent no longer."))(unschedule)
    app.command("schedules", help=_("What is sent when, and what became of it."))(schedules)
    app.command("send", help=_("Send a report now."))(send)


def own(
    name: Name,
    first: From = None,
    to: To = None,
    store: StoreId = None,
    compare: Annotated[
        Compare | None,
        typer.Option("--compare", help=_("Held against: previous, last_week, last_year or none.")),
    ] = None,
    as_json: Json = False,
) -> None:
    from dataclasses import replace

    from crm_tui.services.figures.reports import reads, run, tables

    asked = Asked(first, to, store)

    def look(work: ReadWork, frames: Frames) -> Told:
        who = actor(work.store)
        report = reads.report_called(work, who.login, name)
        definition = report.definition
        if asked.names_days():
            definition = replace(definition, period=_said(asked.days(work)))
        if compare is not None:
            definition = replace(definition, compare=Against(compare))
        told = run.run(work, frames, definition, who.role, name=report.name, store_id=store)
        return tables.document_of(told), tables.table_of(told)

    asked.answer(look, as_json)


def _said(period: Period) -> str:
    """The period as a definition says it."""
    return f"{period.first}..{period.last}"


def list_(as_json: Json = False) -> None:
    from crm_tui.services.figures.reports import reads

    def look(work: ReadWork) -> Document:
        found = reads.reports_of(work, actor(work.store).login)
        return {"reports": [_document(each) for each in found]}

    answer(read(look), as_json, _show_list)


def define(
    name: Name,
    measures: Annotated[
        str, typer.Option("--measures", metavar="A,B", help=_("Such as orders,gross_fen."))
    ],
    group: Annotated[
        str, typer.Option("--group", help=_("day, week, hour, companion, game, city …"))
    ] = "",
    filter_text: Annotated[
        str, typer.Option("--filter", metavar="TEXT", help=_("Such as game:王者荣耀 hour:20..23."))
    ] = "",
    period: Annotated[
        str,
        typer.Option(
            "--period", help=_("Such as last-month, 2026-09; with a sign: --period=-29d..today.")
        ),
    ] = "this-month",
    chart: Annotated[
        Literal["bars", "line", "none"], typer.Option("--chart", help=_("bars, line or none."))
    ] = "bars",
    top: Annotated[int, typer.Option("--top", help=_("Only so many rows; 0 for all."))] = 0,
    compare: ComparedWith = "none",
    shared: Annotated[bool, typer.Option("--shared", help=_("For everybody."))] = False,
    pinned: Annotated[
        bool, typer.Option("--pin", help=_("On the first page of the figures, too."))
    ] = False,
    dry_run: DryRun = False,
    key: Key = None,
    as_json: Json = False,
) -> None:
    from crm_tui.services.figures.reports import actions, reads
    from crm_tui.services.figures.reports.definition import checked

    asked = {
        **{"measures": measures, "group": group, "filter": filter_text},
        **{"period": period, "chart": chart, "top": top, "compare": compare},
    }

    def act(work: UnitOfWork) -> Document:
        new = actions.NewReport(name, checked(asked), shared, pinned)
        return {"report": _document(reads.report_with_id(work, actions.save(work, new)))}

    request = ["report define", name, {**asked, "shared": shared, "pinned": pinned}]
    answer(write(act, key=key, request=request, dry_run=dry_run), as_json, _say)


def delete(name: Name, dry_run: DryRun = False, key: Key = None, as_json: Json = False) -> None:
    from crm_tui.services.figures.reports import actions

    def act(work: UnitOfWork, report: OwnReport) -> Document:
        stopped = actions.schedules_left(work, report.id)
        actions.remove(work, report.id)
        return {"removed": True, "schedules_stopped": stopped}

    _change("delete", name, act, key, as_json, dry_run=dry_run)


def restore(name: Name, key: Key = None, as_json: Json = False) -> None:
    from crm_tui.services.figures.reports import actions, reads

    def act(work: UnitOfWork) -> Document:
        report_id = actions.last_removed(work, work.actor.login, name)
        actions.restore(work, report_id)
        return {"report": _document(reads.report_with_id(work, report_id))}

    answer(write(act, key=key, request=["report restore", name]), as_json, _say)


def share(name: Name, off: Off = False, key: Key = None, as_json: Json = False) -> None:
    from crm_tui.services.figures.reports import actions

    def act(work: UnitOfWork, report: OwnReport) -> Document:
        actions.share(work, report.id, not off)
        return {}

    _change("share", name, act, key, as_json, off)


def pin(name: Name, off: Off = False, key: Key = None, as_json: Json = False) -> None:
    from crm_tui.services.figures.reports import actions

    def act(work: UnitOfWork, report: OwnReport) -> Document:
        actions.put_on_glance(work, report.id, not off)
        return {}

    _change("pin", name, act, key, as_json, off)


def schedule(
    name: Name,
    every: Annotated[
        Literal["daily", "weekly", "monthly"],
        typer.Option("--every", help=_("daily, weekly or monthly.")),
    ],
    at: Annotated[str, typer.Option("--at", metavar="HH:MM", help=_("The time of the studio."))],
    on: Annotated[
        int | None,
        typer.Option("--on", help=_("Weekly 1 (Monday) to 7, monthly 1 to 31; else the first.")),
    ] = None,
    folder: Folder = None,
    mail: Mail = None,
    key: Key = None,
    as_json: Json = False,
) -> None:
    from crm_tui.services.figures import schedules as service
    from crm_tui.services.figures.reports.ready import sendable
    from crm_tui.services.figures.schedules import NewSchedule

    cadence, where = Cadence(every), str(folder.expanduser().absolute()) if folder else ""
    day = on if on is not None else int(cadence is not Cadence.DAILY)

    def act(work: UnitOfWork) -> Document:
        report_id = sendable(work, name)
        new = NewSchedule(report_id, cadence, at, day, where, tuple(mail or ()))
        made = service.schedule(work, new)
        (told,) = (each for each in service.schedules(work, report_id) if each.id == made)
        return {"schedule": _schedule(told)}

    request = ["report schedule", name, every, at, day, where, mail or []]
    answer(write(act, key=key, request=request), as_json, _say_schedule)


def unschedule(
    schedule_id: Annotated[int, typer.Argument(metavar="ID", help=_("See report schedules."))],
    key: Key = None,
    as_json: Json = False,
) -> None:
    from crm_tui.services.figures import schedules as service

    def act(work: UnitOfWork) -> Document:
        service.unschedule(work, schedule_id)
        return {"schedule": schedule_id, "ended": True}

    done = write(act, key=key, request=["report unschedule", schedule_id])
    answer(done, as_json, lambda _done: line(_("It is sent no longer.")))


def schedules(as_json: Json = False) -> None:
    from crm_tui.services.figures import schedules as service

    def look(work: ReadWork) -> Document:
        return {"schedules": [_schedule(each) for each in service.schedules(work)]}

    answer(read(look), as_json, _show_schedules)


def send(name: Name, folder: Folder = None, mail: Mail = None, as_json: Json = False) -> None:
    from crm_tui.core.errors import Invalid
    from crm_tui.services.figures.reports.ready import sendable
    from crm_tui.services.figures.sending import send_now

    if folder is None and not mail:
        raise Invalid(field="--folder", value="", expected=_("a folder, or e-mail addresses"))
    with studio() as store:
        who = actor(store)
        report_id = store.perform(who, partial(sendable, name=name))
        told = send_now(store, who, report_id, str(folder or ""), tuple(mail or ()))
    answer(told, as_json, lambda done: line(_("{report}: {file} sent").format(**done)))


def _change(
    verb: str,
    name: str,
    act: Callable[[UnitOfWork, OwnReport], Document],
    key: str | None,
    as_json: bool,
    *request: Any,
    dry_run: bool = False,
) -> None:
    """Do something with the report that is meant, and answer how it is then."""
    from crm_tui.services.figures.reports import reads

    def change(work: UnitOfWork) -> Document:
        report = reads.report_called(work, work.actor.login, name)
        told = act(work, report)
        return {"report": _document(reads.report_with_id(work, report.id)), **told}

    done = write(change, key=key, request=[f"report {verb}", name, *request], dry_run=dry_run)
    answer(done, as_json, _say)


def _document(report: OwnReport) -> Document:
    return {
        "name": report.name,
        "owner": report.owner,
        "shared": report.shared,
        "pinned": report.on_glance,
        **report.definition.as_json(),
    }


def _schedule(told: Schedule) -> Document:
    timetable = told.timetable
    return {
        "id": told.id,
        "report": told.report,
        "every": timetable.cadence.value,
        "on": timetable.day,
        "at": f"{timetable.at:%H:%M}",
        "folder": told.folder,
        "mail": list(told.recipients),
        "next_at": told.next_at,
        "last_due_at": told.last_due_at,
        "last_state": told.last_state.value if told.last_state else None,
        "last_why": told.last_why,
    }


def _say(document: Document) -> None:
    from crm_tui.services.figures.catalogue import MEASURES

    report = document["report"]
    if document.get("removed"):
        told = _("“{name}” is removed; crm-tui report restore brings it back.")
        line(told.format(name=report["name"]))
    else:
        measures = joined(MEASURES[name].label for name in report["measures"])
        line(_("“{name}”: {measures}").format(name=report["name"], measures=measures))
        for holds, where in (("shared", _("for everybody")), ("pinned", _("on the page of today"))):
            if report[holds]:
                line(f"  {where}")
    say_if_tried(document)


def _say_schedule(document: Document) -> None:
    told = _("“{name}” is sent from now on, while crm-tui worker runs.")
    line(told.format(name=document["schedule"]["report"]))


def _show_list(document: Document) -> None:
    rows = (
        (
            each["name"],
            _("everybody’s") if each["shared"] else each["owner"],
            ", ".join(each["measures"]),
            each["group"],
            each["filter"],
            each["period"],
        )
        for each in document["reports"]
    )
    heads = (_("Report"), _("Whose"), _("Measures"), _("Grouped by"), _("Filter"), _("Days"))
    table(heads, rows, _("No report is kept yet."))


def _show_schedules(document: Document) -> None:
    rows = (
        (
            each["report"],
            str(each["id"]),
            Cadence(each["every"]).label,
            each["at"],
            ", ".join(filter(None, (each["folder"], *each["mail"]))),
            f"{each['next_at']:%Y-%m-%d %H:%M}Z",
            SendingState(each["last_state"]).label if each["last_state"] else "",
            each["last_why"],
        )
        for each in document["schedules"]
    )
    heads = (
        *(_("Report"), _("Number"), _("How often"), _("Time of day"), _("Goes to"), _("Next")),
        *(_("Last"), _("Why")),
    )
    table(heads, rows, _("No report is sent."))
