"""Topping up a balance and paying it out again. Amounts are fen.

Each is a payment of no order, with its journal and its event, in one unit of work. The level of
the customer follows what they topped up in all.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlmodel import col, func, select

from crm_tui.core.errors import Duplicate, Invalid, NotFound, Refused
from crm_tui.core.language import _, joined
from crm_tui.core.money import LARGEST_FEN, yuan
from crm_tui.core.permissions import Permission, require
from crm_tui.core.words import Account, JournalKind, PayChannel, PaymentKind
from crm_tui.models import MAIN_STORE, Customer, Payment
from crm_tui.services.customers.rules import checked_text
from crm_tui.services.customers.states import may_use_balance, refuse_erased
from crm_tui.services.money.ledger import Entry, post
from crm_tui.services.money.members import levels, spending
from crm_tui.services.money.members.reads import balance_of, quote_top_up
from crm_tui.services.money.members.rules import BonusOnRefund, Parts, bonus_taken_back
from crm_tui.storage.store import ReadWork, UnitOfWork

LONGEST_REASON = 500


@dataclass(frozen=True, slots=True)
class Done:
    """What was booked: the payment, and what came to each part of the balance or went from it."""

    payment_id: int
    parts: Parts


@dataclass(frozen=True, slots=True)
class PayOutQuote:
    """What paying ``amount_fen`` out would do: the bonus that goes with it, and the balance then.
    ``channel`` is that of the last top-up."""

    amount_fen: int
    bonus_fen: int
    balance: Parts
    channel: PayChannel


def top_up(
    work: UnitOfWork,
    customer_id: int,
    channel: PayChannel,
    amount_fen: int,
    external_ref: str | None = None,
) -> Done:
    """Take money for the customer's balance, and add the bonus that it earns.

    Raises :class:`Refused` for a minor and for who was erased, :class:`Invalid` for the amount and
    for the balance as a channel, :class:`Duplicate` for an outside number that is booked,
    :class:`NotFound`.
    """
    customer = _hold(work, customer_id)
    may_use_balance(work, customer_id)
    _check(channel, amount_fen)
    quote = quote_top_up(work, customer_id, amount_fen)
    payment_id = _book(
        work, customer, PaymentKind.PAYMENT, channel, amount_fen, external_ref=external_ref
    )
    parts = Parts(amount_fen, quote.bonus_fen)
    _post(work, customer, JournalKind.TOP_UP, channel, parts, payment_id)
    levels.refresh(work, [customer_id])
    _tell(work, customer, "customer.topped_up", channel, parts)
    return Done(payment_id, parts)


def quote_pay_out(work: ReadWork, customer_id: int, amount_fen: int) -> PayOutQuote:
    """What :func:`pay_out` of ``amount_fen`` would do. Raises as it does, but for the role."""
    customer = work.session.get(Customer, customer_id)
    if customer is None:
        raise NotFound(what=_("customer"), ref=str(customer_id))
    held = balance_of(work, customer_id, _store(customer))
    gone = _going(work, customer, amount_fen, held)
    return PayOutQuote(amount_fen, gone.bonus_fen, held - gone, last_channel(work, customer_id))


def pay_out(
    work: UnitOfWork,
    customer_id: int,
    amount_fen: int,
    channel: PayChannel | None = None,
    reason: str = "",
    external_ref: str | None = None,
) -> Done:
    """Give stored value back: of what was paid, never the bonus, whose part goes by the setting
    ``members.refund_bonus``. Without a ``channel``, through that of the last top-up.

    Raises :class:`Refused` for a role that may not and for more than was paid (with ``paid_fen``),
    else as :func:`top_up` does; a minor gets theirs back.
    """
    require(work.actor, Permission.PAY_OUT)
    customer = _hold(work, customer_id)
    through = channel or last_channel(work, customer_id)
    _check(through, amount_fen)
    why = checked_text(_("Reason"), reason, LONGEST_REASON)
    held = balance_of(work, customer_id, _store(customer), hold=True)
    parts = _going(work, customer, amount_fen, held)
    payment_id = _book(
        work, customer, PaymentKind.REFUND, through, amount_fen, external_ref=external_ref
    )
    given = Parts() - parts
    _post(work, customer, JournalKind.STORED_REFUND, through, given, payment_id)
    levels.refresh(work, [customer_id])
    _tell(work, customer, "customer.paid_out", through, given, why)
    return Done(payment_id, given)


def last_channel(work: ReadWork, customer_id: int) -> PayChannel:
    """The channel of the customer's last top-up; cash where there was none."""
    last = select(func.max(Payment.id)).where(
        Payment.customer_id == customer_id,
        Payment.kind == PaymentKind.PAYMENT,
        col(Payment.order_id).is_(None),
    )
    found = work.session.exec(
        select(Payment.channel).where(col(Payment.id).in_(last.scalar_subquery()))
    ).first()
    return PayChannel(found) if found else PayChannel.CASH


def _going(work: ReadWork, customer: Customer, amount_fen: int, held: Parts) -> Parts:
    """What goes from each part when so much is given back. Raises :class:`Refused`."""
    if amount_fen > held.paid_fen:
        why = _(
            "¥{paid} of what {nick} topped up is left; ¥{bonus} of bonus is not paid out."
        ).format(paid=yuan(held.paid_fen), bonus=yuan(held.bonus_fen), nick=customer.nick)
        raise Refused(why=why, reason="balance", paid_fen=held.paid_fen, bonus_fen=held.bonus_fen)
    rule = BonusOnRefund(work.setting("members.refund_bonus", _store(customer)))
    return Parts(amount_fen, bonus_taken_back(amount_fen, held, rule))


def _hold(work: UnitOfWork, customer_id: int) -> Customer:
    """The customer, whom nobody merges or erases meanwhile."""
    customer = work.session.get(Customer, customer_id, with_for_update=True, populate_existing=True)
    if customer is None or customer.merged_into_id is not None:
        raise NotFound(what=_("customer"), ref=str(customer_id))
    refuse_erased(customer)
    return customer


def _check(channel: PayChannel, amount_fen: int) -> None:
    if not 1 <= amount_fen <= LARGEST_FEN:
        raise Invalid(field="amount_fen", value=amount_fen, expected=_("fen, 1 or more"))
    if channel is PayChannel.BALANCE:
        expected = joined(each for each in PayChannel if each is not PayChannel.BALANCE)
        raise Invalid(field="channel", value=channel.label, expected=expected)


def _book(
    work: UnitOfWork,
    customer: Customer,
    kind: PaymentKind,
    channel: PayChannel,
    amount_fen: int,
    external_ref: str | None,
) -> int:
    """The payment of no order."""
    row = Payment(
        store_id=_store(customer),
        customer_id=_id(customer),
        kind=kind,
        channel=channel,
        amount_fen=amount_fen,
        external_ref=external_ref or None,
        paid_at=work.clock.now(),
        taken_by=work.actor.login,
    )
    work.session.add(row)
    another = Duplicate(field=channel.label, value=external_ref, owner=_("another payment"))
    with work.on_violation({"uq_payment_channel_external_ref": another}):
        work.session.flush()
    assert row.id is not None
    return row.id


def _post(
    work: UnitOfWork,
    customer: Customer,
    kind: JournalKind,
    channel: PayChannel,
    parts: Parts,
    payment_id: int,
) -> None:
    """Both parts to the balance (or, where negative, from it): the money from the channel, the
    bonus at the studio's cost."""
    lines = [
        Entry(Account.CHANNEL, parts.paid_fen, channel=channel),
        *spending.entries(_id(customer), parts, -1),
    ]
    if parts.bonus_fen:
        lines.append(Entry(Account.BONUS_COST, parts.bonus_fen))
    post(
        work,
        kind,
        lines,
        key=f"{kind.value}:{payment_id}",
        store_id=_store(customer),
        payment_id=payment_id,
        customer_id=_id(customer),
    )


def _tell(
    work: UnitOfWork,
    customer: Customer,
    kind: str,
    channel: PayChannel,
    parts: Parts,
    reason: str = "",
) -> None:
    work.record(
        kind,
        "customer",
        _id(customer),
        store_id=_store(customer),
        ref=customer.no,
        changed={"reason": (None, reason)} if reason else None,
        pay_channel=channel.value,
        paid_fen=abs(parts.paid_fen),
        bonus_fen=abs(parts.bonus_fen),
    )


def _store(customer: Customer) -> int:
    """The store in which the customer's balance is kept."""
    return customer.store_id or MAIN_STORE


def _id(customer: Customer) -> int:
    assert customer.id is not None
    return customer.id
