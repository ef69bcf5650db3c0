"""What became of the rows of a sheet: counted, listed, and kept for the undoing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from sqlalchemy import insert

from crm_tui.models import ImportRow, ImportSpan
from crm_tui.services.imports.reasons import reason
from crm_tui.services.imports.rowcells import BadRow, Remark
from crm_tui.storage.store import UnitOfWork

_ROWS_AT_ONCE = 2_000
_MOST_REJECTS = 100_000
_MOST_NOTES = 1_000


class Outcome(StrEnum):
    """What became of one row."""

    INSERTED = "inserted"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    MERGED = "merged"
    SKIPPED = "skipped"
    REJECTED = "rejected"


class OnConflict(StrEnum):
    """What to do with rows whose record exists and differs."""

    UPDATE = "update"
    SKIP = "skip"
    REJECT = "reject"


class Stage(StrEnum):
    """What an import is at: bringing rows in, or writing look-up keys when all are in."""

    ROWS = "rows"
    KEYS = "keys"


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an import is: rows of a sheet, or look-up keys, of ``total`` where that is known."""

    sheet: str
    done: int
    total: int | None
    stage: Stage = Stage.ROWS


Report = Callable[[Progress], None]


@dataclass(slots=True)
class Verdict:
    """The verdict on one sheet. Every row read has exactly one outcome."""

    batch: str
    entity: str
    file: str
    sheet: str
    columns: dict[str, str] = field(default_factory=dict)
    """The headers that were recognised, and as which field."""
    ignored_columns: list[str] = field(default_factory=list)
    counts: dict[Outcome, int] = field(default_factory=lambda: dict.fromkeys(Outcome, 0))
    rejects: list[dict[str, Any]] = field(default_factory=list)
    notes: list[dict[str, Any]] = field(default_factory=list)

    @property
    def read(self) -> int:
        """Data rows of the sheet."""
        return sum(self.counts.values())

    def remember(self, row: int, outcome: str, remark: Remark) -> None:
        """List a row that was not taken, or was taken with a remark; it is counted already."""
        told = _told(row, remark.column, remark.value, remark.code)
        if outcome == Outcome.REJECTED and len(self.rejects) < _MOST_REJECTS:
            self.rejects.append(told)
        elif outcome != Outcome.REJECTED and len(self.notes) < _MOST_NOTES:
            self.notes.append(told)

    def summary(self) -> dict[str, Any]:
        """The verdict without its rows."""
        return {
            "batch": self.batch,
            "entity": self.entity,
            "file": self.file,
            "sheet": self.sheet,
            "read": self.read,
            **{outcome.value: count for outcome, count in self.counts.items()},
        }

    def document(self) -> dict[str, Any]:
        """The verdict as JSON: counts, rejected rows, and notes on rows that were taken.

        Of very long lists the first are given; all are stored with the batch.
        """
        return {
            **self.summary(),
            "rejects": self.rejects,
            "notes": self.notes,
            "columns": self.columns,
            "ignored_columns": self.ignored_columns,
        }


class Book:
    """Where the outcomes of a batch are written down: counted in a verdict, stored by row; rows of
    which there is nothing to say but that each brought a record are stored as spans."""

    def __init__(self, work: UnitOfWork, batch_id: int) -> None:
        self.work = work
        self.batch_id = batch_id
        self._waiting: list[dict[str, Any]] = []
        self._spans: list[dict[str, Any]] = []

    def note(
        self,
        verdict: Verdict,
        row: int,
        outcome: Outcome,
        entity_id: int | None,
        remarks: tuple[Remark, ...] = (),
        before: dict[str, Any] | None = None,
    ) -> None:
        """A row was taken, with what an undoing needs."""
        verdict.counts[outcome] += 1
        for remark in remarks[: max(0, _MOST_NOTES - len(verdict.notes))]:
            verdict.notes.append(_told(row, remark.column, remark.value, remark.code))
        if outcome is Outcome.INSERTED and entity_id is not None and not (remarks or before):
            self._add_to_span(verdict, row, entity_id)
            return
        first = remarks[0] if remarks else Remark("", "", "")
        self._keep(verdict, row, outcome, entity_id, before, first)

    def reject(self, verdict: Verdict, row: int, problem: BadRow) -> None:
        """A row was not taken."""
        verdict.counts[Outcome.REJECTED] += 1
        if len(verdict.rejects) < _MOST_REJECTS:
            verdict.rejects.append(_told(row, problem.column, problem.value, problem.code))
        why = Remark(problem.column, problem.value, problem.code)
        self._keep(verdict, row, Outcome.REJECTED, None, None, why)

    def brought(self, sheet: str, entity: str, entity_id: int) -> None:
        """A record that no row is about came along: a game, a level, a tag."""
        self._waiting.append(_row(self.batch_id, sheet, 0, Outcome.INSERTED, entity, entity_id))

    def write(self, *, at_least: int = 1) -> None:
        """Store what has gathered, if that is ``at_least`` so many rows."""
        if len(self._waiting) + len(self._spans) >= at_least:
            connection = self.work.session.connection()
            if self._waiting:
                connection.execute(insert(ImportRow), self._waiting)
            if self._spans:
                connection.execute(insert(ImportSpan), self._spans)
            self._waiting, self._spans = [], []

    def _add_to_span(self, verdict: Verdict, row: int, entity_id: int) -> None:
        """Lengthen the last span by this row, or begin one."""
        last = self._spans[-1] if self._spans else None
        if (
            last
            and last["first_row"] + last["count"] == row
            and last["first_id"] + last["count"] == entity_id
            and last["sheet"] == verdict.sheet[:200]
            and last["entity"] == _SINGULAR[verdict.entity]
        ):
            last["count"] += 1
            return
        span = {"batch_id": self.batch_id, "sheet": verdict.sheet[:200], "first_row": row}
        span |= {"entity": _SINGULAR[verdict.entity], "first_id": entity_id, "count": 1}
        self._spans.append(span)
        self.write(at_least=_ROWS_AT_ONCE)

    def _keep(
        self,
        verdict: Verdict,
        row: int,
        outcome: Outcome,
        entity_id: int | None,
        before: dict[str, Any] | None,
        why: Remark,
    ) -> None:
        entity = _SINGULAR[verdict.entity]
        kept = _row(self.batch_id, verdict.sheet, row, outcome, entity, entity_id)
        kept["before"] = before or {}
        if why.code:
            kept |= {"column": why.column[:200], "value": why.value, "code": why.code}
        self._waiting.append(kept)
        self.write(at_least=_ROWS_AT_ONCE)


_SINGULAR = {
    "customers": "customer",
    "companions": "companion",
    "orders": "order",
    "payments": "payment",
}


def _row(
    batch_id: int, sheet: str, row: int, outcome: Outcome, entity: str, entity_id: int | None
) -> dict[str, Any]:
    return {
        "batch_id": batch_id,
        "sheet": sheet[:200],
        "row": row,
        "verdict": outcome.value,
        "entity": entity,
        "entity_id": entity_id,
        "before": {},
        "column": "",
        "value": "",
        "code": "",
        "reason": "",
    }


def _told(row: int, column: str, value: str, code: str) -> dict[str, Any]:
    return {"row": row, "column": column, "value": value, "code": code, "reason": reason(code)}
