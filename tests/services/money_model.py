"""What the money of a few orders comes to, counted plainly: the model of ``test_money_machine``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from crm_tui.core.money import share_of
from crm_tui.core.words import PayChannel
from crm_tui.services.orders.billing import apportion

PRICE, SHARE_BP, TIP_BP = 4500, 8000, 8000
OPEN = ("waiting", "serving", "confirming", "unpaid")


def shares(amounts: Sequence[tuple[int, int]], share_bp: int) -> Counter[int]:
    """What companions get of these parts of a price or tip, each companion's together."""
    found: Counter[int] = Counter()
    for companion, amount in amounts:
        found[companion] += share_of(amount, share_bp)
    return found


@dataclass
class Paid:
    """A payment or tip: how it came, and what of it was not given back."""

    channel: PayChannel
    left: int


@dataclass
class Income:
    """What was earned together, what of it has gone back, and who gave how much."""

    counted: int
    parts: Counter[int]
    returned: int = 0
    given: Counter[int] = field(default_factory=Counter)

    def give_back(self, amount: int) -> Counter[int]:
        """What each companion gives: after every step they gave what the whole would, half up."""
        self.returned += amount
        gave: Counter[int] = Counter()
        for companion, earned in self.parts.items() if amount else ():
            due = (2 * earned * self.returned + self.counted) // (2 * self.counted)
            gave[companion] = max(due - self.given[companion], 0)
        self.given.update(gave)
        return gave

    def take_back(self, amount: int, gave: Counter[int]) -> None:
        """As if so much had not gone back, of which companions ``gave`` their parts."""
        self.returned -= amount
        self.given.subtract(gave)


@dataclass
class Refund:
    """Money that went back, and what it would take to take that back."""

    ids: Sequence[int]
    pieces: list[tuple[Paid, int]]
    of_tips: bool
    ahead: int
    """What of it nobody had earned."""
    gave: list[tuple[Income, int, Counter[int]]] = field(default_factory=list)
    booked: Counter[tuple[str, int]] = field(default_factory=Counter)
    """What it put on each account of whom."""
    settled: bool = False
    """What it took off companions' pay lies in a settlement."""

    @property
    def amount(self) -> int:
        return sum(amount for _paid, amount in self.pieces)


@dataclass
class Sale:
    """An order as the model counts it."""

    no: str
    state: str = "waiting"
    at_work: int | None = None
    since: datetime | None = None
    served: list[tuple[int, float]] = field(default_factory=list)
    money: list[Paid] = field(default_factory=list)
    """The payments, oldest first."""
    tips: list[tuple[Paid, Income]] = field(default_factory=list)
    earned: Income | None = None
    over: int = 0
    """What of an earned one was paid and not asked for."""
    refunds: list[Refund] = field(default_factory=list)
    """Those that stand."""

    @property
    def paid(self) -> int:
        return sum(each.left for each in self.money)

    @property
    def ahead(self) -> int:
        """What is paid and nobody has earned."""
        return self.over if self.earned else self.paid

    def earn(self) -> Counter[int]:
        """It is over: what companions get of it."""
        self.over = max(self.paid - PRICE, 0)
        self.earned = Income(PRICE, shares(self.parts(), SHARE_BP))
        return self.earned.parts

    def parts(self) -> list[tuple[int, int]]:
        """Companions and their parts of the price, by the time that each served."""
        last = len(self.served) - 1
        there = [each for at, each in enumerate(self.served) if each[1] or at == last]
        amounts = apportion(PRICE, [int(seconds) for _companion, seconds in there])
        return [(companion, fen) for (companion, _), fen in zip(there, amounts, strict=True)]

    def people(self) -> list[int]:
        """Who would share a tip now."""
        there = [companion for companion, seconds in self.served if seconds]
        if self.at_work is not None:
            there.append(self.at_work)
        elif self.served:
            there = [companion for companion, _fen in self.parts()]
        return list(dict.fromkeys(there))

    def tip(self, channel: PayChannel, amount: int) -> Counter[int]:
        """A tip for all of them; what each gets of it."""
        people = self.people()
        parts = zip(people, apportion(amount, [1] * len(people)), strict=True)
        income = Income(amount, shares(list(parts), TIP_BP))
        self.tips.append((Paid(channel, amount), income))
        return income.parts

    def refund(self, amount: int, ids: Sequence[int], *, of_tips: bool) -> Refund:
        """Give so much back, of the last payments or tips first."""
        came: list[tuple[Paid, Any]] = (
            list(self.tips) if of_tips else [(each, self.earned) for each in self.money]
        )
        pieces, left = [], amount
        for paid, income in reversed(came):
            part = min(left, paid.left)
            paid.left, left = paid.left - part, left - part
            if part:
                pieces.append((paid, part, income))
        ahead = 0 if of_tips else min(amount, self.over) if self.earned else amount
        done = Refund(ids, [piece[:2] for piece in pieces], of_tips, ahead)
        if of_tips:
            done.gave = [(income, part, income.give_back(part)) for _, part, income in pieces]
        elif self.earned:
            self.over -= ahead
            earned = amount - ahead
            done.gave = [(self.earned, earned, self.earned.give_back(earned))]
        self.refunds.append(done)
        return done

    def take_back(self, refund: Refund) -> None:
        """As if it had not been."""
        self.refunds.remove(refund)
        for paid, part in refund.pieces:
            paid.left += part
        for income, part, gave in refund.gave:
            income.take_back(part, gave)
        if self.earned:
            self.over += refund.ahead

    def would_wait_for_nothing(self, refund: Refund) -> bool:
        """Whether it would wait for a payment with nothing left to pay, without the refund."""
        back = 0 if refund.of_tips else refund.amount
        return self.state == "unpaid" and self.paid + back >= PRICE
