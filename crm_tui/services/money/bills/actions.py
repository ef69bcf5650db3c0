"""Reconciling a bill with the books: its lines stored once, each with the payment it tells of.

Lines are stored portion by portion, and count for nothing until the last step, which is one
transaction: whatever ends the reading before leaves everything as it was. What is surer than the
setting ``money.bill_matching`` asks for is matched; what is less sure is proposed on the line, and
stays open until a person decides (:mod:`.deciding`).
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
from crm_tui.services.money.bills.drafts import Draft, InTheWay, Perform
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


@dataclass(slots=True)
class _Gathered:
    """What the portions leave for the last step."""

    draft: Draft | None = None
    """Where new lines are, from the first one on."""
    decided: list[Likely] = field(default_factory=list)
    """Payments found for lines that everybody sees already."""
    left: list[Stored] = field(default_factory=list)
    """Lines that no number led to their payment."""
    taken: set[int] = field(default_factory=set)
    """Payments that a line of the file has."""
    given_back: dict[int, str] = field(default_factory=dict)
    """By refund, the number of the payment that the bill says it gives back."""
    fees: fees.ByDay = field(default_factory=dict)
    """Of the lines that are new."""
    files: set[int] = field(default_factory=set)
    """Those in which lines of this one came before."""


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
    return _reconcile(open_bill(path), partial(store.perform, actor), progress)


def try_reconcile(work: UnitOfWork, path: Path) -> Reconciled:
    """The same in one unit of work, of which nothing need be kept."""
    return _reconcile(open_bill(path), lambda step: step(work), None)


def _reconcile(bill: Bill, perform: Perform, progress: Progress | None) -> Reconciled:
    drafts.sweep_silent(perform)
    done, gathered = Reconciled(bill), _Gathered()
    try:
        _read(perform, done, gathered, progress)
    except (ReconcilingStopped, FileProblem):
        if gathered.draft:
            drafts.sweep(perform, gathered.draft.id)
        raise
    perform(partial(_conclude, done=done, gathered=gathered))
    return done


def _read(
    perform: Perform, done: Reconciled, gathered: _Gathered, progress: Progress | None
) -> None:
    """Store all lines, portion by portion."""
    keys = Keys(done.bill.form)
    for some in portions(done.bill.lines(), _LINES_AT_ONCE):
        take = partial(
            _take,
            draft=gathered.draft,
            bill=done.bill,
            keyed={keys.of(line): line for line in some},
            taken=frozenset(gathered.taken),
        )
        while (portion := _unless_in_the_way(perform, take)) is None:
            pass
        done.add(portion.lines)
        portion.leave(gathered)
        if progress and not progress(len(done.numbers), done.bill.height):
            raise ReconcilingStopped(lines=len(done.numbers))


def _unless_in_the_way(perform: Perform, take: Callable[[UnitOfWork], _Portion]) -> _Portion | None:
    """None where drafts held lines of the portion; they have been swept away."""
    try:
        return perform(take)  # type: ignore[no-any-return]
    except InTheWay as rivals:
        for file_id in rivals.files:
            drafts.sweep(perform, file_id)
        return None


@dataclass(frozen=True, slots=True)
class _Portion:
    """Lines that were stored, and the payments that numbers led to."""

    draft: Draft | None
    lines: list[Stored]
    fresh: Mapping[str, Stored]
    files: set[int]
    found: list[Likely]

    def leave(self, gathered: _Gathered) -> None:
        """Leave what the last step needs of it."""
        gathered.draft = self.draft
        new = {one.id for one in self.fresh.values()}
        matched = {pair.line_id: pair.payment_id for pair in self.found}
        gathered.taken.update(matched.values())
        gathered.decided += [pair for pair in self.found if pair.line_id not in new]
        gathered.left += [
            _light(one) for one in self.lines if _waits(one) and one.id not in matched
        ]
        gathered.files |= self.files
        for one in self.lines:
            if one.line.refund_of and one.id in matched:
                gathered.given_back[matched[one.id]] = one.line.refund_of
        fees.add(gathered.fees, (one.line for one in self.fresh.values()))


def _take(
    work: UnitOfWork,
    draft: Draft | None,
    bill: Bill,
    keyed: Mapping[str, BillLine],
    taken: frozenset[int],
) -> _Portion:
    """Store a portion, and match what numbers lead to."""
    lines, fresh, files = storing.placed(work, draft, bill.form, keyed)
    waiting = [one for one in lines if _waits(one)]
    found = Pairing(work, bill.form.channel, set(taken)).by_numbers(waiting)
    if fresh:
        draft = draft or drafts.begin(work, bill)
        storing.store(work, draft.id, bill.form, fresh, {pair.line_id: pair for pair in found})
    return _Portion(draft, lines, fresh, files, found)


def _conclude(work: UnitOfWork, done: Reconciled, gathered: _Gathered) -> None:
    """Match what is likely enough, propose the rest, and let everybody see the file."""
    if gathered.draft:
        drafts.go_on(work, gathered.draft)
    rule = work.setting(SETTING)
    channel, left = done.bill.form.channel, gathered.left
    found = Pairing(work, channel, set(gathered.taken)).by_likeness(left, rule["window_hours"])
    _decide(work, gathered.decided, 0)
    _decide(work, found, rule["threshold_percent"] / 100)
    _give_up(work, left, found)
    _link_refunds(work, channel, gathered.given_back)
    if gathered.draft:
        fees.store(work, gathered.draft.id, done.bill, gathered.fees)
    done.file_id = drafts.finish(work, gathered.draft, done.bill)
    for line_id, at in storing.fee_lines(work, {done.file_id, *gathered.files}):
        if done.period and done.period[0] <= at < done.period[1]:
            done.numbers.setdefault(line_id, 0)
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
