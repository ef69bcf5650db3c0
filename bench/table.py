"""The record table costs the same at 1,000 and at 1,000,000 rows.

A headless app mounts a table and turns its pages; the clock runs from the mount or the key to the
moment at which Textual hands the finished frame to the terminal. Textual paints on a timer of
60 Hz, in which small costs hide: so the bare work of taking over a changed source and rendering
every line is measured beside it. Both sizes take turns in one process, each right after the other.
The source makes its rows as they are asked for, as one over a database would, so that what is
measured is the table.
"""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Sequence
from statistics import median
from time import perf_counter
from typing import Any

from textual.app import App

from bench.figure import Figure
from crm_tui.widgets.record_table import Column, Key, RecordTable, Row

SMALL, LARGE = 1_000, 1_000_000
TURNS = 25
COLUMNS = (
    Column("no", "单号", 12),
    Column("status", "状态", 6),
    Column("customer", "客户", 12, grow=2),
    Column("game", "游戏", 8, grow=1),
    Column("companion", "陪玩师", 10, grow=1),
    Column("left", "剩余", 6, live=True),
    Column("amount", "金额", 9, align="right"),
)


class Orders:
    """A source of ``n`` orders, each made when it is asked for."""

    def __init__(self, n: int) -> None:
        self.n = n

    def count(self) -> int:
        return self.n

    def window(self, first: int, n: int) -> Sequence[Row]:
        return [self._row(at) for at in range(first, min(first + n, self.n))]

    def position(self, key: Key) -> int | None:
        return key if isinstance(key, int) and key < self.n else None

    def _row(self, at: int) -> Row:
        cells = (
            f"O0921-{at}",
            "服务中",
            f"小鱼干{at}",
            "王者荣耀",
            f"鹿鹿{at % 90}",
            "12:04",
            "45.00",
        )
        return Row(at, cells)


class Watched(App[None]):
    """An app that tells when a frame is finished."""

    def __init__(self) -> None:
        super().__init__()
        self.painted = asyncio.Event()

    def _display(self, screen: Any, renderable: Any) -> None:
        super()._display(screen, renderable)
        self.painted.set()

    async def frame(self) -> None:
        """Wait for the next finished frame."""
        self.painted.clear()
        await self.painted.wait()


async def _one_turn(app: Watched, n: int) -> tuple[float, float, float]:
    """Seconds to the first paint, median seconds from a page key to its paint, and of the work."""
    table = RecordTable(COLUMNS, Orders(n))
    gc.collect()
    begun = perf_counter()
    app.mount(table)
    await app.frame()
    first = perf_counter() - begun
    assert table.cursor_key == 0, "the first frame has rows"
    table.focus()
    await app.frame()
    keys = []
    for _ in range(10):
        begun = perf_counter()
        table.action_cursor_page(1)
        await app.frame()
        keys.append(perf_counter() - begun)
    work = []
    for _ in range(10):
        begun = perf_counter()
        table.reload({table.cursor_key}, at_once=True)
        for y in range(table.size.height):
            table.render_line(y)
        work.append(perf_counter() - begun)
    await table.remove()
    return first, median(keys), median(work)


async def _measure() -> dict[int, list[tuple[float, float, float]]]:
    """The turns of each size; the n-th of both were taken right after one another."""
    app = Watched()
    taken: dict[int, list[tuple[float, float, float]]] = {SMALL: [], LARGE: []}
    async with app.run_test(size=(120, 36)):
        for n in (SMALL, LARGE):
            await _one_turn(app, n)
        for turn in range(TURNS):
            sizes = (SMALL, LARGE) if turn % 2 else (LARGE, SMALL)
            for n in sizes:
                taken[n].append(await _one_turn(app, n))
    return taken


def run() -> list[Figure]:
    """First paint, key to paint and bare work at both sizes, and their ratios."""
    taken = asyncio.run(_measure())
    figures = []
    for index, what in enumerate(("first paint", "page key to paint", "bare repaint")):
        small = [turn[index] for turn in taken[SMALL]]
        large = [turn[index] for turn in taken[LARGE]]
        ratio = median(slow / fast for fast, slow in zip(small, large, strict=True))
        note = f"median of {TURNS} turns, 120 × 36"
        paired = "median of the turns' ratios, so that a busy moment of the machine hits both"
        figures += [
            Figure(f"table, {what}, {SMALL:,} rows", median(small) * 1000, "ms", note=note),
            Figure(f"table, {what}, {LARGE:,} rows", median(large) * 1000, "ms", note=note),
            Figure(f"table, {what}, ratio", ratio, "×", "≤ 1.2 ×", ratio <= 1.2, paired),
        ]
    return figures


if __name__ == "__main__":
    for figure in run():
        print(figure)
