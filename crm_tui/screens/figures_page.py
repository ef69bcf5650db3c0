"""What all pages of the figures share: a page reads, shows, and says what its cursor stands on.

How to write a page::

    def read(wanted: Wanted, frames: Frames, work: ReadWork) -> Income:
        ...                           # on a worker thread; imports its services inside

    class IncomePage(FigurePage):
        NAME = "income"               # the key of its visit and of its command, page_income
        TITLE = N_("Income")          # in the strip of pages
        FOCUS = "#days"               # what has the keys at first

        def compose(self):            # charts and boards
        def fill(self, found, same):  # show what was read; same: the same figures, read again

What lies under the cursor of a board the board knows itself; of a chart the page says it in
``chart_pick`` and ``chart_behind``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from textual.containers import Vertical
from textual.content import Content
from textual.widget import Widget

from crm_tui.core.language import _
from crm_tui.screens.figures_board import Board
from crm_tui.screens.figures_wanted import Pick, Wanted
from crm_tui.widgets.chart import Chart, ChartData
from crm_tui.widgets.panel import Panel

if TYPE_CHECKING:
    from datetime import date, datetime

    from crm_tui.screens.figures_in_hand import FiguresInHand
    from crm_tui.screens.figures_period import Period
    from crm_tui.services.figures.copy.door import Frames
    from crm_tui.storage.store import ReadWork

ROW = ":"
"""In the key of a visit: what follows the page is the id of a row there."""
Query = Callable[[Wanted, "Frames", "ReadWork"], Any]


@dataclass(frozen=True, slots=True)
class Reading:
    """What a page was read for, and what was found."""

    wanted: Wanted
    """With its period, also where the running one was asked for."""
    before: Period | None
    """What it is compared with."""
    today: date
    as_of: datetime
    """Until when the copy knew of everything."""
    found: Any


@dataclass(frozen=True, slots=True)
class Orders:
    """The completed orders behind a figure: those of ``days``, of ``picks`` and of all that the
    page is narrowed to anyway."""

    title: str
    days: tuple[date, date]
    picks: tuple[Pick, ...] = ()
    hour: int | None = None
    """On the wall clock."""
    nth: int | None = None
    """Only the customers' how-manieth orders, from 1; with ``days`` those of the first one."""
    new: bool = False
    """Only the first orders ever."""
    parts: bool = False
    """Of an order of several companions only the income of those whom the figure means."""


@dataclass(frozen=True, slots=True)
class Tier:
    """The customers of a value tier as it was on ``day``, of all that the page is narrowed to."""

    title: str
    pick: Pick
    day: date


class FigurePage(Vertical):
    """One page of the figures."""

    NAME: ClassVar[str] = ""
    TITLE: ClassVar[str] = ""
    FOCUS: ClassVar[str] = ""

    def __init__(self) -> None:
        super().__init__(id=f"page-{self.NAME}", classes="page")
        self.reading: Reading | None = None
        self.sought: int | None = None
        """The row that the cursor goes to once it is read."""

    def asks(self) -> Query:
        """What is read for the page as it stands."""
        raise NotImplementedError

    def show(self, reading: Reading) -> None:
        """Show what was read; cursors stay where the figures are the same ones, read again."""
        same = self.reading is not None and self.reading.wanted == reading.wanted
        self.reading = reading
        self.fill(reading.found, same)
        if self.sought is not None and self.query_one(self.FOCUS, Board).move_to(self.sought):
            self.sought = None

    def heading(self, told: Reading) -> Content:
        """Which period, and what it is compared with."""
        parts = [Content.styled(told.wanted.title(), "bold")]
        if told.before is not None:
            text = _("against {period}").format(period=told.before.title())
            parts.append(Content.styled(text, "$text-muted"))
        return Content("  ").join(parts)

    def fill(self, found: Any, same: bool) -> None:
        """Put what was found into charts and boards."""
        raise NotImplementedError

    # What the cursor stands on

    @property
    def at(self) -> Widget | None:
        """The chart or the board that has the keys."""
        focused = self.screen.focused
        return focused if focused is not None and self in focused.ancestors else None

    def pick(self) -> Pick | None:
        """What the cursor stands on, to narrow the page to."""
        if isinstance(self.at, Board):
            return self.at.pick()
        at = self.at
        return self.chart_pick(at) if isinstance(at, Chart) and not at.is_empty else None

    def behind(self) -> object | None:
        """What lies behind the figure under the cursor: ``Orders``, a ``Tier`` or a
        ``Visit``."""
        if isinstance(self.at, Board):
            return self.at.behind()
        return self.chart_behind(self.at) if isinstance(self.at, Chart) else None

    # Pages of things that people set; the answer is whether there was something to do it to

    def open_row(self, place: FiguresInHand) -> bool:
        """Open what the cursor stands on, where that is no figure."""
        return False

    def edit_row(self, place: FiguresInHand) -> bool:
        """Let what the cursor stands on be changed."""
        return False

    def add_row(self, place: FiguresInHand) -> bool:
        """Let something new be set."""
        return False

    def take_row_away(self, place: FiguresInHand) -> bool:
        """Take away what the cursor stands on."""
        return False

    def chart_pick(self, chart: Chart) -> Pick | None:
        """What the bar under the cursor narrows the page to."""
        return None

    def chart_behind(self, chart: Chart) -> object | None:
        """What lies behind the bar under the cursor."""
        return None

    def drill(self) -> Period | None:
        """The period that the bar under the cursor stands for."""
        return None

    def copy_text(self) -> str | None:
        """What ``y`` copies: the row or the bar under the cursor."""
        if isinstance(self.at, Board):
            return self.at.copy_text()
        return self.at.caption_text() if isinstance(self.at, Chart) else None

    # What is exported

    def boards(self) -> list[Board]:
        """The tables of the page, from the top."""
        return [each for each in self.query(Board) if each.display and each.figures]

    def charts(self) -> list[ChartData]:
        """The charts of the page that hold something."""
        return [each.data for each in self.query(Chart) if each.display and each.data is not None]


class PageStrip(Panel):
    """The pages with their keys; a sign stands before the one that is looked at."""

    def show_pages(self, pages: Iterable[tuple[str, str, str]], current: str) -> None:
        """``pages``: name, key and title of each."""
        items = []
        for name, key, title in pages:
            here = name == current
            look = "bold" if here else "$text-muted"
            sign = (">" if here else " ", "$text-accent bold")
            items.append(Content.assemble(sign, (key, "$text-accent"), " ", (_(title), look)))
        self.show(Content("").join(items))
