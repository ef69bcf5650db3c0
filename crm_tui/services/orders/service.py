"""The service of an order: it starts, stands still, goes on, changes hands, ends.

The clocks of all who serve an order together run and stand together. Errors as in
:mod:`.actions`; durations are minutes.
"""

from __future__ import annotations

from crm_tui.core.errors import Invalid, Refused
from crm_tui.core.language import _
from crm_tui.core.words import OrderStatus, SessionEnd
from crm_tui.services.companions import credit
from crm_tui.services.customers.states import may_be_served
from crm_tui.services.orders import renewal, reservations, staffing
from crm_tui.services.orders.bill import bill_of, price_of
from crm_tui.services.orders.billing import whole_minutes
from crm_tui.services.orders.giving import assign, back_to_waiting, give, ids_of, one_of, release
from crm_tui.services.orders.intake import LONGEST_MINUTES
from crm_tui.services.orders.moves import amend, hold, move, require, tell
from crm_tui.storage.store import UnitOfWork


def start(work: UnitOfWork, no: str, expected_version: int | None = None) -> None:
    """Begin the service: the clock runs from now. Raises :class:`Refused` for a minor."""
    held = hold(work, no, expected_version)
    require(held, {OrderStatus.ACCEPTED})
    may_be_served(work, held.customer_id)
    begun = held.started_at or work.clock.now()
    moved = move(work, held, OrderStatus.SERVING, started_at=begun)
    staffing.run_clocks(work, moved)
    credit.for_start(work, held.id)
    tell(work, moved, "order.started", started_at=begun.isoformat())


def pause(work: UnitOfWork, no: str, expected_version: int | None = None) -> None:
    """Stop the clock; the order stays in service. Raises :class:`Refused` if it stands already."""
    _stop(work, no, SessionEnd.PAUSED, "order.paused", expected_version)


def disconnect(work: UnitOfWork, no: str, expected_version: int | None = None) -> None:
    """The connection broke: the clock stops until they are back; the order stays in service.

    Raises :class:`Refused` if the clock stands already.
    """
    _stop(work, no, SessionEnd.DISCONNECTED, "order.disconnected", expected_version)


def resume(work: UnitOfWork, no: str, expected_version: int | None = None) -> None:
    """Let the clock run on, after a pause or when the connection is back.

    Raises :class:`Refused` if it is running.
    """
    held = hold(work, no, expected_version)
    require(held, {OrderStatus.SERVING})
    broken = staffing.stopped_by(work, held.id) is SessionEnd.DISCONNECTED
    staffing.run_clocks(work, held)
    tell(work, amend(work, held), "order.reconnected" if broken else "order.resumed")


def reconnect(work: UnitOfWork, no: str, expected_version: int | None = None) -> None:
    """The connection is back: the clock runs on.

    Raises :class:`Refused` where it does not stand for that.
    """
    held = hold(work, no, expected_version)
    require(held, {OrderStatus.SERVING})
    if staffing.stopped_by(work, held.id) is not SessionEnd.DISCONNECTED:
        why = _("{no} has not lost its connection.").format(no=held.no)
        raise Refused(why=why, reason="connected")
    resume(work, no, expected_version)


def finish(
    work: UnitOfWork, no: str, minutes: int | None = None, expected_version: int | None = None
) -> None:
    """End the service and bill it: ``minutes`` as given, else as measured and rounded by the rule.

    The amount follows the minutes where the order is billed by the hour and no price was agreed;
    each place costs the same. A renewal that waits for the end begins with it.
    """
    if minutes is not None and not 0 <= minutes <= LONGEST_MINUTES:
        expected = _("minutes, 0 to {most}").format(most=LONGEST_MINUTES)
        raise Invalid(field="minutes", value=minutes, expected=expected)
    held = hold(work, no, expected_version)
    now = work.clock.now()
    bill = bill_of(work, held, minutes)
    moved = move(
        work,
        held,
        OrderStatus.CONFIRMING,
        finished_at=now,
        billed_minutes=bill.billed_minutes,
        amount_fen=bill.amount_fen,
    )
    staffing.unbind(work, held.id, SessionEnd.FINISHED)
    tell(
        work,
        moved,
        "order.finished",
        served_minutes=bill.served_minutes,
        billed_minutes=bill.billed_minutes,
        amount_fen=bill.amount_fen,
        rule=bill.rule,
    )
    renewal.go_on(work, moved)


def reopen(
    work: UnitOfWork, no: str, expected_version: int | None = None, reason: str = ""
) -> None:
    """Back into service: it was reported too early.

    The clock runs on from now: of the time since the report nobody knows whether it was served,
    and who does can say so when it is finished again. The price is that of the minutes booked
    until then. Raises :class:`Refused` where a companion serves another order meanwhile.
    """
    held = hold(work, no, expected_version)
    require(held, {OrderStatus.CONFIRMING})
    moved = move(
        work,
        held,
        OrderStatus.SERVING,
        finished_at=None,
        billed_minutes=None,
        amount_fen=max(price_of(held, held.planned_minutes), held.paid_fen),
    )
    serving = staffing.bind_again(work, held)
    if not serving:
        raise Refused(why=_("Nobody has served {no}.").format(no=held.no), reason="unserved")
    for one in serving:
        staffing.open_session(work, moved, one)
    tell(
        work,
        moved,
        "order.reopened",
        companions=ids_of(serving),
        amount_fen=moved.amount_fen,
        reason=reason,
    )


def hand_over(
    work: UnitOfWork,
    no: str,
    companion_id: int | None = None,
    expected_version: int | None = None,
    from_id: int | None = None,
) -> None:
    """End one companion's part of the service and give the rest of it to another.

    The part served is measured and kept, and is billed with the rest. ``from_id`` says whose,
    where several serve. Then the others go on while the new one joins them; an order that only
    one serves is accepted by the new one and starts again when they do. Without ``companion_id``
    it waits for dispatch, and every clock of it stands.
    """
    held = hold(work, no, expected_version)
    require(held, {OrderStatus.SERVING})
    bound = staffing.serving(work, held.id)
    if companion_id is not None and companion_id in ids_of(bound):
        raise Refused(why=_("That companion serves the order already."), reason="same")
    leaving = one_of(held, bound, from_id)
    now = work.clock.now()
    together = len(bound) > 1 and companion_id is not None
    running = staffing.stopped_by(work, held.id) is None
    moved = amend(work, held) if together else back_to_waiting(work, held)
    staffing.free(work, held.id, leaving, SessionEnd.HANDED_OVER)
    if not together:
        staffing.close_session(work, held.id, SessionEnd.PAUSED)
    tell(
        work,
        moved,
        "order.handed_over",
        companion_id=leaving.companion_id,
        companions=ids_of(bound, leaving),
        served_minutes=whole_minutes(staffing.served_by(work, leaving.assignment_id, now)),
    )
    if companion_id is None:
        return
    who = staffing.candidate(work, companion_id)
    if not together:
        give(work, moved, who, kind="order.assigned", place=leaving.place)
        return
    joined = staffing.bind(work, moved, who, place=leaving.place)
    reservations.follow(work, held.id, leaving.place, who)
    if running:
        (new,) = (one for one in joined if one.companion_id == who.id)
        staffing.open_session(work, moved, new)
    tell(
        work,
        amend(work, moved),
        "order.assigned",
        companion_id=who.id,
        place=leaving.place,
        companions=ids_of(joined),
    )


def hand_back(work: UnitOfWork, no: str, companion_id: int, former_id: int) -> None:
    """The opposite of :func:`hand_over`: ``former_id`` has the order again instead of
    ``companion_id``.

    What either has served stays measured; nobody's credit moves. Raises :class:`Refused` where the
    former one is bound by another order meanwhile.
    """
    held = hold(work, no)
    if held.status is OrderStatus.SERVING:
        hand_over(work, no, former_id, from_id=companion_id)
        return
    release(work, no, _("undone"), companion_id=companion_id, withdrew=False)
    assign(work, no, former_id)


def _stop(
    work: UnitOfWork, no: str, why: SessionEnd, kind: str, expected_version: int | None
) -> None:
    held = hold(work, no, expected_version)
    require(held, {OrderStatus.SERVING})
    if not staffing.close_session(work, held.id, why):
        raise Refused(why=_("{no} is paused already.").format(no=held.no), reason="paused")
    served = staffing.served(work, held.id, work.clock.now())
    tell(work, amend(work, held), kind, served_seconds=int(served.total_seconds()))
