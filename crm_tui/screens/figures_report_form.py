"""The form in which a report is composed, and what it writes."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from crm_tui.core.language import _
from crm_tui.screens.figures_in_hand import FiguresInHand
from crm_tui.widgets.form import Field, Suggestion

if TYPE_CHECKING:
    from crm_tui.screens.dialogs.form_dialog import FormDialog
    from crm_tui.services.figures.reports.reads import OwnReport
    from crm_tui.storage.store import UnitOfWork


def open_form(place: FiguresInHand, report: OwnReport | None) -> None:
    """Let a report be composed, or changed."""
    from crm_tui.screens.dialogs.form_dialog import FormDialog

    title = _("Change the report") if report else _("Compose a report")
    target = report.name if report else ""
    place.app.push_screen(FormDialog(title, target, _fields(report), partial(_save, place, report)))


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
            hint=_("this-month, last-week, -29d..today"),
            initial=asked.period if asked else "this-month",
        ),
        Field(
            "chart",
            _("Chart"),
            initial=asked.chart.label if asked else "",
            suggest=_charts,
            at_once=True,
        ),
        Field(
            "top",
            _("First rows"),
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


def _save(
    place: FiguresInHand, report: OwnReport | None, values: dict[str, Any], dialog: FormDialog
) -> None:
    def saved(_report_id: int) -> None:
        dialog.dismiss()

    version = report.version if report else None
    action = partial(_keep, values, version)
    place.write(action, _("The report is kept."), then=saved, failed=dialog.failed)


# On a worker thread


def _measures(typed: str) -> list[Suggestion]:
    """The measures that go on with the last one typed."""
    from crm_tui.services.figures.catalogue import MEASURES

    before, comma, last = typed.replace("，", ",").rpartition(",")
    wanted, head = last.strip().casefold(), f"{before}{comma} " if comma else ""
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


def _charts(typed: str) -> list[Suggestion]:
    from crm_tui.core.words import ReportChart

    return [Suggestion(each.label, each.value) for each in ReportChart]


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
