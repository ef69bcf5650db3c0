"""Rounds of offers: who is asked, who answers, who gets the order.

The first acceptance wins exactly once: every answer takes hold of the order first, and the move
to accepted is a compare-and-swap. Errors as in ``orders.actions``.
"""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select
from sqlmodel import col

from crm_tui.core.errors import Refused
from crm_tui.core.language import _
from crm_tui.core.words import DispatchMode, OfferState, OrderStatus
from crm_tui.models import Offer
from crm_tui.services.customers.stances import keep_apart
from crm_tui.services.dispatch import offers
from crm_tui.services.dispatch.offers import Addressee
from crm_tui.services.dispatch.reads import suggest
from crm_tui.services.orders import staffing
from crm_tui.services.orders.actions import give
from crm_tui.services.orders.moves import (
    Held,
    amend,
    hold,
    hold_free,
    move,
    not_available,
    require,
    tell,
)
from crm_tui.storage.store import UnitOfWork

EVERYBODY = 10_000
"""More companions than any studio has: "all who are eligible"."""


def offer(
    work: UnitOfWork,
    no: str,
    companion_ids: list[int] | None = None,
    expected_version: int | None = None,
) -> int:
    """Offer a pending order to the companions named, or to all who are eligible, until it expires.

    Answers how many were asked. Raises :class:`Refused` where nobody is eligible, or one of those
    named is kept from the customer.
    """
    held = hold(work, no, expected_version)
    if held.status is not OrderStatus.PENDING:
        raise not_available(work, held)
    found = {one.companion_id: one for one in suggest(work, no, EVERYBODY).candidates}
    wanted = list(dict.fromkeys(companion_ids)) if companion_ids else list(found)
    if not wanted:
        raise Refused(why=_("Nobody can be asked now."), reason="nobody")
    for companion_id in wanted:
        keep_apart(work, held.customer_id, companion_id)
    addressees = [
        Addressee(one, found[one].score, found[one].parts) if one in found else Addressee(one)
        for one in (staffing.candidate(work, companion_id).id for companion_id in wanted)
    ]
    until = timedelta(seconds=work.setting("dispatch.offer_seconds", held.store_id))
    moved = move(work, held, OrderStatus.OFFERED)
    number = offers.open_round(
        work, held.store_id, held.id, DispatchMode.GRAB, addressees, work.clock.now() + until
    )
    tell(work, moved, "order.offered", round=number, companion_ids=wanted)
    return len(wanted)


def accept(
    work: UnitOfWork, no: str, companion_id: int, expected_version: int | None = None
) -> None:
    """The companion takes an order that is offered to them; the others have lost it.

    Raises :class:`Taken` for everybody but the first, :class:`Refused` where no open offer stands
    or the companion is bound by another order.
    """
    held = hold(work, no, expected_version)
    if held.status is not OrderStatus.OFFERED:
        raise not_available(work, held)
    who = staffing.candidate(work, companion_id)
    score = offers.answer(work, held.id, who.id, OfferState.ACCEPTED)
    if score is None:
        raise _no_offer(held, who.nick)
    give(work, held, who, kind="order.accepted", score=score)


def decline(
    work: UnitOfWork,
    no: str,
    companion_id: int,
    reason: str,
    expected_version: int | None = None,
) -> None:
    """The companion does not want the offered order; after the last of them it waits again."""
    held = hold(work, no, expected_version)
    if held.status is not OrderStatus.OFFERED:
        raise not_available(work, held)
    who = staffing.candidate(work, companion_id)
    if offers.answer(work, held.id, who.id, OfferState.DECLINED, reason) is None:
        raise _no_offer(held, who.nick)
    moved = _after_an_end(work, held)
    tell(work, moved, "order.declined", companion_id=who.id, reason=reason)


def recall(work: UnitOfWork, no: str, expected_version: int | None = None) -> None:
    """Take all offers of the order back; it waits again."""
    held = hold(work, no, expected_version)
    require(held, {OrderStatus.OFFERED})
    moved = move(work, held, OrderStatus.PENDING)
    ended = offers.close_all(work, held.id, OfferState.RECALLED)
    tell(work, moved, "order.recalled", offers=ended)


def expire_due(work: UnitOfWork) -> list[str]:
    """End all offers whose time is over; answers the numbers of the orders that had some.

    An order whose last offer runs out waits again. Orders that somebody holds are left for the
    next time.
    """
    due = (
        select(col(Offer.order_id))
        .where(col(Offer.state) == OfferState.OPEN, col(Offer.expires_at) <= work.clock.now())
        .distinct()
        .order_by(col(Offer.order_id))
    )
    expired = []
    for order_id in work.session.connection().execute(due).scalars().all():
        held = hold_free(work, order_id)
        if held is None:
            continue
        companions = offers.expire(work, held.id)
        if companions and held.status is OrderStatus.OFFERED:
            moved = _after_an_end(work, held)
            tell(work, moved, "order.expired", companion_ids=companions)
            expired.append(held.no)
    return expired


def _after_an_end(work: UnitOfWork, held: Held) -> Held:
    """One offer less: the order stays offered while another stands, else it waits again."""
    if offers.still_open(work, held.id):
        return amend(work, held)
    moved = move(work, held, OrderStatus.PENDING)
    offers.close_all(work, held.id, OfferState.EXPIRED)
    return moved


def _no_offer(held: Held, nick: str) -> Refused:
    why = _("{companion} has no open offer for {no}.").format(companion=nick, no=held.no)
    return Refused(why=why, reason="no_offer")
