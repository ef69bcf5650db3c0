"""What stands on each line of a table: only a line that differs is painted again."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator
from itertools import groupby

from textual.cache import LRUCache
from textual.strip import Strip

from crm_tui.widgets.records import Row

KEPT_STRIPS = 300

Line = Hashable
"""All that decides how a line looks."""


def look_of(row: Row) -> Line:
    """All that a row itself adds to the look of its line: texts, and their styles, which the
    comparison of contents leaves out."""
    cells = (cell if isinstance(cell, str) else (cell.plain, *cell.spans) for cell in row.cells)
    return (row.tone, *cells)


class PaintedLines:
    """The lines as they were painted last, and strips that were made for a look before."""

    def __init__(self) -> None:
        self._lines: dict[int, Line] = {}
        self._strips: LRUCache[Line, Strip] = LRUCache(KEPT_STRIPS)

    def strip(self, y: int, line: Line, make: Callable[[], Strip]) -> Strip:
        """``line`` is being painted at ``y``: its strip, made where none is kept."""
        self._lines[y] = line
        strip = self._strips.get(line)
        if strip is None:
            strip = self._strips[line] = make()
        return strip

    def differing(self, lines: Iterable[Line]) -> Iterator[range]:
        """Where ``lines``, from the top, differ from what was painted there, run by run."""
        places = enumerate(lines)
        for differs, run in groupby(places, lambda item: self._lines.get(item[0]) != item[1]):
            if differs:
                first, *rest = (y for y, _line in run)
                yield range(first, first + len(rest) + 1)

    def forget(self) -> None:
        """Colours or widths are others: nothing that was made or painted is true any more."""
        self._lines.clear()
        self._strips.clear()
