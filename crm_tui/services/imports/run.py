"""One import while it runs: what every writer of it shares."""

from __future__ import annotations

from bisect import bisect, insort
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Protocol, TypeVar

from sqlmodel import SQLModel

from crm_tui.core.clock import BusinessCalendar
from crm_tui.core.portions import portions
from crm_tui.models import MAIN_STORE
from crm_tui.services.imports.catalogue import Catalogue
from crm_tui.services.imports.cells import Cell
from crm_tui.services.imports.rowcells import BadRow, RowCells
from crm_tui.services.imports.sheets import Table
from crm_tui.services.imports.verdict import Book, OnConflict, Progress, Report, Verdict
from crm_tui.storage.store import UnitOfWork

Record = TypeVar("Record")
Told = TypeVar("Told", contravariant=True)
Reject = tuple[int, BadRow]
"""A row that can't be taken, and why."""
ROWS_AT_ONCE = 2_000
"""Rows that are looked up and written together."""


class Seen:
    """Ids of records, of which most come in long runs."""

    def __init__(self) -> None:
        self._ids: set[int] = set()
        self._spans: list[range] = []

    def __contains__(self, record_id: int) -> bool:
        at = bisect(self._spans, record_id, key=lambda span: span.start)
        return record_id in self._ids or (at > 0 and record_id in self._spans[at - 1])

    def add(self, record_id: int) -> None:
        """One record."""
        self._ids.add(record_id)

    def add_span(self, span: range) -> None:
        """The records of a run."""
        if self._spans and self._spans[-1].stop == span.start:
            self._spans[-1] = range(self._spans[-1].start, span.stop)
        else:
            insort(self._spans, span, key=lambda each: each.start)


def runs_of(ids: Sequence[int]) -> Iterator[range]:
    """Ascending ids as runs without a gap."""
    start = 0
    for at in range(1, len(ids) + 1):
        if at == len(ids) or ids[at] != ids[at - 1] + 1:
            yield range(ids[start], ids[at - 1] + 1)
            start = at


@dataclass(slots=True)
class ToBook:
    """Ids of what was written and has to do with money."""

    orders: set[int] = field(default_factory=set)
    replaced: set[int] = field(default_factory=set)
    """Those of the orders of which something else was told before."""
    payments: set[int] = field(default_factory=set)
    """Payments that belong to no order."""

    def payment(self, payment_id: int, order_id: int | None) -> None:
        """A payment was written, or is gone."""
        if order_id is None:
            self.payments.add(payment_id)
        else:
            self.orders.add(order_id)

    def follow(self, work: UnitOfWork, reason: str) -> None:
        """Let the books say what the rows say now."""
        from crm_tui.services.money import backfill

        backfill.follow(work, self.orders, self.payments, anew=self.replaced, reason=reason)


@dataclass(slots=True)
class Run:
    """The import: its unit of work, its batch, what it has seen, how it treats conflicts."""

    work: UnitOfWork
    batch_id: int
    book: Book
    catalogue: Catalogue
    calendar: BusinessCalendar
    on_conflict: OnConflict
    report: Report | None = None
    store_id: int = MAIN_STORE
    game_of_sheet: str = ""
    """The game that the title of the present sheet names, for orders that name none."""
    keys_later: bool = False
    """The look-up keys of new customers are written when all rows are in."""
    seen: dict[str, Seen] = field(default_factory=lambda: defaultdict(Seen))
    """By entity, the records that a row of this batch was about."""
    recount: set[int] = field(default_factory=set)
    """Customers whose completed orders changed."""
    to_book: ToBook = field(default_factory=ToBook)
    """What the books must follow when all rows are in."""

    @classmethod
    def of(
        cls, work: UnitOfWork, batch_id: int, on_conflict: OnConflict, report: Report | None
    ) -> Run:
        """A run that writes into a batch."""
        book = Book(work, batch_id)
        calendar = work.calendar(MAIN_STORE)
        return cls(work, batch_id, book, Catalogue(work, book), calendar, on_conflict, report)

    def first_about(self, entity: str, entity_id: int) -> bool:
        """Whether no earlier row of this batch was about the record; from now on one was."""
        if entity_id in self.seen[entity]:
            return False
        self.seen[entity].add(entity_id)
        return True

    def made(self, entity: str, ids: Sequence[int]) -> None:
        """Rows of this batch made these records."""
        for span in runs_of(ids):
            self.seen[entity].add_span(span)

    def goes_on(self, work: UnitOfWork) -> None:
        """Go on in another unit of work."""
        self.work = work
        self.book.work = work
        self.catalogue = Catalogue(work, self.book)


class Writer(Protocol[Told]):
    """Brings the records of one entity into the studio."""

    def write(self, records: Sequence[Told]) -> None:
        """Look up, compare and write these records, and note what became of each."""
        ...

    def finish(self) -> None:
        """Write what waited for the end of the sheet."""
        ...


def bring_in(
    run: Run,
    table: Table,
    verdict: Verdict,
    read: Callable[[RowCells], Record],
    writer: Writer[Record],
    total: int | None,
) -> None:
    """Read all rows of ``table`` and hand the good ones to ``writer`` in portions."""
    done = 0
    for rows in portions(table.rows(), ROWS_AT_ONCE):
        records, rejects = read_rows(table, run.calendar, rows, read)
        take_in(run, verdict, writer, records, rejects)
        done += len(rows)
        if run.report:
            run.report(Progress(verdict.sheet, done, total))
    writer.finish()
    run.book.write()


def read_rows(
    table: Table,
    calendar: BusinessCalendar,
    rows: Sequence[tuple[int, list[Cell]]],
    read: Callable[[RowCells], Record],
) -> tuple[list[Record], list[Reject]]:
    """What these rows tell, and those that can't be taken."""
    records: list[Record] = []
    rejects: list[Reject] = []
    for number, cells in rows:
        try:
            records.append(read(RowCells(table, calendar, number, cells)))
        except BadRow as problem:
            rejects.append((number, problem))
    return records, rejects


def take_in(
    run: Run,
    verdict: Verdict,
    writer: Writer[Record],
    records: Sequence[Record],
    rejects: Sequence[Reject],
) -> None:
    """Bring one portion in."""
    for number, problem in rejects:
        run.book.reject(verdict, number, problem)
    writer.write(records)


def blank_row(model: type[SQLModel]) -> dict[str, Any]:
    """A row of ``model`` with the defaults of its fields, for rows written in bulk."""
    return {
        name: value.copy() if isinstance(value, dict | list) else value
        for name, value in _defaults(model).items()
    }


@cache
def _defaults(model: type[SQLModel]) -> dict[str, Any]:
    return {
        name: info.get_default(call_default_factory=True)
        for name, info in model.model_fields.items()
        if not info.is_required() and name != "id"
    }


def changed(stored: Any, told: Any) -> bool:
    """Whether a row tells something, and something else than what is stored."""
    return told not in (None, "", (), []) and told != stored
