"""The way to the figures' frames: the copy, brought up to date with the database."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import select
from sqlmodel import col

from crm_tui.models import STUDIO, EventHead
from crm_tui.models import Store as StoreRow
from crm_tui.services.figures.copy import manifest
from crm_tui.services.figures.copy.build import Progress, build
from crm_tui.services.figures.copy.frames import Frames, last
from crm_tui.services.figures.copy.manifest import Manifest
from crm_tui.services.figures.copy.shaping import Calendars
from crm_tui.storage.store import ReadWork, Store

__all__ = ["Frames", "folder_of", "frames", "last"]


def folder_of(store: Store) -> Path:
    """Where this machine's copy of a database lies."""
    return store.dialect.figures


def frames(work: ReadWork, folder: Path, *, progress: Progress | None = None) -> Frames:
    """The copy, brought up to date with what ``work`` sees; made where there is none."""
    calendars = _calendars(work)
    now = _moment(work, calendars)
    state = manifest.read(folder)
    if state is None or (state.seqs, state.hashes, state.calendars) != (
        now.seqs,
        now.hashes,
        now.calendars,
    ):
        state = build(work, folder, now, calendars, progress)
        manifest.write(folder, state)
    return Frames.at(folder, state)


def _calendars(work: ReadWork) -> Calendars:
    """The calendar of every store, and of the studio."""
    stores = work.session.connection().execute(select(col(StoreRow.id))).scalars()
    return {store_id: work.calendar(store_id) for store_id in {STUDIO, *stores}}


def _moment(work: ReadWork, calendars: Calendars) -> Manifest:
    """The moment that ``work`` sees, with nothing copied of it."""
    heads = (
        work.session.connection()
        .execute(select(EventHead.store_id, EventHead.seq, EventHead.hash))
        .all()
    )
    return Manifest(
        as_of=work.clock.now(),
        seqs={head.store_id: head.seq for head in heads},
        hashes={head.store_id: head.hash for head in heads},
        calendars={
            store_id: f"{calendar.zone} {calendar.day_start:%H:%M}"
            for store_id, calendar in calendars.items()
        },
    )
