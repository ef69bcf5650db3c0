"""Exporting what is stored."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from crm_tui.core.actor import Actor
from crm_tui.core.errors import CrmError, NotFound
from crm_tui.core.language import N_, _
from crm_tui.core.permissions import Permission, may
from crm_tui.core.words import Role
from crm_tui.models import STUDIO, IdempotencyKey
from crm_tui.services.customers import listing
from crm_tui.services.customers.rules import mask_phone
from crm_tui.services.exports.catalogue import COLUMNS, ENTITIES, PLACES
from crm_tui.services.exports.columns import Column, Record, filter_spec
from crm_tui.services.exports.custom import columns_of, values_of
from crm_tui.services.exports.sources import ROWS
from crm_tui.services.exports.writers import write_file
from crm_tui.services.fields.definition import Definition
from crm_tui.services.fields.reads import visible
from crm_tui.services.views.reads import context
from crm_tui.storage.store import ReadWork, Store, UnitOfWork

Progress = Callable[[int], bool]
"""Told how many rows were written; answers whether to go on."""


class Cancelled(CrmError):
    """The person stopped it; no file was left."""

    code = "cancelled"
    template = N_("Cancelled. Nothing was written.")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be exported: all ``what`` (a key of :data:`catalogue.COLUMNS`) that pass the
    filter, or with ``ids`` those records, in this order.

    Phone numbers are masked for roles without :attr:`Permission.UNMASK`, and where ``masked`` is
    wished; for the others they are whole, because what is exported can be imported again. Which
    of the two is logged, with the ``reason`` given.
    """

    what: str
    filter_text: str = ""
    ids: Sequence[int] | None = None
    masked: bool = False
    reason: str = ""

    def masked_for(self, role: Role) -> bool:
        """Whether ``role`` gets phone numbers masked."""
        return self.masked or not may(role, Permission.UNMASK)


def export(
    store: Store,
    actor: Actor,
    wanted: Wanted,
    target: Path,
    *,
    key: str | None = None,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Write what is wanted to ``target``, whose ending says the format.

    The rows are read without holding anybody up; then it is logged who exported what and how
    many. A repeated ``key`` gives the first answer and writes nothing. Answers ``{"file",
    "rows"}``. Raises :class:`NotFound`, :class:`Invalid`, :class:`FileProblem`,
    :class:`Cancelled`, and what the filter raises.
    """
    if wanted.what not in COLUMNS:
        raise NotFound(what=_("export"), ref=wanted.what)
    count = 0
    with store.read() as work:
        if not (key and work.session.get(IdempotencyKey, key)):
            columns, rows = rows_of(work, wanted, actor)
            watched = _watched(rows, progress) if progress else rows
            count = write_file(target, columns, watched, work.calendar().zone)

    def log(work: UnitOfWork) -> dict[str, Any]:
        given = {"filter": wanted.filter_text, "reason": wanted.reason}
        work.record(
            "export.done",
            "store",
            STUDIO,
            store_id=STUDIO,
            ref=wanted.what,
            changed={name: (None, text) for name, text in given.items() if text} or None,
            rows=count,
            format=target.suffix.lower().lstrip("."),
            phones="masked" if wanted.masked_for(actor.role) else "whole",
        )
        return {"file": str(target), "rows": count}

    request = ["export", wanted.what, str(target), wanted.filter_text]
    return store.perform(actor, log, key=key, request=request)


def rows_of(
    work: ReadWork, wanted: Wanted, actor: Actor
) -> tuple[tuple[Column, ...], Iterator[Record]]:
    """The columns that the actor gets, and the rows. Raises what the filter raises."""
    entity = ENTITIES.get(wanted.what)
    fields = visible(work, entity, actor.role) if entity else ()
    columns = (*COLUMNS[wanted.what], *columns_of(fields))
    ids, passes = _chosen(work, wanted, actor, columns)
    rows = _with_fields(ROWS[wanted.what](work, ids), fields, actor.role)
    kept = (row for row in rows if passes(row))
    return columns, (_masked(columns, kept) if wanted.masked_for(actor.role) else kept)


def _chosen(
    work: ReadWork, wanted: Wanted, actor: Actor, columns: Sequence[Column]
) -> tuple[Sequence[int] | None, Callable[[Record], bool]]:
    """Whose rows are read, and which of those pass: customers are filtered by the database."""
    if wanted.ids is not None or not wanted.filter_text.strip():
        return wanted.ids, lambda _row: True
    here = context(work, PLACES[wanted.what], actor.login)
    if wanted.what == "customers":
        where = listing.condition(work, wanted.filter_text, here, actor.role)
        return list(listing.ids(work, where)), lambda _row: True
    return None, filter_spec(columns, work.calendar().zone).parse(wanted.filter_text, here)


def _with_fields(
    rows: Iterator[Record], fields: Sequence[Definition], role: Role
) -> Iterator[Record]:
    if not fields:
        return rows
    return ({**row, **values_of(fields, row["custom"], role)} for row in rows)


def _masked(columns: Sequence[Column], rows: Iterator[Record]) -> Iterator[Record]:
    keys = [column.key for column in columns if column.phone]
    return ({**row, **{key: mask_phone(row[key]) for key in keys if row[key]}} for row in rows)


def _watched(rows: Iterator[Record], progress: Progress) -> Iterator[Record]:
    """The rows, with the progress told now and then. Raises :class:`Cancelled`."""
    for count, row in enumerate(rows):
        if count % 500 == 0 and not progress(count):
            raise Cancelled
        yield row
