"""``money``: what the books say. Settlement, bills and split rules have files of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from crm_tui.cli import money_reconcile, money_rules, money_settle
from crm_tui.cli._run import Document, Json, answer, line, read, table
from crm_tui.core.language import _, joined
from crm_tui.core.money import yuan
from crm_tui.core.words import Account, JournalKind, PayChannel

if TYPE_CHECKING:
    from datetime import datetime, tzinfo

    from crm_tui.services.money.balances import AccountBalance, LedgerLine
    from crm_tui.storage.store import ReadWork

app = typer.Typer(no_args_is_help=True, add_completion=False)
app.add_typer(
    money_settle.app, name="settle", help=_("Settle with the companions: draft, approve, pay.")
)
app.add_typer(
    money_rules.app, name="rules", help=_("Who gets what of an order: versions of the rule.")
)
app.add_typer(
    money_reconcile.app, name="bills", help=_("What becomes of lines that only a bill has.")
)
app.command("reconcile", help=_("Hold a bill of WeChat Pay or Alipay against what is booked."))(
    money_reconcile.reconcile
)

StoreId = Annotated[
    int | None, typer.Option("--store", metavar="ID", help=_("One store only, by its id."))
]


@app.command("balances", help=_("What stands on every account, now or at a past moment."))
def balances(
    at: Annotated[
        str,
        typer.Option("--at", metavar="TIME", help=_("As it was then, such as 2026-09-30T23:59.")),
    ] = "",
    store_id: StoreId = None,
    as_json: Json = False,
) -> None:
    from crm_tui.services.money import balances as books

    def look(work: ReadWork) -> Document:
        _require(work, store_id)
        then = _moment(work, at) if at else None
        rows = books.balances(work, then, store_id)
        return {
            "at": (then or work.clock.now()).astimezone(work.calendar().zone),
            "balances": [_balance(row) for row in rows],
            "sum_fen": sum(row.balance_fen for row in rows),
        }

    answer(read(look), as_json, _show_balances)


@app.command("ledger", help=_("The bookings of an account, the newest first, with its balance."))
def ledger(
    account: Annotated[Account, typer.Argument(metavar="ACCOUNT", help=joined(Account))],
    subject: Annotated[
        str,
        typer.Argument(
            metavar="[REF]", help=_("The companion or customer, where the account is theirs.")
        ),
    ] = "",
    channel: Annotated[
        PayChannel | None, typer.Option("--channel", help=_("Only what lies there."))
    ] = None,
    store_id: StoreId = None,
    limit: Annotated[int, typer.Option("--limit", min=1, max=100_000)] = 200,
    before: Annotated[
        int | None,
        typer.Option("--before", metavar="ID", help=_("Only older ones than this journal.")),
    ] = None,
    as_json: Json = False,
) -> None:
    from crm_tui.services.money import balances as books
    from crm_tui.services.money import holders

    def look(work: ReadWork) -> Document:
        _require(work, store_id)
        holder = holders.resolve(work, account, subject) if subject else None
        lines = books.statement(
            work,
            account,
            holder,
            store_id=store_id,
            channel=channel.value if channel else None,
            limit=limit,
            before=(before, 0) if before is not None else None,
        )
        names = holders.names(work, account, {line.subject_id for line in lines})
        zone = work.calendar().zone
        return {
            "account": account.value,
            "subject_id": holder,
            "balance_fen": lines[0].balance_fen if lines else 0,
            "lines": [_line(each, names.get(each.subject_id, ""), zone) for each in lines],
        }

    answer(read(look), as_json, _show_ledger)


def _require(work: ReadWork, store_id: int | None) -> None:
    from crm_tui.services.catalogue.reads import require_store

    if store_id is not None:
        require_store(work, store_id)


def _moment(work: ReadWork, at: str) -> datetime:
    from crm_tui.services.replay.rules import moment

    return moment(at, work.clock.now(), work.calendar())


def _balance(row: AccountBalance) -> Document:
    channels = {"channels": dict(row.channels)} if row.channels else {}
    return {"account": row.account.value, "balance_fen": row.balance_fen, **channels}


def _line(row: LedgerLine, subject: str, zone: tzinfo) -> Document:
    return {
        "journal_id": row.journal_id,
        "at": row.at.astimezone(zone),
        "kind": row.kind.value,
        "subject_id": row.subject_id or None,
        "subject": subject or None,
        "channel": row.channel or None,
        "amount_fen": row.amount_fen,
        "balance_fen": row.balance_fen,
        "available_on": row.available_on,
        "order": row.order_no or None,
        "payment_id": row.payment_id,
        "reason": row.reason,
        "by": row.actor,
    }


def _show_balances(document: Document) -> None:
    rows = []
    for row in document["balances"]:
        rows.append((Account(row["account"]).label, *_sides(row["balance_fen"])))
        rows += [
            (f"  {PayChannel(channel).label}", *_sides(fen))
            for channel, fen in row.get("channels", {}).items()
        ]
    table((_("Account"), _("Debit side"), _("Credit side")), rows, empty="")
    differs = _("Debit and credit differ by ¥{amount}: run “crm-tui doctor”.")
    says = differs if document["sum_fen"] else _("Debit and credit agree.")
    line(says.format(amount=yuan(document["sum_fen"])))


def _sides(fen: int) -> tuple[str, str]:
    """An amount in its column; nothing in either where it is zero."""
    return (yuan(fen), "") if fen > 0 else ("", yuan(-fen) if fen else "")


def _show_ledger(document: Document) -> None:
    from crm_tui.services.money.accounts import shown_fen

    account = Account(document["account"])
    rows = [
        (
            row["at"].strftime("%Y-%m-%d %H:%M"),
            JournalKind(row["kind"]).label,
            row["order"],
            row["subject"] or (PayChannel(row["channel"]).label if row["channel"] else ""),
            *_sides(row["amount_fen"]),
            yuan(shown_fen(account, row["balance_fen"])),
            row["reason"],
        )
        for row in document["lines"]
    ]
    columns = (
        *(
            _("When"),
            _("What"),
            _("Order"),
            _("Whose"),
            _("Debit side"),
            _("Credit side"),
            _("Balance"),
        ),
        _("Reason"),
    )
    table(columns, rows, empty=_("Nothing is booked there."))
