"""Reading the copy whatever becomes of its files meanwhile.

Frames can outlive their files: another console has brought the copy up to date, and what is no
longer named was swept away; or a disk gives back other bytes than were written. Neither is a reason
to show nothing, while there is the database to make the copy from.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from crm_tui.services.figures.copy import door, manifest
from crm_tui.services.figures.copy.frames import Frames
from crm_tui.storage.store import ReadWork

_Found = TypeVar("_Found")


def read(work: ReadWork, frames: Frames, query: Callable[[Frames], _Found]) -> _Found:
    """What ``query`` finds in ``frames``; where their files can't be read, in the copy as it is
    now, which is made anew if it is the copy that is spoilt.

    Raises what ``query`` raises of a copy that is whole, and as :func:`.door.frames` does.
    """
    try:
        return query(frames)
    except manifest.UNREADABLE:
        folder = door.folder_of(work.store)
        give_up_spoilt(folder)
        return query(door.frames(work, folder))


def give_up_spoilt(folder: Path) -> None:
    """Let the copy be made anew at the next look if a file of it does not hold what was written.
    Reads all of it."""
    state = manifest.read(folder)
    if state is None:
        return
    files = (each for files in state.files.values() for each in files)
    if not all(manifest.is_sound(folder, each) for each in files):
        manifest.withdraw(folder)
