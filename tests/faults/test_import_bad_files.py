"""Files that are not what they should be: one clear sentence, or a reason by row; never more."""

from __future__ import annotations

import tracemalloc
import zipfile
from pathlib import Path
from typing import Any

import pytest

from crm_tui.core.actor import Actor
from crm_tui.core.errors import CrmError, FileProblem, NotFound
from crm_tui.services.imports import actions, files
from crm_tui.services.imports.headers import Entity
from crm_tui.storage.store import Store
from tests.workbooks import csv_file, workbook

HEADERS = ["昵称", "手机", "微信号"]


def customers(store: Store, actor: Actor, path: Path, **options: Any) -> dict[str, Any]:
    with store.write(actor) as work:
        return actions.import_file(work, path, Entity.CUSTOMERS, actions.Options(**options))


def good_book(path: Path, rows: int = 200) -> Path:
    people = [[f"客{at}", 13_800_000_000 + at, f"wx_{at}"] for at in range(rows)]
    return workbook(path, 客户=[HEADERS, *people])


def half(path: Path) -> Path:
    content = good_book(path).read_bytes()
    path.write_bytes(content[: len(content) // 2])
    return path


def flipped(path: Path) -> Path:
    """A workbook with a damaged part: the archive is whole, its content is not."""
    content = bytearray(good_book(path, 2000).read_bytes())
    for at in range(len(content) // 2, len(content) // 2 + 200):
        content[at] ^= 0xFF
    path.write_bytes(content)
    return path


def bomb(path: Path) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        with archive.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as part:
            for _ in range(600):
                part.write(bytes(2**20))
        archive.writestr("[Content_Types].xml", "<Types/>")
    return path


def lying_bomb(path: Path) -> Path:
    """Says that it unpacks to little."""
    content = bomb(path).read_bytes()
    true_size = (600 * 2**20).to_bytes(4, "little")
    assert true_size in content
    path.write_bytes(content.replace(true_size, (1000).to_bytes(4, "little")))
    return path


def far_cell(path: Path) -> Path:
    """Two cells at opposite corners, which span more than memory holds."""
    good = good_book(path)
    with zipfile.ZipFile(good) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    sheet = parts["xl/worksheets/sheet1.xml"]
    far = b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>'
    parts["xl/worksheets/sheet1.xml"] = sheet.replace(b"</sheetData>", far)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return path


def picture(path: Path) -> Path:
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 40)
    return path


def other_archive(path: Path) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("readme.txt", "not a workbook")
    return path


def one_long_line(path: Path) -> Path:
    path.write_bytes(b"a" * (3 * 2**20))
    return path


@pytest.mark.parametrize(
    ("make", "name"),
    [
        (half, "half.xlsx"),
        (flipped, "flipped.xlsx"),
        (bomb, "bomb.xlsx"),
        (lying_bomb, "liar.xlsx"),
        (far_cell, "far.xlsx"),
        (picture, "picture.xlsx"),
        (picture, "picture.csv"),
        (other_archive, "archive.xlsx"),
        (one_long_line, "line.csv"),
    ],
)
def test_a_bad_file_is_one_clear_sentence(
    sqlite_store: Store, manager: Actor, tmp_path: Path, make: Any, name: str
) -> None:
    path = make(tmp_path / name)
    with pytest.raises(FileProblem) as refused:
        customers(sqlite_store, manager, path)
    message = refused.value.message()
    assert message.startswith(name)
    assert "\n" not in message
    with sqlite_store.read() as work:
        from crm_tui.services.customers import lookup

        assert lookup.recent(work, 5) == []


def test_the_good_book_is_good(sqlite_store: Store, manager: Actor, tmp_path: Path) -> None:
    """The control of the test above."""
    assert customers(sqlite_store, manager, good_book(tmp_path / "good.xlsx"))["inserted"] == 200


def test_missing_folder_empty_and_unreadable(
    sqlite_store: Store, manager: Actor, tmp_path: Path
) -> None:
    empty = tmp_path / "empty.csv"
    empty.write_bytes(b"")
    for path in (tmp_path / "missing.xlsx", tmp_path, empty, tmp_path / "notes.pdf"):
        if path.suffix == ".pdf":
            path.write_bytes(b"%PDF-1.4 hello")
        with pytest.raises(FileProblem):
            customers(sqlite_store, manager, path)


def test_an_unknown_sheet_names_those_that_there_are(
    sqlite_store: Store, manager: Actor, tmp_path: Path
) -> None:
    with pytest.raises(NotFound) as refused:
        customers(sqlite_store, manager, good_book(tmp_path / "a.xlsx"), sheet="nix")
    assert refused.value.facts["sheets"] == ["客户"]


def test_a_sheet_without_a_header_says_how_to_name_columns(
    sqlite_store: Store, manager: Actor, tmp_path: Path
) -> None:
    path = workbook(tmp_path / "a.xlsx", x=[["a", "b"], ["c", "d"]])
    with pytest.raises(CrmError, match="--map"):
        customers(sqlite_store, manager, path)


def test_a_csv_that_ends_in_the_middle_of_a_row_loses_that_row_only(
    sqlite_store: Store, manager: Actor, tmp_path: Path
) -> None:
    path = csv_file(tmp_path / "a.csv", [HEADERS, ["安娜", "13800138000", "wx_anna"]], "gb18030")
    path.write_bytes(path.read_bytes() + "贝拉,1380013".encode("gb18030"))
    verdict = customers(sqlite_store, manager, path)
    assert (verdict["inserted"], verdict["rejected"]) == (1, 1)
    assert [(reject["row"], reject["code"]) for reject in verdict["rejects"]] == [(3, "cut_off")]


def test_a_csv_cut_within_a_sign_is_still_utf_8(
    sqlite_store: Store, manager: Actor, tmp_path: Path
) -> None:
    path = csv_file(tmp_path / "a.csv", [HEADERS, ["安娜", "13800138000", "wx_anna"], ["贝拉"]])
    path.write_bytes(path.read_bytes()[:-3])
    verdict = customers(sqlite_store, manager, path)
    assert (verdict["inserted"], verdict["rejected"]) == (1, 1)
    with sqlite_store.read() as work:
        from crm_tui.services.customers import lookup

        assert [hit.nick for hit in lookup.find(work, "安娜")] == ["安娜"]


def test_a_quote_that_never_ends_is_told_with_its_line(
    sqlite_store: Store, manager: Actor, tmp_path: Path
) -> None:
    path = tmp_path / "a.csv"
    rows = "".join(f"客{at},{13_800_000_000 + at},wx_{at}\n" for at in range(20_000))
    path.write_text('昵称,手机,微信号\n安娜,13800138000,"wx_anna\n' + rows, encoding="utf-8")
    with pytest.raises(FileProblem, match="line"):
        customers(sqlite_store, manager, path)


def test_nul_and_hostile_signs_are_stored_harmlessly(
    store: Store, manager: Actor, tmp_path: Path
) -> None:
    nicks = ["\x1b]52;c;eA==\x07", "[/red]x", "\u202egnp.exe", "=cmd()", "a\x00b", "长" * 10_000]
    rows = [[nick, str(13_800_000_000 + at), ""] for at, nick in enumerate(nicks)]
    verdict = customers(store, manager, csv_file(tmp_path / "a.csv", [HEADERS, *rows]))
    assert (verdict["inserted"], verdict["rejected"]) == (len(nicks), 0)


def test_memory_does_not_grow_with_the_rows_of_a_csv(
    sqlite_store: Store, manager: Actor, tmp_path: Path
) -> None:
    def peak(rows: int) -> int:
        path = tmp_path / f"{rows}.csv"
        people = [[f"客{at}", str(13_000_000_000 + at), ""] for at in range(rows)]
        csv_file(path, [HEADERS, *people])
        tracemalloc.start()
        sheet = files.open_book(path).sheets[0]
        assert sum(1 for _row in sheet.rows()) == rows + 1
        _now, highest = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return highest

    assert peak(160_000) < 1.5 * peak(40_000)
