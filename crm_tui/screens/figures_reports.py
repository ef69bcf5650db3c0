"""Reports of one's own: which there are, and what the one under the cursor comes to."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, cast

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal

from crm_tui.core.errors import CrmError
from crm_tui.core.language import N_, _
from crm_tui.screens import figures_board as board
from crm_tui.screens.desk import Undo
from crm_tui.screens.figures_board import Board, Shown
from crm_tui.screens.figures_in_hand import FiguresInHand
from crm_tui.screens.figures_page import FigurePage, Query
from crm_tui.screens.figures_reading import behind_report
from crm_tui.screens.figures_report_form import ReportForm, remove, restore
from crm_tui.screens.figures_report_view import ReportView
from crm_tui.screens.figures_wanted import Wanted
from crm_tui.widgets.record_table import RecordTable

if TYPE_CHECKING:
    from crm_tui.core.actor import Actor
    from crm_tui.services.figures.copy.door import Frames
    from crm_tui.services.figures.reports.reads import OwnReport
    from crm_tui.services.figures.reports.run import Report
    from crm_tui.storage.store import ReadWork


@dataclass(frozen=True, slots=True)
class Found:
    """The reports that the person sees, and what one of them came to, or why it could not."""

    reports: tuple[OwnReport, ...]
    report: Report | None
    why_not: str = ""


def read(chosen: int | None, actor: Actor, wanted: Wanted, frames: Frames, work: ReadWork) -> Found:
    """All reports, and the one with the id ``chosen``, else the first."""
    from crm_tui.services.figures.reports import reads, run

    reports = tuple(reads.reports_of(work, actor.login))
    one = next((each for each in reports if each.id == chosen), reports[0] if reports else None)
    if one is None:
        return Found(reports, None)
    store = wanted.picked("store_id")
    try:
        told = run.run(
            work,
            frames,
            one.definition,
            actor.role,
            name=one.name,
            store_id=store.value if store else None,
        )
    except CrmError as error:
        return Found(reports, None, error.message())
    return Found(reports, told)


class ReportsPage(FigurePage):
    """Own reports; the one under the cursor is run. ``+`` composes one, ``e`` or Enter changes it;
    Enter opens the orders behind its rows and bars, too."""

    NAME = "reports"
    TITLE = N_("Own")
    FOCUS = "#own-reports"

    def __init__(self) -> None:
        super().__init__()
        self.chosen: int | None = None
        """The report that is run."""

    def asks(self) -> Query:
        place = cast("FiguresInHand", self.screen)
        assert place.desk is not None, "nothing is read before the store is open"
        return partial(read, self.chosen, place.desk.actor)

    def compose(self) -> ComposeResult:
        with Horizontal():
            yield Board(
                _("Reports"),
                _columns(),
                lambda report: report.id,
                empty=_("No reports yet: + composes one."),
                id="own-reports",
            )
            yield ReportView(id="told")

    @on(RecordTable.Highlighted, "#own-reports")
    def _other_report(self, event: RecordTable.Highlighted) -> None:
        if isinstance(event.key, int) and event.key != self.chosen:
            first, self.chosen = self.chosen is None, event.key
            if not first:
                cast("FiguresInHand", self.screen).read_page()

    def fill(self, found: Found, same: bool) -> None:
        reports = self.query_one("#own-reports", Board)
        reports.show(found.reports, same=True)
        told = found.report
        self.query_one("#told").display = bool(found.reports)
        reports.set_class(bool(found.reports), "beside")
        view = self.query_one("#told", ReportView)
        if told is None:
            view.say(found.why_not, wrong=True)
        else:
            view.show(told, same=same)

    def _show_kept(self, report_id: int) -> None:
        self.chosen = self.sought = report_id
        cast("FiguresInHand", self.screen).read_page()

    @property
    def report(self) -> OwnReport | None:
        """The report under the cursor."""
        return self.query_one("#own-reports", Board).row

    def add_row(self, place: FiguresInHand) -> bool:
        place.app.push_screen(ReportForm(place, None, self._show_kept))
        return True

    def open_row(self, place: FiguresInHand) -> bool:
        if self.at is None or self.at.id != "own-reports":
            return self._open_orders(place)
        return self.edit_row(place)

    def edit_row(self, place: FiguresInHand) -> bool:
        report = self.report
        if report is not None:
            place.app.push_screen(ReportForm(place, report, self._show_kept))
        return report is not None

    def _open_orders(self, place: FiguresInHand) -> bool:
        """The orders behind the row or the bar under the cursor."""
        told = self.reading.found.report if self.reading is not None else None
        row = self.query_one("#told", ReportView).row
        if told is None or row is None or place.frames is None:
            return False
        store, title = place.wanted.picked("store_id"), f"{told.name} · {row.label}"
        of = (told.definition, told.period, row.key, store.value if store else None)
        place.open_orders(partial(behind_report, title, *of, place.frames))
        return True

    def take_row_away(self, place: FiguresInHand) -> bool:
        report = self.report
        if report is not None:
            done = _("Report “{name}” removed").format(name=report.name)
            undo = Undo(done, partial(restore, report.id))
            place.write(partial(remove, report.id), done, undo=undo)
        return report is not None


def _columns() -> tuple[Shown, ...]:
    return (
        board.words("name", _("Report"), lambda report: report.name, 12, most=24),
        board.words("owner", _("Whose"), _whose, 7, most=10, priority=1),
    )


def _whose(report: OwnReport) -> str:
    return _("everybody's") if report.shared else report.owner
