"""One record a person by commands: found, merged with a dry run, taken back, judged."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.command import Answer, assert_clear_json, crm


@pytest.fixture
def studio(tmp_path: Path) -> Iterator[Path]:
    file = tmp_path / "studio.db"
    first = ("--nick", "小鱼干12", "--name", "曾小贤", "--phone", "13800138000", "--city", "杭州")
    crm(file, "customers", "add", *first)
    yield file


def add_again(studio: Path, *more: str) -> Answer:
    again = ("--nick", "小鱼干", "--name", "曾小贤", "--phone", "13800138001", "--note", "换号了")
    return crm(studio, "customers", "add", *again, *more)


def ids(document: dict[str, Any]) -> list[str]:
    return [document["keep"]["no"], document["other"]["no"]]


def test_who_is_added_a_second_time_is_noted(studio: Path) -> None:
    told = add_again(studio)
    assert told.code == 0
    assert "Looks like C000001 小鱼干12" in told.err and "phones one slip apart" in told.err
    again = add_again(studio, "--phone", "13800138002", "--json").document
    assert [each["customer"]["no"] for each in again["alike"]] == ["C000002", "C000001"]
    assert again["alike"][1]["customer"]["phone"] == "138****8000"
    assert {"code", "reason"} == set(again["alike"][0]["reasons"][0])


def test_pairs_are_listed_with_score_and_reasons(studio: Path) -> None:
    nobody = crm(studio, "customers", "duplicates")
    assert nobody.out.strip() == "No two customers look like one person."
    add_again(studio)
    document = crm(studio, "customers", "duplicates", "--json").document
    (pair,) = document["pairs"]
    assert ids(pair) == ["C000001", "C000002"] and pair["score"] > 0.9
    assert {"same_name", "phone_typo"} <= {each["code"] for each in pair["reasons"]}
    assert (
        crm(studio, "customers", "duplicates", "--min-score", "1", "--json").document["found"] == 0
    )
    crm(studio, "customers", "distinct", "C000002", "C000001")
    assert crm(studio, "customers", "duplicates", "--json").document["pairs"] == []


def test_a_merge_is_shown_done_once_and_taken_back(studio: Path) -> None:
    add_again(studio)
    words = ("customers", "merge", "C000001", "C000002", "--take", "nick=other", "--json")
    shown = crm(studio, *words, "--dry-run").document
    fields = {each["field"]: (each["wins"], each["why"]) for each in shown["fields"]}
    assert shown["merge"] is None and shown["dry_run"]
    assert fields["nick"] == ("other", "chosen") and fields["city"] == ("keep", "only")
    assert fields["note"] == ("other", "only") and shown["moved"]["identities"] == 1
    assert crm(studio, "customers", "show", "C000002", "--json").document["no"] == "C000002"
    done = crm(studio, *words, "--key", "m1")
    assert done.code == 0 and done.document["merge"] == 1
    assert crm(studio, *words, "--key", "m1").document == done.document
    for ref in ("C000002", "13800138001", "小鱼干12"):
        page = crm(studio, "customers", "show", ref, "--json").document
        assert (page["no"], page["nick"]) == ("C000001", "小鱼干"), ref
    back = crm(studio, "customers", "unmerge", "C000002", "--json").document
    assert ids(back) == ["C000001", "C000002"] and back["left"] == []
    page = crm(studio, "customers", "show", "C000002", "--json").document
    assert (page["no"], page["nick"], page["note"]) == ("C000002", "小鱼干", "换号了")


def test_what_can_not_be_is_refused_with_its_reason(studio: Path) -> None:
    add_again(studio)
    merge = ("customers", "merge", "C000001")
    assert assert_clear_json(crm(studio, *merge, "C000001", "--json"))["code"] == "refused"
    assert assert_clear_json(crm(studio, *merge, "C9", "--json"))["code"] == "not_found"
    wrong = crm(studio, *merge, "C000002", "--take", "shoes=other", "--json")
    assert assert_clear_json(wrong)["field"] == "--take"
    nothing = crm(studio, "customers", "unmerge", "C000002", "--json")
    assert assert_clear_json(nothing)["code"] == "not_found"
