"""Writing an export to a file: whole or not at all, readable by its owner only.

Nothing that a person typed becomes a formula. In Excel such a text is a string cell marked as
quoted, so that it stays a text when somebody edits it. A CSV has no types: a text that begins like
a formula gets an apostrophe before it, which spreadsheets take for "this is text" and our import
takes off again; and every text is quoted, because a program that parts at semicolons would find a
new cell in ``x;=1+1``. Numbers, among them negative amounts, stay numbers.
"""

from __future__ import annotations

import csv
import io
import json
import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from crm_tui.core.errors import FileProblem, Invalid, os_reason
from crm_tui.core.language import N_, _, joined
from crm_tui.core.text import FORMULA_STARTS
from crm_tui.services.exports.columns import Column, Kind, Record, as_stored, for_people

_EXCEL_ROWS = 1_048_575
_EXCEL_TEXT = 32_767
_PORTION = 50_000

Rows = Iterator[Record]
Writer = Callable[[Path, Sequence[Column], Rows, ZoneInfo], int]


def write_file(target: Path, columns: Sequence[Column], rows: Rows, zone: ZoneInfo) -> int:
    """Write ``rows`` to ``target`` in the format of its ending; answers how many.

    Raises :class:`Invalid` for another ending and :class:`FileProblem` where it can't be written;
    ``target`` is then as it was.
    """
    writer = WRITERS.get(target.suffix.lower())
    if writer is None:
        raise Invalid(field="--to", value=target.name, expected=joined(WRITERS))
    with replacing(target) as unfinished:
        return writer(unfinished, columns, rows, zone)


@contextmanager
def replacing(target: Path) -> Iterator[Path]:
    """A file beside ``target`` that takes its place when all went well.

    Raises :class:`FileProblem` where that can't be; ``target`` is then as it was.
    """
    unfinished: Path | None = None
    try:
        handle, name = tempfile.mkstemp(dir=target.parent, prefix=".", suffix=target.suffix)
        os.close(handle)
        unfinished = Path(name)
        yield unfinished
        with unfinished.open("rb") as written:
            os.fsync(written.fileno())
        if target.is_dir():
            raise FileProblem(file=target.name, why=_("this is a folder, not a file."))
        unfinished.replace(target)
    except OSError as error:
        raise FileProblem(file=target.name, why=os_reason(error)) from error
    finally:
        if unfinished:
            unfinished.unlink(missing_ok=True)


def _write_csv(path: Path, columns: Sequence[Column], rows: Rows, zone: ZoneInfo) -> int:
    count = 0
    with path.open("w", encoding="utf-8-sig", newline="") as stream:
        writer = csv.writer(stream, quoting=csv.QUOTE_NONNUMERIC)
        writer.writerow([column.header for column in columns])
        for row in rows:
            writer.writerow([_csv_cell(c, for_people(c, row[c.key], zone)) for c in columns])
            count += 1
    return count


class Yuan(float):
    """An amount as a CSV shows it: a number with two decimals."""

    def __str__(self) -> str:
        return f"{self:.2f}"

    __repr__ = __str__


def csv_text(text: str) -> str:
    """A text as a CSV holds it: one that begins like a formula says that it is none."""
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text


def _csv_cell(column: Column, value: Any) -> Any:
    if column.kind is Kind.MONEY and value is not None:
        return Yuan(value)
    if isinstance(value, str):
        return csv_text(value)
    if isinstance(value, datetime):
        return value.isoformat(sep=" ")
    if value is None:
        return ""
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False)
    return value


@contextmanager
def excel_book(path: Path) -> Iterator[Any]:
    """A workbook in which every text stays a text, written at the end. Raises :class:`OSError`."""
    from xlsxwriter import Workbook
    from xlsxwriter.exceptions import FileCreateError

    options = {
        "constant_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    packed = io.BytesIO()  # a zip file on a full disk complains once more when it is forgotten
    try:
        with Workbook(packed, options) as book:
            yield book
    except FileCreateError as error:
        raise next((each for each in error.args if isinstance(each, OSError)), error) from error
    path.write_bytes(packed.getbuffer())


def excel_holds(path: Path, rows: int) -> None:
    """Raises :class:`FileProblem` for more ``rows`` below the first than a sheet has."""
    if rows > _EXCEL_ROWS:
        why = N_("Excel holds no more than 1,048,575 rows. Export to CSV or Parquet.")
        raise FileProblem(file=path.name, why=_(why))


def _write_excel(path: Path, columns: Sequence[Column], rows: Rows, zone: ZoneInfo) -> int:
    count = 0
    with excel_book(path) as book:
        sheet = book.add_worksheet()
        formats = {
            Kind.MONEY: book.add_format({"num_format": "0.00"}),
            Kind.INSTANT: book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"}),
            Kind.DAY: book.add_format({"num_format": "yyyy-mm-dd"}),
        }
        quoted = book.add_format({"quote_prefix": True})
        bold = book.add_format({"bold": True})
        for at, column in enumerate(columns):
            sheet.set_column(at, at, 20 if column.kind is Kind.INSTANT else 14)
            sheet.write_string(0, at, column.header, bold)
        sheet.freeze_panes(1, 0)
        for count, row in enumerate(rows, start=1):
            excel_holds(path, count)
            for at, column in enumerate(columns):
                value = for_people(column, row[column.key], zone)
                write_cell(sheet, count, at, value, formats.get(column.kind), quoted)
    return count


def write_cell(sheet: Any, row: int, at: int, value: Any, style: Any, quoted: Any) -> None:
    """A value into a cell of an Excel sheet: numbers and days with ``style``, texts as texts,
    with the format ``quoted`` where they begin like a formula. None leaves it empty."""
    if value is None:
        return
    if isinstance(value, datetime | date):
        sheet.write_datetime(row, at, value, style)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        sheet.write_number(row, at, value, style)
    else:
        shown = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        looks_like_one = shown.startswith(FORMULA_STARTS)
        sheet.write_string(row, at, shown[:_EXCEL_TEXT], quoted if looks_like_one else style)


def _write_json(path: Path, columns: Sequence[Column], rows: Rows, zone: ZoneInfo) -> int:
    count = 0
    with path.open("w", encoding="utf-8") as stream:
        stream.write("[")
        for count, row in enumerate(rows, start=1):
            told = {column.key: _json_value(row[column.key], zone) for column in columns}
            stream.write(",\n" if count > 1 else "\n")
            json.dump(told, stream, ensure_ascii=False)
        stream.write("\n]\n")
    return count


def _json_value(value: Any, zone: ZoneInfo) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(zone).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    return as_stored(value)


def _write_parquet(path: Path, columns: Sequence[Column], rows: Rows, zone: ZoneInfo) -> int:
    import polars as pl

    types: dict[Kind, Any] = {
        Kind.NUMBER: pl.Int64,
        Kind.DECIMAL: pl.Float64,
        Kind.MINUTES: pl.Int64,
        Kind.FLAG: pl.Boolean,
        Kind.MONEY: pl.Int64,
        Kind.SHARE: pl.Int64,
        Kind.INSTANT: pl.Datetime("us", "UTC"),
        Kind.DAY: pl.Date,
        Kind.LIST: pl.List(pl.String),
    }
    schema = {column.key: types.get(column.kind, pl.String) for column in columns}
    frames = [pl.DataFrame(schema=schema)]
    portion: list[list[Any]] = []
    for row in rows:
        portion.append([_parquet_value(row[column.key]) for column in columns])
        if len(portion) >= _PORTION:
            frames.append(pl.DataFrame(portion, schema=schema, orient="row"))
            portion = []
    frames.append(pl.DataFrame(portion, schema=schema, orient="row"))
    together = pl.concat(frames)
    written = io.BytesIO()  # into a file Polars hides why the system refused
    together.write_parquet(written)
    path.write_bytes(written.getbuffer())
    return together.height


def _parquet_value(value: Any) -> Any:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict) else as_stored(value)


WRITERS: dict[str, Writer] = {
    ".xlsx": _write_excel,
    ".csv": _write_csv,
    ".parquet": _write_parquet,
    ".json": _write_json,
}
"""By the ending of the file."""
