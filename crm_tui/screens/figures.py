"""Figures: income with the period before behind it, the hours of the day, the leaderboard."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from functools import partial
from time import monotonic
from typing import TYPE_CHECKING

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.timer import Timer
from textual.widgets import Static

from crm_tui.commands import Command
from crm_tui.core.language import N_, _
from crm_tui.screens import figures_view as view
from crm_tui.screens.base import ConsoleScreen
from crm_tui.screens.figures_period import Kind, Period
from crm_tui.screens.registry import REGISTRY
from crm_tui.widgets.chart import Chart
from crm_tui.widgets.countdown import span
from crm_tui.widgets.record_table import MemorySource, RecordTable

if TYPE_CHECKING:
    from crm_tui.services.figures.reads import CompanionRow
    from crm_tui.services.orders.rows import OrderRow
    from crm_tui.storage.events import EventRow

COUNTED = frozenset({"order", "payment", "import_batch", "setting"})
"""Whose changes may change a figure."""
PAUSE_SECONDS = 5.0
"""Between two readings of the figures, however much happens."""


class FiguresScreen(ConsoleScreen):
    """Mode 7. Keys choose the period; Enter opens the orders behind a bar or a companion."""

    PLACE = "figures"
    HEADING = N_("Figures")
    CSS_PATH = "figures.tcss"
    AUTO_FOCUS = "#income"
    ON_CHOSEN = "figures.open"

    def __init__(self) -> None:
        super().__init__()
        self.wanted: Period | Kind = Kind.MONTH
        self.reading: view.Reading | None = None
        self._waiting: Timer | None = None
        self._began = 0.0
        """When the last reading began."""
        self.leaders: MemorySource[CompanionRow] = MemorySource(
            key=lambda row: row.companion_id,
            cells=lambda row: view.leader_cells(row, self._most_orders),
        )

    def compose_body(self) -> ComposeResult:
        with Horizontal(id="period"):
            yield Static(_("Reading …"), id="heading", markup=False)
            yield Static(id="age", markup=False)
        yield Static(id="totals", markup=False)
        yield Chart(empty=_("No completed orders in this period."), id="income")
        with Horizontal(id="below"):
            yield Chart(empty=_("No completed orders in this period."), id="hours")
            yield RecordTable(
                view.leader_columns(), self.leaders, empty=_("Nobody served."), id="leaders"
            )

    def on_mount(self) -> None:
        self.set_interval(1.0, self._show_age)

    @property
    def _most_orders(self) -> int:
        rows = self.reading.companions if self.reading else ()
        return max((row.orders for row in rows), default=0)

    # Reading

    def reload(self) -> None:
        self._began = monotonic()
        self.read(partial(view.read_figures, self.wanted), self._show, group="figures")

    def take(self, events: Iterable[EventRow]) -> None:
        if self._waiting is not None or all(event.entity not in COUNTED for event in events):
            return
        pause = PAUSE_SECONDS - (monotonic() - self._began)
        if pause > 0:
            self._waiting = self.set_timer(pause, self._read_again)
        else:
            self.reload()

    def _read_again(self) -> None:
        self._waiting = None
        self.reload()

    def _show(self, reading: view.Reading) -> None:
        same = self.reading is not None and self.reading.period == reading.period
        self.reading = reading
        self.query_one("#heading", Static).update(view.heading(reading))
        self.query_one("#totals", Static).update(view.totals(reading))
        self.query_one("#income", Chart).show(view.income_chart(reading))
        self.query_one("#hours", Chart).show(view.hours_chart(reading))
        changed = self.leaders.replace(reading.companions)
        table = self.query_one("#leaders", RecordTable)
        if same:
            table.reload(changed)
        else:
            table.start_over()
        self._show_age()
        self.refresh_keys()

    def _show_age(self) -> None:
        reading, desk, studio = self.reading, self.desk, self.console.studio
        if reading is None or desk is None or studio is None:
            return
        text = _("as of {time}, {age} ago").format(
            time=f"{studio.wall(reading.at):%H:%M:%S}",
            age=span((desk.now() - reading.at).total_seconds()),
        )
        if desk.feed.state == "lost":
            text = _("! stale, {text}").format(text=text)
        for place in self.query("#age").results(Static):  # none while the screen is made anew
            place.update(text)

    # What the base asks

    def why_not(self, command: Command) -> str | None:
        reading = self.reading
        if command.id == "figures.forward" and reading is not None:
            today = self._today()
            if today is not None and reading.period.last >= today:
                return _("This is the running period.")
        return super().why_not(command)

    def copy_text(self) -> str | None:
        if self.reading is None:
            return None
        return f"{view.heading(self.reading).plain}\n{view.totals(self.reading).plain}"

    def _today(self) -> date | None:
        studio, desk = self.console.studio, self.desk
        return studio.day(desk.now()) if studio and desk else None

    # The period

    def _go(self, wanted: Period | Kind) -> None:
        self.wanted = wanted
        self.reload()

    def _of_kind(self, kind: Kind) -> None:
        """The period of ``kind`` around what is looked at; the running one where that is in it."""
        today = self._today()
        if self.reading is None or today is None:
            self._go(kind)
            return
        period = self.reading.period
        running = period.first <= today <= period.last
        self._go(kind if running else Period.around(kind, period.first))

    def figures_day(self) -> None:
        self._of_kind(Kind.DAY)

    def figures_week(self) -> None:
        self._of_kind(Kind.WEEK)

    def figures_month(self) -> None:
        self._of_kind(Kind.MONTH)

    def figures_year(self) -> None:
        self._of_kind(Kind.YEAR)

    def figures_now(self) -> None:
        if self.reading is not None:
            kind = self.reading.period.kind
            self._go(Kind.MONTH if kind is Kind.OWN else kind)

    def figures_back(self) -> None:
        if self.reading is not None:
            self._go(self.reading.period.moved(-1))

    def figures_forward(self) -> None:
        if self.reading is not None:
            self._go(self.reading.period.moved(+1))

    def figures_period(self, first: str = "", last: str = "") -> None:
        if not first:
            self.ask(REGISTRY["figures.period"])
            return
        try:
            days = sorted((date.fromisoformat(first), date.fromisoformat(last or first)))
        except ValueError:
            self.say(_("Write days like 2026-09-21."), "warning")
            return
        self._go(Period(Kind.OWN, *days))

    # The rows behind

    def figures_open(self) -> None:
        """Of the companion under the cursor of the leaderboard."""
        leader = self.leaders.get(self.query_one("#leaders", RecordTable).cursor_key)
        if leader is not None and self.reading is not None:
            period = self.reading.period
            title = f"{leader.companion} · {period.title()}"
            self._open(title, (period.first, period.last), "", leader.companion_id)

    @on(Chart.Chosen, "#income")
    def _open_bar(self, event: Chart.Chosen) -> None:
        if self.reading is not None:
            row = self.reading.rows[event.index]
            days = view.days_of(row.at, self.reading.period)
            self._open(_at_in_words(row.at), days, row.at, None)

    def _open(self, title: str, days: tuple[date, date], at: str, companion_id: int | None) -> None:
        def show(rows: list[OrderRow]) -> None:
            from crm_tui.screens.dialogs.orders_behind import OrdersBehind

            if self.console.studio is not None:
                self.app.push_screen(OrdersBehind(title, rows, self.console.studio, self.read))

        self.read(partial(view.read_behind, days, at, companion_id), show, group="target")


def _at_in_words(at: str) -> str:
    """A bar's instant as a title."""
    return f"{datetime.fromisoformat(at):%Y-%m-%d %H:00}" if "T" in at else at
