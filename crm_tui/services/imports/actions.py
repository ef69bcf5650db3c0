"""Importing a file: one sheet of one entity, or a whole workbook; all of it or nothing (I1)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from sqlalchemy import update
from sqlmodel import col

from crm_tui.core.errors import FileProblem, Invalid, NotFound
from crm_tui.core.language import N_, _, joined
from crm_tui.core.words import BatchState
from crm_tui.models import MAIN_STORE, ImportBatch
from crm_tui.services.duplicates.imported import alike_rows
from crm_tui.services.imports import people, sales
from crm_tui.services.imports.companions import CompanionWriter
from crm_tui.services.imports.custom import with_fields
from crm_tui.services.imports.customers import CustomerWriter
from crm_tui.services.imports.files import Book as OpenedBook
from crm_tui.services.imports.files import Sheet, open_book
from crm_tui.services.imports.headers import Entity
from crm_tui.services.imports.orders import OrderWriter
from crm_tui.services.imports.payments import PaymentWriter
from crm_tui.services.imports.rowcells import Remark
from crm_tui.services.imports.run import Run, bring_in
from crm_tui.services.imports.sheets import NoHeader, Table, check_mapping, find_table
from crm_tui.services.imports.verdict import OnConflict, Outcome, Report, Verdict
from crm_tui.services.tags import rule_sets
from crm_tui.storage.store import ReadWork, UnitOfWork

WHOLE_BOOK = "book"
"""What :class:`ImportBatch` calls the import of a whole workbook."""
_ORDER = (Entity.CUSTOMERS, Entity.COMPANIONS, Entity.ORDERS, Entity.PAYMENTS)
"""Rows refer to records of the entities before theirs."""
_FIELDS_OF = {
    Entity.CUSTOMERS: "customer",
    Entity.COMPANIONS: "companion",
    Entity.ORDERS: "order",
}
"""Whose custom fields a file's columns may be."""


@dataclass(frozen=True, slots=True)
class Options:
    """How a file is imported. ``mapping`` says what headers mean (``{header: field}``)."""

    on_conflict: OnConflict = OnConflict.UPDATE
    sheet: str | None = None
    mapping: Mapping[str, str] = field(default_factory=dict)
    most_rows: int | None = None
    """Data rows of a sheet that are looked at; all, if none are named."""


def import_file(
    work: UnitOfWork,
    path: Path,
    entity: Entity,
    options: Options | None = None,
    report: Report | None = None,
) -> dict[str, Any]:
    """Import the rows of one sheet as ``entity``; answers the verdict of CLI.md.

    Without a sheet named, it is the one that looks most like ``entity``. Raises
    :class:`FileProblem`, :class:`NotFound` for an unknown sheet, :class:`NoHeader`,
    :class:`Invalid` for a mapping to an unknown field. Rows that can't be taken are in the verdict.
    """
    options = options or Options()
    check_mapping(options.mapping, entity)
    book = open_book(path)
    table = table_of(work, book, entity, options)
    run, batch = begin(work, book, entity.value, options, report)
    verdict = _bring_in(run, batch, book, table, options)
    finish(run, batch.token, entity.value, [verdict])
    return verdict.document()


def import_book(
    work: UnitOfWork, path: Path, options: Options | None = None, report: Report | None = None
) -> dict[str, Any]:
    """Import every sheet that is recognised, in the order that references need, as one batch.

    Answers ``{"batch", "sheets": [verdict…], "ignored": [sheet name…]}``. Raises
    :class:`FileProblem` where no sheet is recognised.
    """
    options = options or Options()
    book = open_book(path)
    today = work.calendar(MAIN_STORE).local(work.clock.now()).date()
    found = {sheet.name: find_table(sheet, today) for sheet in book.sheets}
    tables = [_with_fields(work, table) for table in found.values() if table]
    if not tables:
        why = N_("no sheet has a header row that names customers, companions, orders or payments.")
        raise FileProblem(file=path.name, why=_(why))
    tables.sort(key=lambda table: _ORDER.index(table.entity))
    run, batch = begin(work, book, WHOLE_BOOK, options, report)
    verdicts = [_bring_in(run, batch, book, table, options) for table in tables]
    finish(run, batch.token, WHOLE_BOOK, verdicts)
    return {
        "batch": batch.token,
        "sheets": [verdict.document() for verdict in verdicts],
        "ignored": [name for name, table in found.items() if table is None],
    }


def only_entity(work: ReadWork, path: Path) -> Entity | None:
    """What a file of one sheet holds; None for one of several, or of none that is recognised."""
    book = open_book(path)
    today = work.calendar(MAIN_STORE).local(work.clock.now()).date()
    table = find_table(book.sheets[0], today) if len(book.sheets) == 1 else None
    return table.entity if table else None


def table_of(work: UnitOfWork, book: OpenedBook, entity: Entity, options: Options) -> Table:
    """The table that is meant by the options, or looks most like ``entity``.

    Raises :class:`NotFound`, :class:`NoHeader`, :class:`Invalid`.
    """
    today = work.calendar(MAIN_STORE).local(work.clock.now()).date()
    sheets: list[Sheet] = list(book.sheets)
    if options.sheet is not None:
        sheets = [sheet for sheet in sheets if sheet.name.strip() == options.sheet.strip()]
        if not sheets:
            raise NotFound(what=_("sheet"), ref=options.sheet, sheets=[s.name for s in book.sheets])
    named: list[Table] = []
    for sheet in sheets:
        table = find_table(sheet, today, entity, options.mapping)
        if table:
            named.append(table)
    if options.mapping:
        headers = {header for table in named for header in table.headers}
        unknown = [header for header in options.mapping if named and header not in headers]
        if unknown:
            known = joined(sorted(filter(None, headers)))
            raise Invalid(field="--map", value=unknown[0], expected=known)
    if not named:
        raise NoHeader(
            file=book.path.name,
            sheet=sheets[0].name if len(sheets) == 1 else "*",
            entity=_(ENTITY_NAMES[entity]),
        )
    best = max(named, key=_likeness_as_whole)
    return _with_fields(work, best)


def _with_fields(work: ReadWork, table: Table) -> Table:
    owner = _FIELDS_OF.get(table.entity)
    return with_fields(work, table, owner) if owner else table


def _likeness_as_whole(table: Table) -> tuple[bool, int]:
    """Sheets that are what is wanted, seen without the wish, go before others."""
    free = find_table(table.sheet, table.dating.today) if table.dating.today else None
    return free is not None and free.entity is table.entity, len(table.columns)


ENTITY_NAMES = {
    Entity.CUSTOMERS: N_("customers"),
    Entity.COMPANIONS: N_("companions"),
    Entity.ORDERS: N_("orders"),
    Entity.PAYMENTS: N_("payments"),
}


def begin(
    work: UnitOfWork, book: OpenedBook, entity: str, options: Options, report: Report | None
) -> tuple[Run, ImportBatch]:
    """A new batch, and the run that fills it."""
    batch = ImportBatch(
        store_id=MAIN_STORE,
        token=work.ids.token(),
        entity=entity,
        file=book.path.name,
        file_sha256=book.sha256,
        state=BatchState.RUNNING,
        started_at=work.clock.now(),
        started_by=work.actor.login,
    )
    work.session.add(batch)
    work.session.flush()
    assert batch.id is not None
    return Run.of(work, batch.id, options.on_conflict, report), batch


def _bring_in(
    run: Run, batch: ImportBatch, book: OpenedBook, table: Table, options: Options
) -> Verdict:
    verdict = new_verdict(batch.token, book, table)
    run.game_of_sheet = run.catalogue.game_in(table.title)
    total = table.sheet.height
    table = replace(table, most_rows=options.most_rows)
    if table.entity is Entity.CUSTOMERS:
        bring_in(run, table, verdict, people.customer, CustomerWriter(run, verdict), total)
    elif table.entity is Entity.COMPANIONS:
        bring_in(run, table, verdict, people.companion, CompanionWriter(run, verdict), total)
    elif table.entity is Entity.ORDERS:
        bring_in(run, table, verdict, sales.order, OrderWriter(run, verdict), total)
    else:
        bring_in(run, table, verdict, sales.payment, PaymentWriter(run, verdict), total)
    return verdict


def new_verdict(token: str, book: OpenedBook, table: Table) -> Verdict:
    """The verdict on a sheet of which no row is read yet."""
    verdict = Verdict(token, table.entity.value, book.path.name, table.sheet.name)
    verdict.columns = {column.header: name for name, column in table.columns.items()}
    verdict.ignored_columns = [
        header for header in table.headers if header and header not in verdict.columns
    ]
    return verdict


def finish(run: Run, token: str, holds: str, verdicts: list[Verdict]) -> None:
    """Close the batch: what became of its rows stands fast and is told; tags follow their rules."""
    run.book.write()
    for verdict in verdicts:
        if verdict.entity == Entity.CUSTOMERS:
            _remark_on_alike(run, verdict)
    run.to_book.follow(run.work, token)
    rule_sets.refresh_all(run.work)
    summary = {"sheets": [verdict.summary() for verdict in verdicts]}
    run.work.session.connection().execute(
        update(ImportBatch)
        .where(col(ImportBatch.id) == run.batch_id)
        .values(
            state=BatchState.DONE,
            finished_at=run.work.clock.now(),
            stopped_at=None,
            verdict=summary,
            rows_done=sum(verdict.read for verdict in verdicts),
        )
    )
    counts = {
        outcome: sum(verdict.summary()[outcome] for verdict in verdicts)
        for outcome in ("read", "inserted", "updated", "unchanged", "merged", "skipped", "rejected")
    }
    run.work.record(
        "import.done",
        "import_batch",
        run.batch_id,
        store_id=run.store_id,
        ref=token,
        holds=holds,
        **counts,
    )


def _remark_on_alike(run: Run, verdict: Verdict) -> None:
    """Rows whose new customer seems to be stored already are told of, with that customer."""
    for row, found in alike_rows(run.work, run.batch_id, verdict.sheet):
        stored = found.customer
        who = " ".join(filter(None, (stored.no, stored.nick, stored.name, stored.phone)))
        verdict.remember(row, Outcome.INSERTED, Remark("", who, "looks_alike"))
