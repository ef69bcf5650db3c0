"""The lines of a table as strips: cells side by side, a sign wherever a colour says something."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from rich.segment import Segment
from textual.strip import Strip
from textual.style import Style

from crm_tui.widgets.columns import Placed
from crm_tui.widgets.text import Cell, as_content, fit, fit_content

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
    segments = [Segment(signs, style.rich_style)]
    for one in placed:
        differs = one.index in changed
        cell_style = changed_style if differs else style
        segments.append(Segment(CHANGED if differs else " ", cell_style.rich_style))
        cell = cells[one.index] if one.index < len(cells) else ""
        content = fit_content(as_content(cell), one.width, one.column.align, one.column.keep)
        segments.extend(content.render_segments(cell_style))
    return _exactly(segments, style, width)


def text_strip(text: str, style: Style, width: int) -> Strip:
    """One line of text across the table."""
    return Strip([Segment(fit(" " * GUTTER + " " + text, width), style.rich_style)])


def _exactly(segments: list[Segment], style: Style, width: int) -> Strip:
    return Strip(segments).adjust_cell_length(width, style.rich_style)
