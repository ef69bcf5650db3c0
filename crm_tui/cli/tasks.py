"""``tasks``: what is to be done, by whom, until when."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from crm_tui.cli._run import Document, DryRun, Json, Key, answer, line, read, table, write
from crm_tui.core.language import _
from crm_tui.core.words import TaskKind, TaskState

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from crm_tui.storage.store import ReadWork, UnitOfWork

app = typer.Typer(no_args_is_help=True, add_completion=False)

Number = Annotated[int, typer.Argument(metavar="ID", help=_("The task's number."))]
_TIME = _("+2h, tomorrow 18:00, 2026-09-22 18:00")


@app.command("list", help=_("What is to be done, as it is due."))
def list_tasks(
    owner: Annotated[str | None, typer.Option(metavar="LOGIN", help=_("Only theirs."))] = None,
    customer: Annotated[
        str | None, typer.Option(metavar="REF", help=_("All of this customer, closed ones too."))
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help=_("At most so many."))] = 200,
    as_json: Json = False,
) -> None:
    def look(work: ReadWork) -> Document:
        from crm_tui.services.customers.lookup import resolve
        from crm_tui.services.tasks import reads

        if customer is None:
            rows = reads.open_tasks(work, owner, limit)
        else:
            of = reads.of_customer(work, resolve(work, customer))
            rows = [row for row in of if owner in (None, row.owner)][:limit]
        now, zone = work.clock.now(), work.calendar().zone
        return {"tasks": [reads.document(row, now, zone) for row in rows]}

    answer(read(look), as_json, lambda document: _show(document["tasks"]))


@app.command("add", help=_("Add a task."))
def add(
    title: Annotated[str, typer.Argument(metavar="TITLE", help=_("What is to be done."))],
    customer: Annotated[
        str | None, typer.Option(metavar="REF", help=_("The customer it is about."))
    ] = None,
    order: Annotated[
        str | None, typer.Option(metavar="NO", help=_("The order it is about."))
    ] = None,
    due: Annotated[str | None, typer.Option(metavar="TIME", help=_TIME)] = None,
    why: Annotated[str, typer.Option(help=_("Why."))] = "",
    owner: Annotated[
        str | None, typer.Option(metavar="LOGIN", help=_("Who does it; you, if left out."))
    ] = None,
    kind: Annotated[TaskKind, typer.Option()] = TaskKind.FOLLOW_UP,
    key: Key = None,
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    def act(work: UnitOfWork) -> Document:
        from crm_tui.services.customers.lookup import resolve
        from crm_tui.services.orders import reads as orders
        from crm_tui.services.tasks import actions

        new = actions.NewTask(
            title,
            customer_id=resolve(work, customer) if customer else None,
            order_id=orders.one(work, order).id if order else None,
            why=why,
            owner=owner,
            due_at=_time(work, due),
            kind=kind,
        )
        return _one(work, actions.add(work, new))

    request = ["tasks add", title, customer, order, due, why, owner, kind]
    answer(write(act, key=key, request=request, dry_run=dry_run), as_json, _show_one)


@app.command("done", help=_("Close a task as done."))
def done(
    number: Number,
    outcome: Annotated[str, typer.Option(help=_("What was done."))] = "",
    key: Key = None,
    as_json: Json = False,
) -> None:
    def act(work: UnitOfWork) -> None:
        from crm_tui.services.tasks import actions

        actions.done(work, number, outcome)

    _change(number, act, ["tasks done", number, outcome], key, as_json)


@app.command("drop", help=_("Close a task that need not be done."))
def drop(
    number: Number,
    reason: Annotated[str, typer.Option(help=_("Why not."))] = "",
    key: Key = None,
    as_json: Json = False,
) -> None:
    def act(work: UnitOfWork) -> None:
        from crm_tui.services.tasks import actions

        actions.drop(work, number, reason)

    _change(number, act, ["tasks drop", number, reason], key, as_json)


@app.command("reopen", help=_("Open a closed task again."))
def reopen(number: Number, key: Key = None, as_json: Json = False) -> None:
    def act(work: UnitOfWork) -> None:
        from crm_tui.services.tasks import actions

        actions.reopen(work, number)

    _change(number, act, ["tasks reopen", number], key, as_json)


@app.command("snooze", help=_("Let a task rest until a time."))
def snooze(
    number: Number,
    until: Annotated[str, typer.Argument(metavar="TIME", help=_TIME)],
    key: Key = None,
    as_json: Json = False,
) -> None:
    def act(work: UnitOfWork) -> None:
        from crm_tui.services.tasks import actions

        actions.snooze(work, number, _time(work, until))

    _change(number, act, ["tasks snooze", number, until], key, as_json)


@app.command("handover", help=_("Give a task to somebody else."))
def handover(
    number: Number,
    login: Annotated[str, typer.Argument(metavar="LOGIN", help=_("Who does it from now on."))],
    key: Key = None,
    as_json: Json = False,
) -> None:
    def act(work: UnitOfWork) -> None:
        from crm_tui.services.tasks import actions

        actions.hand_over(work, number, login)

    _change(number, act, ["tasks handover", number, login], key, as_json)


def _change(
    number: int,
    act: Callable[[UnitOfWork], None],
    request: list[object],
    key: str | None,
    as_json: bool,
) -> None:
    """Carry ``act`` out on a task and answer the task."""

    def acted(work: UnitOfWork) -> Document:
        act(work)
        return _one(work, number)

    answer(write(acted, key=key, request=request), as_json, _show_one)


def _time(work: ReadWork, text: str | None) -> datetime | None:
    from crm_tui.services.tasks.rules import due

    return None if text is None else due(text, work.clock.now(), work.calendar())


def _one(work: ReadWork, number: int) -> Document:
    from crm_tui.services.tasks import reads

    return {"task": reads.document(reads.one(work, number), work.clock.now(), work.calendar().zone)}


def _show_one(document: Document) -> None:
    _show([document["task"]])
    if document["task"]["why"]:
        line(document["task"]["why"])


def _show(tasks: list[Document]) -> None:
    rows = [
        (
            str(each["id"]),
            _state(each),
            _minute(each["due_at"]),
            each["owner"],
            each["customer_nick"] or each["customer"],
            each["order"],
            each["title"],
            each["outcome"],
        )
        for each in tasks
    ]
    columns = (_("Number"), _("State"), _("Due"), _("Owner"), _("Customer"), _("Order"), _("Task"))
    table((*columns, _("Outcome")), rows, empty=_("Nothing is to be done."))


def _state(task: Document) -> str:
    if task["overdue"]:
        return _("overdue")
    if task["state"] == TaskState.OPEN and task["snoozed_until"]:
        return _("rests until {time}").format(time=_minute(task["snoozed_until"]))
    return TaskState(task["state"]).label


def _minute(at: str | None) -> str:
    return at[5:16].replace("T", " ") if at else ""
