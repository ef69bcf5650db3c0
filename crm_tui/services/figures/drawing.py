"""Charts as SVG: axes, bars or lines, and each value as a text that a reader or a script finds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import ceil
from xml.sax.saxutils import escape, quoteattr

from crm_tui.core.text import clean
from crm_tui.core.ticks import nice_ticks
from crm_tui.services.figures.table import Chart, Look, Table, when, width

WIDTH, HEIGHT = 960, 420
_LEFT, _RIGHT, _TOP, _BOTTOM = 84, 20, 64, 56
COLOURS = ("#2563eb", "#f59e0b", "#059669", "#9333ea", "#dc2626", "#0891b2", "#65a30d", "#db2777")
"""Of the series of a chart, in their order."""
BEFORE = "#a1a1aa"
"""Of what was before."""
_DIGIT = 7.5
"""How wide one is, in pixels."""
_LONGEST_NAME = 16
"""Of the names along the axis, in signs."""
_LEGEND = 150
_RATES = (Look.RATE, Look.CHANGE)


def drawing(tables: Sequence[Table]) -> str:
    """The charts of ``tables`` as one SVG document, one below the other. Every text is made
    harmless; a value stands as the title of its bar or point."""
    height = HEIGHT * len(tables)
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}"'
        f' viewBox="0 0 {WIDTH} {height}" font-family="sans-serif" font-size="13">'
        f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>'
    )
    body = [
        f'<g transform="translate(0 {HEIGHT * place})">{"".join(_one(table, table.chart))}</g>'
        for place, table in enumerate(tables)
        if table.chart
    ]
    return "\n".join([head, *body, "</svg>"]) + "\n"


def _one(table: Table, chart: Chart) -> Iterator[str]:
    columns = [[row[at] or 0 for row in table.drawn] for at in chart.series]
    values = [value for column in columns for value in column]
    frame = _Frame(min(0, *values), max(0, *values), len(table.drawn))
    look = table.columns[chart.series[0]].look
    yield _text(_LEFT, 24, f"{table.title}  {table.about}", size=16)
    yield from frame.axis([_said(row[chart.names]) for row in table.drawn], look)
    middle, foot = (_LEFT + WIDTH - _RIGHT) / 2, HEIGHT - 12
    yield _text(middle, foot, table.columns[chart.names].title, anchor="middle")
    for place, (at, column) in enumerate(zip(chart.series, columns, strict=True)):
        colour = BEFORE if chart.before and place else COLOURS[place % len(COLOURS)]
        title = table.columns[at].title
        x = _LEFT + _LEGEND * place
        yield f'<rect x="{x}" y="36" width="10" height="10" fill="{colour}"/>'
        yield _text(x + 16, 46, title)
        drawn = frame.line if chart.line else frame.bars
        yield from drawn(column, colour, place, len(columns), title)


class _Frame:
    """Where values stand in one chart."""

    def __init__(self, low: float, high: float, count: int) -> None:
        self._low, self._high = low, high if high > low else low + 1
        self._pitch = (WIDTH - _LEFT - _RIGHT) / max(count, 1)

    def y(self, value: float) -> float:
        """The height of a value, from the top."""
        part = (value - self._low) / (self._high - self._low)
        return HEIGHT - _BOTTOM - part * (HEIGHT - _TOP - _BOTTOM)

    def x(self, place: float) -> float:
        """The left side of the place-th name."""
        return _LEFT + place * self._pitch

    def axis(self, names: Sequence[str], look: Look) -> Iterator[str]:
        """Lines with their values, and below as many of the names as there is room for."""
        ticks = nice_ticks(self._high, smallest=self._low, whole=look not in _RATES)
        for value in ticks:
            y = self.y(value)
            yield (
                f'<line x1="{_LEFT}" y1="{y:.1f}" x2="{WIDTH - _RIGHT}" y2="{y:.1f}"'
                ' stroke="#d4d4d8"/>'
            )
            yield _text(_LEFT - 8, y + 4, _shown(value, look), anchor="end")
        room = (max(map(width, names), default=0) + 1) * _DIGIT
        for place in range(0, len(names), max(ceil(room / self._pitch), 1)):
            yield _text(self.x(place + 0.5), HEIGHT - _BOTTOM + 20, names[place], anchor="middle")

    def bars(
        self, column: Sequence[float], colour: str, place: int, among: int, title: str
    ) -> Iterator[str]:
        """A bar each, beside those of the other series."""
        width = self._pitch * 0.8 / among
        for at, value in enumerate(column):
            x = self.x(at + 0.1) + width * place
            top, foot = sorted((self.y(value), self.y(max(self._low, 0))))
            yield (
                f'<rect x="{x:.1f}" y="{top:.1f}" width="{width:.1f}" height="{foot - top:.1f}"'
                f' fill="{colour}">{_hint(title, value)}</rect>'
            )

    def line(
        self, column: Sequence[float], colour: str, _place: int, _among: int, title: str
    ) -> Iterator[str]:
        """The values joined, with a point each."""
        spots = [(self.x(at + 0.5), self.y(value)) for at, value in enumerate(column)]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in spots)
        yield f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>'
        for (x, y), value in zip(spots, column, strict=True):
            yield (
                f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}">'
                f"{_hint(title, value)}</circle>"
            )


def _hint(title: str, value: float) -> str:
    return f"<title>{escape(clean(title))}: {value:,.10g}</title>"


def _shown(value: float, look: Look) -> str:
    return f"{value:.0%}" if look in _RATES else f"{value:,.10g}"


def _said(name: object) -> str:
    """A name as it stands along the axis: of a day or an hour what tells it from its neighbours."""
    at = when(name)
    if at is not None:
        return f"{at:%H:%M}" if ":" in str(name) else f"{at:%m-%d}"
    return "" if name is None else clean(str(name), _LONGEST_NAME)


def _text(x: float, y: float, text: str, *, anchor: str = "start", size: int = 13) -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor={quoteattr(anchor)} font-size="{size}"'
        f' fill="#27272a">{escape(clean(text))}</text>'
    )
