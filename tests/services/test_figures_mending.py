"""The copy is read whatever becomes of its files: others sweep them, disks spoil them."""

from __future__ import annotations

import os
from pathlib import Path

import polars as pl
import pytest
from polars.exceptions import ColumnNotFoundError

from crm_tui.core.clock import FixedClock
from crm_tui.core.words import OrderStatus
from crm_tui.services.figures.copy import door, manifest, mending, proof
from crm_tui.services.figures.copy.frames import Frames
from crm_tui.storage.store import Store
from tests.desk import Desk, open_desk


@pytest.fixture
def desk(sqlite_store: Store, clock: FixedClock) -> Desk:
    return open_desk(sqlite_store, clock)


def lines(frames: Frames) -> pl.DataFrame:
    return frames.lines().collect()


def _spoil(folder: Path, dataset: str = "lines") -> None:
    """Other bytes than were written, as many."""
    for file in folder.glob(f"{dataset}/*.parquet"):
        content = bytearray(file.read_bytes())
        content[-200:-100] = bytes(100)
        file.write_bytes(content)


def test_a_file_that_is_spoilt_is_made_anew(desk: Desk) -> None:
    store, folder = desk.store, door.folder_of(desk.store)
    desk.order_in(OrderStatus.COMPLETED)
    with store.read() as work:
        frames = door.frames(work, folder)
    _spoil(folder)
    with pytest.raises(manifest.UNREADABLE):
        lines(frames)
    with store.read() as work:
        assert mending.read(work, frames, lines).height == 1
        assert proof.differences(work, folder) == []
    _spoil(folder)
    desk.order_in(OrderStatus.COMPLETED)
    with store.read() as work:
        assert lines(door.frames(work, folder)).height == 2, "a refresh reads files, too"


@pytest.mark.parametrize("dataset", ["lines", "parts", "history"])
def test_a_spoilt_file_is_named_by_the_proof(desk: Desk, dataset: str) -> None:
    desk.order_in(OrderStatus.COMPLETED)
    folder = door.folder_of(desk.store)
    with desk.store.read() as work:
        door.frames(work, folder)
        _spoil(folder, dataset)
        (found,) = proof.differences(work, folder)
    assert found.startswith(f"{dataset}/")


def test_frames_tell_on_when_others_have_swept_their_files(desk: Desk) -> None:
    store, folder = desk.store, door.folder_of(desk.store)
    desk.order_in(OrderStatus.COMPLETED)
    with store.read() as work:
        frames = door.frames(work, folder)
    for _refresh in range(2):
        desk.order_in(OrderStatus.COMPLETED)
        with store.read() as work:
            door.frames(work, folder)
        for file in folder.glob("*/*.parquet"):
            os.utime(file, (0, 0))  # ten minutes are over
    with pytest.raises(FileNotFoundError):
        lines(frames)
    with store.read() as work:
        assert mending.read(work, frames, lines).height == 3


def test_a_mistake_of_the_program_is_not_hidden(desk: Desk) -> None:
    with desk.store.read() as work:
        frames = door.frames(work, door.folder_of(desk.store))
        with pytest.raises(ColumnNotFoundError):
            mending.read(work, frames, lambda each: each.lines().select("nothing").collect())
