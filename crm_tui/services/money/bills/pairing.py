"""Finding the payments that the lines of a bill tell of, in the books.

First by numbers: the channel's own, then the one that the merchant sent it, which is the payment's
or the order's; a refund also by the payment that it gives back. What no number finds is left to
:mod:`.matching`. A payment is taken by one line of a file only.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, select
from sqlmodel import SQLModel, col

from crm_tui.core.words import BillLineKind, BillLineState, PayChannel, PaymentKind
from crm_tui.models import Customer, CustomerIdentity, Order, Payment
from crm_tui.models.bills import BillLine as StoredBillLine
from crm_tui.services.money.bills.drafts import finished
from crm_tui.services.money.bills.forms import BillLine
from crm_tui.services.money.bills.matching import (
    BY_NUMBER,
    BY_ORDER,
    Likely,
    Movement,
    Paid,
    likely,
)
from crm_tui.services.money.bills.storing import Stored
from crm_tui.storage.store import ReadWork

SETTLED = (BillLineState.MATCHED, BillLineState.BOOKED)
"""The states in which a line has its payment."""
_MONEY = frozenset((BillLineKind.PAYMENT, BillLineKind.REFUND))
_CUSTOMERS, _IDENTITIES, _ORDERS, _PAYMENTS = (
    SQLModel.metadata.tables[name]
    for name in ("customer", "customer_identity", "orders", "payment")
)


class Booked(NamedTuple):
    """A payment as the books have it."""

    id: int
    order_id: int | None
    amount_fen: int
    """Positive for what came, negative for what went."""
    external_ref: str | None
    refund_of_id: int | None


_BOOKED = (
    col(Payment.id),
    col(Payment.order_id),
    col(Payment.kind),
    col(Payment.amount_fen),
    col(Payment.external_ref),
    col(Payment.refund_of_id),
)


def _booked(row: Sequence[Any]) -> Booked:
    payment_id, order_id, kind, amount, ref, refund_of = row
    signed = -amount if kind is PaymentKind.REFUND else amount
    return Booked(payment_id, order_id, signed, ref, refund_of)


@dataclass(slots=True)
class Pairing:
    """Pairs the lines of one file with the payments of its channel."""

    work: ReadWork
    channel: PayChannel
    taken: Set[int]
    """Payments that a line of this file has."""
    _new: set[int] = field(default_factory=set)
    """Payments that lines were paired with here."""

    def by_numbers(self, lines: Mapping[str, BillLine]) -> dict[str, Paid]:
        """The payments that numbers lead to; lines and answers are by the lines' keys."""
        left = {key: line for key, line in lines.items() if line.kind in _MONEY}
        found: dict[str, Paid] = {}
        for find in (self._by_own_number, self._by_sent_numbers, self._by_orders):
            left = {key: line for key, line in left.items() if key not in found}
            found |= find(left)
        return found

    def _by_own_number(self, lines: Mapping[str, BillLine]) -> dict[str, Paid]:
        known = self._by_ref(line.outside_no for line in lines.values())
        return self._taken_of(lines, known, lambda line: (line.outside_no,))

    def _by_sent_numbers(self, lines: Mapping[str, BillLine]) -> dict[str, Paid]:
        known = self._by_ref(number for line in lines.values() for number in _sent(line))
        return self._taken_of(lines, known, _sent)

    def _taken_of(
        self,
        lines: Mapping[str, BillLine],
        known: Mapping[str, Booked],
        numbers: Callable[[BillLine], tuple[str, ...]],
    ) -> dict[str, Paid]:
        found = {}
        for key, line in lines.items():
            for number in numbers(line):
                booked = known.get(number)
                if booked and self._may_take(line, booked):
                    found[key] = self._take(booked, BY_NUMBER)
                    break
        return found

    def _by_ref(self, numbers: Iterable[str]) -> dict[str, Booked]:
        wanted = sorted({number for number in numbers if number})
        booked = self._payments(_PAYMENTS.c.external_ref, wanted)
        return {one.external_ref: one for one in booked if one.external_ref}

    def _by_orders(self, lines: Mapping[str, BillLine]) -> dict[str, Paid]:
        """Lines whose order is known by its number, or by the payment that they give back."""
        given_back = self._by_ref(line.refund_of for line in lines.values())
        orders = self._orders({line.merchant_no for line in lines.values()} - {""})
        order_of: dict[str, int] = {}
        for key, line in lines.items():
            paid = given_back.get(line.refund_of)
            order_id = orders.get(line.merchant_no) or (paid.order_id if paid else None)
            if order_id is not None:
                order_of[key] = order_id
        of_order: defaultdict[int, list[Booked]] = defaultdict(list)
        for booked in self._payments(_PAYMENTS.c.order_id, sorted(set(order_of.values()))):
            if booked.order_id is not None:
                of_order[booked.order_id].append(booked)
        found = {}
        for key, order_id in order_of.items():
            if best := self._best(lines[key], of_order[order_id]):
                found[key] = self._take(best, BY_ORDER)
        return found

    def _best(self, line: BillLine, booked: Sequence[Booked]) -> Booked | None:
        """The payment of the same amount; else the only one there is, which then differs."""
        names = (None, line.outside_no, *_sent(line))
        free = [
            each for each in booked if self._may_take(line, each) and each.external_ref in names
        ]
        same = [one for one in free if one.amount_fen == line.amount_fen]
        if same:
            return same[0]
        return free[0] if len(free) == 1 else None

    def _may_take(self, line: BillLine, booked: Booked) -> bool:
        same_way = (line.amount_fen > 0) == (booked.amount_fen > 0)
        return same_way and booked.id not in self.taken and booked.id not in self._new

    def _take(self, booked: Booked, sure: float) -> Paid:
        self._new.add(booked.id)
        return Paid(booked.id, sure)

    def by_likeness(self, lines: Sequence[Stored], window_hours: int) -> list[Likely]:
        """The likeliest payments without a number of their own for lines that none led to one."""
        wanted = [one for one in lines if _is_customers(one)]
        if not wanted:
            return []
        margin = timedelta(hours=window_hours)
        first = min(one.line.at for one in wanted) - margin
        last = max(one.line.at for one in wanted) + margin
        query: Any = select(
            col(Payment.id),
            col(Payment.kind),
            col(Payment.amount_fen),
            col(Payment.paid_at),
            col(Payment.customer_id),
        ).where(
            col(Payment.channel) == self.channel,
            col(Payment.external_ref).is_(None),
            col(Payment.paid_at).between(first, last),
            self.work.store.dialect.among(
                _PAYMENTS.c.amount_fen, sorted({abs(one.line.amount_fen) for one in wanted})
            ),
            ~linked(),
        )
        rows = [
            row for row in self.work.session.connection().execute(query) if row[0] not in self.taken
        ]
        names = self._names({row[4] for row in rows})
        payments = [
            Movement(
                payment_id,
                -amount if kind is PaymentKind.REFUND else amount,
                paid_at,
                names.get(customer_id, ()),
            )
            for payment_id, kind, amount, paid_at, customer_id in rows
        ]
        told = [
            Movement(one.id, one.line.amount_fen, one.line.at, (one.line.payer,)) for one in wanted
        ]
        return likely(told, payments, window_hours)

    def still_free(self, found: Sequence[Likely]) -> list[Likely]:
        """Those whose payment no line of a bill has got meanwhile."""
        wanted = [pair.payment_id for pair in found]
        taken: Any = select(col(Payment.id)).where(
            self.work.store.dialect.among(_PAYMENTS.c.id, wanted), linked()
        )
        gone = set(self.work.session.connection().execute(taken).scalars()) if wanted else set()
        return [pair for pair in found if pair.payment_id not in gone]

    def _names(self, customers: set[int]) -> dict[int, tuple[str, ...]]:
        """Whatever each customer is known by."""
        known: defaultdict[int, list[str]] = defaultdict(list)
        among = self.work.store.dialect.among
        connection = self.work.session.connection()
        people: Any = select(col(Customer.id), col(Customer.nick), col(Customer.name)).where(
            among(_CUSTOMERS.c.id, sorted(customers))
        )
        for customer_id, nick, name in connection.execute(people):
            known[customer_id] += [nick, name]
        of_people: Any = select(
            col(CustomerIdentity.customer_id), col(CustomerIdentity.value)
        ).where(among(_IDENTITIES.c.customer_id, sorted(customers)))
        for customer_id, value in connection.execute(of_people):
            known[customer_id].append(value)
        return {customer_id: tuple(filter(None, names)) for customer_id, names in known.items()}

    def _payments(self, column: ColumnElement[Any], values: Sequence[Any]) -> Iterable[Booked]:
        if not values:
            return []
        query: Any = (
            select(*_BOOKED)
            .where(
                col(Payment.channel) == self.channel,
                self.work.store.dialect.among(column, values),
            )
            .order_by(col(Payment.id))
        )
        return [_booked(row) for row in self.work.session.connection().execute(query).all()]

    def _orders(self, numbers: set[str]) -> dict[str, int]:
        if not numbers:
            return {}
        query: Any = select(col(Order.no), col(Order.id)).where(
            self.work.store.dialect.among(_ORDERS.c.no, sorted(numbers))
        )
        return dict(self.work.session.connection().execute(query).all())


def linked() -> ColumnElement[bool]:
    """Whether a line of a bill has the payment of the row."""
    return (
        select(col(StoredBillLine.id))
        .where(
            col(StoredBillLine.payment_id) == col(Payment.id),
            col(StoredBillLine.state).in_(SETTLED),
            finished(),
        )
        .exists()
    )


def _sent(line: BillLine) -> tuple[str, ...]:
    """The numbers that the merchant sent the channel, under which the books may have a line."""
    return tuple(number for number in (line.refund_no, line.merchant_no) if number)


def _is_customers(one: Stored) -> bool:
    """Whether the line is of the kind that the books tell of: a customer pays, or gets it back."""
    line = one.line
    return line.kind is BillLineKind.PAYMENT or (
        line.kind is BillLineKind.REFUND and line.amount_fen < 0
    )
