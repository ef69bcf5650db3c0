"""Paths completed while they are typed; several are parted by semicolons."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from crm_tui.widgets.form import Suggestion

MOST = 30
SEPARATOR = ";"


def paths(typed: str) -> tuple[Path, ...]:
    """The files that were typed. Raises ``ValueError`` for one that is not there."""
    named = tuple(_path(part) for part in _parts(typed) if part.strip())
    for path in named:
        if not path.is_file():
            raise ValueError(typed)
    return named


def suggest(typed: str) -> Sequence[Suggestion]:
    """What the last path may go on with: folders first, to be gone into."""
    *before, last = _parts(typed)
    folder, begun = os.path.split(last.strip())
    lead = "".join(f"{part.strip()}{SEPARATOR} " for part in before)
    found = []
    for entry in _entries(_path(folder or "."), begun):
        text = lead + last.strip().removesuffix(begun) + entry.name
        if entry.is_dir():
            found.append(Suggestion(text + os.sep, None, entry.name + os.sep, goes_on=True))
        else:
            key = (*(_path(part) for part in before), Path(entry.path))
            found.append(Suggestion(text, key, entry.name))
        if len(found) == MOST:
            break
    return found


def _entries(folder: Path, begun: str) -> Iterator[os.DirEntry[str]]:
    """What lies in ``folder`` and begins so, folders first; nothing where it can't be read."""
    try:
        with os.scandir(folder) as listed:
            entries = [
                entry
                for entry in listed
                if entry.name.casefold().startswith(begun.casefold())
                and (begun.startswith(".") or not entry.name.startswith("."))
            ]
    except OSError:
        return
    yield from sorted(entries, key=lambda entry: (not entry.is_dir(), entry.name))


def _parts(typed: str) -> list[str]:
    return typed.replace("\uff1b", SEPARATOR).split(SEPARATOR)


def _path(text: str) -> Path:
    return Path(text.strip()).expanduser()
