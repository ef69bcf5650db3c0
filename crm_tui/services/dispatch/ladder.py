"""The ladder of an order: who is asked, tier after tier, and what becomes of it when they answered.

Offers of an earlier tier go on standing while the next is asked: whoever accepts first has the
place, until the offer's own time is over (setting ``dispatch.offer_seconds``) or the round ends.
Every function expects that the caller has hold of the order, and tells what it does.
"""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select
from sqlmodel import col

from crm_tui.core.words import AlarmKind, DispatchMode, OfferState, OrderStatus, SessionEnd
from crm_tui.models import Assignment, Companion, CompanionLevel
from crm_tui.services.alarms.actions import raise_alarm
from crm_tui.services.dispatch import offers, tiers
from crm_tui.services.dispatch.offers import Addressee, Round
from crm_tui.services.dispatch.reads import Suggestion, suggest
from crm_tui.services.dispatch.tiers import Ladder, Tier
from crm_tui.services.orders.moves import Held, amend, move, tell
from crm_tui.services.orders.rows import OrderRow
from crm_tui.storage.store import ReadWork, UnitOfWork

EVERYBODY = 10_000
"""More companions than any studio has: "all who are eligible"."""


def in_force(work: ReadWork, order: Held | OrderRow) -> Ladder:
    """The ladder by which the order is offered (setting ``dispatch.ladder`` of its store).

    In the middle of a service, which was handed over, it is a single tier of all who fit: the
    customer sits there and waits.
    """
    if order.started_at is not None:
        return (Tier(0),)
    return tiers.parse(work.setting("dispatch.ladder", order.store_id))


def begin(
    work: UnitOfWork, held: Held, mode: DispatchMode, ladder: Ladder, found: Suggestion
) -> list[int]:
    """Open a round of the pending order with the first tier that has somebody; answers whom.

    Empty where nobody can be asked: then nothing is opened.
    """
    step = tiers.next_tier(ladder, 0, levels_of(work, held.id, found), ())
    if step is None:
        return []
    moved = move(work, held, OrderStatus.OFFERED)
    opened = offers.open_round(work, held.store_id, held.id, mode, ladder)
    tier, asked = step
    _ask(work, opened, tier, asked, found)
    tell(
        work,
        moved,
        "order.offered",
        round=opened.number,
        tier=tier,
        tiers=len(ladder),
        companion_ids=asked,
        named=mode is DispatchMode.DIRECT and bool(ladder[tier - 1].named),
    )
    return asked


def widen(work: UnitOfWork, held: Held, asking: Round) -> tuple[Held, list[int]]:
    """Ask the next tier that has somebody as well; answers the order as it stands then, and whom.

    Nobody where no tier is left that has somebody; see :func:`stop`.
    """
    found = suggest(work, held.no, EVERYBODY)
    already = offers.asked(work, asking)
    step = tiers.next_tier(asking.ladder, asking.tier, levels_of(work, held.id, found), already)
    if step is None:
        return held, []
    tier, asked = step
    _ask(work, asking, tier, asked, found)
    moved = amend(work, held)
    before = asking.ladder[asking.tier - 1]
    tell(
        work,
        moved,
        "order.widened",
        round=asking.number,
        tier=tier,
        tiers=len(asking.tiers),
        companion_ids=asked,
        named=asking.mode is DispatchMode.DIRECT and bool(before.named),
    )
    return moved, asked


def go_on(work: UnitOfWork, held: Held) -> Held:
    """An offer of the order ended and it is still offered: see to what comes next.

    Where nobody of the tier asked last can answer any more the next is asked at once, whatever
    time it had left. Where nobody at all can, the order waits again and an alarm says so. Answers
    the order as it stands then.
    """
    asking = offers.last_round(work, held.id)
    assert asking is not None, "an offered order has a round"
    standing = offers.standing(work, asking)
    if asking.tier in standing:
        return held
    held, asked = widen(work, held, asking)
    if asked:
        return held
    if standing:
        return stop(work, held, asking)
    waiting = move(work, held, OrderStatus.PENDING)
    offers.close_all(work, held.id, OfferState.EXPIRED)
    tell(work, waiting, "order.untaken", round=asking.number)
    parts = {"round": asking.number, "asked": len(offers.asked(work, asking))}
    occasion = f"round {asking.number}"
    raise_alarm(work, AlarmKind.NOBODY_TOOK, "order", held.id, occasion, parts=parts)
    return waiting


def stop(work: UnitOfWork, held: Held, asking: Round) -> Held:
    """Nobody further can be asked: the round widens no more. Said only where it was to widen."""
    if asking.widens_at is None:
        return held
    offers.stop_widening(work, asking)
    moved = amend(work, held)
    tell(work, moved, "order.asked_all", round=asking.number)
    return moved


def _ask(work: UnitOfWork, asking: Round, tier: int, asked: list[int], found: Suggestion) -> None:
    """Write the offers of a tier, with the score that each got and the clock of the next."""
    now, ladder = work.clock.now(), asking.ladder
    open_for = timedelta(seconds=work.setting("dispatch.offer_seconds", asking.store_id))
    alone = timedelta(seconds=ladder[tier - 1].seconds)
    fits = {one.companion_id: one for one in found.candidates}
    addressees = [
        Addressee(one, fits[one].score, fits[one].parts, found.weights_version)
        if one in fits
        else Addressee(one, parts=found.kept_parts(one))
        for one in asked
    ]
    widens_at = now + alone if tier < len(ladder) else None
    offers.ask(work, asking, tier, addressees, now + open_for, widens_at)


def levels_of(work: ReadWork, order_id: int, found: Suggestion) -> dict[int, str | None]:
    """The level codes of those who fit, best first, without who has handed the order over."""
    connection = work.session.connection()
    query = select(col(Companion.id), col(CompanionLevel.code)).join(
        CompanionLevel, col(CompanionLevel.id) == col(Companion.level_id)
    )
    codes = dict(connection.execute(query).all())
    handed_over = select(col(Assignment.companion_id)).where(
        col(Assignment.order_id) == order_id, col(Assignment.outcome) == SessionEnd.HANDED_OVER
    )
    out = set(connection.execute(handed_over).scalars())
    fitting = (one.companion_id for one in found.candidates)
    return {one: codes.get(one) for one in fitting if one not in out}
