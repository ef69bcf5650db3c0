"""Bills that are downloaded as ZIP: the one bill in it, unpacked for as long as it is read."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from zipfile import BadZipFile, ZipFile, ZipInfo, is_zipfile

from crm_tui.core.errors import FileProblem
from crm_tui.core.language import N_, _
from crm_tui.services.imports.files import DAMAGED, LARGEST_WORKBOOK, TOO_LARGE

LARGEST_PART = LARGEST_WORKBOOK
"""Bytes of the files in an archive, all together."""
MOST_PARTS = 1_000
ENCRYPTED = N_(
    "the archive is protected by a password. Unpack it, and give the bill that is in it."
)
_OF_BILLS = frozenset((".csv", ".txt", ".xlsx", ".xls"))
_OF_WORKBOOKS = frozenset(("[Content_Types].xml", "content.xml"))
_IS_ENCRYPTED = 0x1
_IS_UTF8 = 0x800
_CHUNK = 2**20


def is_archive(path: Path) -> bool:
    """Whether the file is a ZIP that is no workbook. Raises :class:`FileProblem` for half a ZIP."""
    if not path.is_file() or not is_zipfile(path):
        return False
    try:
        with ZipFile(path) as archive:
            return not _OF_WORKBOOKS.intersection(archive.namelist())
    except BadZipFile as error:
        raise FileProblem(file=path.name, why=_(DAMAGED)) from error


def unpacked(path: Path, folder: TemporaryDirectory[str]) -> Iterator[Path]:
    """The files of an archive that may be bills, each once it is unpacked into ``folder``.

    Raises :class:`FileProblem` for an archive that is damaged, has a password, or unpacks to more
    than :data:`LARGEST_PART` or into more files than :data:`MOST_PARTS`, whatever it claims.
    """
    left = LARGEST_PART
    try:
        with ZipFile(path) as archive:
            for place, part in enumerate(_parts(path, archive)):
                inside = Path(folder.name) / str(place) / _name(part)
                inside.parent.mkdir()
                with archive.open(part) as stream, inside.open("wb") as copy:
                    while chunk := stream.read(_CHUNK):
                        left -= len(chunk)
                        if left < 0:
                            raise FileProblem(file=path.name, why=_(TOO_LARGE))
                        copy.write(chunk)
                yield inside
    except (BadZipFile, zlib.error, EOFError, NotImplementedError) as error:
        raise FileProblem(file=path.name, why=_(DAMAGED)) from error


def _parts(path: Path, archive: ZipFile) -> list[ZipInfo]:
    """The parts with names of tables."""
    parts = archive.infolist()
    if len(parts) > MOST_PARTS or sum(part.file_size for part in parts) > LARGEST_PART:
        raise FileProblem(file=path.name, why=_(TOO_LARGE))
    found = [part for part in parts if PurePosixPath(_name(part)).suffix.lower() in _OF_BILLS]
    if any(part.flag_bits & _IS_ENCRYPTED for part in found):
        raise FileProblem(file=path.name, why=_(ENCRYPTED))
    return found


def _name(part: ZipInfo) -> str:
    """The name without its folders; Alipay writes it in GB18030 without saying so."""
    name = PurePosixPath(part.filename.replace("\\", "/")).name
    if part.flag_bits & _IS_UTF8:
        return name
    try:
        return name.encode("cp437").decode("gb18030")
    except UnicodeError:
        return name
