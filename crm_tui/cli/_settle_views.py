"""Batches of settlement as commands show them to a person."""

from __future__ import annotations

from crm_tui.cli._run import Document, line, say_if_tried, table
from crm_tui.core.language import _, ngettext
from crm_tui.core.money import yuan
from crm_tui.core.words import JournalKind, OrderKind, SettlementState


def show_batch(document: Document) -> None:
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
    line(sums(batch))
    if more := left_out(batch.get("earlier_fen", 0), batch["from"]):
        line(f"{more} {_('--from takes it in.')}")
    say_if_tried(document)


def sums(row: Document) -> str:
    parts = (
        (_("Share of orders"), row["earned_fen"]),
        (_("Tips"), row["tips_fen"]),
        (_("Adjustments"), row["adjustments_fen"]),
        (_("Kept back"), -row["clawback_fen"]),
        (_("To pay"), row["payable_fen"]),
        (_("Still frozen"), row["frozen_fen"]),
    )
    return " · ".join(f"{name} ¥{yuan(fen)}" for name, fen in parts)


def show_batches(document: Document) -> None:
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


def show_whole(document: Document) -> None:
    show_batch(document)
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


def show_adjustment(document: Document) -> None:
    each = document["adjustment"]
    where = each["batch"] or _("with the next batch")
    line(f"#{each['id']} {each['companion']} ¥{yuan(each['amount_fen'])} · {where}")
    say_if_tried(document)


def show_dropped(document: Document) -> None:
    line(_("Taken back."))
    say_if_tried(document)


def show_statement(document: Document) -> None:
    row = document["line"]
    line(f"{document['batch']['no']} · {row['companion']} {row['nick']}")
    line(sums(row))
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


def show_payout(document: Document) -> None:
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


def show_verified(document: Document) -> None:
    if document["ok"]:
        line(_("{no} is what the books say.").format(no=document["no"]))
    columns = (_("Companion"), _("As stored"), _("By the books"))
    rows = [
        (each["companion"], yuan(each["stored_fen"]), yuan(each["computed_fen"]))
        for each in document["differences"]
    ]
    if rows:
        table(columns, rows, empty="")
