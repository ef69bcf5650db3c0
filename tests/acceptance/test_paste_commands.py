"""``orders paste`` and ``orders new --start``, as scripts run them."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.command import Answer, acting_characters, assert_clear_json, crm

CHAT = "昵称：小鱼干\n电话：13800138000\n游戏：王者\n时长：2小时\n性别：女\n备注：要开麦"


@pytest.fixture
def studio(tmp_path: Path) -> Path:
    """A database with one customer."""
    database = tmp_path / "studio.db"
    added = crm(
        database, "customers", "add", "--nick", "小鱼干", "--phone", "13800138000", "--json"
    )
    assert added.code == 0, added
    return database


def paste(database: Path, text: str, *more: str) -> Answer:
    """``orders paste -`` with ``text`` on stdin."""
    return crm(database, "orders", "paste", "-", *more, typed=text)


def test_a_certain_text_is_taken_once(studio: Path, tmp_path: Path) -> None:
    file = tmp_path / "chat.txt"
    file.write_text(CHAT, encoding="gb18030")
    tried = crm(studio, "orders", "paste", file, "--dry-run", "--json").document
    assert tried["missing"] == [] and tried["dry_run"] and "orders" not in tried
    assert tried["customer"]["matched"]["nick"] == "小鱼干"
    phone = next(each for each in tried["pieces"] if each["part"] == "phone")
    assert phone["value"] == phone["words"] == "138****8000"
    taken = [
        crm(studio, "orders", "paste", file, "--key", "k1", "--json").document["orders"]
        for _again in range(2)
    ]
    assert taken[0] == taken[1]
    assert taken[0][0]["customer"] == "小鱼干" and taken[0][0]["planned_minutes"] == 120
    assert crm(studio, "orders", "list", "--json").document["total"] == 1


def test_what_is_missing_is_said_and_nothing_is_written(studio: Path) -> None:
    for text, missing in (
        ("昵称：小鱼干 游戏：王者 时长：2小时", ["customer"]),
        ("13800138000 王者", ["minutes"]),
    ):
        done = paste(studio, text, "--json")
        assert done.code == 1
        assert f'"{missing[0]}"' in done.out and '"refused"' in done.out
    assert crm(studio, "orders", "list", "--json").document["total"] == 0


def test_a_new_customer_is_added_only_when_told_to(studio: Path) -> None:
    text = "昵称：晚风 微信：wanfeng_99 游戏：lol 时长：1小时"
    assert paste(studio, text).code == 1
    done = paste(studio, text, "--new")
    assert done.code == 0, done
    assert "晚风" in done.out
    named = paste(studio, "lol 1小时", "--customer", "wanfeng_99")
    assert named.code == 0 and "晚风" in named.out


def test_hostile_text_reaches_no_terminal(studio: Path) -> None:
    done = paste(studio, "昵称：坏\x1b[6n\u202e人 游戏：王者 时长：2小时", "--dry-run")
    assert done.code == 0
    assert acting_characters(done.out.encode()) == []


def test_an_order_carries_its_start(studio: Path) -> None:
    base = ("orders", "new", "--customer", "13800138000", "--game", "lol", "--minutes", 60)
    order = crm(studio, *base, "--start", "明晚9点", "--json").document["order"]
    assert "T21:00:00" in order["start_at"]
    assert crm(studio, *base, "--json").document["order"]["start_at"] is None
    refused = assert_clear_json(crm(studio, *base, "--start", "soon", "--json"))
    assert refused["field"] == "start"
