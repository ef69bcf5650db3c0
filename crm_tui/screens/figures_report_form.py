"""The form in which a report is composed: what it comes to is seen while one chooses (H6)."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from textual.app import ComposeResult

from crm_tui.core.language import _
from crm_tui.core.words import Against, ReportChart
from crm_tui.screens.dialogs.form_dialog import FormDialog
from crm_tui.screens.dialogs.order_forms import word_field
from crm_tui.screens.figures_in_hand import FiguresInHand
from crm_tui.screens.figures_report_view import ReportView
from crm_tui.screens.figures_wanted import Wanted
from crm_tui.widgets.form import Field, Suggestion

if TYPE_CHECKING:
    from crm_tui.core.actor import Actor
    from crm_tui.core.errors import CrmError
    from crm_tui.services.figures.copy.door import Frames
    from crm_tui.services.figures.reports.reads import OwnReport
    from crm_tui.services.figures.reports.run import Report
    from crm_tui.storage.store import ReadWork, UnitOfWork

_ASKED = frozenset({"measures", "group", "filter", "period", "compare", "chart", "top"})
"""The fields that say what the report comes to."""


LOOKS_A_SECOND = 4


class ReportForm(FormDialog):
    """Composes a report, or changes ``report``; below the fields it stands as it would be, or why
    it can't be. ``kept`` hears the id of the one that was kept."""

    def __init__(
        self, place: FiguresInHand, report: OwnReport | None, kept: Callable[[int], object]
    ) -> None:
        title = _("Change the report") if report else _("Compose a report")
        target = report.name if report else ""
        super().__init__(title, target, _fields(report), lambda values, _form: self._save(values))
        self._place, self._report, self._kept = place, report, kept
        self._looked_at: dict[str, str] = {}
        self._looking = False
        """What was asked last is still being read."""

    def compose_more(self) -> ComposeResult:
        yield ReportView(id="preview", to_look_at=True)

    def on_mount(self) -> None:
        self.set_interval(1 / LOOKS_A_SECOND, self._look)

    # What it comes to, while typing

    def _look(self) -> None:
        """Ask again when something else stands in the form, and the answer before is there."""
        rows = (row for row in self.form.rows if row.field.name in _ASKED)
        typed = {row.field.name: row.text.strip() for row in rows}
        desk, frames = self._place.desk, self._place.frames
        if typed == self._looked_at or self._looking or desk is None:
            return
        view = self.query_one(ReportView)
        if frames is None:
            view.say(_("The figures are still being read."))
            return
        self._looked_at = typed
        if not typed["measures"]:
            self._wait_for_measure()
            return
        self._looking = True
        query = partial(_preview, typed, desk.actor, self._place.wanted, frames)
        self._place.read(query, self._show, group="preview", failed=self._why_not)

    def _show(self, told: Report) -> None:
        self._looking = False
        self.query_one(ReportView).show(told, same=False)

    def _why_not(self, error: CrmError) -> None:
        self._looking = False
        if error.facts.get("field") == "measures":
            self._wait_for_measure()  # its name is still being typed
        else:
            self.query_one(ReportView).say(f"! {error.message()}", wrong=True)

    def _wait_for_measure(self) -> None:
        self.query_one(ReportView).say(
            _("What it comes to stands here as soon as there is a measure.")
        )

    # Saving

    def _save(self, values: dict[str, Any]) -> None:
        def saved(report_id: int) -> None:
            self.dismiss()
            self._kept(report_id)

        version = self._report.version if self._report else None
        action = partial(_keep, values, version)
        self._place.write(action, _("The report is kept."), then=saved, failed=self.failed)


def _fields(report: OwnReport | None) -> list[Field]:
    asked = report.definition if report else None
    group = asked.group.label if asked and asked.group else ""
    return [
        Field("name", _("Name"), required=True, initial=report.name if report else ""),
        Field(
            "measures",
            _("Measures"),
            hint=_("several with commas"),
            required=True,
            initial=", ".join(each.label for each in asked.measures) if asked else "",
            suggest=_measures,
            at_once=True,
        ),
        Field("group", _("Grouped by"), initial=group, suggest=_groups, at_once=True),
        Field(
            "filter",
            _("Filter"),
            hint=_("such as game:王者荣耀 channel:douyin"),
            initial=asked.filter if asked else "",
        ),
        Field(
            "period",
            _("Days"),
            str.strip,
            hint=_("this-month, last-week, -29d..today"),
            initial=asked.period if asked else "this-month",
        ),
        word_field("compare", _("Held against"), Against, initial=asked.compare if asked else None),
        word_field("chart", _("Chart"), ReportChart, initial=asked.chart if asked else None),
        Field(
            "top",
            _("First rows"),
            int,
            hint=_("0: all"),
            initial=str(asked.top) if asked else "0",
        ),
        _switch("shared", _("For everybody"), on=report is not None and report.shared),
        _switch("on_glance", _("On Today"), on=report is not None and report.on_glance),
    ]


def _switch(name: str, label: str, *, on: bool) -> Field:
    return Field(name, label, _yes, _("yes or no"), initial=_("yes") if on else _("no"))


def _yes(text: str) -> bool:
    typed = text.strip().casefold()
    if typed in ("yes", "y", "是", _("yes")):
        return True
    if typed in ("", "no", "n", "否", _("no")):
        return False
    raise ValueError(text)


# On a worker thread


def _measures(typed: str) -> list[Suggestion]:
    """The measures that go on with the last one typed; none once that is a whole one, so that
    Enter goes on to the next field."""
    from crm_tui.services.figures.catalogue import MEASURES

    before, comma, last = typed.replace("，", ",").rpartition(",")
    wanted, head = last.strip().casefold(), f"{before}{comma} " if comma else ""
    if wanted in (each.label.casefold() for each in MEASURES.values()):
        return []
    found = (each for each in MEASURES.values() if wanted in f"{each.label} {each.name}".casefold())
    return [
        Suggestion(f"{head}{each.label}", each.name, each.label, goes_on=True) for each in found
    ]


def _groups(typed: str) -> list[Suggestion]:
    from crm_tui.services.figures.reports.dimensions import DIMENSIONS

    wanted = typed.casefold()
    found = (
        each for each in DIMENSIONS.values() if wanted in f"{each.label} {each.name}".casefold()
    )
    return [Suggestion(each.label, each.name) for each in found]


def _preview(
    typed: dict[str, str], actor: Actor, wanted: Wanted, frames: Frames, work: ReadWork
) -> Report:
    """What the report that is typed comes to."""
    from crm_tui.services.figures.copy import mending
    from crm_tui.services.figures.reports.definition import checked
    from crm_tui.services.figures.reports.run import run

    store = wanted.picked("store_id")
    definition = checked(typed)

    def told(steady: Frames) -> Report:
        return run(work, steady, definition, actor.role, store_id=store.value if store else None)

    return mending.read(work, frames, told)


def _keep(values: dict[str, Any], version: int | None, work: UnitOfWork) -> int:
    from crm_tui.services.figures.reports import actions
    from crm_tui.services.figures.reports.definition import checked

    new = actions.NewReport(
        values["name"],
        checked(values),
        bool(values.get("shared")),
        bool(values.get("on_glance")),
    )
    return actions.save(work, new, version)


def remove(report_id: int, work: UnitOfWork) -> None:
    """Take a report away."""
    from crm_tui.services.figures.reports import actions

    actions.remove(work, report_id)


def restore(report_id: int, work: UnitOfWork) -> None:
    """Bring it back."""
    from crm_tui.services.figures.reports import actions

    actions.restore(work, report_id)
