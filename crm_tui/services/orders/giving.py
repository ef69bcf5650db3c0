"""Who gets an order: given to a companion, one place after another, and taken back from one.

Errors as in :mod:`.actions`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, TypeVar

from crm_tui.core.errors import Refused
from crm_tui.core.language import _
from crm_tui.core.text import listed
from crm_tui.core.words import OfferState, OrderStatus, SessionEnd
from crm_tui.services.clocks.terms import answer_by
from crm_tui.services.companions import credit
from crm_tui.services.customers.stances import keep_apart
from crm_tui.services.customers.states import may_be_served
from crm_tui.services.dispatch import ladder, offers
from crm_tui.services.orders import reservations, staffing
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
from crm_tui.services.orders.reservations import Kept
from crm_tui.services.orders.rules import AHEAD, WAITING, begins_later
from crm_tui.services.orders.staffing import Candidate, Serving
from crm_tui.storage.store import UnitOfWork

Who = TypeVar("Who", bound=Serving | Kept)


def assign(
    work: UnitOfWork,
    no: str,
    companion_id: int,
    expected_version: int | None = None,
    score: float | None = None,
) -> None:
    """Give a waiting order to a companion, or a free place of it where it has several.

    Offers that stand are lost once the last place is filled. Raises :class:`Taken` where nothing
    is left to give, :class:`Refused` where the companion is bound by another order, kept from the
    customer, or has left.
    """
    held = hold(work, no, expected_version)
    if held.status not in WAITING:
        raise not_available(work, held)
    offers.answer(work, held.id, companion_id, OfferState.ACCEPTED)
    give(work, held, staffing.candidate(work, companion_id), kind="order.assigned", score=score)


def give(
    work: UnitOfWork,
    held: Held,
    who: Candidate,
    *,
    kind: str,
    place: int | None = None,
    score: float | None = None,
) -> Held:
    """Bind ``who`` to a place of a held, waiting order, and tell ``kind`` of it: the one way in.

    Without ``place`` it is the first free one. The order is accepted, and every open offer of it
    lost, when the last place is filled; until then the others go on being asked. Answers the order
    as it stands then. For one that is booked ahead they are kept until it begins.

    Raises what :func:`.staffing.bind` does, :class:`NotAllowed` for an order that does not wait,
    :class:`Refused` for a companion who is promised to another at that time, :class:`Taken` for
    an order that is promised to others.
    """
    require(held, WAITING)
    now = work.clock.now()
    if begins_later(held.start_at, now):
        return reserve(work, held, who, place)
    reservations.stand_clear(work, held, who, now)
    if held.start_at is not None:
        filled = len(staffing.serving(work, held.id))
        reservations.claim(work, held, who, filled)
    return fill(work, held, who, kind=kind, place=place, score=score)


def fill(
    work: UnitOfWork,
    held: Held,
    who: Candidate,
    *,
    kind: str,
    place: int | None = None,
    score: float | None = None,
) -> Held:
    """:func:`give`, whatever is promised."""
    bound = staffing.bind(work, held, who, score, place)
    taken = next(one.place for one in bound if one.companion_id == who.id)
    if held.status is OrderStatus.OFFERED:
        offers.note_place(work, held.id, who.id, taken)
    if len(bound) == held.places:
        moved = move(
            work,
            held,
            OrderStatus.ACCEPTED,
            accepted_at=work.clock.now(),
            asked_customer_at=None,
        )
        if held.status is OrderStatus.OFFERED:
            offers.close_all(work, held.id, OfferState.LOST)
    else:
        moved = amend(work, held)
    tell(
        work,
        moved,
        kind,
        companion_id=who.id,
        place=taken,
        companions=ids_of(bound),
        score=score,
    )
    reservations.follow(work, held.id, taken, who)
    return ladder.go_on(work, moved) if moved.status is OrderStatus.OFFERED else moved


def reserve(work: UnitOfWork, held: Held, who: Candidate, place: int | None = None) -> Held:
    """Keep ``who`` for a place of an order that begins later; nobody is bound by it yet.

    With the last place the customer has their answer: no response clock runs, and open offers are
    lost. Raises what :func:`.reservations.keep` does, and :class:`Refused` where the two are kept
    apart or the customer is a minor.
    """
    may_be_served(work, held.customer_id)
    keep_apart(work, held.customer_id, who.id)
    promised = reservations.keep(work, held, who, place)
    taken = next(one.place for one in promised if one.companion_id == who.id)
    if held.status is OrderStatus.OFFERED:
        offers.note_place(work, held.id, who.id, taken)
    given: dict[str, Any] = {}
    if len(promised) == held.places:
        given = {"due_at": None, "asked_customer_at": None}
    if given and held.status is OrderStatus.OFFERED:
        moved = move(work, held, OrderStatus.PENDING, **given)
        offers.close_all(work, held.id, OfferState.LOST)
    else:
        moved = amend(work, held, **given)
    data = {"due_at": None} if given else {}
    tell(
        work,
        moved,
        "order.reserved",
        companion_id=who.id,
        place=taken,
        reserved=[one.companion_id for one in promised],
        **data,
    )
    return ladder.go_on(work, moved) if moved.status is OrderStatus.OFFERED else moved


def release(
    work: UnitOfWork,
    no: str,
    reason: str,
    expected_version: int | None = None,
    companion_id: int | None = None,
    *,
    withdrew: bool = True,
) -> None:
    """A companion withdrew before starting: their place waits again, with a new promised answer.

    So it is with one who was only kept for an order booked ahead. ``companion_id`` says who, where
    the order has several. The others keep their places. Where it was not the companion
    (``withdrew=False``: an assignment that is taken back), their credit does not move.
    """
    held = hold(work, no, expected_version)
    bound = staffing.serving(work, held.id)
    promised = reservations.kept(work, held.id) if held.start_at else ()
    if held.status not in (*WAITING, OrderStatus.ACCEPTED) or not (bound or promised):
        raise not_allowed(held)
    everybody: tuple[Serving | Kept, ...] = (*bound, *promised)
    leaving = one_of(held, everybody, companion_id)
    if isinstance(leaving, Kept):
        _let_go(work, held, leaving, reason)
        return
    if withdrew:
        credit.for_withdrawal(work, held.id, [leaving.companion_id])
    moved = (
        back_to_waiting(work, held) if held.status is OrderStatus.ACCEPTED else amend(work, held)
    )
    staffing.free(work, held.id, leaving, SessionEnd.WITHDRAWN)
    if held.status is OrderStatus.OFFERED:
        offers.note_place(work, held.id, leaving.companion_id, None)
    tell(
        work,
        moved,
        "order.released",
        companion_id=leaving.companion_id,
        companions=ids_of(bound, leaving),
        reason=reason,
    )


def _let_go(work: UnitOfWork, held: Held, leaving: Kept, reason: str) -> None:
    reservations.drop(work, held, leaving.companion_id)
    now = work.clock.now()
    since = max(now, held.start_at - AHEAD) if held.start_at else now
    due = answer_by(work, held.store_id, since)
    tell(
        work,
        amend(work, held, due_at=due),
        "order.unreserved",
        companion_id=leaving.companion_id,
        reserved=[one.companion_id for one in reservations.kept(work, held.id)],
        due_at=due.isoformat(),
        reason=reason,
    )


def one_of(held: Held, bound: Sequence[Who], companion_id: int | None) -> Who:
    """The one of those bound who is meant; the only one where nobody is named.

    Raises :class:`Refused` where it must be said, or the one named has no place.
    """
    meant = [one for one in bound if companion_id in (None, one.companion_id)]
    if len(meant) == 1:
        return meant[0]
    names = listed(one.nick for one in bound)
    why = (
        _("Say which of them: {companions}.") if meant else _("Only these have {no}: {companions}.")
    )
    raise Refused(why=why.format(no=held.no, companions=names), reason="which", companions=names)


def back_to_waiting(work: UnitOfWork, held: Held) -> Held:
    """The order waits for dispatch again, and the customer for an answer, from now."""
    due = answer_by(work, held.store_id, work.clock.now())
    values = {"accepted_at": None, "due_at": due, "asked_customer_at": None}
    return move(work, held, OrderStatus.PENDING, **values)


def ids_of(bound: Iterable[Serving], without: Serving | None = None) -> list[int]:
    """The companions who are bound, by place, as events carry them."""
    return [one.companion_id for one in bound if one != without]
