"""People's texts on their way into cells: cleaned, measured in cells, cut and padded.

Widths are terminal cells, not characters: 老 takes two. The sign for a cut is narrow in every
terminal, which ``…`` is not (terminals set to Chinese may draw it two cells wide).
"""

from __future__ import annotations

from typing import Literal

from rich.cells import cell_len, split_text
from rich.text import Text
from textual.content import Content
from textual.style import Style

from crm_tui.core.text import SHOWN_LIMIT, clean

Align = Literal["left", "right"]
Keep = Literal["start", "end"]
"""Which part of a text that is too long stays."""
Cell = str | Content
"""What a cell may hold: plain text, or content that already has its styles. Never markup."""

CUT = "›"
"""Stands where a text was cut; one cell wide everywhere."""


def width_of(text: str) -> int:
    """How many terminal cells ``text`` takes."""
    return cell_len(text)


def shown(text: str, style: str | Style = "", limit: int = SHOWN_LIMIT) -> Content:
    """``text`` from a person as content for Textual: cleaned, capped, never read as markup."""
    safe = clean(text, limit)
    return Content.styled(safe, style) if style else Content(safe)


def rich_shown(text: str, style: str = "", limit: int = SHOWN_LIMIT) -> Text:
    """``text`` from a person as Rich text: cleaned, capped, never read as markup."""
    return Text(clean(text, limit), style=style, end="")


def as_content(cell: Cell) -> Content:
    """``cell`` as content; a plain ``str`` is cleaned, so that no caller can forget it."""
    return cell if isinstance(cell, Content) else Content(clean(cell))


def fit(text: str, width: int, align: Align = "left", keep: Keep = "start") -> str:
    """``text`` in exactly ``width`` cells, cut with :data:`CUT` at the end that ``keep`` does not
    name, or padded.

    >>> fit("小鱼干12", 7)
    '小鱼干›'
    """
    if width <= 0:
        return ""
    spare = width - width_of(text)
    if spare < 0:
        if keep == "end":
            text = CUT + text[len(text) - _characters_within(text[::-1], width - 1) :]
        else:
            text = text[: _characters_within(text, width - 1)] + CUT
        spare = width - width_of(text)
    return " " * spare + text if align == "right" else text + " " * spare


def fit_content(
    content: Content, width: int, align: Align = "left", keep: Keep = "start"
) -> Content:
    """Like :func:`fit`, keeping the styles of ``content``."""
    if width <= 0 or not content.spans:
        return Content(fit(content.plain, width, align, keep))
    if content.cell_length > width and keep == "end":
        kept = _characters_within(content.plain[::-1], width - 1)
        content = Content(CUT) + content[len(content.plain) - kept :]
    elif content.cell_length > width:
        content = content[: _characters_within(content.plain, width - 1)] + Content(CUT)
    spare = width - content.cell_length
    return content.pad_left(spare) if align == "right" else content.pad_right(spare)


def _characters_within(text: str, width: int) -> int:
    """How many leading characters of ``text`` fit into ``width`` cells."""
    head, _rest = split_text(text, width)
    # A wide character on the border comes back as a space.
    return len(head) if text.startswith(head) else len(head) - 1
