"""Columns of a file that are custom fields of the studio (A7): found by label or key, read by
their definitions."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace
from typing import Any, NamedTuple

from sqlalchemy import delete, select
from sqlmodel import SQLModel

from crm_tui.core.errors import CrmError, Duplicate
from crm_tui.core.money import yuan
from crm_tui.core.text import fold
from crm_tui.models import FieldUniqueValue
from crm_tui.services.fields import reads, values
from crm_tui.services.fields.rules import apply, check_unique, parse
from crm_tui.services.imports import cells, times
from crm_tui.services.imports.cells import Cell
from crm_tui.services.imports.headers import Column
from crm_tui.services.imports.rowcells import BadRow, RowCells, shown
from crm_tui.services.imports.sheets import Table
from crm_tui.storage.store import ReadWork, UnitOfWork

_PREFIX = values.PREFIX


class Told(NamedTuple):
    """What a row says in a custom field, as text, and under which header."""

    key: str
    header: str
    text: str


def with_fields(work: ReadWork, table: Table, entity: str) -> Table:
    """``table`` with its columns that custom fields of ``entity`` are called like."""
    defined = reads.definitions(work, entity)
    kinds = {each.key: each.kind for each in defined}
    named = {fold(name): each.key for each in defined for name in (each.key, each.label)}
    found = {
        f"{_PREFIX}{key}": Column(index, header, f"{_PREFIX}{key}", kinds[key])
        for index, header in enumerate(table.headers)
        if (key := named.get(fold(header)))
    }
    if not found:
        return table
    taken = {column.index for column in found.values()}
    known = {name: each for name, each in table.columns.items() if each.index not in taken}
    return replace(table, columns=known | found)


def told_in(row: RowCells) -> tuple[Told, ...]:
    """What a row says in custom fields. Raises :class:`BadRow` for a cell that can't be read."""
    return tuple(
        Told(name.removeprefix(_PREFIX), column.header, _text(row, name, column.unit))
        for name, column in row.columns.items()
        if name.startswith(_PREFIX)
    )


def _text(row: RowCells, name: str, kind: str) -> str:
    """The cell as its field is typed: dates and amounts come in many forms."""

    def day(cell: Cell) -> str:
        moment = times.when(cell, row.table.dating)
        return moment.day.isoformat() if moment and moment.day else ""

    def money(cell: Cell) -> str:
        fen = cells.amount(cell)
        return "" if fen is None else yuan(fen)

    readers = {"date": day, "money": money}
    return row.read(name, readers.get(kind, cells.words))


class CustomFields:
    """The custom fields of the records that one import brings."""

    def __init__(self, work: UnitOfWork, entity: str) -> None:
        self._work = work
        self._entity = entity
        self._defined = reads.definitions(work, entity)

    def first(self, told: Iterable[Told], entity_id: int) -> dict[str, Any]:
        """The values of a new record. Raises :class:`BadRow`.

        What is required is asked of a file only if the file has that column.
        """
        typed = {each.key: each for each in told}
        if not self._defined:
            return {}
        texts = {key: each.text for key, each in typed.items()}
        asked = all(each.key in typed for each in self._defined if each.required)

        def act() -> dict[str, Any]:
            self._refuse_taken(typed, entity_id)
            if asked:
                return values.begin(self._work, self._entity, entity_id, texts)
            return values.change(self._work, self._entity, entity_id, {}, texts)

        return self._try(typed, act)

    def trial(
        self, told: Iterable[Told], stored: Mapping[str, Any], *, fill_only: bool
    ) -> dict[str, Any]:
        """What ``stored`` would become; nothing is claimed. Raises :class:`BadRow`."""
        typed = self._saying(told, stored, fill_only=fill_only)
        texts = {key: each.text for key, each in typed.items()}
        return self._try(typed, lambda: apply(self._defined, stored, texts))

    def changed(
        self, told: Iterable[Told], entity_id: int, stored: Mapping[str, Any], *, fill_only: bool
    ) -> dict[str, Any]:
        """``stored`` with what is told. Raises :class:`BadRow`."""
        typed = self._saying(told, stored, fill_only=fill_only)
        if not typed:
            return dict(stored)
        texts = {key: each.text for key, each in typed.items()}

        def act() -> dict[str, Any]:
            self._refuse_taken(typed, entity_id)
            return values.change(self._work, self._entity, entity_id, stored, texts)

        return self._try(typed, act)

    def _saying(
        self, told: Iterable[Told], stored: Mapping[str, Any], *, fill_only: bool
    ) -> dict[str, Told]:
        """What is told by key: a blank cell says nothing."""
        return {
            each.key: each
            for each in told
            if each.text and not (fill_only and stored.get(each.key) not in (None, ""))
        }

    def _refuse_taken(self, typed: Mapping[str, Told], entity_id: int) -> None:
        """Raises :class:`BadRow` for a unique value that another record has, also one that is
        still on its way into the database."""
        for definition in self._defined:
            told = typed.get(definition.key)
            if told is None or not told.text or not definition.unique:
                continue
            value = check_unique(definition, parse(definition, told.text))
            owner = self._work.session.get(FieldUniqueValue, (definition.id, value))
            if owner is not None and owner.entity_id != entity_id:
                raise BadRow("field_taken", told.header, shown(told.text))

    def _try(self, typed: Mapping[str, Told], act: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        try:
            after: dict[str, Any] = act()
        except CrmError as problem:
            raise self._blamed(typed, problem) from problem
        return after

    def _blamed(self, typed: Mapping[str, Told], problem: CrmError) -> BadRow:
        """The rejection that names the column at fault."""
        code = "field_taken" if isinstance(problem, Duplicate) else "field_value"
        named = str(problem.facts.get("field", ""))
        for definition in self._defined:
            if named in (definition.key, definition.label) and definition.key in typed:
                told = typed[definition.key]
                return BadRow(code, told.header, shown(told.text))
        return BadRow(code, named)


def release(work: UnitOfWork, entity: str, ids: Collection[int]) -> None:
    """Let the unique values of these records be free: they are about to be deleted."""
    owned, defined = (
        SQLModel.metadata.tables[name] for name in ("field_unique_value", "field_definition")
    )
    of_entity = select(defined.c.id).where(defined.c.entity == entity)
    work.session.connection().execute(
        delete(owned).where(owned.c.entity_id.in_(ids), owned.c.definition_id.in_(of_entity))
    )
