"""Whatever is wrong with what was asked for: one clear line, never a traceback."""

from __future__ import annotations

import os
import socket
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from time import monotonic

import pytest

from tests.command import assert_clear, assert_clear_json, crm

SHEET = "手机号,昵称\n13800138000,小鱼干\n13900139000,夜猫\n"


def _workbook(file: Path) -> None:
    import xlsxwriter

    with xlsxwriter.Workbook(file) as book:
        sheet = book.add_worksheet("客户")
        for row, line in enumerate(SHEET.splitlines()):
            sheet.write_row(row, 0, line.split(","))


def _missing(file: Path) -> None:
    file.unlink(missing_ok=True)


def _not_a_spreadsheet(file: Path) -> None:
    file.write_bytes(bytes(range(256)) * 40)


def _half(file: Path) -> None:
    _workbook(file)
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])


def _folder(file: Path) -> None:
    file.mkdir()


def _empty(file: Path) -> None:
    file.touch()


BAD_FILES: dict[str, Callable[[Path], None]] = {
    "missing": _missing,
    "not a spreadsheet": _not_a_spreadsheet,
    "half a workbook": _half,
    "a folder": _folder,
    "empty": _empty,
}


@pytest.mark.parametrize("how", BAD_FILES)
def test_a_bad_file_is_refused_with_its_name(sqlite_url: str, tmp_path: Path, how: str) -> None:
    file = tmp_path / "customers.xlsx"
    BAD_FILES[how](file)
    answer = crm(sqlite_url, "import", "customers", file)
    assert_clear(answer)
    assert "customers.xlsx" in answer.err
    assert (
        "customers.xlsx"
        in assert_clear_json(crm(sqlite_url, "import", "book", file, "--json"))["message"]
    )


def test_the_same_file_unspoiled_is_accepted(sqlite_url: str, tmp_path: Path) -> None:
    file = tmp_path / "customers.xlsx"
    _workbook(file)
    assert crm(sqlite_url, "import", "customers", file, "--json").document["inserted"] == 2


def test_a_wrong_sheet_is_named(sqlite_url: str, tmp_path: Path) -> None:
    file = tmp_path / "customers.xlsx"
    _workbook(file)
    answer = crm(sqlite_url, "import", "customers", file, "--sheet", "库存")
    assert_clear(answer)
    assert "库存" in answer.err


def test_a_sheet_of_something_else_is_refused(sqlite_url: str, tmp_path: Path) -> None:
    file = tmp_path / "stock.csv"
    file.write_text("货号,库位,数量\nA1,3-2,17\n", "utf-8")
    assert_clear(crm(sqlite_url, "import", "customers", file))


REFUSED: tuple[tuple[str, str], ...] = (
    ("orders start O0000-1", "not_found"),
    ("customers show nobody", "not_found"),
    ("companions presence nobody idle", "not_found"),
    ("dispatch suggest O0000-1", "not_found"),
    ("import undo nothing", "not_found"),
    ("settings set no.such 1", "not_found"),
    ("settings set store.business_day_start 25:99", "invalid"),
    ("settings set orders.rounding never", "invalid"),
    ("customers add --nick 小鱼 --phone 123", "invalid"),
    ("orders new --customer nobody --game 王者荣耀 --minutes 60", "not_found"),
    ("restore /no/such/file", "file"),
    ("backup /no/such/folder/copy.db", "file"),
)


@pytest.mark.parametrize(("words", "code"), REFUSED)
def test_what_does_not_exist_or_fit_is_refused(sqlite_url: str, words: str, code: str) -> None:
    assert assert_clear_json(crm(sqlite_url, *words.split(), "--json"))["code"] == code


USAGE = (
    "nonsense",
    "orders",
    "orders nonsense",
    "orders show",
    "orders list --limit many",
    "companions presence 1 dancing",
    "--lang klingon init",
)


@pytest.mark.parametrize("words", USAGE)
def test_wrong_usage_is_exit_2(sqlite_url: str, words: str) -> None:
    answer = crm(sqlite_url, *words.split())
    assert answer.code == 2, answer
    assert "Traceback" not in answer.err


@pytest.fixture
def order(sqlite_url: str) -> str:
    """The number of an order that waits."""
    crm(sqlite_url, "customers", "add", "--nick", "小鱼干", "--phone", "13800138000")
    words = ("--customer", "13800138000", "--game", "王者荣耀", "--minutes", "60", "--json")
    no: str = crm(sqlite_url, "orders", "new", *words).document["order"]["no"]
    return no


@pytest.mark.parametrize(
    "verb", ["start", "pause", "resume", "finish", "confirm", "recall", "reopen"]
)
def test_an_illegal_transition_says_what_is_allowed(sqlite_url: str, order: str, verb: str) -> None:
    assert_clear(crm(sqlite_url, "orders", verb, order))
    error = assert_clear_json(crm(sqlite_url, "orders", verb, order, "--json"))
    assert error["code"] == "not_allowed"
    assert error["status"] == "pending"
    assert set(error["allowed"]) == {"offered", "accepted", "cancelled"}


def test_a_key_is_answered_once(sqlite_url: str, order: str) -> None:
    words = ("orders", "cancel", order, "--reason", "changed her mind", "--key", "k1", "--json")
    first, again = crm(sqlite_url, *words), crm(sqlite_url, *words)
    assert first.code == again.code == 0
    assert first.document == again.document
    other = crm(sqlite_url, "orders", "cancel", order, "--reason", "x", "--key", "k1", "--json")
    assert assert_clear_json(other)["code"] == "conflict"


def _foreign(file: Path) -> None:
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("CREATE TABLE notes (text)")


BAD_DATABASES: dict[str, Callable[[Path], None]] = {
    "another program's": _foreign,
    "a text": lambda file: file.write_text("name,phone\n" * 100) and None,
    "a folder": _folder,
}


@pytest.mark.parametrize("how", BAD_DATABASES)
def test_a_database_that_is_not_ours_is_left_alone(tmp_path: Path, how: str) -> None:
    file = tmp_path / "studio.db"
    BAD_DATABASES[how](file)
    content = None if file.is_dir() else file.read_bytes()
    for words in (("orders", "list"), ("backup", tmp_path / "copy.bak")):
        answer = crm(file, *words)
        assert_clear(answer)
        assert "studio.db" in answer.err
    assert assert_clear_json(crm(file, "init", "--json"))["code"] == "storage"
    assert content is None or file.read_bytes() == content


@pytest.mark.parametrize(
    "address",
    ["postgresql://studio@127.0.0.1:1/none", "mysql://localhost/x", "sqlite://"],
)
def test_an_unreachable_address_is_told_within_seconds(address: str) -> None:
    answer = crm(address, "orders", "list")
    assert_clear(answer)


def test_a_server_that_does_not_answer_is_told_within_seconds() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        begun = monotonic()
        port = silent.getsockname()[1]
        assert_clear(crm(f"postgresql://studio@127.0.0.1:{port}/none", "orders", "list"))
        assert monotonic() - begun < 20


def test_a_day_beyond_the_calendar_is_refused_with_its_option(sqlite_url: str) -> None:
    for words in (
        ("report", "revenue", "--by", "hour", "--from", "0001-01-02"),
        ("report", "revenue", "--by", "hour", "--to", "9999-12-31"),
        ("report", "customers", "--at", "0001-01-01"),
        ("orders", "list", "--day", "9999-12-31"),
    ):
        answer = crm(sqlite_url, *words)
        assert_clear(answer)
        assert words[-2] in answer.err and "a day from 1970-01-01 to 9998-12-31" in answer.err
    assert crm(sqlite_url, "report", "revenue", "--by", "hour", "--from", "1970-01-01",
               "--to", "1970-01-01").code == 0  # fmt: skip


def test_a_full_disk_behind_stdout_is_told(sqlite_url: str, tmp_path: Path) -> None:
    def full() -> None:
        os.dup2(os.open("/dev/full", os.O_WRONLY), 1)

    for unbuffered in ("", "1"):  # refused at the end, or where it is written
        for how in ((), ("--json",)):
            answer = crm(
                sqlite_url, "report", "kpi", *how, before=full, PYTHONUNBUFFERED=unbuffered
            )
            assert_clear(answer)
            assert "stdout: no space is left" in answer.err
    assert crm(sqlite_url, "report", "--no-such", before=full).code == 2


def test_a_password_is_never_shown() -> None:
    answer = crm("postgresql://studio:geheim@127.0.0.1:1/none", "orders", "list", "--json")
    assert_clear_json(answer)
    assert "geheim" not in answer.out + answer.err
