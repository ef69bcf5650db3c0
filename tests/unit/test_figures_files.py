"""Figures as files: every number is there, and nothing that was typed acts."""

from __future__ import annotations

import csv
import json
import zipfile
from pathlib import Path
from xml.etree import ElementTree

import pytest
from python_calamine import CalamineWorkbook

from crm_tui.core.actor import Actor
from crm_tui.core.errors import FileProblem, Invalid, Refused
from crm_tui.core.words import Role
from crm_tui.services.figures.exporting import (
    Chart,
    Column,
    Look,
    Table,
    require_sight,
    write,
)

HOSTILE = '=cmd|"/c calc"!A1'
TABLE = Table(
    HOSTILE,
    (
        Column("game", "Game", Look.TEXT),
        Column("gross_fen", "Income", Look.MONEY),
        Column("repurchase_rate", "Repurchase", Look.RATE),
    ),
    (("王者荣耀", 1234.5, 0.25), ("http://x.y/?a=<b>", -60.0, None), (HOSTILE, 0, 1.0)),
    Chart(0, (1,)),
    "2026-09-01 to 2026-09-21",
    ("Total", 1174.5, 0.5),
)


def test_an_excel_file_has_texts_numbers_and_a_native_chart(tmp_path: Path) -> None:
    target = tmp_path / "report.xlsx"
    write([TABLE, TABLE], target)
    book = CalamineWorkbook.from_path(str(target))
    assert len(set(book.sheet_names)) == 2
    rows = book.get_sheet_by_index(0).to_python()
    assert rows[0][0] == HOSTILE
    assert rows[3] == ["王者荣耀", 1234.5, 0.25]
    assert rows[4] == ["http://x.y/?a=<b>", -60.0, ""]
    assert rows[6] == ["Total", 1174.5, 0.5]
    with zipfile.ZipFile(target) as parts:
        sheet = parts.read("xl/worksheets/sheet1.xml").decode()
        chart = parts.read("xl/charts/chart1.xml").decode()
        assert b"hyperlink" not in parts.read("xl/worksheets/sheet1.xml")
    assert "<f>" not in sheet, "no formula"
    assert "$B$4:$B$6" in chart, "the rows without their total"


def test_a_csv_and_json_hold_the_same(tmp_path: Path) -> None:
    write([TABLE], tmp_path / "a.csv")
    rows = list(csv.reader((tmp_path / "a.csv").read_text("utf-8-sig").splitlines()))
    assert rows[2] == ["http://x.y/?a=<b>", "-60.0", ""]
    assert rows[3][0] == f"'{HOSTILE}"
    write([TABLE], tmp_path / "a.json")
    (table,) = json.loads((tmp_path / "a.json").read_text())["tables"]
    assert table["rows"][1] == {
        "game": "http://x.y/?a=<b>", "gross_fen": -6000, "repurchase_rate": None
    }  # fmt: skip
    assert table["total"]["gross_fen"] == 117_450


@pytest.mark.parametrize("line", [True, False])
def test_an_svg_draws_every_value(tmp_path: Path, line: bool) -> None:
    drawn = Table(
        TABLE.title, TABLE.columns, TABLE.rows, Chart(0, (1, 2), line), about="\x1b[2J</svg>"
    )
    write([drawn], tmp_path / "a.svg")
    tree = ElementTree.parse(tmp_path / "a.svg")
    hints = [each.text for each in tree.iter("{http://www.w3.org/2000/svg}title")]
    assert "Income: 1,234.5" in hints and "Income: -60" in hints and len(hints) == 6
    assert not list(tree.iter("script"))


def test_money_is_for_the_roles_that_see_it() -> None:
    require_sight([TABLE], Actor("zhao", Role.FINANCE))
    with pytest.raises(Refused):
        require_sight([TABLE], Actor("li", Role.DISPATCHER))
    require_sight([Table("x", TABLE.columns[:1], ())], Actor("li", Role.DISPATCHER))


def test_what_can_not_be_written_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(Invalid):
        write([TABLE], tmp_path / "a.pdf")
    with pytest.raises(Invalid, match="chart"):
        write([Table("x", TABLE.columns, TABLE.rows)], tmp_path / "a.svg")
    with pytest.raises(FileProblem):
        write([TABLE], tmp_path / "nowhere" / "a.csv")
    assert list(tmp_path.iterdir()) == []
