"""Tables within sheets: headers found by their words, rows that are data, rows that are not."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter

from crm_tui.core.errors import Invalid
from crm_tui.services.imports.files import open_book
from crm_tui.services.imports.headers import Entity
from crm_tui.services.imports.sheets import Table, check_mapping, find_table, is_sum
from tests.workbooks import csv_file, workbook

TODAY = date(2026, 9, 21)
CUSTOMERS = ["昵称", "手机", "微信号"]
ANNA: list[Any] = ["安娜", 13800138000, "wx_anna"]
BELA: list[Any] = ["贝拉", "138 0013 8001", "wx_bela"]


def table_in(path: Path, entity: Entity | None = None, **mapping: str) -> Table:
    (sheet,) = open_book(path).sheets
    table = find_table(sheet, TODAY, entity, mapping)
    assert table is not None
    return table


def test_titles_above_and_sums_within_are_not_data(tmp_path: Path) -> None:
    rows = [
        ["青提电竞客户表"],
        [],
        ["制表：小王"],
        CUSTOMERS,
        ANNA,
        [],
        ["小计", 1],
        CUSTOMERS,
        BELA,
    ]
    path = workbook(tmp_path / "a.xlsx", 客户=[*rows, ["合计", "2人", ""]])
    table = table_in(path)
    assert (table.entity, table.header_row) == (Entity.CUSTOMERS, 4)
    assert [(number, cells[0]) for number, cells in table.rows()] == [(5, "安娜"), (9, "贝拉")]


def test_rows_keep_the_numbers_of_the_spreadsheet_when_nothing_stands_at_the_top(
    tmp_path: Path,
) -> None:
    path = workbook(
        tmp_path / "a.xlsx", 客户=[[], [], [None, None, *CUSTOMERS], [None, None, *ANNA]]
    )
    table = table_in(path)
    assert table.header_row == 3
    assert [number for number, _cells in table.rows()] == [4]


def test_a_merged_cell_belongs_to_every_row_of_its_range(tmp_path: Path) -> None:
    path = tmp_path / "merged.xlsx"
    book = xlsxwriter.Workbook(path)
    sheet = book.add_worksheet("订单")
    for column, header in enumerate(["日期", "单号", "客户", "金额", "游戏"]):
        sheet.write_string(0, column, header)
    sheet.merge_range(1, 0, 3, 0, "2026年9月3日")
    for row in range(1, 4):
        sheet.write_string(row, 1, f"N{row}")
    book.close()
    rows = list(table_in(path, Entity.ORDERS).rows())
    assert [cells[:2] for _number, cells in rows] == [["2026年9月3日", f"N{n}"] for n in (1, 2, 3)]


def test_two_header_rows_under_groups_are_read_together(tmp_path: Path) -> None:
    path = tmp_path / "groups.xlsx"
    book = xlsxwriter.Workbook(path)
    sheet = book.add_worksheet("流水")
    sheet.merge_range(0, 0, 0, 1, "老板")
    sheet.merge_range(0, 2, 0, 3, "打手")
    sheet.merge_range(0, 4, 0, 5, "订单")
    for column, header in enumerate(["昵称", "电话", "昵称", "电话", "日期", "金额"]):
        sheet.write_string(1, column, header)
    for column, value in enumerate(["安娜", "13800138000", "阿布", "13900139000", "9月3日", "60"]):
        sheet.write_string(2, column, value)
    book.close()
    table = table_in(path)
    assert table.entity is Entity.ORDERS
    assert {name: column.index for name, column in table.columns.items()} == {
        "customer_nick": 0,
        "customer_phone": 1,
        "companion_nick": 2,
        "companion_phone": 3,
        "date": 4,
        "amount": 5,
    }
    assert table.header_row == 2


def test_a_person_may_be_called_total(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", 客户=[CUSTOMERS, ["Total", 13800138000, "wx_total"]])
    assert len(list(table_in(path).rows())) == 1


def test_the_year_comes_from_the_title(tmp_path: Path) -> None:
    headers = ["日期", "单号", "客户", "金额", "游戏"]
    path = workbook(
        tmp_path / "a.xlsx", 订单=[["2025年8月流水"], headers, ["8月3日", "N1", "安娜", 60]]
    )
    assert table_in(path).dating.year == 2025


def test_a_sheet_for_each_day_gives_its_day(tmp_path: Path) -> None:
    rows: list[list[Any]] = [
        ["时间", "单号", "客户", "金额", "游戏"],
        ["21:05", "N1", "安娜", 60, "王者荣耀"],
    ]
    table = table_in(workbook(tmp_path / "a.xlsx", **{"9月3日": rows}))
    assert table.day is not None
    assert table.day.day == date(2026, 9, 3)


def test_headers_can_be_named(tmp_path: Path) -> None:
    path = csv_file(tmp_path / "a.csv", [["甲", "乙", "手机"], ["安娜", "wx_anna", "13800138000"]])
    table = table_in(path, Entity.CUSTOMERS, 甲="nick", 乙="wechat", 手机="")
    assert {name: column.index for name, column in table.columns.items()} == {
        "nick": 0,
        "wechat": 1,
    }


def test_a_mapping_to_an_unknown_field_is_refused() -> None:
    with pytest.raises(Invalid, match="nonsense"):
        check_mapping({"甲": "nonsense"}, Entity.CUSTOMERS)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", "\t", ";"])
def test_csv_of_any_encoding_and_delimiter(tmp_path: Path, encoding: str, delimiter: str) -> None:
    rows = [CUSTOMERS, ["安娜，二号", "13800138000", "wx_anna"]]
    path = tmp_path / "a.csv"
    path.write_text("\r\n".join(delimiter.join(row) for row in rows) + "\r\n", encoding=encoding)
    table = table_in(path)
    assert list(table.rows()) == [(2, ["安娜，二号", "13800138000", "wx_anna"])]


def test_a_price_list_is_not_imported(tmp_path: Path) -> None:
    rows = [["编号", "项目", "价格", "说明"], ["1", "王者荣耀", "45", "每小时"]]
    (sheet,) = open_book(workbook(tmp_path / "a.xlsx", 价目表=rows)).sheets
    assert find_table(sheet, TODAY) is None


@pytest.mark.parametrize(
    "row",
    [
        ["合计", "", "3000单", "¥187,538.00"],
        ["2026年9月3日", "小计", "", 90.0],
        ["", "总计：", "12人", "5.5小时"],
        ["Total", "", "42 orders", "90%"],
    ],
)
def test_rows_of_sums(row: list[Any]) -> None:
    assert is_sum(row)


def test_a_row_with_a_name_is_no_sum() -> None:
    assert not is_sum(["合计", "安娜", "", 90.0])


def test_columns_with_unheard_of_headers_are_told_by_their_cells(tmp_path: Path) -> None:
    headers = ["编号", "老板", "游戏", "金额", "啥时候", "咋样了", "咋给的", "玩了"]
    sold: list[Any] = ["安娜", "王者荣耀", 60]
    rows = [
        ["A1", *sold, "2026年9月3日 21:05", "结单", "zfb", "1小时"],
        ["A2", *sold, "2026年9月4日 21:05", "退单", "", "90分钟"],
        ["A3", *sold, "2026年9月5日 21:05", "欠款", "微信", "2h"],
        ["A4", *sold, "2026年9月6日 21:05", "结单", "现金", "半小时"],
    ]
    table = table_in(workbook(tmp_path / "a.xlsx", 流水=[headers, *rows]))
    told = {column.header: name for name, column in table.columns.items()}
    assert [told[header] for header in headers[4:]] == ["ordered", "status", "channel", "minutes"]


def test_a_column_is_not_told_by_a_few_cells(tmp_path: Path) -> None:
    headers = ["编号", "老板", "游戏", "金额", "日期", "咋样了"]
    sold: list[Any] = ["安娜", "王者荣耀", 60, "2026-09-03"]
    rows = [["A1", *sold, "结单"], ["A2", *sold, "还行"], ["A3", *sold, "退单"], ["A4", *sold, "?"]]
    table = table_in(workbook(tmp_path / "a.xlsx", 流水=[headers, *rows]))
    assert "status" not in table.columns
