"""One data row of a bill: what its cells say, field by field."""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from functools import lru_cache

from crm_tui.core.money import LARGEST_FEN
from crm_tui.services.imports.cells import Cell, identifier
from crm_tui.services.imports.reasons import BadCell
from crm_tui.services.money.bills.forms import Layout

BEIJING = timezone(timedelta(hours=8))
"""The clock of every bill, wherever the studio is."""

_EXACT = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)")
_AMOUNT_SIGNS = str.maketrans("\u2212\u2013\u2014", "---", "¥元,， \t`'\"\xa0")
_CURRENCY = re.compile(r"CNY|RMB|人民币", re.IGNORECASE)
_BLANKS = " \t`\r\n\xa0\u3000\ufeff"
_PADDING = _BLANKS + "'\""
_NOTHING = frozenset(("", "/", "\\", "-", "--"))
_MOMENT = re.compile(
    r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?[T\s]*(?:(\d{1,2})[:时](\d{1,2})分?(?:[:]?(\d{1,2}))?)?"
)
_SERIAL_ZERO = datetime(1899, 12, 30, tzinfo=BEIJING)
_SERIAL = re.compile(r"[2-7]\d{4}(?:\.\d+)?")
"""The days since then that a spreadsheet shows where it does not know that they are a time."""


class BadField(ValueError):
    """A field of a row that can't be taken, with its cell and the code of the reason."""

    def __init__(self, field: str, value: str, code: str) -> None:
        super().__init__(field, value, code)
        self.field, self.value, self.code = field, value, code


class Row:
    """The cells of a data row by the fields of its layout.

    What can't be read raises :class:`BadField`; a column that the bill does not have reads as
    nothing.
    """

    __slots__ = ("_columns", "cells", "layout", "number")

    def __init__(self, number: int, cells: list[Cell], layout: Layout) -> None:
        self.number = number
        self.layout = layout
        self.cells = cells
        self._columns = layout.columns

    def has(self, field: str) -> bool:
        """Whether the row has a cell for ``field``, if only an empty one."""
        place = self._columns.get(field)
        return place is not None and place < len(self.cells)

    def cell(self, field: str) -> Cell:
        """The cell of ``field`` as the file holds it; ``None`` where there is none."""
        place = self._columns.get(field)
        return self.cells[place] if place is not None and place < len(self.cells) else None

    def text(self, field: str) -> str:
        """The words of ``field`` without padding; ``/`` and the like are nothing."""
        cell = self.cell(field)
        if cell is None or cell == "":
            return ""
        shown = str(cell).strip(_BLANKS)
        return "" if shown in _NOTHING else shown

    def no(self, field: str) -> str:
        """A number that must be right to the last sign, as text."""
        cell = self.cell(field)
        if isinstance(cell, str):
            cell = cell.strip(_PADDING)
            if cell.isascii() and cell.isalnum():
                return cell
        try:
            shown = identifier(cell)
        except BadCell as problem:
            raise self.bad(field, problem.code) from problem
        return "" if shown in _NOTHING else shown

    def fen(self, field: str) -> int | None:
        """An amount in fen; ``None`` for an empty cell. Raises for more than two decimals."""
        exact = self.exact(field)
        if isinstance(exact, Decimal):
            raise self.bad(field, "bad_amount")
        return exact

    def exact(self, field: str) -> int | Decimal | None:
        """An amount in fen with what the bill has below them (fees have three more decimals)."""
        cell = self.cell(field)
        if cell is None or isinstance(cell, bool):
            return None
        try:
            if isinstance(cell, str):
                return _amount(cell)
            return _amount(repr(round(cell, 6)) if isinstance(cell, float) else str(cell))
        except ValueError as error:
            raise self.bad(field, "bad_amount") from error

    def needed(self, *fields: str) -> int:
        """The amount of the first field that has one. Raises where none has."""
        for field in fields:
            if (fen := self.fen(field)) is not None:
                return fen
        raise self.bad(next(filter(self.has, fields), fields[0]), "missing_amount")

    def when(self, *fields: str) -> datetime:
        """The moment in the first field that has one, in UTC. Raises where none has."""
        for field in fields:
            if (moment := self._moment(field)) is not None:
                return moment
        raise self.bad(next(filter(self.has, fields), fields[0]), "missing_date")

    def _moment(self, field: str) -> datetime | None:
        cell = self.cell(field)
        if isinstance(cell, datetime):
            return cell.replace(tzinfo=BEIJING).astimezone(UTC)
        shown = self.text(field)
        if not shown or shown == "0":
            return None
        if _SERIAL.fullmatch(shown):
            moved = _SERIAL_ZERO + timedelta(seconds=round(float(shown) * 86_400))
            return moved.astimezone(UTC)
        try:
            return moment(shown)
        except ValueError as error:
            raise self.bad(field, "bad_date") from error

    def bad(self, field: str, code: str) -> BadField:
        """The refusal of ``field`` for the reason ``code``."""
        cell = self.cell(field)
        return BadField(self.layout.header(field), "" if cell is None else str(cell), code)


def moment(shown: str) -> datetime:
    """The instant that a bill means by a time, in UTC. Raises ``ValueError``.

    >>> moment("2014-11-1016：33：45").isoformat(), moment("2026-09-01T12:00:00Z").isoformat()
    ('2014-11-10T08:33:45+00:00', '2026-09-01T12:00:00+00:00')
    """
    try:
        local = datetime.fromisoformat(shown)
    except ValueError:
        match = _MOMENT.fullmatch(unicodedata.normalize("NFKC", shown))
        if not match:
            raise
        year, month, day, hour, minute, second = (int(part or 0) for part in match.groups())
        local = datetime(year, month, day, hour, minute, second, tzinfo=BEIJING)
    return (local if local.tzinfo else local.replace(tzinfo=BEIJING)).astimezone(UTC)


@lru_cache(maxsize=65_536)
def _amount(shown: str) -> int | Decimal | None:
    """The fen of an amount in yuan, ``None`` for nothing. Raises ``ValueError``; the same few
    amounts come again and again.

    >>> _amount("￥1,280.5"), _amount("`0.36840"), _amount("/"), _amount("CNY \u22125.00")
    (128050, Decimal('36.84000'), None, -500)
    """
    plain = _CURRENCY.sub("", unicodedata.normalize("NFKC", shown).translate(_AMOUNT_SIGNS))
    if plain in _NOTHING:
        return None
    if not _EXACT.fullmatch(plain):
        raise ValueError(shown)
    exact = Decimal(plain) * 100
    if abs(exact) > LARGEST_FEN:
        raise ValueError(shown)
    return int(exact) if exact == exact.to_integral_value() else exact
