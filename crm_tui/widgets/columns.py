"""Columns of a table, and how they share the width there is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from crm_tui.widgets.text import Align, Keep

GAP = 1
"""Cells before each column; a changed cell carries its sign there."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column. Widths are in terminal cells.

    ``width`` is what it needs; ``grow`` is its share of the room left over (0: fixed), up to
    ``most``. ``priority`` 0 always stays; of the others the highest number goes first when the
    table is too narrow. ``live`` columns tick by themselves (countdowns): they are shown afresh
    every second and never marked as changed.
    """

    name: str
    label: str
    width: int
    grow: int = 0
    most: int | None = None
    priority: int = 0
    align: Align = "left"
    live: bool = False
    keep: Keep = "start"
    """What is left of a text that is too long; numbers differ at their end."""


@dataclass(frozen=True, slots=True)
class Placed:
    """A column that is shown: its place among the row's cells, and its width now."""

    index: int
    column: Column
    width: int


def lay_out(columns: Sequence[Column], room: int) -> tuple[Placed, ...]:
    """The columns that fit into ``room`` cells, in their order, with their widths.

    Columns are dropped by priority (equal ones from the right); what is left over goes to those
    that grow. When even the columns of priority 0 are too wide, the last ones are cut short.
    """
    kept = list(enumerate(columns))
    while _needed(kept) > room and any(column.priority for _, column in kept):
        kept.remove(max(kept, key=lambda item: (item[1].priority, item[0])))
    widths = _grown(kept, room - _needed(kept))
    placed = []
    left = room
    for (index, column), width in zip(kept, widths, strict=True):
        fitting = min(width, left - GAP)
        if fitting > 0:
            placed.append(Placed(index, column, fitting))
        left -= fitting + GAP
    return tuple(placed)


def _needed(kept: Sequence[tuple[int, Column]]) -> int:
    return sum(column.width + GAP for _, column in kept)


def _grown(kept: Sequence[tuple[int, Column]], spare: int) -> list[int]:
    """The widths after ``spare`` cells were shared out; a column at its most leaves the rest."""
    widths = [column.width for _, column in kept]
    growing = {place: column for place, (_, column) in enumerate(kept) if column.grow}
    while spare > 0 and growing:
        shares = sum(column.grow for column in growing.values())
        portion = max(spare // shares, 1)
        for place, column in list(growing.items()):
            wanted = min(portion * column.grow, spare)
            if column.most is not None and widths[place] + wanted >= column.most:
                wanted = min(wanted, max(column.most - widths[place], 0))
                del growing[place]
            widths[place] += wanted
            spare -= wanted
    return widths
