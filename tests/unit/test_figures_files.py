"""Figures as files: every number is there, and nothing that was typed acts."""

from __future__ import annotations

import csv
import doctest
import json
import re
import zipfile
from collections.abc import Sequence
from datetime import date
from itertools import pairwise
from pathlib import Path
from types import ModuleType
from typing import NamedTuple
from xml.etree import ElementTree

import pytest
from python_calamine import CalamineWorkbook

from crm_tui.core import ticks
from crm_tui.core.actor import Actor
from crm_tui.core.errors import FileProblem, Invalid, Refused
from crm_tui.core.words import Role
from crm_tui.services.exports.actions import Cancelled
from crm_tui.services.exports.writers import excel_holds
from crm_tui.services.figures import table
from crm_tui.services.figures.exporting import require_sight, write
from crm_tui.services.figures.table import Chart, Column, Look, Table

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


def test_an_excel_file_has_texts_and_numbers(tmp_path: Path) -> None:
    target = tmp_path / "report.xlsx"
    write([TABLE, TABLE], target)
    book = CalamineWorkbook.from_path(str(target))
    assert len(set(book.sheet_names)) == 2
    rows = book.get_sheet_by_index(0).to_python()
    assert rows[0][0] == HOSTILE
    assert rows[3] == ["王者荣耀", 1234.5, 0.25]
    assert rows[4] == ["http://x.y/?a=<b>", -60.0, ""]
    assert rows[5] == [HOSTILE, 0.0, 1.0]
    assert rows[6] == ["Total", 1174.5, 0.5]
    with zipfile.ZipFile(target) as parts:
        sheet = parts.read("xl/worksheets/sheet1.xml").decode()
    assert "<f>" not in sheet and "hyperlink" not in sheet, "nothing that was typed acts"


class Drawn(NamedTuple):
    """A native chart of a workbook, as whoever opens it finds it."""

    kind: str
    title: str
    series: list[tuple[str, Sequence[object], Sequence[object]]]
    """Of each its name, the names along the axis, the values."""
    number_format: str


C = "{http://schemas.openxmlformats.org/drawingml/2006/chart}"


def charts_of(target: Path) -> list[Drawn]:
    """The charts of a workbook in order: what their references lead to."""
    book = CalamineWorkbook.from_path(str(target))

    def cells(part: ElementTree.Element, path: str) -> list[object]:
        found = part.find(path)
        assert found is not None and found.text is not None
        sheet, area = found.text.rsplit("!", 1)
        ends = [re.fullmatch(r"\$([A-Z]+)\$(\d+)", end) for end in area.split(":")]
        places = [(int(end[2]) - 1, ord(end[1]) - ord("A")) for end in ends if end]
        (top, left), (bottom, right) = places[0], places[-1]
        rows = book.get_sheet_by_name(sheet.strip("'").replace("''", "'")).to_python()
        return [rows[row][at] for row in range(top, bottom + 1) for at in range(left, right + 1)]

    drawn = []
    with zipfile.ZipFile(target) as parts:
        assert parts.testzip() is None
        names = sorted(name for name in parts.namelist() if name.startswith("xl/charts/chart"))
        for name in names:
            chart = ElementTree.fromstring(parts.read(name))
            plot = chart.find(f".//{C}plotArea")
            axis = chart.find(f".//{C}valAx/{C}numFmt")
            assert plot is not None and axis is not None
            kind = next(each.tag for each in plot if each.tag.endswith("Chart"))
            series = [
                (
                    str(cells(each, f"{C}tx//{C}f")[0]),
                    cells(each, f"{C}cat//{C}f"),
                    cells(each, f"{C}val//{C}f"),
                )
                for each in chart.iter(f"{C}ser")
            ]
            title = str(cells(chart, f".//{C}title//{C}f")[0])
            drawn.append(Drawn(kind.removeprefix(C), title, series, axis.attrib["formatCode"]))
    return drawn


def test_native_charts_draw_the_rows_of_their_table_and_no_others(tmp_path: Path) -> None:
    target = tmp_path / "charts.xlsx"
    compared = Table(
        "it's ‘=1+1’",
        (
            Column("day", "Day", Look.WHEN),
            Column("rate", "Rate", Look.RATE),
            Column("before_rate", "Rate, period before", Look.RATE),
            Column("rate_change", "Rate, change in points", Look.POINTS),
        ),
        (("2026-09-01", 0.5, 0.25, 25.0), ("2026-09-02", None, 0.5, None)),
        Chart(0, (1, 2), line=True, timed=True, before=True),
    )
    write([TABLE, Table("plain", TABLE.columns, TABLE.rows), compared], target)
    names, days = ["王者荣耀", "http://x.y/?a=<b>", HOSTILE], [date(2026, 9, 1), date(2026, 9, 2)]
    assert charts_of(target) == [
        Drawn("barChart", HOSTILE, [("Income", names, [1234.5, -60.0, 0.0])], "#,##0"),
        Drawn(
            "lineChart",
            "it's ‘=1+1’",
            [("Rate", days, [0.5, ""]), ("Rate, period before", days, [0.25, 0.5])],
            "0.0%",
        ),
    ]
    with zipfile.ZipFile(target) as parts:
        styles = parts.read("xl/styles.xml").decode()
    assert '"+0.0;-0.0;0.0"' in styles, "a change is shown with its sign"


def test_a_workbook_is_ready_to_read_and_to_print(tmp_path: Path) -> None:
    hours = Table(
        "Hours",
        (Column("at", "When", Look.WHEN), Column("rating", "Mean\x1b of all that was given")),
        (("2026-09-05 06:00", 4), ("2026-W36", 4.25), ("2026-09", None)),
        Chart(0, (1,)),
        "2026-09-05",
    )
    write([hours], tmp_path / "a.xlsx")
    (rows,) = (CalamineWorkbook.from_path(str(tmp_path / "a.xlsx")).get_sheet_by_index(0),)
    title, about, _head, *at = [row[0] for row in rows.to_python()]
    assert (title, about) == ("Hours", "2026-09-05"), "no value of the column"
    told = [f"{at[0]}", *at[1:]]
    assert told == ["2026-09-05 06:00:00", "2026-W36", "2026-09"], "only days and hours are dates"
    with zipfile.ZipFile(tmp_path / "a.xlsx") as parts:
        sheet = parts.read("xl/worksheets/sheet1.xml").decode()
        styles = parts.read("xl/styles.xml").decode()
        chart = ElementTree.fromstring(parts.read("xl/charts/chart1.xml"))
    assert 'fitToHeight="0"' in sheet and 'orientation="landscape"' in sheet
    assert 'ht="30"' in sheet, "a long head takes the lines that it needs"
    foot = chart.find(f".//{C}valAx/{C}scaling/{C}min")
    assert foot is not None and foot.attrib["val"] == "0", "bars are as long as what they tell"
    assert "#,##0.##" not in styles, "Excel shows a whole number with a point at its end then"
    kept = ["".join(each.itertext()).strip() for each in chart.iter(f"{C}v")]
    names = ["46270.25", "2026-W36", "2026-09"]
    assert kept == ["Hours", "Mean␛ of all that was given", *names, "4", "4.25"], (
        "what looks at no cells shows the chart, too"
    )


def test_more_rows_than_a_sheet_holds_are_refused() -> None:
    excel_holds(Path("a.xlsx"), 1_048_575)
    with pytest.raises(FileProblem):
        excel_holds(Path("a.xlsx"), 1_048_576)


def test_names_along_an_axis_keep_apart_and_its_ticks_are_round(tmp_path: Path) -> None:
    days = tuple(
        (f"2026-{month:02}-{day:02}", day * 123.4) for month in (7, 8) for day in range(1, 29)
    )
    columns = (Column("at", "When", Look.WHEN), Column("gross_fen", "Income", Look.MONEY))
    write([Table("x", columns, days, Chart(0, (1,), timed=True))], tmp_path / "a.svg")
    texts = list(ElementTree.parse(tmp_path / "a.svg").iter("{http://www.w3.org/2000/svg}text"))
    told = {each.text: float(each.attrib["x"]) for each in texts}
    assert [each for each in told if each and each.replace(",", "").isdigit()] == [
        *("0", "1,000", "2,000", "3,000")
    ]
    places = [x for text, x in told.items() if text and text[:3] in ("07-", "08-")]
    assert len(places) > 10 and min(b - a for a, b in pairwise(places)) > 40


@pytest.mark.parametrize("module", [ticks, table])
def test_examples(module: ModuleType) -> None:
    assert doctest.testmod(module).failed == 0


def test_a_csv_and_json_hold_the_same(tmp_path: Path) -> None:
    write([TABLE], tmp_path / "a.csv")
    rows = list(csv.reader((tmp_path / "a.csv").read_text("utf-8-sig").splitlines()))
    assert rows[2] == ["http://x.y/?a=<b>", "-60.00", ""]
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


def test_a_long_workbook_tells_how_far_it_is_and_stops(tmp_path: Path) -> None:
    long = Table("x", TABLE.columns, TABLE.rows[:1] * 1_200)
    told: list[tuple[int, int]] = []

    def tell(done: int, total: int) -> bool:
        told.append((done, total))
        return done < 1_000

    with pytest.raises(Cancelled):
        write([long], tmp_path / "a.xlsx", tell)
    assert told == [(0, 1_200), (500, 1_200), (1_000, 1_200)]
    assert list(tmp_path.iterdir()) == []


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
