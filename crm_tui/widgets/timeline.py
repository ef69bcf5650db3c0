"""What happened, one line a moment."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from crm_tui.widgets.text import Cell, as_content, width_of


@dataclass(frozen=True, slots=True)
class Moment:
    """One thing that happened: when (as shown), what, and by whom or with what."""

    at: str
    what: Cell
    detail: Cell = ""


def moments_in_line(moments: Iterable[Moment]) -> Content:
    """All moments in one running line: ``22:16 下单 客服A · 22:17 派给 鹿鹿09``."""
    parts = []
    for moment in moments:
        words = [Content.styled(moment.at, "$text-muted"), as_content(moment.what)]
        if moment.detail:
            words.append(as_content(moment.detail))
        parts.append(Content(" ").join(words))
    return Content(" · ").join(parts)


def moments_in_lines(moments: Iterable[Moment]) -> Content:
    """A line a moment, the times padded to one width."""
    listed = list(moments)
    width = max((width_of(moment.at) for moment in listed), default=0)
    lines = []
    for moment in listed:
        at = Content.styled(moment.at.ljust(width), "$text-muted")
        lines.append(Content.assemble(at, "  ", as_content(moment.what)))
        if moment.detail:
            lines[-1] = Content.assemble(lines[-1], "  ", as_content(moment.detail))
    return Content("\n").join(lines)


class Timeline(VerticalScroll):
    """A scrolling list of moments, in the order given."""

    DEFAULT_CSS = "Timeline { height: 1fr; } Timeline > Static { height: auto; }"

    def __init__(self, *, empty: str = "", id: str | None = None) -> None:
        self._text = Static(Content.styled(empty, "$text-muted"))
        super().__init__(self._text, id=id)
        self.empty = empty

    def show(self, moments: Iterable[Moment]) -> None:
        """Show these moments instead of what was shown."""
        content = moments_in_lines(moments)
        self._text.update(content if content.plain else Content.styled(self.empty, "$text-muted"))
        self.scroll_home(animate=False)
