"""The chart in an app: drawn off the interface's thread, walked by key; clocks that tick."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from textual.app import App, ComposeResult

from crm_tui.widgets.chart import Chart, ChartData
from crm_tui.widgets.countdown import Countdown
from crm_tui.widgets.timeline import Moment, Timeline

WEEK = ChartData(
    tuple("一二三四五六日"), (1, 2, 3, 4, 5, 6, 7), "本期", (7, 6, 5, 4, 3, 2, 1), "上期"
)


class ChartApp(App[None]):
    """A chart, and which bar was chosen."""

    chosen: int | None = None

    def compose(self) -> ComposeResult:
        yield Chart(empty="没有数据")

    def on_chart_chosen(self, message: Chart.Chosen) -> None:
        self.chosen = message.index


@pytest.mark.parametrize("theme", ["textual-dark", "textual-light", "ansi-dark"])
@pytest.mark.parametrize("size", [(80, 24), (200, 50)])
async def test_a_chart_fits_its_place_in_every_theme(theme: str, size: tuple[int, int]) -> None:
    app = ChartApp()
    async with app.run_test(size=size) as pilot:
        app.theme = theme
        chart = app.query_one(Chart)
        chart.show(WEEK)
        await app.workers.wait_for_complete()
        await pilot.pause()
        lines = chart.render().plain.split("\n")
        assert len(lines) == size[1]
        assert "本期" in lines[0] and "上期" in lines[0]
        assert "日" in lines[-1]


async def test_bars_are_walked_and_opened_by_key() -> None:
    app = ChartApp()
    async with app.run_test(size=(80, 24)) as pilot:
        chart = app.query_one(Chart)
        chart.show(WEEK)
        await app.workers.wait_for_complete()
        chart.focus()
        await pilot.press("left", "h", "h", "right", "enter")
        assert app.chosen == 4
        assert chart.render().plain.startswith("五  ⣿ 本期 5   ⠒⠒ 上期 3   +67%")
        assert "^" in chart.render().plain.split("\n")[-2]
        chart.show(ChartData(WEEK.names, (0,) * 7, "本期"))
        assert "没有数据" in chart.render().plain


async def test_clocks_tick_and_timelines_fill() -> None:
    now = [datetime(2026, 9, 21, 15, tzinfo=UTC)]
    clock = Countdown(lambda: now[0], now[0] + timedelta(seconds=61))
    timeline = Timeline(empty="还没有记录")

    class Clocks(App[None]):
        def compose(self) -> ComposeResult:
            yield clock
            yield timeline

    async with Clocks().run_test() as pilot:
        assert clock.render().plain == "1:01"
        now[0] += timedelta(seconds=62)
        clock.tick()
        assert clock.render().plain == "!0:01"
        clock.run_to(None)
        assert clock.render().plain == ""
        timeline.show([Moment("22:16", "下单", "[VIP]")])
        await pilot.pause()
        assert "[VIP]" in str(timeline.query_one("Static").render())
