"""The lines of a table as strips: cells side by side, a sign wherever a colour says something."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from itertools import groupby
from operator import itemgetter

from rich.segment import Segment
from textual.strip import Strip
from textual.style import Style

from crm_tui.core.text import clean
from crm_tui.widgets.columns import Placed
from crm_tui.widgets.text import Cell, fit, fit_content

CURSOR, MARK, CHANGED = ">", "+", "*"
"""Signs beside the colours: the cursor's row, a marked row, a cell that just changed."""
SORTED_UP, SORTED_DOWN = "^", "v"
GUTTER = 2
"""Cells on the left of every row, for the signs of cursor and mark."""


def header_strip(
    placed: Sequence[Placed], sorted_by: tuple[str, bool] | None, style: Style, width: int
) -> Strip:
    """The labels of the columns; ``sorted_by`` names the one with the sign, and whether down."""
    texts = [" " * GUTTER]
    for one in placed:
        label = one.column.label
        if sorted_by is not None and sorted_by[0] == one.column.name:
            label += SORTED_DOWN if sorted_by[1] else SORTED_UP
        texts.append(" " + fit(label, one.width, one.column.align))
    return _exactly([Segment("".join(texts), style.rich_style)], style, width)


def row_strip(
    cells: Sequence[Cell],
    placed: Sequence[Placed],
    changed: Collection[int],
    signs: str,
    styles: tuple[Style, Style],
    width: int,
) -> Strip:
    """A row's cells in its style, the ``changed`` ones in the second style and with their sign."""
    style, changed_style = styles
    runs = [(signs, style)]
    for one in placed:
        differs = one.index in changed
        cell_style = changed_style if differs else style
        runs.append((CHANGED if differs else " ", cell_style))
        cell = cells[one.index] if one.index < len(cells) else ""
        runs += _fitted(cell, one, cell_style)
    segments = [
        Segment("".join(text for text, _style in run), each.rich_style)
        for each, run in groupby(runs, itemgetter(1))
    ]
    return _exactly(segments, style, width)


def _fitted(cell: Cell, placed: Placed, style: Style) -> Iterable[tuple[str, Style]]:
    """The texts of a cell in the width of its column, each with its style."""
    column = placed.column
    if isinstance(cell, str):
        return [(fit(clean(cell), placed.width, column.align, column.keep), style)]
    return fit_content(cell, placed.width, column.align, column.keep).render(style, end="")


def text_strip(text: str, style: Style, width: int) -> Strip:
    """One line of text across the table."""
    return Strip([Segment(fit(" " * GUTTER + " " + text, width), style.rich_style)])


def _exactly(segments: list[Segment], style: Style, width: int) -> Strip:
    return Strip(segments).adjust_cell_length(width, style.rich_style)
