"""Batches, lines and adjustments as JSON: what commands answer, and what a key answers again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlmodel import col, select

from crm_tui.core.language import _
from crm_tui.core.money import yuan
from crm_tui.models import Companion
from crm_tui.services.money.settlement import proof
from crm_tui.services.money.settlement.plan import Plan
from crm_tui.services.money.settlement.reads import SUMS, AdjustmentRow, BatchRow, LineRow
from crm_tui.services.money.settlement.rules import Line
from crm_tui.storage.store import ReadWork


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
        "earlier_fen": made.earlier_fen,
        **{name: sum(getattr(line, name) for line in found) for name in SUMS},
    }


def left_out(earlier_fen: int, first: object) -> str:
    """For people: what a first batch leaves out because it was earned before day ``first``; empty
    where that is nothing."""
    if not earlier_fen:
        return ""
    told = _("¥{amount} was earned before {day} and lies in no settlement.")
    return told.format(amount=yuan(earlier_fen), day=first)


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


def verified_document(work: ReadWork, no: str) -> dict[str, Any]:
    """Whether batch ``no`` is what the books say; of the lines that differ, what is paid."""
    found = proof.verify(work, no)
    ids = [each.companion_id for each in found]
    nicks = select(Companion.id, Companion.nick).where(col(Companion.id).in_(ids))
    named = dict(work.session.exec(nicks).all())
    return {
        "no": no,
        "ok": not found,
        "differences": [
            {
                "companion": named.get(each.companion_id, each.companion_id),
                "stored_fen": each.stored.payable_fen if each.stored else 0,
                "computed_fen": each.computed.payable_fen if each.computed else 0,
            }
            for each in found
        ],
    }


def _iso(at: datetime | None, zone: ZoneInfo) -> str | None:
    return at.astimezone(zone).isoformat() if at else None
