"""Orders as commands answer them: the documents of one order, and how a person sees them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from crm_tui.cli._custom import field_values, show_fields
from crm_tui.cli._run import Document, line, say_if_tried, table
from crm_tui.core.actor import by
from crm_tui.core.language import _
from crm_tui.core.money import yuan
from crm_tui.core.text import listed
from crm_tui.core.words import OfferState, OrderStatus, PayChannel, PaymentKind

if TYPE_CHECKING:
    from crm_tui.services.orders.history import OrderDetail
    from crm_tui.storage.store import ReadWork


def order_document(work: ReadWork, no: str) -> Document:
    """``{"order": …}``, as it stands now."""
    from crm_tui.services.orders import reads

    row = reads.one(work, no)
    order = reads.document(row, work.calendar(row.store_id).zone)
    return {"order": order | {"fields": field_values(work, "order", row.id)}}


def detail_document(work: ReadWork, detail: OrderDetail) -> Document:
    """Everything of one order; times on the store's clock."""
    from crm_tui.services.orders import reads

    zone = work.calendar(detail.order.store_id).zone

    def plain(row: Any) -> Document:
        values = {name: getattr(row, name) for name in row.__slots__}
        return {
            name: value.astimezone(zone).isoformat() if hasattr(value, "astimezone") else value
            for name, value in values.items()
        }

    split = detail.split
    return {
        "order": reads.document(detail.order, zone)
        | {
            "purchase": detail.purchase,
            "fields": field_values(work, "order", detail.order.id),
        },
        "history": [plain(row) for row in detail.history],
        "offers": [plain(row) for row in detail.offers],
        "sessions": [plain(row) for row in detail.sessions],
        "served": [plain(row) for row in detail.served],
        "payments": [plain(row) for row in detail.payments],
        "split": {**plain(split), "explanation": detail.explanation} if split else None,
    }


def show_order(document: Document) -> None:
    """One order on one line."""
    order = document["order"]
    parts = [
        order["no"],
        _status(order),
        order["customer"],
        order["game"],
        _companions(order) or "–",
        _("{count} min").format(count=_minutes(order)),
        f"¥{yuan(order['amount_fen'])}",
    ]
    if order["discount_bp"]:
        parts.append(_("{percent}% off").format(percent=f"{order['discount_bp'] / 100:g}"))
    served = order["billed_minutes"] is not None
    if order["status"] == OrderStatus.CANCELLED and order["paid_fen"] and not served:
        parts.append(_("¥{paid} was paid and is to be given back").format(paid=_yuan(order)))
    elif order["status"] == OrderStatus.COMPLETED and order["paid_fen"] > order["amount_fen"]:
        beyond = yuan(order["paid_fen"] - order["amount_fen"])
        text = _("¥{paid} paid, ¥{beyond} of it beyond the price and to be given back")
        parts.append(text.format(paid=_yuan(order), beyond=beyond))
    elif order["paid_fen"]:
        parts.append(_("¥{paid} paid").format(paid=_yuan(order)))
    line(" · ".join(parts))
    show_fields(order["fields"])
    say_if_tried(document)


def show_orders(document: Document) -> None:
    """A table of orders."""
    columns = (
        _("Order"),
        _("Status"),
        _("Customer"),
        _("Game"),
        _("Companion"),
        _("Minutes"),
        _("Amount"),
        _("Taken"),
    )
    rows = [
        (
            order["no"],
            _status(order),
            order["customer"],
            order["game"],
            _companions(order),
            _minutes(order),
            yuan(order["amount_fen"]),
            minute(order["created_at"]),
        )
        for order in document["orders"]
    ]
    table(columns, rows, empty=_("No orders."))
    if document["total"] > len(rows):
        shown = _("{shown} of {total} shown; --limit shows more.")
        line(shown.format(shown=len(rows), total=document["total"]))


def show_detail(document: Document) -> None:
    """One order with its history, offers, service and money."""
    show_order(document)
    if document["order"]["note"]:
        line(document["order"]["note"])
    for each in document["history"]:
        line(f"  {minute(each['at'])}  {each['text']}  {by(each['actor'])}")
    for each in document["offers"]:
        state = OfferState(each["state"]).label
        tier = _("tier {tier}").format(tier=each["tier"])
        line(f"  {tier}  {each['companion']}  {state}  {each['score']:.2f}  {each['reason']}")
    for each in document["sessions"]:
        ended = minute(each["ended_at"]) if each["ended_at"] else _("now")
        line(f"  {each['companion']}  {minute(each['started_at'])} – {ended}")
    if len(document["served"]) > 1:
        for each in document["served"]:
            line(f"  {each['companion']}  {_('{count} min').format(count=each['served_minutes'])}")
    for each in document["payments"]:
        kind, channel = PaymentKind(each["kind"]).label, PayChannel(each["channel"]).label
        outside = each["external_ref"] or ""
        line(f"  {kind}  {channel}  ¥{yuan(each['amount_fen'])}  {outside}")
    if document["split"]:
        line(f"  {document['split']['explanation']}")


def _status(order: Mapping[str, Any]) -> str:
    label = OrderStatus(order["status"]).label
    if order["disconnected"]:
        return _("{status}, connection lost").format(status=label)
    return _("{status}, paused").format(status=label) if order["paused"] else label


def _companions(order: Mapping[str, Any]) -> str:
    """Who serves it, or who is kept for it; and how many are still wanted of several."""
    parts = [order["companion"]] if order["companion"] else []
    if order["reserved"]:
        parts.append(f"[{listed(one['nick'] for one in order['reserved'])}]")
    if order["places"] > 1 and order["status"] in (OrderStatus.PENDING, OrderStatus.OFFERED):
        filled = len(order["companions"]) + len(order["reserved"])
        parts.append(_("{filled} of {places}").format(filled=filled, places=order["places"]))
    return " ".join(parts)


def _minutes(order: Mapping[str, Any]) -> int:
    billed: int | None = order["billed_minutes"]
    return int(order["planned_minutes"]) if billed is None else billed


def _yuan(order: Mapping[str, Any]) -> str:
    return yuan(order["paid_fen"])


def minute(instant: str) -> str:
    """``2026-09-21T23:04:11+08:00`` → ``09-21 23:04``."""
    return instant[5:16].replace("T", " ")
