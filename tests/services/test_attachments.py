"""The folder of attachments: once by content, whole or not at all, and no name becomes a path."""

from __future__ import annotations

import os
import stat
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pytest

from crm_tui.core.clock import FixedClock
from crm_tui.core.errors import FileProblem, NotFound
from crm_tui.services.attachments import actions, reads
from crm_tui.services.attachments.folder import (
    MEGABYTE,
    AttachmentFolder,
    KeptFile,
    folder_of,
    harmless_name,
    media_type,
)
from crm_tui.services.interactions import actions as interactions
from crm_tui.services.interactions.actions import NewInteraction
from crm_tui.services.settings.actions import set_setting
from crm_tui.services.upkeep.backup import back_up, restore
from crm_tui.services.upkeep.doctor import findings
from crm_tui.storage.dialect import attachments_beside
from crm_tui.storage.store import Store, dialect_for
from tests.desk import MANAGER, Desk, open_desk


@pytest.fixture
def desk(store: Store, clock: FixedClock) -> Desk:
    return open_desk(store, clock)


@pytest.fixture
def folder(tmp_path: Path) -> AttachmentFolder:
    return AttachmentFolder(tmp_path / "studio.db.attachments")


def file_of(tmp_path: Path, content: bytes = b"hello", name: str = "a.txt") -> Path:
    file = tmp_path / name
    file.write_bytes(content)
    return file


def note(desk: Desk, *files: Path, customer: int | None = None) -> int:
    kept = actions.take_in(desk.store, files)
    new = NewInteraction(customer or desk.customer, "with files", files=kept)
    noted: int = desk.do(interactions.note, new)
    return noted


def attached(desk: Desk, noted: int) -> tuple[reads.AttachmentRow, ...]:
    with desk.store.read() as work:
        return reads.of_interactions(work, [noted])[noted]


def let_be_old(folder: AttachmentFolder, content: str) -> None:
    then = datetime(2026, 1, 1, tzinfo=UTC).timestamp()
    os.utime(folder.path(content), (then, then))


def all_files(folder: AttachmentFolder) -> list[str]:
    return sorted(file.name for file in folder.root.rglob("*") if file.is_file())


def test_a_content_is_kept_once_and_for_its_owner_only(
    folder: AttachmentFolder, tmp_path: Path
) -> None:
    first = folder.keep(file_of(tmp_path, name="a.txt"), MEGABYTE)
    second = folder.keep(file_of(tmp_path, name="b.txt"), MEGABYTE)
    assert (first.sha256, first.size_bytes) == (second.sha256, 5)
    assert (first.name, second.name) == ("a.txt", "b.txt")
    assert all_files(folder) == [first.sha256]
    stored = folder.path(first.sha256)
    assert stored.parent.name == first.sha256[:2]
    assert stat.S_IMODE(stored.stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.root.stat().st_mode) == 0o700


def test_a_shortened_content_is_mended_by_the_next_who_brings_it(
    folder: AttachmentFolder, tmp_path: Path
) -> None:
    kept = folder.keep(file_of(tmp_path), MEGABYTE)
    folder.path(kept.sha256).write_bytes(b"he")
    assert not folder.has(kept.sha256, 5)
    folder.keep(file_of(tmp_path), MEGABYTE)
    assert folder.has(kept.sha256, 5)


def test_what_can_not_be_attached_says_why(folder: AttachmentFolder, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    large = file_of(tmp_path, b"x" * (MEGABYTE + 1), "large.bin")
    for source, why in (
        (tmp_path / "none.png", "no such file"),
        (tmp_path, "no file that can be attached"),
        (pipe, "no file that can be attached"),
        (Path("/dev/zero"), "no file that can be attached"),
        (large, "larger than 1 MB"),
    ):
        with pytest.raises(FileProblem, match=why):
            folder.keep(source, MEGABYTE)
    assert all_files(folder) == []


def test_the_limit_is_a_setting(desk: Desk, tmp_path: Path) -> None:
    large = file_of(tmp_path, b"x" * (MEGABYTE + 1), "large.bin")
    note(desk, large)
    with desk.store.write(MANAGER) as work:
        set_setting(work, "attachments.largest_mb", "1")
    with pytest.raises(FileProblem, match=r"attachments\.largest_mb"):
        note(desk, large)


@pytest.mark.parametrize(
    "name", ["..\\..\\evil", "a\x1b[6n.png", "\u202egnp.exe", "ns\n.txt", "夜" * 60, "-rf"]
)
def test_a_hostile_name_is_data_and_never_a_path(desk: Desk, tmp_path: Path, name: str) -> None:
    noted = note(desk, file_of(tmp_path, name=name))
    (row,) = attached(desk, noted)
    assert row.name == name
    out = tmp_path / "out"
    out.mkdir()
    with desk.store.read() as work:
        _row, saved = actions.give_out(work, row.id, out)
    assert saved.parent == out and saved.read_bytes() == b"hello"
    assert not set(saved.name) & set("\x1b\u202e\n/\\")


def test_a_name_of_broken_bytes_can_be_stored(desk: Desk, tmp_path: Path) -> None:
    odd = file_of(tmp_path, name=os.fsdecode(b"\xff\xfe.txt"))
    noted = note(desk, odd)
    assert attached(desk, noted)[0].name == "\ufffd\ufffd.txt"


def test_names_that_came_from_elsewhere_are_made_harmless() -> None:
    assert harmless_name("../../.ssh/authorized_keys") == "authorized_keys"
    assert harmless_name("...") == harmless_name("") == "attachment"
    assert len(os.fsencode(harmless_name("夜" * 1000))) < 255


@pytest.mark.parametrize("name", ["../secret", "ab", "A" * 64, "0" * 63 + "/", ""])
def test_only_a_hash_leads_into_the_folder(folder: AttachmentFolder, name: str) -> None:
    with pytest.raises(FileProblem):
        folder.path(name)


def test_the_kind_is_told_by_the_content_then_by_the_name() -> None:
    assert media_type("x.txt", b"\x89PNG\r\n\x1a\n....") == "image/png"
    assert media_type("x", b"RIFF\x00\x00\x00\x00WEBPVP8 ") == "image/webp"
    assert media_type("chat.txt", b"hello") == "text/plain"
    assert media_type("chat", b"hello") == "application/octet-stream"


def test_what_is_given_out_is_proved_and_overwrites_nothing(desk: Desk, tmp_path: Path) -> None:
    (row,) = attached(desk, note(desk, file_of(tmp_path)))
    target = tmp_path / "out.txt"
    with desk.store.read() as work:
        actions.give_out(work, row.id, target)
        assert target.read_bytes() == b"hello"
        with pytest.raises(FileProblem, match="already"):
            actions.give_out(work, row.id, target)
        folder_of(desk.store).path(row.sha256).write_bytes(b"HELLO")
        with pytest.raises(FileProblem, match="damaged"):
            actions.give_out(work, row.id, tmp_path / "second.txt")
        folder_of(desk.store).discard(row.sha256)
        with pytest.raises(FileProblem, match="no such file"):
            actions.give_out(work, row.id, tmp_path / "second.txt")
        with pytest.raises(NotFound):
            actions.give_out(work, 999, tmp_path / "second.txt")
    assert not (tmp_path / "second.txt").exists()


def test_a_content_goes_with_its_last_reference(desk: Desk, tmp_path: Path) -> None:
    folder = folder_of(desk.store)
    first = note(desk, file_of(tmp_path))
    second = note(desk, file_of(tmp_path))
    (row,) = attached(desk, first)
    for noted, left in ((first, 1), (second, 0)):
        desk.do(interactions.remove, noted)
        desk.do(actions.collect, {row.sha256})
        assert len(all_files(folder)) == left


def test_what_nothing_needs_is_collected_after_a_day(desk: Desk, tmp_path: Path) -> None:
    folder = folder_of(desk.store)
    needed = attached(desk, note(desk, file_of(tmp_path, b"needed")))[0].sha256
    fresh, old = actions.take_in(
        desk.store, [file_of(tmp_path, b"fresh", "f"), file_of(tmp_path, b"old", "o")]
    )
    killed = folder.root / ".incoming.x.part"
    killed.write_bytes(b"half")
    os.utime(killed, (0, 0))
    now = desk.clock.now().timestamp()
    os.utime(folder.path(fresh.sha256), (now, now))
    for content in (needed, old.sha256):
        let_be_old(folder, content)
    (told,) = [each for each in findings(desk.store) if each.name == "attachments.unneeded"]
    assert told.ok and told.detail.startswith("2 files")
    assert desk.do(actions.collect) == 1
    assert all_files(folder) == sorted([needed, fresh.sha256])
    desk.wait(60 * 24 + 1)
    assert desk.do(actions.collect) == 1
    assert all_files(folder) == [needed]


def test_a_removed_note_keeps_its_file_for_the_undo(desk: Desk, tmp_path: Path) -> None:
    noted = note(desk, file_of(tmp_path))
    (row,) = attached(desk, noted)
    let_be_old(folder_of(desk.store), row.sha256)
    was = desk.do(interactions.remove, noted)
    desk.clock.instant = datetime.now(UTC)
    assert desk.do(actions.collect) == 0, "removed just now"
    desk.do(interactions.restore, was)
    assert attached(desk, noted) == (row,)


def test_the_doctor_misses_a_file(desk: Desk, tmp_path: Path) -> None:
    (row,) = attached(desk, note(desk, file_of(tmp_path)))
    assert all(each.ok for each in findings(desk.store))
    folder_of(desk.store).path(row.sha256).write_bytes(b"he")
    wrong = [each for each in findings(desk.store) if not each.ok]
    assert [each.name for each in wrong] == ["attachments.files"]
    assert wrong[0].detail.endswith(f": {row.id}")


def test_a_back_up_has_the_files_beside_it(desk: Desk, tmp_path: Path) -> None:
    (row,) = attached(desk, note(desk, file_of(tmp_path)))
    old = file_of(tmp_path, b"old", "old")
    earlier = note(desk, old)
    copies = tmp_path / "copies"
    copies.mkdir()
    made = back_up(desk.store, copies / "copy.bak")
    assert made.attachments == 2
    desk.do(interactions.remove, earlier)
    desk.do(actions.collect, {sha256(b"old").hexdigest()})
    made = back_up(desk.store, copies / "copy.bak")
    beside = AttachmentFolder(attachments_beside(made.file))
    assert all_files(beside) == [row.sha256], "what is gone is gone from the next back-up"

    folder = folder_of(desk.store)
    folder.discard(row.sha256)
    later = attached(desk, note(desk, file_of(tmp_path, b"later", "later")))[0]
    restored = restore(desk.store.dialect, made.file)
    assert (restored.attachments, restored.missing) == (1, 0)
    assert folder.has(row.sha256, row.size_bytes)
    assert restored.kept is not None
    kept = AttachmentFolder(attachments_beside(restored.kept))
    assert kept.has(later.sha256, later.size_bytes), "what was there is kept with its files"
    assert all(each.ok for each in findings(desk.store))


def test_a_restore_says_what_its_back_up_lacks(desk: Desk, tmp_path: Path) -> None:
    (row,) = attached(desk, note(desk, file_of(tmp_path)))
    made = back_up(desk.store, tmp_path / "copy.bak")
    AttachmentFolder(attachments_beside(made.file)).discard(row.sha256)
    folder_of(desk.store).discard(row.sha256)
    assert restore(desk.store.dialect, made.file).missing == 1


def test_two_databases_in_one_folder_have_files_of_their_own(tmp_path: Path) -> None:
    first, second = (dialect_for(tmp_path / name).attachments for name in ("a.db", "b.db"))
    assert first.parent == second.parent == tmp_path
    assert first != second
    names = [
        dialect_for(f"postgresql://{where}/studio").attachments.name
        for where in ("ann:secret@one", "two", "two:6000", "[::1]")
    ]
    assert len(set(names)) == 4
    assert names[0] == "studio@one.attachments", "never a password"
    assert not any("/" in name for name in names)


def test_a_content_that_is_being_attached_is_not_collected(desk: Desk, tmp_path: Path) -> None:
    """The row and the collector wait for one another: whichever is second sees the first."""
    (kept,) = actions.take_in(desk.store, [file_of(tmp_path)])
    desk.do(actions.collect, {kept.sha256})
    with pytest.raises(FileProblem):
        desk.do(interactions.note, NewInteraction(desk.customer, "x", files=(kept,)))
    assert isinstance(kept, KeptFile)
    noted = note(desk, file_of(tmp_path))
    assert desk.do(actions.collect, {kept.sha256}) == 0
    assert attached(desk, noted)
    assert timedelta() < actions.STAYS
