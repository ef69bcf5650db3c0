"""The copy of the figures by command: how it stands, making it anew, what its files hold."""

from __future__ import annotations

from pathlib import Path

from tests.command import crm


def test_the_copy_is_told_of_and_made_anew(sqlite_url: str) -> None:
    none = crm(sqlite_url, "figures", "status", "--json").document
    assert (none["as_of"], none["usable"], none["datasets"]) == (None, False, [])
    assert "no copy yet" in crm(sqlite_url, "figures", "status").out
    made = crm(sqlite_url, "figures", "rebuild", "--json").document
    assert made["usable"] and made["behind"] == 0 and made["as_of"]
    listed = Path(made["folder"], "manifest.json")
    listed.write_text(listed.read_text().replace('"layout": ', '"layout": 9'))
    told = crm(sqlite_url, "figures", "status", "--json").document
    assert (told["usable"], told["other_release"]) == (False, True)
    assert "another release" in crm(sqlite_url, "figures", "status").out
    assert crm(sqlite_url, "report", "kpi").code == 0
    told = crm(sqlite_url, "figures", "status", "--json").document
    assert (told["usable"], told["other_release"]) == (True, False)
    assert {each["name"] for each in made["datasets"]} >= {"lines", "served", "books", "history"}
    layout = crm(sqlite_url, "figures", "layout", "--json").document
    lines = next(each for each in layout["datasets"] if each["name"] == "lines")
    assert {"nth", "cohort", "gross_fen"} <= {each["name"] for each in lines["columns"]}
    assert "gross_fen" in crm(sqlite_url, "figures", "layout").out
