"""Parting the lines of a bill that came as text: CSV by name, with habits of its own.

WeChat's merchant bills put a back-tick before every value and quote none, so that a name may hold
commas; Alipay quotes nothing either; a spreadsheet program that saved the file once more quotes as
CSV does. A line that no rule parts into the columns of the header is handed on as it is.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Iterator
from itertools import combinations

from crm_tui.services.imports.cells import Cell
from crm_tui.services.money.bills.forms import Layout
from crm_tui.services.money.bills.rowreader import BadField, Row

_SIGNS = (",", "\t", ";", "|")
_MOST_LINES = 20
"""Lines that one quoted value may go over."""
_MAY_HOLD_COMMAS = ("title", "payer", "note", "type")
_MAY_END_IN_TABS = (
    *("outside_no", "flow_no", "merchant_no", "refund_no", "refund_id", "type", "payer", "title"),
)


def delimited(
    lines: Iterable[str], layout: Layout | None = None
) -> Iterator[tuple[int, list[Cell]]]:
    """The rows with the number of the line on which each begins, from 1.

    With a ``layout``, lines are parted into as many cells as its header has.
    """
    width = layout.width if layout else 0
    source = enumerate(lines, start=1)
    waiting: list[tuple[int, str]] = []

    def following() -> tuple[int, str] | None:
        return waiting.pop(0) if waiting else next(source, None)

    while (item := following()) is not None:
        number, line = item
        line = line.rstrip("\r\n").lstrip("\ufeff")
        if line[:1] == "`" and len(simply := line[1:].split(",`")) == width:
            yield number, [*simply]
            continue
        if '"' in line and line.count('"') % 2 and width:
            line = _joined(line, width, following, waiting)
        sign = _sign(line)
        cells: list[Cell] = [*_parted(line, width, sign)]
        if layout and len(cells) > width:
            tried = _without_tabs(cells, layout) if sign == "\t" else _with_commas(cells, layout)
            cells = next((row for row in tried if _is_readable(Row(number, row, layout))), cells)
        yield number, cells


def _joined(
    line: str,
    width: int,
    following: Callable[[], tuple[int, str] | None],
    waiting: list[tuple[int, str]],
) -> str:
    """A line whose last value goes on below, with what belongs to it; else as it is."""
    taken: list[tuple[int, str]] = []
    whole = line
    while len(taken) < _MOST_LINES and (item := following()) is not None:
        taken.append(item)
        whole += "\n" + item[1].rstrip("\r\n")
        if whole.count('"') % 2 == 0:
            if len(_quoted(whole, _sign(whole))) in (width, width + 1):
                return whole
            break
    waiting[:0] = taken
    return line


def _parted(line: str, width: int, sign: str) -> list[str]:
    if line.startswith("`"):
        cells = line[1:].split(sign + "`")
        if width and len(cells) < width:  # a value without its back-tick, or quoted since
            otherwise = line.split(sign), _quoted(line, sign)
            cells = next((tried for tried in otherwise if len(tried) == width), cells)
        return cells
    if '"' not in line:
        return line.split(sign)
    cells = _quoted(line, sign)
    if width and len(cells) < width and line.count('"') % 2:
        return line.split(sign)
    return cells


def _sign(line: str) -> str:
    """What stands between the cells: a comma, unless there are more of another."""
    counts = {sign: line.count(sign) for sign in _SIGNS}
    if not counts[","]:
        counts["，"] = line.count("，")
    return max(counts, key=lambda sign: counts[sign])


def _quoted(line: str, sign: str) -> list[str]:
    return next(csv.reader([line], delimiter=sign), [])


def _with_commas(cells: list[Cell], layout: Layout) -> Iterator[list[Cell]]:
    """What a line with more cells than headers may be: one value, not quoted, holds commas."""
    surplus = len(cells) - layout.width
    for name in _MAY_HOLD_COMMAS:
        place = layout.columns.get(name)
        if place is not None:
            whole = ",".join(str(cell) for cell in cells[place : place + surplus + 1])
            yield [*cells[:place], whole, *cells[place + surplus + 1 :]]


def _without_tabs(cells: list[Cell], layout: Layout) -> Iterator[list[Cell]]:
    """What a line may be that tabs part, and whose numbers and names end in a tab besides: behind
    some of them is an empty cell too many.
    """
    places = [layout.columns[name] for name in _MAY_END_IN_TABS if name in layout.columns]
    for padded in combinations(places, len(cells) - layout.width):
        superfluous = {place + before for before, place in enumerate(sorted(padded), start=1)}
        if all(cells[place] == "" for place in superfluous):
            yield [cell for place, cell in enumerate(cells) if place not in superfluous]


def _is_readable(row: Row) -> bool:
    """Whether the time and the amounts of a line stand where its header says."""
    try:
        row.when("at", "paid_at")
        amounts = [row.fen(name) for name in ("amount", "received", "gross", "income", "outgo")]
        fees = row.exact("fee")
    except BadField:
        return False
    return any(amount is not None for amount in amounts) or fees is not None
