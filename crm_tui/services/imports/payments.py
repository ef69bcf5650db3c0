"""Bringing payments in: found again by channel and outside number, else by order and amount.

An order that arrived completed brought its payment with it; the row that names the same money
completes that payment with its outside number instead of booking it twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping, insert, or_, select, update
from sqlmodel import SQLModel

from crm_tui.core.words import OrderStatus, PayChannel, PaymentKind
from crm_tui.models import Payment
from crm_tui.services.imports.references import Clientele
from crm_tui.services.imports.rowcells import BadRow
from crm_tui.services.imports.run import Run, blank_row
from crm_tui.services.imports.sales import PaymentRecord
from crm_tui.services.imports.verdict import OnConflict, Outcome, Verdict

_ORDERS = SQLModel.metadata.tables["orders"]
_PAYMENTS = SQLModel.metadata.tables["payment"]


@dataclass(frozen=True, slots=True)
class _Money:
    """A payment of a file with its order and customer found."""

    record: PaymentRecord
    channel: PayChannel
    customer_id: int
    order: RowMapping | None
    paid_at: datetime


class PaymentWriter:
    """Writes the payments of one sheet."""

    def __init__(self, run: Run, verdict: Verdict) -> None:
        self._run = run
        self._work = run.work
        self._verdict = verdict

    def write(self, records: Sequence[PaymentRecord]) -> None:
        """Look up, compare and write these payments, and note what became of each."""
        people = Clientele.of(self._work, [record.customer for record in records])
        for record in records:
            try:
                money = self._find(record, people)
                outcome, payment_id, before = self._take(money)
            except BadRow as problem:
                self._run.book.reject(self._verdict, record.row, problem)
                continue
            self._run.book.note(
                self._verdict, record.row, outcome, payment_id, record.remarks, before
            )

    def finish(self) -> None:
        """Bring the customers' counts of completed orders up to date."""
        from crm_tui.services.imports.orders import recount

        recount(self._work, self._run.recount)
        self._run.recount.clear()

    def _find(self, record: PaymentRecord, people: Clientele) -> _Money:
        order = None
        if record.order_no:
            query = select(_ORDERS).where(_ORDERS.c.no == record.order_no)
            order = self._work.session.connection().execute(query).mappings().one_or_none()
            if order is None:
                raise BadRow("unknown_order", "", record.order_no)
        elif not record.customer:
            raise BadRow("missing_customer")
        customer_id = order["customer_id"] if order else people.find(record.customer)
        of_order = (order["completed_at"] or order["created_at"]) if order else None
        paid_at = record.paid_at or of_order
        if paid_at is None:
            raise BadRow("missing_date")
        channel = record.channel or PayChannel.OTHER
        return _Money(record, channel, customer_id, order, paid_at)

    def _take(self, money: _Money) -> tuple[Outcome, int, dict[str, Any] | None]:
        record = money.record
        known = self._same_number(money) or self._same_money(money)
        if known is None:
            return Outcome.INSERTED, *self._book(money)
        told = {
            "channel": record.channel or known["channel"],
            "external_ref": record.external_ref or known["external_ref"],
            "paid_at": record.paid_at or known["paid_at"],
        }
        before = {name: known[name] for name, value in told.items() if value != known[name]}
        if not self._run.first_about("payment", known["id"]):
            return Outcome.MERGED, known["id"], None
        if not before:
            return Outcome.UNCHANGED, known["id"], None
        if self._run.on_conflict is OnConflict.REJECT:
            raise BadRow("exists", "", record.external_ref)
        if self._run.on_conflict is OnConflict.SKIP:
            return Outcome.SKIPPED, known["id"], None
        self._run.to_book.payment(known["id"], known["order_id"])
        this = _PAYMENTS.c.id == known["id"]
        self._work.session.connection().execute(update(_PAYMENTS).where(this).values(told))
        kept = {
            name: value.isoformat() if isinstance(value, datetime) else value
            for name, value in before.items()
        }
        return Outcome.UPDATED, known["id"], {"values": kept}

    def _same_number(self, money: _Money) -> RowMapping | None:
        record = money.record
        if not record.external_ref:
            return None
        channel = (
            _PAYMENTS.c.channel == record.channel
            if record.channel
            else _PAYMENTS.c.channel.is_not(None)
        )
        query = select(_PAYMENTS).where(channel, _PAYMENTS.c.external_ref == record.external_ref)
        known = self._work.session.connection().execute(query).mappings().first()
        if known and (known["amount_fen"], known["customer_id"], known["kind"]) != (
            record.amount_fen,
            money.customer_id,
            record.kind,
        ):
            raise BadRow("duplicate_payment", "", record.external_ref)
        return known

    def _same_money(self, money: _Money) -> RowMapping | None:
        """A payment of the same order and amount that no row has been about yet."""
        if money.order is None and money.record.external_ref:
            return None
        about = (
            _PAYMENTS.c.order_id == money.order["id"]
            if money.order
            else (_PAYMENTS.c.paid_at == money.paid_at) & _PAYMENTS.c.order_id.is_(None)
        )
        unnumbered = _PAYMENTS.c.external_ref.is_(None)
        query = (
            select(_PAYMENTS)
            .where(
                about,
                _PAYMENTS.c.customer_id == money.customer_id,
                _PAYMENTS.c.kind == money.record.kind,
                _PAYMENTS.c.amount_fen == money.record.amount_fen,
                unnumbered if money.record.external_ref else or_(unnumbered, _PAYMENTS.c.id > 0),
            )
            .order_by(_PAYMENTS.c.id)
        )
        for known in self._work.session.connection().execute(query).mappings():
            if known["id"] not in self._run.seen["payment"]:
                return known
        return None

    def _book(self, money: _Money) -> tuple[int, dict[str, Any] | None]:
        """Book new money; answers what its order was before."""
        record = money.record
        if (
            record.kind is PaymentKind.REFUND
            and money.order
            and (record.amount_fen > money.order["paid_fen"])
        ):
            raise BadRow("refund_too_large", "", record.order_no)
        (payment_id,) = self._work.reserve_ids(Payment, 1)
        row = blank_row(Payment) | {
            "id": payment_id,
            "store_id": money.order["store_id"] if money.order else self._run.store_id,
            "order_id": money.order["id"] if money.order else None,
            "customer_id": money.customer_id,
            "kind": record.kind,
            "channel": money.channel,
            "amount_fen": record.amount_fen,
            "external_ref": record.external_ref or None,
            "paid_at": money.paid_at,
            "taken_by": self._work.actor.login,
            "import_batch_id": self._run.batch_id,
        }
        self._work.session.connection().execute(insert(_PAYMENTS), [row])
        self._run.first_about("payment", payment_id)
        self._run.to_book.payment(payment_id, row["order_id"])
        return payment_id, self._credit(money, money.order) if money.order else None

    def _credit(self, money: _Money, order: RowMapping) -> dict[str, Any]:
        """Add the money to the order; an unpaid one that is paid in full is completed."""
        signed = {PaymentKind.PAYMENT: 1, PaymentKind.REFUND: -1, PaymentKind.TIP: 0}
        paid = order["paid_fen"] + signed[money.record.kind] * money.record.amount_fen
        tip = money.record.amount_fen if money.record.kind is PaymentKind.TIP else 0
        changes: dict[str, Any] = {
            "paid_fen": paid,
            "tip_fen": order["tip_fen"] + tip,
            "version": order["version"] + 1,
        }
        if order["status"] is OrderStatus.UNPAID and paid >= order["amount_fen"]:
            changes |= {"status": OrderStatus.COMPLETED, "completed_at": money.paid_at}
            self._run.recount.add(money.customer_id)
        this = _ORDERS.c.id == order["id"]
        self._work.session.connection().execute(update(_ORDERS).where(this).values(changes))
        done = order["completed_at"]
        return {
            "order_id": order["id"],
            "status": order["status"],
            "paid_fen": order["paid_fen"],
            "tip_fen": order["tip_fen"],
            "completed_at": done.isoformat() if done else None,
            "version": changes["version"],
        }
