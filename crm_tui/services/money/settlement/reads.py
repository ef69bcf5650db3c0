"""Batches, their lines and adjustments, as rows and as documents; and whether they are what the
books say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Select, func
from sqlalchemy import select as rows_of
from sqlmodel import col

from crm_tui.core.errors import NotFound
from crm_tui.core.language import _
from crm_tui.core.words import SettlementState
from crm_tui.models import (
    Companion,
    SettlementAdjustment,
    SettlementBatch,
    SettlementLine,
    Store,
)
from crm_tui.services.money.settlement import batches, dues, plan
from crm_tui.services.money.settlement.plan import Plan
from crm_tui.services.money.settlement.rules import Line, lines_of
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


def _batches() -> Select[Any]:
    sums = [func.coalesce(func.sum(getattr(SettlementLine, name)), 0) for name in SUMS]
    batch = [
        *("id", "store_id", "no", "state", "period_from", "period_to", "free_on", "made_by"),
        *("made_at", "approved_by", "approved_at", "paid_by", "paid_at", "cut_journal_id"),
    ]
    return (
        rows_of(
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
        rows_of(
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


def adjustments(
    work: ReadWork, batch_id: int | None, companion_id: int | None = None
) -> list[AdjustmentRow]:
    """The adjustments of a batch, or those that wait for one; oldest first."""
    found: Any = (
        rows_of(
            col(SettlementAdjustment.id),
            func.coalesce(col(SettlementBatch.no), ""),
            col(SettlementAdjustment.companion_id),
            col(Companion.nick),
            col(SettlementAdjustment.amount_fen),
            col(SettlementAdjustment.reason),
            col(SettlementAdjustment.made_by),
            col(SettlementAdjustment.at),
        )
        .join(Companion, col(Companion.id) == col(SettlementAdjustment.companion_id))
        .outerjoin(SettlementBatch, col(SettlementBatch.id) == col(SettlementAdjustment.batch_id))
        .where(col(SettlementAdjustment.batch_id) == batch_id)
        .order_by(col(SettlementAdjustment.id))
    )
    if companion_id is not None:
        found = found.where(col(SettlementAdjustment.companion_id) == companion_id)
    return [AdjustmentRow(*each) for each in work.session.connection().execute(found)]


def adjusted(work: ReadWork, batch_id: int | None, store_id: int | None = None) -> dict[int, int]:
    """What the adjustments of a batch, or those of a store that wait for one, come to by
    companion."""
    found = (
        rows_of(
            col(SettlementAdjustment.companion_id),
            func.sum(col(SettlementAdjustment.amount_fen)),
        )
        .where(col(SettlementAdjustment.batch_id) == batch_id)
        .group_by(col(SettlementAdjustment.companion_id))
    )
    if store_id is not None:
        found = found.where(col(SettlementAdjustment.store_id) == store_id)
    return {who: int(fen) for who, fen in work.session.connection().execute(found)}


# The proof


@dataclass(frozen=True, slots=True)
class Difference:
    """A line of a batch that the books don't say so, or not any more."""

    companion_id: int
    stored: Line | None
    computed: Line | None


def verify(work: ReadWork, no: str) -> list[Difference]:
    """Where a batch is not what comes out of the books up to its cut; empty where it is.

    Raises :class:`NotFound`.
    """
    batch = work.session.get(SettlementBatch, one(work, no).id)
    assert batch is not None
    return differences(work, batch)


def differences(work: ReadWork, batch: SettlementBatch) -> list[Difference]:
    """:func:`verify` for a batch that is at hand."""
    asked = plan.question_of(work, batch)
    stored = {line.companion_id: line for line in batches.lines_of(work, batch)}
    if batch.state is SettlementState.CANCELLED:  # its adjustments went on to another one
        given = {who: line.adjustments_fen for who, line in stored.items() if line.adjustments_fen}
    else:
        given = adjusted(work, batch.id)
    portions = dues.in_portions(work, asked, dues.companions_of(work, batch.store_id))
    found = (each for portion, _left in portions for each in portion)
    computed = {line.companion_id: line for line in lines_of(found, given)}
    return [
        Difference(who, stored.get(who), computed.get(who))
        for who in sorted({*stored, *computed})
        if stored.get(who) != computed.get(who)
    ]


# Documents


def document(work: ReadWork, row: BatchRow) -> dict[str, Any]:
    """A batch as JSON."""
    zone = work.calendar(row.store_id).zone
    steps = (
        ("made", row.made_by, row.made_at),
        ("approved", row.approved_by, row.approved_at),
        ("paid", row.paid_by, row.paid_at),
    )
    return {
        "no": row.no,
        "store_id": row.store_id,
        "state": row.state.value,
        "from": row.period_from.isoformat(),
        "to": row.period_to.isoformat(),
        "free_on": row.free_on.isoformat(),
        "cut_journal_id": row.cut_journal_id,
        **{f"{step}_by": by for step, by, _at in steps},
        **{f"{step}_at": _iso(at, zone) for step, _by, at in steps},
        "companions": row.companions,
        **{name: getattr(row, name) for name in SUMS},
    }


def planned_document(made: Plan, found: Sequence[Line]) -> dict[str, Any]:
    """What a batch would be, as JSON."""
    return {
        "no": None,
        "store_id": made.asked.store_id,
        "state": None,
        "from": made.first.isoformat(),
        "to": made.last.isoformat(),
        "free_on": made.asked.window.free_on.isoformat(),
        "cut_journal_id": made.asked.window.cut,
        "companions": len(found),
        **{name: sum(getattr(line, name) for line in found) for name in SUMS},
    }


def line_document(row: LineRow) -> dict[str, Any]:
    """A line as JSON; ``companion`` is the companion's number."""
    return {
        "companion": row.no,
        "nick": row.nick,
        **{name: getattr(row, name) for name in SUMS},
    }


def adjustment_document(row: AdjustmentRow, zone: ZoneInfo) -> dict[str, Any]:
    """An adjustment as JSON."""
    return {
        "id": row.id,
        "batch": row.batch or None,
        "companion": row.companion,
        "amount_fen": row.amount_fen,
        "reason": row.reason,
        "made_by": row.made_by,
        "at": _iso(row.at, zone),
    }


def _iso(at: datetime | None, zone: ZoneInfo) -> str | None:
    return at.astimezone(zone).isoformat() if at else None
