"""What the order in a form would cost, and who would get what of it: seen while typing (N3)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from crm_tui.core.language import _
from crm_tui.core.money import yuan
from crm_tui.core.words import BillingUnit, OrderKind, OrderStatus

if TYPE_CHECKING:
    from crm_tui.services.orders.intake import Quote
    from crm_tui.storage.store import ReadWork

FIELDS = ("minutes", "places", "companion", "level", "price", "customer", "kind")
"""The fields on which the price depends."""
MAY_BE_MISSING = frozenset({"customer", "kind"})
"""Whom nobody chose yet is no member; an unfinished kind is the usual one."""


def price_line(values: Mapping[str, Any], work: ReadWork) -> str:
    """The price of what stands in the form, by :data:`FIELDS`, and for a named companion how it
    would be split; on a worker thread. Raises :class:`NotFound` and :class:`Refused` for the
    companion."""
    from crm_tui.services.orders.intake import quote

    quoted = quote(
        work,
        values["minutes"],
        values["companion"],
        values["level"],
        values["places"] or 1,
        values["customer"],
    )
    agreed = values["price"]
    text = _in_words(quoted, agreed)
    if values["companion"] is None:
        return text
    return f"{text}\n{_split(values, quoted, work)}"


def _in_words(quoted: Quote, agreed: int | None) -> str:
    if agreed is not None:
        return _("Price ¥{amount}, as agreed").format(amount=yuan(agreed))
    text = _("Price ¥{amount}, at ¥{rate} an hour").format(
        amount=yuan(quoted.amount_fen), rate=yuan(quoted.rate_fen)
    )
    if quoted.discount_bp:
        text += _("; ¥{listed} by the list, {percent}% off for the member").format(
            listed=yuan(quoted.list_fen), percent=f"{quoted.discount_bp / 100:g}"
        )
    return text


def _split(values: Mapping[str, Any], quoted: Quote, work: ReadWork) -> str:
    from crm_tui.models import MAIN_STORE
    from crm_tui.services.money.splits.preview import of_new_order
    from crm_tui.services.orders.parts import Priced

    order = Priced(
        id=0,
        store_id=MAIN_STORE,
        kind=values["kind"] or OrderKind.COMPANION,
        status=OrderStatus.PENDING,
        places=values["places"] or 1,
        planned_minutes=values["minutes"],
        billed_minutes=None,
        billing_unit=BillingUnit.HOURLY,
        rate_fen=quoted.rate_fen,
        amount_fen=quoted.amount_fen if values["price"] is None else values["price"],
        completed_at=None,
        cancelled_at=None,
    )
    return of_new_order(work, order, values["companion"]).text
