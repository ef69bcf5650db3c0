"""Columns whose headers say nothing that is known, told by what all their cells are.

Only fields that can't be taken for another are told so, and only where no header names them:
a column is a field if nine in ten of its first cells are, and there are at least three.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from crm_tui.services.imports import cells, words
from crm_tui.services.imports.cells import Cell
from crm_tui.services.imports.headers import Column, Entity
from crm_tui.services.imports.reasons import BadCell
from crm_tui.services.imports.times import Dating, minutes, when

_FEWEST = 3
_NEARLY_ALL = 0.9

Test = Callable[[Cell, Dating], bool]


def _is_day(cell: Cell, dating: Dating) -> bool:
    moment = when(cell, dating)
    return moment is not None and moment.day is not None


def _is_phone(cell: Cell, dating: Dating) -> bool:
    return bool(cells.phone(cell))


def _is_span(cell: Cell, dating: Dating) -> bool:
    spelled = isinstance(cell, str) and not cell.strip().replace(".", "").isdigit()
    return spelled and bool(minutes(cell))


def _is_status(cell: Cell, dating: Dating) -> bool:
    return words.meaning(cells.text(cell), words.ORDER_STATUS) is not None


def _is_channel(cell: Cell, dating: Dating) -> bool:
    return words.meaning(cells.text(cell), words.PAY_CHANNEL) is not None


def _is_gender(cell: Cell, dating: Dating) -> bool:
    return words.meaning(cells.text(cell), words.GENDER) is not None


_TOLD_BY_CELLS: Mapping[Entity, Sequence[tuple[str, frozenset[str], Test]]] = {
    Entity.CUSTOMERS: (
        ("phone", frozenset(("phone",)), _is_phone),
        ("gender", frozenset(("gender",)), _is_gender),
    ),
    Entity.COMPANIONS: (
        ("phone", frozenset(("phone",)), _is_phone),
        ("gender", frozenset(("gender",)), _is_gender),
    ),
    Entity.ORDERS: (
        ("ordered", frozenset(("date", "ordered", "started", "finished", "period")), _is_day),
        ("status", frozenset(("status",)), _is_status),
        ("minutes", frozenset(("minutes", "started")), _is_span),
        ("channel", frozenset(("channel",)), _is_channel),
    ),
    Entity.PAYMENTS: (
        ("paid_at", frozenset(("paid_at",)), _is_day),
        ("channel", frozenset(("channel",)), _is_channel),
    ),
}
"""What may be told: the field, the fields that make it needless, and the test of a cell."""


def told_by_cells(
    rows: Sequence[Sequence[Cell]],
    headers: Sequence[str],
    known: Iterable[Column],
    entity: Entity,
    dating: Dating,
) -> list[Column]:
    """The columns of ``headers`` that no header names and whose cells in ``rows`` tell a field."""
    taken = {column.field: column.index for column in known}
    found = []
    for field, others, test in _TOLD_BY_CELLS[entity]:
        if others & taken.keys():
            continue
        for index, header in enumerate(headers):
            values = [row[index] for row in rows if index < len(row)]
            if header and index not in taken.values() and _all_are(values, test, dating):
                taken[field] = index
                found.append(Column(index, header, field))
                break
    return found


def _all_are(values: Sequence[Cell], test: Test, dating: Dating) -> bool:
    filled = [value for value in values if not cells.is_blank(value)]
    passed = sum(_passes(value, test, dating) for value in filled)
    return passed >= max(_FEWEST, _NEARLY_ALL * len(filled))


def _passes(value: Cell, test: Test, dating: Dating) -> bool:
    try:
        return test(value, dating)
    except BadCell:
        return False
