"""Exports: every format, safe against formulas, read again by our own import, logged."""

from __future__ import annotations

import csv
import json
import stat
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from python_calamine import CalamineWorkbook

from crm_tui.core.actor import Actor
from crm_tui.core.errors import FileProblem, Invalid
from crm_tui.core.language import set_language
from crm_tui.services.exports import actions as exports
from crm_tui.services.exports.templates import write_template
from crm_tui.services.filters.rules import UnknownField
from crm_tui.services.imports import actions as imports
from crm_tui.services.imports.headers import Entity
from crm_tui.services.upkeep.opening import open_studio
from crm_tui.storage.store import Store
from tests.workbooks import csv_file, duke_studio

HOSTILE = ["=cmd()", "+1", "-2", "@sum", "正常"]


_READ: dict[str, Callable[[Path], list[Any]]] = {
    "xlsx": lambda path: CalamineWorkbook.from_path(path).get_sheet_by_index(0).to_python()[1:],
    "csv": lambda path: list(csv.reader(path.open(encoding="utf-8-sig")))[1:],
    "json": lambda path: list(json.loads(path.read_text(encoding="utf-8"))),
    "parquet": lambda path: pl.read_parquet(path).rows(),
}


def export(store: Store, actor: Actor, what: str, target: Path, text: str = "") -> int:
    rows: int = exports.export(store, actor, what, target, text)["rows"]
    return rows


@pytest.fixture
def studio(sqlite_store: Store, manager: Actor, tmp_path: Path) -> Store:
    path = tmp_path / "duke.xlsx"
    duke_studio(path)
    with sqlite_store.write(manager) as work:
        imports.import_book(work, path)
    return sqlite_store


@pytest.mark.parametrize(
    ("what", "rows"), [("customers", 30), ("companions", 6), ("orders", 80), ("events", 1)]
)
@pytest.mark.parametrize("ending", ["xlsx", "csv", "json", "parquet"])
def test_every_format_holds_every_row(
    studio: Store, manager: Actor, tmp_path: Path, what: str, rows: int, ending: str
) -> None:
    target = tmp_path / f"out.{ending}"
    written = export(studio, manager, what, target)
    assert written >= rows if what == "events" else written == rows
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert len(_READ[ending](target)) == written


def test_stored_values_in_json_and_parquet(studio: Store, manager: Actor, tmp_path: Path) -> None:
    export(studio, manager, "orders", tmp_path / "o.json")
    export(studio, manager, "orders", tmp_path / "o.parquet")
    told: list[dict[str, Any]] = json.loads((tmp_path / "o.json").read_text(encoding="utf-8"))
    frame = pl.read_parquet(tmp_path / "o.parquet")
    assert sum(order["amount_fen"] for order in told) == frame["amount_fen"].sum()
    assert datetime.fromisoformat(told[0]["created_at"]).utcoffset() is not None
    assert frame.schema["created_at"] == pl.Datetime("us", "UTC")
    assert {order["status"] for order in told} == set(frame["status"].unique())


def test_nothing_that_was_typed_becomes_a_formula(
    sqlite_store: Store, manager: Actor, tmp_path: Path
) -> None:
    rows: list[list[Any]] = [
        ["昵称", "手机"],
        *([nick, 13_800_000_000 + at] for at, nick in enumerate(HOSTILE)),
    ]
    source = csv_file(tmp_path / "in.csv", rows)
    with sqlite_store.write(manager) as work:
        imports.import_file(work, source, Entity.CUSTOMERS)
    export(sqlite_store, manager, "customers", tmp_path / "c.csv")
    export(sqlite_store, manager, "customers", tmp_path / "c.xlsx")
    with (tmp_path / "c.csv").open(encoding="utf-8-sig", newline="") as stream:
        nicks = [row["Nickname"] for row in csv.DictReader(stream)]
    assert nicks == ["'=cmd()", "'+1", "'-2", "'@sum", "正常"]
    sheet = CalamineWorkbook.from_path(tmp_path / "c.xlsx").get_sheet_by_index(0)
    assert [row[1] for row in sheet.to_python()[1:]] == HOSTILE


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("ending", ["csv", "xlsx"])
def test_what_was_exported_can_be_imported_into_another_studio(
    studio: Store, manager: Actor, tmp_path: Path, language: str, ending: str
) -> None:
    set_language(language)
    files = {what: tmp_path / f"{what}.{ending}" for what in ("customers", "companions", "orders")}
    for what, target in files.items():
        export(studio, manager, what, target)
    other = open_studio(tmp_path / "other.db")
    with other.write(manager) as work:
        for what, target in files.items():
            verdict = imports.import_file(work, target, Entity(what))
            assert verdict["rejected"] == 0, verdict["rejects"][:3]
            again = imports.import_file(work, target, Entity(what))
            assert (again["inserted"], again["updated"]) == (0, 0)
    for what in files:
        export(studio, manager, what, tmp_path / "one.json")
        export(other, manager, what, tmp_path / "two.json")
        one, two = (
            json.loads((tmp_path / name).read_text(encoding="utf-8"))
            for name in ("one.json", "two.json")
        )
        assert _essence(one) == _essence(two)
    other.close()


def _essence(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted((row for row in rows), key=lambda row: str(row["no"] or row.get("nick")))


def test_a_filter_by_words_and_fields(studio: Store, manager: Actor, tmp_path: Path) -> None:
    target = tmp_path / "o.json"
    export(studio, manager, "orders", target, "status:completed amount_fen:>60 Ace1")
    found = json.loads(target.read_text(encoding="utf-8"))
    assert found
    assert {order["status"] for order in found} == {"completed"}
    assert all(order["amount_fen"] > 6000 and "Ace1" in order["companion"] for order in found)
    with pytest.raises(UnknownField):
        export(studio, manager, "orders", target, "nonsense:1")


def test_the_export_is_logged_without_the_words_of_its_filter(
    studio: Store, manager: Actor, tmp_path: Path
) -> None:
    export(studio, manager, "customers", tmp_path / "c.csv", '"Client 1"')
    export(studio, manager, "events", tmp_path / "e.json")
    events = json.loads((tmp_path / "e.json").read_text(encoding="utf-8"))
    (logged,) = (event for event in events if event["kind"] == "export.done")
    assert (logged["actor"], logged["ref"]) == (manager.login, "customers")
    assert logged["data"]["rows"] == 11
    assert "Client 1" not in json.dumps(logged["data"])


def test_what_cannot_be_written_leaves_what_was_there(
    studio: Store, manager: Actor, tmp_path: Path
) -> None:
    with pytest.raises(Invalid):
        export(studio, manager, "customers", tmp_path / "c.pdf")
    with pytest.raises(FileProblem):
        export(studio, manager, "customers", tmp_path / "missing" / "c.csv")
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(FileProblem):
        export(studio, manager, "customers", tmp_path / "folder.csv")
    kept = tmp_path / "kept.csv"
    kept.write_text("old")
    with pytest.raises(UnknownField):
        export(studio, manager, "customers", kept, "nonsense:1")
    assert kept.read_text() == "old"
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_a_repeated_key_writes_nothing(studio: Store, manager: Actor, tmp_path: Path) -> None:
    target = tmp_path / "c.csv"
    first = exports.export(studio, manager, "customers", target, key="k")
    target.unlink()
    assert exports.export(studio, manager, "customers", target, key="k") == first
    assert not target.exists()


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_shipped_templates_are_imported_whole(
    sqlite_store: Store, manager: Actor, tmp_path: Path, language: str
) -> None:
    set_language(language)
    made = tmp_path / "made.xlsx"
    write_template(made)
    shipped = Path(__file__).resolve().parents[2] / "data" / "templates" / f"studio.{language}.xlsx"
    for path in (made, shipped):
        with sqlite_store.write(manager) as work:
            sheets = imports.import_book(work, path)["sheets"]
        assert [(sheet["entity"], sheet["read"], sheet["rejected"]) for sheet in sheets] == [
            ("customers", 1, 0),
            ("companions", 1, 0),
            ("orders", 1, 0),
        ]
        assert all(sheet["ignored_columns"] == [] for sheet in sheets)
