"""What the books say of an order, written in the unit of work that changes the order.

Each function posts one journal (:mod:`.order_entries` says which lines) under a key of its own,
so that nothing is booked twice. They are called by the actions of orders; amounts are fen.

=====================  =========================================================================
paid                   Dr channel or stored value / Cr prepaid
completed              Dr prepaid, Dr discount / Cr companion_payable each, Cr revenue
tipped                 Dr channel or stored value / Cr companion_payable each, Cr tip_revenue
refunded               Dr prepaid, Dr refunds, Dr companion_payable or clawback each / Cr channel
refund taken back      the opposite of refunded
written off            as completed, and Dr bad_debt for what is owed
=====================  =========================================================================

Taking, serving, handing over, reopening and calling off an order post nothing: nobody has earned
until it is completed, and what was paid stays prepaid until it is given back.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from crm_tui.core.words import BillingUnit, JournalKind, OrderStatus, PayChannel
from crm_tui.services.money import order_entries as entries
from crm_tui.services.money.ledger import Entry, post, reverse
from crm_tui.services.money.members import spending
from crm_tui.services.money.order_entries import Part, Purse
from crm_tui.services.money.refunding import Given
from crm_tui.services.money.settlement.freeze import end_of_freeze
from crm_tui.services.money.splits.in_force import in_force
from crm_tui.services.money.splits.record import PartSplit, record_splits, split_parts
from crm_tui.services.orders.billing import amount_fen
from crm_tui.services.orders.moves import Held
from crm_tui.services.orders.parts import parts_of, priced
from crm_tui.storage.store import UnitOfWork


def paid(
    work: UnitOfWork,
    held: Held,
    payment_id: int,
    channel: PayChannel,
    amount_fen: int,
    at: datetime,
) -> None:
    """A payment for an order that is not completed.

    Raises :class:`Refused` where stored value does not suffice, and for a minor's.
    """
    purse = _taken_from(work, held, channel, amount_fen)
    of_balance = channel is PayChannel.BALANCE
    _post(
        work,
        held,
        JournalKind.SPENDING if of_balance else JournalKind.PAYMENT,
        entries.payment_entries(held.customer_id, purse),
        entries.payment_key(payment_id),
        at,
        payment_id,
    )


def completed(work: UnitOfWork, held: Held, at: datetime) -> None:
    """The order became ``completed``: what was paid is earned."""
    listed = entries.completion_entries(
        held.customer_id,
        held.amount_fen,
        held.paid_fen,
        _earned(work, held, at),
        discount_fen=_discount(held),
    )
    _post(work, held, JournalKind.COMPLETION, listed, entries.completion_key(held.id), at)


def written_off(work: UnitOfWork, held: Held, at: datetime) -> int:
    """The order was served and will not be paid. Answers what is lost, in fen."""
    listed = entries.write_off_entries(
        held.customer_id,
        held.amount_fen,
        held.paid_fen,
        _earned(work, held, at),
        discount_fen=_discount(held),
    )
    _post(work, held, JournalKind.WRITE_OFF, listed, entries.completion_key(held.id), at)
    return max(held.amount_fen - held.paid_fen, 0)


def tipped(
    work: UnitOfWork,
    held: Held,
    payment_id: int,
    channel: PayChannel,
    tip: Sequence[Part],
    amount_fen: int,
    at: datetime,
) -> None:
    """A tip, of which each companion has the part in ``tip``. Raises as :func:`paid`."""
    purse = _taken_from(work, held, channel, amount_fen)
    _post(
        work,
        held,
        JournalKind.TIP,
        entries.tip_entries(purse, tip),
        entries.payment_key(payment_id),
        at,
        payment_id,
    )


def refunded(
    work: UnitOfWork,
    held: Held,
    payment_id: int,
    channel: PayChannel,
    given: Given,
    at: datetime,
    reason: str,
) -> None:
    """Money went back the way it had come; ``given`` says who gives it."""
    amount = given.amount_fen
    purse = entries.in_channel(channel, -amount)
    if channel is PayChannel.BALANCE and spending.spent_on(work, held.id).total_fen >= amount:
        purse = spending.give_back(work, held.customer_id, held.id, amount, held.store_id)
    _post(
        work,
        held,
        JournalKind.REFUND,
        entries.refund_entries(held.customer_id, given, purse),
        entries.payment_key(payment_id),
        at,
        payment_id,
        reason,
    )


def refund_taken_back(work: UnitOfWork, journal_id: int, payment_id: int, reason: str) -> None:
    """The money of a refund was never sent: the opposite of its journal, as ``payment_id``.

    Raises :class:`Refused` where it was taken back before, or somebody has used what it gave.
    """
    key = entries.payment_key(payment_id)
    reverse(work, journal_id, key=key, reason=reason, payment_id=payment_id)


def _earned(work: UnitOfWork, held: Held, at: datetime) -> tuple[Part, ...]:
    """What each companion gets of the order, and the end of its freeze."""
    until = end_of_freeze(work, held.store_id, held.kind, at)
    done = held.status is OrderStatus.COMPLETED
    lines = record_splits(work, held.id) if done else _split(work, held, at)
    return tuple(Part(one.companion_id, one.companion_fen, until) for one in lines)


def _split(work: UnitOfWork, held: Held, at: datetime) -> tuple[PartSplit, ...]:
    """The split of an order that does not complete, by the rule of the day."""
    (order,) = priced(work, [held.id])
    rule = in_force(work, held.store_id, work.calendar(held.store_id).day_of(at))
    return split_parts(work, order, parts_of(work, [order])[held.id], rule, at)


def _discount(held: Held) -> int:
    """What the customer's level took off the list price, in fen."""
    if not held.discount_bp or held.price_agreed or held.billing_unit is not BillingUnit.HOURLY:
        return 0
    minutes = held.planned_minutes if held.billed_minutes is None else held.billed_minutes
    return max(amount_fen(held.rate_fen, minutes, held.places) - held.amount_fen, 0)


def _taken_from(work: UnitOfWork, held: Held, channel: PayChannel, amount_fen: int) -> Purse:
    if channel is PayChannel.BALANCE:
        return spending.spend(work, held.customer_id, amount_fen, held.store_id)
    return entries.in_channel(channel, amount_fen)


def _post(
    work: UnitOfWork,
    held: Held,
    kind: JournalKind,
    listed: Sequence[Entry],
    key: str,
    at: datetime,
    payment_id: int | None = None,
    reason: str = "",
) -> None:
    """One journal of the order."""
    post(
        work,
        kind,
        listed,
        key=key,
        store_id=held.store_id,
        at=at,
        order_id=held.id,
        customer_id=held.customer_id,
        payment_id=payment_id,
        reason=reason,
    )
