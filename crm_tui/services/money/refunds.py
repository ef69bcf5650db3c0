"""Giving money back for an order (C1): what it would do, and doing it.

A refund goes back the way the money came, the last payment first; each part of it is a payment of
its own. It never exceeds what was paid, and it is money, not state: the order stays what it is.
Amounts are fen.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import bindparam, select
from sqlmodel import col

from crm_tui.core.errors import Invalid, Refused
from crm_tui.core.language import _
from crm_tui.core.money import LARGEST_FEN
from crm_tui.core.words import PayChannel, PaymentKind
from crm_tui.models import Companion, Order
from crm_tui.services.customers.rules import checked_text
from crm_tui.services.money import order_books
from crm_tui.services.money.order_standing import standing
from crm_tui.services.money.refund_terms import Refunded, Terms
from crm_tui.services.orders import payments
from crm_tui.services.orders.moves import Held, amend, hold, look, tell
from crm_tui.storage.store import ReadWork, UnitOfWork

LONGEST_REASON = 500


def terms(work: ReadWork, no: str) -> Terms:
    """All that a refund of order ``no`` depends on, to see what it would do.

    Raises :class:`NotFound`.
    """
    return _terms(work, look(work, no))


def refund(
    work: UnitOfWork,
    no: str,
    amount_fen: int,
    reason: str,
    external_ref: str | None = None,
    expected_version: int | None = None,
    *,
    of_tips: bool = False,
    channel: PayChannel | None = None,
    payment_id: int | None = None,
) -> Refunded:
    """Give ``amount_fen`` of an order's payments, or of its tips, back; answers what was done.

    ``channel`` and ``payment_id`` say of which of them, where that is known.

    Raises :class:`Invalid`, :class:`NotFound`, :class:`Conflict`, :class:`Duplicate` for an outside
    number that is booked; :class:`Refused` for more than was paid and not given back (``reason``
    ``too_much``, with ``refundable_fen``), and for an outside number where the money goes back to
    more than one payment (``several``).
    """
    if not 1 <= amount_fen <= LARGEST_FEN:
        raise Invalid(field="amount_fen", value=amount_fen, expected=_("fen, 1 or more"))
    why = checked_text(_("Reason"), reason, LONGEST_REASON)
    if not why:
        raise Invalid(field="reason", value=reason, expected=_("why it is given back"))
    held = hold(work, no, expected_version)
    terms = _terms(work, held, hold=True).only(channel, payment_id)
    of_tips = of_tips or (payment_id is not None and bool(terms.books.tips))
    done = terms.quote(amount_fen, of_tips=of_tips)
    if external_ref and len(done.pieces) > 1:
        several = _("it goes back to {count} payments; an outside number is of one of them.")
        raise Refused(why=several.format(count=len(done.pieces)), reason="several")
    now = work.clock.now()
    booked = []
    for piece in done.pieces:
        refund_id = payments.book(
            work,
            held,
            PaymentKind.REFUND,
            piece.channel,
            piece.given.amount_fen,
            now,
            external_ref=external_ref,
            refund_of_id=piece.payment_id,
        )
        booked.append(refund_id)
        order_books.refunded(work, held, refund_id, piece.channel, piece.given, now, why)
    moved = _less(work, held, amount_fen, of_tips)
    tell(
        work,
        moved,
        "order.refunded",
        amount_fen=amount_fen,
        channels=[channel.value for channel in done.by_channel],
        of_tips=of_tips,
        paid_fen=moved.paid_fen,
        customer_id=held.customer_id,
        reason=why,
    )
    return Refunded(done.pieces, done.nicks, done.today, tuple(booked))


def _less(work: UnitOfWork, held: Held, amount_fen: int, of_tips: bool) -> Held:
    """The order with so much less paid, or tipped."""
    if not of_tips:
        return amend(work, held, paid_fen=held.paid_fen - amount_fen)
    tipped = select(col(Order.tip_fen)).where(col(Order.id) == held.id)
    before = work.session.connection().execute(tipped).scalar_one()
    return amend(work, held, tip_fen=before - amount_fen)


def _terms(work: ReadWork, held: Held, *, hold: bool = False) -> Terms:
    books = standing(work, held.id, held.store_id, hold=hold)
    return Terms(
        held.no,
        held.paid_fen,
        books,
        _nicks(work, books.owed),
        work.calendar(held.store_id).day_of(work.clock.now()),
    )


_NICKS: Any = select(col(Companion.id), col(Companion.nick)).where(
    col(Companion.id).in_(bindparam("ids", expanding=True))
)


def _nicks(work: ReadWork, ids: Collection[int]) -> dict[int, str]:
    rows = work.session.connection().execute(_NICKS, {"ids": list(ids)})
    return dict(rows.all())
