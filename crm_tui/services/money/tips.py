"""Tips and gifts (打赏): for those who serve or served an order, with a share of their own (C3).

Amounts are fen.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlmodel import col

from crm_tui.core.errors import Invalid, Refused
from crm_tui.core.language import _
from crm_tui.core.money import LARGEST_FEN
from crm_tui.core.text import listed
from crm_tui.core.words import OrderStatus, PayChannel, PaymentKind
from crm_tui.models import Order
from crm_tui.services.customers.states import may_tip
from crm_tui.services.money import order_books
from crm_tui.services.money.order_entries import Part, tip_parts
from crm_tui.services.money.settlement.freeze import end_of_freeze
from crm_tui.services.money.splits.in_force import tip_share_bp
from crm_tui.services.orders import payments
from crm_tui.services.orders.moves import Held, amend, hold, look, not_allowed, tell
from crm_tui.services.orders.parts import parts_of, priced
from crm_tui.storage.store import ReadWork, UnitOfWork


@dataclass(frozen=True, slots=True)
class TipQuote:
    """What each party gets of a tip."""

    amount_fen: int
    share_bp: int
    """The companions' share, in basis points."""
    parts: tuple[tuple[str, int], ...]
    """Nickname and fen."""

    @property
    def studio_fen(self) -> int:
        """What is left to the studio."""
        return self.amount_fen - sum(fen for _nick, fen in self.parts)


def quote(work: ReadWork, no: str, amount_fen: int, companion_id: int | None = None) -> TipQuote:
    """Who gets what of a tip.

    Raises :class:`NotFound`, :class:`NotAllowed` for an order that was called off, and
    :class:`Refused` for a minor, and where nobody serves or served the order, or ``companion_id``
    does not.
    """
    held = look(work, no)
    who = _receivers(work, held, companion_id)
    parts, share = _parts(work, held, amount_fen, who, work.clock.now())
    told = tuple((who[part.companion_id], part.amount_fen) for part in parts)
    return TipQuote(amount_fen, share, told)


def tip(
    work: UnitOfWork,
    no: str,
    channel: PayChannel,
    amount_fen: int,
    external_ref: str | None = None,
    expected_version: int | None = None,
    companion_id: int | None = None,
) -> int:
    """Book a tip for everybody who serves or served the order alike, or for one of them; answers
    the id of its payment.

    Raises what :func:`quote` does, :class:`Invalid`, :class:`Conflict`, :class:`Duplicate` for an
    outside number that is booked, and :class:`Refused` where stored value does not suffice.
    """
    if not 1 <= amount_fen <= LARGEST_FEN:
        raise Invalid(field="amount_fen", value=amount_fen, expected=_("fen, 1 or more"))
    held = hold(work, no, expected_version)
    who = _receivers(work, held, companion_id)
    now = work.clock.now()
    parts, _share = _parts(work, held, amount_fen, who, now)
    payment_id = payments.book(
        work, held, PaymentKind.TIP, channel, amount_fen, now, external_ref=external_ref
    )
    order_books.tipped(work, held, payment_id, channel, parts, amount_fen, now)
    before = select(col(Order.tip_fen)).where(col(Order.id) == held.id)
    tipped = work.session.connection().execute(before).scalar_one() + amount_fen
    tell(
        work,
        amend(work, held, tip_fen=tipped),
        "order.tipped",
        amount_fen=amount_fen,
        channel=channel.value,
        tip_fen=tipped,
        customer_id=held.customer_id,
        tipped=[part.companion_id for part in parts],
    )
    return payment_id


def _receivers(work: ReadWork, held: Held, companion_id: int | None) -> dict[int, str]:
    """For whom a tip of this customer is: nicknames by id."""
    if held.status is OrderStatus.CANCELLED:
        raise not_allowed(held)
    may_tip(work, held.customer_id)
    there = parts_of(work, priced(work, [held.id]))[held.id]
    who = {part.companion_id: part.companion for part in there}
    if not who:
        raise Refused(why=_("Nobody has served {no}.").format(no=held.no), reason="unserved")
    if companion_id is None:
        return who
    if companion_id not in who:
        why = _("Only these have {no}: {companions}.")
        raise Refused(why=why.format(no=held.no, companions=listed(who.values())), reason="which")
    return {companion_id: who[companion_id]}


def _parts(
    work: ReadWork, held: Held, amount_fen: int, who: dict[int, str], at: datetime
) -> tuple[tuple[Part, ...], int]:
    """Their parts, and the share that they are."""
    share = tip_share_bp(work, held.store_id, work.calendar(held.store_id).day_of(at))
    until = end_of_freeze(work, held.store_id, held.kind, at)
    return tip_parts(amount_fen, list(who), share, until), share
