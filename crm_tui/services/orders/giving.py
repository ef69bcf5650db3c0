"""Who gets an order: given to a companion, one place after another, and taken back from one.

Errors as in :mod:`.actions`.
"""

from __future__ import annotations

from collections.abc import Iterable

from crm_tui.core.errors import Refused
from crm_tui.core.language import _
from crm_tui.core.words import OfferState, OrderStatus, SessionEnd
from crm_tui.services.dispatch import offers
from crm_tui.services.orders import staffing
from crm_tui.services.orders.intake import answer_within
from crm_tui.services.orders.moves import (
    SEVERAL,
    Held,
    amend,
    hold,
    move,
    not_allowed,
    not_available,
    require,
    tell,
)
from crm_tui.services.orders.rules import WAITING
from crm_tui.services.orders.staffing import Candidate, Serving
from crm_tui.storage.store import UnitOfWork


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
    lost, when the last place is filled; until then it waits for the others. Answers the order as
    it stands then. Raises what :func:`.staffing.bind` does, and :class:`NotAllowed` for an order
    that does not wait.
    """
    require(held, WAITING)
    bound = staffing.bind(work, held, who, score, place)
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
        moved = _wait_for_more(work, held)
    taken = next(one.place for one in bound if one.companion_id == who.id)
    tell(
        work,
        moved,
        kind,
        companion_id=who.id,
        place=taken,
        companions=ids_of(bound),
        score=score,
    )
    return moved


def release(
    work: UnitOfWork,
    no: str,
    reason: str,
    expected_version: int | None = None,
    companion_id: int | None = None,
) -> None:
    """A companion withdrew before starting: their place waits again, with a new promised answer.

    ``companion_id`` says who, where the order has several. The others keep their places.
    """
    held = hold(work, no, expected_version)
    bound = staffing.serving(work, held.id)
    if held.status not in (*WAITING, OrderStatus.ACCEPTED) or not bound:
        raise not_allowed(held)
    leaving = one_of(held, bound, companion_id)
    moved = (
        back_to_waiting(work, held) if held.status is OrderStatus.ACCEPTED else amend(work, held)
    )
    staffing.free(work, held.id, leaving, SessionEnd.WITHDRAWN)
    tell(
        work,
        moved,
        "order.released",
        companion_id=leaving.companion_id,
        companions=ids_of(bound, leaving),
        reason=reason,
    )


def one_of(held: Held, bound: tuple[Serving, ...], companion_id: int | None) -> Serving:
    """The one of those bound who is meant; the only one where nobody is named.

    Raises :class:`Refused` where it must be said, or the one named has no place.
    """
    meant = [one for one in bound if companion_id in (None, one.companion_id)]
    if len(meant) == 1:
        return meant[0]
    names = SEVERAL.join(one.nick for one in bound)
    why = (
        _("Say which of them: {companions}.") if meant else _("Only these have {no}: {companions}.")
    )
    raise Refused(why=why.format(no=held.no, companions=names), reason="which", companions=names)


def back_to_waiting(work: UnitOfWork, held: Held) -> Held:
    """The order waits for dispatch again, and the customer for an answer, from now."""
    due = work.clock.now() + answer_within(work, held.store_id)
    return move(work, held, OrderStatus.PENDING, accepted_at=None, due_at=due)


def ids_of(bound: Iterable[Serving], without: Serving | None = None) -> list[int]:
    """The companions who are bound, by place, as events carry them."""
    return [one.companion_id for one in bound if one != without]


def _wait_for_more(work: UnitOfWork, held: Held) -> Held:
    """A place is filled and another free: offered while somebody is or will be asked."""
    if held.status is OrderStatus.PENDING:
        return amend(work, held)
    asking = offers.last_round(work, held.id)
    if asking and (asking.widens_at or offers.standing(work, asking)):
        return amend(work, held)
    moved = move(work, held, OrderStatus.PENDING)
    offers.close_all(work, held.id, OfferState.EXPIRED)
    return moved
