"""``money settle``: batches from the draft to the payout, statements, files for the bank."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
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
    read,
    say_if_tried,
    studio,
    table,
)
from crm_tui.cli._run import write as run_write
from crm_tui.core.language import _, ngettext
from crm_tui.core.money import yuan
from crm_tui.core.words import JournalKind, OrderKind, PayChannel, SettlementState

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
        help=_("First business day; without it, the day after the batch before."),
    ),
]
To = Annotated[
    datetime | None,
    typer.Option("--to", formats=["%Y-%m-%d"], help=_("Last business day; without it, yesterday.")),
]
SHOWN = 200


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
    answer(document, as_json, _show_batch)


@app.command("renew", help=_("Read a draft anew, by what the books say now."))
def renew(no: No, key: Key = None, as_json: Json = False) -> None:
    from crm_tui.services.money.settlement import drafting

    with studio() as opened:
        made = drafting.renew(opened, actor(opened), no, key=key, progress=_progress)
    answer({"batch": made}, as_json, _show_batch)


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

    answer(read(look), as_json, _show_batches)


@app.command("show", help=_("A batch with its lines and adjustments."))
def show(no: No, as_json: Json = False) -> None:
    answer(read(lambda work: _whole(work, no)), as_json, _show_whole)


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
    answer(document, as_json, _show_adjustment)


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
    answer(document, as_json, _show_dropped)


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

        answer(read(look), as_json, _show_statement)
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
    answer(document, as_json, _show_payout)


@app.command("verify", help=_("Whether a batch is what the books say, computed anew."))
def verify(no: No, as_json: Json = False) -> None:
    from crm_tui.services.money.settlement import documents

    document = read(lambda work: documents.verified_document(work, no))
    answer(document, as_json, _show_verified)
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

    answer(run_write(step, key=key, request=request, dry_run=dry_run), as_json, _show_batch)


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


# For people


def _show_batch(document: Document) -> None:
    from crm_tui.services.money.settlement.documents import left_out

    batch = document["batch"]
    state = SettlementState(batch["state"]).label if batch["state"] else _("would be")
    period = _("{first} to {last}").format(first=batch["from"], last=batch["to"])
    people = ngettext("{count} companion", "{count} companions", batch["companions"])
    orders = ngettext("{count} order", "{count} orders", batch["orders"])
    told = (
        batch["no"] or "",
        state,
        period,
        people.format(count=batch["companions"]),
        orders.format(count=batch["orders"]),
    )
    line(" · ".join(filter(None, told)))
    line(_sums(batch))
    if more := left_out(batch.get("earlier_fen", 0), batch["from"]):
        line(f"{more} {_('--from takes it in.')}")
    say_if_tried(document)


def _sums(row: Document) -> str:
    parts = (
        (_("Share of orders"), row["earned_fen"]),
        (_("Tips"), row["tips_fen"]),
        (_("Adjustments"), row["adjustments_fen"]),
        (_("Kept back"), -row["clawback_fen"]),
        (_("To pay"), row["payable_fen"]),
        (_("Still frozen"), row["frozen_fen"]),
    )
    return " · ".join(f"{name} ¥{yuan(fen)}" for name, fen in parts)


def _show_batches(document: Document) -> None:
    columns = (_("Number"), _("Status"), _("From"), _("To"), _("Companions"), _("To pay"),
               _("Drafted by"), _("Approved by"), _("Paid by"))  # fmt: skip
    rows = [
        (
            each["no"],
            SettlementState(each["state"]).label,
            each["from"],
            each["to"],
            each["companions"],
            yuan(each["payable_fen"]),
            each["made_by"],
            each["approved_by"],
            each["paid_by"],
        )
        for each in document["batches"]
    ]
    table(columns, rows, empty=_("Nothing was settled yet."))


def _show_whole(document: Document) -> None:
    _show_batch(document)
    columns = (_("Number"), _("Companion"), _("Orders"), _("Share of orders"), _("Tips"),
               _("Adjustments"), _("Kept back"), _("To pay"), _("Still frozen"))  # fmt: skip
    names = ("earned_fen", "tips_fen", "adjustments_fen", "clawback_fen", "payable_fen",
             "frozen_fen")  # fmt: skip
    rows = [
        (each["companion"], each["nick"], each["orders"], *(yuan(each[name]) for name in names))
        for each in document["lines"]
    ]
    table(columns, rows, empty=_("Nobody."))
    for each in document["adjustments"]:
        line(f"#{each['id']} {each['companion']} {yuan(each['amount_fen'])}: {each['reason']}")


def _show_adjustment(document: Document) -> None:
    each = document["adjustment"]
    where = each["batch"] or _("with the next batch")
    line(f"#{each['id']} {each['companion']} ¥{yuan(each['amount_fen'])} · {where}")
    say_if_tried(document)


def _show_dropped(document: Document) -> None:
    line(_("Taken back."))
    say_if_tried(document)


def _show_statement(document: Document) -> None:
    row = document["line"]
    line(f"{document['batch']['no']} · {row['companion']} {row['nick']}")
    line(_sums(row))
    columns = (_("Business day"), _("What"), _("Order"), _("Game"), _("Kind"), _("Amount"),
               _("Share"), _("Free on"), _("How it comes about"))  # fmt: skip
    rows = [
        (
            each["day"],
            JournalKind(each["kind"]).label,
            each["order"],
            each["game"],
            OrderKind(each["order_kind"]).label if each["order_kind"] else "",
            yuan(each["amount_fen"]) if each["amount_fen"] is not None else "",
            yuan(each["share_fen"]),
            each["free_on"] + (" *" if each["frozen"] else ""),
            each["explanation"],
        )
        for each in document["items"]
    ]
    table(columns, rows, empty=_("No orders."))
    if any(each["frozen"] for each in document["items"]):
        line(_("* still frozen: it comes with a later batch."))
    for each in document["adjustments"]:
        line(f"{yuan(each['amount_fen'])}: {each['reason']}")


def _show_payout(document: Document) -> None:
    rows = document["rows"]
    told = ngettext(
        "{rows} payment of ¥{total} written to {file}",
        "{rows} payments of ¥{total} written to {file}",
        rows,
    )
    line(told.format(rows=rows, total=yuan(document["total_fen"]), file=document["file"]))
    for each in document["left_out"]:
        lacking = _("left out: {companion} {nick}, ¥{amount}: no {why}")
        line(lacking.format(amount=yuan(each["payable_fen"]), **each))


def _show_verified(document: Document) -> None:
    if document["ok"]:
        line(_("{no} is what the books say.").format(no=document["no"]))
    columns = (_("Companion"), _("As stored"), _("By the books"))
    rows = [
        (each["companion"], yuan(each["stored_fen"]), yuan(each["computed_fen"]))
        for each in document["differences"]
    ]
    if rows:
        table(columns, rows, empty="")
