"""Reconciling a bill with the books: its lines stored once, each with the payment it tells of.

Lines are stored portion by portion (:mod:`.taking`), and count for nothing until the last step,
which is one transaction: whatever ends the reading before leaves everything as it was. What is
surer than the setting ``money.bill_matching`` asks for is matched; what is less sure is proposed on
the line, and stays open until a person decides (:mod:`.deciding`).
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
from crm_tui.core.errors import CrmError, FileProblem
from crm_tui.core.language import N_
from crm_tui.core.portions import portions
from crm_tui.core.words import BillLineState, PayChannel, PaymentKind
from crm_tui.models import MAIN_STORE, Payment
from crm_tui.services.money.bills import drafts, fees, storing
from crm_tui.services.money.bills.drafts import Steps
from crm_tui.services.money.bills.matching import Likely
from crm_tui.services.money.bills.pairing import Pairing
from crm_tui.services.money.bills.reading import Bill, open_bill
from crm_tui.services.money.bills.rowreader import BEIJING
from crm_tui.services.money.bills.storing import Keys, Stored
from crm_tui.services.money.bills.taking import Taken
from crm_tui.storage.store import ReadWork, Store, UnitOfWork

SETTING = "money.bill_matching"
_LINES_AT_ONCE = 1_000
"""Somebody who writes waits so long as these take to be written: some hundredths of a second."""
_PAYMENTS = SQLModel.metadata.tables["payment"]
_STORED = SQLModel.metadata.tables["bill_line"]
_DECIDE = (
    update(_STORED)
    .where(_STORED.c.id == bindparam("this_line"), _STORED.c.state == BillLineState.OPEN)
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
    """Stopped between two portions; nothing is kept of it."""

    code = "stopped"
    template = N_("Stopped after {lines} lines. Nothing was kept of the bill.")


@dataclass(slots=True)
class Reconciled:
    """A bill that was reconciled: its file's row, its lines as stored, the days that it is of."""

    bill: Bill
    file_id: int = 0
    numbers: dict[int, int] = field(default_factory=dict)
    """By the id of a stored line: its number in the file, 0 for a sum of fees."""
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
        times = [one.line.at for one in lines]
        self.first = min(filter(None, (self.first, *times)), default=None)
        self.last = max(filter(None, (self.last, *times)), default=None)


def reconcile(
    store: Store, actor: Actor, path: Path, progress: Progress | None = None
) -> Reconciled:
    """Read a bill, store the lines that are new, and find their payments: all of it or nothing.

    Every portion of lines is a transaction of its own, so that others can work meanwhile; nobody
    sees them before all are in. Doing it again changes nothing, but for payments that were booked
    meanwhile. Raises :class:`FileProblem` for a file that is no bill, :class:`ReconcilingStopped`,
    and :class:`~.drafts.Overtaken` where somebody else began to read the same; lines that can't be
    taken are in the bill.
    """
    steps = Steps(partial(_look, store), partial(store.perform, actor, steady=True))
    return _reconcile(open_bill(path), steps, progress)


def try_reconcile(work: UnitOfWork, path: Path) -> Reconciled:
    """The same in one unit of work, of which nothing need be kept."""
    return _reconcile(open_bill(path), Steps(lambda step: step(work), lambda step: step(work)))


def _look(store: Store, step: Callable[[ReadWork], Any]) -> Any:
    with store.read() as work:
        return step(work)


def _reconcile(bill: Bill, steps: Steps, progress: Progress | None = None) -> Reconciled:
    drafts.sweep_silent(steps.perform)
    done, taken = Reconciled(bill), Taken()
    try:
        _read(steps, done, taken, progress)
    except (ReconcilingStopped, FileProblem):
        if taken.draft:
            drafts.sweep(steps.perform, taken.draft.id)
        raise
    found = steps.look(partial(_likely, bill.form.channel, taken))
    steps.perform(partial(_conclude, done, taken, found))
    steps.look(partial(_add_fees, done, taken))
    return done


def _read(steps: Steps, done: Reconciled, taken: Taken, progress: Progress | None) -> None:
    """Take all lines in, portion by portion."""
    keys = Keys(done.bill.form)
    for some in portions(done.bill.lines(), _LINES_AT_ONCE):
        done.add(taken.take(steps, done.bill, keys, some))
        if progress and not progress(len(done.numbers), done.bill.height):
            raise ReconcilingStopped(lines=len(done.numbers))


def _likely(channel: PayChannel, taken: Taken, work: ReadWork) -> list[Likely]:
    """The likeliest payments of the lines that no number led to one."""
    hours = work.setting(SETTING)["window_hours"]
    return Pairing(work, channel, taken.payments).by_likeness(taken.left, hours)


def _conclude(done: Reconciled, taken: Taken, found: Sequence[Likely], work: UnitOfWork) -> None:
    """Match what is likely enough, propose the rest, and let everybody see the file."""
    if taken.draft:
        drafts.go_on(work, taken.draft)
    channel = done.bill.form.channel
    found = Pairing(work, channel, taken.payments).still_free(found)
    _decide(work, taken.decided, 0)
    _decide(work, found, work.setting(SETTING)["threshold_percent"] / 100)
    _give_up(work, taken.left, found)
    _link_refunds(work, channel, taken.given_back)
    if taken.draft:
        fees.store(work, taken.draft.id, done.bill, taken.fees)
    done.file_id = drafts.finish(work, taken.draft, done.bill)
    if taken.draft:
        storing.learn(work)
    _tell(work, done)


def _add_fees(done: Reconciled, taken: Taken, work: ReadWork) -> None:
    """Note the sums of fees that are of the file's days."""
    for line_id, at in storing.fee_lines(work, {done.file_id, *taken.files}):
        if done.period and done.period[0] <= at < done.period[1]:
            done.numbers.setdefault(line_id, 0)


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
                work.store.dialect.among(_STORED.c.id, nothing),
                _STORED.c.payment_id.is_not(None),
                _STORED.c.state == BillLineState.OPEN,
            )
            .values(payment_id=None, confidence=None)
        )


def _link_refunds(work: UnitOfWork, channel: PayChannel, given_back: Mapping[int, str]) -> None:
    """Note on refunds which payment they give back, where the bill says so and the books don't."""
    if not given_back:
        return
    connection = work.session.connection()
    payments: Any = select(col(Payment.external_ref), col(Payment.id)).where(
        col(Payment.channel) == channel,
        work.store.dialect.among(_PAYMENTS.c.external_ref, sorted(set(given_back.values()))),
    )
    paid = dict(connection.execute(payments).all())
    changes = [
        {"this_refund": refund_id, "gives_back": paid[number]}
        for refund_id, number in given_back.items()
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
