"""The folder that attachments lie in: one file a content, named by its SHA-256.

``FOLDER/ab/abcdef…``, readable by their owner only. A file is written beside, brought to the disk
and renamed: it is there whole or not at all, whatever is killed or full. The name that people gave
it is data in the database and never part of a path.

With PostgreSQL every machine that works on the database needs the same folder: see
:func:`folder_of`.
"""

from __future__ import annotations

import hashlib
import mimetypes
import os
import re
import shutil
import stat
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from crm_tui.core.clock import from_micros
from crm_tui.core.errors import FileProblem
from crm_tui.core.language import _
from crm_tui.core.text import clean
from crm_tui.storage.copies.files import draft_beside, file_errors, private_folder, publish
from crm_tui.storage.store import Store

MEGABYTE = 1_000_000
LARGEST = "attachments.largest_mb"
"""The setting that limits the size of one attachment, in megabytes."""
_CHUNK = 1 << 20
_DRAFT = "incoming"
_SHA256 = re.compile(r"[0-9a-f]{64}")
_LONGEST_NAME = 255
_UNFIT_FOR_A_NAME = re.compile(r'[/\\:*?"<>|␀-␡·�]+')
_UNKNOWN = "application/octet-stream"
_SIGNATURES = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF8", "image/gif"),
    (b"%PDF-", "application/pdf"),
    (b"#!AMR", "audio/amr"),
    (b"ID3", "audio/mpeg"),
    (b"OggS", "audio/ogg"),
)
"""How the files begin that customers send most; their names are often wrong or missing."""


@dataclass(frozen=True, slots=True)
class KeptFile:
    """A file whose content is in the folder. ``name`` is its own, without any path."""

    sha256: str
    name: str
    media_type: str
    size_bytes: int


class AttachmentFolder:
    """The attachments of one database."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def keep(self, source: Path, most_bytes: int) -> KeptFile:
        """Take a copy of ``source`` in; content that is there already is not stored again.

        Raises :class:`FileProblem` for what is missing, unreadable, no plain file or larger than
        ``most_bytes``, :class:`StorageFull` where the disk is: then nothing was written.
        """
        source = source.expanduser()
        with file_errors(self.root):
            private_folder(self.root)
        with _plain_file(source, most_bytes) as stream, draft_beside(self.root / _DRAFT) as draft:
            with file_errors(source), draft.open("wb") as copy:
                sha256, head = _copy(stream, copy, source, most_bytes)
            size = draft.stat().st_size
            self._take_in(draft, sha256, size)
        name = _decoded(source.name)
        return KeptFile(sha256, name, media_type(name, head), size)

    def _take_in(self, draft: Path, sha256: str, size: int) -> None:
        file = self.path(sha256)
        with file_errors(file):
            # Collecting may take it away at any moment: then it is taken in anew.
            with suppress(FileNotFoundError):
                if file.is_file() and file.stat().st_size == size:
                    os.utime(file)
                    return
            private_folder(file.parent)
        publish(draft, file)

    def path(self, sha256: str) -> Path:
        """Where the content lies. Raises :class:`FileProblem` for what is no SHA-256."""
        if not _SHA256.fullmatch(sha256):
            raise FileProblem(file=sha256, why=_("that names no attachment."))
        return self.root / sha256[:2] / sha256

    def has(self, sha256: str, size_bytes: int) -> bool:
        """Whether the content is there, in its full length."""
        file = self.path(sha256)
        return file.is_file() and file.stat().st_size == size_bytes

    def give_out(self, sha256: str, to: Path) -> int:
        """Write the content to the new file ``to``, proved by its hash; answers its bytes.

        Raises :class:`FileProblem` where the content is missing or damaged, or ``to`` is there.
        """
        file = self.path(sha256)
        if os.path.lexists(to):
            why = _("something is there already. Name another file.")
            raise FileProblem(file=to, why=why)
        with draft_beside(to) as draft:
            with file_errors(file), file.open("rb") as stream, draft.open("wb") as copy:
                found, _head = _copy(stream, copy, file)
            if found != sha256:
                raise FileProblem(file=file, why=_("it is damaged: its content has changed."))
            size = draft.stat().st_size
            publish(draft, to)
        return size

    def touch(self, sha256: str) -> None:
        """Let the content count as used just now."""
        file = self.path(sha256)
        if file.is_file():
            with file_errors(file):
                os.utime(file)

    def discard(self, sha256: str) -> bool:
        """Take the content away; False where there was none."""
        file = self.path(sha256)
        with file_errors(file):
            there = file.is_file()
            file.unlink(missing_ok=True)
        return there

    def contents(self) -> Iterator[tuple[str, datetime]]:
        """Every content and when it was last taken in or touched, UTC."""
        for file in self._files("[0-9a-f][0-9a-f]/*"):
            if _SHA256.fullmatch(file.name):
                yield file.name, _changed_at(file)

    def leftovers(self) -> Iterator[tuple[Path, datetime]]:
        """Drafts of programs that were killed while they took a file in."""
        for file in (*self._files(".*.part"), *self._files("*/.*.part")):
            yield file, _changed_at(file)

    def _files(self, pattern: str) -> Iterator[Path]:
        with file_errors(self.root):
            yield from sorted(self.root.glob(pattern))

    def copy_to(self, other: AttachmentFolder, *, link: bool = False) -> int:
        """Let ``other`` hold every content of this folder, too; answers how many it has then.

        ``link`` shares them where the disk can: contents never change.
        """
        count = 0
        for sha256, _at in self.contents():
            source, target = self.path(sha256), other.path(sha256)
            count += 1
            with file_errors(target):
                if target.is_file() and target.stat().st_size == source.stat().st_size:
                    continue
                private_folder(other.root)
                private_folder(target.parent)
            with draft_beside(target) as draft:
                with file_errors(target):
                    _duplicate(source, draft, link=link)
                publish(draft, target)
        return count


def folder_of(store: Store) -> AttachmentFolder:
    """The attachments of ``store``: beside the file of SQLite, ``studio.db.attachments``; with
    PostgreSQL in the user's data folder (``CRM_TUI_DATA``), under the database's and the server's
    names, ``studio@server.attachments``.

    Several machines on one PostgreSQL must point ``CRM_TUI_DATA`` at one shared folder and name
    the server alike; otherwise an attachment opens only where it was taken in, and the doctor of
    the others misses it.
    """
    return AttachmentFolder(store.dialect.attachments)


def media_type(name: str, head: bytes) -> str:
    """What kind of file it is, by how it begins, else by its name.

    >>> media_type("voice", b"#!AMR\\n"), media_type("list.csv", b"a,b")
    ('audio/amr', 'text/csv')
    """
    for signature, kind in _SIGNATURES:
        if head.startswith(signature):
            return kind
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "image/webp"
    return mimetypes.guess_type(name)[0] or _UNKNOWN


def harmless_name(name: str) -> str:
    """``name`` as a file may be called in anybody's folder.

    >>> harmless_name("../../.bashrc"), harmless_name("a\\x1b[6n.png")
    ('bashrc', 'a[6n.png')
    """
    plain = _UNFIT_FOR_A_NAME.sub("", clean(name.rpartition("/")[2], _LONGEST_NAME))
    return plain.strip(" .")[: _LONGEST_NAME // 4] or "attachment"


def _plain_file(source: Path, most_bytes: int) -> BinaryIO:
    """``source``, open; a pipe or device is refused before it could block."""
    with file_errors(source):
        found = source.stat()
        if not stat.S_ISREG(found.st_mode):
            raise FileProblem(file=source, why=_("it is no file that can be attached."))
        if found.st_size > most_bytes:
            raise _too_large(source, most_bytes)
        return source.open("rb")


def _copy(
    stream: BinaryIO, copy: BinaryIO, source: Path, most_bytes: int | None = None
) -> tuple[str, bytes]:
    """Copy ``stream``; answers the content's SHA-256 and how it begins."""
    digest, head, size = hashlib.sha256(), b"", 0
    while chunk := stream.read(_CHUNK):
        head = head or chunk[:16]
        size += len(chunk)
        if most_bytes is not None and size > most_bytes:
            raise _too_large(source, most_bytes)
        digest.update(chunk)
        copy.write(chunk)
    return digest.hexdigest(), head


def _too_large(source: Path, most_bytes: int) -> FileProblem:
    why = _("it is larger than {limit} MB, the setting {setting}.")
    return FileProblem(file=source, why=why.format(limit=most_bytes // MEGABYTE, setting=LARGEST))


def _duplicate(source: Path, draft: Path, *, link: bool) -> None:
    if link:
        draft.unlink()
        try:
            draft.hardlink_to(source)
        except OSError:  # another disk, or one that knows no links
            shutil.copyfile(source, draft)
        return
    shutil.copyfile(source, draft)


def _decoded(name: str) -> str:
    """A file's name as text that can be stored, whatever bytes it is made of."""
    return os.fsencode(name).decode("utf-8", "replace")


def _changed_at(file: Path) -> datetime:
    return from_micros(file.stat().st_mtime_ns // 1000)
