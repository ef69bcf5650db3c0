"""Who gives what back when money is refunded: pure, so that it is seen before it is done (N3).

What is prepaid goes back first: nobody has earned it. The rest comes out of the income of the
order, from each companion in the proportion in which they earned of it, and from the studio. What
a companion gives back reduces what the studio owes them; what was settled with them before, or is
more than the studio still owes them, they owe the studio (clawback). Amounts are fen.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date

from crm_tui.core.words import PayChannel


@dataclass(frozen=True, slots=True)
class Income:
    """What an order or a tip brought, what of it was given back since, and who earned of it."""

    counted_fen: int
    returned_fen: int
    parts: tuple[tuple[int, int], ...]
    """Each companion once and what they earned; what is left of ``counted_fen`` is the studio's."""
    given: Mapping[int, int] = field(default_factory=dict)
    """What companions gave of ``returned_fen``: where a refund between others was taken back, that
    is their part of it but for rounding."""

    def less(self, given: Given) -> Income:
        """As it is when ``given`` has gone back, too."""
        theirs = Counter(self.given)
        for back in given.companions:
            theirs[back.companion_id] += back.amount_fen
        returned = self.returned_fen + given.earned_fen
        return replace(self, returned_fen=returned, given=theirs)


@dataclass(frozen=True, slots=True)
class Back:
    """What one companion gives back."""

    companion_id: int
    payable_fen: int
    """Taken off what the studio owes them."""
    clawback_fen: int
    """What they owe the studio from now on."""
    available_on: date | None
    """The end of the freeze of the earnings it is taken from; None where they are free."""

    @property
    def amount_fen(self) -> int:
        """Both together."""
        return self.payable_fen + self.clawback_fen

    def __add__(self, other: Back) -> Back:
        return replace(
            self,
            payable_fen=self.payable_fen + other.payable_fen,
            clawback_fen=self.clawback_fen + other.clawback_fen,
        )


@dataclass(frozen=True, slots=True)
class Given:
    """What each party gives of a refund."""

    prepaid_fen: int
    studio_fen: int
    """Negative where the companions had more of it than the customer paid."""
    companions: tuple[Back, ...]

    @property
    def earned_fen(self) -> int:
        """What comes out of income."""
        return self.studio_fen + sum(back.amount_fen for back in self.companions)

    @property
    def amount_fen(self) -> int:
        """The whole refund."""
        return self.prepaid_fen + self.earned_fen


def give_back(
    amount_fen: int,
    prepaid_fen: int,
    income: Income,
    payable: Mapping[int, int],
    available_on: date | None,
) -> Given:
    """What each party gives of a refund of ``amount_fen``.

    ``payable`` says of a companion how much can be taken off what they are owed, where that is not
    all of it. Part after part gives back what the whole would: after the last fen nobody keeps
    anything, and no party is ever off by more than rounding.

    >>> order = Income(4500, 0, ((7, 3600),))
    >>> half = give_back(2250, 0, order, {}, None)
    >>> half.studio_fen, half.companions[0].payable_fen
    (450, 1800)
    >>> paid_out = give_back(2250, 0, order, {7: 0}, None)
    >>> paid_out.companions[0].clawback_fen
    1800
    """
    prepaid = min(amount_fen, max(prepaid_fen, 0))
    rest = amount_fen - prepaid
    backs = []
    for companion_id, earned in income.parts if rest else ():
        until = _until(income.returned_fen + rest, earned, income.counted_fen)
        theirs = until - income.given.get(companion_id, 0)
        if theirs > 0:
            owed = min(theirs, payable.get(companion_id, theirs))
            backs.append(Back(companion_id, owed, theirs - owed, available_on))
    studio = rest - sum(back.amount_fen for back in backs)
    return Given(prepaid, studio, tuple(backs))


def _until(returned_fen: int, earned_fen: int, counted_fen: int) -> int:
    """What of ``earned_fen`` has gone back when ``returned_fen`` of the income has; half up."""
    if counted_fen <= 0:
        return 0
    returned = min(returned_fen, counted_fen)
    return (2 * earned_fen * returned + counted_fen) // (2 * counted_fen)


@dataclass(frozen=True, slots=True)
class Taken:
    """A payment or tip that can be given back: what it brought, less what went back of it."""

    payment_id: int
    channel: PayChannel
    left_fen: int


def from_payments(amount_fen: int, payments: tuple[Taken, ...]) -> tuple[tuple[Taken, int], ...]:
    """Which payments ``amount_fen`` goes back to, and how much to each: the last one first, each
    in its own channel. Less than ``amount_fen`` in all where they did not bring so much.

    >>> paid = (Taken(1, PayChannel.WECHAT, 3000), Taken(2, PayChannel.CASH, 1500))
    >>> [(one.payment_id, fen) for one, fen in from_payments(2000, paid)]
    [(2, 1500), (1, 500)]
    """
    found = []
    for payment in reversed(payments):
        part = min(amount_fen, payment.left_fen)
        if part > 0:
            found.append((payment, part))
            amount_fen -= part
    return tuple(found)
