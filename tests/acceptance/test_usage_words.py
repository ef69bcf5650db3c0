"""Wrong usage and help are told in the language in force, with exit code 2 and 0."""

from __future__ import annotations

import re

import pytest

from tests.command import crm

WRONG = {
    ("orders", "list", "--nope"): "没有选项 --nope",
    ("orders", "list", "--statu", "x"): "没有选项 --statu (是否指 --status)",
    ("orders", "lisst"): "没有命令 lisst (是否指 'list')",
    ("orders", "pay"): "缺少 NO",
    ("orders", "new", "--game", "王者荣耀"): "缺少 --customer",
    ("orders", "show", "a", "b"): "多余的内容：b",
    ("orders", "list", "--limit"): "--limit 需要一个值",
    ("orders", "list", "--limit", "x"): "'--limit'：应为整数",
    ("orders", "list", "--limit", "0"): "'--limit'：应不小于 1",
    ("orders", "list", "--status", "foo"): "'--status'：'foo' 不在可选值之内：'pending'",
    (
        "report",
        "revenue",
        "--from",
        "2026-13-01",
    ): "'--from'：'2026-13-01' 不是日期（如 2026-09-21）",
}
ENGLISH = re.compile(
    r"Usage|Options|Value error|Missing|Invalid|such|Error|Show this|Commands|Arguments|Try "
)


@pytest.mark.parametrize("words", WRONG, ids=" ".join)
def test_wrong_usage_is_told(sqlite_url: str, words: tuple[str, ...]) -> None:
    said = crm(sqlite_url, "--lang", "zh", *words)
    assert said.code == 2
    assert said.out == ""
    assert WRONG[words] in said.err
    assert not ENGLISH.search(said.err.replace("[OPTIONS]", ""))


@pytest.mark.parametrize("words", [(), ("orders",), ("orders", "list")], ids=" ".join)
def test_help_is_told(sqlite_url: str, words: tuple[str, ...]) -> None:
    said = crm(sqlite_url, "--lang", "zh", *words, "--help")
    assert said.code == 0
    assert "用法：" in said.out and "显示此说明并退出。" in said.out
    assert not ENGLISH.search(said.out.replace("[OPTIONS]", ""))
