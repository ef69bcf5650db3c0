"""The end of an order: the customer confirms and pays, or it is called off.

Errors as in :mod:`.actions`.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import insert, update
from sqlmodel import col

from crm_tui.core.errors import Invalid, Refused
from crm_tui.core.language import _
from crm_tui.core.money import yuan
from crm_tui.core.permissions import Permission, may
from crm_tui.core.words import OfferState, OrderStatus, PayChannel, PaymentKind, SessionEnd
from crm_tui.models import Customer, Rating
from crm_tui.services.companions import credit
from crm_tui.services.customers.states import may_use_balance
from crm_tui.services.dispatch import offers
from crm_tui.services.orders import payments, reservations, staffing
from crm_tui.services.orders.moves import Held, amend, hold, move, not_allowed, require, tell
from crm_tui.services.tags import rule_sets
from crm_tui.storage.store import UnitOfWork


def confirm(
    work: UnitOfWork,
    no: str,
    rating: int | None = None,
    comment: str = "",
    expected_version: int | None = None,
) -> None:
    """The customer agrees: completed if nothing is left to pay, else unpaid.

    ``rating`` (1–5) goes to whoever finished the service.
    """
    if rating is not None and not 1 <= rating <= 5:
        raise Invalid(field="rating", value=rating, expected=_("a whole number, 1 to 5"))
    held = hold(work, no, expected_version)
    require(held, {OrderStatus.CONFIRMING})
    covered = held.paid_fen >= held.amount_fen
    now = work.clock.now()
    moved = (
        _complete(work, held, now, confirmed_at=now)
        if covered
        else move(work, held, OrderStatus.UNPAID, confirmed_at=now)
    )
    if rating is not None:
        _rate(work, held, rating, comment)
    tell(work, moved, "order.confirmed", rating=rating)
    if covered:
        _tell_completed(work, moved)


def pay(
    work: UnitOfWork,
    no: str,
    channel: PayChannel,
    amount_fen: int,
    external_ref: str | None = None,
    expected_version: int | None = None,
) -> None:
    """Book a payment, whole or in part, at any time before the order is closed.

    An unpaid order is completed by the payment that covers it. Raises :class:`Duplicate` for an
    outside number that is booked, :class:`Refused` for more than is owed, for a minor's balance
    and for one that does not suffice.
    """
    from crm_tui.services.money import order_books  # not before the board is shown

    if amount_fen <= 0:
        raise Invalid(field="amount_fen", value=amount_fen, expected=_("fen, 1 or more"))
    held = hold(work, no, expected_version)
    if held.status in (OrderStatus.COMPLETED, OrderStatus.CANCELLED):
        raise not_allowed(held)
    owed = held.amount_fen - held.paid_fen
    if amount_fen > owed:
        why = _("{no} owes ¥{owed}, not ¥{amount}.").format(
            no=held.no, owed=yuan(max(owed, 0)), amount=yuan(amount_fen)
        )
        raise Refused(why=why, reason="overpaid", owed_fen=max(owed, 0))
    if channel is PayChannel.BALANCE:
        may_use_balance(work, held.customer_id)
    now, paid = work.clock.now(), held.paid_fen + amount_fen
    settled = held.status is OrderStatus.UNPAID and paid >= held.amount_fen
    payment_id = payments.book(
        work, held, PaymentKind.PAYMENT, channel, amount_fen, now, external_ref=external_ref
    )
    order_books.paid(work, held, payment_id, channel, amount_fen, now)
    moved = (
        _complete(work, held, now, paid_fen=paid) if settled else amend(work, held, paid_fen=paid)
    )
    tell(work, moved, "order.paid", amount_fen=amount_fen, channel=channel.value, paid_fen=paid)
    if settled:
        _tell_completed(work, moved)


def cancel(work: UnitOfWork, no: str, reason: str, expected_version: int | None = None) -> None:
    """Call an order off before it is served; or write an unpaid one off, which takes a manager.

    Money that was paid for an order that was not served stays booked on it until it is refunded;
    the event says how much. A part that was served before a hand-over earns nothing by itself, as
    the customer may have all of it back: what it is worth to the studio, a manager gives with the
    settlement, as an adjustment with its reason. What is owed for a served one is lost: who served
    it gets their part.
    """
    from crm_tui.services.money import order_books  # not before the board is shown

    held = hold(work, no, expected_version)
    if held.status is OrderStatus.UNPAID and not may(work.actor.role, Permission.WRITE_OFF):
        raise Refused(why=_("Only a manager may write off an unpaid order."), reason="role")
    now = work.clock.now()
    moved = move(work, held, OrderStatus.CANCELLED, cancelled_at=now, cancel_reason=reason)
    staffing.unbind(work, held.id, SessionEnd.WITHDRAWN)
    offers.close_all(work, held.id, OfferState.RECALLED)
    if held.start_at is not None:
        reservations.drop(work, held)
    lost = {}
    if held.status is OrderStatus.UNPAID:
        lost["written_off_fen"] = order_books.written_off(work, moved, now)
    tell(
        work,
        moved,
        "order.cancelled",
        companions=[],
        reason=reason,
        paid_fen=held.paid_fen,
        **lost,
    )


def _complete(work: UnitOfWork, held: Held, now: datetime, **values: int | datetime) -> Held:
    """Close the order as done, in the books too, and count it for the customer, whose rule-set
    tags follow."""
    from crm_tui.services.money import order_books  # not before the board is shown

    moved = move(work, held, OrderStatus.COMPLETED, completed_at=now, **values)
    order_books.completed(work, moved, now)
    work.session.connection().execute(
        update(Customer)
        .where(col(Customer.id) == held.customer_id)
        .values(order_count=col(Customer.order_count) + 1, last_order_at=now)
    )
    rule_sets.refresh(work, [held.customer_id])
    served = (one.companion_id for one in staffing.finishers(work, held.id))
    credit.for_completion(work, held.id, served)
    return moved


def _tell_completed(work: UnitOfWork, held: Held) -> None:
    tell(
        work,
        held,
        "order.completed",
        customer_id=held.customer_id,
        amount_fen=held.amount_fen,
        paid_fen=held.paid_fen,
    )


def _rate(work: UnitOfWork, held: Held, overall: int, comment: str) -> None:
    """Note the rating for everybody who finished the service of the order."""
    for companion_id in sorted({one.companion_id for one in staffing.finishers(work, held.id)}):
        work.session.connection().execute(
            insert(Rating),
            {
                "store_id": held.store_id,
                "order_id": held.id,
                "companion_id": companion_id,
                "overall": overall,
                "comment": comment,
                "rated_at": work.clock.now(),
            },
        )
        credit.for_rating(work, held.id, companion_id, overall)
