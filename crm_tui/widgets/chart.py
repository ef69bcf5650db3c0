"""Bars with marks for what was before; small bars, sparklines and heat for cells.

plotext draws; it is loaded when first needed and runs on a worker thread. Its colours are left
out: the styles of the app's theme are laid over the signs, and the signs alone tell the two
series apart. All signs are one cell wide in every terminal.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import groupby
from math import ceil, floor
from threading import Lock
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message
from textual.widget import Widget
from textual.worker import Worker, WorkerState

from crm_tui.core.language import N_
from crm_tui.core.ticks import nice_ticks
from crm_tui.widgets.text import fit, fit_content, width_of

BAR, MARK, SELECTED = "⣿", "⠒⠒", "^"
NO_DOTS = 0x2800
BRAILLE = frozenset(map(chr, range(NO_DOTS, NO_DOTS + 0x100)))
"""Signs of eight dots, one cell wide in every terminal, which blocks and boxes are not."""
_AXES = str.maketrans("│┤└┬─┘", "|+++-+")
_MANYFOLD = 10
_plotext_is_one_figure = Lock()


@dataclass(frozen=True, slots=True)
class ChartData:
    """What a chart shows: a value for every name and, behind, the values of the period before.

    There may be fewer values than names: the rest of the period has not begun. ``full`` writes a
    value in the caption, ``short`` on the axis.
    """

    names: tuple[str, ...]
    values: tuple[float, ...]
    label: str
    before: tuple[float, ...] | None = None
    before_label: str = ""
    full: Callable[[float], str] = "{:,.0f}".format
    short: Callable[[float], str] = "{:,.0f}".format
    look: str = "number"
    """What the values are, for whoever writes them elsewhere: a number, or money."""


@dataclass(frozen=True, slots=True)
class Drawing:
    """A drawn chart: its lines, which of their cells are bars, and where each bar stands."""

    lines: tuple[str, ...]
    bars: tuple[str, ...]
    left: int
    pitch: float

    def place(self, x: int) -> int:
        """The index of the bar whose column contains the cell ``x``; may be out of range."""
        return floor((x - self.left) / self.pitch)

    def middle(self, index: int) -> int:
        """The cell in the middle of bar ``index``."""
        return self.left + floor((index + 0.5) * self.pitch)


def draw(data: ChartData, width: int, height: int) -> Drawing:
    """Draw ``data`` into ``width`` × ``height`` cells. For a worker thread: loads plotext."""
    largest = max([*data.values, *(data.before or ()), 0])
    ticks = nice_ticks(largest, max(min(height // 2, 4), 1))
    labels = [data.short(tick) for tick in ticks]
    label_width = max(map(width_of, labels))
    room = max(width - label_width - 1, 1)
    count = max(len(data.names), 1)
    pitch = max(room // count, 1)
    inner = min(pitch * count, room)
    axis = list(zip(ticks, (fit(label, label_width, "right") for label in labels), strict=True))
    step = max(ceil((max(map(width_of, data.names), default=1) + 1) * count / inner), 1)
    plot = partial(_plot, data, (inner + label_width + 1, height), max(largest, ticks[-1]), axis)
    with _plotext_is_one_figure:
        bars = plot(pitch, step)
        marks = plot(pitch, step, marks=True) if data.before else bars
    lines = bars if data.before is None else map(_merged, bars, marks)
    return Drawing(tuple(lines), tuple(bars), label_width + 1, inner / count)


def _plot(
    data: ChartData,
    size: tuple[int, int],
    largest: float,
    axis: Sequence[tuple[float, str]],
    pitch: int,
    step: int,
    *,
    marks: bool = False,
) -> list[str]:
    """The bars within their axes, or the marks of what was before."""
    import plotext

    plotext.terminal.limit(False, False)
    figure = plotext.figure
    figure.clear()
    figure.plot_size(*size)
    figure.theme("colorless")
    figure.axes(False, axis="x", side="upper")
    figure.axes(False, axis="y", side="right")
    places = list(range(1, len(data.names) + 1))
    # A bar takes the dots of both its edges: half a cell or more stays free before the next.
    thick = max(pitch - 1, 0.5) / pitch
    if marks:
        for place, value in zip(places, data.before or (), strict=False):
            ends = [place - thick / 2, place + thick / 2]
            figure.draw(figure.signal(ends, [value, value], marker="braille").lines())
    elif data.values:
        begun = places[: len(data.values)]
        figure.draw(figure.bar(begun, list(data.values), marker="braille", width=thick))
    across = figure.ruler("x").lim(0.5, max(len(places), 1) + 0.5).alignment(lim="edge")
    across.ticks(places[::step], list(data.names[::step]))
    up = figure.ruler("y").lim(0, largest * 1.02)
    up.ticks([tick for tick, _label in axis], [label for _tick, label in axis])
    text: str = plotext.uncolorize(str(figure.build()))
    return text.rstrip("\n").translate(_AXES).split("\n")


def _merged(bars: str, marks: str) -> str:
    """Both series in one line: a mark is a row of dots, inside a bar a row of gaps."""
    both = zip(bars, marks, strict=True)
    return "".join(bar if mark not in BRAILLE else _crossed(bar, mark) for bar, mark in both)


def _crossed(bar: str, mark: str) -> str:
    if bar not in BRAILLE:
        return mark
    dots = (ord(bar) ^ ord(mark)) & 0xFF
    return chr(NO_DOTS | dots) if dots else bar


class Chart(Widget, can_focus=True):
    """A chart with a cursor: left and right walk the bars, Enter opens what is behind one."""

    DEFAULT_CSS = "Chart { height: 1fr; min-height: 6; }"

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left,h", "select_by(-1)", N_("Bar before"), show=False, id="chart.left"),
        Binding("right,l", "select_by(1)", N_("Next bar"), show=False, id="chart.right"),
        Binding("enter", "choose", N_("Open"), show=False, id="chart.choose"),
    ]

    class Chosen(Message):
        """Enter on the bar ``index``."""

        def __init__(self, chart: Chart, index: int) -> None:
            super().__init__()
            self.chart = chart
            self.index = index

        @property
        def control(self) -> Chart:
            """The chart, for ``@on(..., "#id")``."""
            return self.chart

    def __init__(self, *, empty: str = "", id: str | None = None) -> None:
        super().__init__(id=id)
        self.empty = empty
        self.data: ChartData | None = None
        self.selected = 0
        self._drawing: Drawing | None = None

    def show(self, data: ChartData) -> None:
        """Show ``data``; the cursor goes to the last bar when the bars are others."""
        if self.data is None or self.data.names != data.names:
            self.selected = max(len(data.values) - 1, 0)
        self.data = data
        self._redraw()

    def on_resize(self) -> None:
        self._redraw()

    def _redraw(self) -> None:
        data, (width, height) = self.data, self.size
        if data is not None and width and height > 1:
            self.run_worker(
                lambda: draw(data, width, height - 1),
                thread=True,
                exclusive=True,
                group="draw",
            )

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """The drawing is ready."""
        if event.state is WorkerState.SUCCESS and isinstance(event.worker.result, Drawing):
            event.stop()
            self._drawing = event.worker.result
            self.refresh()

    @property
    def is_empty(self) -> bool:
        """Whether there is no bar to stand on."""
        return self.data is None or not any((*self.data.values, *(self.data.before or ())))

    def action_select_by(self, bars: int) -> None:
        """Move the cursor by ``bars``."""
        if self.data is not None:
            self.selected = max(min(self.selected + bars, len(self.data.names) - 1), 0)
            self.refresh()

    def action_choose(self) -> None:
        """Open the bar under the cursor."""
        if self.data is not None and self.data.names:
            self.post_message(self.Chosen(self, self.selected))

    def caption_text(self) -> str | None:
        """The bar under the cursor in words: its name and its values."""
        return self._caption(self.data).plain if self.data is not None else None

    def render(self) -> Content:
        """The caption, then the drawing with the theme's colours."""
        if self.data is None:
            return Content("")
        if self.is_empty:
            return Content.styled(self.empty, "$text-muted")
        if self._drawing is None:
            return self._caption(self.data)
        lines = [
            self._coloured(self._drawing, line, bars)
            for line, bars in zip(self._drawing.lines, self._drawing.bars, strict=True)
        ]
        return Content("\n").join([self._caption(self.data), *lines])

    def _caption(self, data: ChartData) -> Content:
        """The legend with the values under the cursor, in one line."""
        at = self.selected
        value = data.values[at] if at < len(data.values) else None
        before = data.before[at] if data.before is not None and at < len(data.before) else None
        parts: list[tuple[str, str] | str] = []
        if at < len(data.names):
            parts += [(data.names[at], "bold"), "  "]
        parts += [(BAR, "$primary"), f" {data.label} "]
        if value is not None:
            parts.append((data.full(value), "bold"))
        if data.before is not None:
            parts += ["   ", (MARK, "$warning"), f" {data.before_label} "]
        if before is not None:
            parts.append(data.full(before))
        if value is not None and before:
            parts.append(f"   {change(value, before)}")
        caption = Content.assemble(*parts)
        return fit_content(caption, min(self.size.width, caption.cell_length))

    def _coloured(self, drawing: Drawing, line: str, bars: str) -> Content:
        """One line of the drawing. Cells under wide signs keep their places: bars have none."""
        is_axis = line.lstrip().startswith("+-")
        middle = drawing.middle(self.selected)
        if is_axis and middle < len(line) and self.has_focus:
            line = line[:middle] + SELECTED + line[middle + 1 :]

        def style(at: int) -> str:
            sign, bar = line[at], bars[at : at + 1]
            if sign == SELECTED and is_axis:
                return "bold $foreground"
            if sign not in BRAILLE:
                return "$text-muted"
            if sign != bar:
                return "$warning"
            chosen = self.has_focus and drawing.place(at) == self.selected
            return "$foreground" if chosen else "$primary"

        return Content.assemble(*_runs(line, style))


def _runs(line: str, style: Callable[[int], str]) -> Iterator[tuple[str, str]]:
    """``line`` in pieces of equal style."""
    for name, places in groupby(range(len(line)), style):
        yield "".join(line[at] for at in places), name


def change(value: float, before: float) -> str:
    """How much ``value`` differs from ``before``: ``+12%``; empty where there was nothing."""
    return difference((value - before) / before) if before else ""


def difference(part: float) -> str:
    """A difference of ``part`` of what was before; from elevenfold on as how many fold it is, which
    stays short enough for a cell.

    >>> [difference(part) for part in (0.12, -0.3, 0.001, 9.99, 107.67)]
    ['+12%', '-30%', '0%', '+999%', 'x109']
    """
    if part >= _MANYFOLD:
        return f"x{1 + part:.0f}"
    text = f"{part:+.0%}"
    return "0%" if text in ("+0%", "-0%") else text


def hbar(value: float, largest: float, width: int) -> str:
    """A bar for a table cell, in half cells, narrow in every terminal: ``⣿⣿⡇``."""
    halves = round(2 * width * value / largest) if largest > 0 and value > 0 else 0
    halves = max(halves, 1) if value > 0 else 0
    return "⣿" * (halves // 2) + "⡇" * (halves % 2)


def sparkline(values: Sequence[float], width: int) -> str:
    """The last ``2 × width`` values as a row of small columns, two in a cell."""
    recent = list(values)[-2 * width :]
    largest = max(recent, default=0)
    steps = [ceil(4 * value / largest) if largest > 0 else 0 for value in recent]
    steps += [0] * (len(steps) % 2)
    left, right = (0, 0x40, 0x44, 0x46, 0x47), (0, 0x80, 0xA0, 0xB0, 0xB8)
    pairs = zip(steps[::2], steps[1::2], strict=True)
    return "".join(chr(0x2800 + left[one] + right[other]) for one, other in pairs)


HEAT = "⠀⢀⣀⣠⣤⣴⣶⣾⣿"
"""From nothing to all, each with a dot more than the one before."""


def heat(share: float) -> str:
    """How much of the whole ``share`` (0…1) is, as one sign that fills up.

    >>> "".join(heat(share / 10) for share in range(2, 11, 2))
    '⣀⣤⣴⣾⣿'
    """
    return HEAT[min(ceil(max(share, 0) * (len(HEAT) - 1)), len(HEAT) - 1)]
