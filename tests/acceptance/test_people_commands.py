"""``customers`` and ``companions`` as people and scripts call them."""

from __future__ import annotations

from pathlib import Path

import pytest

from crm_tui.core.actor import Actor
from crm_tui.core.words import IdentityKind
from crm_tui.services.customers import actions
from crm_tui.services.customers.rules import NewCustomer
from crm_tui.storage.store import Store
from tests.command import Answer, assert_clear, assert_clear_json, crm

FOUND_KEYS = {
    "id",
    "no",
    "nick",
    "name",
    "phone",
    "wechat",
    "tags",
    "tier",
    "orders",
    "last_order_at",
}
COMPANION_KEYS = {
    "id",
    "nick",
    "presence",
    "level",
    "rate_fen",
    "share_bp",
    "games",
    "rating",
    "today_orders",
}


REFUSALS = (
    (("show", "nobody"), "not_found"),
    (("add", "--nick", "x", "--phone", "1.38E+10"), "invalid"),
    (("add", "--nick", "x", "--phone", "13800138000"), "duplicate"),
    (("edit", "C000001", "--identity", "fax=1"), "invalid"),
    (("edit", "C000001", "--field", "none=1"), "not_found"),
    (("tag", "C000001", "+a", "--colour", "pink"), "invalid"),
)


@pytest.fixture
def studio(sqlite_store: Store, sqlite_url: str, actor: Actor) -> Path:
    """A studio with one customer."""
    identities = {IdentityKind.PHONE: "+86 138-0013-8000", IdentityKind.WECHAT: "wxid_AbC"}
    with sqlite_store.write(actor) as work:
        actions.add(work, NewCustomer("[VIP]老白", "曾小贤", identities, tags=("大客户",)))
    return Path(sqlite_url)


def test_a_customer_goes_from_add_to_find_show_edit_tag(studio: Path) -> None:
    found = crm(studio, "customers", "find", "cxx", "8000", "--json").document
    assert found["query"] == "cxx 8000" and found["took_ms"] >= 0
    (customer,) = found["customers"]
    assert customer.keys() >= FOUND_KEYS
    assert (customer["nick"], customer["phone"]) == ("[VIP]老白", "138****8000")
    assert (customer["matched"], customer["tier"]) == ("initials", "潜客")
    assert {"part": "name", "start": 0, "end": 3} in customer["marks"]
    assert {"part": "phone", "start": 7, "end": 11} in customer["marks"]
    edited = crm(studio, "customers", "edit", "13800138000", "--nick", "北岸", "--minor",
                 "--identity", "qq=1234567", "--json").document  # fmt: skip
    assert (edited["nick"], edited["minor"], edited["version"]) == ("北岸", True, 2)
    tagged = crm(studio, "customers", "tag", "wxid_abc", "+夜猫子", "-大客户", "--colour", "red",
                 "--json").document  # fmt: skip
    assert tagged["tags"] == [{"name": "夜猫子", "group": "", "colour": "red", "rule": ""}]
    shown = crm(studio, "customers", "show", "1234567", "--limit", "5", "--json")
    assert shown.document == tagged
    assert "13800138000" not in shown.out


def test_show_answers_the_whole_person(studio: Path) -> None:
    shown = crm(studio, "customers", "show", "C000001", "--json").document
    assert shown.keys() >= {
        "id", "no", "nick", "identities", "tags", "fields", "owner", "tier", "scores", "stats",
        "balance", "favourites", "preferred", "refused", "open_orders", "history", "payments",
        "interactions", "tasks", "complaints",
    }  # fmt: skip
    assert (shown["tier"], shown["scores"]) == ("潜客", {"r": None, "f": None, "m": None})
    assert shown["balance"].keys() == {
        "paid_fen", "tips_fen", "refunded_fen", "owed_fen", "overpaid_fen",
    }  # fmt: skip


def test_a_repeated_key_adds_nobody_twice(studio: Path) -> None:
    words = ("customers", "add", "--nick", "小鱼干", "--key", "k", "--json")
    first, again = crm(studio, *words), crm(studio, *words)
    assert first.document == again.document
    other = crm(studio, "customers", "add", "--nick", "别人", "--key", "k", "--json")
    assert assert_clear_json(other)["code"] == "conflict"
    assert len(crm(studio, "customers", "find", "小鱼干", "--json").document["customers"]) == 1


def test_a_dry_run_keeps_nothing(studio: Path) -> None:
    dry = crm(studio, "customers", "add", "--nick", "小鱼干", "--dry-run", "--json")
    assert dry.document["nick"] == "小鱼干" and dry.document["dry_run"] is True
    assert crm(studio, "customers", "find", "小鱼干", "--json").document["customers"] == []


def test_what_can_not_be_is_refused_in_one_line(studio: Path) -> None:
    for words, code in REFUSALS:
        refused = crm(studio, "customers", *words, "--json")
        assert assert_clear_json(refused)["code"] == code
    assert_clear(crm(studio, "customers", *REFUSALS[2][0]))


def test_wrong_usage_is_code_two(studio: Path) -> None:
    for words in (("edit", "C000001"), ("tag", "C000001", "a"), ("add",)):
        answer = crm(studio, "customers", *words)
        assert answer.code == 2 and "Traceback" not in answer.err


def test_people_read_tables_in_both_languages(studio: Path) -> None:
    english = crm(studio, "customers", "find", "laobai")
    chinese = crm(studio, "customers", "find", "laobai", CRM_TUI_LANG="zh")
    assert "[VIP]老白" in english.out and "Nickname" in english.out
    assert "[VIP]老白" in chinese.out and "昵称" in chinese.out
    assert "138****8000" in english.out and "13800138000" not in english.out
    assert "Pinyin" in english.out and "拼音" in chinese.out, "what they were found by"
    page = crm(studio, "customers", "show", "C000001", CRM_TUI_LANG="zh").out
    assert "微信 wxid_AbC" in page and "#大客户" in page
    assert crm(studio, "customers", "find", "nobody").out.strip() == "Nobody fits."


def companions(studio: Path, *words: str) -> Answer:
    return crm(studio, "companions", *words, "--json")


def test_a_companion_is_added_and_comes_on_line(studio: Path) -> None:
    given = ("--nick", "鹿鹿09", "--phone", "13900000009", "--level", "大神", "--key", "c1")
    added = companions(studio, "add", *given, "--game", "王者=至尊星耀", "--game", "lol")
    companion = added.document["companion"]
    assert companion.keys() >= COMPANION_KEYS
    assert companion["games"] == [
        {"game": "王者荣耀", "rank": "至尊星耀"},
        {"game": "英雄联盟", "rank": ""},
    ]
    assert (
        companions(studio, "presence", "鹿鹿09", "idle").document["companion"]["presence"] == "idle"
    )
    listed = companions(studio, "list", "--presence", "idle", "--game", "王者").document
    assert [each["nick"] for each in listed["companions"]] == ["鹿鹿09"]
    assert companions(studio, "list", "--presence", "serving").document == {"companions": []}
    assert companions(studio, "show", "p0001").document["companion"]["phone"] == "139****0009"
    assert "空闲" in crm(studio, "companions", "list", CRM_TUI_LANG="zh").out
    refused = companions(studio, "presence", "鹿鹿09", "serving")
    assert assert_clear_json(refused)["code"] == "invalid"
    assert assert_clear_json(companions(studio, "show", "x"))["code"] == "not_found"
    assert companions(studio, "presence", "鹿鹿09", "asleep").code == 2


def test_a_schedule_and_a_credit_by_command(studio: Path) -> None:
    companions(studio, "add", "--nick", "鹿鹿09", "--game", "王者")
    week = ("schedule", "鹿鹿09", "--week", "周一至周五 18:00-02:00；周六日全天", "--key", "s1")
    planned = companions(studio, *week).document
    assert planned["week"] == "Mon-Fri 18:00-02:00; Sat,Sun 00:00-24:00"
    assert companions(studio, *week).document == planned, "the same key"
    day = ("schedule", "鹿鹿09", "--day", "2026-10-01", "--hours", "off", "--reason", "国庆")
    assert companions(studio, *day, "--dry-run").document["dry_run"] is True
    assert companions(studio, "schedule", "鹿鹿09").document == planned
    far = companions(studio, *day[:3], "2099-10-01", *day[4:]).document
    assert far["days"] == [], "beyond what is shown"
    assert_clear_json(companions(studio, "schedule", "鹿鹿09", "--week", "always"))
    assert companions(studio, "schedule", "鹿鹿09", "--day", "tomorrow").code == 2
    credit = companions(studio, "credit", "鹿鹿09", "--points", "-7", "--reason", "迟到").document
    assert (credit["companion"]["credit"], credit["moved"]) == (93, -7)
    assert credit["entries"][0].items() >= {"cause": "correction", "points": -7}.items()
    shown = crm(studio, "companions", "credit", "鹿鹿09", CRM_TUI_LANG="zh").out
    assert "93" in shown and "手工更正" in shown
    listed = companions(studio, "list", "--filter", "credit:<95").document["companions"]
    assert [each["credit"] for each in listed] == [93]
    left = companions(studio, "edit", "鹿鹿09", "--retired").document["companion"]
    assert left["active"] is False
    assert companions(studio, "day", "鹿鹿09").document["earned_fen"] == 0
