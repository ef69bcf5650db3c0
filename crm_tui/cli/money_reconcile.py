"""``money reconcile``: a bill of WeChat Pay or Alipay held against the books; and what a person
makes of the lines that the books don't have."""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Annotated, Any

import typer

from crm_tui.cli._run import (
    Document,
    DryRun,
    Json,
    Key,
    actor,
    answer,
    line,
    say_if_tried,
    studio,
    table,
    write,
)
from crm_tui.core.language import N_, _
from crm_tui.core.money import yuan

if TYPE_CHECKING:
    from crm_tui.storage.store import UnitOfWork

app = typer.Typer(no_args_is_help=True, add_completion=False)
"""``money bills``: what a person makes of lines that are only in a bill."""

File = Annotated[
    Path,
    typer.Argument(metavar="FILE", help=_("A bill as the channel made it: CSV, Excel or ZIP.")),
]
Lines = Annotated[
    list[int],
    typer.Argument(metavar="LINE…", help=_("The “id” of lines that “money reconcile” lists.")),
]
_SHOWN = 50
_BETWEEN_REPORTS = 0.2
_LISTS = {
    "differing": N_("Differing"),
    "only_in_bill": N_("Only in the bill"),
    "only_in_books": N_("Only in the books"),
    "fees": N_("Fees"),
}


def reconcile(file: File, dry_run: DryRun = False, key: Key = None, as_json: Json = False) -> None:
    document = write(partial(_tried, file), dry_run=True) if dry_run else _reconciled(file, key)
    if sys.stderr.isatty():
        sys.stderr.write("\r\x1b[K")
    answer(document, as_json, _show)


def _tried(file: Path, work: UnitOfWork) -> Document:
    from crm_tui.services.money.bills import actions, reads

    return reads.document(work, actions.try_reconcile(work, file))


def _reconciled(file: Path, key: str | None) -> Document:
    """Carried out portion by portion; with a ``key`` the answer is kept at the end."""
    from crm_tui.services.money.bills import actions, reads

    gc.disable()  # hundreds of thousands of lines, none of them in a cycle
    request = ["money reconcile", str(file)]
    with studio() as store:
        who = actor(store)
        if key and store.is_answered(key):
            return store.perform(who, _nothing, key=key, request=request)
        done = actions.reconcile(store, who, file, _reporter())
        with store.read() as work:
            document = reads.document(work, done)
        if not key:
            return document
        return store.perform(who, lambda _work: document, key=key, request=request)


@app.command("book", help=_("Book lines that only the bill has, on their order or as unexplained."))
def book(
    lines: Lines,
    order: Annotated[
        str | None, typer.Option("--order", metavar="NO", help=_("The order that it is for."))
    ] = None,
    dry_run: DryRun = False,
    key: Key = None,
    as_json: Json = False,
) -> None:
    def act(work: UnitOfWork) -> Document:
        from crm_tui.services.money.bills import deciding

        return {
            "booked": [
                {"line": line_id, "order": deciding.book(work, line_id, order)} for line_id in lines
            ]
        }

    document = write(act, key=key, request=["money bills book", lines, order], dry_run=dry_run)
    answer(document, as_json, _show_booked)


@app.command("match", help=_("Say which payment a line of a bill is; without one, the proposed."))
def match(
    line_id: Annotated[int, typer.Argument(metavar="LINE")],
    payment: Annotated[int | None, typer.Argument(metavar="[PAYMENT]")] = None,
    dry_run: DryRun = False,
    key: Key = None,
    as_json: Json = False,
) -> None:
    _decide("match", {"matched": line_id}, (line_id, payment), dry_run, key, as_json)


@app.command("ignore", help=_("Leave lines of a bill out of the reconciliation, with a reason."))
def ignore(
    lines: Lines,
    reason: Annotated[str, typer.Option("--reason", metavar="T")],
    dry_run: DryRun = False,
    key: Key = None,
    as_json: Json = False,
) -> None:
    _decide("ignore", {"ignored": lines}, (lines, reason), dry_run, key, as_json)


@app.command("reopen", help=_("Take back what was decided about a line of a bill."))
def reopen(
    line_id: Annotated[int, typer.Argument(metavar="LINE")],
    dry_run: DryRun = False,
    key: Key = None,
    as_json: Json = False,
) -> None:
    _decide("reopen", {"reopened": line_id}, (line_id,), dry_run, key, as_json)


def _decide(
    verb: str,
    told: Document,
    given: tuple[object, ...],
    dry_run: bool,
    key: str | None,
    as_json: bool,
) -> None:
    """Carry out what a person makes of lines, but for booking; ``told`` is the answer."""

    def act(work: UnitOfWork) -> Document:
        from crm_tui.services.money.bills import deciding

        verbs: dict[str, Callable[..., None]] = {
            "match": deciding.accept,
            "ignore": deciding.ignore,
            "reopen": deciding.reopen,
        }
        verbs[verb](work, *given)
        return told

    document = write(act, key=key, request=[f"money bills {verb}", *given], dry_run=dry_run)
    answer(document, as_json, _show_done)


def _nothing(_work: UnitOfWork) -> Document:
    return {}


def _reporter() -> Callable[[int, int | None], bool] | None:
    """Shows lines, their rate and the time left on stderr, if a person looks on."""
    if not sys.stderr.isatty():
        return None
    from crm_tui.services.imports.pace import Pace
    from crm_tui.services.imports.verdict import Progress

    pace, last = Pace(), 0.0

    def report(done: int, total: int | None) -> bool:
        nonlocal last
        now = monotonic()
        if now - last >= _BETWEEN_REPORTS:
            last = now
            sys.stderr.write(f"\r\x1b[K{pace.shown(Progress('', done, total), now)}")
        return True

    return report


def _show(document: Document) -> None:
    bill, totals = document["bill"], document["totals"]
    told = _(
        "{file} ({form}): {lines} lines: {payments} payments, {refunds} refunds, "
        "{neutral} neutral, {rejected} rejected."
    )
    line(told.format(**bill))
    for reject in bill["rejects"][:_SHOWN]:
        why = _("line {line}, {field}: “{value}”: {expected}")
        line("  " + why.format(**reject))
    if not totals["agree"]:
        line(_("What the bill states and what was read do NOT agree:"))
        for name, stated in totals["stated"].items():
            if stated == totals["read"][name]:
                continue
            line(f"  {name}: {_sum(name, stated)} ≠ {_sum(name, totals['read'][name])}")
    for note in totals["notes"]:
        line("  " + note)
    line(_("Matched: {count}").format(count=len(document["matched"])))
    for name, title in _LISTS.items():
        _show_list(f"{_(title)}: {len(document[name])}", document[name])
    say_if_tried(document)


def _sum(name: str, value: int) -> str:
    return f"¥{yuan(value)}" if name.endswith("_fen") else str(value)


def _show_list(title: str, rows: list[dict[str, Any]]) -> None:
    line(title)
    if not rows:
        return
    columns = (
        _("Id"),
        _("When"),
        _("Amount"),
        _("Number"),
        _("Payer"),
        _("Order"),
        _("Confidence"),
    )
    table(columns, [_cells(row) for row in rows[:_SHOWN]], "")
    if len(rows) > _SHOWN:
        line(_("… and {count} more; --json lists all.").format(count=len(rows) - _SHOWN))


def _cells(row: dict[str, Any]) -> tuple[object, ...]:
    found = row | row.get("proposed", {})
    sure = found.get("confidence")
    amount = yuan(row["amount_fen"])
    if found.get("difference_fen"):
        amount += " ≠ " + yuan(row["booked_fen"])
    return (
        row.get("id", row.get("payment")),
        row["at"][:16].replace("T", " "),
        amount,
        row["outside_no"],
        row.get("payer", row.get("customer")),
        found.get("order"),
        "" if sure is None else f"{sure:.0%}",
    )


def _show_done(document: Document) -> None:
    line(_("Done."))
    say_if_tried(document)


def _show_booked(document: Document) -> None:
    for booked in document["booked"]:
        told = (
            _("{line}: booked on {order}") if booked["order"] else _("{line}: booked, on no order")
        )
        line(told.format(**booked))
    say_if_tried(document)
