"""Goals: what is aimed at, how far it is, and the form in which one is set."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from textual.app import ComposeResult

from crm_tui.core.errors import Invalid
from crm_tui.core.language import N_, _
from crm_tui.screens.desk import Undo
from crm_tui.screens.figures_board import Board
from crm_tui.screens.figures_goal_cells import goal_columns
from crm_tui.screens.figures_in_hand import FiguresInHand
from crm_tui.screens.figures_page import FigurePage, Query
from crm_tui.screens.figures_period import Period
from crm_tui.screens.figures_reading import Behind, behind_report
from crm_tui.screens.figures_wanted import Wanted
from crm_tui.widgets.form import Field, Suggestion

if TYPE_CHECKING:
    from crm_tui.screens.dialogs.form_dialog import FormDialog
    from crm_tui.services.figures.copy.door import Frames
    from crm_tui.services.figures.rows import KpiRow
    from crm_tui.storage.store import ReadWork, UnitOfWork

THIS_MONTH = "this-month"


def read(wanted: Wanted, frames: Frames, work: ReadWork) -> tuple[KpiRow, ...]:
    """The goals that run."""
    from crm_tui.services.figures import reads_goals

    return reads_goals.kpi(work, frames)


class GoalsPage(FigurePage):
    """Goals with their progress; Enter opens the orders behind one, ``+`` sets one, ``e``
    changes one, ``-`` gives one up."""

    NAME = "goals"
    TITLE = N_("Goals")
    FOCUS = "#goals"

    def asks(self) -> Query:
        return read

    def compose(self) -> ComposeResult:
        yield Board(
            _("Goals"),
            goal_columns(short=False),
            lambda row: row.goal_id,
            empty=_("No goals yet: + sets one, such as income of 200,000 this month."),
            id="goals",
        )

    def fill(self, found: Sequence[KpiRow], same: bool) -> None:
        self.query_one("#goals", Board).show(found, same=same)

    def _row(self) -> Any | None:
        return self.query_one("#goals", Board).row

    def drill(self) -> Period | None:
        """The goal's days: what the other pages then show lies behind it."""
        row: KpiRow | None = self._row()
        return None if row is None else Period.over(row.period.first, row.period.last)

    def add_row(self, place: FiguresInHand) -> bool:
        store = place.wanted.picked("store_id")
        _open_form(
            place, _("Set a goal"), _fields(), partial(_set, place, store.value if store else 0)
        )
        return True

    def open_row(self, place: FiguresInHand) -> bool:
        row = self._row()
        if row is not None and place.frames is not None:
            place.open_orders(partial(_orders_of, row.goal_id, place.frames))
        return row is not None

    def edit_row(self, place: FiguresInHand) -> bool:
        row = self._row()
        if row is not None:
            fields = [
                Field("target", _("Goal"), hint=_("20万, 60%, +15%"), required=True),
                Field("note", _("Note")),
            ]
            _open_form(place, row.name, fields, partial(_change, place, row.goal_id))
        return row is not None

    def take_row_away(self, place: FiguresInHand) -> bool:
        row = self._row()
        if row is not None:
            title = _("Given up: {goal}").format(goal=row.name)
            undo = Undo(title, partial(_resume_goal, row.goal_id))
            place.write(partial(_end_goal, row.goal_id), title, undo=undo)
        return row is not None


def _open_form(place: FiguresInHand, title: str, fields: list[Field], submit: Any) -> None:
    from crm_tui.screens.dialogs.form_dialog import FormDialog

    place.app.push_screen(FormDialog(title, "", fields, submit))


def _fields() -> list[Field]:
    return [
        Field(
            "measure", _("Measure"), required=True, suggest=_measures, must_pick=True, at_once=True
        ),
        Field("target", _("Goal"), hint=_("20万, 60%, +15%"), required=True),
        Field("period", _("Days"), hint=_("this-month, 2026-09, ..12-31"), initial=THIS_MONTH),
        Field("baseline", _("Baseline"), hint=_("where it stood before, if that is known")),
        Field("note", _("Note")),
    ]


def _measures(typed: str) -> list[Suggestion]:
    """On a worker thread."""
    from crm_tui.services.figures.catalogue import MEASURES

    wanted = typed.casefold()
    found = (each for each in MEASURES.values() if wanted in f"{each.label} {each.name}".casefold())
    return [Suggestion(each.label, each.name) for each in found]


def _set(place: FiguresInHand, store_id: int, values: dict[str, Any], dialog: FormDialog) -> None:
    def then(_goal_id: int) -> None:
        dialog.dismiss()

    place.write(
        partial(_set_goal, store_id, values), _("The goal is set."), then=then, failed=dialog.failed
    )


def _change(place: FiguresInHand, goal_id: int, values: dict[str, Any], dialog: FormDialog) -> None:
    def then(_answer: object) -> None:
        dialog.dismiss()

    place.write(
        partial(_change_goal, goal_id, values), _("Saved."), then=then, failed=dialog.failed
    )


# On a worker thread


def _orders_of(goal_id: int, frames: Frames, work: ReadWork) -> Behind | None:
    from crm_tui.services.figures import goals
    from crm_tui.services.figures.reports.definition import Definition
    from crm_tui.services.figures.tables import about

    goal = goals.goal(work, goal_id)
    title = f"{goal.name} · {about(goal.period)}"
    of = (Definition((goal.measure,)), goal.period, None, goal.store_id or None)
    return behind_report(title, *of, frames, work)


def _set_goal(store_id: int, values: dict[str, Any], work: UnitOfWork) -> int:
    from crm_tui.services.figures import goals
    from crm_tui.services.figures.reports.definition import period_of

    calendar = work.calendar(store_id)
    period = period_of(values.get("period") or THIS_MONTH, work.clock.now(), calendar)
    return goals.set_goal(
        work,
        goals.NewGoal(
            values["measure"],
            values["target"],
            period,
            _baseline(values["measure"], values.get("baseline") or ""),
            store_id,
            values.get("note") or "",
        ),
    )


def _baseline(measure: str, typed: str) -> float | None:
    """Where the measure stood, typed as a target is. Raises :class:`Invalid`."""
    from crm_tui.services.figures.catalogue import MEASURES
    from crm_tui.services.figures.goal_rules import target_from

    try:
        return target_from(typed, MEASURES[measure], None) if typed else None
    except ValueError:
        unit = MEASURES[measure].unit.wanted
        raise Invalid(field="baseline", value=typed, expected=unit) from None


def _change_goal(goal_id: int, values: dict[str, Any], work: UnitOfWork) -> None:
    from crm_tui.services.figures import goals

    goals.change(work, goal_id, target=values["target"], note=values.get("note") or None)


def _end_goal(goal_id: int, work: UnitOfWork) -> None:
    from crm_tui.services.figures import goals

    goals.end(work, goal_id)


def _resume_goal(goal_id: int, work: UnitOfWork) -> None:
    from crm_tui.services.figures import goals

    goals.resume(work, goal_id)
