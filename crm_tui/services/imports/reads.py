"""The imports that were made."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlmodel import SQLModel

from crm_tui.core.words import BatchState
from crm_tui.storage.store import ReadWork

_BATCHES = SQLModel.metadata.tables["import_batch"]
_SPANS = SQLModel.metadata.tables["import_span"]
_COUNTS = ("read", "inserted", "updated", "unchanged", "merged", "skipped", "rejected")


@dataclass(frozen=True, slots=True)
class BatchRow:
    """One import, with the counts of all its sheets together."""

    token: str
    entity: str
    file: str
    state: BatchState
    started_at: datetime
    finished_at: datetime | None
    started_by: str
    counts: dict[str, int]


def batches(work: ReadWork, limit: int = 100) -> list[BatchRow]:
    """The last imports, the newest first."""
    query = select(_BATCHES).order_by(_BATCHES.c.id.desc()).limit(limit)
    return [
        BatchRow(
            token=row.token,
            entity=row.entity,
            file=row.file,
            state=row.state,
            started_at=row.started_at,
            finished_at=row.finished_at,
            started_by=row.started_by,
            counts=_together(row.verdict),
        )
        for row in work.session.connection().execute(query)
    ]


def spans(work: ReadWork, batch_id: int, entity: str) -> list[range]:
    """The ids of the records of ``entity`` that plainly inserted rows of a batch brought."""
    query = select(_SPANS.c.first_id, _SPANS.c["count"]).where(
        _SPANS.c.batch_id == batch_id, _SPANS.c.entity == entity
    )
    rows = work.session.connection().execute(query.order_by(_SPANS.c.first_id))
    return [range(first, first + count) for first, count in rows]


def document(row: BatchRow, zone: ZoneInfo) -> dict[str, Any]:
    """A batch as JSON, its times on the clock of ``zone``."""
    finished = row.finished_at.astimezone(zone).isoformat() if row.finished_at else None
    return {
        "batch": row.token,
        "entity": row.entity,
        "file": row.file,
        "state": row.state.value,
        "started_at": row.started_at.astimezone(zone).isoformat(),
        "finished_at": finished,
        "by": row.started_by,
        **row.counts,
    }


def _together(verdict: dict[str, Any]) -> dict[str, int]:
    sheets = verdict.get("sheets", [])
    return {name: sum(sheet.get(name, 0) for sheet in sheets) for name in _COUNTS}
