"""Text that people typed or sent can't act on the terminal, whichever command shows it."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.command import acting_characters, arguments, crm, on_terminal

HOSTILE = (
    "[VIP]老白",
    "[/red]x",
    "\x1b]52;c;aGVsbG8=\x07夜猫",
    "\x1b[6n北岸",
    "\u202e鱼小\u2066",
    "\x9b31m狐\x85",
    "长" * 10_000,
    '=HYPERLINK("http://x","y")',
)

ALL_IN_ONE = " ".join(text for text in HOSTILE if len(text) < 100)


def _write(file: Path, headers: Sequence[str], rows: Sequence[Sequence[str]]) -> Path:
    with file.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows([headers, *rows])
    return file


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A studio in which every text is hostile: names, notes, tags, reasons, file names."""
    folder = tmp_path_factory.mktemp("hostile")
    database = folder / "studio.db"
    people = [[f"1380013800{row}", text, text, text, text] for row, text in enumerate(HOSTILE)]
    customers = _write(
        folder / "老板\x1b[31m.csv", ["手机号", "昵称", "姓名", "备注", "标签"], people
    )
    helpers = [[f"{row}{text}", f"1390013900{row}", "王者荣耀"] for row, text in enumerate(HOSTILE)]
    companions = _write(folder / "companions.csv", ["陪玩师", "手机号", "擅长游戏"], helpers)
    assert crm(database, "import", "customers", customers).code == 0
    assert crm(database, "import", "companions", companions).code == 0
    for row in (2, 4):
        words = ("--customer", f"1380013800{row}", "--game", "王者荣耀", "--minutes", "60")
        crm(database, "orders", "new", *words, "--note", ALL_IN_ONE)
    offered, cancelled = _orders(database)
    crm(database, "orders", "offer", offered)
    crm(database, "orders", "cancel", cancelled, "--reason", ALL_IN_ONE)
    crm(database, "settings", "set", "store.name", HOSTILE[3])
    _write(folder / "bad.csv", ["手机号", "昵称", *HOSTILE[2:6]], [["1", text] for text in HOSTILE])
    return database


def _orders(database: Path) -> list[str]:
    listed = crm(database, "orders", "list", "--json").document["orders"]
    return [order["no"] for order in listed]


COMMANDS = (
    "customers find 1380013800",
    "customers find 1380013800 --json",
    "customers show 13800138002",
    "customers show 13800138006",
    "companions list",
    "companions show 13900139003",
    "orders list",
    "orders show {order}",
    "orders show {order} --json",
    "dispatch suggest {order}",
    "import list",
    "import customers {folder}/bad.csv --dry-run",
    "import customers {folder}/bad.csv --dry-run --json",
    "import orders {folder}/bad.csv",
    "report companions",
    "settings list",
    "events",
    "export customers --to {folder}/out.csv",
)


@pytest.mark.parametrize("words", COMMANDS)
def test_no_command_lets_it_reach_the_terminal(studio: Path, words: str) -> None:
    order = _orders(studio)[0] if "{order}" in words else ""
    said = words.format(order=order, folder=studio.parent).split()
    code, sent = on_terminal(arguments(studio, *said))
    assert code in (0, 1) and sent
    assert acting_characters(sent) == []
    assert b"Traceback" not in sent


@pytest.mark.parametrize(
    "words", [("orders", "show", ALL_IN_ONE), ("restore", ALL_IN_ONE), ("backup", ALL_IN_ONE)]
)
def test_errors_show_it_harmlessly(studio: Path, words: Sequence[str]) -> None:
    code, sent = on_terminal(arguments(studio, *words))
    assert code == 1
    assert acting_characters(sent) == []


def test_the_name_of_the_database_is_shown_harmlessly(tmp_path: Path) -> None:
    code, sent = on_terminal(arguments(tmp_path / "\x1b[31mno", "doctor"))
    assert code == 1
    assert acting_characters(sent) == []


def test_the_plain_text_would_act(tmp_path: Path) -> None:
    file = tmp_path / "names"
    file.write_text("\n".join(HOSTILE), "utf-8")
    _code, sent = on_terminal(["cat", str(file)])
    assert {"0x1b", "0x7", "0x202e", "0x2066", "0x9b"} <= set(acting_characters(sent))
