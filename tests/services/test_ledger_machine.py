"""The books driven at random, 20,000 bookings, against sums in a dictionary.

Every step is a booking that the services make, of an amount that may be too much, once more under
the same key, under the key of another, or taken back. It must be posted exactly when no account
goes beyond zero that may not, and then the kept balances are the sums.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from typing import ClassVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test
from sqlalchemy import text

from crm_tui.core.actor import Actor
from crm_tui.core.errors import KeyReused, Refused
from crm_tui.core.words import Account, JournalKind, Role
from crm_tui.models import MAIN_STORE
from crm_tui.models.ledger import NEVER_CREDIT, NEVER_DEBIT
from crm_tui.services.money import balances, ledger, order_entries
from crm_tui.services.money.ledger import Entry, Posting
from crm_tui.services.money.order_entries import Part
from crm_tui.services.money.refunding import Income, give_back
from crm_tui.storage.store import Store

pytestmark = pytest.mark.slow

ACTOR = Actor("wang", Role.MANAGER)
CHANNELS = ("wechat", "alipay", "cash")
LOOK_EVERY = 10
KEPT = text("SELECT account, subject_id, channel, balance_fen FROM ledger_balance")
Place = tuple[Account, int, str]

customer = st.integers(1, 3)
companion = st.integers(11, 13)
channel = st.sampled_from(CHANNELS)
fen = st.integers(1, 9_000)
earlier = st.integers(0, 10**6)


class Books(RuleBasedStateMachine):
    """Three customers, three companions, one unit of work that is dropped in the end."""

    store: ClassVar[Store]
    steps: ClassVar[int] = 0
    refused: ClassVar[int] = 0

    def __init__(self) -> None:
        super().__init__()
        self.stack = ExitStack()
        self.work = self.stack.enter_context(self.store.write(ACTOR))
        self.sums: Counter[Place] = Counter()
        self.together = 1
        self.waiting: list[Posting] = []
        self.posted: list[tuple[Posting, int]] = []
        self.reversed: set[int] = set()

    def teardown(self) -> None:
        try:
            self.post_waiting()
            assert balances.replay_differences(self.work) == []
            self.kept_like_the_model()
            assert sum(self.sums.values()) == 0
        finally:
            self.stack.__exit__(Refused, Refused(why="dropped"), None)

    @initialize(together=st.sampled_from((1, 10, 25, 25)))
    def begin(self, together: int) -> None:
        """How many bookings are posted at once."""
        self.together = together

    def book(self, kind: JournalKind, entries: Sequence[Entry]) -> None:
        """Post it under a new key: done exactly when no account goes beyond zero."""
        if not any(entry.amount_fen for entry in entries):
            return
        Books.steps += 1
        posting = Posting(kind, entries, f"k{Books.steps}", MAIN_STORE)
        if self.goes(entries):
            self.waiting.append(posting)
            if len(self.waiting) >= self.together:
                self.post_waiting()
        else:
            self.post_waiting()
            self.refuse(lambda: ledger.post_many(self.work, [posting]))

    def goes(self, entries: Sequence[Entry]) -> bool:
        """Whether no account goes beyond zero by it; then the model has it."""
        after = self.sums.copy()
        for entry in entries:
            after[entry.account, entry.subject_id, entry.channel] += entry.amount_fen
        allowed = not any(map(beyond_zero, after.items()))
        if allowed:
            self.sums = after
        return allowed

    def refuse(self, act: Callable[[], object]) -> None:
        Books.refused += 1
        with pytest.raises(Refused), self.work.session.begin_nested():
            act()

    def post_waiting(self) -> None:
        """What was allowed is posted, all together."""
        if not self.waiting:
            return
        ids = ledger.post_many(self.work, self.waiting)
        assert all(ids)
        self.posted += zip(self.waiting, ids, strict=True)
        self.waiting.clear()
        if Books.steps % LOOK_EVERY == 0:
            self.kept_like_the_model()

    def kept_like_the_model(self) -> None:
        """What is kept, now: a balance that went astray once stays so."""
        kept = self.work.session.connection().execute(KEPT)
        found = {(Account(row[0]), *row[1:3]): row[3] for row in kept if row[3]}
        assert found == {place: amount for place, amount in self.sums.items() if amount}

    def owed(self, account: Account, subject: int) -> int:
        return -self.sums[account, subject, ""]

    def within(self, account: Account, subject: int, amount: int) -> int:
        """Mostly not more than there is."""
        return amount if amount % 5 == 0 else min(amount, self.owed(account, subject))

    @rule(who=customer, amount=fen, through=channel)
    def pay(self, who: int, amount: int, through: str) -> None:
        money = (Entry(Account.CHANNEL, amount, channel=through),)
        self.book(JournalKind.PAYMENT, order_entries.payment_entries(who, money))

    @rule(who=customer, amount=fen, bonus=st.integers(0, 500), through=channel)
    def top_up(self, who: int, amount: int, bonus: int, through: str) -> None:
        entries = (
            Entry(Account.CHANNEL, amount, channel=through),
            Entry(Account.STORED, -amount, who),
            Entry(Account.BONUS_COST, bonus),
            Entry(Account.BONUS, -bonus, who),
        )
        self.book(JournalKind.TOP_UP, entries)

    @rule(who=customer, amount=fen)
    def spend(self, who: int, amount: int) -> None:
        amount = self.within(Account.STORED, who, amount)
        stored = min(amount, self.owed(Account.STORED, who))
        purse = (Entry(Account.STORED, stored, who), Entry(Account.BONUS, amount - stored, who))
        self.book(JournalKind.SPENDING, order_entries.payment_entries(who, purse))

    @rule(who=customer, theirs=companion, amount=fen, share=st.integers(0, 10_000))
    def complete(self, who: int, theirs: int, amount: int, share: int) -> None:
        amount = self.within(Account.PREPAID, who, amount)
        parts = [Part(theirs, amount * share // 10_000)]
        entries = order_entries.completion_entries(who, amount, amount, parts)
        self.book(JournalKind.COMPLETION, entries)

    @rule(who=customer, first=companion, second=companion, amount=fen, owed=fen)
    def write_off(self, who: int, first: int, second: int, amount: int, owed: int) -> None:
        parts = [Part(first, amount // 3), Part(second, amount // 2)]
        paid = self.within(Account.PREPAID, who, max(amount - owed, 0))
        self.book(JournalKind.WRITE_OFF, order_entries.write_off_entries(who, amount, paid, parts))

    @rule(theirs=companion, amount=fen, through=channel)
    def tip(self, theirs: int, amount: int, through: str) -> None:
        money = (Entry(Account.CHANNEL, amount, channel=through),)
        parts = order_entries.tip_parts(amount, [theirs], 8000, None)
        self.book(JournalKind.TIP, order_entries.tip_entries(money, parts))

    @rule(who=customer, theirs=companion, amount=fen, through=channel, settled=st.booleans())
    def refund(self, who: int, theirs: int, amount: int, through: str, settled: bool) -> None:
        income = Income(9_000, 0, ((theirs, 7_200),))
        payable = {theirs: 0 if settled else self.owed(Account.COMPANION_PAYABLE, theirs)}
        prepaid = self.owed(Account.PREPAID, who) // 2
        given = give_back(amount, prepaid, income, payable, None)
        money = (Entry(Account.CHANNEL, -amount, channel=through),)
        self.book(JournalKind.REFUND, order_entries.refund_entries(who, given, money))

    @rule(theirs=companion, amount=fen)
    def settle(self, theirs: int, amount: int) -> None:
        amount = self.within(Account.COMPANION_PAYABLE, theirs, amount)
        kept = min(amount // 4, self.sums[Account.CLAWBACK, theirs, ""])
        entries = (
            Entry(Account.COMPANION_PAYABLE, amount, theirs),
            Entry(Account.CLAWBACK, -kept, theirs),
            Entry(Account.SETTLED_PAYABLE, kept - amount, theirs),
        )
        self.book(JournalKind.SETTLEMENT, entries)

    @rule(theirs=companion, amount=fen, through=channel)
    def pay_out(self, theirs: int, amount: int, through: str) -> None:
        amount = self.within(Account.SETTLED_PAYABLE, theirs, amount)
        entries = (
            Entry(Account.SETTLED_PAYABLE, amount, theirs),
            Entry(Account.CHANNEL, -amount, channel=through),
        )
        self.book(JournalKind.PAYOUT, entries)

    @rule(theirs=companion, amount=fen)
    def claw_back(self, theirs: int, amount: int) -> None:
        owed = min(amount, self.owed(Account.COMPANION_PAYABLE, theirs))
        taken = (
            Entry(Account.COMPANION_PAYABLE, owed, theirs),
            Entry(Account.CLAWBACK, amount - owed, theirs),
        )
        self.book(JournalKind.ADJUSTMENT, (*taken, Entry(Account.ADJUSTMENTS, -amount)))

    @rule(which=earlier)
    def repeat(self, which: int) -> None:
        if self.posted:
            Books.steps += 1
            posting, journal_id = self.posted[which % len(self.posted)]
            assert ledger.post_many(self.work, [posting]) == [journal_id]

    @rule(which=earlier)
    def misuse_a_key(self, which: int) -> None:
        if self.posted:
            Books.steps += 1
            posting, _journal_id = self.posted[which % len(self.posted)]
            more = replace(posting, entries=[entry.reversed() for entry in posting.entries])
            with pytest.raises(KeyReused):
                ledger.post_many(self.work, [more])

    @rule(which=earlier)
    def take_back(self, which: int) -> None:
        if not self.posted:
            return
        Books.steps += 1
        self.post_waiting()
        posting, journal_id = self.posted[which % len(self.posted)]
        key = f"back {posting.key}"
        undo = partial(ledger.reverse, self.work, journal_id, key=key, reason="wrong")
        if journal_id in self.reversed:
            assert undo() == undo()
        elif self.goes([entry.reversed() for entry in posting.entries]):
            undo()
            self.reversed.add(journal_id)
        else:
            self.refuse(undo)


def beyond_zero(held: tuple[Place, int]) -> bool:
    """Whether a balance stands where it may not."""
    (account, _subject, _channel), amount = held
    return (amount > 0 and account in NEVER_DEBIT) or (amount < 0 and account in NEVER_CREDIT)


def play(store: Store, examples: int, steps: int) -> None:
    Books.store = store
    run_state_machine_as_test(
        Books,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


def test_twenty_thousand_bookings_keep_the_books(sqlite_store: Store) -> None:
    Books.steps = Books.refused = 0
    while Books.steps < 20_000:
        play(sqlite_store, examples=25, steps=250)
    assert 0.05 < Books.refused / Books.steps < 0.5


@pytest.mark.postgres
def test_a_server_keeps_them_as_well(store: Store) -> None:
    if store.dialect.engine.dialect.name == "postgresql":
        before = Books.steps
        play(store, examples=6, steps=50)
        assert Books.steps > before
