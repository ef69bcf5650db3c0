"""A database that is full, locked, read-only or damaged: one clear line, and nothing is lost."""

from __future__ import annotations

import ctypes
import os
import resource
import shutil
import sqlite3
import subprocess
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from crm_tui.services.upkeep.doctor import diagnose
from tests.command import PATIENCE, arguments, assert_clear, assert_clear_json, crm

ROWS = 3_000
PAGE = 4096


def _sound(file: str | Path) -> bool:
    return all(each.ok for each in diagnose(file))


def _sheet(folder: Path) -> Path:
    file = folder / "customers.csv"
    rows = (f"139{row:08},老板{row}" for row in range(ROWS))
    file.write_text("\n".join(["手机号,昵称", *rows]), "utf-8")
    return file


def _customers(database: str | Path) -> int:
    with closing(sqlite3.connect(database)) as connection:
        (count,) = connection.execute("SELECT count(*) FROM customer").fetchone()
        return int(count)


def _file_limit(most: int) -> Callable[[], None]:
    """No file of the process may grow beyond ``most`` bytes: what a quota does."""

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))

    return limit


def test_no_room_for_an_import_leaves_everything_as_it_was(sqlite_url: str, tmp_path: Path) -> None:
    sheet = _sheet(tmp_path)
    little = _file_limit(Path(sqlite_url).stat().st_size + 10 * PAGE)
    words = ("import", "customers", sheet)

    refused = crm(sqlite_url, *words, before=little)

    assert_clear(refused)
    assert _customers(sqlite_url) == 0 and _sound(sqlite_url)
    assert_clear_json(crm(sqlite_url, *words, "--json", before=little))
    assert crm(sqlite_url, *words, before=_file_limit(2**30)).code == 0
    assert _customers(sqlite_url) == ROWS and _sound(sqlite_url)


def test_no_room_for_a_back_up_leaves_no_file(sqlite_url: str, tmp_path: Path) -> None:
    folder = tmp_path / "copies"
    folder.mkdir()
    words = ("backup", folder / "copy.db")
    assert_clear(crm(sqlite_url, *words, before=_file_limit(20 * PAGE)))
    assert list(folder.iterdir()) == []
    assert crm(sqlite_url, *words).code == 0


@pytest.mark.parametrize("ending", ["xlsx", "csv", "parquet", "json"])
def test_no_room_for_an_export_leaves_no_file(sqlite_url: str, tmp_path: Path, ending: str) -> None:
    crm(sqlite_url, "import", "customers", _sheet(tmp_path))
    folder = tmp_path / "out"
    folder.mkdir()
    words = ("export", "customers", "--to", folder / f"all.{ending}")
    assert_clear(crm(sqlite_url, *words, before=_file_limit(PAGE)))
    assert list(folder.iterdir()) == []


def test_no_room_for_a_restore_leaves_the_database(sqlite_url: str, tmp_path: Path) -> None:
    crm(sqlite_url, "backup", tmp_path / "copy.db")
    crm(sqlite_url, "settings", "set", "store.name", "after")
    words = ("restore", tmp_path / "copy.db")
    assert_clear(crm(sqlite_url, *words, before=_file_limit(20 * PAGE)))
    assert crm(sqlite_url, "settings", "get", "store.name").out == "after\n"
    assert sorted(entry.name for entry in tmp_path.glob("*.part")) == []
    assert crm(sqlite_url, *words).code == 0


ON_A_FULL_DISK = """
set -e
mount -t tmpfs -o size=3m none "$1"
shift
"$@"
"""


def _on_a_small_disk(folder: Path, script: str) -> subprocess.CompletedProcess[str]:
    """Run a shell script where ``folder`` is a disk of 3 MB; skips where that is not allowed."""
    namespace = ["unshare", "--mount", *([] if os.geteuid() == 0 else ["--map-root-user"])]
    if not shutil.which("unshare"):
        pytest.skip("no unshare on this machine")
    probe = [*namespace, "sh", "-c", ON_A_FULL_DISK, "sh", str(folder), "true"]
    if subprocess.run(probe, capture_output=True, check=False).returncode:
        pytest.skip("may not mount a small disk here")
    return subprocess.run(
        [*namespace, "sh", "-c", ON_A_FULL_DISK, "sh", str(folder), "sh", "-c", script],
        capture_output=True,
        encoding="utf-8",
        timeout=PATIENCE,
        check=False,
        env=os.environ | {"CRM_TUI_LANG": "en"},
    )


def test_a_full_disk_is_told_and_the_work_goes_on_when_there_is_room(
    sqlite_url: str, tmp_path: Path
) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    sheet, program = _sheet(tmp_path), " ".join(arguments(disk / "studio.db"))
    ended = _on_a_small_disk(
        disk,
        f"""
        cp {sqlite_url} {disk}/studio.db
        head -c 2200000 /dev/zero > {disk}/ballast
        {program} import customers {sheet} && echo unexpected
        {program} doctor > {tmp_path}/doctor || echo unsound
        rm {disk}/ballast
        {program} settings set store.name onwards
        cp {disk}/studio.db* {tmp_path}/
        """,
    )
    assert ended.stdout.split() == ["onwards"]
    assert ended.stderr.strip() == (
        "The disk is full. Nothing was written; free some space and try again."
    )
    assert _customers(sqlite_url) == 0 and _sound(sqlite_url)


def test_a_locked_database_is_told_in_one_line(sqlite_url: str) -> None:
    words = ("settings", "set", "store.name", "x")
    with closing(sqlite3.connect(sqlite_url, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        refused = crm(sqlite_url, *words, CRM_TUI_BUSY_SECONDS="0.3")
        assert_clear(refused)
        assert "busy" in refused.err
        told = crm(sqlite_url, *words, "--json", CRM_TUI_BUSY_SECONDS="0.3")
        assert assert_clear_json(told)["code"] == "busy"
        assert crm(sqlite_url, "orders", "list", CRM_TUI_BUSY_SECONDS="0.3").code == 0
        other.execute("COMMIT")
    assert crm(sqlite_url, *words, CRM_TUI_BUSY_SECONDS="0.3").code == 0


PR_CAPBSET_DROP, CAP_DAC_OVERRIDE = 24, 1


def _like_anybody() -> None:
    """Let the process be refused what permissions forbid, even where it runs as root."""
    if os.geteuid() == 0:
        ctypes.CDLL(None).prctl(PR_CAPBSET_DROP, CAP_DAC_OVERRIDE, 0, 0, 0)


@pytest.mark.parametrize("what", ["file", "folder"])
def test_a_read_only_database_is_told_in_one_line(
    sqlite_url: str, tmp_path: Path, what: str
) -> None:
    file = Path(sqlite_url)
    crm(file, "settings", "set", "store.name", "before")
    (file if what == "file" else tmp_path).chmod(0o444 if what == "file" else 0o555)
    words = ("settings", "set", "store.name", "x")
    try:
        refused = crm(file, *words, before=_like_anybody)
        told = crm(file, *words, "--json", before=_like_anybody)
    finally:
        tmp_path.chmod(0o755)
        file.chmod(0o644)
    assert_clear(refused)
    assert assert_clear_json(told)["code"] == "storage"
    assert crm(file, "settings", "get", "store.name").out == "before\n"


def _cut(file: Path) -> None:
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])


def _blot(file: Path) -> None:
    content = bytearray(file.read_bytes())
    for page in range(3, len(content) // PAGE):
        content[page * PAGE : page * PAGE + 100] = b"\x5a" * 100
    file.write_bytes(content)


@pytest.mark.parametrize("damage", [_cut, _blot])
def test_a_damaged_database_is_told_by_doctor_and_mended_by_restore(
    sqlite_url: str, tmp_path: Path, damage: Callable[[Path], None]
) -> None:
    assert crm(sqlite_url, "backup", tmp_path / "copy.db").code == 0
    assert crm(sqlite_url, "doctor", "--json").document["ok"] is True
    damage(Path(sqlite_url))

    assert_clear(crm(sqlite_url, "orders", "list"))
    told = crm(sqlite_url, "doctor", "--json")
    assert told.code == 1 and told.document["ok"] is False
    assert "Traceback" not in told.err
    assert_clear(crm(sqlite_url, "backup", tmp_path / "second.db"))

    assert crm(sqlite_url, "restore", tmp_path / "copy.db").code == 0
    assert crm(sqlite_url, "doctor", "--json").document["ok"] is True
