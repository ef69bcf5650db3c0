"""Opening a studio's file: Excel (xlsx, xlsm, xlsb, xls, ods) and CSV, row by row.

Whatever is wrong with the file as a whole raises :class:`FileProblem` with one sentence that says
what to do. Rows come with the number that the spreadsheet shows; a cell of a merged range has the
range's value in every row.
"""

from __future__ import annotations

import codecs
import csv
import hashlib
import re
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Protocol, TextIO

from python_calamine import (
    CalamineError,
    CalamineSheet,
    CalamineWorkbook,
    PasswordError,
    SheetTypeEnum,
    SheetVisibleEnum,
)

from crm_tui.core.errors import FileProblem, os_reason
from crm_tui.core.language import N_, _
from crm_tui.services.imports.cells import Cell

LARGEST_WORKBOOK = 512 * 2**20
"""Bytes of an Excel file as stored, and of its unpacked parts; larger ones come as CSV."""
LARGEST_AREA = 60_000_000
"""Cells in the rectangle that a sheet spans."""
LONGEST_LINE = 2**20
"""Characters of one CSV line; what is longer is not a table."""
BROKEN = "\ufffd"

_EXCEL = frozenset((".xlsx", ".xlsm", ".xlsb", ".xls", ".ods", ".et"))
_CSV = frozenset((".csv", ".tsv", ".txt", ""))
_CELL = re.compile(rb'<c\b[^>]{0,80}?\br="([A-Z]{1,3})(\d{1,7})"')
_CHUNK = 2**20

NOT_A_SHEET = N_("this is not a spreadsheet. Give an Excel file (.xlsx, .xls, .ods) or a CSV file.")
DAMAGED = N_("the file is damaged or incomplete. Save it again in the spreadsheet program.")
TOO_LARGE = N_("the file unpacks to more than can be read safely. Save its sheets as CSV.")
PROTECTED = N_("the file is protected by a password. Save it without one.")


class Sheet(Protocol):
    """One table of cells with a name."""

    @property
    def name(self) -> str: ...

    @property
    def spans(self) -> Sequence[tuple[int, int, int, int]]:
        """Merged ranges: first row, first column, last row, last column; rows as shown."""
        ...

    @property
    def height(self) -> int | None:
        """Rows in all, where that is known beforehand."""
        ...

    def rows(self) -> Iterator[tuple[int, list[Cell]]]:
        """Every row in order with the number that the spreadsheet shows. May be asked again."""
        ...


@dataclass(frozen=True, slots=True)
class Book:
    """An opened file: its sheets in order (hidden ones left out) and its fingerprint."""

    path: Path
    sha256: str
    sheets: tuple[Sheet, ...]


def open_book(path: Path) -> Book:
    """Open ``path``. Raises :class:`FileProblem` for whatever is wrong with the file as a whole."""
    if path.is_dir():
        raise _problem(path, N_("this is a folder, not a file."))
    try:
        with path.open("rb") as stream:
            start = stream.read(4096)
            digest = hashlib.file_digest(stream, "sha256") if stream.seek(0) == 0 else None
    except FileNotFoundError as error:
        raise _problem(path, N_("there is no such file.")) from error
    except OSError as error:
        raise _problem(
            path, N_("the file can't be read: {detail}"), detail=os_reason(error)
        ) from error
    if not start.strip():
        raise _problem(path, N_("the file is empty."))
    zipped, compound = start.startswith(b"PK"), start.startswith(b"\xd0\xcf\x11\xe0")
    sheets: tuple[Sheet, ...]
    if zipped or compound or path.suffix.lower() in _EXCEL:
        sheets = _excel_sheets(path, zipped=zipped)
    elif path.suffix.lower() in _CSV:
        sheets = (CsvSheet(path, *_encoding(path, start)),)
    else:
        raise _problem(path, NOT_A_SHEET)
    return Book(path, digest.hexdigest() if digest else "", sheets)


def _problem(path: Path, why: str, **facts: object) -> FileProblem:
    return FileProblem(file=path.name, why=_(why).format(**facts))


# Excel


def _excel_sheets(path: Path, *, zipped: bool) -> tuple[Sheet, ...]:
    if path.stat().st_size > LARGEST_WORKBOOK:
        raise _problem(path, TOO_LARGE)
    if zipped:
        _check_archive(path)
    try:
        workbook = CalamineWorkbook.from_path(path)
    except PasswordError as error:
        raise _problem(path, PROTECTED) from error
    except (CalamineError, OSError) as error:
        raise _problem(path, DAMAGED if zipped else NOT_A_SHEET) from error
    names = [
        sheet.name
        for sheet in workbook.sheets_metadata
        if sheet.typ is SheetTypeEnum.WorkSheet and sheet.visible is SheetVisibleEnum.Visible
    ]
    return tuple(ExcelSheet(path, workbook, name) for name in names)


def _check_archive(path: Path) -> None:
    """Refuse archives that are cut, lie about their size, or unpack to too much."""
    try:
        with zipfile.ZipFile(path) as archive:
            parts = [part for part in archive.infolist() if not part.filename.endswith("/")]
            if sum(part.file_size for part in parts) > LARGEST_WORKBOOK:
                raise _problem(path, TOO_LARGE)
            for part in parts:
                with archive.open(part) as stream:
                    if _area(stream) > LARGEST_AREA:
                        raise _problem(path, TOO_LARGE)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError) as error:
        raise _problem(path, DAMAGED) from error
    except RuntimeError as error:  # what zipfile raises for an encrypted part
        raise _problem(path, PROTECTED) from error


def _area(stream: IO[bytes]) -> int:
    """Cells in the rectangle that the cell references of a part span (0 for other parts).

    Reads the part to its end, which also proves its checksum and true size.
    """
    widest = tallest = 0
    rest = b""
    while chunk := stream.read(_CHUNK):
        for column, row in _CELL.findall(rest + chunk):
            number = 0
            for letter in column:
                number = number * 26 + letter - 64
            widest, tallest = max(widest, number), max(tallest, int(row))
        rest = chunk[-100:]
    return widest * tallest


class ExcelSheet:
    """One sheet of a workbook."""

    def __init__(self, path: Path, workbook: CalamineWorkbook, name: str) -> None:
        self.name = name
        self._path = path
        self._workbook = workbook
        self._loaded: CalamineSheet | None = None

    def _sheet(self) -> CalamineSheet:
        if self._loaded is None:
            try:
                self._loaded = self._workbook.get_sheet_by_name(self.name)
            except (CalamineError, OSError) as error:
                raise _problem(self._path, DAMAGED) from error
        return self._loaded

    @property
    def spans(self) -> Sequence[tuple[int, int, int, int]]:
        left = (self._sheet().start or (0, 0))[1]
        return [
            (top + 1, first - left, bottom + 1, last - left)
            for (top, first), (bottom, last) in self._sheet().merged_cell_ranges or ()
        ]

    @property
    def height(self) -> int | None:
        return self._sheet().total_height

    def rows(self) -> Iterator[tuple[int, list[Cell]]]:
        tall = {(top, column): bottom for top, column, bottom, _right in self.spans if bottom > top}
        starts: dict[int, list[int]] = {}
        for top, column in tall:
            starts.setdefault(top, []).append(column)
        held: dict[int, tuple[Cell, int]] = {}
        for number, row in enumerate(self._sheet().iter_rows(), start=1):
            cells: list[Cell] = list(row)
            for column, (value, until) in list(held.items()):
                if number > until:
                    del held[column]
                elif cells[column] == "":
                    cells[column] = value
            for column in starts.get(number, ()):
                if column < len(cells):
                    held[column] = (cells[column], tall[number, column])
            yield number, cells


# CSV


def _encoding(path: Path, start: bytes) -> tuple[str, int]:
    """UTF-8 if the whole file is that (its last sign may be cut), else GB18030; and its lines."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    encoding, lines = "utf-8-sig", 0
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            lines += chunk.count(b"\n")
            if encoding == "utf-8-sig":
                try:
                    decoder.decode(chunk)
                except UnicodeDecodeError:
                    encoding = "gb18030"
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16", lines
    shown = start.decode(encoding, errors="replace")
    strange = sum(char == BROKEN or (char < " " and char not in "\t\r\n\f") for char in shown)
    if strange * 20 > len(shown):
        raise _problem(path, NOT_A_SHEET)
    return encoding, lines


class CsvSheet:
    """A CSV file as one sheet, read as a stream. The sign between cells is found out."""

    spans: Sequence[tuple[int, int, int, int]] = ()

    def __init__(self, path: Path, encoding: str, lines: int) -> None:
        self.name = path.stem
        self.height: int | None = lines
        """Its lines: a cell may hold several."""
        self._path = path
        self._encoding = encoding

    def lines(self) -> Iterator[str]:
        """The lines as they stand, with their ends: for files that are CSV only by their name."""
        with self._path.open(encoding=self._encoding, errors="replace", newline="") as stream:
            yield from _Lines(stream, self._path)

    def rows(self) -> Iterator[tuple[int, list[Cell]]]:
        with self._path.open(encoding=self._encoding, errors="replace", newline="") as stream:
            delimiter = _delimiter(stream.read(65_536))
            stream.seek(0)
            lines = _Lines(stream, self._path)
            reader = csv.reader(lines, delimiter=delimiter)
            width = 0
            try:
                for number, row in enumerate(reader, start=1):
                    width = max(width, len(row))
                    cells: list[Cell] = list(row)
                    if lines.cut and 0 < len(row) < width:
                        cells.append(BROKEN)
                    yield number, cells
            except csv.Error as error:
                why = N_("line {line} is not a table row ({detail}). Save the file again as CSV.")
                raise _problem(self._path, why, line=reader.line_num, detail=error) from error


class _Lines:
    """The lines of a stream, none longer than a table's; ``cut`` once the last had no end."""

    def __init__(self, stream: TextIO, path: Path) -> None:
        self._stream = stream
        self._path = path
        self.cut = False

    def __iter__(self) -> Iterator[str]:
        while line := self._stream.readline(LONGEST_LINE):
            if not line.endswith(("\n", "\r")):
                if len(line) >= LONGEST_LINE:
                    raise _problem(self._path, NOT_A_SHEET)
                self.cut = True
            yield line.replace("\x00", "")


def _delimiter(start: str) -> str:
    """The likeliest sign between cells: the one that most lines have, and most of."""
    lines = [line for line in start.splitlines()[:50] if line.strip()]
    counts = {
        sign: (sum(sign in line for line in lines), sum(line.count(sign) for line in lines))
        for sign in (",", "\t", ";", "|", "，")
    }
    return max(counts, key=lambda sign: counts[sign])
