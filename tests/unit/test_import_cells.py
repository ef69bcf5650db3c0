"""Cells as studios type them: what they mean, and which are refused for what reason."""

# ruff: noqa: DTZ001  (cells hold wall clocks)

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm_tui.services.imports import cells, times
from crm_tui.services.imports.reasons import REASONS, BadCell, reason
from crm_tui.services.imports.times import Dating, When

DATING = Dating(2026, today=date(2026, 9, 21))


@pytest.mark.parametrize(
    ("cell", "digits"),
    [
        (13800138000.0, "13800138000"),
        (13800138000, "13800138000"),
        ("13800138000.0", "13800138000"),
        ("138 0013 8000", "13800138000"),
        ("138-0013-8000", "13800138000"),
        ("+86-13800138000", "13800138000"),
        ("+86 138 0013 8000\t", "13800138000"),
        ("`13800138000", "13800138000"),
        ("１３８００１３８０００", "13800138000"),
        ("", ""),
        ("无", ""),
        (0.0, ""),
        (None, ""),
    ],
)
def test_phones(cell: Any, digits: str) -> None:
    assert cells.phone(cell) == digits


@pytest.mark.parametrize(
    ("read", "cell", "code"),
    [
        (cells.phone, "1.38E+10", "phone_damaged"),
        (cells.phone, "1.38e10", "phone_damaged"),
        (cells.phone, 1.3800138000123457e17, "phone_damaged"),
        (cells.phone, "1541483708999", "phone_invalid"),
        (cells.phone, "12345", "phone_invalid"),
        (cells.identifier, 1.2345678901234567e17, "number_damaged"),
        (cells.identifier, "1.23457E+17", "number_damaged"),
        (cells.identifier, "wx_\ufffd", "text_damaged"),
        (cells.amount, "六十", "bad_amount"),
        (cells.amount, -5, "negative_amount"),
        (cells.amount, float("inf"), "bad_amount"),
        (cells.share, "120%", "bad_share"),
        (cells.share, "一半", "bad_share"),
        (cells.share, "7:2", "bad_share"),
        (cells.rating, "7", "bad_rating"),
        (cells.rating, "还行吧", "bad_rating"),
    ],
)
def test_cells_that_are_refused(read: Any, cell: Any, code: str) -> None:
    with pytest.raises(BadCell) as refused:
        read(cell)
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("cell", "fen"),
    [
        (60, 6000),
        (67.5, 6750),
        (13.139999, 1314),
        ("60", 6000),
        ("¥60.00", 6000),
        ("￥60", 6000),
        ("60元", 6000),
        ("60块", 6000),
        ("1,200.00", 120_000),
        ("RMB 60", 6000),
        ("免费", 0),
        ("", None),
        ("-", None),
    ],
)
def test_amounts(cell: Any, fen: int | None) -> None:
    assert cells.amount(cell) == fen


def test_an_amount_in_fen_where_the_header_says_so() -> None:
    assert cells.amount(6000, in_fen=True) == 6000


@pytest.mark.parametrize(
    ("cell", "points"),
    [
        ("20%", 2000),
        (0.2, 2000),
        (20, 2000),
        ("0.8", 8000),
        ("8成", 8000),
        ("八成", 8000),
        ("", None),
    ],
)
def test_shares(cell: Any, points: int | None) -> None:
    assert cells.share(cell) == points


@pytest.mark.parametrize("cell", ["八二", "二八", "八二分成", "二八开", "8:2", "2/8", "80:20"])
def test_a_division_has_a_larger_and_a_smaller_part(cell: str) -> None:
    assert (cells.share(cell), cells.share(cell, smaller=True)) == (8000, 2000)


@pytest.mark.parametrize(
    ("cell", "stars"),
    [
        (5.0, 5),
        ("5星", 5),
        ("五星", 5),
        ("4.5", 5),
        ("★★★★☆", 4),
        ("好评", 5),
        ("5/5", 5),
        (0, None),
    ],
)
def test_ratings(cell: Any, stars: int | None) -> None:
    assert cells.rating(cell) == stars


@pytest.mark.parametrize(
    "cell",
    [
        "夜猫子、话少",
        "夜猫子,话少",
        "夜猫子，话少",
        "夜猫子/话少",
        "夜猫子;话少 ",
        "夜猫子、、话少、话少",
    ],
)
def test_lists(cell: str) -> None:
    assert cells.items(cell) == ("夜猫子", "话少")


def test_a_text_that_looks_like_a_formula_stays_a_text() -> None:
    assert cells.text("=1+11") == "=1+11"
    assert cells.text("'=1+11") == "=1+11"
    assert cells.text("'n Sync") == "'n Sync"


@pytest.mark.parametrize(
    ("cell", "wall"),
    [
        ("2026/9/3", datetime(2026, 9, 3)),
        ("2026.9.3", datetime(2026, 9, 3)),
        ("2026-9-3", datetime(2026, 9, 3)),
        ("2026年9月3日", datetime(2026, 9, 3)),
        ("2026年9月3号", datetime(2026, 9, 3)),
        ("9月3日", datetime(2026, 9, 3)),
        ("26/9/3", datetime(2026, 9, 3)),
        ("20260903", datetime(2026, 9, 3)),
        (20260903.0, datetime(2026, 9, 3)),
        ("9/3/2026", datetime(2026, 9, 3)),
        ("25/9/2026", datetime(2026, 9, 25)),
        ("Sep 3, 2026", datetime(2026, 9, 3)),
        ("3-Sep-26", datetime(2026, 9, 3)),
        (46268, datetime(2026, 9, 3)),
        ("46268.5", datetime(2026, 9, 3, 12)),
        (46268.878, datetime(2026, 9, 3, 21, 4, 19)),
        (date(2026, 9, 3), datetime(2026, 9, 3)),
        (datetime(2026, 9, 3, 1, 2, 3), datetime(2026, 9, 3, 1, 2, 3)),
        ("2026-09-03 21:05:42", datetime(2026, 9, 3, 21, 5, 42)),
        ("2026-09-03T21:05:42", datetime(2026, 9, 3, 21, 5, 42)),
        ("2026年9月3日 星期四 下午9点05分", datetime(2026, 9, 3, 21, 5)),
        ("9月3日 21点半", datetime(2026, 9, 3, 21, 30)),
        ("2026/9/3 9:05 PM", datetime(2026, 9, 3, 21, 5)),
        ("2026/9/3 25:30", datetime(2026, 9, 4, 1, 30)),
        ("2026/9/3 24:00", datetime(2026, 9, 4)),
    ],
)
def test_dates(cell: Any, wall: datetime) -> None:
    moment = times.when(cell, DATING)
    assert moment is not None
    assert moment.wall() == wall


def test_an_offset_is_kept() -> None:
    moment = times.when("2026-09-03T21:05:42+08:00", DATING)
    assert moment is not None
    wall = moment.wall()
    assert wall is not None
    assert wall.astimezone(UTC) == datetime(2026, 9, 3, 13, 5, 42, tzinfo=UTC)


def test_a_year_that_nothing_names_is_the_last_one_that_fits() -> None:
    january = Dating(today=date(2027, 1, 10))
    moment = times.when("12月30日", january)
    assert moment is not None
    assert moment.day == date(2026, 12, 30)


def test_the_sheet_says_whether_the_day_comes_first() -> None:
    assert times.day_first(["3/9/2026", "25/9/2026"])
    assert not times.day_first(["3/9/2026", "4/9/2026"])
    moment = times.when("3/9/2026", Dating(2026, day_first=True))
    assert moment is not None
    assert moment.day == date(2026, 9, 3)


@pytest.mark.parametrize(
    "cell", ["2026/13/3", "昨天", "2026-02-30", 1e300, "25:99", "{}", "年月日"]
)
def test_dates_that_are_refused(cell: Any) -> None:
    with pytest.raises(BadCell) as refused:
        times.when(cell, DATING)
    assert refused.value.code == "bad_date"


@pytest.mark.parametrize(
    "cell", ["21:00-23:00", "21:00 ~ 23:00", "21:00至23:00", "21点到23点", "21:00—23:00"]
)
def test_a_stretch_of_time(cell: str) -> None:
    start, end = times.period(cell, DATING)
    assert start == When(clock=timedelta(hours=21))
    assert end == When(clock=timedelta(hours=23))


@pytest.mark.parametrize(
    ("cell", "unit", "minutes"),
    [
        (1.5, "", 90),
        ("1.5", "", 90),
        ("1.5h", "", 90),
        ("1.5H", "", 90),
        ("1.5小时", "", 90),
        ("90分钟", "", 90),
        ("90min", "", 90),
        ("1小时30分", "", 90),
        ("1h30m", "", 90),
        ("1小时半", "", 90),
        ("一个半小时", "", 90),
        ("1:30", "", 90),
        (time(1, 30), "", 90),
        (timedelta(minutes=90), "", 90),
        ("半小时", "", 30),
        ("两小时", "", 120),
        (90, "", 90),
        (2, "", 120),
        (2, "min", 2),
        (30, "h", 1800),
        ("", "", None),
    ],
)
def test_durations(cell: Any, unit: str, minutes: int | None) -> None:
    assert times.minutes(cell, unit) == minutes


@pytest.mark.parametrize("cell", ["很久", "-1", "3局", "1e400"])
def test_durations_that_are_refused(cell: str) -> None:
    with pytest.raises(BadCell) as refused:
        times.minutes(cell)
    assert refused.value.code == "bad_duration"


def test_rounds_are_counted_apart() -> None:
    assert times.rounds("3局") == 3
    assert times.rounds("3小时") is None


def test_every_code_has_its_sentence() -> None:
    assert all(reason(code) for code in REASONS)


@given(st.text(max_size=40) | st.floats() | st.integers() | st.datetimes() | st.times())
def test_whatever_a_cell_holds_it_is_read_or_refused(cell: Any) -> None:
    readers = (
        cells.text,
        cells.phone,
        cells.identifier,
        cells.amount,
        cells.share,
        cells.rating,
        cells.items,
        times.minutes,
        lambda value: times.period(value, DATING),
    )
    for read in readers:
        try:
            read(cell)
        except BadCell as refused:
            assert refused.code in REASONS
