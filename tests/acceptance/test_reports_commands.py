"""The reports as processes: the contract of their documents, tables for people, refusals."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from tests.command import Answer, crm

REVENUE = {
    *("orders", "gross_fen", "tips_fen", "studio_fen", "companion_fen", "refunds_fen"),
    *("customers", "new_customers"),
}
LEADERBOARD = {
    *("companion", "orders", "minutes", "gross_fen", "share_fen", "tips_fen", "rating"),
    *("ratings", "repurchase_rate", "average_fen", "acceptance_rate"),
}


CUSTOMER = ("customer", "r", "f", "m", "segment", "orders", "spent_fen", "last_order_at")
SEGMENTS = ("高价值", "高潜力", "重点唤醒", "新客", "活跃", "流失", "一般", "潜客")


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small demo studio, made by the command."""
    file = tmp_path_factory.mktemp("demo") / "demo.db"
    made = crm(file, "demo", "--size", "small", "--no-console")
    assert made.code == 0, made.err
    return file


def report(demo: Path, *words: str, **env: str) -> Answer:
    answer = crm(demo, "report", *words, **env)
    assert answer.code == 0, answer.err
    return answer


def test_income_has_the_fields_of_the_contract(demo: Path) -> None:
    document = report(demo, "revenue", "--json").document
    assert set(document) >= {"rows", "total"}
    assert all(set(row) == {"at", *REVENUE} for row in document["rows"])
    assert set(document["total"]) == REVENUE
    assert document["total"]["orders"] == sum(row["orders"] for row in document["rows"])
    assert document["rows"][0]["at"].endswith("-01"), "the month so far"


@pytest.mark.parametrize(
    ("by", "rows", "shape"), [("month", 4, 7), ("week", 10, 8), ("hour", 1464, 22)]
)
def test_every_step_of_a_period_has_its_row(demo: Path, by: str, rows: int, shape: int) -> None:
    words = ("--from", "2026-01-31", "--to", "2026-04-01", "--by", by)
    told = report(demo, "revenue", *words, "--json").document["rows"]
    assert len(told) == rows
    assert {len(row["at"]) for row in told} == {shape}


def test_the_leaderboard_has_the_fields_of_the_contract(demo: Path) -> None:
    rows = report(demo, "companions", "--from", "2020-01-01", "--json").document["rows"]
    assert rows
    assert all(set(row) >= LEADERBOARD for row in rows)
    assert [row["orders"] for row in rows] == sorted((row["orders"] for row in rows), reverse=True)


def test_every_other_report_tells_its_rows(demo: Path) -> None:
    fields = {
        ("games", "--from", "2020-01-01"): {"key", "name", "orders", "gross_fen", "growth"},
        ("games", "--by", "skill", "--from", "2020-01-01"): {"repurchase_rate"},
        ("channels", "--from", "2020-01-01"): {"customers", "conversion"},
        ("cities", "--from", "2020-01-01"): {"new_customers", "average_fen"},
        ("cohorts",): {"cohort", "month", "customers", "size", "rate", "value_fen"},
        ("customers",): {*CUSTOMER},
    }
    for words, wanted in fields.items():
        rows = report(demo, *words, "--json").document["rows"]
        assert rows and all(wanted <= row.keys() for row in rows), words
    document = report(demo, "customers", "--json").document
    assert sum(document["segments"].values()) == len(document["rows"])
    assert {row["segment"] for row in document["rows"]} <= {*document["segments"]} == {*SEGMENTS}
    steps = report(demo, "funnel", "--json").document["steps"]
    assert [step["name"] for step in steps] == ["new", "second", "regular"]
    assert report(demo, "kpi", "--json").document["rows"] == []


def test_an_hour_and_a_level_tell_their_part(demo: Path) -> None:
    ever = ("--from", "2026-01-01", "--json")
    orders = Counter[int]()
    for row in report(demo, "revenue", "--by", "hour", *ever).document["rows"]:
        orders[int(row["at"][11:13])] += row["orders"]
    hour, count = orders.most_common(1)[0]
    told = report(demo, "revenue", "--hour", str(hour), *ever).document
    assert told["total"]["orders"] == count > 0
    assert told["total"]["studio_fen"] is None, "the ledger knows no hour of completion"
    told = {
        row["companion_id"]: row["orders"]
        for row in report(demo, "companions", *ever).document["rows"]
        if row["level"] == "技术"
    }
    rows = report(demo, "companions", "--level", "TECH", *ever).document["rows"]
    assert {row["companion_id"]: row["orders"] for row in rows} == told != {}


def test_figures_go_to_a_file_instead(demo: Path, tmp_path: Path) -> None:
    days = ("--from", "2026-01-01", "--to", "2026-01-03")
    answer = report(demo, "revenue", *days, "--to", str(tmp_path / "days.csv"), "--json")
    assert answer.document == {"file": str(tmp_path / "days.csv"), "rows": 3}
    assert "2026-01-03" in (tmp_path / "days.csv").read_text("utf-8-sig")
    for name, drawn in (("customers", "Customers: "), ("cohorts", "+3: 0")):
        report(demo, name, "--to", str(tmp_path / f"{name}.svg"))
        assert f"<title>{drawn}" in (tmp_path / f"{name}.svg").read_text("utf-8")


def test_a_person_gets_a_table_and_a_chart(demo: Path) -> None:
    for words in (("revenue", "--from", "2026-01-01", "--to", "2026-01-03"), ("companions",)):
        told = report(demo, *words).out
        assert "Income" in told
    assert "⣿" in report(demo, "revenue", "--by", "month").out
    assert "合计" in crm(demo, "--lang", "zh", "report", "revenue").out


def test_a_figure_is_never_cut_short_in_a_narrow_terminal(demo: Path) -> None:
    for words in (("revenue", "--by", "month"), ("companions", "--from", "2020-01-01")):
        assert "…" not in report(demo, *words, COLUMNS="80").out


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("revenue", "--from", "2026-09-30", "--to", "2026-09-01"), 1),
        (("revenue", "--from", "yesterday"), 2),
        (("revenue", "--by", "year"), 2),
        (("revenue", "--to", "yesterday"), 1),
        (("companions", "--kind", "juggling"), 1),
        (("companions", "--game", "chess"), 1),
        (("companions", "--store", "99"), 1),
        (("revenue", "--from", "2999-01-01"), 1),
        (("games", "--level", "chess"), 1),
        (("revenue", "--hour", "24"), 2),
        (("revenue", "--to", "figures.txt"), 1),
    ],
)
def test_what_makes_no_sense_is_refused_in_a_line(
    demo: Path, words: tuple[str, ...], code: int
) -> None:
    answer = crm(demo, "report", *words)
    assert answer.code == code
    assert answer.out == ""
    assert "Traceback" not in answer.err
    if code == 1:
        assert answer.err.count("\n") == 1
        error = json.loads(crm(demo, "report", *words, "--json").out)["error"]
        assert error["code"] in ("invalid", "not_found")
