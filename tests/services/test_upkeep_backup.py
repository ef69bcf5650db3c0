"""Back-ups are whole or not there; a restore takes all of a sound one, or changes nothing."""

from __future__ import annotations

import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from queue import SimpleQueue

import pytest

from crm_tui.core.actor import Actor
from crm_tui.core.errors import CrmError, FileProblem, StorageBusy, StorageProblem
from crm_tui.services.settings.actions import set_setting
from crm_tui.services.upkeep.backup import back_up, restore
from crm_tui.services.upkeep.doctor import diagnose
from crm_tui.storage.feed import Changed
from crm_tui.storage.store import Store, dialect_for


def _rename(store: Store, actor: Actor, name: str) -> None:
    with store.write(actor) as work:
        set_setting(work, "store.name", name)


def _name(store: Store) -> str:
    with store.read() as work:
        return str(work.setting("store.name"))


def _sound(target: str | Path) -> bool:
    return all(finding.ok for finding in diagnose(target))


def test_a_restore_brings_back_the_moment_of_the_back_up(
    store: Store, store_url: str, actor: Actor, tmp_path: Path
) -> None:
    _rename(store, actor, "before")
    made = back_up(store, tmp_path / "copy.bak")
    _rename(store, actor, "after")

    restored = restore(dialect_for(store_url), made.file)

    assert _name(store) == "before"
    assert _sound(store_url)
    assert made.bytes == made.file.stat().st_size == restored.bytes
    assert restored.kept is not None
    restore(dialect_for(store_url), restored.kept)
    assert _name(store) == "after"


def test_a_back_up_is_one_private_file(sqlite_store: Store, tmp_path: Path) -> None:
    folder = tmp_path / "copies"
    folder.mkdir()
    made = back_up(sqlite_store, folder / "copy.db")
    assert [entry.name for entry in folder.iterdir()] == ["copy.db"]
    assert stat.S_IMODE(made.file.stat().st_mode) == 0o600
    assert _sound(made.file)


def test_an_older_back_up_is_replaced(sqlite_store: Store, actor: Actor, tmp_path: Path) -> None:
    file = tmp_path / "copy.db"
    back_up(sqlite_store, file)
    _rename(sqlite_store, actor, "later")
    back_up(sqlite_store, file)
    assert _name(Store(dialect_for(file))) == "later"


def test_another_file_is_not_overwritten(
    sqlite_store: Store, sqlite_url: str, tmp_path: Path
) -> None:
    letter = tmp_path / "letter.txt"
    letter.write_text("dear customer")
    for file in (letter, Path(sqlite_url), tmp_path, tmp_path / "no" / "such" / "folder"):
        with pytest.raises(FileProblem):
            back_up(sqlite_store, file)
    assert letter.read_text() == "dear customer"
    assert sorted(entry.name for entry in tmp_path.glob("*.part")) == []


def test_a_database_that_is_not_there_has_no_back_up(tmp_path: Path) -> None:
    with pytest.raises(StorageProblem):
        back_up(Store(dialect_for(tmp_path / "mistyped.db")), tmp_path / "copy.db")
    assert list(tmp_path.iterdir()) == []


def _cut(part: float) -> Callable[[Path], None]:
    def cut(file: Path) -> None:
        file.write_bytes(file.read_bytes()[: int(file.stat().st_size * part)])

    return cut


def _blot(file: Path) -> None:
    """Write over pages in the middle, as a bad disk does."""
    content = bytearray(file.read_bytes())
    for page in range(8, 60):
        content[page * 4096 : page * 4096 + 64] = b"\x5a" * 64
    file.write_bytes(content)


def _foreign(file: Path) -> None:
    file.unlink()
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("CREATE TABLE notes (text)")


def _tampered(file: Path) -> None:
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("DROP TRIGGER event_no_update")
        connection.execute("UPDATE event SET actor = 'nobody'")
        connection.commit()


def _emptied(file: Path) -> None:
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("DROP TABLE alembic_version")


SPOILED: dict[str, Callable[[Path], None]] = {
    "nothing left": _cut(0),
    "cut in the first page": _cut(0.001),
    "cut in half": _cut(0.5),
    "last bytes missing": _cut(0.999),
    "pages overwritten": _blot,
    "another program's": _foreign,
    "a text": lambda file: file.write_text("name,phone\n") and None,
    "log changed": _tampered,
    "not a studio": _emptied,
    "not there": Path.unlink,
}


@pytest.mark.parametrize("spoil", SPOILED)
def test_a_spoiled_back_up_is_refused_and_nothing_changes(
    sqlite_store: Store, sqlite_url: str, actor: Actor, tmp_path: Path, spoil: str
) -> None:
    _rename(sqlite_store, actor, "before")
    file = back_up(sqlite_store, tmp_path / "copy.bak").file
    _rename(sqlite_store, actor, "after")
    SPOILED[spoil](file)
    there = sorted(tmp_path.glob("[!.]*.bak")), sorted(tmp_path.glob("studio*"))

    with pytest.raises(FileProblem) as refused:
        restore(dialect_for(sqlite_url), file)

    assert str(file) in refused.value.message()
    assert _name(sqlite_store) == "after"
    assert (sorted(tmp_path.glob("[!.]*.bak")), sorted(tmp_path.glob("studio*"))) == there
    assert list(tmp_path.glob("*.part")) == []


@pytest.mark.parametrize("part", [0.0, 0.3, 0.7, 0.98])
def test_a_cut_dump_is_refused(
    store: Store, store_url: str, actor: Actor, tmp_path: Path, part: float
) -> None:
    _rename(store, actor, "before")
    file = back_up(store, tmp_path / "copy.bak").file
    _rename(store, actor, "after")
    _cut(part)(file)
    with pytest.raises(FileProblem):
        restore(dialect_for(store_url), file)
    assert _name(store) == "after"


def test_a_damaged_database_is_kept_aside_and_replaced(
    sqlite_store: Store, sqlite_url: str, actor: Actor, tmp_path: Path
) -> None:
    _rename(sqlite_store, actor, "before")
    made = back_up(sqlite_store, tmp_path / "copy.db")
    sqlite_store.close()
    live = Path(sqlite_url)
    _blot(live)
    damaged = live.read_bytes()

    restored = restore(dialect_for(live), made.file)

    assert restored.kept is not None and restored.kept.read_bytes() == damaged
    assert _name(sqlite_store) == "before" and _sound(live)


def test_a_missing_database_is_made_from_the_back_up(
    sqlite_store: Store, actor: Actor, tmp_path: Path
) -> None:
    _rename(sqlite_store, actor, "before")
    made = back_up(sqlite_store, tmp_path / "copy.db")
    anew = tmp_path / "anew.db"
    assert restore(dialect_for(anew), made.file).kept is None
    assert _name(Store(dialect_for(anew))) == "before"


def test_another_programs_database_is_not_replaced(sqlite_store: Store, tmp_path: Path) -> None:
    made = back_up(sqlite_store, tmp_path / "copy.db")
    theirs = tmp_path / "theirs.db"
    theirs.touch()
    _foreign(theirs)
    content = theirs.read_bytes()
    with pytest.raises(StorageProblem):
        restore(dialect_for(theirs), made.file)
    assert theirs.read_bytes() == content


WRITER = """
import sys
from crm_tui.core.actor import Actor
from crm_tui.services.settings.actions import set_setting
from crm_tui.storage.store import open_store

store = open_store(sys.argv[1])
for number in range(int(sys.argv[2])):
    with store.write(Actor("writer")) as work:
        set_setting(work, "store.name", f"name {number}")
    print(number, flush=True)
"""


def test_what_others_commit_meanwhile_is_kept_on_one_side_or_the_other(
    sqlite_store: Store, sqlite_url: str, tmp_path: Path
) -> None:
    made = back_up(sqlite_store, tmp_path / "copy.db")
    with subprocess.Popen(
        [sys.executable, "-c", WRITER, sqlite_url, "20000"],
        stdout=subprocess.PIPE,
        text=True,
    ) as writer:
        assert writer.stdout
        while writer.stdout.readline() != "20\n":
            pass
        restored = restore(dialect_for(sqlite_url), made.file)
        for _ in range(20):
            writer.stdout.readline()
        writer.terminate()
        told = 41 + len(writer.stdout.read().split())

    assert restored.kept is not None
    kept = _changes(restored.kept)
    written = _changes(Path(sqlite_url))
    assert kept >= 21 and told <= kept + written <= told + 1
    assert _sound(sqlite_url) and _sound(restored.kept)


def _changes(file: Path) -> int:
    with closing(sqlite3.connect(file)) as connection:
        (count,) = connection.execute(
            "SELECT count(*) FROM event WHERE actor = 'writer'"
        ).fetchone()
        return int(count)


def test_a_long_write_of_another_process_is_waited_for_in_vain(
    sqlite_store: Store, sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = back_up(sqlite_store, tmp_path / "copy.db")
    monkeypatch.setenv("CRM_TUI_BUSY_SECONDS", "0.1")
    with closing(sqlite3.connect(sqlite_url, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StorageBusy):
            restore(dialect_for(sqlite_url), made.file)
        other.execute("COMMIT")
    assert restore(dialect_for(sqlite_url), made.file).kept is not None


def test_a_feed_tells_that_an_older_moment_was_put_back(
    store: Store, store_url: str, actor: Actor, tmp_path: Path
) -> None:
    made = back_up(store, tmp_path / "copy.bak")
    for name in ("one", "two"):
        _rename(store, actor, name)
    heard: SimpleQueue[Changed] = SimpleQueue()
    feed = store.feed()
    feed.start(heard.put)

    restore(dialect_for(store_url), made.file)
    assert heard.get(timeout=10).replaced

    _rename(store, actor, "onwards")
    assert [event.kind for event in heard.get(timeout=10).events] == ["setting.changed"]
    feed.stop()


def test_postgres_says_which_tool_is_missing(
    postgres: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from crm_tui.storage.copies import postgres as dumps

    monkeypatch.setattr(dumps, "_DEBIAN", tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(CrmError, match="pg_dump"):
        back_up(Store(dialect_for("postgresql://studio@127.0.0.1:1/none")), tmp_path / "copy.bak")
