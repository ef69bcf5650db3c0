"""What an export's columns are: their names, their kinds, and how a value is shown to people.

JSON and Parquet carry the stored values under their keys (fen, basis points, UTC instants). Excel
and CSV carry what people read under translated headers, which an import recognises again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from crm_tui.core.language import _
from crm_tui.core.words import Word
from crm_tui.services.filters import rules as filters
from crm_tui.services.filters.rules import Field, FilterSpec, called

Record = Mapping[str, Any]
"""One row of an export, by column key, with stored values."""


class Kind(StrEnum):
    """What a column holds."""

    TEXT = "text"
    WORD = "word"
    NUMBER = "number"
    DECIMAL = "decimal"
    MINUTES = "minutes"
    MONEY = "money"
    SHARE = "share"
    INSTANT = "instant"
    DAY = "day"
    LIST = "list"
    FLAG = "flag"


_ASKED = {
    Kind.NUMBER: filters.Kind.NUMBER,
    Kind.DECIMAL: filters.Kind.NUMBER,
    Kind.MINUTES: filters.Kind.MINUTES,
    Kind.MONEY: filters.Kind.MONEY,
    Kind.SHARE: filters.Kind.NUMBER,
    Kind.INSTANT: filters.Kind.INSTANT,
    Kind.DAY: filters.Kind.DAY,
    Kind.FLAG: filters.Kind.FLAG,
}
"""How a filter line asks for a column; all others hold words."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its key in JSON and Parquet, its header for people, its kind."""

    key: str
    title: str
    """A text of the catalogues; of a custom field its label."""
    kind: Kind = Kind.TEXT
    said: str = ""
    """What lists call it on a filter line (msgid), where that is not the header."""
    phone: bool = False
    """A phone number: masked for whoever may not see it in full."""

    @property
    def header(self) -> str:
        """The header in the language in force."""
        return _(self.title)

    @property
    def names(self) -> tuple[str, ...]:
        """What a filter line may call it: as the lists do, by its header or by its key."""
        said = called(self.said) if self.said else ()
        return tuple(dict.fromkeys((*said, self.key, self.header, self.title)))


def for_people(column: Column, value: Any, zone: ZoneInfo) -> str | float | datetime | date | None:
    """A value as Excel and CSV show it: yuan, the store's clock, translated words."""
    if value is None or value == "":
        return None
    if column.kind is Kind.MONEY:
        return int(value) / 100
    if column.kind is Kind.SHARE:
        return f"{value / 100:g}%"
    if column.kind is Kind.INSTANT:
        wall: datetime = value.astimezone(zone)
        return wall.replace(tzinfo=None, microsecond=0)
    if column.kind is Kind.LIST:
        return "、".join(map(str, value))
    if column.kind is Kind.FLAG:
        return _("yes") if value else _("no")
    if isinstance(value, Word):
        return value.label
    return value  # type: ignore[no-any-return]


def as_stored(value: Any) -> Any:
    """A value as JSON and Parquet carry it."""
    return value.value if isinstance(value, Word) else value


def filter_spec(columns: Sequence[Column], zone: ZoneInfo) -> FilterSpec[Record]:
    """Filtering of an export in memory: every column is a field, free words fit any of them."""

    def field(column: Column) -> Field[Record]:
        def read(row: Record) -> Any:
            value = row[column.key]
            if isinstance(value, Word):
                return value.spellings
            if column.kind is Kind.SHARE and value is not None:
                return value / 100
            return str(value) if isinstance(value, dict) else value

        kind = _ASKED.get(column.kind, filters.Kind.WORDS)
        return Field(column.names, read, leading=column.kind is Kind.WORD, kind=kind)

    def haystack(row: Record) -> str:
        shown = (for_people(column, row[column.key], zone) for column in columns)
        return " ".join(str(value) for value in shown if value is not None)

    return FilterSpec(tuple(field(column) for column in columns), haystack)
