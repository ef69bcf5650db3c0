"""``goals``: what is aimed at. Where they stand is told by ``report kpi``."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from crm_tui.cli._days import known_day
from crm_tui.cli._run import Document, DryRun, Json, Key, answer, line, read, studio, table, write
from crm_tui.core.errors import Invalid
from crm_tui.core.language import _

if TYPE_CHECKING:
    from crm_tui.services.figures.catalogue import Measure
    from crm_tui.services.figures.goals import Goal
    from crm_tui.services.figures.periods import Period
    from crm_tui.storage.store import ReadWork, UnitOfWork

app = typer.Typer(no_args_is_help=True, add_completion=False)

Id = Annotated[int, typer.Argument(metavar="ID", help=_("See goals list."))]
Note = Annotated[str | None, typer.Option("--note", metavar="TEXT", help=_("A note."))]
Target = Annotated[
    str, typer.Argument(metavar="TARGET", help=_("200000, 60%, 30; or from the baseline: +15%."))
]


@app.command("list", help=_("The goals, the one that ends next first."))
def list_(
    every: Annotated[bool, typer.Option("--all", help=_("Those that were ended, too."))] = False,
    as_json: Json = False,
) -> None:
    from crm_tui.services.figures import goals

    def look(work: ReadWork) -> Document:
        return {"goals": [_document(each) for each in goals.goals(work, ended=every)]}

    answer(read(look), as_json, _show)


@app.command("set", help=_("Set a goal for a measure, such as ltv_fen +15%."))
def set_(
    measure: Annotated[str, typer.Argument(metavar="MEASURE", help=_("Such as gross_fen."))],
    target: Target,
    first: Annotated[
        datetime | None,
        typer.Option(
            "--from",
            formats=["%Y-%m-%d"],
            callback=known_day,
            help=_("First day; else this month’s."),
        ),
    ] = None,
    last: Annotated[
        datetime | None,
        typer.Option(
            "--to", formats=["%Y-%m-%d"], callback=known_day, help=_("Last day; else this month’s.")
        ),
    ] = None,
    baseline: Annotated[
        str | None,
        typer.Option("--baseline", help=_("Where it stood; else measured over the time before.")),
    ] = None,
    store: Annotated[int, typer.Option("--store", help=_("Only this store, by its id."))] = 0,
    note: Note = None,
    dry_run: DryRun = False,
    key: Key = None,
    as_json: Json = False,
) -> None:
    from crm_tui.services.figures import goals
    from crm_tui.services.figures.catalogue import measure_called

    meant = measure_called(measure)
    with studio() as opened, opened.read() as work:
        period = _period(work, first, last, store)
        known = _typed(baseline, meant) if baseline else _measured(work, meant, period, store)

    def act(work: UnitOfWork) -> Document:
        new = goals.NewGoal(meant.name, target, period, known, store, note or "")
        return {"goal": _document(goals.goal(work, goals.set_goal(work, new)))}

    request = ["goals set", meant.name, target, str(first), str(last), baseline, store, note]
    answer(write(act, key=key, request=request, dry_run=dry_run), as_json, _say)


@app.command("change", help=_("Change a goal’s target, last day or note."))
def change(
    goal_id: Id,
    target: Annotated[str | None, typer.Option("--target", help=_("The new target."))] = None,
    last: Annotated[
        datetime | None,
        typer.Option("--to", formats=["%Y-%m-%d"], callback=known_day, help=_("The new last day.")),
    ] = None,
    note: Note = None,
    key: Key = None,
    as_json: Json = False,
) -> None:
    from crm_tui.services.figures import goals

    until = last.date() if last else None

    def act(work: UnitOfWork) -> Document:
        goals.change(work, goal_id, target=target, last_day=until, note=note)
        return {"goal": _document(goals.goal(work, goal_id))}

    request = ["goals change", goal_id, target, str(last), note]
    answer(write(act, key=key, request=request), as_json, _say)


@app.command("end", help=_("Give a goal up; goals resume takes it up again."))
def end(goal_id: Id, key: Key = None, as_json: Json = False) -> None:
    _turn("end", goal_id, key, as_json)


@app.command("resume", help=_("Take a goal up again."))
def resume(goal_id: Id, key: Key = None, as_json: Json = False) -> None:
    _turn("resume", goal_id, key, as_json)


def _turn(verb: str, goal_id: int, key: str | None, as_json: bool) -> None:
    from crm_tui.services.figures import goals

    def act(work: UnitOfWork) -> Document:
        (goals.end if verb == "end" else goals.resume)(work, goal_id)
        return {"goal": _document(goals.goal(work, goal_id))}

    answer(write(act, key=key, request=[f"goals {verb}", goal_id]), as_json, _say)


def _period(work: ReadWork, first: datetime | None, last: datetime | None, store: int) -> Period:
    """The days given, else those of the running business month."""
    from crm_tui.services.figures.periods import Period
    from crm_tui.services.figures.reports.definition import period_of

    month = period_of("this-month", work.clock.now(), work.calendar(store))
    return Period(first.date() if first else month.first, last.date() if last else month.last)


def _typed(text: str, measure: Measure) -> float:
    from crm_tui.services.figures.goal_rules import target_from

    try:
        return target_from(text, measure, None)
    except ValueError:
        wanted = measure.unit.wanted
        raise Invalid(field="--baseline", value=text, expected=wanted) from None


def _measured(work: ReadWork, measure: Measure, period: Period, store: int) -> float | None:
    """What the measure came to over the days before."""
    from crm_tui.services.figures.copy import door, mending
    from crm_tui.services.figures.reports.run import figure

    frames = door.frames(work, door.folder_of(work.store))
    before = period.before()
    told = mending.read(work, frames, lambda each: figure(work, each, measure, before, store))
    return told or None


def _document(goal: Goal) -> Document:
    return {
        "id": goal.id,
        "measure": goal.measure.name,
        "unit": goal.measure.unit.value,
        "name": goal.name,
        "baseline": goal.baseline,
        "target": goal.target,
        "from": goal.period.first.isoformat(),
        "to": goal.period.last.isoformat(),
        "store": goal.store_id,
        "note": goal.note,
        "set_by": goal.set_by,
        "ended": goal.ended_at is not None,
    }


def _say(document: Document) -> None:
    goal = document["goal"]
    told = _("{name}, {first} to {last}").format(
        name=goal["name"], first=goal["from"], last=goal["to"]
    )
    line(_("{goal} (ended)").format(goal=told) if goal["ended"] else told)


def _show(document: Document) -> None:
    from crm_tui.services.figures.catalogue import Unit

    rows = (
        (
            goal["name"],
            str(goal["id"]),
            Unit(goal["unit"]).shown(goal["baseline"]),
            goal["from"],
            goal["to"],
            goal["note"],
        )
        for goal in document["goals"]
    )
    heads = (_("Goal"), _("Number"), _("Baseline"), _("From"), _("Until"), _("Note"))
    table(heads, rows, _("No goal is set."))
