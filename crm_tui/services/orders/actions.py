"""What can be done to an order: every move of the state table, and the money that comes in.

Each function does one thing in the caller's unit of work and records its event. All of them take
the order's number; all raise :class:`NotFound` for an unknown one, :class:`NotAllowed` for a move
that the table does not have, and :class:`Conflict` where somebody else was at the order meanwhile.
Amounts are fen, durations minutes.
"""

from __future__ import annotations

from sqlalchemy import insert, select, update
from sqlmodel import col

from crm_tui.core.errors import Duplicate, Invalid, Refused
from crm_tui.core.language import _
from crm_tui.core.money import yuan
from crm_tui.core.permissions import Permission, may
from crm_tui.core.words import (
    BillingUnit,
    DispatchMode,
    OfferState,
    OrderStatus,
    PayChannel,
    PaymentKind,
    SessionEnd,
)
from crm_tui.models import Assignment, Customer, Payment, Rating
from crm_tui.services.customers.states import may_be_served, may_use_balance
from crm_tui.services.dispatch import offers
from crm_tui.services.orders import staffing
from crm_tui.services.orders.billing import amount_fen as price_of
from crm_tui.services.orders.billing import whole_minutes
from crm_tui.services.orders.intake import (
    LONGEST_MINUTES,
    NewOrder,
    answer_within,
    booked_ahead,
    take,
)
from crm_tui.services.orders.moves import (
    Held,
    amend,
    hold,
    move,
    not_allowed,
    not_available,
    require,
    tell,
)
from crm_tui.services.orders.rounding import rule_in_force
from crm_tui.services.orders.rules import WAITING
from crm_tui.services.orders.staffing import Candidate
from crm_tui.services.tags import rule_sets
from crm_tui.storage.store import UnitOfWork

__all__ = [
    "NewOrder",
    "assign",
    "cancel",
    "confirm",
    "create",
    "finish",
    "give",
    "hand_over",
    "pause",
    "pay",
    "release",
    "reopen",
    "resume",
    "start",
]


def create(work: UnitOfWork, new: NewOrder) -> int:
    """Take an order; with a named companion in direct mode it is theirs at once. Answers its id.

    One that is booked ahead waits, so that the companion named is free until then.

    Raises :class:`Invalid`, :class:`NotFound`, and :class:`Refused` for a blocked or minor
    customer or a companion who is bound elsewhere.
    """
    held, named = take(work, new)
    ahead = booked_ahead(new, work.clock.now())
    if named is not None and held.mode is DispatchMode.DIRECT and not ahead:
        give(work, held, named, kind="order.assigned")
    return held.id


def assign(
    work: UnitOfWork,
    no: str,
    companion_id: int,
    expected_version: int | None = None,
    score: float | None = None,
) -> None:
    """Give a waiting order to a companion; offers of it that stand are lost.

    Raises :class:`Taken` where somebody has it, :class:`Refused` where the companion is bound by
    another order, kept from the customer, or has left.
    """
    held = hold(work, no, expected_version)
    if held.status not in WAITING:
        raise not_available(work, held)
    offers.answer(work, held.id, companion_id, OfferState.ACCEPTED)
    give(work, held, staffing.candidate(work, companion_id), kind="order.assigned", score=score)


def give(
    work: UnitOfWork, held: Held, who: Candidate, *, kind: str, score: float | None = None
) -> None:
    """Bind a held, waiting order to ``who`` and end every open offer of it: the one way in."""
    moved = move(work, held, OrderStatus.ACCEPTED, accepted_at=work.clock.now())
    staffing.bind(work, held, who, score)
    if held.status is OrderStatus.OFFERED:
        offers.close_all(work, held.id, OfferState.LOST)
    tell(work, moved, kind, companion_id=who.id, score=score)


def start(work: UnitOfWork, no: str, expected_version: int | None = None) -> None:
    """Begin the service: the clock runs from now. Raises :class:`Refused` for a minor."""
    held = hold(work, no, expected_version)
    require(held, {OrderStatus.ACCEPTED})
    may_be_served(work, held.customer_id)
    begun = held.started_at or work.clock.now()
    moved = move(work, held, OrderStatus.SERVING, started_at=begun)
    _run_clock(work, moved)
    tell(work, moved, "order.started")


def pause(work: UnitOfWork, no: str, expected_version: int | None = None) -> None:
    """Stop the clock; the order stays in service. Raises :class:`Refused` if it stands already."""
    held = hold(work, no, expected_version)
    require(held, {OrderStatus.SERVING})
    if not staffing.close_session(work, held.id, SessionEnd.PAUSED):
        raise Refused(why=_("{no} is paused already.").format(no=held.no), reason="paused")
    tell(work, amend(work, held), "order.paused")


def resume(work: UnitOfWork, no: str, expected_version: int | None = None) -> None:
    """Let the clock run on. Raises :class:`Refused` if it is running."""
    held = hold(work, no, expected_version)
    require(held, {OrderStatus.SERVING})
    _run_clock(work, held)
    tell(work, amend(work, held), "order.resumed")


def finish(
    work: UnitOfWork, no: str, minutes: int | None = None, expected_version: int | None = None
) -> None:
    """End the service and bill it: ``minutes`` as given, else as measured and rounded by the rule.

    The amount follows the minutes where the order is billed by the hour and no price was agreed.
    """
    if minutes is not None and not 0 <= minutes <= LONGEST_MINUTES:
        expected = _("minutes, 0 to {most}").format(most=LONGEST_MINUTES)
        raise Invalid(field="minutes", value=minutes, expected=expected)
    held = hold(work, no, expected_version)
    now = work.clock.now()
    rule = rule_in_force(work, held.store_id)
    served = staffing.served(work, held.id, now)
    billed = rule.billable_minutes(served) if minutes is None else minutes
    by_the_minute = held.billing_unit is BillingUnit.HOURLY and not held.price_agreed
    amount = price_of(held.rate_fen, billed) if by_the_minute else held.amount_fen
    moved = move(
        work,
        held,
        OrderStatus.CONFIRMING,
        finished_at=now,
        billed_minutes=billed,
        amount_fen=amount,
    )
    staffing.unbind(work, held.id, SessionEnd.FINISHED)
    tell(
        work,
        moved,
        "order.finished",
        served_minutes=whole_minutes(served),
        billed_minutes=billed,
        amount_fen=amount,
        rule=f"{rule.name}@{rule.version}" if minutes is None else "",
    )


def reopen(work: UnitOfWork, no: str, expected_version: int | None = None) -> None:
    """Back into service: it was reported too early. The clock runs on from now.

    Raises :class:`Refused` where the companion serves another order meanwhile.
    """
    held = hold(work, no, expected_version)
    require(held, {OrderStatus.CONFIRMING})
    moved = move(work, held, OrderStatus.SERVING, finished_at=None, billed_minutes=None)
    serving = staffing.bind_again(work, held)
    if serving is None:
        raise Refused(why=_("Nobody has served {no}.").format(no=held.no), reason="unserved")
    staffing.open_session(work, moved, serving)
    tell(work, moved, "order.reopened")


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
    moved = _complete(work, held) if covered else move(work, held, OrderStatus.UNPAID)
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
    outside number that is booked, :class:`Refused` for more than is owed and for a minor's balance.
    """
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
    paid = held.paid_fen + amount_fen
    settled = held.status is OrderStatus.UNPAID and paid >= held.amount_fen
    moved = _complete(work, held, paid_fen=paid) if settled else amend(work, held, paid_fen=paid)
    _book(work, held, channel, amount_fen, external_ref)
    tell(work, moved, "order.paid", amount_fen=amount_fen, channel=channel.value, paid_fen=paid)
    if settled:
        _tell_completed(work, moved)


def cancel(work: UnitOfWork, no: str, reason: str, expected_version: int | None = None) -> None:
    """Call an order off before it is served; or write an unpaid one off, which takes a manager.

    Money that was paid stays booked on the order until it is refunded; the event says how much.
    """
    held = hold(work, no, expected_version)
    if held.status is OrderStatus.UNPAID and not may(work.actor.role, Permission.WRITE_OFF):
        raise Refused(why=_("Only a manager may write off an unpaid order."), reason="role")
    now = work.clock.now()
    moved = move(work, held, OrderStatus.CANCELLED, cancelled_at=now, cancel_reason=reason)
    staffing.unbind(work, held.id, SessionEnd.WITHDRAWN)
    offers.close_all(work, held.id, OfferState.RECALLED)
    tell(work, moved, "order.cancelled", reason=reason, paid_fen=held.paid_fen)


def release(work: UnitOfWork, no: str, reason: str, expected_version: int | None = None) -> None:
    """The companion withdrew before starting: the order waits again, with a new promised answer."""
    held = hold(work, no, expected_version)
    require(held, {OrderStatus.ACCEPTED})
    serving = staffing.current(work, held.id)
    moved = _back_to_waiting(work, held)
    staffing.unbind(work, held.id, SessionEnd.WITHDRAWN)
    companion_id = serving.companion_id if serving else None
    tell(work, moved, "order.released", companion_id=companion_id, reason=reason)


def hand_over(
    work: UnitOfWork,
    no: str,
    companion_id: int | None = None,
    expected_version: int | None = None,
) -> None:
    """End one companion's part of the service and give the rest to another.

    The part served is measured and kept, and is billed with the rest. Without ``companion_id``
    the order waits for dispatch.
    """
    held = hold(work, no, expected_version)
    require(held, {OrderStatus.SERVING})
    serving = staffing.current(work, held.id)
    if serving and serving.companion_id == companion_id:
        raise Refused(why=_("That companion serves the order already."), reason="same")
    moved = _back_to_waiting(work, held)
    staffing.unbind(work, held.id, SessionEnd.HANDED_OVER)
    served = staffing.served(work, held.id, work.clock.now())
    from_id = serving.companion_id if serving else None
    minutes = whole_minutes(served)
    tell(work, moved, "order.handed_over", companion_id=from_id, served_minutes=minutes)
    if companion_id is not None:
        give(work, moved, staffing.candidate(work, companion_id), kind="order.assigned")


def _run_clock(work: UnitOfWork, held: Held) -> None:
    serving = staffing.current(work, held.id)
    if serving is None:
        raise Refused(why=_("Nobody is assigned to {no}.").format(no=held.no), reason="unserved")
    staffing.open_session(work, held, serving)


def _back_to_waiting(work: UnitOfWork, held: Held) -> Held:
    due = work.clock.now() + answer_within(work, held.store_id)
    return move(work, held, OrderStatus.PENDING, accepted_at=None, due_at=due)


def _complete(work: UnitOfWork, held: Held, **values: int) -> Held:
    """Close the order as done, and count it for the customer, whose rule-set tags follow."""
    now = work.clock.now()
    moved = move(work, held, OrderStatus.COMPLETED, completed_at=now, **values)
    work.session.connection().execute(
        update(Customer)
        .where(col(Customer.id) == held.customer_id)
        .values(order_count=col(Customer.order_count) + 1, last_order_at=now)
    )
    rule_sets.refresh(work, [held.customer_id])
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
    finished = select(col(Assignment.companion_id)).where(
        col(Assignment.order_id) == held.id, col(Assignment.outcome) == SessionEnd.FINISHED
    )
    for companion_id in set(work.session.connection().execute(finished).scalars()):
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


def _book(
    work: UnitOfWork, held: Held, channel: PayChannel, amount: int, external_ref: str | None
) -> None:
    another = Duplicate(field=channel.label, value=external_ref, owner=_("another payment"))
    with work.on_violation({"uq_payment_channel_external_ref": another}):
        work.session.connection().execute(
            insert(Payment),
            {
                "store_id": held.store_id,
                "order_id": held.id,
                "customer_id": held.customer_id,
                "kind": PaymentKind.PAYMENT,
                "channel": channel,
                "amount_fen": amount,
                "external_ref": external_ref or None,
                "paid_at": work.clock.now(),
                "taken_by": work.actor.login,
            },
        )
