"""Charts, bars and countdowns as text."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from crm_tui.core.pace import span
from crm_tui.core.ticks import nice_ticks
from crm_tui.widgets.chart import BAR, ChartData, draw, hbar, sparkline
from crm_tui.widgets.countdown import countdown, countdown_cell
from crm_tui.widgets.text import width_of
from crm_tui.widgets.timeline import Moment, moments_in_line, moments_in_lines

NOW = datetime(2026, 9, 21, 15, 4, tzinfo=UTC)


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(0, "0:00"), (41, "0:41"), (724, "12:04"), (5999, "99:59"), (6000, "1h40"), (400_000, "4d")],
)
def test_spans(seconds: int, shown: str) -> None:
    assert span(seconds) == shown


def test_countdown_turns_over() -> None:
    assert countdown(NOW + timedelta(seconds=59), NOW) == "0:59"
    assert countdown(NOW - timedelta(seconds=72), NOW) == "!1:12"
    assert countdown(None, NOW) == ""
    assert "error" in str(countdown_cell(NOW - timedelta(seconds=1), NOW).spans)
    assert not countdown_cell(NOW + timedelta(minutes=5), NOW).spans


@pytest.mark.parametrize(("width", "height"), [(78, 14), (118, 20), (198, 40), (30, 8)])
@pytest.mark.parametrize("count", [1, 7, 24, 31, 400])
def test_charts_keep_their_lines_aligned(width: int, height: int, count: int) -> None:
    data = ChartData(
        names=tuple(f"{n}时" for n in range(count)),
        values=tuple(float(n * 31 % 97) for n in range(count)),
        label="本期",
        before=tuple(float(n * 17 % 89) for n in range(count)),
        before_label="上期",
    )
    drawing = draw(data, width, height)
    assert len(drawing.lines) == len(drawing.bars) == height
    assert {width_of(line) for line in drawing.lines[:-1]} == {width_of(drawing.lines[0])}
    assert max(map(width_of, drawing.lines)) <= width
    assert drawing.pitch < 1 or drawing.place(drawing.middle(count - 1)) == count - 1


def test_a_chart_tells_its_series_apart_by_sign() -> None:
    data = ChartData(("周一", "周二"), (5, 9), "本期", (9, 5), "上期")
    drawing = draw(data, 40, 10)
    assert "周一" in drawing.lines[-1] and "周二" in drawing.lines[-1]
    assert any(BAR in line for line in drawing.bars)
    assert any(0x2800 < ord(sign) < 0x2900 for line in drawing.lines for sign in line)
    assert draw(ChartData((), (), "本期"), 40, 10).lines


def test_ticks_are_round_and_start_at_nothing() -> None:
    assert nice_ticks(9382) == [0, 2000, 4000, 6000, 8000]
    assert nice_ticks(0) == [0, 1]
    assert nice_ticks(3) == [0, 1, 2, 3]


def test_small_bars() -> None:
    assert hbar(10, 10, 4) == "⣿⣿⣿⣿"
    assert hbar(0.01, 10, 4) == "⡇", "something is never shown as nothing"
    assert hbar(0, 10, 4) == hbar(0, 0, 4) == ""
    assert sparkline([1, 2, 3, 4], 10) == "⣠⣾"
    assert sparkline([], 5) == ""


def test_moments() -> None:
    listed = [Moment("22:16", "下单", "[/red]客服"), Moment("22:17:30", "派给")]
    assert moments_in_line(listed).plain == "22:16 下单 [/red]客服 · 22:17:30 派给"
    assert moments_in_lines(listed).plain == "22:16     下单  [/red]客服\n22:17:30  派给"
