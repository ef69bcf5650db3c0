"""Taking a refund back whose money was not sent: it is as if it had not been.

A refund in the books is a promise until the channel carries it out. Who says that it was not
carried out takes it back whole: by an opposite payment and an opposite journal, which count where
the refund had counted. What shows that the money is gone, or that somebody was settled with by it,
stands against it. Amounts are fen.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import aliased
from sqlmodel import col

from crm_tui.core.errors import NotFound, Refused
from crm_tui.core.language import _
from crm_tui.core.words import Account, JournalKind, OrderStatus, PayChannel, PaymentKind
from crm_tui.models import Order, Payment
from crm_tui.models.ledger import Journal, JournalLine
from crm_tui.services.money import order_books
from crm_tui.services.money.bills.pairing import linked
from crm_tui.services.money.order_standing import OrderStanding, standing
from crm_tui.services.money.settlement.windows import NEVER_FROZEN, Earned, settled
from crm_tui.services.orders import payments
from crm_tui.services.orders.moves import Held, amend, hold, tell
from crm_tui.storage.store import ReadWork, UnitOfWork


@dataclass(frozen=True, slots=True)
class _Refund:
    """A refund that stands, with its journal."""

    payment_id: int
    channel: PayChannel
    amount_fen: int
    gives_back_id: int
    of_kind: PaymentKind
    """What it gives back: a payment or a tip."""
    journal_id: int
    external_ref: str | None
    on_bill: bool


_OF, _BACK = aliased(Payment), aliased(Journal)
_REFUNDS: Any = (
    select(
        col(Payment.id),
        col(Payment.channel),
        col(Payment.amount_fen),
        col(_OF.id),
        col(_OF.kind),
        col(Journal.id),
        col(Payment.external_ref),
        linked(),
    )
    .join(_OF, col(_OF.id) == col(Payment.refund_of_id))
    .join(Journal, col(Journal.payment_id) == col(Payment.id))
    .where(
        col(Payment.kind) == PaymentKind.REFUND,
        col(Journal.kind) == JournalKind.REFUND,
        ~select(col(_BACK.id)).where(col(_BACK.reverses_id) == col(Journal.id)).exists(),
    )
    .order_by(col(Payment.id))
)
_TAKEN_OFF: Any = select(col(JournalLine.available_on)).where(
    col(JournalLine.account) == Account.COMPANION_PAYABLE
)


def take_back(work: UnitOfWork, no: str, refund_ids: Sequence[int], reason: str) -> int:
    """Take refunds of order ``no`` back, all or none; answers how much that is, in fen.

    Raises :class:`NotFound` for what is no refund of it that stands, :class:`Conflict`, and
    :class:`Refused` where the channel has sent the money (``reason`` ``sent``), where what a
    companion or customer gave or got of it was settled or used since (``settled``, ``used``), and
    where the order would be waiting for a payment with nothing left to pay (``paid``).
    """
    held = hold(work, no)
    books = standing(work, held.id, held.store_id, hold=True)
    found = _refunds(work, held, refund_ids)
    for each in found:
        _require_unsent(each)
        _require_unsettled(work, held, books, each)
    back = {
        kind: sum(each.amount_fen for each in found if each.of_kind is kind)
        for kind in (PaymentKind.PAYMENT, PaymentKind.TIP)
    }
    paid = held.paid_fen + back[PaymentKind.PAYMENT]
    if held.status is OrderStatus.UNPAID and paid >= held.amount_fen:
        why = _("{no} was paid meanwhile: refund what is too much.").format(no=held.no)
        raise Refused(why=why, reason="paid")
    for each in found:
        _book_opposite(work, held, each, reason)
    moved = _more(work, held, back)
    total = sum(back.values())
    tell(
        work,
        moved,
        "order.refund_undone",
        amount_fen=total,
        channels=list(dict.fromkeys(each.channel.value for each in found)),
        paid_fen=moved.paid_fen,
        customer_id=held.customer_id,
        reason=reason,
    )
    return total


def _refunds(work: ReadWork, held: Held, ids: Sequence[int]) -> list[_Refund]:
    query = _REFUNDS.where(col(Payment.order_id) == held.id, col(Payment.id).in_(ids))
    found = [_Refund(*row) for row in work.session.connection().execute(query)]
    missing = sorted(set(ids) - {each.payment_id for each in found})
    if missing or not found:
        raise NotFound(what=_("refund"), ref=missing[0] if missing else held.no)
    return found


def _require_unsent(refund: _Refund) -> None:
    if refund.on_bill:
        why = _("a bill of {channel} has it: the money was sent.")
    elif refund.external_ref:
        why = _("it has its number at {channel}: the money was sent.")
    else:
        return
    raise Refused(why=why.format(channel=refund.channel.label), reason="sent")


def _require_unsettled(work: ReadWork, held: Held, books: OrderStanding, refund: _Refund) -> None:
    """What it took off companions' pay must not lie in a settlement that was approved."""
    earning = books.tip_earnings.get(refund.gives_back_id) or books.order
    taken_off = _TAKEN_OFF.where(col(JournalLine.journal_id) == refund.journal_id)
    days = work.session.connection().execute(taken_off).scalars().all()
    if earning is None or not days:
        return
    earned = Earned(refund.journal_id, earning.at, days[0] or NEVER_FROZEN)
    if work.session.connection().execute(select(settled(held.store_id, earned))).scalar_one():
        why = _("the companion’s part of it was settled: an adjustment can correct it.")
        raise Refused(why=why, reason="settled")


def _book_opposite(work: UnitOfWork, held: Held, refund: _Refund, reason: str) -> None:
    payment_id = payments.book(
        work,
        held,
        refund.of_kind,
        refund.channel,
        refund.amount_fen,
        work.clock.now(),
        refund_of_id=refund.payment_id,
    )
    try:
        order_books.refund_taken_back(work, refund.journal_id, payment_id, reason)
    except Refused as error:
        if error.facts.get("reason") != "beyond_zero":
            raise
        used = _("what it put on “{account}” was used since: it stays in the books.")
        why = used.format(account=Account(error.facts["account"]).label)
        raise Refused(why=why, reason="used") from error


def _more(work: UnitOfWork, held: Held, back: Mapping[PaymentKind, int]) -> Held:
    """The order with so much more paid, and tipped."""
    values = {"paid_fen": held.paid_fen + back[PaymentKind.PAYMENT]}
    if back[PaymentKind.TIP]:
        tipped = select(col(Order.tip_fen)).where(col(Order.id) == held.id)
        before = work.session.connection().execute(tipped).scalar_one()
        values["tip_fen"] = before + back[PaymentKind.TIP]
    return amend(work, held, **values)
