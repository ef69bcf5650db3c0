"""What the life of an order puts into the books: pure functions from facts to entries.

A line is debit positive, credit negative; the entries of every function here sum to zero. Amounts
are fen. What a customer pays is ``prepaid`` until the order is completed; then it becomes what the
companions get and, for the rest, the studio's income, which is negative where the companions get
more than was paid. :mod:`.order_books` does the same for orders as they live; :func:`entries_of`
is for those that are brought in whole.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from crm_tui.core.money import share_of
from crm_tui.core.words import Account, JournalKind, OrderStatus, PayChannel, PaymentKind
from crm_tui.services.money.ledger import Entry, Posting
from crm_tui.services.money.refunding import Given, Income, give_back
from crm_tui.services.orders.billing import apportion


@dataclass(frozen=True, slots=True)
class Part:
    """What one companion gets of an order or a tip, and the business day that ends its freeze."""

    companion_id: int
    amount_fen: int
    available_on: date | None = None


Purse = Sequence[Entry]
"""Where money came to or went from: a channel, or a customer's stored value
(:mod:`.members.spending`)."""


def in_channel(channel: PayChannel, amount_fen: int) -> Purse:
    """Money at WeChat, Alipay, the bank, in the till; less of it where the amount is negative."""
    return (Entry(Account.CHANNEL, amount_fen, channel=channel.value),)


def payment_entries(customer_id: int, purse: Purse) -> tuple[Entry, ...]:
    """Money for an order that is not completed."""
    return _balanced(purse, Account.PREPAID, customer_id)


def completion_entries(
    customer_id: int,
    amount_fen: int,
    paid_fen: int,
    parts: Iterable[Part],
    discount_fen: int = 0,
) -> tuple[Entry, ...]:
    """An order of ``amount_fen`` is done: the part of it that was paid is prepaid no more, what
    was not is owed by the customer. With the ``discount_fen`` that a membership took off it, the
    studio's income is that of the list price."""
    covered = min(paid_fen, amount_fen)
    asked = (
        Entry(Account.PREPAID, covered, customer_id),
        Entry(Account.RECEIVABLE, amount_fen - covered, customer_id),
        Entry(Account.DISCOUNT, discount_fen),
    )
    return _balanced((*asked, *_earned(parts)), Account.REVENUE)


def write_off_entries(
    customer_id: int,
    amount_fen: int,
    paid_fen: int,
    parts: Iterable[Part],
    discount_fen: int = 0,
) -> tuple[Entry, ...]:
    """An order was served and will not be paid: who served gets what they earned, and what the
    customer owes is the studio's loss."""
    owed = amount_fen - min(paid_fen, amount_fen)
    loss = (
        Entry(Account.BAD_DEBT, owed),
        Entry(Account.RECEIVABLE, -owed, customer_id),
    )
    return (
        *completion_entries(customer_id, amount_fen, paid_fen, parts, discount_fen),
        *(each for each in loss if each.amount_fen),
    )


def tip_entries(purse: Purse, parts: Iterable[Part]) -> tuple[Entry, ...]:
    """A tip: the companions' parts of it, the rest to the studio."""
    return _balanced((*purse, *_earned(parts)), Account.TIP_REVENUE)


def tip_parts(
    tip_fen: int, companions: Sequence[int], share_bp: int, available_on: date | None
) -> tuple[Part, ...]:
    """A tip is for all of ``companions`` alike; each has ``share_bp`` of their portion, rounded
    half up.

    >>> [part.amount_fen for part in tip_parts(1001, [7, 8], 8000, None)]
    [400, 401]
    >>> tip_parts(1001, [], 8000, None)
    ()
    """
    portions = apportion(tip_fen, [1] * len(companions))
    return tuple(
        Part(companion, share_of(portion, share_bp), available_on)
        for companion, portion in zip(companions, portions, strict=True)
    )


def refund_entries(customer_id: int, given: Given, purse: Purse) -> tuple[Entry, ...]:
    """Money goes back out of ``purse`` (credit); what each party gives stands in ``given``."""
    theirs = (
        entry
        for back in given.companions
        for entry in (
            Entry(
                Account.COMPANION_PAYABLE,
                back.payable_fen,
                back.companion_id,
                available_on=back.available_on,
            ),
            Entry(Account.CLAWBACK, back.clawback_fen, back.companion_id),
        )
    )
    entries = (
        Entry(Account.PREPAID, given.prepaid_fen, customer_id),
        *theirs,
        *purse,
    )
    return _balanced(entries, Account.REFUNDS)


def _earned(parts: Iterable[Part]) -> Iterator[Entry]:
    for part in parts:
        yield Entry(
            Account.COMPANION_PAYABLE,
            -part.amount_fen,
            part.companion_id,
            available_on=part.available_on,
        )


def _balanced(entries: Iterable[Entry], account: Account, subject_id: int = 0) -> tuple[Entry, ...]:
    """The entries without empty ones, and what is left over on ``account``."""
    known = [entry for entry in entries if entry.amount_fen]
    rest = -sum(entry.amount_fen for entry in known)
    return (*known, Entry(account, rest, subject_id)) if rest else tuple(known)


# Orders that are brought in whole


@dataclass(frozen=True, slots=True)
class OrderFacts:
    """What the books ask of an order that is brought in."""

    id: int
    store_id: int
    customer_id: int
    status: OrderStatus
    amount_fen: int
    completed_at: datetime | None
    available_on: date | None
    """The end of the freeze of what was earned with it; None where it is not completed."""
    tip_share_bp: int


@dataclass(frozen=True, slots=True)
class MoneyFacts:
    """A payment, tip or refund of it."""

    payment_id: int
    kind: PaymentKind
    channel: PayChannel
    amount_fen: int
    at: datetime


def payment_key(payment_id: int) -> str:
    """The key of the journal of a payment, tip or refund: there is one of each."""
    return f"payment:{payment_id}"


def completion_key(order_id: int) -> str:
    """The key of the journal of an order's completion, or of its being written off."""
    return f"order:{order_id}:end"


def entries_of(
    order: OrderFacts, money: Iterable[MoneyFacts], parts: Sequence[Part]
) -> list[Posting]:
    """The postings of an order that was brought in, in the order in which they can be posted.

    ``parts`` are the companions' parts of its amount (:mod:`.splits`); tips go to the same
    companions. Refunds that exceed what the books know of the order are the studio's. Nothing is
    settled yet, so that no refund is a clawback.
    """
    by_kind = _by_kind(money)
    payments = by_kind[PaymentKind.PAYMENT]
    paid = sum(one.amount_fen for one in payments)
    done = order.status is OrderStatus.COMPLETED
    counted = order.amount_fen if done else 0
    earned: Counter[int] = Counter()
    for part in parts:
        earned[part.companion_id] += part.amount_fen
    income = Income(counted, 0, tuple(earned.items()))
    prepaid = paid - min(paid, counted)
    return [
        *(_payment(order, one) for one in payments),
        *([_completion(order, paid, parts)] if done else ()),
        *(_tip(order, one, parts) for one in by_kind[PaymentKind.TIP]),
        *_refunds(order, by_kind[PaymentKind.REFUND], prepaid, income),
    ]


def _payment(order: OrderFacts, one: MoneyFacts) -> Posting:
    listed = payment_entries(order.customer_id, in_channel(one.channel, one.amount_fen))
    return _posting(order, JournalKind.PAYMENT, listed, one)


def _completion(order: OrderFacts, paid_fen: int, parts: Sequence[Part]) -> Posting:
    listed = completion_entries(order.customer_id, order.amount_fen, paid_fen, parts)
    return _posting(order, JournalKind.COMPLETION, listed)


def _tip(order: OrderFacts, one: MoneyFacts, parts: Sequence[Part]) -> Posting:
    who = tuple(dict.fromkeys(part.companion_id for part in parts))
    theirs = tip_parts(one.amount_fen, who, order.tip_share_bp, order.available_on)
    listed = tip_entries(in_channel(one.channel, one.amount_fen), theirs)
    return _posting(order, JournalKind.TIP, listed, one)


def _refunds(
    order: OrderFacts, refunds: Iterable[MoneyFacts], prepaid_fen: int, income: Income
) -> Iterator[Posting]:
    for one in refunds:
        given = give_back(one.amount_fen, prepaid_fen, income, {}, order.available_on)
        prepaid_fen -= given.prepaid_fen
        income = income.less(given)
        purse = in_channel(one.channel, -one.amount_fen)
        listed = refund_entries(order.customer_id, given, purse)
        yield _posting(order, JournalKind.REFUND, listed, one)


def _posting(
    order: OrderFacts, kind: JournalKind, listed: Sequence[Entry], one: MoneyFacts | None = None
) -> Posting:
    return Posting(
        kind,
        listed,
        payment_key(one.payment_id) if one else completion_key(order.id),
        order.store_id,
        at=one.at if one else order.completed_at,
        order_id=order.id,
        payment_id=one.payment_id if one else None,
        customer_id=order.customer_id,
    )


def _by_kind(money: Iterable[MoneyFacts]) -> dict[PaymentKind, list[MoneyFacts]]:
    found: dict[PaymentKind, list[MoneyFacts]] = {kind: [] for kind in PaymentKind}
    for one in money:
        found[one.kind].append(one)
    return found
