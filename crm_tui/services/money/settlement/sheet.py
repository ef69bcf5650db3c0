"""A statement as an Excel sheet: lines of text, sums, tables. Every text stays a text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from crm_tui.core.errors import Invalid
from crm_tui.core.language import _
from crm_tui.core.text import FORMULA_STARTS
from crm_tui.services.exports.columns import Column, Kind, for_people
from crm_tui.services.exports.writers import excel_book

_UTC = ZoneInfo("UTC")
_WIDE, _NARROW = 60, 14


def require_excel(target: Path) -> None:
    """Raise :class:`Invalid` for another ending than ``.xlsx``."""
    if target.suffix.lower() != ".xlsx":
        raise Invalid(field="--to", value=target.name, expected=_("a file ending in .xlsx"))


def write(
    path: Path,
    head: Iterable[str],
    sums: Iterable[tuple[str, int]],
    columns: Sequence[Column],
    tables: Iterable[tuple[str, Sequence[Any]]],
) -> None:
    """Write it, top to bottom. ``sums`` are names with fen; the rows of ``tables`` have the keys of
    ``columns`` as attributes, and none of them is an instant."""
    with excel_book(path) as book:
        sheet = _Sheet(book, columns)
        for text in filter(None, head):
            sheet.line([text], bold=True)
        sheet.line([])
        for name, fen in sums:
            sheet.line([name, fen / 100])
        for title, rows in tables:
            if rows:
                sheet.line([])
                sheet.line([title], bold=True)
                sheet.line([column.header for column in columns], bold=True)
                for row in rows:
                    told = [for_people(each, getattr(row, each.key), _UTC) for each in columns]
                    sheet.line(told)


class _Sheet:
    """One sheet that grows downwards."""

    def __init__(self, book: Any, columns: Sequence[Column]) -> None:
        self._sheet = book.add_worksheet()
        self._money = book.add_format({"num_format": "#,##0.00"})
        self._day = book.add_format({"num_format": "yyyy-mm-dd"})
        self._quoted = book.add_format({"quote_prefix": True})
        self._bold = book.add_format({"bold": True})
        self._minutes = {at for at, each in enumerate(columns) if each.kind is Kind.MINUTES}
        self._at = 0
        self._sheet.set_column(0, len(columns) - 2, _NARROW)
        self._sheet.set_column(len(columns) - 1, len(columns) - 1, _WIDE)

    def line(self, cells: Sequence[Any], *, bold: bool = False) -> None:
        """The next line."""
        for at, value in enumerate(cells):
            if isinstance(value, str):
                is_formula = value.startswith(FORMULA_STARTS)
                style = self._quoted if is_formula else self._bold if bold else None
                self._sheet.write_string(self._at, at, value, style)
            elif isinstance(value, date):
                self._sheet.write_datetime(self._at, at, value, self._day)
            elif value is not None:
                style = None if at in self._minutes else self._money
                self._sheet.write_number(self._at, at, value, style)
        self._at += 1
