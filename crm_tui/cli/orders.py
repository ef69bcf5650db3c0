"""``orders``: taking, dispatching, serving, paying, one verb a move.

The verbs of the service and of the money stand in files of their own.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from crm_tui.cli import order_money, order_service, paste
from crm_tui.cli._custom import Custom, pairs
from crm_tui.cli._days import known_day
from crm_tui.cli._filter import Filter, context_of
from crm_tui.cli._order_change import No, Reason, Who, change, companion_of
from crm_tui.cli._order_views import (
    detail_document,
    order_document,
    show_detail,
    show_order,
    show_orders,
)
from crm_tui.cli._run import Document, DryRun, Json, Key, actor, answer, read, write
from crm_tui.core.errors import Invalid
from crm_tui.core.language import _
from crm_tui.core.words import DispatchMode, Gender, OrderKind, OrderStatus

if TYPE_CHECKING:
    from crm_tui.storage.store import ReadWork, UnitOfWork

app = typer.Typer(no_args_is_help=True, add_completion=False)
app.add_typer(paste.app)
app.add_typer(order_service.app)
app.add_typer(order_money.app)

SHOWN = 200
"""Orders in a table where nothing else is asked; JSON has them all."""

Customer = Annotated[
    str, typer.Option("--customer", metavar="REF", help=_("Id, number, phone or WeChat id."))
]


def _customer(work: ReadWork, ref: str) -> int:
    from crm_tui.services.customers.lookup import resolve

    return resolve(work, ref)


def _start(work: ReadWork, said: str) -> datetime | None:
    """The instant that ``said`` means on the store's clock. Raises :class:`Invalid`."""
    from crm_tui.services.paste.moments import start_of

    if not said:
        return None
    try:
        return start_of(said, work.clock.now(), work.calendar())
    except ValueError:
        expected = _("a time such as 21:30, 今晚9点 or 2026-09-21 21:00")
        raise Invalid(field="start", value=said, expected=expected) from None


@app.command("new", help=_("Take an order; a named companion has it at once."))
def new(
    customer: Customer,
    game: Annotated[str, typer.Option("--game", metavar="NAME", help=_("Name or other word."))],
    minutes: Annotated[int, typer.Option("--minutes", metavar="N", help=_("Planned minutes."))],
    kind: Annotated[OrderKind, typer.Option("--kind")] = OrderKind.COMPANION,
    places: Annotated[
        int, typer.Option("--places", metavar="N", help=_("Companions who serve together."))
    ] = 1,
    companion: Annotated[
        str | None, typer.Option("--companion", metavar="REF", help=_("Whom the customer wants."))
    ] = None,
    mode: Annotated[DispatchMode | None, typer.Option("--mode")] = None,
    price_fen: Annotated[
        int | None,
        typer.Option("--price-fen", metavar="N", help=_("Agreed price of the whole order.")),
    ] = None,
    note: Annotated[str, typer.Option("--note", metavar="TEXT")] = "",
    start: Annotated[
        str, typer.Option("--start", metavar="TIME", help=_("When, such as 21:30; else at once."))
    ] = "",
    gender: Annotated[Gender | None, typer.Option("--gender")] = None,
    level: Annotated[str, typer.Option("--level", help=_("Lowest level."))] = "",
    rank: Annotated[str, typer.Option("--rank", help=_("Lowest rank on the ladder."))] = "",
    tag: Annotated[list[str] | None, typer.Option("--tag", help=_("Wanted; may repeat."))] = None,
    field: Custom = None,
    key: Key = None,
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    from crm_tui.services.catalogue.reads import find_game
    from crm_tui.services.orders import actions, reads

    demands = {"gender": gender, "level": level, "rank": rank, "tags": tag}

    def act(work: UnitOfWork) -> Document:
        order = actions.NewOrder(
            customer_id=_customer(work, customer),
            game_id=find_game(work, game),
            planned_minutes=minutes,
            kind=kind,
            mode=mode,
            places=places,
            companion_id=companion_of(work, companion) if companion else None,
            price_fen=price_fen,
            demands=demands,
            note=note,
            start_at=_start(work, start),
            custom=pairs(field),
        )
        (row,) = reads.by_ids(work, [actions.create(work, order)])
        return order_document(work, row.no)

    asked = [customer, game, minutes, kind, companion, mode, price_fen, note, start, demands]
    request = ["orders new", *asked, field, *([places] if places != 1 else [])]
    answer(write(act, key=key, request=request, dry_run=dry_run), as_json, show_order)


@app.command("list", help=_("Orders, the newest first."))
def list_(
    status: Annotated[OrderStatus | None, typer.Option("--status")] = None,
    day: Annotated[
        datetime | None,
        typer.Option(
            "--day",
            formats=["%Y-%m-%d"],
            callback=known_day,
            metavar="D",
            help=_("Business day taken."),
        ),
    ] = None,
    customer: Annotated[str | None, typer.Option("--customer", metavar="REF")] = None,
    companion: Annotated[str | None, typer.Option("--companion", metavar="REF")] = None,
    limit: Annotated[
        int | None, typer.Option("--limit", min=1, metavar="N", help=_("At most so many."))
    ] = None,
    filter_text: Filter = "",
    as_json: Json = False,
) -> None:
    from crm_tui.services.fields.filtering import fields_of
    from crm_tui.services.orders import filtering, reads

    def look(work: ReadWork) -> Document:
        asked: dict[str, Any] = {
            "status": status,
            "day": day.date() if day else None,
            "customer_id": _customer(work, customer) if customer else None,
            "companion_id": companion_of(work, companion) if companion else None,
        }
        most = limit or (None if as_json else SHOWN)
        if filter_text.strip():
            custom = fields_of(work, "order", actor(work.store).role)
            passes = filtering.filter_spec(custom).parse(filter_text, context_of(work, "board"))
            rows, total = reads.find_passing(work, passes, limit=most, **asked)
        else:
            rows = reads.find(work, **asked, limit=most)
            total = reads.how_many(work, **asked)
        documents = [reads.document(row, work.calendar(row.store_id).zone) for row in rows]
        return {"orders": documents, "total": total}

    answer(read(look), as_json, show_orders)


@app.command("show", help=_("One order with its history, offers, service, payments and split."))
def show(no: No, as_json: Json = False) -> None:
    from crm_tui.services.orders import history

    answer(read(lambda work: detail_document(work, history.detail(work, no))), as_json, show_detail)


@app.command("edit", help=_("Change the custom fields of an order."))
def edit(
    no: No, field: Custom = None, key: Key = None, dry_run: DryRun = False, as_json: Json = False
) -> None:
    from crm_tui.services.orders.editing import edit_fields

    typed = pairs(field)
    if not typed:
        raise typer.BadParameter(_("Say what to change: --field KEY=VALUE."))
    request = ["orders edit", no, typed]
    change(lambda work: edit_fields(work, no, typed), request, key, as_json, dry_run)


@app.command("assign", help=_("Give a waiting order to a companion."))
def assign(no: No, companion: Who, key: Key = None, as_json: Json = False) -> None:
    from crm_tui.services.orders import actions

    def act(work: UnitOfWork) -> None:
        actions.assign(work, no, companion_of(work, companion))

    change(act, ["orders assign", no, companion], key, as_json)


@app.command("offer", help=_("Offer an order; the first who accepts has it."))
def offer(
    no: No,
    to: Annotated[
        str | None,
        typer.Option(
            "--to", metavar="REF,REF", help=_("Only these; else tier by tier all who fit.")
        ),
    ] = None,
    then_ladder: Annotated[
        bool, typer.Option("--then-ladder", help=_("After those named, the ladder of the store."))
    ] = False,
    again: Annotated[
        bool,
        typer.Option("--again", help=_("By the last ladder, without those who declined.")),
    ] = False,
    key: Key = None,
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    from crm_tui.services.dispatch import actions

    named = [ref.strip() for ref in (to or "").replace("，", ",").split(",") if ref.strip()]
    if to is not None and not named:
        raise typer.BadParameter(_("--to names nobody: leave it out to ask all who fit."))
    if again and named:
        raise typer.BadParameter(_("--again asks those of the last time: leave --to out."))

    def act(work: UnitOfWork) -> None:
        if again:
            actions.offer_again(work, no)
            return
        ids = [companion_of(work, ref) for ref in named] or None
        actions.offer(work, no, ids, then_ladder=then_ladder)

    how = [word for word, given in (("ladder", then_ladder), ("again", again)) if given]
    change(act, ["orders offer", no, named, *how], key, as_json, dry_run)


@app.command("recall", help=_("Take all offers of an order back."))
def recall(no: No, key: Key = None, as_json: Json = False) -> None:
    from crm_tui.services.dispatch import actions

    change(lambda work: actions.recall(work, no), ["orders recall", no], key, as_json)


@app.command("accept", help=_("A companion takes the order that was offered to them."))
def accept(no: No, companion: Who, key: Key = None, as_json: Json = False) -> None:
    from crm_tui.services.dispatch import actions

    def act(work: UnitOfWork) -> None:
        actions.accept(work, no, companion_of(work, companion))

    change(act, ["orders accept", no, companion], key, as_json)


@app.command("decline", help=_("A companion does not want the offered order."))
def decline(no: No, companion: Who, reason: Reason, key: Key = None, as_json: Json = False) -> None:
    from crm_tui.services.dispatch import actions

    def act(work: UnitOfWork) -> None:
        actions.decline(work, no, companion_of(work, companion), reason)

    change(act, ["orders decline", no, companion, reason], key, as_json)


@app.command("release", help=_("The companion withdrew; their place waits again."))
def release(
    no: No,
    reason: Reason = "",
    companion: Annotated[
        str, typer.Option("--companion", metavar="REF", help=_("Who, where it has several."))
    ] = "",
    key: Key = None,
    as_json: Json = False,
) -> None:
    from crm_tui.services.orders import actions

    def act(work: UnitOfWork) -> None:
        who = companion_of(work, companion) if companion else None
        actions.release(work, no, reason, companion_id=who)

    request = ["orders release", no, reason, *([companion] if companion else [])]
    change(act, request, key, as_json)


@app.command("confirm", help=_("The customer agrees to what was reported."))
def confirm(
    no: No,
    rating: Annotated[
        int | None, typer.Option("--rating", min=1, max=5, metavar="1–5", help=_("Overall."))
    ] = None,
    key: Key = None,
    as_json: Json = False,
) -> None:
    from crm_tui.services.orders import actions

    request = ["orders confirm", no, rating]
    change(lambda work: actions.confirm(work, no, rating), request, key, as_json)


@app.command("cancel", help=_("Call an order off; or write an unpaid one off (manager)."))
def cancel(
    no: No, reason: Reason, key: Key = None, dry_run: DryRun = False, as_json: Json = False
) -> None:
    from crm_tui.services.orders import actions

    request = ["orders cancel", no, reason]
    change(lambda work: actions.cancel(work, no, reason), request, key, as_json, dry_run)
