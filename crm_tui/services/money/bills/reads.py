"""The lists of a reconciled bill: matched, only in the bill, only in the books, differing, fees.

Every payment and refund of a bill's lines is in exactly one of the first, the second and the
fourth; neutral lines and ignored ones in none. The third holds the payments of the same channel in
the days of the bill that no line of any bill has; the last what the channel kept, booked or not.
Bills that are being read are in none of them until all of their lines are in.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple

from sqlalchemy import func, select
from sqlmodel import SQLModel, col

from crm_tui.core.portions import portions
from crm_tui.core.words import BillLineKind, BillLineState, PayChannel, PaymentKind
from crm_tui.models import Customer, Order, Payment
from crm_tui.models.bills import BillLine
from crm_tui.services.money.bills.actions import Reconciled
from crm_tui.services.money.bills.drafts import finished
from crm_tui.services.money.bills.matching import BY_NUMBER, BY_ORDER
from crm_tui.services.money.bills.pairing import SETTLED, linked
from crm_tui.services.orders.payments import moved_money
from crm_tui.storage.store import ReadWork

_AT_ONCE = 5_000
_LINES = SQLModel.metadata.tables["bill_line"]
_LISTED = (BillLineKind.PAYMENT, BillLineKind.REFUND, BillLineKind.FEE)


class Finding(StrEnum):
    """Which list a row is in."""

    MATCHED = "matched"
    ONLY_IN_BILL = "only_in_bill"
    ONLY_IN_BOOKS = "only_in_books"
    DIFFERING = "differing"
    FEES = "fees"


class How(StrEnum):
    """What led from a line to its payment."""

    NUMBER = "number"
    ORDER = "order"
    LIKELY = "likely"
    PERSON = "person"


class BillRow(NamedTuple):
    """A line of a bill with the payment that it has, or that is proposed (``state`` open).

    Amounts are fen, positive for what came.
    """

    id: int
    number: int | None
    """Of the line in the file that is looked at; None for what is no line of it."""
    channel: PayChannel
    kind: BillLineKind
    state: BillLineState
    at: datetime
    amount_fen: int
    outside_no: str
    merchant_no: str
    refund_of: str
    payer: str
    title: str
    payment_id: int | None
    confidence: float | None
    booked_fen: int | None
    order_id: int | None
    order_no: str | None

    @property
    def finding(self) -> Finding:
        """The list that the row is in."""
        if self.kind is BillLineKind.FEE:
            return Finding.FEES
        if self.state not in SETTLED:
            return Finding.ONLY_IN_BILL
        same = self.booked_fen is None or self.booked_fen == self.amount_fen
        return Finding.MATCHED if same else Finding.DIFFERING

    @property
    def how(self) -> How | None:
        """What led to the payment; None where there is none."""
        if self.confidence is None:
            return How.PERSON if self.payment_id is not None else None
        if self.confidence >= BY_NUMBER:
            return How.NUMBER
        return How.ORDER if self.confidence >= BY_ORDER else How.LIKELY


@dataclass(frozen=True, slots=True)
class BookRow:
    """A payment that no line of a bill has."""

    id: int
    channel: PayChannel
    kind: PaymentKind
    at: datetime
    amount_fen: int
    """Positive for what came."""
    external_ref: str
    order_id: int | None
    order_no: str | None
    customer_id: int
    customer: str


_BILL_COLUMNS = (
    col(BillLine.id),
    col(BillLine.channel),
    col(BillLine.kind),
    col(BillLine.state),
    col(BillLine.at),
    col(BillLine.amount_fen),
    col(BillLine.outside_no),
    col(BillLine.merchant_no),
    col(BillLine.refund_of),
    col(BillLine.payer),
    col(BillLine.title),
    col(BillLine.payment_id),
    col(BillLine.confidence),
    col(Payment.amount_fen),
    col(Payment.kind),
    col(Order.id),
    col(Order.no),
)


def _bill_rows_query() -> Any:
    return (
        select(*_BILL_COLUMNS)
        .outerjoin(Payment, col(Payment.id) == col(BillLine.payment_id))
        .outerjoin(Order, col(Order.id) == col(Payment.order_id))
        .where(col(BillLine.kind).in_(_LISTED), finished())
    )


def _bill_row(row: Sequence[Any], numbers: Mapping[int, int]) -> BillRow:
    line_id, *told, booked_fen, booked_as, order_id, order_no = row
    if booked_as is PaymentKind.REFUND:
        booked_fen = -booked_fen
    number = numbers.get(line_id) or None
    return BillRow._make((line_id, number, *told, booked_fen, order_id, order_no))


def of_file(work: ReadWork, done: Reconciled) -> Iterator[BillRow]:
    """The payments, refunds and fees of a file that was reconciled, in its order; not the
    ignored."""
    for some in portions(done.numbers, _AT_ONCE):
        query = _bill_rows_query().where(
            work.store.dialect.among(_LINES.c.id, some),
            col(BillLine.state) != BillLineState.IGNORED,
        )
        found = work.session.connection().execute(query).all()
        rows = [_bill_row(row, done.numbers) for row in found]
        yield from sorted(rows, key=lambda row: (row.number or 0, row.id))


def open_lines(work: ReadWork, limit: int, channel: PayChannel | None = None) -> list[BillRow]:
    """The latest payments, refunds and fees of any bill that nothing was made of yet."""
    query = _bill_rows_query().where(col(BillLine.state) == BillLineState.OPEN)
    if channel:
        query = query.where(col(BillLine.channel) == channel)
    query = query.order_by(col(BillLine.at).desc(), col(BillLine.id).desc()).limit(limit)
    return [_bill_row(row, {}) for row in work.session.connection().execute(query)]


def open_count() -> Any:
    """Selects how many payments, refunds and fees of bills nothing was made of yet."""
    return select(func.count()).where(
        col(BillLine.state) == BillLineState.OPEN, col(BillLine.kind).in_(_LISTED), finished()
    )


def only_in_books(
    work: ReadWork, channel: PayChannel, period: tuple[datetime, datetime] | None
) -> list[BookRow]:
    """The payments of ``channel`` from and before these moments that no bill's line has."""
    if period is None:
        return []
    query: Any = (
        select(
            col(Payment.id),
            col(Payment.channel),
            col(Payment.kind),
            col(Payment.paid_at),
            col(Payment.amount_fen),
            col(Payment.external_ref),
            col(Order.id),
            col(Order.no),
            col(Payment.customer_id),
            col(Customer.nick),
        )
        .join(Customer, col(Customer.id) == col(Payment.customer_id))
        .outerjoin(Order, col(Order.id) == col(Payment.order_id))
        .where(
            col(Payment.channel) == channel,
            col(Payment.paid_at) >= period[0],
            col(Payment.paid_at) < period[1],
            ~linked(),
            moved_money(),
        )
        .order_by(col(Payment.paid_at), col(Payment.id))
    )
    return [
        BookRow(
            payment_id,
            of_channel,
            kind,
            at,
            -amount if kind is PaymentKind.REFUND else amount,
            ref or "",
            *rest,
        )
        for payment_id, of_channel, kind, at, amount, ref, *rest in (
            work.session.connection().execute(query)
        )
    ]


def document(work: ReadWork, done: Reconciled) -> dict[str, Any]:
    """What ``money reconcile`` answers (CLI.md): the bill, its totals and the lists."""
    zone = work.calendar().zone
    lists: dict[Finding, list[dict[str, Any]]] = {finding: [] for finding in Finding}
    for row in of_file(work, done):
        finding = row.finding
        lists[finding].append(_told(row, finding, zone))
    for booked in only_in_books(work, done.bill.form.channel, done.period):
        lists[Finding.ONLY_IN_BOOKS].append(
            {
                "payment": booked.id,
                "kind": booked.kind.value,
                "at": booked.at.astimezone(zone).isoformat(),
                "amount_fen": booked.amount_fen,
                "outside_no": booked.external_ref,
                "order": booked.order_no,
                "customer": booked.customer,
            }
        )
    return {
        "bill": done.bill.document(),
        "totals": done.bill.totals.document(),
        **{finding.value: rows for finding, rows in lists.items()},
    }


def _told(row: BillRow, finding: Finding, zone: Any) -> dict[str, Any]:
    told: dict[str, Any] = {
        "id": row.id,
        "line": row.number,
        "kind": row.kind.value,
        "state": row.state.value,
        "at": row.at.astimezone(zone).isoformat(),
        "amount_fen": row.amount_fen,
        "outside_no": row.outside_no,
        "merchant_no": row.merchant_no,
        "payer": row.payer,
    }
    if row.refund_of:
        told["refund_of"] = row.refund_of
    if row.payment_id is None and finding in (Finding.ONLY_IN_BILL, Finding.FEES):
        return told
    of_payment = {
        "payment": row.payment_id,
        "order": row.order_no,
        "booked_fen": row.booked_fen,
        "confidence": row.confidence,
        "how": row.how.value if row.how else None,
    }
    if finding is Finding.ONLY_IN_BILL:
        return {**told, "proposed": of_payment}
    if finding is Finding.DIFFERING and row.booked_fen is not None:
        of_payment["difference_fen"] = row.amount_fen - row.booked_fen
    return {**told, **of_payment}
