"""Figures as files: Excel with native charts, CSV, JSON, SVG. Whole or not at all; logged.

What is written is a list of tables; a page has several, a report one. Nothing that a person typed
becomes a formula or a link (see :mod:`crm_tui.services.exports.writers`).
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from crm_tui.core.actor import Actor
from crm_tui.core.errors import Invalid
from crm_tui.core.language import _, joined
from crm_tui.core.permissions import Permission, require
from crm_tui.models import STUDIO
from crm_tui.services.exports.writers import csv_text, excel_book, replacing, write_cell
from crm_tui.services.figures.drawing import drawing
from crm_tui.storage.store import Store, UnitOfWork

_LONGEST_SHEET_NAME = 31
_NOT_IN_SHEET_NAMES = re.compile(r"[\[\]:*?/\\]")
_CHART_SIZE = {"width": 720, "height": 360}


class Look(StrEnum):
    """How the values of a column are read: texts, or numbers as people read them."""

    TEXT = "text"
    NUMBER = "number"
    """A count, hours, days, points."""
    MONEY = "money"
    """Yuan, with two decimals; in JSON fen, whose key ends with ``_fen``."""
    RATE = "rate"
    """From 0 to 1, shown in per cent."""
    CHANGE = "change"
    """A part of what was before, shown in per cent with its sign."""
    POINTS = "points"
    """A difference of rates in percentage points, shown with its sign."""


_FORMATS = {
    Look.NUMBER: "#,##0.##",
    Look.MONEY: "#,##0.00",
    Look.RATE: "0.0%",
    Look.CHANGE: "+0.0%;-0.0%;0.0%",
    Look.POINTS: "+0.0;-0.0;0.0",
}


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its key in JSON, its title for people, how its values are read."""

    key: str
    title: str
    look: Look = Look.NUMBER


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart of a table's columns, by their places: names along the axis, a series each of the
    others. ``line`` joins the values; else they are bars. ``timed``: the names are parts of the
    time. ``before``: the second series tells of what was before the first one's."""

    names: int
    series: tuple[int, ...]
    line: bool = False
    timed: bool = False
    before: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under titles, with a chart or without. ``about`` says of what they are (period, filter,
    age)."""

    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Any, ...], ...]
    chart: Chart | None = None
    about: str = ""
    total: tuple[Any, ...] | None = None
    """The last row, which no chart draws."""

    @property
    def all_rows(self) -> tuple[tuple[Any, ...], ...]:
        """The rows with the total below them."""
        return self.rows if self.total is None else (*self.rows, self.total)


def export(
    store: Store, actor: Actor, tables: Sequence[Table], target: Path, *, key: str | None = None
) -> dict[str, Any]:
    """Write ``tables`` to ``target`` and log who did; answers ``{"file", "rows"}``.

    A repeated ``key`` gives the first answer and writes nothing. Raises what :func:`write` and
    :func:`require_sight` raise.
    """
    require_sight(tables, actor)
    if key is None or not store.is_answered(key):
        write(tables, target)
    count = sum(len(table.rows) for table in tables)

    def log(work: UnitOfWork) -> dict[str, Any]:
        work.record(
            "export.done",
            "store",
            STUDIO,
            store_id=STUDIO,
            ref="figures",
            changed={"figures": (None, ", ".join(table.title for table in tables))},
            rows=count,
            format=target.suffix.lower().lstrip("."),
        )
        return {"file": str(target), "rows": count}

    return store.perform(actor, log, key=key, request=["export figures", str(target)])


def require_sight(tables: Sequence[Table], actor: Actor) -> None:
    """Raises :class:`Refused` where one of them tells money and the actor's role does not see that
    of the studio (:attr:`Permission.MONEY_FIGURES`)."""
    if any(column.look is Look.MONEY for table in tables for column in table.columns):
        require(actor, Permission.MONEY_FIGURES)


def write(tables: Sequence[Table], target: Path) -> None:
    """Write ``tables`` to ``target`` in the format of its ending.

    Raises :class:`Invalid` for another ending, and for SVG without a chart; :class:`FileProblem`
    where it can't be written: ``target`` is then as it was.
    """
    writer = WRITERS.get(target.suffix.lower())
    if writer is None:
        raise Invalid(field="--to", value=target.name, expected=joined(WRITERS))
    with replacing(target) as unfinished:
        writer(unfinished, tables)


def _write_excel(path: Path, tables: Sequence[Table]) -> None:
    with excel_book(path) as book:
        names = _sheet_names([table.title for table in tables])
        for table, name in zip(tables, names, strict=True):
            _Sheet(book, name).write(table)


class _Sheet:
    """One table on a sheet of its own, its chart beside it."""

    def __init__(self, book: Any, name: str) -> None:
        self._book, self._name = book, name
        self._sheet = book.add_worksheet(name)
        self._quoted = book.add_format({"quote_prefix": True})
        self._bold = book.add_format({"bold": True})
        self._looks = {
            look: book.add_format({"num_format": form}) for look, form in _FORMATS.items()
        }
        self._day = book.add_format({"num_format": "yyyy-mm-dd"})

    def write(self, table: Table) -> None:
        """Title, what it is of, heads, rows, chart."""
        self._sheet.set_column(0, 0, 22)
        self._sheet.set_column(1, max(len(table.columns) - 1, 1), 14)
        head = 2 if table.about else 1
        write_cell(self._sheet, 0, 0, table.title, self._bold, self._quoted)
        if table.about:
            write_cell(self._sheet, 1, 0, table.about, None, self._quoted)
        for at, column in enumerate(table.columns):
            write_cell(self._sheet, head, at, column.title, self._bold, self._quoted)
        self._sheet.freeze_panes(head + 1, 1)
        for row, values in enumerate(table.all_rows, start=head + 1):
            for at, (column, value) in enumerate(zip(table.columns, values, strict=True)):
                style = self._day if isinstance(value, date) else self._looks.get(column.look)
                write_cell(self._sheet, row, at, _naive(value), style, self._quoted)
        if table.chart and table.rows:
            self._draw(table, table.chart, head)

    def _draw(self, table: Table, asked: Chart, head: int) -> None:
        chart = self._book.add_chart({"type": "line" if asked.line else "column"})
        first, last = head + 1, head + len(table.rows)
        for at in asked.series:
            chart.add_series(
                {
                    "name": [self._name, head, at],
                    "categories": [self._name, first, asked.names, last, asked.names],
                    "values": [self._name, first, at, last, at],
                }
            )
        look = table.columns[asked.series[0]].look
        chart.set_y_axis({"num_format": _FORMATS.get(look, "General")})
        chart.set_title({"name": [self._name, 0, 0], "overlay": False})
        chart.set_size(_CHART_SIZE)
        self._sheet.insert_chart(head, len(table.columns) + 1, chart)


def _naive(value: Any) -> Any:
    """Excel knows no time zones."""
    return value.replace(tzinfo=None) if isinstance(value, datetime) else value


def _sheet_names(titles: Sequence[str]) -> list[str]:
    """The titles as Excel lets sheets be called: short, without its signs, no two alike."""
    taken: dict[str, str] = {}
    for title in titles:
        plain = _NOT_IN_SHEET_NAMES.sub(" ", title).strip(" '") or "1"
        name, number = plain[:_LONGEST_SHEET_NAME], 1
        while name.casefold() in taken:
            number += 1
            name = f"{plain[: _LONGEST_SHEET_NAME - 4]} {number}"
        taken[name.casefold()] = name
    return list(taken.values())


def _write_csv(path: Path, tables: Sequence[Table]) -> None:
    with path.open("w", encoding="utf-8-sig", newline="") as stream:
        writer = csv.writer(stream, quoting=csv.QUOTE_NONNUMERIC)
        for place, table in enumerate(tables):
            if place:
                writer.writerow([])
            if len(tables) > 1:
                writer.writerow([csv_text(table.title)])
            writer.writerow([csv_text(column.title) for column in table.columns])
            for row in table.all_rows:
                writer.writerow([_csv_cell(value) for value in row])


def _csv_cell(value: Any) -> Any:
    if value is None:
        return ""
    if isinstance(value, date):
        return value.isoformat()
    return csv_text(value) if isinstance(value, str) else value


def _write_json(path: Path, tables: Sequence[Table]) -> None:
    path.write_text(json.dumps({"tables": documents(tables)}, ensure_ascii=False, indent=1))


def documents(tables: Sequence[Table]) -> list[dict[str, Any]]:
    """Each table as JSON: its title, what it is of, its rows by the columns' keys."""
    return [
        {
            "title": table.title,
            "about": table.about,
            "rows": [_json_row(table, row) for row in table.rows],
            "total": None if table.total is None else _json_row(table, table.total),
        }
        for table in tables
    ]


def _json_row(table: Table, row: Sequence[Any]) -> dict[str, Any]:
    return dict(map(_json_pair, table.columns, row))


def _json_pair(column: Column, value: Any) -> tuple[str, Any]:
    if column.look is Look.MONEY:
        key = column.key if column.key.endswith("_fen") else f"{column.key}_fen"
        return key, None if value is None else round(value * 100)
    return column.key, value.isoformat() if isinstance(value, date) else value


def _write_svg(path: Path, tables: Sequence[Table]) -> None:
    drawn = [table for table in tables if table.chart and table.rows]
    if not drawn:
        raise Invalid(field="--to", value=path.suffix, expected=_("figures with a chart"))
    path.write_text(drawing(drawn), encoding="utf-8")


WRITERS: Mapping[str, Callable[[Path, Sequence[Table]], None]] = {
    ".xlsx": _write_excel,
    ".csv": _write_csv,
    ".json": _write_json,
    ".svg": _write_svg,
}
"""By the ending of the file."""
