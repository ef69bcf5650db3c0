"""Pure decisions of settlement: what is due, who may take which step, what is posted.

Amounts are fen. Of a line always ``payable = earned + tips + adjustments − clawback``; that the
database holds, too.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from crm_tui.core.words import Account, PayChannel, Role, SettlementState

TRANSITIONS: dict[SettlementState, frozenset[SettlementState]] = {
    SettlementState.DRAFT: frozenset({SettlementState.APPROVED, SettlementState.CANCELLED}),
    SettlementState.APPROVED: frozenset({SettlementState.PAID, SettlementState.CANCELLED}),
    SettlementState.PAID: frozenset(),
    SettlementState.CANCELLED: frozenset(),
}
"""What a batch can become. What was paid out is put right in the next batch."""

PAYOUT_CHANNELS = (PayChannel.WECHAT, PayChannel.ALIPAY, PayChannel.BANK, PayChannel.CASH)
"""Where the money of a payout can come from."""


@dataclass(frozen=True, slots=True)
class Window:
    """What a batch looks at: the journals up to ``cut``, of earnings in ``[opens, closes)`` whose
    freeze ends on the business day ``free_on`` or before.

    The windows of a store's batches lie one in the other, so what is in a window and not in that
    of the batch before has never been settled.
    """

    cut: int
    opens: datetime
    closes: datetime
    free_on: date

    def lies_in(self, later: Window) -> bool:
        """Whether ``later`` holds all that this one does."""
        grows = self.cut <= later.cut and self.free_on <= later.free_on
        return grows and later.opens <= self.opens and self.closes <= later.closes


@dataclass(frozen=True, slots=True)
class Dues:
    """What the books say of one companion for a batch.

    ``earned_fen`` and ``tips_fen`` can be negative, where more was given back than earned;
    ``claim_fen`` is what they owe the studio (``clawback``), never negative.
    """

    companion_id: int
    earned_fen: int = 0
    tips_fen: int = 0
    claim_fen: int = 0
    frozen_fen: int = 0
    orders: int = 0


@dataclass(frozen=True, slots=True)
class Line:
    """One companion's line of a batch."""

    companion_id: int
    earned_fen: int
    tips_fen: int
    adjustments_fen: int
    clawback_fen: int
    """What is kept back of their debt; negative where the batch adds to it."""
    frozen_fen: int
    payable_fen: int
    orders: int


def line_of(dues: Dues, adjustments_fen: int = 0) -> Line | None:
    """What becomes of ``dues``; ``None`` where there is nothing to tell.

    What is due pays the debt first. Where it is less than nothing, nobody is asked for money: it
    adds to the debt, which the next batches keep back.

    >>> line_of(Dues(7, earned_fen=10_000, claim_fen=3_000)).payable_fen
    7000
    >>> line_of(Dues(7, earned_fen=1_000, claim_fen=3_000), -2_000).clawback_fen
    -1000
    """
    due = dues.earned_fen + dues.tips_fen + adjustments_fen
    clawback = min(dues.claim_fen, due)
    told = (dues.earned_fen, dues.tips_fen, adjustments_fen, dues.frozen_fen, dues.orders)
    if not any(told):
        return None
    return Line(
        companion_id=dues.companion_id,
        earned_fen=dues.earned_fen,
        tips_fen=dues.tips_fen,
        adjustments_fen=adjustments_fen,
        clawback_fen=clawback,
        frozen_fen=dues.frozen_fen,
        payable_fen=due - clawback,
        orders=dues.orders,
    )


def lines_of(found: Iterable[Dues], adjusted: Mapping[int, int]) -> list[Line]:
    """The lines of what everybody is due and of what they were given besides, by companion."""
    due = {who: Dues(who) for who in adjusted} | {each.companion_id: each for each in found}
    lines = (line_of(each, adjusted.get(who, 0)) for who, each in sorted(due.items()))
    return [line for line in lines if line is not None]


Amount = tuple[Account, int, int]
"""Account, subject, fen: debit positive."""


def approved(lines: Iterable[Line]) -> Iterator[Amount]:
    """What approval posts: what is owed becomes what is settled, adjustments and debts with it."""
    for line in lines:
        who = line.companion_id
        yield Account.COMPANION_PAYABLE, who, line.earned_fen + line.tips_fen
        yield Account.ADJUSTMENTS, who, line.adjustments_fen
        yield Account.CLAWBACK, who, -line.clawback_fen
        yield Account.SETTLED_PAYABLE, who, -line.payable_fen


def paid_out(lines: Iterable[Line]) -> Iterator[Amount]:
    """What a payout posts against the channel that the money left by."""
    for line in lines:
        yield Account.SETTLED_PAYABLE, line.companion_id, line.payable_fen


def is_alone(role: Role, login: str, before: Collection[str], two_people: Collection[str]) -> bool:
    """Whether ``login`` would approve or pay out alone what they themselves did ``before``, in a
    role of which two people must have seen it."""
    return role.value in two_people and login in before
