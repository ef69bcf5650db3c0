"""``fields``, ``tags``, ``customers stance`` and custom values, as people and scripts call them."""

from __future__ import annotations

from pathlib import Path

import pytest

from crm_tui.storage.store import Store
from tests.command import assert_clear, assert_clear_json, crm


@pytest.fixture
def studio(sqlite_store: Store, sqlite_url: str) -> Path:
    """A studio with a customer and a companion."""
    url = Path(sqlite_url)
    crm(url, "customers", "add", "--nick", "小鱼", "--json")
    crm(url, "companions", "add", "--nick", "鹿鹿", "--json")
    return url


def test_a_field_is_defined_filled_changed_and_archived(studio: Path) -> None:
    defined = crm(studio, "fields", "add", "customer", "level", "--kind", "choice", "--choices",
                  "银,金", "--label", "会员", "--json").document["field"]  # fmt: skip
    assert (defined["key"], defined["options"], defined["unique"]) == (
        "level", {"choices": ["银", "金"]}, False,
    )  # fmt: skip
    crm(studio, "customers", "edit", "小鱼", "--field", "level=银", "--json")
    tried = crm(studio, "fields", "edit", "customer", "level", "--kind", "choices",
                "--dry-run", "--json").document  # fmt: skip
    assert (tried["rewritten"], tried["dry_run"]) == (1, True)
    refused = crm(studio, "fields", "edit", "customer", "level", "--choices", "金", "--json")
    error = assert_clear_json(refused)
    assert (error["code"], error["count"]) == ("refused", 1)
    archived = crm(studio, "fields", "archive", "customer", "level", "--json").document
    assert (archived["field"]["archived"], archived["values"]) == (True, 1)
    assert crm(studio, "fields", "list", "--json").document == {"fields": []}
    assert "level" not in crm(studio, "customers", "show", "小鱼", "--json").document["fields"]
    crm(studio, "fields", "archive", "customer", "level", "--restore", "--json")
    shown = crm(studio, "customers", "show", "小鱼", "--json").document["fields"]
    assert shown == {"level": "银"}
    assert_clear(crm(studio, "fields", "add", "game", "x"))
    assert_clear(crm(studio, "fields", "add", "customer", "x", "--kind", "colour"))


def test_orders_and_companions_take_custom_values(studio: Path) -> None:
    crm(studio, "fields", "add", "order", "mood", "--json")
    crm(studio, "fields", "add", "companion", "mic", "--kind", "switch", "--json")
    new = crm(studio, "orders", "new", "--customer", "小鱼", "--game", "王者", "--minutes", 60,
              "--field", "mood=好", "--json").document["order"]  # fmt: skip
    assert new["fields"] == {"mood": "好"}
    edited = crm(studio, "orders", "edit", new["no"], "--field", "mood=差", "--json").document
    assert edited["order"]["fields"] == {"mood": "差"}
    assert_clear(crm(studio, "orders", "edit", new["no"], "--field", "none=1"))
    companion = crm(studio, "companions", "edit", "鹿鹿", "--field", "mic=是", "--note", "夜班",
                    "--json").document["companion"]  # fmt: skip
    assert companion["fields"] == {"mic": True}
    assert crm(studio, "companions", "edit", "鹿鹿").code == 2


def test_tags_are_made_ruled_renamed_merged_and_removed(studio: Path) -> None:
    made = crm(
        studio, "tags", "add", "VIP", "--colour", "red", "--group", "价值", "--json"
    ).document
    assert (made["tag"]["colour"], made["tag"]["customers"]) == ("red", 0)
    ruled = crm(studio, "tags", "add", "鱼", "--rule", "nick:鱼", "--json").document["tag"]
    assert (ruled["rule"], ruled["customers"]) == ("nick:鱼", 1)
    error = assert_clear_json(crm(studio, "customers", "tag", "小鱼", "+鱼", "--json"))
    assert (error["code"], error["reason"]) == ("refused", "rule_set")
    assert_clear(crm(studio, "tags", "edit", "鱼", "--rule", "nowhere:1"))
    crm(studio, "customers", "tag", "小鱼", "+VIP", "--json")
    renamed = crm(studio, "tags", "rename", "VIP", "贵宾", "--json").document["tag"]
    assert (renamed["name"], renamed["customers"]) == ("贵宾", 1)
    found = crm(studio, "customers", "find", "#贵宾", "--json").document["customers"]
    assert [each["nick"] for each in found] == ["小鱼"]
    crm(studio, "tags", "add", "老客", "--json")
    merged = crm(studio, "tags", "merge", "贵宾", "老客", "--json").document
    assert (merged["tag"]["customers"], merged["added"]) == (1, 1)
    tried = crm(studio, "tags", "remove", "老客", "--dry-run", "--json").document
    assert (tried["customers"], tried["dry_run"]) == (1, True)
    crm(studio, "tags", "remove", "老客", "--json")
    listed = crm(studio, "tags", "list", "--json").document["tags"]
    assert [each["name"] for each in listed] == ["鱼"]
    refreshed = crm(studio, "tags", "refresh", "--json").document["tags"]
    assert refreshed == [{"name": "鱼", "added": 0, "removed": 0, "problem": ""}]


def test_a_refused_pair_is_noted_and_refused_with_its_reason(studio: Path) -> None:
    assert_clear(crm(studio, "customers", "stance", "小鱼", "鹿鹿", "refused"))
    assert_clear(crm(studio, "customers", "stance", "小鱼", "鹿鹿", "hated"))
    noted = crm(studio, "customers", "stance", "小鱼", "鹿鹿", "refused", "--reason", "吵架",
                "--json").document["stances"]  # fmt: skip
    assert [(each["companion"], each["stance"], each["reason"]) for each in noted] == [
        ("鹿鹿", "refused", "吵架")
    ]
    error = assert_clear_json(
        crm(studio, "orders", "new", "--customer", "小鱼", "--game", "王者", "--minutes", 60,
            "--companion", "鹿鹿", "--json")
    )  # fmt: skip
    assert (error["code"], error["reason"]) == ("refused", "refused_pair")
    gone = crm(studio, "customers", "stance", "小鱼", "鹿鹿", "none", "--json").document
    assert gone == {"stances": []}
