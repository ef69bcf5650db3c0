"""Rounds of offers: who is asked, who answers, who gets the order.

The first acceptance wins exactly once: every answer takes hold of the order first, and the move
to accepted is a compare-and-swap. Errors as in ``orders.actions``.
"""

from __future__ import annotations

from sqlalchemy import select
from sqlmodel import col

from crm_tui.core.errors import Refused
from crm_tui.core.language import _, joined
from crm_tui.core.words import DispatchMode, OfferState, OrderStatus, SessionEnd
from crm_tui.models import Assignment, DispatchRound, Offer, Order
from crm_tui.services.customers.stances import keep_apart
from crm_tui.services.dispatch import ladder, offers
from crm_tui.services.dispatch.ladder import EVERYBODY
from crm_tui.services.dispatch.reads import Suggestion, suggest
from crm_tui.services.dispatch.reasons import Why
from crm_tui.services.dispatch.tiers import Ladder, Tier
from crm_tui.services.orders import staffing
from crm_tui.services.orders.giving import give
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


def offer(
    work: UnitOfWork,
    no: str,
    companion_ids: list[int] | None = None,
    expected_version: int | None = None,
    *,
    then_ladder: bool = False,
    alone_seconds: int | None = None,
    found: Suggestion | None = None,
) -> int:
    """Offer a pending order by the ladder of its store, or to the companions named; one that was
    handed over in the middle of its service to all who fit at once.

    Where the customer named a companion (direct), that one is asked first; the setting
    ``dispatch.direct_fallback`` says whether the ladder follows when they decline or let it run
    out. ``then_ladder`` lets it follow the companions named here, who have the order to
    themselves for ``alone_seconds``, or as long as an offer lasts. ``found`` is what was suggested
    for the order in the same work. Answers how many were asked now. Raises :class:`Refused` where
    nobody can be asked, or one of those named is kept from the customer.
    """
    held = _pending(work, no, expected_version)
    found = found or suggest(work, held.no, EVERYBODY)
    if companion_ids:
        named = _named(work, held, tuple(dict.fromkeys(companion_ids)), alone_seconds)
        after = ladder.in_force(work, held) if then_ladder else ()
        return _begun(work, held, DispatchMode.GRAB, (named, *after), found)
    if held.mode is DispatchMode.DIRECT:
        return _begun(work, held, DispatchMode.DIRECT, _direct(work, held, found), found)
    return _begun(work, held, DispatchMode.GRAB, ladder.in_force(work, held), found)


def request(work: UnitOfWork, held: Held) -> None:
    """Ask whom the customer named for an order that was just taken, then the ladder.

    Where nobody can be asked the order waits.
    """
    found = suggest(work, held.no, EVERYBODY)
    ladder.begin(work, held, DispatchMode.DIRECT, _direct(work, held, found), found)


def offer_again(work: UnitOfWork, no: str, expected_version: int | None = None) -> int:
    """Offer a pending order once more by the ladder of its last round, from the first tier on.

    Who declined the order is left out. Answers how many were asked now. Raises :class:`Refused`
    where it was never offered, or nobody can be asked.
    """
    held = _pending(work, no, expected_version)
    last = offers.last_round(work, held.id)
    if last is None:
        why = _("{no} has not been offered to anybody yet.").format(no=held.no)
        raise Refused(why=why, reason="no_offer")
    declined = offers.declined(work, held.id)
    rungs = last.ladder or ladder.in_force(work, held)
    kept = tuple(tier for each in rungs if (tier := each.without(declined)))
    for tier in kept:
        _named(work, held, tier.named)
    return _begun(work, held, last.mode, kept, suggest(work, held.no, EVERYBODY))


def widen(work: UnitOfWork, no: str, expected_version: int | None = None) -> int:
    """Ask the next tier of an offered order now; answers how many.

    Raises :class:`Refused` where no tier is left that has somebody.
    """
    held = hold(work, no, expected_version)
    require(held, {OrderStatus.OFFERED})
    asking = offers.last_round(work, held.id)
    asked = ladder.widen(work, held, asking)[1] if asking else []
    if not asked:
        raise Refused(why=_("No further tier has anybody who fits."), reason="nobody")
    return len(asked)


def accept(
    work: UnitOfWork, no: str, companion_id: int, expected_version: int | None = None
) -> None:
    """The companion takes an order that is offered to them, or a free place of it.

    Once the last place is filled the others have lost it. Raises :class:`Taken` for who comes
    later, :class:`Refused` where no open offer stands or the companion is bound by another order.
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
    """The companion does not want the offered order.

    After the last answer of a tier the next is asked at once; after the last of all it waits.
    """
    held = hold(work, no, expected_version)
    if held.status is not OrderStatus.OFFERED:
        raise not_available(work, held)
    who = staffing.candidate(work, companion_id)
    if offers.answer(work, held.id, who.id, OfferState.DECLINED, reason) is None:
        raise _no_offer(held, who.nick)
    moved = amend(work, held)
    tell(work, moved, "order.declined", companion_id=who.id, reason=reason)
    ladder.go_on(work, moved)


def recall(work: UnitOfWork, no: str, expected_version: int | None = None) -> None:
    """Take all offers of the order back; it waits again."""
    held = hold(work, no, expected_version)
    require(held, {OrderStatus.OFFERED})
    moved = move(work, held, OrderStatus.PENDING)
    ended = offers.close_all(work, held.id, OfferState.RECALLED)
    tell(work, moved, "order.recalled", offers=ended)


def expire_due(work: UnitOfWork) -> list[str]:
    """End all offers whose time is over; answers the numbers of the orders that had some.

    The next tier is asked, or the order waits again, as after a refusal. Orders that somebody
    holds are left for the next time.
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
            moved = amend(work, held)
            tell(work, moved, "order.expired", companion_ids=companions)
            ladder.go_on(work, moved)
            expired.append(held.no)
    return expired


def widen_due(work: UnitOfWork) -> list[str]:
    """Ask the next tier of every order whose present tier has had its time; answers their numbers.

    Orders that somebody holds are left for the next time.
    """
    now = work.clock.now()
    due = (
        select(col(DispatchRound.order_id))
        .where(col(DispatchRound.closed_at).is_(None), col(DispatchRound.widens_at) <= now)
        .order_by(col(DispatchRound.widens_at), col(DispatchRound.order_id))
    )
    widened = []
    for order_id in work.session.connection().execute(due).scalars().all():
        held = hold_free(work, order_id)
        if held is None or held.status is not OrderStatus.OFFERED:
            continue
        asking = offers.last_round(work, held.id)
        if asking is None or asking.widens_at is None or asking.widens_at > now:
            continue
        held, asked = ladder.widen(work, held, asking)
        if asked:
            widened.append(held.no)
        else:
            ladder.stop(work, held, asking)
    return widened


def _pending(work: UnitOfWork, no: str, expected_version: int | None) -> Held:
    held = hold(work, no, expected_version)
    if held.status is not OrderStatus.PENDING:
        raise not_available(work, held)
    return held


def _begun(
    work: UnitOfWork, held: Held, mode: DispatchMode, rungs: Ladder, found: Suggestion
) -> int:
    asked = ladder.begin(work, held, mode, rungs, found)
    if not asked:
        raise _nobody(work, held, found)
    return len(asked)


def _named(
    work: UnitOfWork, held: Held, companion_ids: tuple[int, ...], seconds: int | None = None
) -> Tier:
    """A tier of the companions named, who must work here and be let near the customer."""
    for companion_id in companion_ids:
        keep_apart(work, held.customer_id, companion_id)
        staffing.candidate(work, companion_id)
    alone = seconds or work.setting("dispatch.offer_seconds", held.store_id)
    return Tier(alone, named=companion_ids)


def _direct(work: UnitOfWork, held: Held, found: Suggestion) -> Ladder:
    """Whom the customer named, while they can be asked; then the ladder, where that is wished."""
    named = _named_by_customer(work, held)
    withdrew = select(col(Assignment.companion_id)).where(
        col(Assignment.order_id) == held.id, col(Assignment.outcome) == SessionEnd.WITHDRAWN
    )
    can_be_asked = {one.companion_id for one in found.candidates}
    can_be_asked -= set(work.session.connection().execute(withdrew).scalars())
    first = (_named(work, held, (named,)),) if named in can_be_asked else ()
    falls_back = work.setting("dispatch.direct_fallback", held.store_id) == "ladder"
    return (*first, *(ladder.in_force(work, held) if falls_back else ()))


def _named_by_customer(work: UnitOfWork, held: Held) -> int:
    query = select(col(Order.named_companion_id)).where(col(Order.id) == held.id)
    return work.session.connection().execute(query).scalar() or 0


def _nobody(work: UnitOfWork, held: Held, found: Suggestion) -> Refused:
    """The refusal to ask nobody; of a direct request with what keeps the one named from it."""
    named = _named_by_customer(work, held) if held.mode is DispatchMode.DIRECT else 0
    out = next((one for one in found.excluded if one.companion_id == named), None)
    if out is None:
        return Refused(why=_("Nobody can be asked now."), reason="nobody")
    reasons = joined(Why(code).label for code in out.why)
    why = _("{companion} can't be asked: {reasons}.")
    return Refused(why=why.format(companion=out.companion, reasons=reasons), reason="nobody")


def _no_offer(held: Held, nick: str) -> Refused:
    why = _("{companion} has no open offer for {no}.").format(companion=nick, no=held.no)
    return Refused(why=why, reason="no_offer")
