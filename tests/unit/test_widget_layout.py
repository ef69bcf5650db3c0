"""Text in cells, columns at every width, records by key: the parts of a table without a screen."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.content import Content

from crm_tui.widgets.columns import GAP, Column, lay_out
from crm_tui.widgets.records import MemorySource
from crm_tui.widgets.text import as_content, fit, fit_content, shown, width_of

COLUMNS = (
    Column("no", "单号", 10),
    Column("customer", "客户", 10, grow=2),
    Column("demand", "要求", 8, grow=1, priority=2),
    Column("note", "备注", 12, grow=1, priority=3),
    Column("amount", "金额", 9, align="right", priority=1),
)


@given(st.text(), st.integers(0, 40), st.sampled_from(["left", "right"]))
def test_any_text_fits_exactly(text: str, width: int, align: str) -> None:
    safe = as_content(text).plain
    assert width_of(fit(safe, width, align)) == width  # type: ignore[arg-type]


def test_a_wide_character_is_never_halved() -> None:
    assert fit("小鱼干12", 8) == "小鱼干12"
    assert fit("小鱼干12", 7) == "小鱼干›"
    assert fit("小鱼干12", 6) == "小鱼› "
    assert fit("45.00", 8, "right") == "   45.00"


@pytest.mark.parametrize(
    "text", ["[VIP]老白", "[/red]x", "\x1b[6n", "\x1b]52;c;eA==\x07", "\u202ex"]
)
def test_peoples_text_is_neither_markup_nor_control(text: str) -> None:
    for content in (shown(text), as_content(text)):
        assert not content.spans
        assert not any(ord(char) < 32 or char == "\u202e" for char in content.plain)
    assert "[VIP]" in shown("[VIP]老白").plain


@pytest.mark.parametrize("room", [78, 118, 198])
def test_columns_use_the_whole_width(room: int) -> None:
    placed = lay_out(COLUMNS, room)
    assert sum(one.width + GAP for one in placed) == room
    assert [one.index for one in placed] == [0, 1, 2, 3, 4]


def test_columns_go_by_priority_and_keep_their_order() -> None:
    def names(room: int) -> list[str]:
        return [one.column.name for one in lay_out(COLUMNS, room)]

    assert names(54) == ["no", "customer", "demand", "note", "amount"]
    assert names(53) == ["no", "customer", "demand", "amount"]
    assert names(35) == ["no", "customer", "amount"]
    assert names(25) == ["no", "customer"]
    assert names(13) == ["no", "customer"]
    assert sum(one.width + GAP for one in lay_out(COLUMNS, 13)) == 13
    assert names(0) == []


def test_a_column_stops_growing_at_its_most() -> None:
    columns = (Column("a", "a", 5, grow=1, most=10), Column("b", "b", 5, grow=1))
    assert [one.width for one in lay_out(columns, 42)] == [10, 30]


def source_of(*names: str) -> MemorySource[tuple[int, str]]:
    source = MemorySource[tuple[int, str]](key=lambda it: it[0], cells=lambda it: (it[1],))
    source.replace(enumerate(names))
    return source


def test_records_keep_their_key_through_sort_and_filter() -> None:
    source = source_of("c", "a", "b")
    source.sort(lambda it: it[1])
    assert [row.key for row in source.window(0, 9)] == [1, 2, 0]
    assert source.position(0) == 2
    source.filter(lambda it: it[1] != "a")
    assert (source.count(), source.total, source.position(1)) == (2, 3, None)
    source.filter(None)
    source.sort(None)
    assert [row.cells[0] for row in source.window(1, 5)] == ["a", "b"]


def test_only_real_changes_are_told() -> None:
    source = source_of()
    assert source.replace([(1, "a"), (2, "b")]) == set()
    assert source.upsert([(1, "a"), (2, "B"), (3, "c")]) == {2, 3}
    assert source.replace([(1, "x"), (3, "c"), (4, "d")]) == {1, 4}
    source.remove([3, 99])
    assert [row.key for row in source.window(0, 9)] == [1, 4]
    assert source.get(3) is None


def test_content_cells_keep_their_styles() -> None:
    content = Content.styled("late", "bold")
    assert as_content(content) is content


def test_the_end_of_a_number_stays_where_that_is_asked_for() -> None:
    assert fit_content(Content("QN2026090100007"), 9, keep="end").plain == "›90100007"
    assert fit_content(Content("QN2026090100007"), 1, keep="end").plain == "›"
    assert fit_content(Content("O0921-118"), 12, keep="end").plain == "O0921-118   "
