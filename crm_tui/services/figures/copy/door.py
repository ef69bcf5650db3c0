"""The way to the figures' frames: the copy, brought up to date with the database.

One process at a time brings it up to date; the lock is the operating system's and dies with whoever
holds it. What a killed one has left is neither named nor read, and swept away later.
"""

from __future__ import annotations

import fcntl
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

from sqlalchemy import select
from sqlmodel import col

from crm_tui.models import STUDIO, Event, EventHead
from crm_tui.models import Store as StoreRow
from crm_tui.services.figures.copy import changes, manifest
from crm_tui.services.figures.copy.build import Progress, Stopped, build, discard_spool
from crm_tui.services.figures.copy.frames import Frames, last
from crm_tui.services.figures.copy.manifest import Manifest
from crm_tui.services.figures.copy.refresh import refresh
from crm_tui.services.figures.copy.shaping import Calendars
from crm_tui.storage.copies.files import file_errors, private_folder
from crm_tui.storage.store import ReadWork, Store

__all__ = [
    "Frames",
    "Progress",
    "Stopped",
    "calendars_of",
    "folder_of",
    "frames",
    "last",
    "rebuilt",
]

PATIENCE_SECONDS = 2.0
"""How long somebody else is waited for who is bringing a copy up to date that can be used."""
_LOOK_SECONDS = 0.02
_LOCK = ".lock"


def folder_of(store: Store) -> Path:
    """Where this machine's copy of a database lies."""
    return store.dialect.figures


def frames(work: ReadWork, folder: Path, *, progress: Progress | None = None) -> Frames:
    """The copy, brought up to date with what ``work`` sees or with a later moment.

    It is made where there is none that can be used; ``progress`` is told of that. While another
    process brings it up to date for longer than :data:`PATIENCE_SECONDS`, the copy as it was is
    answered: ``as_of`` says from when it is. Raises :class:`Stopped`, :class:`FileProblem`,
    :class:`StorageFull`.
    """
    calendars = calendars_of(work)
    now = _moment(work, calendars)
    state = _usable(work, folder, now)
    if state is None or not _reaches(state, now):
        with _turn(folder, state is not None, progress) as mine:
            state = _usable(work, folder, now)
            if mine and (state is None or not _reaches(state, now)):
                state = _brought_up(work, folder, state, now, calendars, progress)
    assert state is not None
    if dict(state.seqs) == dict(now.seqs):
        state = replace(state, as_of=max(state.as_of, now.as_of))
    return Frames.at(folder, state)


def rebuilt(work: ReadWork, folder: Path, *, progress: Progress | None = None) -> Frames:
    """The copy, made anew whatever is there. Raises as :func:`frames` does."""
    calendars = calendars_of(work)
    with _turn(folder, False, progress):
        now = _moment(work, calendars)
        return Frames.at(folder, _brought_up(work, folder, None, now, calendars, progress))


def state_of(work: ReadWork, folder: Path) -> tuple[Manifest | None, Manifest]:
    """The copy as it is, None where it can't be used, and the moment that ``work`` sees."""
    now = _moment(work, calendars_of(work))
    return _usable(work, folder, now), now


def _brought_up(
    work: ReadWork,
    folder: Path,
    state: Manifest | None,
    now: Manifest,
    calendars: Calendars,
    progress: Progress | None,
) -> Manifest:
    """The copy as of ``now``, and its list written; whoever calls has the turn."""
    discard_spool(folder)
    before = state or manifest.read(folder)
    changed = changes.since(work, state.seqs, now.seqs) if state else None
    after = None
    if state and changed:
        with suppress(*manifest.UNREADABLE):  # what is spoilt is not gone on with
            after = refresh(work, folder, state, now, calendars, changed)
    if after is None:
        after = build(work, folder, now, calendars, progress)
    manifest.write(folder, after)
    if before:
        manifest.no_longer_named(folder, before, after)
    manifest.sweep(folder, after)
    return after


def _usable(work: ReadWork, folder: Path, now: Manifest) -> Manifest | None:
    """The copy's state where it is of this database, dated by the calendars in force, and whole."""
    state = manifest.read(folder)
    if state is None or dict(state.calendars) != dict(now.calendars):
        return None
    if not manifest.is_whole(folder, (each for some in state.files.values() for each in some)):
        return None
    if _is_of(work, state):
        return state
    # Somebody else may have copied what this look at the database is too old to see.
    with work.store.read() as later:
        return state if _is_of(later, state) else None


def _is_of(work: ReadWork, state: Manifest) -> bool:
    """Whether the events are there that were the last when the copy was made."""
    for store_id, seq in state.seqs.items():
        query = select(col(Event.hash)).where(
            col(Event.store_id) == store_id, col(Event.seq) == seq
        )
        if work.session.connection().scalar(query) != state.hashes[store_id]:
            return False
    return True


def _reaches(state: Manifest, now: Manifest) -> bool:
    return all(state.seqs.get(store_id, 0) >= seq for store_id, seq in now.seqs.items())


def calendars_of(work: ReadWork) -> Calendars:
    """The calendar of every store, and of the studio."""
    stores = work.session.connection().execute(select(col(StoreRow.id))).scalars()
    return {store_id: work.calendar(store_id) for store_id in {STUDIO, *stores}}


def _moment(work: ReadWork, calendars: Calendars) -> Manifest:
    """The moment that ``work`` sees, with nothing copied of it."""
    query = select(col(EventHead.store_id), col(EventHead.seq), col(EventHead.hash))
    heads = work.session.connection().execute(query).all()
    return Manifest(
        as_of=work.clock.now(),
        seqs={head.store_id: head.seq for head in heads},
        hashes={head.store_id: head.hash for head in heads},
        calendars={
            store_id: f"{calendar.zone} {calendar.day_start:%H:%M}"
            for store_id, calendar in calendars.items()
        },
    )


@contextmanager
def _turn(folder: Path, usable: bool, progress: Progress | None) -> Iterator[bool]:
    """Be the only one who writes the copy; False where somebody else is, for too long to wait
    when there is a ``usable`` one."""
    with file_errors(folder):
        private_folder(folder)
        lock = (folder / _LOCK).open("w")
    with lock:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not (mine := _locked(lock.fileno())):
            if usable and time.monotonic() > deadline:
                break
            if progress and not progress(0, 1):
                raise Stopped
            time.sleep(_LOOK_SECONDS)
        yield mine


def _locked(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
