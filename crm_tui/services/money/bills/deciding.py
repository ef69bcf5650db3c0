"""What a person makes of a line that is only in the bill: book it, say which payment it is, ignore
it with a reason, or open it again.

Every decision takes the line from its state to the next in one statement, so that two people can't
decide twice. Errors of all: :class:`NotFound`, :class:`Refused` for a role that may not, and
:class:`Conflict` for a line that somebody decided meanwhile.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select, update
from sqlmodel import SQLModel, col

from crm_tui.core.errors import Conflict, Invalid, NotFound, Refused
from crm_tui.core.language import _
from crm_tui.core.permissions import Permission, require
from crm_tui.core.words import Account, BillLineKind, BillLineState, JournalKind, PaymentKind
from crm_tui.models import Order, Payment
from crm_tui.models.bills import BillLine
from crm_tui.models.ledger import Journal
from crm_tui.services.customers.rules import checked_text
from crm_tui.services.money import ledger, refunds
from crm_tui.services.money.bills.drafts import finished
from crm_tui.services.money.bills.pairing import linked
from crm_tui.services.money.ledger import Entry
from crm_tui.services.orders import closing
from crm_tui.storage.store import UnitOfWork

LONGEST_REASON = 500
_LINES = SQLModel.metadata.tables["bill_line"]


def book(work: UnitOfWork, line_id: int, order_no: str | None = None) -> str | None:
    """Book what only the bill has; answers the number of the order that it was booked on.

    A payment goes to ``order_no``, else to the order whose number the channel was sent; a refund to
    the order of the payment that it gives back. What belongs to no order is put on the account of
    unexplained money until it is known, a fee on that of fees. Raises what paying and refunding an
    order raise.
    """
    line = _claim(work, line_id, BillLineState.BOOKED)
    no = order_no or _order_of(work, line)
    payment_id = None
    if no is None or line.kind is BillLineKind.FEE:
        _post(work, line)
    else:
        payment_id = _book_on(work, line, no)
    _set(work, line_id, payment_id=payment_id, confidence=None)
    _tell(work, line, "bill.booked", amount_fen=line.amount_fen, order=no, payment_id=payment_id)
    return no


def accept(work: UnitOfWork, line_id: int, payment_id: int | None = None) -> None:
    """Say that a line is the payment that is proposed for it, or ``payment_id``.

    Raises :class:`Refused` where none is proposed, where a bill's line has the payment already, and
    for a fee.
    """
    line = _claim(work, line_id, BillLineState.MATCHED)
    if line.kind is BillLineKind.FEE:
        raise Refused(why=_("fees are no payment of a customer; book them."), reason="fee")
    wanted = payment_id or line.payment_id
    if wanted is None:
        raise Refused(why=_("no payment is proposed for this line."), reason="no_payment")
    others: Any = select(col(Payment.id)).where(
        col(Payment.id) == wanted,
        select(col(BillLine.id))
        .where(
            col(BillLine.payment_id) == wanted,
            col(BillLine.id) != line_id,
            col(BillLine.state).in_((BillLineState.MATCHED, BillLineState.BOOKED)),
        )
        .exists(),
    )
    if work.session.get(Payment, wanted) is None:
        raise NotFound(what=_("payment"), ref=wanted)
    if work.session.connection().execute(others).first():
        raise Refused(why=_("another line of a bill is this payment."), reason="taken")
    _set(work, line_id, payment_id=wanted, confidence=None)
    _tell(work, line, "bill.matched", payment_id=wanted)


def ignore(work: UnitOfWork, line_ids: Sequence[int], reason: str) -> None:
    """Leave lines out of the reconciliation, and say why. Raises :class:`Invalid` without it."""
    why = checked_text(_("Reason"), reason, LONGEST_REASON)
    if not why:
        raise Invalid(field="reason", value=reason, expected=_("why"))
    for line_id in line_ids:
        line = _claim(work, line_id, BillLineState.IGNORED)
        _set(work, line_id, payment_id=None, confidence=None)
        _tell(work, line, "bill.ignored", reason=why)


def reopen(work: UnitOfWork, line_id: int) -> None:
    """Take a decision back; what was posted for it is taken back by its opposite.

    Raises :class:`Refused` for a line that nothing was decided on, and for one that was booked on
    an order: its payment is refunded there.
    """
    require(work.actor, Permission.SETTLE)
    line = _line(work, line_id)
    if line.state is BillLineState.OPEN:
        raise Refused(why=_("nothing was decided on it yet."), reason="open")
    if line.state is BillLineState.BOOKED and line.payment_id is not None:
        why = _("it was booked on an order; give the payment back there.")
        raise Refused(why=why, reason="booked")
    _move(work, line, line.state, BillLineState.OPEN)
    if line.state is BillLineState.BOOKED:
        journal_id = work.session.connection().execute(_posted(line_id)).scalars().all()[0]
        ledger.reverse(
            work, journal_id, key=f"bill-line:{line_id}:back:{journal_id}", reason=line.title
        )
    _set(work, line_id, payment_id=None, confidence=None)
    _tell(work, line, "bill.reopened")


def _claim(work: UnitOfWork, line_id: int, state: BillLineState) -> BillLine:
    require(work.actor, Permission.SETTLE)
    line = _line(work, line_id)
    _move(work, line, BillLineState.OPEN, state)
    return line


def _line(work: UnitOfWork, line_id: int) -> BillLine:
    seen: Any = select(BillLine).where(col(BillLine.id) == line_id, finished())
    line: BillLine | None = work.session.scalars(seen).first()
    if line is None:
        raise NotFound(what=_("line of a bill"), ref=line_id)
    work.session.expunge(line)
    return line


def _move(work: UnitOfWork, line: BillLine, before: BillLineState, after: BillLineState) -> None:
    moved = work.session.connection().execute(
        update(_LINES).where(_LINES.c.id == line.id, _LINES.c.state == before).values(state=after)
    )
    if not moved.rowcount:
        raise Conflict(what=_("The line of the bill"))


def _set(work: UnitOfWork, line_id: int, **values: Any) -> None:
    work.session.connection().execute(update(_LINES).where(_LINES.c.id == line_id).values(**values))


def _order_of(work: UnitOfWork, line: BillLine) -> str | None:
    """The number of the order that the line itself names."""
    if line.kind is BillLineKind.REFUND and line.amount_fen > 0:
        return None  # what we were given back is no customer's
    if found := _given_back(work, line):
        return found[1]
    connection = work.session.connection()
    named: Any = select(col(Order.no)).where(col(Order.no) == line.merchant_no)
    no = connection.execute(named).scalar() if line.merchant_no else None
    return str(no) if no else None


def _given_back(work: UnitOfWork, line: BillLine) -> tuple[int, str] | None:
    """The payment that a refund names, and the number of its order."""
    paid: Any = (
        select(col(Payment.id), col(Order.no))
        .join(Order, col(Order.id) == col(Payment.order_id))
        .where(
            col(Payment.channel) == line.channel,
            col(Payment.external_ref) == line.refund_of,
            col(Payment.kind) != PaymentKind.REFUND,
        )
    )
    row = work.session.connection().execute(paid).first() if line.refund_of else None
    return (row[0], row[1]) if row else None


def _book_on(work: UnitOfWork, line: BillLine, no: str) -> int:
    """Pay or refund the order; answers the payment's row."""
    ref = line.outside_no or None
    if line.amount_fen > 0:
        closing.pay(work, no, line.channel, line.amount_fen, ref)
    else:
        reason = _("{channel} bill: {title}").format(channel=line.channel.label, title=line.title)
        found = _given_back(work, line)
        refunds.refund(
            work,
            no,
            -line.amount_fen,
            reason,
            ref,
            channel=line.channel,
            payment_id=found[0] if found and found[1] == no else None,
        )
    latest: Any = (
        select(col(Payment.id))
        .join(Order, col(Order.id) == col(Payment.order_id))
        .where(col(Order.no) == no, ~linked())
        .order_by(col(Payment.id).desc())
        .limit(1)
    )
    return int(work.session.connection().execute(latest).scalar_one())


def _post(work: UnitOfWork, line: BillLine) -> None:
    """Money that moved and belongs to no order: to the fees, or unexplained until it is."""
    fee = line.kind is BillLineKind.FEE
    assert line.id is not None
    turns = len(work.session.connection().execute(_posted(line.id)).all())
    ledger.post(
        work,
        JournalKind.FEE if fee else JournalKind.BILL,
        [
            Entry(Account.CHANNEL, line.amount_fen, channel=line.channel),
            Entry(Account.FEES if fee else Account.SUSPENSE, -line.amount_fen),
        ],
        key=f"bill-line:{line.id}:{turns}",
        store_id=line.store_id,
        at=line.at,
        bill_line_id=line.id,
        reason=line.title,
    )


def _posted(line_id: int) -> Any:
    """The journals that were posted for a line, the last one first."""
    return (
        select(col(Journal.id))
        .where(
            col(Journal.bill_line_id) == line_id,
            col(Journal.kind).in_((JournalKind.BILL, JournalKind.FEE)),
        )
        .order_by(col(Journal.id).desc())
    )


def _tell(work: UnitOfWork, line: BillLine, kind: str, **data: Any) -> None:
    assert line.id is not None
    ref = line.outside_no or line.merchant_no
    work.record(kind, "bill_line", line.id, store_id=line.store_id, ref=ref, **data)
