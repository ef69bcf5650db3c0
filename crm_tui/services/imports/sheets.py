"""Finding the table in a sheet: its header by its words, what it holds, which rows are data."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import islice, pairwise

from crm_tui.core.errors import CrmError, Invalid
from crm_tui.core.language import N_, joined
from crm_tui.core.text import fold
from crm_tui.services.imports.cells import Cell, text
from crm_tui.services.imports.evidence import told_by_cells
from crm_tui.services.imports.files import Sheet
from crm_tui.services.imports.headers import (
    Column,
    Entity,
    columns_of,
    fields_of,
    likeness,
    plain_header,
    recognise,
)
from crm_tui.services.imports.reasons import BadCell
from crm_tui.services.imports.times import Dating, When, day_first, when
from crm_tui.services.imports.words import is_total

HEADER_WITHIN = 30
"""The header stands in one of so many rows from the top."""
_SAMPLE = 200
_YEAR = re.compile(r"(?<!\d)(20\d{2})(?!\d)")
_TITLE_DAY = re.compile(r"(?:20\d{2}\s*[-/.年]\s*)?\d{1,2}\s*[-/.月]\s*\d{1,2}\s*[日号]?")
_AMOUNT_LIKE = re.compile(
    r"[¥￥共约+-]*\s*[\d,.\s:]+\s*(?:%|[^\W\d]{0,3}|[a-z]{0,12})|[\d年月日号/.:\s-]+"
)
"""A number with its unit, or a date: what may stand in a row of sums."""


class NoHeader(CrmError):
    """The sheet has no row whose words tell what the columns are."""

    code = "no_header"
    template = N_(
        "{file}, sheet “{sheet}”: no header row was recognised for {entity}. "
        "Name the columns with --map HEADER=FIELD."
    )


@dataclass(frozen=True, slots=True)
class Table:
    """A recognised table: what it holds, its columns, and where its data begins."""

    sheet: Sheet
    entity: Entity
    columns: Mapping[str, Column]
    """By field."""
    header_row: int
    """The number of the (last) header row as the spreadsheet shows it."""
    dating: Dating
    title: str = ""
    """The sheet's name and what stands above the header."""
    day: When | None = None
    """The day that the title names, for sheets without a date column."""
    headers: tuple[str, ...] = field(default=(), repr=False)
    most_rows: int | None = None
    """Data rows that are read; all, if None."""

    def rows(self) -> Iterator[tuple[int, list[Cell]]]:
        """The data rows: blank rows, sums and repeated headers are left out."""
        return islice(self._data(), self.most_rows)

    def _data(self) -> Iterator[tuple[int, list[Cell]]]:
        for number, cells in self.sheet.rows():
            if number <= self.header_row or all(_is_void(cell) for cell in cells):
                continue
            if not (is_sum(cells) or self._repeats_header(cells)):
                yield number, cells

    def _repeats_header(self, cells: Sequence[Cell]) -> bool:
        first = next(iter(self.columns.values()))
        return (
            first.index < len(cells)
            and cells[first.index] == first.header
            and all(
                text(cells[column.index]) == column.header
                for column in self.columns.values()
                if column.index < len(cells)
            )
        )


def find_table(
    sheet: Sheet,
    today: date,
    entity: Entity | None = None,
    mapping: Mapping[str, str] | None = None,
) -> Table | None:
    """The table in ``sheet``, or None if its columns don't tell what it holds.

    ``entity`` limits what it may be; ``mapping`` says what headers mean (``{header: field}``, an
    empty field leaves the column out). ``today`` gives the year where the sheet names none.
    """
    top = list(islice(sheet.rows(), HEADER_WITHIN + 1))
    spread = _spread(top, sheet.spans)
    best: tuple[float, int, int, list[Column], Entity, list[str]] | None = None
    for at, (number, _cells) in enumerate(top[:HEADER_WITHIN]):
        title = " ".join([sheet.name, *_texts(top[:at])])
        for headers, last in _candidates(spread, at):
            for wanted in [entity] if entity else list(Entity):
                columns = _mapped(headers, wanted, mapping)
                score = likeness(columns, wanted, title)
                if mapping and entity and _all_named(headers, mapping):
                    score += 100.0
                if score and (best is None or score > best[0]):
                    best = (score, top[last][0], number, columns, wanted, headers)
    if best is None:
        return None
    _score, header_row, first_row, columns, found, headers = best
    titles = _texts([row for row in top if row[0] < first_row])
    title = " ".join([sheet.name, *titles])
    first_rows = [
        cells
        for number, cells in islice(sheet.rows(), header_row + _SAMPLE)
        if number > header_row and not is_sum(cells)
    ]
    dating = _dating(first_rows, columns, title, today)
    day = _title_day(sheet.name, titles, dating)
    if not mapping:
        by_title = [Column(-1, "", "date")] if day else []
        columns += told_by_cells(first_rows, headers, columns + by_title, found, dating)
    by_field = {column.field: column for column in columns}
    return Table(sheet, found, by_field, header_row, dating, title, day, tuple(headers))


def check_mapping(mapping: Mapping[str, str], entity: Entity) -> None:
    """Raises :class:`Invalid` for a field that ``entity`` does not have."""
    known = fields_of(entity)
    for wanted in mapping.values():
        if wanted and wanted not in known:
            raise Invalid(field="--map", value=wanted, expected=joined(known))


def is_sum(cells: Sequence[Cell]) -> bool:
    """Whether a row sums others: one cell says so, and no other holds more than a number."""
    shown = [cell for cell in cells if isinstance(cell, str) and cell.strip()]
    if not shown or len(shown) > 12:
        return False
    if not all(_AMOUNT_LIKE.fullmatch(cell.strip()) or is_total(cell) for cell in shown):
        return False
    return any(is_total(cell) for cell in shown[:4])


def _is_void(cell: Cell) -> bool:
    return cell is None or (isinstance(cell, str) and not cell.strip())


def _candidates(spread: list[list[Cell]], at: int) -> Iterator[tuple[list[str], int]]:
    """A row as header, and together with the next where merged cells head groups of columns."""
    row = spread[at]
    if any(isinstance(cell, (int, float)) for cell in row):
        return
    upper = [text(cell) if isinstance(cell, str) else "" for cell in row]
    if sum(map(bool, upper)) < 2:
        return
    yield upper, at
    grouped = any(a and a == b for a, b in pairwise(upper))
    if grouped and at + 1 < len(spread) and len(set(upper)) > 1:
        lower = [text(cell) if isinstance(cell, str) else "" for cell in spread[at + 1]]
        lower += [""] * (len(upper) - len(lower))
        yield [_both(a, b) for a, b in zip(upper, lower, strict=False)], at + 1


def _both(upper: str, lower: str) -> str:
    if not upper or not lower or upper == lower:
        return lower or upper
    together = upper + lower
    known = any(recognise(together, entity) for entity in Entity)
    return together if known else lower


def _spread(
    top: Sequence[tuple[int, list[Cell]]], spans: Sequence[tuple[int, int, int, int]]
) -> list[list[Cell]]:
    """The top rows with every merged range filled across its columns."""
    by_number = {number: list(cells) for number, cells in top}
    for first, left, last, right in spans:
        for number in range(first, last + 1):
            cells = by_number.get(number)
            if cells is None:
                break
            for column in range(left + 1, min(right + 1, len(cells))):
                cells[column] = cells[left]
    return list(by_number.values())


def _mapped(
    headers: Sequence[str], entity: Entity, mapping: Mapping[str, str] | None
) -> list[Column]:
    if not mapping:
        return columns_of(headers, entity)
    named = {fold(header): target for header, target in mapping.items()}
    fixed = {
        index: Column(index, header, named[fold(header)], plain_header(header)[1])
        for index, header in enumerate(headers)
        if fold(header) in named
    }
    rest = ["" if index in fixed else header for index, header in enumerate(headers)]
    taken = {column.field for column in fixed.values()}
    found = [column for column in columns_of(rest, entity) if column.field not in taken]
    return [*(column for column in fixed.values() if column.field), *found]


def _all_named(headers: Sequence[str], mapping: Mapping[str, str]) -> bool:
    return {fold(header) for header in mapping} <= {fold(header) for header in headers}


def _texts(rows: Sequence[tuple[int, list[Cell]]]) -> list[str]:
    return [cell for _number, cells in rows for cell in cells if isinstance(cell, str) and cell]


def _dating(
    rows: Sequence[Sequence[Cell]], columns: Sequence[Column], title: str, today: date
) -> Dating:
    """The year of dates without one and the order of day and month, from title and first rows."""
    wanted = ("date", "ordered", "started", "finished", "period", "registered", "paid_at")
    indexes = [column.index for column in columns if column.field in wanted]
    sample = [cells[index] for cells in rows for index in indexes if index < len(cells)]
    texts = [cell for cell in sample if isinstance(cell, str)]
    years = [cell.year for cell in sample if isinstance(cell, date)]
    named = _YEAR.search(title) or next(filter(None, map(_YEAR.search, texts)), None)
    year = int(named[1]) if named else years[0] if years else None
    return Dating(year, day_first(texts), today)


def _title_day(name: str, titles: Sequence[str], dating: Dating) -> When | None:
    for shown in (name, *titles):
        for match in _TITLE_DAY.finditer(shown):
            try:
                return when(match.group(), dating)
            except BadCell:
                continue
    return None
