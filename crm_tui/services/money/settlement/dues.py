"""What the books say that companions are due: set by set in SQL, from the ledger alone.

A line on ``companion_payable`` counts as earned when it was posted; one that takes back a part of
an order counts with the order's first earnings of that companion, so that a refund reduces what it
belongs to, whenever it comes, and so does one that takes the refund back. Lines of settlement
itself carry a batch and are not looked at. Everything up to the cut is append-only: the same
question has the same answer at any later time.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, func, not_, or_, select
from sqlalchemy.orm import aliased
from sqlmodel import SQLModel, col

from crm_tui.core.portions import portions
from crm_tui.core.words import Account, JournalKind
from crm_tui.models.ledger import Journal, JournalLine, LedgerBalance
from crm_tui.services.money.settlement.rules import Dues, Window
from crm_tui.services.money.settlement.windows import free_from, frozen, held
from crm_tui.storage.store import ReadWork

PORTION = 200
"""Companions of whom is asked at once."""
_COMPANION: ColumnElement[Any] = SQLModel.metadata.tables["journal_line"].c.subject_id
_FIRST_LINE, _FIRST_HEAD, _EARNING = aliased(JournalLine), aliased(Journal), aliased(Journal)
_IS_BACK = and_(
    or_(col(JournalLine.amount_fen) > 0, col(Journal.kind) == JournalKind.REVERSAL),
    col(Journal.order_id).is_not(None),
)


@dataclass(frozen=True, slots=True)
class Question:
    """What a batch asks of the books: its window, that of the batch before, and the journal from
    which on there is anything that the one before left."""

    store_id: int
    window: Window
    before: Window | None
    from_id: int


def _first(column: Any) -> Any:
    """``column`` of the first earnings that a companion had of the order of a line: of a few
    journals of the order, found by its number."""
    return (
        select(column)
        .select_from(_FIRST_HEAD)
        .join(_FIRST_LINE, col(_FIRST_LINE.journal_id) == col(_FIRST_HEAD.id))
        .where(
            col(_FIRST_HEAD.order_id) == col(Journal.order_id),
            col(_FIRST_LINE.account) == Account.COMPANION_PAYABLE,
            col(_FIRST_LINE.subject_id) == col(JournalLine.subject_id),
            col(_FIRST_LINE.amount_fen) < 0,
        )
        .order_by(col(_FIRST_HEAD.id))
        .limit(1)
        .correlate(Journal, JournalLine)
        .scalar_subquery()
    )


_FIRST_AT = select(col(_EARNING.at)).where(col(_EARNING.id) == _first(col(_FIRST_HEAD.id)))
_EARNED_AT: Any = case(
    (_IS_BACK, func.coalesce(_FIRST_AT.scalar_subquery(), col(Journal.at))),
    else_=col(Journal.at),
)
_FREE_ON = free_from(
    col(JournalLine.available_on), case((_IS_BACK, _first(col(_FIRST_LINE.available_on))))
)


def lines(work: ReadWork, asked: Question, companions: Sequence[int], *more: Any) -> Select[Any]:
    """All lines of these companions that a batch may have to do with, and ``more`` columns."""
    return _of_store(asked, *more).where(work.store.dialect.among(_COMPANION, companions))


def _of_store(asked: Question, *more: Any) -> Select[Any]:
    return (
        select(
            col(JournalLine.subject_id).label("companion_id"),
            col(JournalLine.journal_id).label("journal_id"),
            (-col(JournalLine.amount_fen)).label("fen"),
            col(Journal.kind).label("kind"),
            col(Journal.order_id).label("order_id"),
            _EARNED_AT.label("earned_at"),
            _FREE_ON.label("free_on"),
            *more,
        )
        .select_from(JournalLine)
        .join(Journal, col(Journal.id) == col(JournalLine.journal_id))
        .where(
            col(JournalLine.account) == Account.COMPANION_PAYABLE,
            col(JournalLine.journal_id).between(asked.from_id, asked.window.cut),
            col(JournalLine.store_id) == asked.store_id,
            col(Journal.batch_id).is_(None),
        )
    )


def of_companions(
    work: ReadWork, asked: Question, companions: Sequence[int]
) -> tuple[list[Dues], int | None]:
    """What these companions are due, and the first journal of which something is left for later."""
    line = lines(work, asked, companions).subquery().c
    fresh = and_(held(asked.window, line), not_(held(asked.before, line)))
    tip = line.kind == JournalKind.TIP
    served = line.kind.not_in((JournalKind.TIP, JournalKind.REVERSAL))
    left = and_(line.earned_at >= asked.window.opens, not_(held(asked.window, line)))

    def total(condition: Any) -> Any:
        return func.sum(case((condition, line.fen), else_=0))

    sums = select(
        line.companion_id,
        total(and_(fresh, not_(tip))),
        total(and_(fresh, tip)),
        total(frozen(asked.window, line)),
        func.count(case((and_(fresh, served, line.fen > 0), line.order_id)).distinct()),
        func.min(case((left, line.journal_id))),
    ).group_by(line.companion_id)
    connection = work.session.connection()
    debts = claims(work, asked.store_id, asked.window.cut, companions)
    found: dict[int, Dues] = {who: Dues(who, claim_fen=fen) for who, fen in debts.items()}
    first_left: int | None = None
    for who, earned, tips, ice, orders, first in connection.execute(sums):
        found[who] = Dues(who, int(earned), int(tips), debts.get(who, 0), int(ice), orders)
        if first is not None:
            first_left = first if first_left is None else min(first, first_left)
    return sorted(found.values(), key=lambda each: each.companion_id), first_left


def in_portions(
    work: ReadWork, asked: Question, companions: Sequence[int]
) -> Iterator[tuple[list[Dues], int | None]]:
    """:func:`of_companions`, so many companions at a time."""
    for portion in portions(companions, PORTION):
        yield of_companions(work, asked, portion)


def earned_before(work: ReadWork, asked: Question) -> int:
    """What companions earned before the window opens, less what went back of it, in fen."""
    line = _of_store(asked).subquery().c
    sums = select(func.sum(line.fen)).where(line.earned_at < asked.window.opens)
    return int(work.session.connection().scalar(sums) or 0)


def claims(work: ReadWork, store_id: int, cut: int, companions: Sequence[int]) -> dict[int, int]:
    """What these companions owe the studio by the journals up to ``cut``, in fen; none owes 0."""
    owed = (
        select(col(JournalLine.subject_id), func.sum(col(JournalLine.amount_fen)))
        .where(
            col(JournalLine.account) == Account.CLAWBACK,
            work.store.dialect.among(_COMPANION, companions),
            col(JournalLine.journal_id) <= cut,
            col(JournalLine.store_id) == store_id,
        )
        .group_by(col(JournalLine.subject_id))
    )
    return {who: int(fen) for who, fen in work.session.connection().execute(owed) if fen}


def companions_of(work: ReadWork, store_id: int) -> list[int]:
    """Whoever the books of a store ever owed anything, or owes it anything."""
    found = select(col(LedgerBalance.subject_id)).where(
        col(LedgerBalance.store_id) == store_id,
        col(LedgerBalance.account).in_((Account.COMPANION_PAYABLE, Account.CLAWBACK)),
    )
    return sorted(work.session.connection().execute(found.distinct()).scalars())


def last_journal(work: ReadWork) -> int:
    """The id of the last journal that was posted; 0 before the first."""
    return int(work.session.connection().scalar(select(func.max(col(Journal.id)))) or 0)
