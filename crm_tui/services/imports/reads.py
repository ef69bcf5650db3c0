"""The imports that were made."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlmodel import SQLModel

from crm_tui.core.errors import NotFound
from crm_tui.core.language import _
from crm_tui.core.words import BatchState
from crm_tui.models import ImportBatch
from crm_tui.services.imports.rowcells import Remark
from crm_tui.services.imports.run import Run
from crm_tui.services.imports.verdict import OnConflict, Outcome, Report, Verdict
from crm_tui.storage.store import ReadWork, UnitOfWork

_BATCHES = SQLModel.metadata.tables["import_batch"]
_ROWS = SQLModel.metadata.tables["import_row"]
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
    rows_done: int
    """Data rows that are in; of an import without its end, where it goes on."""
    stopped_at: datetime | None
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
            rows_done=row.rows_done,
            stopped_at=row.stopped_at,
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


def inserted(work: ReadWork, batch_id: int, entity: str) -> list[range]:
    """The same of the rows of which there is more to say, or that stand for no row."""
    query = select(_ROWS.c.entity_id).where(
        _ROWS.c.batch_id == batch_id,
        _ROWS.c.entity == entity,
        _ROWS.c.verdict == Outcome.INSERTED,
    )
    ids = work.session.connection().execute(query).scalars()
    return [range(each, each + 1) for each in sorted(set(ids))]


def find_batch(work: ReadWork, token: str) -> Any:
    """The batch that ``token`` names; its beginning will do where that is unique.

    Raises :class:`NotFound`.
    """
    wanted = token.strip()
    matches = _BATCHES.c.token.startswith(wanted, autoescape=True)
    found = work.session.connection().execute(select(_BATCHES).where(matches).limit(2)).all()
    if len(found) != 1 or len(wanted) < 4:
        raise NotFound(what=_("import"), ref=token)
    return found[0]


def taken_up(
    work: UnitOfWork,
    batch: ImportBatch,
    verdict: Verdict,
    on_conflict: OnConflict,
    report: Report | None,
) -> Run:
    """The run that goes on with ``batch``: it and ``verdict`` know what became of its rows."""
    assert batch.id is not None
    run = Run.of(work, batch.id, on_conflict, report)
    for span in spans(work, batch.id, "customer"):
        run.seen["customer"].add_span(span)
    (stored,) = batch.verdict["sheets"]
    verdict.counts = {outcome: stored[outcome.value] for outcome in Outcome}
    rows = work.session.connection().execute(
        select(_ROWS).where(_ROWS.c.batch_id == batch.id).order_by(_ROWS.c.row)
    )
    for row in rows:
        if row.row and row.entity_id is not None and row.entity == "customer":
            run.seen["customer"].add(row.entity_id)
        if row.code:
            verdict.remember(row.row, row.verdict, Remark(row.column, row.value, row.code))
    return run


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
        "rows_done": row.rows_done,
        "stopped_at": row.stopped_at.astimezone(zone).isoformat() if row.stopped_at else None,
        "by": row.started_by,
        **row.counts,
    }


def _together(verdict: dict[str, Any]) -> dict[str, int]:
    sheets = verdict.get("sheets", [])
    return {name: sum(sheet.get(name, 0) for sheet in sheets) for name in _COUNTS}
