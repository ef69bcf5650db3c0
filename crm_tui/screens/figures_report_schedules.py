"""What is sent by itself: the schedules of ready-made and own reports, set and ended (H6)."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from crm_tui.core.language import N_, _
from crm_tui.core.text import fold
from crm_tui.core.words import Cadence
from crm_tui.screens import path_completion
from crm_tui.screens.desk import Undo
from crm_tui.screens.dialogs.form_dialog import FormDialog
from crm_tui.screens.dialogs.order_forms import word_field
from crm_tui.screens.figures_in_hand import FiguresInHand
from crm_tui.screens.figures_reports import ReportsPage
from crm_tui.screens.pickers import suggesting
from crm_tui.widgets.form import Field, Suggestion
from crm_tui.widgets.record_table import Column, MemorySource, RecordTable
from crm_tui.widgets.text import Cell, shown

if TYPE_CHECKING:
    from crm_tui.core.actor import Actor
    from crm_tui.services.figures.schedules import Schedule
    from crm_tui.storage.store import ReadWork, UnitOfWork

OF_PAGES = {
    "glance": "revenue",
    "income": "revenue",
    "leaders": "companions",
    "customers": "customers",
    "games": "games",
    "cities": "cities",
    "cohorts": "cohorts",
    "goals": "kpi",
}
"""The ready-made report that tells what a page of the figures shows."""


class SchedulingCommands(FiguresInHand):
    """What the page tells, sent by itself."""

    def figures_schedules(self) -> None:
        if self.desk is not None:
            self.app.push_screen(SchedulesDialog(self, self.desk.actor, self._report_here()))

    def _report_here(self) -> str:
        """The name of the report that the page tells."""
        page = self.page
        if isinstance(page, ReportsPage):
            return page.report.name if page.report else ""
        return OF_PAGES[page.NAME]


class SchedulesDialog(ModalScreen[None]):
    """The schedules, the one that falls due next first. ``about`` is the report that one looks at,
    by its name: a new schedule begins with it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "dismiss", show=False),
        Binding("plus", "add", N_("Have a report sent"), show=False),
        Binding("minus,delete", "end", N_("Send it no longer"), show=False),
    ]
    DEFAULT_CSS = """
    SchedulesDialog { align: center middle; }
    SchedulesDialog RecordTable { height: 1fr; }
    SchedulesDialog #why { height: 2; }
    """

    def __init__(self, place: FiguresInHand, actor: Actor, about: str) -> None:
        super().__init__()
        self._place, self._actor, self._about = place, actor, about
        self._source: MemorySource[Schedule] = MemorySource(
            key=lambda row: row.id, cells=self._cells
        )

    def compose(self) -> ComposeResult:
        box = Vertical(classes="dialog tall")
        box.border_title = Content(_("Sent by itself, as Excel, while crm-tui worker runs"))
        box.border_subtitle = Content(_("+ has a report sent, - ends it, Esc closes"))
        columns = (
            Column("report", _("Report"), 8, grow=1, most=20),
            Column("when", _("When"), 14, grow=1, most=22),
            Column("to", _("Goes to"), 12, grow=3),
            Column("next", _("Next"), 11, priority=1),
            Column("last", _("Last"), 9, priority=2),
        )
        empty = _("No report is sent by itself yet: + has one sent.")
        with box:
            yield RecordTable(columns, self._source, empty=empty)
            yield Static(id="why", markup=False)

    def on_mount(self) -> None:
        self._read()

    def _read(self, _done: object = None) -> None:
        self._place.read(_schedules, self._show, group="schedules")

    def _show(self, found: Sequence[Schedule]) -> None:
        self.query_one(RecordTable).reload(self._source.replace(found), at_once=True)
        self._say_why()

    def on_record_table_highlighted(self, event: RecordTable.Highlighted) -> None:
        event.stop()
        self._say_why()

    def _row(self) -> Schedule | None:
        return self._source.get(self.query_one(RecordTable).cursor_key)

    def _say_why(self) -> None:
        """What became of the last sending, where it went wrong."""
        row = self._row()
        why = shown(f"! {row.last_why}", limit=300) if row and row.last_why else Content("")
        self.query_one("#why", Static).update(why)

    def _cells(self, row: Schedule) -> tuple[Cell, ...]:
        studio = self._place.console.studio
        due = f"{studio.wall(row.next_at):%m-%d %H:%M}" if studio else ""
        return (
            shown(_title(row.report)),
            _when(row),
            shown(", ".join(filter(None, (row.folder, *row.recipients)))),
            due,
            row.last_state.label if row.last_state else "-",
        )

    def action_add(self) -> None:
        place = self._place

        def save(values: dict[str, Any], dialog: FormDialog) -> None:
            def saved(_schedule_id: int) -> None:
                dialog.dismiss()
                self._read()

            done = _("{report} is sent from now on.").format(report=_title(values["report"]))
            place.write(partial(_schedule, values), done, then=saved, failed=dialog.failed)

        look = suggesting(place, partial(_reports, self._actor.login))
        fields = _fields(look, _title(self._about))
        place.app.push_screen(FormDialog(_("Have a report sent"), "", fields, save))

    def action_end(self) -> None:
        row = self._row()
        if row is not None:
            done = _("{report} is sent no longer").format(report=_title(row.report))
            undo = Undo(done, partial(_again, row.id))
            self._place.write(partial(_end, row.id), done, undo=undo, then=self._read)


def _title(name: str) -> str:
    from crm_tui.services.figures.reports.ready import title_of

    return title_of(name)


def _when(row: Schedule) -> str:
    """How often, on which day, at what time."""
    from crm_tui.services.companions.schedule_words import WEEKDAY_NAMES

    told = row.timetable
    day = ""
    if told.cadence is Cadence.WEEKLY:
        day = _(WEEKDAY_NAMES[told.day - 1])
    elif told.cadence is Cadence.MONTHLY:
        day = str(told.day)
    return " ".join(filter(None, (told.cadence.label, day, f"{told.at:%H:%M}")))


def _fields(look: Any, report: str) -> list[Field]:
    hint = _("weekly 1 (Monday) to 7, monthly 1 to 31; empty: the first")
    return [
        Field(
            "report", _("Report"), _name, required=True, initial=report, suggest=look, at_once=True
        ),
        word_field("every", _("How often"), Cadence, initial=Cadence.DAILY, required=True),
        Field("at", _("Time of day"), str.strip, "09:30", required=True, initial="09:30"),
        Field("day", _("On day"), int, hint),
        Field("folder", _("Folder"), suggest=_folders),
        Field("mail", _("E-mail"), _addresses, _("several with commas")),
    ]


def _name(typed: str) -> str:
    """The name of the report that was typed: a ready-made one in any words, else as it is."""
    from crm_tui.services.figures.reports.ready import READY

    called = (name for name in READY if fold(typed) in (name, fold(_title(name))))
    return next(called, typed.strip())


def _folders(typed: str) -> list[Suggestion]:
    return [each for each in path_completion.suggest(typed) if each.goes_on]


def _addresses(typed: str) -> list[str]:
    return [each.strip() for each in typed.replace("，", ",").split(",") if each.strip()]


# On a worker thread


def _schedules(work: ReadWork) -> list[Schedule]:
    from crm_tui.services.figures import schedules

    return schedules.schedules(work)


def _reports(login: str, typed: str, work: ReadWork) -> list[Suggestion]:
    """The ready-made reports and those that the person sees, by what was typed."""
    from crm_tui.services.figures.reports import reads
    from crm_tui.services.figures.reports.ready import READY, title_of

    own = (report.name for report in reads.reports_of(work, login))
    wanted = fold(typed)
    return [
        Suggestion(title_of(name), name)
        for name in (*own, *READY)
        if wanted in fold(f"{title_of(name)} {name}")
    ]


def _schedule(values: dict[str, Any], work: UnitOfWork) -> int:
    from crm_tui.services.figures import schedules
    from crm_tui.services.figures.reports.ready import sendable

    every, day = values["every"], values["day"]
    return schedules.schedule(
        work,
        schedules.NewSchedule(
            sendable(work, values["report"]),
            every,
            values["at"],
            int(every is not Cadence.DAILY) if day is None else day,
            values["folder"] or "",
            values["mail"] or (),
        ),
    )


def _end(schedule_id: int, work: UnitOfWork) -> None:
    from crm_tui.services.figures import schedules

    schedules.unschedule(work, schedule_id)


def _again(schedule_id: int, work: UnitOfWork) -> None:
    from crm_tui.services.figures import schedules

    schedules.schedule_again(work, schedule_id)
