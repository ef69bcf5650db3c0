"""Batches, their lines and adjustments, as rows and as documents; and whether they are what the
books say."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Select, func, select
from sqlmodel import col

from crm_tui.core.errors import NotFound
from crm_tui.core.language import _
from crm_tui.core.words import SettlementState
from crm_tui.models import STUDIO, Companion, Store
from crm_tui.models.settlement import SettlementAdjustment, SettlementBatch, SettlementLine
from crm_tui.services.money.settlement import plan
from crm_tui.storage.store import ReadWork

SUMS = (
    *("earned_fen", "tips_fen", "adjustments_fen", "clawback_fen"),
    *("frozen_fen", "payable_fen", "orders"),
)
"""The columns of a line that are added up for its batch."""


@dataclass(frozen=True, slots=True)
class BatchRow:
    """A batch with the sums of its lines; amounts are fen."""

    id: int
    store_id: int
    store: str
    no: str
    state: SettlementState
    period_from: date
    period_to: date
    free_on: date
    made_by: str
    made_at: datetime
    approved_by: str
    approved_at: datetime | None
    paid_by: str
    paid_at: datetime | None
    cut_journal_id: int
    companions: int
    earned_fen: int
    tips_fen: int
    adjustments_fen: int
    clawback_fen: int
    frozen_fen: int
    payable_fen: int
    orders: int


@dataclass(frozen=True, slots=True)
class LineRow:
    """A line of a batch, with whose it is."""

    companion_id: int
    no: str
    nick: str
    earned_fen: int
    tips_fen: int
    adjustments_fen: int
    clawback_fen: int
    frozen_fen: int
    payable_fen: int
    orders: int


@dataclass(frozen=True, slots=True)
class AdjustmentRow:
    """What a person gave or took, and why. ``batch`` is "" while it waits for one."""

    id: int
    batch: str
    companion_id: int
    companion: str
    amount_fen: int
    reason: str
    made_by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class NextPeriod:
    """What a store would settle next where nothing else is asked."""

    store_id: int
    store: str
    first: date
    last: date


def next_periods(work: ReadWork, own: int | None = None) -> list[NextPeriod]:
    """The next period of each store, that of ``own`` first: from the end of the one before up to
    yesterday."""
    stores = select(col(Store.id), col(Store.name)).where(col(Store.id) != STUDIO)
    found = []
    for store_id, name in work.session.connection().execute(stores.order_by(col(Store.id))):
        last = work.calendar(store_id).day_of(work.clock.now()) - timedelta(days=1)
        first = plan.begins(plan.latest(work, store_id), last)
        found.append(NextPeriod(store_id, name, first, last))
    return sorted(found, key=lambda each: each.store_id != own)


def _batches() -> Select[Any]:
    sums = [func.coalesce(func.sum(getattr(SettlementLine, name)), 0) for name in SUMS]
    batch = [
        *("id", "store_id", "no", "state", "period_from", "period_to", "free_on", "made_by"),
        *("made_at", "approved_by", "approved_at", "paid_by", "paid_at", "cut_journal_id"),
    ]
    return (
        select(
            *(getattr(SettlementBatch, name) for name in batch),
            col(Store.name).label("store"),
            func.count(col(SettlementLine.companion_id)).label("companions"),
            *(total.label(name) for total, name in zip(sums, SUMS, strict=True)),
        )
        .join(Store, col(Store.id) == col(SettlementBatch.store_id))
        .outerjoin(SettlementLine, col(SettlementLine.batch_id) == col(SettlementBatch.id))
        .group_by(col(SettlementBatch.id), col(Store.name))
    )


def _row(found: Any) -> BatchRow:
    sums = {name: int(getattr(found, name)) for name in SUMS}
    return BatchRow(**{**found._mapping, **sums})


def newest(work: ReadWork, limit: int = 200, store_id: int | None = None) -> list[BatchRow]:
    """The last batches, newest first; of one store, or of all."""
    found = _batches().order_by(col(SettlementBatch.id).desc()).limit(limit)
    if store_id is not None:
        found = found.where(col(SettlementBatch.store_id) == store_id)
    return [_row(each) for each in work.session.connection().execute(found)]


def one(work: ReadWork, no: str) -> BatchRow:
    """The batch ``no``. Raises :class:`NotFound`."""
    found = _batches().where(col(SettlementBatch.no) == no.strip())
    row = work.session.connection().execute(found).one_or_none()
    if row is None:
        raise NotFound(what=_("settlement"), ref=no)
    return _row(row)


def lines(work: ReadWork, batch_id: int) -> list[LineRow]:
    """The lines of a batch, who gets most first."""
    found = (
        select(
            col(SettlementLine.companion_id),
            col(Companion.no),
            col(Companion.nick),
            *(getattr(SettlementLine, name) for name in SUMS),
        )
        .join(Companion, col(Companion.id) == col(SettlementLine.companion_id))
        .where(col(SettlementLine.batch_id) == batch_id)
        .order_by(col(SettlementLine.payable_fen).desc(), col(Companion.no))
    )
    return [LineRow(*each) for each in work.session.connection().execute(found)]


def _adjustments() -> Any:
    columns: tuple[Any, ...] = (
        col(SettlementAdjustment.id),
        func.coalesce(col(SettlementBatch.no), ""),
        col(SettlementAdjustment.companion_id),
        col(Companion.nick),
        col(SettlementAdjustment.amount_fen),
        col(SettlementAdjustment.reason),
        col(SettlementAdjustment.made_by),
        col(SettlementAdjustment.at),
    )
    return (
        select(*columns)
        .join(Companion, col(Companion.id) == col(SettlementAdjustment.companion_id))
        .outerjoin(SettlementBatch, col(SettlementBatch.id) == col(SettlementAdjustment.batch_id))
    )


def adjustments(
    work: ReadWork, batch_id: int | None, companion_id: int | None = None
) -> list[AdjustmentRow]:
    """The adjustments of a batch, or those that wait for one; oldest first."""
    found = (
        _adjustments()
        .where(col(SettlementAdjustment.batch_id) == batch_id)
        .order_by(col(SettlementAdjustment.id))
    )
    if companion_id is not None:
        found = found.where(col(SettlementAdjustment.companion_id) == companion_id)
    return [AdjustmentRow(*each) for each in work.session.connection().execute(found)]


def adjustment(work: ReadWork, adjustment_id: int) -> AdjustmentRow:
    """One adjustment. Raises :class:`NotFound`."""
    found = _adjustments().where(col(SettlementAdjustment.id) == adjustment_id)
    row = work.session.connection().execute(found).one_or_none()
    if row is None:
        raise NotFound(what=_("adjustment"), ref=adjustment_id)
    return AdjustmentRow(*row)


def adjusted(work: ReadWork, batch_id: int | None, store_id: int | None = None) -> dict[int, int]:
    """What the adjustments of a batch, or those of a store that wait for one, come to by
    companion."""
    found = (
        select(
            col(SettlementAdjustment.companion_id),
            func.sum(col(SettlementAdjustment.amount_fen)),
        )
        .where(col(SettlementAdjustment.batch_id) == batch_id)
        .group_by(col(SettlementAdjustment.companion_id))
    )
    if store_id is not None:
        found = found.where(col(SettlementAdjustment.store_id) == store_id)
    return {who: int(fen) for who, fen in work.session.connection().execute(found)}
