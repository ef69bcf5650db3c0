"""Figures: today at one glance, and pages for what lies behind it."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from time import monotonic
from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.containers import Container, Horizontal
from textual.content import Content
from textual.timer import Timer
from textual.widgets import Static

from crm_tui.commands import Command
from crm_tui.core.errors import CrmError
from crm_tui.core.language import N_, _
from crm_tui.core.pace import span
from crm_tui.core.permissions import Permission, may
from crm_tui.screens import figures_reading as reading
from crm_tui.screens.console import Visit
from crm_tui.screens.figures_board import Board
from crm_tui.screens.figures_cities import CitiesPage
from crm_tui.screens.figures_cohorts import CohortsPage
from crm_tui.screens.figures_customers import CustomersPage
from crm_tui.screens.figures_exporting import ExportingCommands
from crm_tui.screens.figures_games import GamesPage
from crm_tui.screens.figures_glance import GlancePage
from crm_tui.screens.figures_goals import GoalsPage
from crm_tui.screens.figures_income import IncomePage
from crm_tui.screens.figures_leaders import LeadersPage
from crm_tui.screens.figures_narrowing import NarrowingCommands
from crm_tui.screens.figures_opening import OpeningCommands
from crm_tui.screens.figures_page import ROW, FigurePage, PageStrip, Reading
from crm_tui.screens.figures_reading import Building
from crm_tui.screens.figures_report_schedules import SchedulingCommands
from crm_tui.screens.figures_reports import ReportsPage
from crm_tui.screens.footer import shown_key
from crm_tui.screens.prompt import Prompt
from crm_tui.screens.registry import REGISTRY

if TYPE_CHECKING:
    from crm_tui.services.figures.copy.door import Frames
    from crm_tui.storage.events import EventRow

PAGES: dict[str, type[FigurePage]] = {
    page.NAME: page
    for page in (
        GlancePage,
        IncomePage,
        LeadersPage,
        CustomersPage,
        GamesPage,
        CitiesPage,
        CohortsPage,
        GoalsPage,
        ReportsPage,
    )
}
"""By name, in the order of the strip."""
COUNTED = frozenset(
    {"order", "customer", "companion", "payment", "journal", "import_batch", "setting", "goal"}
    | {"rating", "offer", "settlement", "report", "catalogue", "store"}
)
"""Whose changes may change a figure."""
PAUSE_SECONDS = 2.0
"""Between two refreshes of the copy, however much happens."""
REST = 4
"""A refresh is followed by a pause of so many times as long as it took, but of no more than a
minute: the first count of all orders takes longer than what follows it."""
MINUTE = 60.0
"""Time alone changes what is compared up to now: read again so often."""


class FiguresScreen(NarrowingCommands, OpeningCommands, ExportingCommands, SchedulingCommands):
    """Mode 7. One page at a time, read from the copy as it lies there at once, and again when the
    copy has been brought up to date; the cursor and the page are the person's alone."""

    PLACE = "figures"
    HEADING = N_("Figures")
    CSS_PATH = "figures.tcss"
    AUTO_FOCUS = GlancePage.FOCUS
    ON_CHOSEN = "figures.open"

    def __init__(self) -> None:
        super().__init__()
        self.current = GlancePage.NAME
        self._building: Building | None = None
        self._waiting: Timer | None = None
        self._began = self._took = 0.0
        self._again = False
        """Something changed while the copy was brought up to date."""

    def compose_body(self) -> ComposeResult:
        yield PageStrip(id="pages")
        with Horizontal(id="period"):
            yield Static(_("Reading …"), id="heading", markup=False)
            yield Static(id="age", markup=False)
        with Container(id="page"):
            yield PAGES[self.current]()

    def on_mount(self) -> None:
        self._show_strip()
        self.set_interval(1.0, self._show_age)
        self.set_interval(MINUTE, self._minute_passed)

    def on_unmount(self) -> None:
        """Who leaves waits for no count."""
        if self._building is not None:
            self._building.stopped = True

    @property
    def page(self) -> FigurePage:
        """The page that is looked at."""
        return self.query_one(f"#page-{self.current}", FigurePage)

    @property
    def shown(self) -> Reading | None:
        """What the page shows, once it was read."""
        pages = self.query(f"#page-{self.current}").results(FigurePage)
        return next((page.reading for page in pages), None)

    # Pages

    def go_to_page(self, name: str, row: int | None = None) -> None:
        """Show the page ``name``; each keeps its cursor, or has it on the row with the id ``row``
        once that is read."""
        self._in_background(partial(self._enter, name, row), group="enter", exclusive=False)

    async def _enter(self, name: str, row: int | None) -> None:
        if name != self.current:
            self.page.display = False
            self.current = name
            self._show_strip()
            if not self.query(f"#page-{name}"):
                await self.query_one("#page").mount(PAGES[name]())
                if name != self.current:  # left again before it was there
                    return
        for page in self.query(FigurePage):
            page.display = self.current == page.NAME
        self.page.sought = row
        self.read_page()
        self.query_one(self.page.FOCUS).focus()
        self.refresh_keys()

    def _show_strip(self) -> None:
        items = [
            (name, shown_key(REGISTRY[f"figures.{name}"], self.console.keymap), page.TITLE)
            for name, page in PAGES.items()
        ]
        self.query_one(PageStrip).show_pages(items, self.current)

    def cursor_visit(self) -> Visit:
        return Visit(self.PLACE, self.current)

    def show_record(self, key: int | str) -> None:
        name, _sign, row = str(key).partition(ROW)
        if name in PAGES:
            self.go_to_page(name, int(row) if row else None)

    # Reading

    def reload(self) -> None:
        if not self._may_look():
            self._head(_("Your role does not see these figures."))
        elif self.frames is None:
            self._head(_("Reading …"))
            query = partial(reading.as_it_lies, self.page.asks(), self.wanted)
            self.read(query, partial(self._take_lying, self.page), group="page")
        else:
            self.read_page()
            self._bring_up()

    def _may_look(self) -> bool:
        """Whether the person's role sees what the studio earns."""
        return self.desk is not None and may(self.desk.actor.role, Permission.MONEY_FIGURES)

    def _take_lying(self, page: FigurePage, found: tuple[Frames, Reading] | None) -> None:
        """The last values come first, alone; then the copy is brought up to date."""
        if found is not None and self.frames is None:
            self.frames, told = found
            self._show(page, told)
        self._bring_up()

    def read_page(self) -> None:
        """Read the page of the copy as it was last seen; one that is not there yet is coming."""
        if self.frames is not None:
            query = partial(reading.page, self.frames, self.page.asks(), self.wanted)
            self.read(query, partial(self._show, self.page), group="page")

    def _bring_up(self) -> None:
        """Bring the copy up to date, and the page with it; one at a time."""
        if self._building is not None:
            self._again = True
            return
        self._building, self._again, self._began = Building(), False, monotonic()
        query = partial(reading.brought_up, self._building, self.page.asks(), self.wanted)
        self.read(
            query,
            partial(self._took_up, self.page, self.wanted),
            group="copy",
            failed=self._stopped,
        )

    def _took_up(self, page: FigurePage, wanted: object, found: tuple[Frames, Reading]) -> None:
        self.frames, told = found
        self._ended()
        if page is self.page and wanted == self.wanted:
            self._show(page, told)
        else:
            self.read_page()

    def _stopped(self, error: CrmError) -> None:
        stopped = self._building is not None and self._building.stopped
        self._ended()
        self.say(_("The count was stopped.") if stopped else error.message(), "warning")
        if self.frames is None:
            self._head(_("Nothing was counted yet: Ctrl+R counts."))

    def _ended(self) -> None:
        self._building, self._took = None, monotonic() - self._began
        self._show_age()
        if self._again:
            self._later()

    def take(self, events: Iterable[EventRow]) -> None:
        if self._may_look() and any(event.entity in COUNTED for event in events):
            self._later()

    def _later(self) -> None:
        """Bring the copy up to date soon; what is told meanwhile comes with it."""
        if self._waiting is None:
            rest = min(max(PAUSE_SECONDS, REST * self._took), MINUTE)
            pause = max(rest - (monotonic() - self._began), 0.01)
            self._waiting = self.set_timer(pause, self._wait_is_over)

    def _wait_is_over(self) -> None:
        self._waiting = None
        self._bring_up()

    def _minute_passed(self) -> None:
        if self in self.app.screen_stack and self._read_once and self._may_look():
            self._later()

    # Showing

    def _show(self, page: FigurePage, told: Reading) -> None:
        """Show on ``page`` what was read for it, where it is the one that is looked at."""
        if page is not self.page or not page.is_mounted:
            return
        page.show(told)
        self.query_one("#heading", Static).update(page.heading(told))
        self._show_age()
        self.refresh_keys()

    def _head(self, text: str) -> None:
        """Say something where the period stands otherwise."""
        self.query_one("#heading", Static).update(text)

    def _show_age(self) -> None:
        for place in self.query("#age").results(Static):  # none while the screen is made anew
            place.update(self._age())

    def _age(self) -> Content:
        """How old the figures are, and how far bringing them up to date is."""
        desk, studio, building = self.desk, self.console.studio, self._building
        if desk is None or studio is None:
            return Content("")
        if building is not None and building.stopped:
            return Content(_("Stopping …"))
        if building is not None and building.total and building.seconds > 1:
            return Content(_("counting {progress} · Esc stops").format(progress=building.told()))
        if self.frames is None:
            return Content("")
        age = span((desk.now() - self.frames.as_of).total_seconds())
        text = _("as of {time}, {age} ago").format(
            time=f"{studio.wall(self.frames.as_of):%H:%M:%S}", age=age
        )
        if desk.feed.state == "lost":
            return Content.styled(_("! stale, {text}").format(text=text), "$text-warning")
        return Content(f"{text} …" if building is not None else text)

    # What the base asks

    def why_not(self, command: Command) -> str | None:
        why = self.why_not_narrow(command) or self.why_not_open(command)
        return why or super().why_not(command)

    def copy_text(self) -> str | None:
        return self.page.copy_text()

    def shell_escape(self) -> None:
        if self._building is not None and self._building.stoppable:
            self._building.stopped = True
            self._show_age()
        elif self.wanted.picks and not self.query_one(Prompt).is_open:
            self.figures_everything()
        else:
            super().shell_escape()

    # Pages by key

    def figures_glance(self) -> None:
        self.go_to_page("glance")

    def figures_income(self) -> None:
        self.go_to_page("income")

    def figures_leaders(self) -> None:
        self.go_to_page("leaders")

    def figures_customers(self) -> None:
        self.go_to_page("customers")

    def figures_games(self) -> None:
        self.go_to_page("games")

    def figures_cities(self) -> None:
        self.go_to_page("cities")

    def figures_cohorts(self) -> None:
        self.go_to_page("cohorts")

    def figures_goals(self) -> None:
        self.go_to_page("goals")

    def figures_reports(self) -> None:
        self.go_to_page("reports")

    def figures_next_page(self) -> None:
        self._page_by(+1)

    def figures_page_before(self) -> None:
        self._page_by(-1)

    def _page_by(self, step: int) -> None:
        names = list(PAGES)
        self.go_to_page(names[(names.index(self.current) + step) % len(names)])

    def figures_rank(self) -> None:
        """Rank the board that has the keys by its next column."""
        board = self.page.at
        if isinstance(board, Board):
            label = board.rank_by_next()
            self.say(_("Ranked by {column}").format(column=label) if label else _("As it came"))
        else:
            self.say(_("A chart stands in the order of time."), "warning")
