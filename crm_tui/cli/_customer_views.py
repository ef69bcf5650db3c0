"""Customers as commands answer them: the document of one customer, and how a person sees them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from crm_tui.cli._order_views import minute
from crm_tui.cli._run import Document, line, table
from crm_tui.core.language import _, joined
from crm_tui.core.money import yuan
from crm_tui.core.words import (
    ContactChannel,
    ContactDirection,
    IdentityKind,
    OrderStatus,
    TaskKind,
)

if TYPE_CHECKING:
    from crm_tui.core.words import Role
    from crm_tui.storage.store import ReadWork


def profile_document(
    work: ReadWork, customer_id: int, role: Role | None, history: int = 50
) -> Document:
    """All that is known of a customer, as ``role`` may see it; times on the store's clock."""
    from crm_tui.services.customers import reads

    page = reads.profile(work, customer_id, history, role)
    return reads.document(page, work.clock.now(), work.calendar(page.store_id).zone)


def show_found(document: Document) -> None:
    """A table of the customers who were found, and by what."""
    from crm_tui.services.customers.marks import label

    columns = (_("Number"), _("Nickname"), _("Full name"), _("Phone"), _("WeChat"), _("Tags"))
    rows = [
        (
            *(each[name] for name in ("no", "nick", "name", "phone", "wechat", "tags")),
            each["orders"],
            (each["last_order_at"] or "")[:10],
            label(each["matched"]),
        )
        for each in document["customers"]
    ]
    shown = (*columns, _("Orders"), _("Last order"), _("Found by"))
    table(shown, rows, empty=_("Nobody fits."))


def show_profile(document: Document) -> None:
    """One customer: who they are, what they come to, what is to be done, the history."""
    for text in (*_who(document), *_figures(document), *_whom(document)):
        if text:
            line(text)
    for task in document["tasks"]:
        if task["state"] == "open":
            due = minute(task["due_at"]) if task["due_at"] else "-"
            line(f"  {due}  {TaskKind(task['kind']).label}  {task['title']}  {task['owner'] or ''}")
    for each in document["interactions"][:5]:
        how = f"{ContactChannel(each['channel']).label} {ContactDirection(each['direction']).label}"
        line(f"  {minute(each['at'])}  {how}  {each['summary']}  {each['noted_by']}")
    _show_history(document["history"])


def _who(document: Document) -> Iterator[str]:
    flags = {
        "blocked": _("blocked"),
        "do_not_contact": _("do not contact"),
        "minor": _("minor"),
    }
    marks = [word for flag, word in flags.items() if document[flag]]
    yield " · ".join(filter(None, (document["no"], document["nick"], document["name"], *marks)))
    known = [
        *(f"{IdentityKind(each['kind']).label} {each['value']}" for each in document["identities"]),
        *(f"#{each['name']}" for each in document["tags"]),
        document["city"],
    ]
    yield "  ".join(filter(None, known))
    yield "  ".join(f"{key}={value}" for key, value in document["fields"].items() if value)
    yield document["note"]


def _figures(document: Document) -> Iterator[str]:
    stats, balance, scores = document["stats"], document["balance"], document["scores"]
    yield _("{orders} orders · {spent} yuan · on average {average} · tips {tips}").format(
        orders=stats["orders"],
        spent=yuan(stats["spent_fen"]),
        average=yuan(stats["average_fen"]),
        tips=yuan(stats["tips_fen"]),
    )
    if scores["r"]:
        scored = " ".join(f"{name.upper()}{score}" for name, score in scores.items())
        yield f"{document['tier']} {scored}"
    yield member_line(document["member"])
    if balance["owed_fen"]:
        yield _("owes ¥{amount}").format(amount=yuan(balance["owed_fen"]))
    if balance["overpaid_fen"]:
        yield _("¥{amount} paid too much").format(amount=yuan(balance["overpaid_fen"]))


def member_line(member: Document) -> str:
    """What a customer paid ahead and the level that it earned them; empty for who never did."""
    parts = []
    if member["balance_fen"] or member["topped_up_fen"]:
        parts.append(
            _("balance ¥{balance}: ¥{paid} paid, ¥{bonus} bonus").format(
                balance=yuan(member["balance_fen"]),
                paid=yuan(member["paid_fen"]),
                bonus=yuan(member["bonus_fen"]),
            )
        )
    if member["level"]:
        percent = f"{member['discount_bp'] / 100:g}"
        parts.append(_("{level}, {percent}% off").format(level=member["level"], percent=percent))
    if member["next_level"] and member["topped_up_fen"]:
        missing = yuan(member["missing_fen"])
        parts.append(_("¥{missing} to {level}").format(missing=missing, level=member["next_level"]))
    return " · ".join(parts)


def _whom(document: Document) -> Iterator[str]:
    for key, label in (("preferred", _("Prefers")), ("refused", _("Kept from"))):
        if document[key]:
            yield f"{label} " + joined(each["companion"] for each in document[key])


def _show_history(orders: list[Document]) -> None:
    columns = (_("Order"), _("Ordered at"), _("Status"), _("Game"), _("Companion"), _("Minutes"))
    rows = [
        (
            order["no"],
            order["created_at"][:16].replace("T", " "),
            OrderStatus(order["status"]).label,
            order["game"],
            order["companion"],
            order["billed_minutes"] or order["planned_minutes"],
            yuan(order["amount_fen"]),
            order.get("rating"),
        )
        for order in orders
    ]
    table((*columns, _("Amount"), _("Rating")), rows, empty=_("No orders yet."))
