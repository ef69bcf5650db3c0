"""A companion's statement of a batch: every order with its explanation, and what came of it.

It is read from the books by the window of the batch, so it is the same at any later time.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import and_, not_, or_, select
from sqlmodel import SQLModel, col

from crm_tui.core.actor import Actor
from crm_tui.core.errors import NotFound
from crm_tui.core.language import _
from crm_tui.core.permissions import Permission, require
from crm_tui.core.words import JournalKind, OrderKind
from crm_tui.models import Game, Order
from crm_tui.models.ledger import Journal
from crm_tui.models.settlement import SettlementBatch
from crm_tui.services.exports.columns import Column, Kind
from crm_tui.services.exports.writers import replacing
from crm_tui.services.money.settlement import documents, dues, plan, reads, sheet
from crm_tui.services.money.settlement.reads import AdjustmentRow, BatchRow, LineRow
from crm_tui.services.money.settlement.windows import frozen, held
from crm_tui.services.money.splits import record
from crm_tui.storage.store import ReadWork, Store, UnitOfWork

_ORDER_ID = SQLModel.metadata.tables["orders"].c.id


@dataclass(frozen=True, slots=True)
class Item:
    """Something that a companion earned, or that was taken back of it. ``fen`` is their part."""

    at: datetime
    day: date
    """The business day."""
    kind: JournalKind
    order: str
    game: str
    order_kind: OrderKind | None
    minutes: int | None
    amount_fen: int | None
    """What the customer paid for the order."""
    fen: int
    explanation: str
    free_on: date
    frozen: bool
    """Still in its freeze: it comes with a later batch."""


@dataclass(frozen=True, slots=True)
class Statement:
    """One companion's part of a batch."""

    batch: BatchRow
    line: LineRow
    items: tuple[Item, ...]
    adjustments: tuple[AdjustmentRow, ...]


def of_companion(work: ReadWork, no: str, companion_id: int) -> Statement:
    """The statement of a companion in batch ``no``, the oldest first.

    Raises :class:`NotFound`, also for a companion who is not in the batch.
    """
    batch = reads.one(work, no)
    line = next(
        (each for each in reads.lines(work, batch.id) if each.companion_id == companion_id), None
    )
    if line is None:
        raise NotFound(what=_("companion in {no}").format(no=batch.no), ref=companion_id)
    items = tuple(_items(work, batch, companion_id))
    given = tuple(reads.adjustments(work, batch.id, companion_id))
    return Statement(batch, line, items, given)


def _items(work: ReadWork, batch: BatchRow, companion_id: int) -> Iterable[Item]:
    stored = work.session.get(SettlementBatch, batch.id)
    assert stored is not None
    asked = plan.question_of(work, stored)
    more: tuple[Any, ...] = (col(Journal.at).label("at"), col(Journal.reason).label("reason"))
    told_of = dues.lines(work, asked, [companion_id], *more).subquery()
    line = told_of.c
    fresh = and_(held(asked.window, line), not_(held(asked.before, line)))
    found = select(told_of).where(or_(fresh, frozen(asked.window, line)))
    rows = work.session.connection().execute(found.order_by(line.at, line.journal_id)).all()
    orders = _orders(work, {row.order_id for row in rows if row.order_id})
    told = _explanations(work, orders, companion_id)
    day_of = work.calendar(batch.store_id).day_of
    for row in rows:
        order = orders.get(row.order_id)
        earned = row.fen > 0 and row.kind not in (JournalKind.TIP, JournalKind.REVERSAL)
        yield Item(
            at=row.at,
            day=day_of(row.at),
            kind=row.kind,
            order=order.no if order else "",
            game=order.game if order else "",
            order_kind=order.kind if order else None,
            minutes=order.billed_minutes if order else None,
            amount_fen=order.amount_fen if order else None,
            fen=row.fen,
            explanation=(told.get(row.order_id, "") if earned else "") or row.reason,
            free_on=row.free_on,
            frozen=row.free_on > batch.free_on,
        )


def _orders(work: ReadWork, ids: set[int]) -> dict[int, Any]:
    found: Any = (
        select(
            col(Order.id),
            col(Order.no),
            col(Order.kind),
            col(Order.billed_minutes),
            col(Order.amount_fen),
            col(Game.name).label("game"),
        )
        .join(Game, col(Game.id) == col(Order.game_id))
        .where(work.store.dialect.among(_ORDER_ID, ids))
    )
    return {row.id: row for row in work.session.connection().execute(found)}


def _explanations(work: ReadWork, orders: Iterable[int], companion_id: int) -> dict[int, str]:
    """Why the companion gets what they get of each order, in the language in force."""
    return {
        order_id: "; ".join(one.explanation for one in lines if one.companion_id == companion_id)
        for order_id, lines in record.kept(work, list(orders)).items()
    }


# As a file and as a document


def write(
    store: Store, actor: Actor, no: str, companion_id: int, target: Path, *, key: str | None = None
) -> dict[str, Any]:
    """Write a statement to an Excel file; it is logged that it was written.

    Answers ``{"file", "rows"}``. Raises :class:`Refused`, :class:`NotFound`, :class:`Invalid` for
    another ending than ``.xlsx`` and :class:`FileProblem`; the file is then as it was.
    """
    require(actor, Permission.SETTLE)
    sheet.require_excel(target)
    with store.read() as work:
        told = of_companion(work, no, companion_id)
        if not (key and store.is_answered(key)):
            with replacing(target) as unfinished:
                _write_sheet(work, told, unfinished)

    def log(work: UnitOfWork) -> dict[str, Any]:
        work.record(
            "export.done",
            "settlement",
            told.batch.id,
            store_id=told.batch.store_id,
            ref=told.batch.no,
            what="statement",
            companion_id=companion_id,
            rows=len(told.items),
        )
        return {"file": str(target), "rows": len(told.items)}

    return store.perform(actor, log, key=key, request=["statement", no, companion_id, str(target)])


def columns() -> tuple[Column, ...]:
    """What is told of each item."""
    return (
        Column("day", _("Business day"), Kind.DAY),
        Column("kind", _("What"), Kind.WORD),
        Column("order", _("Order")),
        Column("game", _("Game")),
        Column("order_kind", _("Kind"), Kind.WORD),
        Column("minutes", _("Minutes"), Kind.MINUTES),
        Column("amount_fen", _("Amount"), Kind.MONEY),
        Column("fen", _("Share"), Kind.MONEY),
        Column("free_on", _("Free on"), Kind.DAY),
        Column("explanation", _("How it comes about")),
    )


def sums(line: LineRow) -> Sequence[tuple[str, int]]:
    """How the parts of a line come to what is paid; amounts in fen."""
    return (
        (_("Share of orders"), line.earned_fen),
        (_("Tips"), line.tips_fen),
        (_("Adjustments"), line.adjustments_fen),
        (_("Kept back"), -line.clawback_fen),
        (_("To pay"), line.payable_fen),
        (_("Still frozen"), line.frozen_fen),
    )


def _write_sheet(work: ReadWork, told: Statement, target: Path) -> None:
    batch, line = told.batch, told.line
    title = _("Statement {no}: {companion}").format(no=batch.no, companion=line.nick)
    period = _("{first} to {last}, settled on {day}").format(
        first=batch.period_from, last=batch.period_to, day=batch.free_on
    )
    head = (str(work.setting("store.name", batch.store_id)), title, period)
    given = ((each.reason, each.amount_fen) for each in told.adjustments)
    settled = [item for item in told.items if not item.frozen]
    frozen = [item for item in told.items if item.frozen]
    tables = [(_("Settled"), settled), (_("Still frozen"), frozen)]
    sheet.write(target, head, [*sums(line), *given], columns(), tables)


def document(work: ReadWork, told: Statement) -> dict[str, Any]:
    """A statement as JSON."""
    zone = work.calendar(told.batch.store_id).zone
    return {
        "batch": documents.document(work, told.batch),
        "line": documents.line_document(told.line),
        "items": [
            {
                "at": item.at.astimezone(zone).isoformat(),
                "day": item.day.isoformat(),
                "kind": item.kind.value,
                "order": item.order or None,
                "game": item.game or None,
                "order_kind": item.order_kind.value if item.order_kind else None,
                "minutes": item.minutes,
                "amount_fen": item.amount_fen,
                "share_fen": item.fen,
                "free_on": item.free_on.isoformat(),
                "frozen": item.frozen,
                "explanation": item.explanation,
            }
            for item in told.items
        ],
        "adjustments": [documents.adjustment_document(each, zone) for each in told.adjustments],
    }
