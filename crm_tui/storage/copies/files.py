"""Files that appear whole or not at all, and that only their owner can read."""

from __future__ import annotations

import errno
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from crm_tui.core.errors import FileProblem, StorageFull, os_reason


@contextmanager
def file_errors(file: Path) -> Iterator[None]:
    """Turn an error of the operating system into one about ``file``."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            raise StorageFull() from error
        raise FileProblem(file=file, why=os_reason(error)) from error


@contextmanager
def draft_beside(file: Path) -> Iterator[Path]:
    """An empty private file in the folder of ``file``; gone afterwards unless it was moved."""
    with file_errors(file):
        handle, name = tempfile.mkstemp(prefix=f".{file.name}.", suffix=".part", dir=file.parent)
        os.close(handle)
    draft = Path(name)
    try:
        yield draft
    finally:
        for suffix in ("", "-wal", "-shm", "-journal"):
            Path(f"{draft}{suffix}").unlink(missing_ok=True)


def publish(draft: Path, file: Path) -> None:
    """Let ``draft`` be ``file``, once it is on the disk; a crash leaves the old or the new."""
    with file_errors(file):
        _sync(draft)
        draft.replace(file)
        _sync(file.parent)


def private_folder(folder: Path) -> None:
    """Make ``folder`` where it is missing: on the disk, and closed to everybody but its owner."""
    if not folder.is_dir():
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        _sync(folder.parent)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def free_name(file: Path) -> Path:
    """``file``, or ``file-2``, ``file-3`` …: a name that nothing has yet."""
    number = 1
    while True:
        candidate = file if number == 1 else file.with_name(f"{file.name}-{number}")
        if not os.path.lexists(candidate):
            return candidate
        number += 1
