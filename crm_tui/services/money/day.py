"""The money of one business day, by channel, and what waits to be done about money."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import case, func, select
from sqlmodel import col

from crm_tui.core.words import Account, JournalKind, PayChannel, SettlementState
from crm_tui.models.ledger import Journal, JournalLine
from crm_tui.models.settlement import SettlementBatch
from crm_tui.services.money.bills.reads import open_count
from crm_tui.services.money.counting import COUNTS_AS, with_taken_back
from crm_tui.storage.store import ReadWork

GIVEN_BACK = (JournalKind.REFUND, JournalKind.STORED_REFUND)
PAID_OUT = (JournalKind.PAYOUT, JournalKind.FEE)


@dataclass(frozen=True, slots=True)
class Takings:
    """What a day brought in one channel and took from it, in fen.

    Each amount is less what was taken back of its kind on that day, of whichever day; it is
    negative where that was more.
    """

    channel: PayChannel
    taken_fen: int
    given_back_fen: int
    paid_out_fen: int


@dataclass(frozen=True, slots=True)
class ToDo:
    """How much waits to be done about money."""

    bill_lines: int
    """Lines of bills that nothing was made of yet."""
    drafts: int
    approved: int
    """Settlement batches that wait for approval, and for the payout."""


def takings(work: ReadWork, day: date, store_id: int | None = None) -> list[Takings]:
    """What ``day`` brought, channel by channel in the order of :class:`PayChannel`; channels in
    which nothing moved, or all of it was taken back, are left out."""
    first, behind = (work.calendar() if store_id is None else work.calendar(store_id)).bounds(
        day, day
    )
    amount = col(JournalLine.amount_fen)

    def went(kinds: tuple[JournalKind, ...]) -> Any:
        return func.sum(case((COUNTS_AS.in_(kinds), -amount), else_=0))

    back, out = went(GIVEN_BACK), went(PAID_OUT)
    query = (
        select(col(JournalLine.channel), func.sum(amount) + back + out, back, out)
        .select_from(JournalLine)
        .join(Journal, col(Journal.id) == col(JournalLine.journal_id))
        .where(
            col(JournalLine.account) == Account.CHANNEL,
            col(Journal.at) >= first,
            col(Journal.at) < behind,
        )
        .group_by(col(JournalLine.channel))
    )
    if store_id is not None:
        query = query.where(col(JournalLine.store_id) == store_id)
    found = {
        PayChannel(channel): Takings(PayChannel(channel), *map(int, sums))
        for channel, *sums in work.session.connection().execute(with_taken_back(query))
        if any(sums)
    }
    return [found[channel] for channel in PayChannel if channel in found]


def to_do(work: ReadWork) -> ToDo:
    """What waits, of all stores."""

    def batches(state: SettlementState) -> Any:
        return select(func.count()).where(col(SettlementBatch.state) == state).scalar_subquery()

    row = work.session.connection().execute(
        select(
            open_count().scalar_subquery(),
            batches(SettlementState.DRAFT),
            batches(SettlementState.APPROVED),
        )
    )
    return ToDo(*row.one())
