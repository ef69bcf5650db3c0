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
from crm_tui.services.filters.rules import Field, FilterSpec

Record = Mapping[str, Any]
"""One row of an export, by column key, with stored values."""


class Kind(StrEnum):
    """What a column holds."""

    TEXT = "text"
    WORD = "word"
    NUMBER = "number"
    MONEY = "money"
    SHARE = "share"
    INSTANT = "instant"
    DAY = "day"
    LIST = "list"


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its key in JSON and Parquet, its header for people, its kind."""

    key: str
    title: str
    """A text of the catalogues."""
    kind: Kind = Kind.TEXT

    @property
    def header(self) -> str:
        """The header in the language in force."""
        return _(self.title)


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
    if isinstance(value, Word):
        return value.label
    return value  # type: ignore[no-any-return]


def as_stored(value: Any) -> Any:
    """A value as JSON and Parquet carry it."""
    return value.value if isinstance(value, Word) else value


def filter_spec(columns: Sequence[Column], zone: ZoneInfo) -> FilterSpec[Record]:
    """Filtering of an export: a field is called by its key or its header, free words fit any."""

    def field(column: Column) -> Field[Record]:
        def read(row: Record) -> Any:
            value = row[column.key]
            if column.kind in (Kind.MONEY, Kind.SHARE):
                return None if value is None else value / 100
            if isinstance(value, Word):
                return (value.value, value.label)
            if column.kind in (Kind.INSTANT, Kind.DAY):
                shown = for_people(column, value, zone)
                return None if shown is None else str(shown)
            return value

        names = (column.key, column.header, column.title)
        return Field(tuple(dict.fromkeys(names)), read)

    def haystack(row: Record) -> str:
        shown = (for_people(column, row[column.key], zone) for column in columns)
        return " ".join(str(value) for value in shown if value is not None)

    return FilterSpec(tuple(field(column) for column in columns), haystack)
