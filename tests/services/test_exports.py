"""Exports: every format, safe against formulas, read again by our own import, logged."""

from __future__ import annotations

import csv
import gc
import json
import stat
import sys
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any
from xml.etree import ElementTree
from zipfile import ZipFile

import polars as pl
import pytest
from python_calamine import CalamineWorkbook

from crm_tui.core.actor import Actor
from crm_tui.core.errors import FileProblem, Invalid
from crm_tui.core.language import set_language
from crm_tui.core.words import IdentityKind, Role
from crm_tui.models import Customer
from crm_tui.services.customers import actions as customers
from crm_tui.services.customers.rules import NewCustomer
from crm_tui.services.exports import actions as exports
from crm_tui.services.exports.templates import write_template
from crm_tui.services.exports.writers import excel_book
from crm_tui.services.fields import actions as field_actions
from crm_tui.services.fields.rules import Definition
from crm_tui.services.filters.rules import UnknownField
from crm_tui.services.imports import actions as imports
from crm_tui.services.imports import cells
from crm_tui.services.imports.headers import Entity
from crm_tui.services.upkeep.opening import open_studio
from crm_tui.storage.store import Store
from tests.workbooks import duke_studio

HOSTILE = ["=1+1", "+8613800138000", "-2", "@x", "\tled", "＝1+1", "x;=1+1", "正常"]
PLAIN = HOSTILE[-2:]


_READ: dict[str, Callable[[Path], list[Any]]] = {
    "xlsx": lambda path: CalamineWorkbook.from_path(path).get_sheet_by_index(0).to_python()[1:],
    "csv": lambda path: list(csv.reader(path.open(encoding="utf-8-sig")))[1:],
    "json": lambda path: list(json.loads(path.read_text(encoding="utf-8"))),
    "parquet": lambda path: pl.read_parquet(path).rows(),
}


def export(store: Store, actor: Actor, what: str, target: Path, text: str = "") -> int:
    rows: int = exports.export(store, actor, exports.Wanted(what, text), target)["rows"]
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


@pytest.fixture
def hostile(store: Store, manager: Actor) -> Store:
    """A customer for each hostile nickname, and an order of each with a negative custom amount."""
    with store.write(manager) as work:
        field_actions.define(work, "customer", Definition("debt", "欠款", "money"))
        field_actions.define(work, "customer", Definition("score", "分", "decimal"))
        for nick in HOSTILE:
            custom = {"debt": "-12.5", "score": "-0.5"}
            customer_id = customers.add(work, NewCustomer(nick="x", custom=custom))
            work.session.get_one(Customer, customer_id).nick = nick
    return store


def test_in_excel_every_text_is_a_text_and_every_amount_a_number(
    hostile: Store, manager: Actor, tmp_path: Path
) -> None:
    target = tmp_path / "c.xlsx"
    export(hostile, manager, "customers", target)
    sheet = CalamineWorkbook.from_path(target).get_sheet_by_index(0).to_python()
    assert [row[1] for row in sheet[1:]] == HOSTILE
    assert [row[-2:] for row in sheet[1:]] == [[-12.5, -0.5]] * len(HOSTILE)
    cells = _excel_cells(target)
    assert not any(cell["formula"] for cell in cells.values())
    for at, nick in enumerate(HOSTILE, start=2):
        assert cells[f"B{at}"]["type"] in ("s", "inlineStr", "str")
        assert cells[f"B{at}"]["quoted"] is (nick not in PLAIN)
        assert cells[f"Q{at}"]["type"] == "n"


def _excel_cells(path: Path) -> dict[str, dict[str, Any]]:
    """Of every cell: its type, whether it is a formula, whether it is marked as quoted text."""
    main = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
    with ZipFile(path) as book:
        styles = ElementTree.fromstring(book.read("xl/styles.xml"))
        sheet = ElementTree.fromstring(book.read("xl/worksheets/sheet1.xml"))
    formats = styles.find(f"{main}cellXfs")
    assert formats is not None
    quoted = [style.get("quotePrefix") == "1" for style in formats]
    return {
        str(cell.get("r")): {
            "type": cell.get("t", "n"),
            "formula": cell.find(f"{main}f") is not None,
            "quoted": quoted[int(cell.get("s", "0"))],
        }
        for cell in sheet.iter(f"{main}c")
    }


def test_in_a_csv_a_text_that_begins_like_a_formula_is_marked_and_amounts_are_numbers(
    hostile: Store, manager: Actor, tmp_path: Path
) -> None:
    target = tmp_path / "c.csv"
    export(hostile, manager, "customers", target)
    with target.open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.DictReader(stream))
    marked = ["'" + nick for nick in HOSTILE[: -len(PLAIN)]]
    assert [row["Nickname"] for row in rows] == [*marked, *PLAIN]
    assert {(row["欠款"], row["分"]) for row in rows} == {("-12.50", "-0.5")}
    lines = target.read_text("utf-8-sig").splitlines()
    assert all(line.endswith(",-12.50,-0.5") for line in lines[1:]), "numbers stand unquoted"
    assert any('"x;=1+1"' in line for line in lines), "no other separator finds a new cell"
    assert [cells.text(row["Nickname"]) for row in rows] == [nick.strip() for nick in HOSTILE]


def test_phones_are_masked_for_who_may_not_see_them_and_where_that_is_wished(
    store: Store, manager: Actor, tmp_path: Path
) -> None:
    with store.write(manager) as work:
        field_actions.define(work, "customer", Definition("second", "备用电话", "phone"))
        new = NewCustomer(
            nick="小鱼干",
            identities={IdentityKind.PHONE: "13800138000"},
            custom={"second": "13900139000"},
        )
        customers.add(work, new)
    reader = Actor("r", Role.READ_ONLY)
    target = tmp_path / "c.json"
    told = []
    for actor, wanted in (
        (manager, exports.Wanted("customers", reason="对账")),
        (manager, exports.Wanted("customers", masked=True)),
        (reader, exports.Wanted("customers")),
    ):
        exports.export(store, actor, wanted, target)
        (row,) = json.loads(target.read_text("utf-8"))
        told.append((row["phone"], row["custom.second"]))
    masked = ("138****8000", "139****9000")
    assert told == [("13800138000", "13900139000"), masked, masked]
    export(store, manager, "events", target)
    logged = [
        each for each in json.loads(target.read_text("utf-8")) if each["kind"] == "export.done"
    ]
    assert [each["data"]["phones"] for each in logged] == ["whole", "masked", "masked"]


def test_custom_fields_are_columns_for_who_may_see_them(
    store: Store, manager: Actor, actor: Actor, tmp_path: Path
) -> None:
    with store.write(manager) as work:
        for definition in (
            Definition("born", "生日", "date"),
            Definition("plays", "在玩", "choices", options={"choices": ["王者", "和平"]}),
            Definition("inner", "内部", "text", seen_by=("manager",)),
        ):
            field_actions.define(work, "customer", definition)
        custom = {"born": "2000-02-29", "plays": "王者、和平", "inner": "x"}
        customers.add(work, NewCustomer(nick="一", custom=custom))
        customers.add(work, NewCustomer(nick="二"))
    target = tmp_path / "c.xlsx"
    export(store, manager, "customers", target, "生日:2000-02")
    head, *rows = CalamineWorkbook.from_path(target).get_sheet_by_index(0).to_python()
    assert head[-3:] == ["生日", "在玩", "内部"]
    assert [row[-3:] for row in rows] == [[date(2000, 2, 29), "王者、和平", "x"]]
    export(store, actor, "customers", target)
    head = CalamineWorkbook.from_path(target).get_sheet_by_index(0).to_python()[0]
    assert head[-2:] == ["生日", "在玩"]


def test_a_full_disk_is_told_once_of_a_workbook(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[object] = []
    monkeypatch.setattr(sys, "unraisablehook", said.append)
    with pytest.raises(OSError, match="No space"), excel_book(Path("/dev/full")) as book:
        book.add_worksheet().write_string(0, 0, "x" * 1_000)
    gc.collect()
    assert said == [], "nothing more when what was begun is forgotten"


def test_only_the_named_records_in_their_order(
    studio: Store, manager: Actor, tmp_path: Path
) -> None:
    target = tmp_path / "o.json"
    wanted = exports.Wanted("orders", "status:completed", ids=[9, 3, 5, 9999])
    assert exports.export(studio, manager, wanted, target)["rows"] == 3
    export(studio, manager, "orders", tmp_path / "all.json")
    everything = json.loads((tmp_path / "all.json").read_text("utf-8"))
    by_place = [everything[place - 1]["no"] for place in (9, 3, 5)]
    assert [row["no"] for row in json.loads(target.read_text("utf-8"))] == by_place


def test_a_cancelled_export_leaves_nothing(studio: Store, manager: Actor, tmp_path: Path) -> None:
    target = tmp_path / "o.xlsx"
    with pytest.raises(exports.Cancelled):
        exports.export(
            studio, manager, exports.Wanted("orders"), target, progress=lambda _count: False
        )
    assert list(tmp_path.glob("*.xlsx")) == [tmp_path / "duke.xlsx"]


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
    first = exports.export(studio, manager, exports.Wanted("customers"), target, key="k")
    target.unlink()
    assert exports.export(studio, manager, exports.Wanted("customers"), target, key="k") == first
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
