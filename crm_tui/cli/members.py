"""``members``: stored value and membership levels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from crm_tui.cli._customer_views import member_line
from crm_tui.cli._run import Document, DryRun, Json, Key, answer, line, note, read, table, write
from crm_tui.core.language import _, ngettext
from crm_tui.core.money import yuan
from crm_tui.core.words import PayChannel

if TYPE_CHECKING:
    from crm_tui.storage.store import ReadWork, UnitOfWork

app = typer.Typer(no_args_is_help=True, add_completion=False)

Ref = Annotated[
    str, typer.Argument(metavar="REF", help=_("Id, number, phone or WeChat id of the customer."))
]
Amount = Annotated[int, typer.Option("--amount-fen", metavar="N", help=_("How much, in fen."))]
Outside = Annotated[
    str | None, typer.Option("--ref", metavar="EXT", help=_("The outside number of the payment."))
]
Name = Annotated[str, typer.Argument(metavar="LEVEL", help=_("The level’s name."))]
SHOWN = 50
"""Customers in the report for a person; JSON has them all."""


@app.command("top-up", help=_("Take money for a customer’s balance, with the bonus it earns."))
def top_up(
    ref: Ref,
    amount_fen: Amount,
    channel: Annotated[PayChannel, typer.Option("--channel", help=_("How the money came."))],
    outside: Outside = None,
    key: Key = None,
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    from crm_tui.services.customers.lookup import resolve
    from crm_tui.services.money.members import actions

    def act(work: UnitOfWork) -> Document:
        customer_id = resolve(work, ref)
        done = actions.top_up(work, customer_id, channel, amount_fen, outside)
        return _booked(work, customer_id, done)

    request = ["members top-up", ref, amount_fen, channel, outside]
    answer(write(act, key=key, request=request, dry_run=dry_run), as_json, _show_booked)


@app.command("refund", help=_("Give stored value back: what was paid, never the bonus."))
def refund(
    ref: Ref,
    amount_fen: Amount,
    channel: Annotated[
        PayChannel | None,
        typer.Option("--channel", help=_("How it is given back; else as the last top-up came.")),
    ] = None,
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT")] = "",
    outside: Outside = None,
    key: Key = None,
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    from crm_tui.services.customers.lookup import resolve
    from crm_tui.services.money.members import actions

    def act(work: UnitOfWork) -> Document:
        customer_id = resolve(work, ref)
        done = actions.pay_out(work, customer_id, amount_fen, channel, reason, outside)
        return _booked(work, customer_id, done)

    request = ["members refund", ref, amount_fen, channel, reason, outside]
    answer(write(act, key=key, request=request, dry_run=dry_run), as_json, _show_booked)


@app.command("balance", help=_("What a customer has: paid part, bonus, level."))
def balance(ref: Ref, as_json: Json = False) -> None:
    from crm_tui.services.customers.lookup import resolve

    answer(read(lambda work: _member(work, resolve(work, ref))), as_json, _show_member)


@app.command("liability", help=_("What is owed to customers of stored value, by part and age."))
def liability(
    at: Annotated[
        str,
        typer.Option("--at", metavar="TIME", help=_("As it was then, such as 2026-09-30T23:59.")),
    ] = "",
    as_json: Json = False,
) -> None:
    from crm_tui.services.money.members import liability as owed
    from crm_tui.services.replay.rules import moment

    def look(work: ReadWork) -> Document:
        calendar = work.calendar()
        then = moment(at, work.clock.now(), calendar) if at else None
        return owed.document(owed.liability(work, then), calendar.zone)

    answer(read(look), as_json, _show_liability)


@app.command("levels", help=_("The membership levels, the lowest first."))
def levels(as_json: Json = False) -> None:
    answer(read(_levels), as_json, _show_levels)


@app.command("set-level", help=_("Define a level, or change what it gives."))
def set_level(
    name: Name,
    threshold_fen: Annotated[
        int | None,
        typer.Option("--threshold-fen", metavar="N", help=_("Topped up in all to reach it.")),
    ] = None,
    discount_bp: Annotated[
        int | None,
        typer.Option("--discount-bp", metavar="N", help=_("Off the price; 500 is 5%.")),
    ] = None,
    bonus_bp: Annotated[
        int | None,
        typer.Option("--bonus-bp", metavar="N", help=_("Bonus on every top-up; 200 is 2%.")),
    ] = None,
    rename: Annotated[
        str | None, typer.Option("--rename", metavar="NAME", help=_("A new name."))
    ] = None,
    key: Key = None,
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    from crm_tui.services.money.members import levels as actions

    def act(work: UnitOfWork) -> Document:
        actions.set_level(
            work,
            name,
            threshold_fen=threshold_fen,
            discount_bp=discount_bp,
            bonus_bp=bonus_bp,
            new_name=rename,
        )
        return _levels(work)

    request = ["members set-level", name, threshold_fen, discount_bp, bonus_bp, rename]
    answer(write(act, key=key, request=request, dry_run=dry_run), as_json, _show_levels)


@app.command("remove-level", help=_("Do away with a level; its members fall to the one below."))
def remove_level(
    name: Name, key: Key = None, dry_run: DryRun = False, as_json: Json = False
) -> None:
    from crm_tui.services.money.members import levels as actions

    def act(work: UnitOfWork) -> Document:
        members = actions.remove_level(work, name)
        return {"removed": name, "members": members, **_levels(work)}

    def show(document: Document) -> None:
        count = document["members"]
        says = ngettext("{level} had {count} member.", "{level} had {count} members.", count)
        line(says.format(level=document["removed"], count=count))
        _show_levels(document)

    request = ["members remove-level", name]
    answer(write(act, key=key, request=request, dry_run=dry_run), as_json, show)


def _member(work: ReadWork, customer_id: int) -> Document:
    from crm_tui.services.money.members import reads

    return {"member": reads.document(reads.member(work, customer_id), work.calendar().zone)}


def _booked(work: ReadWork, customer_id: int, done: Any) -> Document:
    return {
        "payment_id": done.payment_id,
        "amount_fen": done.parts.paid_fen,
        "bonus_fen": done.parts.bonus_fen,
        **_member(work, customer_id),
    }


def _levels(work: ReadWork) -> Document:
    from crm_tui.services.money.members import reads

    return {"levels": reads.level_documents(reads.levels(work))}


def _show_booked(document: Document) -> None:
    says = _("¥{amount} and ¥{bonus} of bonus").format(
        amount=yuan(document["amount_fen"]), bonus=yuan(document["bonus_fen"])
    )
    line(says)
    _show_member(document)
    _note_dry(document)


def _show_member(document: Document) -> None:
    member = document["member"]
    says = member_line(member) or _("no stored value")
    line(f"{member['no']} · {member['nick']} · {says}")


def _show_levels(document: Document) -> None:
    rows = [
        (
            each["name"],
            yuan(each["threshold_fen"]),
            f"{each['discount_bp'] / 100:g}%",
            f"{each['bonus_bp'] / 100:g}%",
        )
        for each in document["levels"]
    ]
    columns = (_("Level"), _("Topped up"), _("Discount"), _("Bonus"))
    table(columns, rows, empty=_("There are no membership levels yet."))
    _note_dry(document)


def _show_liability(document: Document) -> None:
    from crm_tui.services.money.members.liability import age_says

    line(
        _("Owed to customers at {at}: ¥{balance}, of which ¥{paid} paid and ¥{bonus} bonus").format(
            at=document["at"][:16].replace("T", " "),
            balance=yuan(document["balance_fen"]),
            paid=yuan(document["paid_fen"]),
            bonus=yuan(document["bonus_fen"]),
        )
    )
    limits = [each["up_to_days"] for each in document["ages"]]
    ages = [
        (age_says(after, limit), yuan(each["paid_fen"]), yuan(each["bonus_fen"]))
        for after, limit, each in zip([None, *limits], limits, document["ages"], strict=False)
    ]
    table((_("Age"), _("Paid part"), _("Bonus")), ages, empty="")
    customers = document["customers"]
    rows = [
        (each["no"], each["nick"], *(yuan(each[part]) for part in ("paid_fen", "bonus_fen")))
        for each in customers[:SHOWN]
    ]
    columns = (_("Number"), _("Nickname"), _("Paid part"), _("Bonus"))
    table(columns, rows, empty=_("Nobody has stored value."))
    if len(customers) > SHOWN:
        note(_("The {count} who have most; --json has all.").format(count=SHOWN))


def _note_dry(document: Document) -> None:
    if document.get("dry_run"):
        note(_("Nothing was changed: this was a dry run."))
