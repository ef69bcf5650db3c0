"""``orders``: the verbs of an order's money: paid, tipped, given back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from crm_tui.cli._order_change import No, Reason, change, companion_of
from crm_tui.cli._order_views import order_document, show_order
from crm_tui.cli._run import Document, DryRun, Json, Key, answer, line, write
from crm_tui.core.language import _
from crm_tui.core.words import PayChannel

if TYPE_CHECKING:
    from crm_tui.services.money.refund_terms import Quote
    from crm_tui.storage.store import UnitOfWork

app = typer.Typer()

Channel = Annotated[PayChannel, typer.Option("--channel")]
Amount = Annotated[int, typer.Option("--amount-fen", metavar="N")]
Ref = Annotated[
    str | None, typer.Option("--ref", metavar="EXT", help=_("The payment's outside number."))
]


@app.command("pay", help=_("Book a payment, whole or in part."))
def pay(
    no: No,
    channel: Channel,
    amount_fen: Amount,
    ref: Ref = None,
    key: Key = None,
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    from crm_tui.services.orders import actions

    def act(work: UnitOfWork) -> None:
        actions.pay(work, no, channel, amount_fen, ref)

    change(act, ["orders pay", no, channel, amount_fen, ref], key, as_json, dry_run)


@app.command("tip", help=_("Book a tip for those who serve or served the order."))
def tip(
    no: No,
    channel: Channel,
    amount_fen: Amount,
    ref: Ref = None,
    companion: Annotated[
        str, typer.Option("--companion", metavar="REF", help=_("For one of them alone."))
    ] = "",
    key: Key = None,
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    from crm_tui.services.money import tips

    def act(work: UnitOfWork) -> None:
        who = companion_of(work, companion) if companion else None
        tips.tip(work, no, channel, amount_fen, ref, companion_id=who)

    request = ["orders tip", no, channel, amount_fen, ref, companion]
    change(act, request, key, as_json, dry_run)


@app.command("refund", help=_("Give money back for an order, the way it came."))
def refund(
    no: No,
    amount_fen: Amount,
    reason: Reason,
    ref: Annotated[
        str | None, typer.Option("--ref", metavar="EXT", help=_("The refund's outside number."))
    ] = None,
    channel: Annotated[
        PayChannel | None, typer.Option("--channel", help=_("Only what came by this channel."))
    ] = None,
    tips: Annotated[bool, typer.Option("--tips", help=_("Of its tips, not of its price."))] = False,
    key: Key = None,
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    from crm_tui.services.money import refunds

    def act(work: UnitOfWork) -> Document:
        done = refunds.refund(work, no, amount_fen, reason, ref, of_tips=tips, channel=channel)
        return order_document(work, no) | {"refund": _refund_document(done)}

    request = ["orders refund", no, amount_fen, reason, ref, tips, channel]
    answer(write(act, key=key, request=request, dry_run=dry_run), as_json, _show_refund)


def _refund_document(done: Quote) -> Document:
    """Who gives what of a refund, and how it goes back."""
    from crm_tui.services.money.refund_terms import in_words

    return {
        "amount_fen": done.amount_fen,
        "channels": {channel.value: fen for channel, fen in done.by_channel.items()},
        "prepaid_fen": done.prepaid_fen,
        "studio_fen": done.studio_fen,
        "companions": [
            {
                "companion": done.nicks.get(back.companion_id),
                "payable_fen": back.payable_fen,
                "clawback_fen": back.clawback_fen,
                "available_on": back.available_on and back.available_on.isoformat(),
            }
            for back in done.companions
        ],
        "explanation": in_words(done),
    }


def _show_refund(document: Document) -> None:
    """The order, and what the refund did to each party."""
    show_order(document)
    for each in document["refund"]["explanation"]:
        line(f"  {each}")
