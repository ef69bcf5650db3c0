"""``money rules`` as scripts use it."""

from __future__ import annotations

import json
from pathlib import Path

from tests.command import crm

STEPS = {
    "share": [
        {"from_fen": 0, "share_bp": 5000},
        {"from_fen": 520000, "share_bp": 6000},
        {"from_fen": 1000000, "share_bp": 7000, "tenure_months": 6},
    ],
    "kinds": {"trial": 5000},
}


def test_a_rule_is_previewed_added_once_and_shown(sqlite_url: str, tmp_path: Path) -> None:
    file = tmp_path / "rule.json"
    file.write_text(json.dumps(STEPS), "utf-8")
    tried = crm(sqlite_url, "money", "rules", "preview", file, "--month", "2026-09", "--json")
    assert tried.document["from"] == "2026-09-01" and tried.document["to"] == "2026-09-30"
    assert (tried.document["orders"], tried.document["studio_fen"]) == (0, 0)
    add = ("money", "rules", "add", file, "--note", "autumn", "--json")
    dry = crm(sqlite_url, *add, "--dry-run")
    assert (dry.document["dry_run"], dry.document["rule"]["version"]) == (True, 2)
    first = crm(sqlite_url, *add, "--key", "autumn-1")
    again = crm(sqlite_url, *add, "--key", "autumn-1")
    assert first.document == again.document and first.document["rule"]["version"] == 2
    shown = crm(sqlite_url, "money", "rules", "show", 2)
    assert "from ¥5,200 60%" in shown.out and "autumn" in shown.out
    listed = crm(sqlite_url, "money", "rules", "list", "--json").document["rules"]
    assert [(rule["version"], rule["in_force"]) for rule in listed] == [(2, True), (1, False)]
    assert listed[0]["definition"]["kinds"] == {"trial": {"share": 5000, "levels": {}}}


def test_what_is_wrong_with_a_rule_is_said_where_it_stands(sqlite_url: str) -> None:
    wrong = crm(sqlite_url, "money", "rules", "add", "-", "--json", typed='{"share": 80.5}')
    assert (wrong.code, wrong.document["error"]["code"]) == (1, "invalid")
    assert wrong.document["error"]["field"] == "share"
    broken = crm(sqlite_url, "money", "rules", "preview", "-", typed='{"share"')
    assert broken.code == 1 and "line 1, column 9" in broken.err
    absent = crm(sqlite_url, "money", "rules", "show", 7, "--json")
    assert absent.document["error"]["code"] == "not_found"
