"""Orders agree with what hangs on them: assignments, sessions, offers, payments."""

from __future__ import annotations

from sqlalchemy import case, func
from sqlalchemy.orm import aliased
from sqlmodel import col, select
from sqlmodel.sql.expression import SelectOfScalar

from crm_tui.core.language import N_
from crm_tui.core.words import OfferState, OrderStatus, PaymentKind
from crm_tui.models import (
    Assignment,
    Companion,
    DispatchRound,
    Offer,
    Order,
    Payment,
    Reservation,
)
from crm_tui.models import ServiceSession as Session
from crm_tui.services.upkeep.findings import Rule

_Refunded = aliased(Payment)
_STAFFED = (OrderStatus.ACCEPTED, OrderStatus.SERVING)
_WAITING = (OrderStatus.PENDING, OrderStatus.OFFERED)


def _unstaffed() -> SelectOfScalar[str]:
    """Accepted or served, and not one open assignment for each place; waiting, and no place free;
    or an assignment where none belongs."""
    standing = (
        select(func.count())
        .select_from(Assignment)
        .where(Assignment.order_id == Order.id, col(Assignment.ended_at).is_(None))
        .scalar_subquery()
    )
    least = case((col(Order.status).in_(_STAFFED), col(Order.places)), else_=0)
    most = case((col(Order.status).in_(_WAITING), col(Order.places) - 1), else_=least)
    return select(col(Order.no)).where((standing < least) | (standing > most))


def _kept_in_vain() -> SelectOfScalar[str]:
    """Somebody is kept for an order that does not wait, or for more places than are free."""
    return (
        select(col(Order.no))
        .join(Reservation, col(Reservation.order_id) == Order.id)
        .where(
            col(Order.status).not_in(_WAITING)
            | col(Order.start_at).is_(None)
            | (col(Reservation.place) > col(Order.places))
        )
        .distinct()
    )


def _served_out_of_turn() -> SelectOfScalar[str]:
    """A session runs though its order is not being served, or its assignment has ended."""
    return (
        select(col(Order.no))
        .join(Session, col(Session.order_id) == Order.id)
        .join(Assignment, col(Assignment.id) == Session.assignment_id)
        .where(
            col(Session.ended_at).is_(None),
            (col(Order.status) != OrderStatus.SERVING) | col(Assignment.ended_at).is_not(None),
        )
    )


def _strange_session() -> SelectOfScalar[str]:
    """A session that names another order or companion than its assignment."""
    return (
        select(col(Order.no))
        .join(Session, col(Session.order_id) == Order.id)
        .join(Assignment, col(Assignment.id) == Session.assignment_id)
        .where(
            (col(Assignment.order_id) != Session.order_id)
            | (col(Assignment.companion_id) != Session.companion_id)
        )
    )


def _offers_astray() -> SelectOfScalar[str]:
    """Offered without an open offer, or an open offer on an order that is not offered."""
    stands = (
        select(Offer.id)
        .where(Offer.order_id == Order.id, col(Offer.state) == OfferState.OPEN)
        .exists()
    )
    offered = col(Order.status) == OrderStatus.OFFERED
    return select(col(Order.no)).where((offered & ~stands) | (~offered & stands))


def _offers_left_in_closed_round() -> SelectOfScalar[str]:
    return (
        select(col(Order.no))
        .join(DispatchRound, col(DispatchRound.order_id) == Order.id)
        .join(Offer, col(Offer.round_id) == DispatchRound.id)
        .where(col(DispatchRound.closed_at).is_not(None), col(Offer.state) == OfferState.OPEN)
        .distinct()
    )


def _sum_of(kind: PaymentKind, *, less_refunds: bool = True) -> SelectOfScalar[int]:
    """The sum of an order's payments of a kind, less what was given back of them; a refund that
    names none of them is of the price."""
    given_back = func.coalesce(col(_Refunded.kind), PaymentKind.PAYMENT.value)
    refund = (col(Payment.kind) == PaymentKind.REFUND) & (given_back == kind)
    signed = case(
        (col(Payment.kind) == kind, col(Payment.amount_fen)),
        *([(refund, -col(Payment.amount_fen))] if less_refunds else []),
        else_=0,
    )
    return (
        select(func.coalesce(func.sum(signed), 0))
        .select_from(Payment)
        .outerjoin(_Refunded, col(_Refunded.id) == col(Payment.refund_of_id))
        .where(Payment.order_id == Order.id)
    )


def _paid_differs() -> SelectOfScalar[str]:
    paid = _sum_of(PaymentKind.PAYMENT).correlate(Order).scalar_subquery()
    return select(col(Order.no)).where(col(Order.paid_fen) != paid)


def _tips_differ() -> SelectOfScalar[str]:
    tips = _sum_of(PaymentKind.TIP).correlate(Order).scalar_subquery()
    return select(col(Order.no)).where(col(Order.tip_fen) != tips)


def _completed_in_debt() -> SelectOfScalar[str]:
    """Completed, and less was ever paid than is owed; a refund afterwards makes no debt."""
    paid = _sum_of(PaymentKind.PAYMENT, less_refunds=False).correlate(Order).scalar_subquery()
    return select(col(Order.no)).where(
        col(Order.status) == OrderStatus.COMPLETED, paid < col(Order.amount_fen)
    )


def _times_astray() -> SelectOfScalar[str]:
    """An end that the state does not have, or an end before its beginning."""
    ended = (
        (col(Order.status) == OrderStatus.COMPLETED, col(Order.completed_at)),
        (col(Order.status) == OrderStatus.CANCELLED, col(Order.cancelled_at)),
    )
    wrong = col(Order.finished_at) < col(Order.started_at)
    for stands, at in ended:
        wrong = wrong | (stands & at.is_(None)) | (~stands & at.is_not(None))
    return select(col(Order.no)).where(wrong)


def _served_offline() -> SelectOfScalar[str]:
    """A companion who is switched off and yet bound by an order."""
    return (
        select(col(Companion.no))
        .join(Assignment, col(Assignment.companion_id) == Companion.id)
        .where(col(Assignment.ended_at).is_(None), ~col(Companion.active))
    )


RULES = (
    Rule(
        "orders.staffed",
        N_("Accepted and served orders have all their companions, waiting ones not yet all."),
        _unstaffed,
    ),
    Rule(
        "orders.sessions",
        N_("Only orders that are being served have a running session."),
        _served_out_of_turn,
    ),
    Rule(
        "orders.sessions_match",
        N_("Every session belongs to the order and companion of its assignment."),
        _strange_session,
    ),
    Rule(
        "orders.reservations",
        N_("Companions are kept only for orders that wait for their beginning."),
        _kept_in_vain,
    ),
    Rule("orders.offers", N_("Offered orders have open offers, others have none."), _offers_astray),
    Rule(
        "orders.rounds",
        N_("No offer is left open in a closed dispatch round."),
        _offers_left_in_closed_round,
    ),
    Rule(
        "orders.paid", N_("What was paid for an order is the sum of its payments."), _paid_differs
    ),
    Rule("orders.tips", N_("The tip of an order is the sum of its tips."), _tips_differ),
    Rule("orders.settled", N_("Completed orders have nothing left to pay."), _completed_in_debt),
    Rule("orders.times", N_("The times of an order agree with its state."), _times_astray),
    Rule(
        "companions.active",
        N_("No companion who has left is bound by an order."),
        _served_offline,
    ),
)
