"""Which earnings lie in a batch: the one condition, whether the batch is at hand or looked for, and
whether the earnings are values or columns."""

from __future__ import annotations

from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Date, and_, false, func, literal, select
from sqlmodel import col

from crm_tui.core.words import SettlementState
from crm_tui.models.settlement import SettlementBatch
from crm_tui.services.money.settlement.rules import Window

NEVER_FROZEN = date.min
"""When what has no freeze came free."""


class Earned(NamedTuple):
    """What the condition asks of earnings: values, or columns."""

    journal_id: Any
    earned_at: Any
    free_on: Any
    """The business day from which on they may be paid (:func:`free_from`)."""


_COLUMNS: tuple[Any, ...] = (
    col(SettlementBatch.cut_journal_id),
    col(SettlementBatch.opens_at),
    col(SettlementBatch.closes_at),
    col(SettlementBatch.free_on),
)
_BATCH = Window(*_COLUMNS)
"""The window of any batch."""


def free_from(*available_on: Any) -> ColumnElement[date]:
    """The first of these days that is there."""
    return func.coalesce(*available_on, literal(NEVER_FROZEN, Date))


def held(window: Window | None, line: Any) -> ColumnElement[bool]:
    """Whether ``window`` holds a line (:class:`Earned`, or columns of these names)."""
    if window is None:
        return false()
    return and_(_earned_within(window, line), line.free_on <= window.free_on)


def frozen(window: Window, line: Any) -> ColumnElement[bool]:
    """Whether it was earned in the period of ``window`` and comes free after its day."""
    return and_(_earned_within(window, line), line.free_on > window.free_on)


def settled(store_id: Any, earned: Earned) -> ColumnElement[bool]:
    """Whether earnings of a store lie in a batch that was approved."""
    return (
        select(col(SettlementBatch.id))
        .where(
            col(SettlementBatch.store_id) == store_id,
            col(SettlementBatch.state).in_((SettlementState.APPROVED, SettlementState.PAID)),
            held(_BATCH, earned),
        )
        .exists()
    )


def _earned_within(window: Window, line: Any) -> ColumnElement[bool]:
    return and_(
        line.journal_id <= window.cut,
        line.earned_at >= window.opens,
        line.earned_at < window.closes,
    )
