"""Attachments through kills, full disks and races: whole or not there, and never missing."""

from __future__ import annotations

import hashlib
import os
import resource
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from random import Random

import pytest

from crm_tui.core.clock import FixedClock
from crm_tui.core.errors import FileProblem
from crm_tui.services.attachments import actions, reads
from crm_tui.services.attachments.folder import AttachmentFolder, folder_of
from crm_tui.services.interactions import actions as interactions
from crm_tui.services.interactions import reads as notes
from crm_tui.services.interactions.actions import NewInteraction
from crm_tui.services.upkeep.doctor import diagnose
from crm_tui.storage.store import Store
from tests.command import PATIENCE, assert_clear, assert_clear_json, crm
from tests.desk import Desk, open_desk

LONG = bool(os.environ.get("CRM_TUI_LONG_TESTS"))
KILLS = 100 if LONG else 8
ROUNDS = 200 if LONG else 25
LIMIT = 3_000_000
"""Bytes that no file may grow beyond, as on a disk that is full."""

_KEEP = """
import sys
from pathlib import Path
from crm_tui.services.attachments.folder import AttachmentFolder
folder, source = AttachmentFolder(Path(sys.argv[1])), Path(sys.argv[2])
number = 0
while True:
    number += 1
    source.write_bytes(b"%d" % number + b"x" * 3_000_000)
    print(folder.keep(source, 10_000_000).sha256, flush=True)
"""
_KEEP_CARELESSLY = """
import hashlib, sys
from pathlib import Path
folder = Path(sys.argv[1])
number = 0
while True:
    number += 1
    content = b"%d" % number + b"x" * 3_000_000
    sha256 = hashlib.sha256(content).hexdigest()
    file = folder / sha256[:2] / sha256
    file.parent.mkdir(parents=True, exist_ok=True)
    print(sha256, flush=True)
    with file.open("wb", buffering=0) as stream:
        for start in range(0, len(content), 50):
            stream.write(content[start : start + 50])
"""


def _killed(script: str, folder: Path, source: Path, after: int) -> list[str]:
    """Let ``script`` run until it has said ``after`` lines, kill it; what it said."""
    words = [sys.executable, "-c", script, str(folder), str(source)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        said = [process.stdout.readline().strip() for _ in range(after)]
        process.kill()
        rest, _ = process.communicate(timeout=PATIENCE)
    return said + rest.split()


def _broken(folder: AttachmentFolder, told: list[str]) -> list[str]:
    """Contents that are not what their name says, or were acknowledged and are not there."""
    there = {name for name, _at in folder.contents()}
    torn = [
        name for name in there if hashlib.sha256(folder.path(name).read_bytes()).hexdigest() != name
    ]
    return torn + [name for name in told if name not in there]


@pytest.mark.slow
def test_a_kill_leaves_whole_contents_only(tmp_path: Path) -> None:
    folder, chance = AttachmentFolder(tmp_path / "studio.db.attachments"), Random(3)
    told: list[str] = []
    for _ in range(KILLS):
        told += _killed(_KEEP, folder.root, tmp_path / "source", chance.randint(1, 4))
    assert len(told) >= KILLS
    assert _broken(folder, told) == []


def test_a_content_written_in_place_would_be_noticed(tmp_path: Path) -> None:
    folder = AttachmentFolder(tmp_path / "studio.db.attachments")
    told: list[str] = []
    for _ in range(KILLS):  # one of them comes while a file is being written
        told += _killed(_KEEP_CARELESSLY, folder.root, tmp_path / "source", 2)
        if _broken(folder, told):
            return
    pytest.fail("no kill left anything that was noticed")


@pytest.fixture
def desk(sqlite_store: Store, clock: FixedClock) -> Desk:
    return open_desk(sqlite_store, clock)


def _full() -> None:
    """In the command's process: no file may grow beyond the limit."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (LIMIT, LIMIT))


def test_a_full_disk_leaves_nothing_half_written(
    desk: Desk, sqlite_url: str, tmp_path: Path
) -> None:
    large = tmp_path / "voice.amr"
    large.write_bytes(b"#!AMR\n" + b"x" * (LIMIT + 1))
    words = ("customers", "note", "C1", "a voice message", "--attach", large)
    refused = crm(sqlite_url, *words, before=_full)
    assert_clear(refused)
    assert "The disk is full" in refused.err
    assert assert_clear_json(crm(sqlite_url, *words, "--json", before=_full))["code"] == "disk_full"
    folder = folder_of(desk.store)
    assert [file for file in folder.root.rglob("*") if file.is_file()] == []
    with desk.store.read() as work:
        assert notes.of_customer(work, desk.customer) == []

    assert crm(sqlite_url, *words).code == 0, "goes on when there is room"
    with desk.store.read() as work:
        (row,) = notes.of_customer(work, desk.customer)
    assert folder.has(row.attachments[0].sha256, LIMIT + 7)
    assert all(each.ok for each in diagnose(sqlite_url))


def test_a_back_up_on_a_full_disk_is_not_there(desk: Desk, sqlite_url: str, tmp_path: Path) -> None:
    large = tmp_path / "voice.amr"
    large.write_bytes(b"x" * (LIMIT + 1))
    assert crm(sqlite_url, "customers", "note", "C1", "x", "--attach", large).code == 0
    copy = tmp_path / "copy.db"
    refused = crm(sqlite_url, "backup", copy, before=_full)
    assert_clear(refused)
    assert not copy.exists()
    assert crm(sqlite_url, "backup", copy).code == 0
    assert all(each.ok for each in diagnose(copy))


def test_a_folder_that_can_not_be_written_is_told(
    desk: Desk, sqlite_url: str, tmp_path: Path
) -> None:
    folder_of(desk.store).root.write_text("something else")
    file = tmp_path / "a.txt"
    file.write_text("hello")
    assert_clear(crm(sqlite_url, "customers", "note", "C1", "x", "--attach", file))
    assert crm(sqlite_url, "customers", "note", "C1", "without").code == 0


@pytest.fixture
def shared(store: Store, clock: FixedClock) -> Desk:
    return open_desk(store, clock)


def test_collecting_never_takes_what_is_being_attached(shared: Desk, tmp_path: Path) -> None:
    """Three write notes with the same file, take them away, and collect, in any order.

    A note may be refused because its file has just gone; none may be left without it.
    """
    file = tmp_path / "a.txt"
    file.write_text("the same for all")
    content = hashlib.sha256(file.read_bytes()).hexdigest()
    folder = folder_of(shared.store)

    def work_on(seed: int) -> int:
        chance, noted = Random(seed), 0
        for _turn in range(ROUNDS):
            if chance.random() < 0.4:
                shared.store.perform(shared.actor, lambda work: actions.collect(work, {content}))
                continue
            kept = actions.take_in(shared.store, [file])
            new = NewInteraction(shared.customer, "x", files=kept)
            try:
                mine = shared.store.perform(shared.actor, partial(interactions.note, new=new))
            except FileProblem:
                continue
            noted += 1
            assert folder.has(content, kept[0].size_bytes), "mine refers to it"
            shared.store.perform(
                shared.actor, lambda work, gone=mine: interactions.remove(work, gone).id
            )
        return noted

    with ThreadPoolExecutor(3) as pool:
        assert sum(pool.map(work_on, range(3))) > 0
    with shared.store.read() as work:
        assert reads.missing(work) == []
