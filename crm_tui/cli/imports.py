"""``import``: a studio's own spreadsheets, dry runs, the list of imports, undoing one."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from crm_tui.cli._run import (
    Document,
    DryRun,
    Json,
    Key,
    actor,
    answer,
    line,
    note,
    read,
    studio,
    table,
    write,
)
from crm_tui.core.language import _, joined, ngettext
from crm_tui.core.words import BatchState

if TYPE_CHECKING:
    from crm_tui.core.actor import Actor
    from crm_tui.services.imports.verdict import Progress
    from crm_tui.storage.store import ReadWork, Store, UnitOfWork

    LargeImport = Callable[[Store, Actor, Callable[[], bool]], Document]

app = typer.Typer(no_args_is_help=True, add_completion=False)

File = Annotated[Path, typer.Argument(metavar="FILE", help=_("An Excel or CSV file."))]
SheetName = Annotated[
    str | None, typer.Option("--sheet", help=_("The sheet; else the one that fits best."))
]
Mapping = Annotated[
    list[str] | None,
    typer.Option("--map", metavar="HEADER=FIELD", help=_("What a header means; may be repeated.")),
]
OnConflict = Annotated[
    Literal["update", "skip", "reject"],
    typer.Option("--on-conflict", help=_("What to do with records that exist and differ.")),
]
_REJECTS_SHOWN = 50
_BETWEEN_REPORTS = 0.2


@app.command("book", help=_("Import every sheet of a workbook that is recognised, as one batch."))
def book(
    file: File,
    on_conflict: OnConflict = "update",
    dry_run: DryRun = False,
    key: Key = None,
    as_json: Json = False,
) -> None:
    from crm_tui.services.imports import actions
    from crm_tui.services.imports.verdict import OnConflict as Policy

    def act(work: UnitOfWork) -> Document:
        options = actions.Options(Policy(on_conflict))
        return actions.import_book(work, file, options, _reporter())

    request = ["import book", str(file), on_conflict]
    document = write(act, key=key, request=request, dry_run=dry_run)
    if dry_run:
        document = {
            **document,
            "batch": None,
            "sheets": [{**sheet, "batch": None} for sheet in document["sheets"]],
        }
    answer(document, as_json, _show_book)


def _command(entity: str, help_text: str) -> None:
    """Define ``import ENTITY FILE``."""

    @app.command(entity, help=help_text)
    def bring_in(
        file: File,
        sheet: SheetName = None,
        mapping: Mapping = None,
        on_conflict: OnConflict = "update",
        dry_run: DryRun = False,
        key: Key = None,
        as_json: Json = False,
    ) -> None:
        from crm_tui.services.imports import actions, large
        from crm_tui.services.imports.headers import Entity
        from crm_tui.services.imports.verdict import OnConflict as Policy

        options = actions.Options(Policy(on_conflict), sheet, dict(map(_named, mapping or ())))
        if not dry_run and large.is_large(file, Entity(entity)):
            document = _large(
                lambda store, who, stop: large.import_large(
                    store, who, file, options, _reporter(), stop
                ),
                key,
                ["import", entity, str(file), sheet, options.mapping, on_conflict],
            )
            answer(document, as_json, _show_verdict)
            return

        def act(work: UnitOfWork) -> Document:
            return actions.import_file(work, file, Entity(entity), options, _reporter())

        request = ["import", entity, str(file), sheet, options.mapping, on_conflict]
        document = write(act, key=key, request=request, dry_run=dry_run)
        answer({**document, "batch": None} if dry_run else document, as_json, _show_verdict)


_command("customers", _("Import customers."))
_command("companions", _("Import companions."))
_command("orders", _("Import orders, with the payments and ratings that they bring."))
_command("payments", _("Import payments."))


@app.command("list", help=_("The imports that were made, the newest first."))
def batches(as_json: Json = False) -> None:
    from crm_tui.services.imports import reads

    def look(work: ReadWork) -> Document:
        zone = work.calendar().zone
        return {"batches": [reads.document(row, zone) for row in reads.batches(work)]}

    answer(read(look), as_json, _show_batches)


@app.command("resume", help=_("Go on with an import that stopped before its end."))
def resume(
    batch: Annotated[str, typer.Argument(metavar="BATCH", help=_("As “import list” shows it."))],
    file: Annotated[
        Path | None, typer.Argument(metavar="[FILE]", help=_("The file, if it has moved."))
    ] = None,
    key: Key = None,
    as_json: Json = False,
) -> None:
    from crm_tui.services.imports import large

    document = _large(
        lambda store, who, stop: large.resume(store, who, batch, file, _reporter(), stop),
        key,
        ["import resume", batch, str(file or "")],
    )
    answer(document, as_json, _show_verdict)


def _large(act: LargeImport, key: str | None, request: list[Any]) -> Document:
    """What ``act`` answers, which commits in portions and ends early at Ctrl-C.

    The ``key`` is kept with the answer: an import that was cut short before goes on.
    """
    with studio() as store:
        who = actor(store)
        if key and store.is_answered(key):
            return store.perform(who, lambda _work: {}, key=key, request=request)
        with _asked_to_stop() as stop:
            document = act(store, who, stop)
        return store.perform(who, lambda _work: document, key=key, request=request)


@contextmanager
def _asked_to_stop() -> Iterator[Callable[[], bool]]:
    """Answers whether Ctrl-C was pressed; pressed again, it ends the program at once."""
    pressed = False

    def press(_number: int, _frame: object) -> None:
        nonlocal pressed
        pressed = True
        signal.signal(signal.SIGINT, signal.default_int_handler)
        note(_("Stopping after this portion …"))

    before = signal.signal(signal.SIGINT, press)
    try:
        yield lambda: pressed
    finally:
        signal.signal(signal.SIGINT, before)


@app.command("undo", help=_("Undo an import: what it added goes, what it changed is put back."))
def undo(
    batch: Annotated[str, typer.Argument(metavar="BATCH", help=_("As “import list” shows it."))],
    dry_run: DryRun = False,
    key: Key = None,
    as_json: Json = False,
) -> None:
    def act(work: UnitOfWork) -> Document:
        from crm_tui.services.imports import undo as undoing

        return undoing.undo(work, batch)

    document = write(act, key=key, request=["import undo", batch], dry_run=dry_run)
    answer(document, as_json, _show_undone)


def _named(pair: str) -> tuple[str, str]:
    header, sign, field = pair.rpartition("=")
    if not sign or not header:
        raise typer.BadParameter(_("HEADER=FIELD"), param_hint="--map")
    return header, field.strip()


def _reporter() -> Callable[[Progress], None] | None:
    """Shows rows and rows a second on stderr, if a person looks on."""
    if not sys.stderr.isatty():
        return None
    from crm_tui.services.imports.pace import Pace

    pace, last = Pace(), 0.0

    def report(progress: Progress) -> None:
        nonlocal last
        now = monotonic()
        if now - last < _BETWEEN_REPORTS:
            return
        last = now
        sys.stderr.write(f"\r\x1b[K{pace.shown(progress, now)}")

    return report


def _clear_report() -> None:
    if sys.stderr.isatty():
        sys.stderr.write("\r\x1b[K")


def _show_book(document: Document) -> None:
    for sheet in document["sheets"]:
        _show_verdict(sheet)
    if document["ignored"]:
        names = joined(document["ignored"])
        line(_("Sheets that were not recognised: {names}").format(names=names))
    if document["batch"]:
        line(_("Undo all of it: crm-tui import undo {batch}").format(batch=document["batch"]))


def _show_verdict(verdict: Document) -> None:
    _clear_report()
    line(
        _(
            "{sheet}: {read} rows read – {inserted} new, {updated} changed, {unchanged} as before, "
            "{merged} merged, {skipped} skipped, {rejected} rejected"
        ).format(**{name: value for name, value in verdict.items() if name != "rejects"})
    )
    for title, rows in ((_("Rejected"), verdict["rejects"]), (_("Remarks"), verdict["notes"])):
        if rows:
            columns = [_("Row"), _("Column"), _("Value"), title]
            table(columns, [_told(row) for row in rows[:_REJECTS_SHOWN]], "")
        if len(rows) > _REJECTS_SHOWN:
            more = len(rows) - _REJECTS_SHOWN
            line(ngettext("… and {count} more", "… and {count} more", more).format(count=more))


def _told(row: dict[str, Any]) -> list[Any]:
    return [row["row"], row["column"], row["value"], row["reason"]]


def _show_batches(document: Document) -> None:
    columns = [_("Import"), _("When"), _("By"), _("File"), _("State"), _("New"), _("Rejected")]
    rows = [
        [
            row["batch"],
            row["started_at"][:16].replace("T", " "),
            row["by"],
            row["file"],
            _state(row),
            row["inserted"],
            row["rejected"],
        ]
        for row in document["batches"]
    ]
    table(columns, rows, _("Nothing has been imported yet."))


def _state(row: Document) -> str:
    """Where a batch stands; how far it came, if that is not its end."""
    state = BatchState(row["state"])
    if state is not BatchState.RUNNING:
        return state.label
    rows = f"{row['rows_done']:,}"
    if row["stopped_at"]:
        return _("Stopped after {rows} rows").format(rows=rows)
    return _("Unfinished, {rows} rows so far").format(rows=rows)


def _show_undone(document: Document) -> None:
    for title, counts in (
        (_("Removed"), document["undone"]),
        (_("Put back"), document["restored"]),
    ):
        rows = [[_named_entity(entity), count] for entity, count in counts.items()]
        table([title, _("Records")], rows, f"{title}: 0")
    if document["kept"]:
        rows = [
            [_named_entity(row["entity"]), row["ref"], row["reason"]] for row in document["kept"]
        ]
        table([_("Kept"), _("Record"), _("Why")], rows, "")


def _named_entity(entity: str) -> str:
    names = {
        "order": _("orders"),
        "companion": _("companions"),
        "customer": _("customers"),
        "payment": _("payments"),
        "tag": _("tags"),
        "game": _("games"),
        "companion_level": _("levels"),
    }
    return names.get(entity, entity)
