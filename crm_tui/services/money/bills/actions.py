"""Reconciling a bill with the books: its lines stored once, each with the payment it tells of.

What is surer than the setting ``money.bill_matching`` asks for is matched; what is less sure is
proposed on the line, and stays open until a person decides (:mod:`.deciding`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import bindparam, select, update
from sqlmodel import SQLModel, col

from crm_tui.core.actor import Actor
from crm_tui.core.errors import CrmError
from crm_tui.core.language import N_
from crm_tui.core.portions import portions
from crm_tui.core.words import BillLineState, PayChannel, PaymentKind
from crm_tui.models import MAIN_STORE, Payment
from crm_tui.services.money.bills import storing
from crm_tui.services.money.bills.forms import BillLine
from crm_tui.services.money.bills.matching import Likely
from crm_tui.services.money.bills.pairing import Pairing
from crm_tui.services.money.bills.reading import Bill, open_bill
from crm_tui.services.money.bills.rowreader import BEIJING
from crm_tui.services.money.bills.storing import Keys, Stored
from crm_tui.storage.store import Store, UnitOfWork

SETTING = "money.bill_matching"
_LINES_AT_ONCE = 5_000
_PAYMENTS = SQLModel.metadata.tables["payment"]
_STORED = SQLModel.metadata.tables["bill_line"]
_DECIDE = (
    update(_STORED)
    .where(_STORED.c.id == bindparam("this_line"))
    .values(
        payment_id=bindparam("its_payment"),
        confidence=bindparam("how_sure"),
        state=bindparam("its_state"),
    )
)
_LINK = (
    update(_PAYMENTS)
    .where(
        _PAYMENTS.c.id == bindparam("this_refund"),
        _PAYMENTS.c.kind == PaymentKind.REFUND,
        _PAYMENTS.c.refund_of_id.is_(None),
        _PAYMENTS.c.id != bindparam("gives_back"),
    )
    .values(refund_of_id=bindparam("gives_back"))
)

Progress = Callable[[int, int | None], bool]
"""Told after every portion: lines done, and lines of the file where that is known. Answers whether
to go on."""


class ReconcilingStopped(CrmError):
    """Stopped between two portions; the lines so far are stored."""

    code = "stopped"
    template = N_("Stopped after {lines} lines. Reconcile the same file again to go on.")


@dataclass(slots=True)
class Reconciled:
    """A bill that was reconciled: its file's row, its lines as stored, the days that it is of."""

    file_id: int
    bill: Bill
    numbers: dict[int, int] = field(default_factory=dict)
    """By the id of a stored line: its number in the file."""
    first: datetime | None = None
    last: datetime | None = None

    @property
    def period(self) -> tuple[datetime, datetime] | None:
        """The whole days of its lines, on the clock of bills, and those that it says it tells of:
        from when, and before when."""
        if self.first is None or self.last is None:
            return None
        start, end = (
            moment.astimezone(BEIJING).replace(hour=0, minute=0, second=0, microsecond=0)
            for moment in (self.first, self.last)
        )
        told = self.bill.totals.days() or (start, start)
        return min(start, told[0]), max(end + timedelta(days=1), told[1])

    def add(self, lines: Sequence[Stored]) -> None:
        """Note lines that are stored."""
        for one in lines:
            self.numbers[one.id] = one.line.number
            self.first = min(self.first or one.line.at, one.line.at)
            self.last = max(self.last or one.line.at, one.line.at)


def reconcile(
    store: Store, actor: Actor, path: Path, progress: Progress | None = None
) -> Reconciled:
    """Read a bill, store the lines that are new, and find their payments.

    Every portion of lines is a transaction of its own, so that others can work meanwhile; the file
    counts as reconciled when all are in. Doing it again changes nothing, but for payments that were
    booked meanwhile, and goes on where it was stopped. Raises :class:`FileProblem` for a file that
    is no bill, :class:`ReconcilingStopped`; lines that can't be taken are in the bill.
    """
    return _reconcile(open_bill(path), partial(store.perform, actor), progress)


def try_reconcile(work: UnitOfWork, path: Path) -> Reconciled:
    """The same in one unit of work, of which nothing need be kept."""
    return _reconcile(open_bill(path), lambda step: step(work), None)


Perform = Callable[[Callable[[UnitOfWork], Any]], Any]
"""Carries one step out; where the engine gives it up, the whole step again."""


def _reconcile(bill: Bill, perform: Perform, progress: Progress | None) -> Reconciled:
    done = Reconciled(perform(partial(storing.remember_file, bill=bill)), bill)
    keys, taken = Keys(bill.form), set[int]()
    left: list[Stored] = []
    for some in portions(bill.lines(), _LINES_AT_ONCE):
        keyed = {keys.of(line): line for line in some}
        lines, found = perform(partial(_take, done=done, keyed=keyed, taken=frozenset(taken)))
        done.add(lines)
        taken |= {pair.payment_id for pair in found}
        matched = {pair.line_id for pair in found}
        left += [_light(one) for one in lines if _waits(one) and one.id not in matched]
        if progress and not progress(len(done.numbers), bill.height):
            raise ReconcilingStopped(lines=len(done.numbers))
    perform(partial(_conclude, done=done, left=left, taken=frozenset(taken)))
    return done


def _take(
    work: UnitOfWork, done: Reconciled, keyed: Mapping[str, BillLine], taken: frozenset[int]
) -> tuple[list[Stored], list[Likely]]:
    """Store a portion, and match what numbers lead to."""
    channel = done.bill.form.channel
    lines, fresh = storing.placed(work, done.bill.form, keyed)
    waiting = [one for one in lines if _waits(one)]
    found = Pairing(work, channel, set(taken)).by_numbers(waiting)
    matched = {pair.line_id: pair for pair in found}
    storing.store(work, done.file_id, done.bill, fresh, matched)
    new = {one.id for one in fresh.values()}
    _decide(work, [pair for pair in found if pair.line_id not in new], 0)
    link_refunds(work, channel, found, waiting)
    return lines, found


def _conclude(
    work: UnitOfWork, done: Reconciled, left: Sequence[Stored], taken: frozenset[int]
) -> None:
    """Match what is likely enough, propose the rest, and close the file."""
    rule = work.setting(SETTING)
    pairing = Pairing(work, done.bill.form.channel, set(taken))
    found = pairing.by_likeness(left, rule["window_hours"])
    _decide(work, found, rule["threshold_percent"] / 100)
    _give_up(work, left, found)
    storing.conclude_file(work, done.file_id, done.bill)
    _tell(work, done)


def _waits(one: Stored) -> bool:
    return one.state is BillLineState.OPEN


def _light(one: Stored) -> Stored:
    """The line without its cells, which are stored; long files stay small in memory."""
    line = one.line
    kept = BillLine(
        line.number, line.counts_as, line.kind, line.at, line.amount_fen, payer=line.payer
    )
    return Stored(one.id, one.state, kept)


def _decide(work: UnitOfWork, found: Sequence[Likely], threshold: float) -> None:
    """Write down what was found: matched where it is sure enough, else proposed."""
    changes = [
        {
            "this_line": pair.line_id,
            "its_payment": pair.payment_id,
            "how_sure": pair.confidence,
            "its_state": (
                BillLineState.MATCHED if pair.confidence >= threshold else BillLineState.OPEN
            ),
        }
        for pair in found
    ]
    if changes:
        work.session.connection().execute(_DECIDE, changes)


def _give_up(work: UnitOfWork, left: Sequence[Stored], found: Sequence[Likely]) -> None:
    """Take back what was proposed before for lines that nothing fits now."""
    proposed = {pair.line_id for pair in found}
    nothing = [one.id for one in left if one.id not in proposed]
    if nothing:
        work.session.connection().execute(
            update(_STORED)
            .where(
                work.store.dialect.among(_STORED.c.id, nothing), _STORED.c.payment_id.is_not(None)
            )
            .values(payment_id=None, confidence=None)
        )


def link_refunds(
    work: UnitOfWork, channel: PayChannel, found: Sequence[Likely], lines: Sequence[Stored]
) -> None:
    """Note on refunds which payment they give back, where the bill says so and the books don't."""
    given_back = {one.id: one.line.refund_of for one in lines if one.line.refund_of}
    refunds = {
        pair.payment_id: given_back[pair.line_id] for pair in found if pair.line_id in given_back
    }
    if not refunds:
        return
    connection = work.session.connection()
    payments: Any = select(col(Payment.external_ref), col(Payment.id)).where(
        col(Payment.channel) == channel,
        work.store.dialect.among(_PAYMENTS.c.external_ref, sorted(set(refunds.values()))),
    )
    paid = dict(connection.execute(payments).all())
    changes = [
        {"this_refund": refund_id, "gives_back": paid[number]}
        for refund_id, number in refunds.items()
        if number in paid
    ]
    if changes:
        connection.execute(_LINK, changes)


def _tell(work: UnitOfWork, done: Reconciled) -> None:
    bill = done.bill
    told = bill.document()
    work.record(
        "bill.reconciled",
        "bill_file",
        done.file_id,
        store_id=MAIN_STORE,
        ref=bill.path.name,
        form=bill.form.value,
        lines=told["lines"],
        payments=told["payments"],
        refunds=told["refunds"],
        neutral=told["neutral"],
        rejected=told["rejected"],
        agree=bill.totals.agree(),
    )
