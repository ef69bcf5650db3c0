"""Taking in the lines of a bill, portion by portion.

A portion is looked up while everybody works, and written, if any of it is new, in a step so short
that nobody notices. What was looked up is looked up once more where somebody else wrote meanwhile.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass, field
from functools import partial

from crm_tui.core.words import BillLineState
from crm_tui.services.money.bills import drafts, fees, storing
from crm_tui.services.money.bills.drafts import Draft, InTheWay, Overtaken, Steps
from crm_tui.services.money.bills.forms import BillForm, BillLine
from crm_tui.services.money.bills.matching import Likely, Paid
from crm_tui.services.money.bills.pairing import Pairing
from crm_tui.services.money.bills.reading import Bill
from crm_tui.services.money.bills.storing import Keys, Known, Stored
from crm_tui.storage.store import ReadWork, UnitOfWork


@dataclass(frozen=True, slots=True)
class Seen:
    """A portion, and what the database had of it when it was looked up, all by key."""

    keyed: Mapping[str, BillLine]
    known: Mapping[str, Known]
    paid: Mapping[str, Paid]
    """Payments that numbers led to."""

    @property
    def fresh(self) -> dict[str, BillLine]:
        """The lines that are not stored yet."""
        return {key: line for key, line in self.keyed.items() if key not in self.known}


@dataclass(slots=True)
class Taken:
    """What the portions leave for the last step."""

    draft: Draft | None = None
    """Where new lines are, from the first one on."""
    decided: list[Likely] = field(default_factory=list)
    """Payments found for lines that everybody sees already."""
    left: list[Stored] = field(default_factory=list)
    """Lines that no number led to their payment."""
    payments: set[int] = field(default_factory=set)
    """Those that a line of the file has."""
    given_back: dict[int, str] = field(default_factory=dict)
    """By refund, the number of the payment that the bill says it gives back."""
    fees: fees.ByDay = field(default_factory=dict)
    """Of the lines that are new."""
    files: set[int] = field(default_factory=set)
    """Those in which lines of this one came before."""
    _stored: int = 0
    _learn_at: int = 4_000
    """A server keeps to its plan for a table that was all but empty until it learns otherwise."""

    def take(self, steps: Steps, bill: Bill, keys: Keys, lines: Iterable[BillLine]) -> list[Stored]:
        """Take a portion in; answers its lines as they are stored. Raises :class:`Overtaken`."""
        keyed = {keys.of(line): line for line in lines}
        former = keys.former(keyed)
        look = partial(_look_up, self.draft, bill.form, keyed, former, self.payments)
        while True:
            try:
                seen = steps.look(look)
                return self._note(seen, self._written(steps, bill, seen))
            except InTheWay as rivals:
                for file_id in rivals.files:
                    drafts.sweep(steps.perform, file_id)

    def _written(self, steps: Steps, bill: Bill, seen: Seen) -> Mapping[str, int]:
        """The ids of the lines that are new, by key."""
        fresh = seen.fresh
        if not fresh:
            return {}
        self.draft, ids = steps.perform(partial(_write, self.draft, bill, fresh, seen.paid))
        self._stored += len(fresh)
        if self._stored >= self._learn_at:
            steps.perform(storing.learn)
            self._learn_at = 4 * self._stored
        fees.add(self.fees, fresh.values())
        return dict(zip(fresh, ids, strict=True))

    def _note(self, seen: Seen, ids: Mapping[str, int]) -> list[Stored]:
        """Keep of the portion what the last step needs."""
        lines = []
        for key, line in seen.keyed.items():
            known = seen.known.get(key)
            one = Stored(known.id, known.state, line) if known else _new(ids[key], line)
            lines.append(one)
            if paid := seen.paid.get(key):
                self.payments.add(paid.payment_id)
                if known:
                    self.decided.append(Likely(known.id, *paid))
                if line.refund_of:
                    self.given_back[paid.payment_id] = line.refund_of
            elif one.state is BillLineState.OPEN:
                self.left.append(_light(one))
        self.files.update(known.file_id for known in seen.known.values())
        return lines


def _look_up(
    draft: Draft | None,
    form: BillForm,
    keyed: Mapping[str, BillLine],
    former: Mapping[str, str],
    payments: Set[int],
    work: ReadWork,
) -> Seen:
    """Raises :class:`Overtaken`, and :class:`InTheWay` where other drafts hold some of it."""
    if draft and not drafts.is_ours(work, draft):
        raise Overtaken
    known = storing.known_lines(work, form, keyed, former)
    if rivals := {line.file_id for line in known.values()} & drafts.others(work, draft):
        raise InTheWay(rivals)
    waiting = {
        key: line
        for key, line in keyed.items()
        if key not in known or known[key].state is BillLineState.OPEN
    }
    return Seen(keyed, known, Pairing(work, form.channel, payments).by_numbers(waiting))


def _write(
    draft: Draft | None,
    bill: Bill,
    fresh: Mapping[str, BillLine],
    paid: Mapping[str, Paid],
    work: UnitOfWork,
) -> tuple[Draft, Iterable[int]]:
    """Raises :class:`Overtaken`, and :class:`InTheWay` where some are stored since."""
    if draft:
        drafts.go_on(work, draft)
    if storing.known_lines(work, bill.form, fresh):
        raise InTheWay(())
    draft = draft or drafts.begin(work, bill)
    return draft, storing.store(work, draft.id, bill.form, fresh, paid)


def _new(line_id: int, line: BillLine) -> Stored:
    return Stored(line_id, BillLineState.OPEN, line)


def _light(one: Stored) -> Stored:
    """The line without its cells, which are stored; long files stay small in memory."""
    line = one.line
    kept = BillLine(
        line.number, line.counts_as, line.kind, line.at, line.amount_fen, payer=line.payer
    )
    return Stored(one.id, one.state, kept)
