"""``import`` and ``export`` as processes: the contract of their documents, and the truth of the
sample workbook where it lies beside the checkout."""

from __future__ import annotations

import json
import os
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.command import assert_clear, assert_clear_json, crm
from tests.workbooks import csv_file, lime_studio

VERDICT = {
    *("batch", "entity", "file", "sheet", "read", "inserted", "updated", "unchanged"),
    *("merged", "skipped", "rejected", "rejects"),
}
SAMPLES = Path(__file__).resolve().parents[3] / "shared" / "samples"
SAMPLE = SAMPLES / "studio-2026-09.xlsx"
COUNTS = ("read", "inserted", "updated", "unchanged", "merged", "skipped", "rejected")


def counts(sheet: dict[str, Any]) -> dict[str, int]:
    return {name: sheet[name] for name in COUNTS if sheet[name]}


def test_a_book_its_list_and_its_undoing(tmp_path: Path) -> None:
    database, path = tmp_path / "x.db", tmp_path / "lime.xlsx"
    truth = lime_studio(path)
    tried = crm(database, "import", "book", path, "--dry-run", "--json").document
    assert tried["batch"] is None
    done = crm(database, "import", "book", path, "--json")
    assert (done.code, done.err) == (0, "")
    book = done.document
    assert all(sheet.keys() >= VERDICT for sheet in book["sheets"])
    assert [counts(sheet) for sheet in tried["sheets"]] == [counts(s) for s in book["sheets"]]
    assert book["sheets"][2]["rejected"] == truth.unknown_customers
    assert book["ignored"] == ["说明"]
    (listed,) = crm(database, "import", "list", "--json").document["batches"]
    assert (listed["batch"], listed["state"]) == (book["batch"], "done")
    undone = crm(database, "import", "undo", book["batch"], "--json").document
    assert undone["kept"] == []
    assert crm(database, "orders", "list", "--json").document["orders"] == []
    assert_clear(crm(database, "import", "undo", book["batch"]))


def test_one_entity_with_its_options(tmp_path: Path) -> None:
    database = tmp_path / "x.db"
    path = csv_file(
        tmp_path / "a.csv", [["甲", "电话"], ["安娜", "13800138000"], ["坏", "1.38E+10"]]
    )
    named = ("import", "customers", path, "--map", "甲=nick", "--json")
    verdict = crm(database, *named, "--key", "k1").document
    assert verdict.keys() >= VERDICT
    assert counts(verdict) == {"read": 2, "inserted": 1, "rejected": 1}
    (reject,) = verdict["rejects"]
    assert {name: reject[name] for name in ("row", "column", "value", "code")} == {
        "row": 3,
        "column": "电话",
        "value": "1.38E+10",
        "code": "phone_damaged",
    }
    assert crm(database, *named, "--key", "k1").document == verdict
    assert counts(crm(database, *named).document) == {"read": 2, "unchanged": 1, "rejected": 1}
    assert crm(database, "import", "customers", path, "--map", "甲").code == 2
    assert_clear_json(crm(database, "import", "customers", path, "--map", "甲=x", "--json"))
    assert_clear_json(crm(database, "import", "customers", path, "--map", "丙=nick", "--json"))


def test_people_read_what_happened(tmp_path: Path) -> None:
    database, path = tmp_path / "x.db", tmp_path / "lime.xlsx"
    lime_studio(path)
    told = crm(database, "import", "book", path)
    assert told.code == 0
    assert "40 new" in told.out and "crm-tui import undo" in told.out
    in_chinese = crm(database, "import", "list", CRM_TUI_LANG="zh")
    assert "lime.xlsx" in in_chinese.out and "批次" in in_chinese.out


@pytest.mark.parametrize("ending", ["xlsx", "csv", "parquet", "json"])
def test_exports_answer_file_and_rows(tmp_path: Path, ending: str) -> None:
    database, path = tmp_path / "x.db", tmp_path / "lime.xlsx"
    lime_studio(path)
    crm(database, "import", "book", path)
    target = tmp_path / f"out.{ending}"
    done = crm(database, "export", "customers", "--to", target, "--filter", "老板1", "--json")
    assert done.document == {"file": str(target), "rows": 11}
    assert target.exists()
    assert_clear(crm(database, "export", "orders", "--to", tmp_path / "nowhere" / "x.csv"))
    assert_clear_json(crm(database, "export", "orders", "--to", tmp_path / "x.doc", "--json"))


@pytest.mark.skipif(
    not SAMPLE.exists() and not os.environ.get("CI"), reason="no samples beside the checkout"
)
def test_the_sample_workbook_gives_its_true_counts(tmp_path: Path) -> None:
    truth = json.loads((SAMPLES / "studio-2026-09.truth.json").read_text(encoding="utf-8"))
    database = tmp_path / "x.db"
    crm(database, "settings", "set", "store.business_day_start", "00:00")
    customers, companions, orders = crm(database, "import", "book", SAMPLE, "--json").document[
        "sheets"
    ]
    expected = truth["customers"]
    assert counts(customers) == {
        "read": expected["rows"],
        "inserted": expected["unique"],
        "merged": expected["duplicates"],
        "rejected": expected["rejected"],
    }
    assert companions["inserted"] == truth["companions"]["unique"]
    assert (orders["read"], orders["rejected"]) == (
        truth["orders"]["rows"],
        truth["orders"]["rejected"],
    )
    listed = crm(database, "orders", "list", "--limit", 5000, "--json").document["orders"]
    states = Counter(order["status"] for order in listed)
    assert states == {
        state: truth["orders"][state] for state in ("completed", "cancelled", "pending", "unpaid")
    }
    period = ("--from", "2026-09-01", "--to", "2026-09-30", "--json")
    revenue = crm(database, "report", "revenue", *period).document
    assert revenue["total"]["orders"] == truth["orders"]["completed"]
    assert revenue["total"]["gross_fen"] == truth["orders"]["gross_fen"]
    assert revenue["total"]["tips_fen"] == truth["orders"]["tips_fen"]
    by_day = {row["at"]: row["gross_fen"] for row in revenue["rows"]}
    assert by_day == truth["daily_gross_fen_calendar_day"]
    books = crm(database, "money", "balances", "--json").document
    standing = {row["account"]: row["balance_fen"] for row in books["balances"]}
    assert books["sum_fen"] == 0
    assert standing["channel"] == truth["orders"]["gross_fen"] + truth["orders"]["tips_fen"]
    theirs = standing["companion_payable"] + standing["revenue"] + standing["tip_revenue"]
    assert theirs == -standing["channel"]
    told = revenue["total"]
    assert told["companion_fen"] == -standing["companion_payable"]
    assert told["studio_fen"] == -standing["revenue"] - standing["tip_revenue"]
    assert crm(database, "doctor", "--json").document["ok"]
    best = crm(database, "report", "companions", *period).document["rows"]
    counted = {row["companion"]: row["orders"] for row in best}
    top = truth["top_companions_by_completed"]
    assert counted.items() >= dict(top).items()
    assert [row["orders"] for row in best[: len(top)]] == [completed for _, completed in top]
    assert sum(row["gross_fen"] for row in best) == truth["orders"]["gross_fen"]
    _, second, _ = crm(database, "report", "funnel", "--json").document["steps"]
    assert second["customers"] == truth["customers_with_2plus_completed"]
    told = crm(database, "report", "customers", "--json").document
    assert sum(told["segments"].values()) == len(told["rows"]) == expected["unique"]
    assert sum(row["orders"] for row in told["rows"]) == truth["orders"]["completed"]
    for trade in ("games", "channels", "cities"):
        rows = crm(database, "report", trade, *period).document["rows"]
        assert sum(row["gross_fen"] for row in rows) == truth["orders"]["gross_fen"]
    again = crm(database, "import", "book", SAMPLE, "--json").document["sheets"]
    assert [(sheet["inserted"], sheet["updated"]) for sheet in again] == [(0, 0)] * 3
    regulars = [order["customer"] for order in listed if order["status"] == "completed"]
    assert (
        sum(count >= 2 for count in Counter(regulars).values())
        == (truth["customers_with_2plus_completed"])
    )
