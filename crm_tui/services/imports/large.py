"""Importing very many customers: in portions that commit one by one, so that others work meanwhile.

What was committed stays: an import that was stopped or killed says how many rows are in, and goes
on from there when the same file is imported again. Each portion is claimed by the count of rows
before it, so that no row comes in twice, whoever goes on.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import update
from sqlmodel import SQLModel, col, select

from crm_tui.core.actor import Actor
from crm_tui.core.errors import CrmError, NotFound, Refused
from crm_tui.core.language import N_, _, current_language
from crm_tui.core.words import BatchState
from crm_tui.models import MAIN_STORE, ImportBatch
from crm_tui.services.customers.backlog import write_backlog
from crm_tui.services.imports import ahead, reads
from crm_tui.services.imports.actions import (
    Options,
    begin,
    finish,
    new_verdict,
    table_of,
)
from crm_tui.services.imports.customers import CustomerWriter
from crm_tui.services.imports.files import Book, CsvSheet, open_book
from crm_tui.services.imports.headers import Entity
from crm_tui.services.imports.run import Run, take_in
from crm_tui.services.imports.sheets import Table, check_mapping
from crm_tui.services.imports.verdict import OnConflict, Progress, Report, Stage, Verdict
from crm_tui.storage.store import Store, UnitOfWork

LARGE = 8 * 2**20
"""Bytes of a CSV file of customers from which it comes in portions."""
ROWS_AT_ONCE = 4_000
"""Rows of a portion: others wait a fraction of a second for one."""

Stop = Callable[[], bool]
"""Whether somebody wants the import to end early."""

_BATCHES = SQLModel.metadata.tables["import_batch"]


class ImportStopped(CrmError):
    """The import was stopped before its end. What is in stays in."""

    code = "stopped"
    template = N_(
        "Stopped after {rows} rows, which are in. “crm-tui import resume {batch}” goes on, "
        "“crm-tui import undo {batch}” takes them back."
    )


def is_large(path: Path, entity: Entity) -> bool:
    """Whether the file comes in portions: a CSV file of very many customers."""
    if entity is not Entity.CUSTOMERS or not path.is_file() or path.stat().st_size < LARGE:
        return False
    return isinstance(open_book(path).sheets[0], CsvSheet)


def import_large(
    store: Store,
    actor: Actor,
    path: Path,
    options: Options | None = None,
    report: Report | None = None,
    stop: Stop | None = None,
) -> dict[str, Any]:
    """Import the customers of a file in portions, or go on with the import of it that stopped.

    Answers the verdict on all its rows, as ``actions.import_file`` does, and raises what that
    raises; :class:`ImportStopped` where ``stop`` said so, :class:`Refused` where somebody else
    went on with the same import or undid it meanwhile.
    """
    options = options or Options()
    check_mapping(options.mapping, Entity.CUSTOMERS)
    book = open_book(path)
    with store.write(actor) as work:
        table = table_of(work, book, Entity.CUSTOMERS, options)
        asked = _asked(work, path, table, options)
        verdict = new_verdict("", book, table)
        batch = _unfinished(work, book, asked)
        if batch is None:
            run, batch = begin(work, book, Entity.CUSTOMERS.value, options, report)
        else:
            run = reads.taken_up(work, batch, verdict, options.on_conflict, report)
            asked = {**batch.verdict["asked"], "path": asked["path"]}
        verdict.batch = batch.token
        run.keys_later = True
        this = _Import(store, actor, run, verdict, table, asked, batch.rows_done)
        this.claim(work, batch.rows_done)
    return this.go_on(stop)


def resume(
    store: Store,
    actor: Actor,
    token: str,
    path: Path | None = None,
    report: Report | None = None,
    stop: Stop | None = None,
) -> dict[str, Any]:
    """Go on with an import that stopped, from its file, or ``path`` where that has moved.

    Raises :class:`NotFound` for an unknown import, :class:`Refused` where it is over or the file
    is another one now, and what :func:`import_large` raises.
    """
    with store.read() as work:
        batch = reads.find_batch(work, token)
    if batch.state is not BatchState.RUNNING:
        why = _("the import {batch} is over ({state}).")
        raise Refused(why=why.format(batch=batch.token, state=batch.state.label))
    asked = batch.verdict["asked"]
    path = path or Path(asked["path"])
    if not path.is_file():
        raise NotFound(what=_("file"), ref=str(path))
    if open_book(path).sha256 != batch.file_sha256:
        why = _("{file} is not what it was when the import {batch} began. Undo that, then import.")
        raise Refused(why=why.format(file=path.name, batch=batch.token))
    options = Options(OnConflict(asked["on_conflict"]), asked["sheet"], asked["mapping"])
    return import_large(store, actor, path, options, report, stop)


@dataclass(slots=True)
class _Import:
    """One import while this process is at it."""

    store: Store
    actor: Actor
    run: Run
    verdict: Verdict
    table: Table
    asked: dict[str, Any]
    rows: int
    """Data rows that are committed."""

    def go_on(self, stop: Stop | None) -> dict[str, Any]:
        """Bring in the rows that are missing, then their keys, and close the batch."""
        before = self._spans()
        self._write_keys(before)
        stopped = self._bring_in(stop)
        self._write_keys(_without(self._spans(), before))
        with self.store.write(self.actor) as work:
            self.run.goes_on(work)
            self.claim(work, self.rows, stopped_at=work.clock.now() if stopped else None)
            if not stopped:
                finish(self.run, self.verdict.batch, Entity.CUSTOMERS.value, [self.verdict])
        if stopped:
            raise ImportStopped(batch=self.verdict.batch, rows=self.rows)
        return self.verdict.document()

    def claim(self, work: UnitOfWork, rows: int, stopped_at: datetime | None = None) -> None:
        """So many rows are in with this commit. Raises :class:`Refused` where the batch is no
        longer where this process left it: then nothing of the portion stays."""
        state = {"sheets": [self.verdict.summary()], "asked": self.asked}
        left_here = (
            (_BATCHES.c.id == self.run.batch_id)
            & (_BATCHES.c.rows_done == self.rows)
            & (_BATCHES.c.state == BatchState.RUNNING)
        )
        done = work.session.connection().execute(
            update(_BATCHES)
            .where(left_here)
            .values(rows_done=rows, verdict=state, stopped_at=stopped_at)
        )
        if done.rowcount != 1:
            why = _("somebody else went on with the import {batch}, or undid it.")
            raise Refused(why=why.format(batch=self.verdict.batch))

    def _bring_in(self, stop: Stop | None) -> bool:
        """Write portion after portion; True where it was stopped before the end."""
        writer = CustomerWriter(self.run, self.verdict)
        with ahead.reading(self._task()) as portions:
            for portion in portions:
                with self.store.write(self.actor) as work, ahead.without_collecting():
                    self.run.goes_on(work)
                    take_in(self.run, self.verdict, writer, portion.records, portion.rejects)
                    writer.finish()
                    self.run.book.write()
                    self.claim(work, self.rows + portion.rows)
                self.rows += portion.rows
                self._tell(Stage.ROWS, self.rows, self._total())
                if stop and stop():
                    return True
        return False

    def _total(self) -> int | None:
        """Data rows in all, as far as that can be told without reading them."""
        height = self.table.sheet.height
        return None if height is None else max(self.rows, height - self.table.header_row)

    def _task(self) -> ahead.Task:
        return ahead.Task(
            path=Path(self.asked["path"]),
            sheet=self.table.sheet.name,
            mapping=self.asked["mapping"],
            today=date.fromisoformat(self.asked["today"]),
            calendar=self.run.calendar,
            language=current_language(),
            skip=self.rows,
            size=ROWS_AT_ONCE,
            columns=self.table.columns,
        )

    def _spans(self) -> list[range]:
        """The customers that this batch brought, by the rows that are committed."""
        with self.store.read() as work:
            plain = reads.spans(work, self.run.batch_id, "customer")
            return plain + reads.inserted(work, self.run.batch_id, "customer")

    def _write_keys(self, spans: list[range]) -> None:
        write_backlog(
            self.store, self.actor, spans, lambda done, of: self._tell(Stage.KEYS, done, of)
        )

    def _tell(self, stage: Stage, done: int, total: int | None) -> None:
        if self.run.report:
            self.run.report(Progress(self.verdict.sheet, done, total, stage))


def _asked(work: UnitOfWork, path: Path, table: Table, options: Options) -> dict[str, Any]:
    """What was asked for, as a batch keeps it to go on."""
    return {
        "path": str(path.absolute()),
        "sheet": table.sheet.name,
        "mapping": dict(options.mapping),
        "on_conflict": options.on_conflict.value,
        "today": work.calendar(MAIN_STORE).local(work.clock.now()).date().isoformat(),
    }


def _unfinished(work: UnitOfWork, book: Book, asked: dict[str, Any]) -> ImportBatch | None:
    """The import of this very file, asked for in the same way, that came to no end."""
    found = work.session.exec(
        select(ImportBatch).where(
            col(ImportBatch.file_sha256) == book.sha256,
            col(ImportBatch.state) == BatchState.RUNNING,
            col(ImportBatch.entity) == Entity.CUSTOMERS.value,
        )
    )
    for batch in found:
        before = batch.verdict.get("asked", {})
        if all(before.get(name) == asked[name] for name in ("sheet", "mapping", "on_conflict")):
            return batch
    return None


def _without(spans: list[range], before: list[range]) -> list[range]:
    known = {(span.start, span.stop) for span in before}
    return [span for span in spans if (span.start, span.stop) not in known]
