"""``money settle``: batches from the draft to the payout, statements, files for the bank."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from crm_tui.cli import _settle_views as views
from crm_tui.cli._days import known_day
from crm_tui.cli._run import (
    Document,
    DryRun,
    Json,
    Key,
    actor,
    answer,
    line,
    read,
    studio,
)
from crm_tui.cli._run import write as run_write
from crm_tui.core.language import _
from crm_tui.core.words import PayChannel

if TYPE_CHECKING:
    from crm_tui.storage.store import ReadWork, UnitOfWork

app = typer.Typer(no_args_is_help=True, add_completion=False)
"""``money settle``."""

No = Annotated[str, typer.Argument(metavar="NO", help=_("Number of the batch, as S260930-1."))]
Companion = Annotated[
    str, typer.Argument(metavar="COMPANION", help=_("Number, nickname, phone or id."))
]
StoreId = Annotated[int, typer.Option("--store", metavar="ID", help=_("The store, by its id."))]
Reason = Annotated[str, typer.Option("--reason", metavar="TEXT", help=_("Why; it is kept."))]
From = Annotated[
    datetime | None,
    typer.Option(
        "--from",
        formats=["%Y-%m-%d"],
        callback=known_day,
        help=_("First business day; without it, the day after the batch before."),
    ),
]
To = Annotated[
    datetime | None,
    typer.Option(
        "--to",
        formats=["%Y-%m-%d"],
        callback=known_day,
        help=_("Last business day; without it, yesterday."),
    ),
]


@app.command("draft", help=_("Draft a batch: what is free of a period, for every companion."))
def draft(
    first: From = None,
    last: To = None,
    store: StoreId = 1,
    key: Key = None,
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    from crm_tui.services.money.settlement import drafting

    days = first.date() if first else None, last.date() if last else None
    with studio() as opened:
        who = actor(opened)
        if dry_run:
            made = drafting.would_be(opened, *days, store_id=store)
            document = {"batch": made, "dry_run": True}
        else:
            made = drafting.draft(opened, who, *days, store_id=store, key=key, progress=_progress)
            document = {"batch": made}
    answer(document, as_json, views.show_batch)


@app.command("renew", help=_("Read a draft anew, by what the books say now."))
def renew(no: No, key: Key = None, as_json: Json = False) -> None:
    from crm_tui.services.money.settlement import drafting

    with studio() as opened:
        made = drafting.renew(opened, actor(opened), no, key=key, progress=_progress)
    answer({"batch": made}, as_json, views.show_batch)


@app.command("list", help=_("The batches, newest first."))
def list_(
    store: Annotated[int | None, typer.Option("--store", help=_("Only this store."))] = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help=_("At most so many."))] = 50,
    as_json: Json = False,
) -> None:
    from crm_tui.services.money.settlement import documents, reads

    def look(work: ReadWork) -> Document:
        found = reads.newest(work, limit, store)
        return {"batches": [documents.document(work, each) for each in found]}

    answer(read(look), as_json, views.show_batches)


@app.command("show", help=_("A batch with its lines and adjustments."))
def show(no: No, as_json: Json = False) -> None:
    answer(read(lambda work: _whole(work, no)), as_json, views.show_whole)


@app.command("adjust", help=_("Give a companion more, or less, with the draft or the next batch."))
def adjust(
    companion: Companion,
    amount_fen: Annotated[
        int, typer.Option("--amount-fen", metavar="N", help=_("Fen; less than 0 takes."))
    ],
    reason: Reason,
    store: StoreId = 1,
    key: Key = None,
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    from crm_tui.services.companions.reads import resolve
    from crm_tui.services.money.settlement import actions, documents, reads

    def act(work: UnitOfWork) -> Document:
        who = resolve(work, companion)
        made = actions.adjust(work, who, amount_fen, reason, store)
        row = reads.adjustment(work, made)
        return {"adjustment": documents.adjustment_document(row, work.calendar(store).zone)}

    request = ["settle adjust", companion, amount_fen, reason, store]
    document = run_write(act, key=key, request=request, dry_run=dry_run)
    answer(document, as_json, views.show_adjustment)


@app.command("drop", help=_("Take an adjustment back that is not approved."))
def drop(
    adjustment: Annotated[int, typer.Argument(metavar="ID")],
    key: Key = None,
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    from crm_tui.services.money.settlement import actions

    def act(work: UnitOfWork) -> Document:
        actions.drop_adjustment(work, adjustment)
        return {"dropped": adjustment}

    document = run_write(act, key=key, request=["settle drop", adjustment], dry_run=dry_run)
    answer(document, as_json, views.show_dropped)


@app.command("approve", help=_("Approve a draft: it is owed from now on."))
def approve(no: No, key: Key = None, dry_run: DryRun = False, as_json: Json = False) -> None:
    from crm_tui.services.money.settlement import actions

    _step(lambda work: actions.approve(work, no), ["settle approve", no], key, dry_run, as_json)


@app.command("pay", help=_("The companions have their money: book the payout."))
def pay(
    no: No,
    channel: Annotated[
        PayChannel, typer.Option("--channel", help=_("Where the money left from."))
    ] = PayChannel.BANK,
    key: Key = None,
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    from crm_tui.services.money.settlement import actions

    request = ["settle pay", no, channel.value]
    _step(lambda work: actions.pay(work, no, channel), request, key, dry_run, as_json)


@app.command("cancel", help=_("Call a batch off that is not paid; what it held comes again."))
def cancel(
    no: No, reason: Reason, key: Key = None, dry_run: DryRun = False, as_json: Json = False
) -> None:
    from crm_tui.services.money.settlement import actions

    request = ["settle cancel", no, reason]
    _step(lambda work: actions.cancel(work, no, reason), request, key, dry_run, as_json)


@app.command("statement", help=_("What a companion gets in a batch, order by order."))
def statement(
    no: No,
    companion: Companion,
    to: Annotated[
        Path | None, typer.Option("--to", metavar="FILE.xlsx", help=_("Write it to this file."))
    ] = None,
    key: Key = None,
    as_json: Json = False,
) -> None:
    from crm_tui.services.companions.reads import resolve
    from crm_tui.services.money.settlement import statement as statements

    if to is None:

        def look(work: ReadWork) -> Document:
            told = statements.of_companion(work, no, resolve(work, companion))
            return statements.document(work, told)

        answer(read(look), as_json, views.show_statement)
        return
    with studio() as opened:
        with opened.read() as work:
            who = resolve(work, companion)
        document = statements.write(opened, actor(opened), no, who, to, key=key)
    answer(document, as_json, lambda told: line(told["file"]))


@app.command("payout-file", help=_("The file that a bank, WeChat Pay or Alipay takes."))
def payout_file(
    no: No,
    to: Annotated[Path, typer.Option("--to", metavar="FILE.xlsx|csv", help=_("The new file."))],
    form: Annotated[
        PayChannel, typer.Option("--form", help=_("bank, wechat or alipay."))
    ] = PayChannel.BANK,
    key: Key = None,
    as_json: Json = False,
) -> None:
    from crm_tui.services.money.settlement import payout_file as files

    with studio() as opened:
        document = files.write(opened, actor(opened), no, form, to, key=key)
    answer(document, as_json, views.show_payout)


@app.command("verify", help=_("Whether a batch is what the books say, computed anew."))
def verify(no: No, as_json: Json = False) -> None:
    from crm_tui.services.money.settlement import documents

    document = read(lambda work: documents.verified_document(work, no))
    answer(document, as_json, views.show_verified)
    if not document["ok"]:
        raise typer.Exit(1)


def _step(
    act: Callable[[UnitOfWork], None],
    request: list[Any],
    key: str | None,
    dry_run: bool,
    as_json: bool,
) -> None:
    from crm_tui.services.money.settlement import documents, reads

    def step(work: UnitOfWork) -> Document:
        act(work)
        return {"batch": documents.document(work, reads.one(work, request[1]))}

    answer(run_write(step, key=key, request=request, dry_run=dry_run), as_json, views.show_batch)


def _whole(work: ReadWork, no: str) -> Document:
    from crm_tui.services.money.settlement import documents, reads

    row = reads.one(work, no)
    zone = work.calendar(row.store_id).zone
    given = reads.adjustments(work, row.id)
    return {
        "batch": documents.document(work, row),
        "lines": [documents.line_document(each) for each in reads.lines(work, row.id)],
        "adjustments": [documents.adjustment_document(each, zone) for each in given],
    }


def _progress(done: int, total: int) -> bool:
    if sys.stderr.isatty():
        sys.stderr.write(f"\r{done}/{total}\r")
    return True
