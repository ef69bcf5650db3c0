"""The list of the files that count, and how far the copy has come.

It is written last and replaced whole, so that the copy is one moment's or the next one's, never
half of each. Files have names of their own and are never changed: whoever has read an older list
goes on with its files, which stay for :data:`STAYS` after they are no longer named.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import polars as pl
from polars.exceptions import PanicException, PolarsError

from crm_tui.services.figures.copy.layout import LAYOUT, Dataset
from crm_tui.storage.copies.files import draft_beside, file_errors, private_folder, publish

NAME = "manifest.json"
STAYS = timedelta(minutes=10)
"""How long a file that is no longer named can still be read."""
UNREADABLE = (OSError, PolarsError, PanicException)
"""What reading a file raises that is gone, cut or spoilt."""
_DIGEST = 16
_ROWS_AT_ONCE = 131_072


@dataclass(frozen=True, slots=True)
class File:
    """One file of a dataset. ``path`` is within the folder of the copy."""

    path: str
    rows: int
    size: int
    sha256: str
    month: str = ""
    """``2026-09`` of a dataset by month."""
    first_id: int = 0
    last_id: int = 0
    """Where rows belong to orders: between which of them they lie."""


@dataclass(frozen=True, slots=True)
class Journals:
    """Up to which journal the books have been read."""

    last: int = 0
    missing: tuple[tuple[int, int, float], ...] = ()
    """Numbers up to ``last`` that nobody had used when they were looked for, from … to, and when
    that was (seconds since 1970): on PostgreSQL a transaction may still come with them."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """One state of the copy."""

    as_of: datetime
    seqs: Mapping[int, int]
    """The number of the last event of every store that is in it."""
    hashes: Mapping[int, str]
    """The hash of that event: a database that has another one there is not the one copied."""
    calendars: Mapping[int, str]
    """Time zone and start of the day of every store, by which the rows are dated."""
    journals: Journals = field(default_factory=Journals)
    files: Mapping[str, tuple[File, ...]] = field(default_factory=dict)
    layout: int = LAYOUT

    def of(self, dataset: Dataset) -> tuple[File, ...]:
        """The files of a dataset."""
        return self.files.get(dataset.name, ())

    def with_files(self, changed: Mapping[str, Sequence[File]]) -> Manifest:
        """This state with other files of the datasets named."""
        return replace(self, files={**self.files, **{k: tuple(v) for k, v in changed.items()}})


def read(folder: Path) -> Manifest | None:
    """The state of the copy; None where there is none, or none that can be used."""
    try:
        text = (folder / NAME).read_text()
    except FileNotFoundError:
        return None
    except OSError:
        with file_errors(folder / NAME):
            raise
    try:
        told = json.loads(text)
        if told.get("layout") != LAYOUT:
            return None
        return Manifest(
            as_of=datetime.fromisoformat(told["as_of"]),
            seqs={int(store): seq for store, seq in told["seqs"].items()},
            hashes={int(store): digest for store, digest in told["hashes"].items()},
            calendars={int(store): text for store, text in told["calendars"].items()},
            journals=Journals(
                told["journals"]["last"],
                tuple((a, b, since) for a, b, since in told["journals"]["missing"]),
            ),
            files={
                name: tuple(File(**each) for each in files) for name, files in told["files"].items()
            },
        )
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def is_of_another_release(folder: Path) -> bool:
    """Whether a copy lies there in another layout than this release's: :func:`read` takes it for
    none, and the next one who reads figures makes it anew."""
    try:
        told = json.loads((folder / NAME).read_text())
    except (OSError, ValueError):
        return False
    return isinstance(told, dict) and told.get("layout", LAYOUT) != LAYOUT


def write(folder: Path, manifest: Manifest) -> None:
    """Let ``manifest`` be the state of the copy. Its files are on the disk already."""
    told = {
        **{name: getattr(manifest, name) for name in ("layout", "seqs", "hashes", "calendars")},
        "as_of": manifest.as_of.isoformat(),
        "journals": asdict(manifest.journals),
        "files": {name: [asdict(each) for each in files] for name, files in manifest.files.items()},
    }
    with draft_beside(folder / NAME) as draft:
        with file_errors(draft):
            draft.write_text(json.dumps(told, indent=1))
        publish(draft, folder / NAME)


def withdraw(folder: Path) -> None:
    """Let there be no copy: its files stay for whoever still reads them."""
    with file_errors(folder / NAME):
        (folder / NAME).unlink(missing_ok=True)


def keep(folder: Path, dataset: Dataset, rows: pl.DataFrame, month: str = "") -> File:
    """A file of the copy that holds ``rows``, named by its content; on the disk when this ends."""
    place = folder / dataset.name
    with file_errors(place):
        private_folder(folder)
        private_folder(place)
    ids = rows["order_id"] if "order_id" in rows.columns else None
    with draft_beside(place / (month or dataset.name)) as draft:
        write_rows(draft, rows, compression="lz4", row_group_size=_ROWS_AT_ONCE)
        with file_errors(draft):
            digest = _sha256(draft)
        name = f"{dataset.name}/{month or 'all'}-{digest[:_DIGEST]}.parquet"
        size = draft.stat().st_size
        publish(draft, folder / name)
    return File(
        name,
        rows.height,
        size,
        digest,
        month,
        int(ids.min() or 0) if ids is not None else 0,  # type: ignore[arg-type]
        int(ids.max() or 0) if ids is not None else 0,  # type: ignore[arg-type]
    )


def write_rows(file: Path, rows: pl.DataFrame, **how: Any) -> None:
    """Write ``rows`` as Parquet. Raises :class:`StorageFull` and :class:`FileProblem`: Polars
    itself would tell a full disk as an error of computing."""
    told = BytesIO()
    rows.write_parquet(told, **how)
    with file_errors(file):
        file.write_bytes(told.getbuffer())


def is_whole(folder: Path, files: Iterable[File]) -> bool:
    """Whether every file is there in its full length."""
    try:
        return all((folder / each.path).stat().st_size == each.size for each in files)
    except FileNotFoundError:
        return False


def is_sound(folder: Path, file: File) -> bool:
    """Whether a file's content is what was written."""
    try:
        return _sha256(folder / file.path) == file.sha256
    except FileNotFoundError:
        return False


def sweep(folder: Path, manifest: Manifest) -> None:
    """Take away files that are named no more, and what killed programs have left."""
    named = {each.path for files in manifest.files.values() for each in files}
    before = time.time() - STAYS.total_seconds()
    with file_errors(folder):
        for found in folder.glob("*/*"):
            if str(found.relative_to(folder)) in named:
                continue
            # What is not named was either written this moment, or last named at this one's time.
            if found.stat().st_mtime < before:
                found.unlink(missing_ok=True)


def no_longer_named(folder: Path, before: Manifest, after: Manifest) -> None:
    """Note the time on files that only the state ``before`` names: from now on they stay for
    :data:`STAYS`."""
    still = {each.path for files in after.files.values() for each in files}
    for files in before.files.values():
        for each in files:
            if each.path not in still and (folder / each.path).exists():
                os.utime(folder / each.path)


def _sha256(file: Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
