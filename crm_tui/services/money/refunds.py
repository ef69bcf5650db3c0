"""Giving money back for an order: what it would do to each party, and doing it (C1, N3).

A refund goes back the way the money came, the last payment first; each part of it is a payment of
its own. It never exceeds what was paid, and it is money, not state: the order stays what it is.
Amounts are fen.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import bindparam, select
from sqlmodel import col

from crm_tui.core.errors import Invalid, Refused
from crm_tui.core.language import _
from crm_tui.core.money import LARGEST_FEN, yuan
from crm_tui.core.words import PayChannel, PaymentKind
from crm_tui.models import Companion, Order
from crm_tui.services.customers.rules import checked_text
from crm_tui.services.money import order_books
from crm_tui.services.money.order_standing import OrderStanding, payable, standing
from crm_tui.services.money.refunding import Given, Income, Taken, from_payments, give_back
from crm_tui.services.orders import payments
from crm_tui.services.orders.moves import Held, amend, hold, look, tell
from crm_tui.storage.store import ReadWork, UnitOfWork

LONGEST_REASON = 500
_NOTHING = Income(0, 0, ())


@dataclass(frozen=True, slots=True)
class Piece:
    """What goes back to one payment or tip, and who gives it."""

    payment_id: int
    channel: PayChannel
    given: Given


@dataclass(frozen=True, slots=True)
class Quote:
    """What a refund would do."""

    no: str
    version: int
    """The order's, of which this is true."""
    left_fen: int
    """The most that can be given back."""
    tips_left_fen: int
    """The same of its tips."""
    pieces: tuple[Piece, ...]
    nicks: Mapping[int, str]
    """The companions who give something, by id."""

    @property
    def amount_fen(self) -> int:
        """What goes back in all."""
        return sum(piece.given.amount_fen for piece in self.pieces)


def quote(
    work: ReadWork, no: str, amount_fen: int | None = None, *, of_tips: bool = False
) -> Quote:
    """What a refund of ``amount_fen``, or of all that is left, would do to each party.

    Raises :class:`NotFound`, and :class:`Refused` (with ``refundable_fen``) for more than is left.
    """
    held = look(work, no)
    return _quote(work, held, standing(work, held.id), amount_fen, of_tips)


def refund(
    work: UnitOfWork,
    no: str,
    amount_fen: int,
    reason: str,
    external_ref: str | None = None,
    expected_version: int | None = None,
    *,
    of_tips: bool = False,
) -> Quote:
    """Give ``amount_fen`` of an order's payments, or of its tips, back; answers what was done.

    Raises :class:`Invalid`, :class:`NotFound`, :class:`Conflict`, :class:`Duplicate` for an outside
    number that is booked; :class:`Refused` for more than was paid and not given back (``reason``
    ``too_much``, with ``refundable_fen``), and for an outside number where the money goes back to
    more than one payment (``several``).
    """
    if not 1 <= amount_fen <= LARGEST_FEN:
        raise Invalid(field="amount_fen", value=amount_fen, expected=_("fen, 1 or more"))
    why = checked_text(_("Reason"), reason, LONGEST_REASON)
    held = hold(work, no, expected_version)
    done = _quote(work, held, standing(work, held.id), amount_fen, of_tips, hold=True)
    if external_ref and len(done.pieces) > 1:
        several = _("it goes back to {count} payments; an outside number is of one of them.")
        raise Refused(why=several.format(count=len(done.pieces)), reason="several")
    now = work.clock.now()
    for piece in done.pieces:
        payment_id = payments.book(
            work,
            held,
            PaymentKind.REFUND,
            piece.channel,
            piece.given.amount_fen,
            now,
            external_ref=external_ref,
            refund_of_id=piece.payment_id,
        )
        order_books.refunded(work, held, payment_id, piece.channel, piece.given, now, why)
    moved = _less(work, held, amount_fen, of_tips)
    tell(
        work,
        moved,
        "order.refunded",
        amount_fen=amount_fen,
        channels=list(dict.fromkeys(piece.channel.value for piece in done.pieces)),
        of_tips=of_tips,
        paid_fen=moved.paid_fen,
        customer_id=held.customer_id,
        reason=why,
    )
    return done


def _less(work: UnitOfWork, held: Held, amount_fen: int, of_tips: bool) -> Held:
    """The order with so much less paid, or tipped."""
    if not of_tips:
        return amend(work, held, paid_fen=held.paid_fen - amount_fen)
    tipped = select(col(Order.tip_fen)).where(col(Order.id) == held.id)
    before = work.session.connection().execute(tipped).scalar_one()
    return amend(work, held, tip_fen=before - amount_fen)


def _quote(
    work: ReadWork,
    held: Held,
    books: OrderStanding,
    amount_fen: int | None,
    of_tips: bool,
    *,
    hold: bool = False,
) -> Quote:
    left, tips_left = (sum(one.left_fen for one in each) for each in (books.payments, books.tips))
    left = min(left, held.paid_fen)
    most = tips_left if of_tips else left
    wanted = most if amount_fen is None else amount_fen
    if wanted > most:
        why = _("¥{left} of {no} can be given back, not ¥{amount}.").format(
            left=yuan(most), no=held.no, amount=yuan(wanted)
        )
        raise Refused(why=why, reason="too_much", refundable_fen=most)
    parts = from_payments(wanted, books.tips if of_tips else books.payments)
    pieces = (_of_tips if of_tips else _of_order)(work, held, books, parts, hold)
    given = tuple(pieces)
    return Quote(held.no, held.version, left, tips_left, given, _nicks(work, given))


Parts = tuple[tuple[Taken, int], ...]


def _of_order(
    work: ReadWork, held: Held, books: OrderStanding, parts: Parts, hold: bool
) -> Iterator[Piece]:
    """Part after part: what is prepaid first, then out of the income."""
    earning, prepaid = books.order, books.prepaid_fen
    income = earning.income if earning else _NOTHING
    free_on = earning.available_on if earning else None
    owed = payable(work, held.store_id, earning, hold=hold)
    for taken, fen in parts:
        given = give_back(fen, prepaid, income, owed, free_on)
        yield Piece(taken.payment_id, taken.channel, given)
        prepaid -= given.prepaid_fen
        income = income.after(given)
        owed = _less_owed(owed, given)


def _of_tips(
    work: ReadWork, held: Held, books: OrderStanding, parts: Parts, hold: bool
) -> Iterator[Piece]:
    """Every tip by itself; nothing of it is prepaid."""
    taken_before: dict[int, int] = {}
    for taken, fen in parts:
        earning = books.tip_earnings.get(taken.payment_id)
        income = earning.income if earning else _NOTHING
        free_on = earning.available_on if earning else None
        owed = payable(work, held.store_id, earning, hold=hold)
        for companion_id, before in taken_before.items():
            if companion_id in owed:
                owed[companion_id] = max(owed[companion_id] - before, 0)
        given = give_back(fen, 0, income, owed, free_on)
        yield Piece(taken.payment_id, taken.channel, given)
        for back in given.companions:
            known = taken_before.get(back.companion_id, 0)
            taken_before[back.companion_id] = known + back.payable_fen


def _less_owed(owed: Mapping[int, int], given: Given) -> dict[int, int]:
    gone = {back.companion_id: back.payable_fen for back in given.companions}
    return {companion_id: fen - gone.get(companion_id, 0) for companion_id, fen in owed.items()}


_NICKS: Any = select(col(Companion.id), col(Companion.nick)).where(
    col(Companion.id).in_(bindparam("ids", expanding=True))
)


def _nicks(work: ReadWork, pieces: tuple[Piece, ...]) -> dict[int, str]:
    ids = {back.companion_id for piece in pieces for back in piece.given.companions}
    rows = work.session.connection().execute(_NICKS, {"ids": list(ids)})
    return dict(rows.all())
