"""The record table: cursor and marks stay with records, the cost does not grow with the rows."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from textual.app import App, ComposeResult
from textual.content import Content
from textual.pilot import Pilot
from textual.strip import Strip

from crm_tui.widgets import record_table
from crm_tui.widgets.record_table import Column, Key, MemorySource, RecordTable, Row
from crm_tui.widgets.text import width_of

Order = tuple[int, str, int]
COLUMNS = (
    Column("no", "单号", 8),
    Column("customer", "客户", 10, grow=1),
    Column("amount", "金额", 8, align="right", priority=1),
)


def orders(n: int) -> list[Order]:
    return [(no, f"客户{no:03d}", no * 100) for no in range(n)]


def source_of(records: Sequence[Order]) -> MemorySource[Order]:
    source = MemorySource[Order](
        key=lambda it: it[0], cells=lambda it: (f"O-{it[0]}", it[1], str(it[2]))
    )
    source.replace(records)
    return source


class TableApp(App[None]):
    """One table, and what it said."""

    def __init__(self, source: record_table.RecordSource) -> None:
        super().__init__()
        self.table = RecordTable(COLUMNS, source, empty="今晚还没有订单")
        self.said: list[tuple[str, object]] = []

    def compose(self) -> ComposeResult:
        yield self.table

    def on_record_table_highlighted(self, message: RecordTable.Highlighted) -> None:
        self.said.append(("highlighted", message.key))

    def on_record_table_chosen(self, message: RecordTable.Chosen) -> None:
        self.said.append(("chosen", message.key))

    def on_record_table_header_chosen(self, message: RecordTable.HeaderChosen) -> None:
        self.said.append(("header", message.name))


def lines(app: TableApp) -> list[str]:
    return [app.table.render_line(y).text for y in range(app.table.size.height)]


async def press(pilot: Pilot[None], *keys: str) -> None:
    await pilot.press(*keys)
    await pilot.pause()


async def test_moves_by_every_key() -> None:
    app = TableApp(source_of(orders(100)))
    async with app.run_test(size=(80, 24)) as pilot:
        table = app.table
        assert table.cursor_key == 0
        await press(pilot, "j", "j", "down", "k")
        assert table.cursor_key == 2
        await press(pilot, "G")
        assert table.cursor_key == 99
        assert any(line.startswith(">  O-99 ") for line in lines(app))
        await press(pilot, "pageup")
        assert table.cursor_key == 99 - 22
        await press(pilot, "g", "k", "enter")
        assert app.said[-1] == ("chosen", 0)


async def test_cursor_and_marks_stay_on_their_records() -> None:
    source = source_of(orders(50))
    app = TableApp(source)
    async with app.run_test(size=(80, 24)) as pilot:
        table = app.table
        await press(pilot, "j", "j", "space", "j")
        assert (table.cursor_key, table.marks) == (4, {2})
        source.sort(lambda it: it[2], reverse=True)
        table.reload(at_once=True)
        await pilot.pause()
        assert (table.cursor_key, table.marks) == (4, {2})
        assert any(line.startswith(">  O-4 ") for line in lines(app)), "scrolled into view"
        source.upsert([(1000 + no, "新客", 999_999 + no) for no in range(30)])
        table.reload(at_once=True)
        await press(pilot, "enter")
        assert app.said[-1] == ("chosen", 4)
        assert any(line.startswith(">  O-4 ") for line in lines(app))
        assert ("highlighted", 5) not in app.said


async def test_a_vanished_record_leaves_the_cursor_on_the_nearest() -> None:
    source = source_of(orders(5))
    app = TableApp(source)
    async with app.run_test() as pilot:
        await press(pilot, "j", "j", "space", "k")
        source.remove([2, 0])
        source.upsert([(9, "新客", 1)])
        app.table.reload(at_once=True)
        assert app.table.cursor_key == 3
        await press(pilot, "G", "k")
        source.remove([4, 9])
        app.table.reload(at_once=True)
        assert app.table.cursor_key == 3
        source.replace([])
        app.table.reload(at_once=True)
        await pilot.pause()
        assert (app.table.cursor_key, app.table.marks) == (None, frozenset())
        assert app.said[-1] == ("highlighted", None)
        assert any("今晚还没有订单" in line for line in lines(app))
        await press(pilot, "j", "G", "space", "enter")
        assert app.said[-1] == ("highlighted", None)


async def test_inserts_above_do_not_move_what_is_looked_at() -> None:
    source = source_of(orders(200))
    source.sort(lambda it: it[2])
    app = TableApp(source)
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, *["pagedown"] * 3, "k", "k")
        before = [line.startswith(">") for line in lines(app)].index(True)
        source.upsert([(1000 + no, "新客", -no) for no in range(7)])
        app.table.reload(at_once=True)
        await pilot.pause()
        assert [line.startswith(">") for line in lines(app)].index(True) == before


async def test_changed_cells_carry_a_sign_for_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(record_table, "CHANGE_SHOWN_SECONDS", 0.05)
    source = source_of(orders(3))
    app = TableApp(source)
    async with app.run_test(size=(60, 10)) as pilot:
        app.table.reload(source.upsert([(1, "客户改名", 100), (7, "新客", 700)]), at_once=True)
        text = lines(app)
        assert " *客户改名" in text[2] and "*O-1" not in text[2]
        assert "*O-7" in text[4] and "*" not in text[1]
        while any("*" in line for line in lines(app)):
            await pilot.pause(0.01)


async def test_a_flood_of_changes_is_gathered() -> None:
    class Counting(MemorySource[Order]):
        counted = 0

        def count(self) -> int:
            self.counted += 1
            return super().count()

    source = Counting(key=lambda it: it[0], cells=lambda it: (str(it[0]), it[1], str(it[2])))
    source.replace(orders(10))
    app = TableApp(source)
    async with app.run_test() as pilot:
        await pilot.pause()
        before = source.counted
        for n in range(500):
            app.table.reload(source.upsert([(3, "客户", n)]))
        assert source.counted - before <= 1
        await press(pilot, "j")
        assert source.counted - before <= 2, "a key takes over at once what waits"
        assert any("499" in line for line in lines(app))


async def test_mouse() -> None:
    app = TableApp(source_of(orders(100)))
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.click(RecordTable, offset=(5, 4))
        assert app.table.cursor_key == 3
        await pilot.click(RecordTable, offset=(5, 4), times=2)
        await pilot.pause()
        assert app.said[-1] == ("chosen", 3)
        await pilot.click(RecordTable, offset=(76, 0))
        await pilot.pause()
        assert app.said[-1] == ("header", "amount")
        app.table.scroll_to(y=40, animate=False)
        await pilot.pause()
        assert app.table.cursor_key == 3
        assert "O-40 " in lines(app)[1]
        await press(pilot, "j")
        assert any(line.startswith(">  O-4 ") for line in lines(app))


@pytest.mark.parametrize(("width", "columns"), [(80, 3), (24, 2), (200, 3)])
async def test_every_line_is_as_wide_as_the_table(width: int, columns: int) -> None:
    hostile = [
        "[VIP]老白",
        "[/red]x",
        "\x1b]52;c;eA==\x07",
        "\x1b[6n",
        "长" * 10_000,
        "\u202eabc",
        "👨‍👩‍👧",
    ]
    app = TableApp(source_of([(no, nick, no) for no, nick in enumerate(hostile)]))
    async with app.run_test(size=(width, 12)):
        text = lines(app)
        assert len(app.table.painted_columns) == columns
        for y in range(12):
            assert app.table.render_line(y).cell_length == width
        assert "[VIP]老白" in text[1] and "[/red]x" in text[2]
        assert "\x1b" not in "".join(text) and "\u202e" not in "".join(text)


async def test_a_million_rows_are_only_looked_at_where_they_are_painted() -> None:
    class Million:
        asked = 0

        def count(self) -> int:
            return 1_000_000

        def window(self, first: int, n: int) -> list[Row]:
            self.asked += n
            return [
                Row(at, (f"O-{at}", "客户", "1")) for at in range(first, min(first + n, 1_000_000))
            ]

        def position(self, key: Key) -> int | None:
            return key if isinstance(key, int) else None

    source = Million()
    app = TableApp(source)
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "G", "k", "g", "pagedown", "G")
        assert app.table.cursor_key == 999_999
        assert any("O-999999" in line for line in lines(app))
        assert source.asked < 1_000


async def test_live_columns_tick_without_being_marked() -> None:
    clock = {"left": 10}
    source = MemorySource[int](
        key=lambda it: it, cells=lambda it: (str(it), f"剩 {clock['left']}", "")
    )
    source.replace([1])
    app = TableApp(source)
    app.table.columns = (COLUMNS[0], Column("left", "剩余", 8, live=True), COLUMNS[2])
    async with app.run_test() as pilot:
        assert "剩 10" in lines(app)[1]
        clock["left"] = 9
        while "剩 9 " not in lines(app)[1]:
            await pilot.pause(0.05)
        app.table.reload({1}, at_once=True)
        assert "*" not in lines(app)[1]


async def test_scrolling_while_rows_vanish_shows_nothing_wrong() -> None:
    source = source_of(orders(500))
    app = TableApp(source)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        app.table.reload(source.upsert([(1, "改名", 1)]), at_once=True)
        source.replace(orders(3))
        app.table.reload()
        app.table.scroll_to(y=400, animate=False)
        assert {width_of(line) for line in lines(app)} == {79}, "and one for the scroll bar"
        await press(pilot, "enter")
        assert app.said[-1] == ("chosen", 0)
        while "O-2 " not in lines(app)[3]:
            await pilot.pause(0.02)


async def test_starting_over_shows_other_records_without_marking_them() -> None:
    source = source_of(orders(50))
    app = TableApp(source)
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "G", "k")
        source.replace([(no, "别人", 7) for no in range(50)])
        app.table.start_over()
        await pilot.pause()
        assert app.table.cursor_key == 0
        assert "*" not in "".join(lines(app))


async def test_only_lines_that_look_different_are_painted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(record_table, "CHANGE_SHOWN_SECONDS", 60.0)
    painted: list[int] = []

    class Watched(RecordTable):
        def render_line(self, y: int) -> Strip:
            painted.append(y)
            return super().render_line(y)

    source = source_of(orders(500))
    app = TableApp(source)
    app.table = Watched(COLUMNS, source)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        painted.clear()
        app.table.reload(source.upsert([(5, "改名", 500)]), at_once=True)
        await pilot.pause()
        assert painted == [6], "the header stands above the first row"
        painted.clear()
        app.table.reload(source.upsert([(400, "改名", 1)]), at_once=True)
        await pilot.pause()
        assert not painted, "it is out of sight"
        await press(pilot, "j")
        assert painted == [1, 2], "the cursor went from one row to the next"


async def test_styles_are_part_of_how_a_line_looks() -> None:
    source = MemorySource[tuple[str, str]](
        key=lambda it: it[0], cells=lambda it: (it[0], Content.styled("同样的字", it[1]), "")
    )
    source.replace([("O-1", "")])
    app = TableApp(source)
    async with app.run_test(size=(80, 24)) as pilot:
        await pilot.pause()
        source.replace([("O-1", "reverse")])
        app.table.reload(at_once=True)
        await pilot.pause()
        painted = app.screen._compositor.render_strips()[1]
        assert any(segment.style and segment.style.reverse for segment in painted)
