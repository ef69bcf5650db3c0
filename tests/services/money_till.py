"""The till of ``test_money_machine``: a studio, the requests to it, and what must always hold."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import count
from typing import Any, ClassVar

from hypothesis.stateful import RuleBasedStateMachine, invariant
from sqlalchemy import bindparam, text

from crm_tui.core.actor import Actor
from crm_tui.core.clock import FixedClock
from crm_tui.core.errors import CrmError
from crm_tui.core.words import Account, BillLineKind, PayChannel, Role
from crm_tui.models import MAIN_STORE
from crm_tui.models.bills import BillFile, BillLine
from crm_tui.models.ledger import NEVER_CREDIT, NEVER_DEBIT
from crm_tui.services.money import balances
from crm_tui.services.money.refund_terms import Refunded
from crm_tui.services.upkeep.checks import money
from crm_tui.services.upkeep.findings import examine
from crm_tui.storage.store import Store
from tests.desk import Desk, open_desk
from tests.services.money_model import Paid, Refund, Sale

MANAGER = Actor("wang", Role.MANAGER)
BILL = {BillLineKind.FEE: -35, BillLineKind.PAYMENT: 800, BillLineKind.REFUND: -200}
"""Lines of a bill that are of no order."""
KEPT = text("SELECT account, subject_id, channel, balance_fen FROM ledger_balance")
BOOKED = text(
    "SELECT account, subject_id, SUM(amount_fen) FROM journal_line WHERE journal_id IN "
    "(SELECT id FROM journal WHERE payment_id IN :ids) GROUP BY account, subject_id"
).bindparams(bindparam("ids", expanding=True))
Place = tuple[str, int]


@dataclass(frozen=True)
class Sent:
    """A request: whether it was done, and the numbers of what it made."""

    done: bool
    made: Sequence[int] = ()


def numbers(answer: Any) -> list[int]:
    """Of what a request made, ascending; of some requests only."""
    match answer:
        case Refunded(payment_ids=ids):
            return list(ids)
        case int(number):
            return [number]
    return []


class Till(RuleBasedStateMachine):
    """Up to three orders of one customer, three companions, a bill of three lines."""

    store: ClassVar[Store]
    clock: ClassVar[FixedClock]
    runs: ClassVar[Any] = count()
    keys: ClassVar[Any] = count()
    steps: ClassVar[int] = 0
    done: ClassVar[Counter[str]] = Counter()
    """How often each request was carried out."""

    def __init__(self) -> None:
        super().__init__()
        run = next(self.runs)
        self.desk: Desk = open_desk(self.store, self.clock, 3, series=f"R{run}-")
        self.bill = self.a_bill(f"bill {run}")
        """The amount of each line, and whether it is booked."""
        self.sales: list[Sale] = []
        self.channels: Counter[str] = Counter()
        for account, _subject, where, amount in self.kept():
            if account == "channel":
                self.channels[where] += amount
        self.balance = 0
        self.owed: Counter[int] = Counter()
        """What each companion is owed, settled or not, less what they owe."""
        self.adjustments: dict[int, tuple[int, int]] = {}
        """Those that no batch holds: of whom, and how much."""

    def teardown(self) -> None:
        with self.store.read() as work:
            assert balances.replay_differences(work) == []
            assert [rule.name for rule in money.RULES if not examine(rule, work).ok] == []

    def a_bill(self, name: str) -> dict[int, tuple[int, bool]]:
        with self.store.write(MANAGER) as work:
            now = self.clock.now()
            of: dict[str, Any] = {"store_id": MAIN_STORE, "channel": PayChannel.ALIPAY}
            bill = BillFile(**of, form="alipay_personal", sha256=name, imported_at=now)
            work.session.add(bill)
            work.session.flush()
            lines = [
                BillLine(
                    **of, file_id=bill.id, line_key=f"{name} {kind}", kind=kind, at=now,
                    amount_fen=amount,
                )
                for kind, amount in BILL.items()
            ]  # fmt: skip
            work.session.add_all(lines)
            work.session.flush()
            return {line.id: (line.amount_fen, False) for line in lines if line.id}

    def kept(self) -> Sequence[Any]:
        with self.store.read() as work:
            return work.session.connection().execute(KEPT).all()

    # Requests

    def send(self, by: Actor, key: str, act: Callable[..., Any], *args: Any) -> Sent:
        """One request."""
        Till.steps += 1
        try:
            made = self.store.perform(
                by, lambda work: numbers(act(work, *args)), key=key, request=str(args[:1])
            )
        except CrmError:
            return Sent(False)
        Till.done[act.__name__] += 1
        return Sent(True, made)

    def ask(
        self, allowed: bool, again: int, act: Callable[..., Any], *args: Any, by: Actor = MANAGER
    ) -> Sent:
        """Send the request ``again`` times under one key: done once, exactly where the model
        allows it, and answered alike."""
        key = f"key{next(self.keys)}"
        first, *more = [self.send(by, key, act, *args) for _time in range(again)]
        assert first.done == allowed, f"{act.__name__}{args} by {by}"
        assert all(each == first for each in more)
        return first

    def ask_twice_at_once(
        self, allowed: Iterable[bool], one_key: bool, act: Callable[..., Any], *args: Any
    ) -> list[Sequence[int]]:
        """Two consoles send the same at the same moment; with one key it is one request, which is
        done as the first of ``allowed`` says. What each made, in the order of doing."""
        first, second = allowed
        key, other = f"key{next(self.keys)}", f"key{next(self.keys)}"
        keys = (key, key if one_key else other)
        with ThreadPoolExecutor(2) as consoles:
            sent = list(consoles.map(lambda each: self.send(MANAGER, each, act, *args), keys))
        expected = [first, first if one_key else second]
        assert sorted(each.done for each in sent) == sorted(expected), f"{act.__name__}{args}"
        assert not one_key or sent[0] == sent[1]
        return sorted(each.made for each in sent[: 2 - one_key] if each.made)

    # What became of them

    def pick(self, at: int) -> Sale:
        """The order at a place; a new one where there is none, or it was left."""
        if at < len(self.sales) and self.sales[at].state != "left":
            return self.sales[at]
        sale = Sale(self.desk.order())
        self.sales[at : at + 1] = [sale]
        return sale

    def busy(self, companion: int) -> bool:
        return any(sale.at_work == companion for sale in self.sales)

    def stop(self, sale: Sale) -> None:
        assert sale.since is not None and sale.at_work is not None
        sale.served.append((sale.at_work, (self.clock.now() - sale.since).total_seconds()))
        sale.since = None

    def complete(self, sale: Sale) -> None:
        sale.state = "done"
        self.owed.update(sale.earn())

    def moved(self, paid: Paid, amount: int) -> None:
        """Money came by a payment, or went back where it is negative."""
        if paid.channel is PayChannel.BALANCE:
            self.balance -= amount
        else:
            self.channels[paid.channel.value] += amount

    def gave_back(self, sale: Sale, amount: int, ids: Sequence[int], *, of_tips: bool) -> None:
        refund = sale.refund(amount, ids, of_tips=of_tips)
        for paid, part in refund.pieces:
            self.moved(paid, -part)
        for _income, _part, gave in refund.gave:
            self.owed.subtract(gave)
        with self.store.read() as work:
            booked = work.session.connection().execute(BOOKED, {"ids": list(ids)})
            refund.booked.update({(account, of): int(fen) for account, of, fen in booked})

    def took_back(self, sale: Sale, refund: Refund) -> None:
        sale.take_back(refund)
        for paid, part in refund.pieces:
            self.moved(paid, part)
        for _income, _part, gave in refund.gave:
            self.owed.update(gave)

    def refunds(self) -> list[tuple[Sale, Refund]]:
        """Those that stand, of the orders that are looked at."""
        return [(sale, refund) for sale in self.sales for refund in sale.refunds]

    def may_take_back(self, sale: Sale, refund: Refund) -> bool:
        """Whether nothing that was done since rests on the refund."""
        standing: Counter[Place] = Counter()
        for account, subject, _where, amount in self.kept():
            standing[account, subject] += amount
        after = {(Account(at[0]), standing[at] - fen) for at, fen in refund.booked.items()}
        used = any(
            (account in NEVER_DEBIT and left > 0) or (account in NEVER_CREDIT and left < 0)
            for account, left in after
        )
        return not (used or refund.settled or sale.would_wait_for_nothing(refund))

    def settled(self) -> None:
        """A batch was approved: what was taken off companions' pay before lies in it."""
        for _sale, refund in self.refunds():
            accounts = {account for account, _subject in refund.booked}
            refund.settled |= Account.COMPANION_PAYABLE.value in accounts

    def stored(self) -> int:
        """What the customer's balance is, by the books."""
        return -sum(map(self.balance_of, (Account.STORED, Account.BONUS)))

    def balance_of(self, account: Account) -> int:
        with self.store.read() as work:
            return balances.balance(work, account, self.desk.customer)

    @invariant()
    def the_books_say_what_was_counted(self) -> None:
        channels: Counter[str] = Counter()
        advance = stored = total = 0
        owed: Counter[int] = Counter()
        for account, subject, where, amount in self.kept():
            total += amount
            if account == "channel":
                channels[where] += amount
            elif account == "prepaid" and subject == self.desk.customer:
                advance -= amount
            elif account in ("stored", "bonus") and subject == self.desk.customer:
                stored -= amount
            elif account in ("companion_payable", "settled_payable", "clawback"):
                owed[subject] -= amount
        assert total == 0
        assert channels == self.channels
        assert stored == self.balance
        assert advance == sum(sale.ahead for sale in self.sales)
        assert {each: owed[each] for each in self.desk.companions} == {
            each: self.owed[each] for each in self.desk.companions
        }
