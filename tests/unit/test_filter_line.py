"""The filter line: free words, fields, ranges, turned conditions, completion."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from crm_tui.services.filters.rules import Field, FilterSpec, NotANumber, UnknownField


@dataclass(frozen=True)
class Row:
    no: str
    status: tuple[str, ...]
    game: str
    amount: float
    companion: str | None = None


SERVING = Row("O1", ("serving", "服务中"), "王者荣耀", 45, "鹿鹿09")
PENDING = Row("O2", ("pending", "待派单"), "和平精英", 90)
OFFERED = Row("O3", ("offered", "待接单"), "CS2", 60.5, "two words")
ROWS = (SERVING, PENDING, OFFERED)

SPEC: FilterSpec[Row] = FilterSpec(
    (
        Field(
            ("status", "状态"), lambda row: row.status, lambda: ("serving", "pending"), leading=True
        ),
        Field(("game", "游戏"), lambda row: row.game),
        Field(("amount", "金额"), lambda row: row.amount),
        Field(("companion", "陪玩师"), lambda row: row.companion, lambda: ("鹿鹿09", "two words")),
    ),
    lambda row: f"{row.no} {row.game} {row.companion or ''}",
)


def passing(line: str) -> list[str]:
    keep = SPEC.parse(line)
    return [row.no for row in ROWS if keep(row)]


@pytest.mark.parametrize(
    ("line", "numbers"),
    [
        ("", ["O1", "O2", "O3"]),
        ("   ", ["O1", "O2", "O3"]),
        ("王者", ["O1"]),
        ("ＣＳ２", ["O3"]),
        ("cs2 o3", ["O3"]),
        ("cs2 o1", []),
        ("状态:服务中", ["O1"]),
        ("状态：服务中", ["O1"]),
        ("status:serving 游戏:王者", ["O1"]),
        ("status:SERV", ["O1"]),
        ("状态:服务中,待接单", ["O1", "O3"]),
        ("状态:待", ["O2", "O3"]),
        ("状态:接单", []),
        ("-状态:服务中", ["O2", "O3"]),
        ("-cs2", ["O1", "O2"]),
        ("金额:>60", ["O2", "O3"]),
        ("金额:>=60.5", ["O2", "O3"]),
        ("amount:<60.5", ["O1"]),
        ("amount:45", ["O1"]),
        ("amount:50..90", ["O2", "O3"]),
        ("amount:..60", ["O1"]),
        ("amount:61..", ["O2"]),
        ("陪玩师:-", ["O2"]),
        ("-陪玩师:-", ["O1", "O3"]),
        ('陪玩师:"two words"', ["O3"]),
        ('"two w"', ["O3"]),
        ("状态:", ["O1", "O2", "O3"]),
        ("-", ["O1", "O2", "O3"]),
        ("amount:cheap", []),
    ],
)
def test_which_rows_pass(line: str, numbers: list[str]) -> None:
    assert passing(line) == numbers


def test_a_field_that_is_not_there_is_named_with_those_that_are() -> None:
    with pytest.raises(UnknownField) as unknown:
        SPEC.parse("colour:red")
    assert "colour" in unknown.value.message()
    assert "status" in unknown.value.message()


def test_a_comparison_with_a_word_is_refused() -> None:
    with pytest.raises(NotANumber):
        SPEC.parse("amount:>cheap")


@pytest.mark.parametrize(
    ("line", "lines"),
    [
        ("st", ["status:"]),
        ("状", ["status:"]),
        ("cs2 ga", ["cs2 game:"]),
        ("-st", ["-status:"]),
        ("", ["status:", "game:", "amount:", "companion:"]),
        ("status:se", ["status:serving"]),
        ("状态:se", ["状态:serving"]),
        ("status:serving,", ["status:serving,pending"]),
        ("companion:two", ['companion:"two words"']),
        ("colour:r", []),
    ],
)
def test_a_line_completes(line: str, lines: list[str]) -> None:
    assert SPEC.complete(line) == lines


def test_an_empty_filter_is_false() -> None:
    assert not SPEC.parse("")
    assert SPEC.parse("x")
