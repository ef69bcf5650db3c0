"""When a companion works: the hours of the week, and another day, with the coming days below as
they follow from what is typed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import Input, Static

from crm_tui.core.errors import CrmError
from crm_tui.core.language import _, joined
from crm_tui.screens import companion_writes as writes
from crm_tui.screens.dialogs.form_dialog import FormDialog, Submit
from crm_tui.widgets.form import Field, FieldRow
from crm_tui.widgets.text import shown

if TYPE_CHECKING:
    from crm_tui.services.companions.schedule_rules import DayHours, Stretch
    from crm_tui.storage.store import ReadWork, UnitOfWork

AHEAD = 7
"""Days that are shown below the form."""
LOOKED_AHEAD = timedelta(days=60)
AS_USUAL = "week"
"""What is typed for a day on which the week holds again, in any language."""


@dataclass(frozen=True, slots=True)
class Scheduled:
    """A companion's schedule as it stands, from ``today`` on by the local calendar."""

    today: date
    week: tuple[Stretch, ...]
    days: Mapping[date, DayHours]

    def changed(
        self, companion_id: int, values: Mapping[str, Any]
    ) -> tuple[Callable[[UnitOfWork], None], Callable[[UnitOfWork], None]]:
        """What the values of the form do, and what takes it back."""
        week, day, other = values["week"] or (), values["day"], values["hours"]
        others, cleared, put_back, taken_away = [], [], [], []
        if day is not None:
            before = self.days.get(day)
            if other == AS_USUAL:
                cleared.append(day)
            else:
                others.append(_other(day, other, values["reason"] or ""))
            if before is not None:
                put_back.append(before)
            else:
                taken_away.append(day)
        return (
            partial(writes.set_hours, companion_id, week, others, cleared),
            partial(writes.set_hours, companion_id, self.week, put_back, taken_away),
        )


def scheduled(companion_id: int, store_id: int, work: ReadWork) -> Scheduled:
    """The schedule of a companion; for a worker thread."""
    from crm_tui.services.companions import schedule

    today = work.calendar(store_id).local(work.clock.now()).date()
    others = schedule.days(work, companion_id, today, today + LOOKED_AHEAD)
    return Scheduled(
        today, schedule.week(work, companion_id), {other.day: other for other in others}
    )


class ScheduleDialog(FormDialog):
    """The form; every key press shows what would follow from it."""

    def __init__(self, target: str, found: Scheduled, submit: Submit) -> None:
        from crm_tui.services.companions.schedule_words import (
            EXAMPLE,
            HOURS_EXAMPLE,
            read_week,
            week_in_words,
        )

        week = week_in_words(found.week)
        fields = (
            Field("week", _("Week"), read_week, _("days and hours"), initial=week),
            Field("day", _("Another day"), partial(_day, found.today), _("tomorrow, 9-25, +3d")),
            Field("hours", _("Works then"), _hours, _(HOURS_EXAMPLE)),
            Field("reason", _("Reason")),
        )
        effect = _("Week: {example}; empty: whenever idle. Another day: “week” as usual.").format(
            example=_(EXAMPLE)
        )
        super().__init__(_("Schedule"), target, fields, self._checked, effect=effect)
        self._found, self._done = found, submit

    def compose_more(self) -> ComposeResult:
        yield Static(id="coming", markup=False)

    def on_mount(self) -> None:
        super().on_mount()
        for row in self.form.rows:
            self.watch(row.query_one(Input), "value", self._show_coming)

    def _show_coming(self) -> None:
        self.query_one("#coming", Static).update(self._coming())

    def _checked(self, values: dict[str, Any], dialog: FormDialog) -> None:
        """A day and its hours go together."""
        if (values["day"] is None) != (values["hours"] is None):
            missing = "hours" if values["hours"] is None else "day"
            self.form.show_errors({missing: _("needed")})
            return
        self._done(values, dialog)

    def _coming(self) -> Content:
        """The coming days by what is typed, as far as it can be read."""
        from crm_tui.services.companions.schedule_words import WEEKDAY_NAMES, hours_in_words

        week = _read(self.form.row("week"), self._found.week) or ()
        days = dict(self._found.days)
        day, hours = (_read(self.form.row(name), None) for name in ("day", "hours"))
        if day is not None and hours is not None:
            days.pop(day, None)
            if hours != AS_USUAL:
                days[day] = _other(day, hours, self.form.row("reason").text)
        lines = []
        for number in range(AHEAD):
            date_ = self._found.today + timedelta(days=number)
            other = days.get(date_)
            usual = [(each.starts, each.ends) for each in week if each.weekday == date_.weekday()]
            spans = [(other.starts, other.ends)] if other else usual
            text = joined(hours_in_words(*each) for each in spans)
            text = text or (_("off") if week else _("whenever idle"))
            name = f"{_(WEEKDAY_NAMES[date_.weekday()])} {date_:%m-%d}  "
            reason = f"  {other.reason}" if other and other.reason else ""
            style = "bold" if other else ""
            lines.append(
                Content.assemble(shown(name, "$text-muted"), shown(text, style), shown(reason))
            )
        return Content("\n").join(lines)


def _read(row: FieldRow, otherwise: Any) -> Any:
    """The value of a field, or ``otherwise`` while it can't be read."""
    try:
        return row.value()
    except (CrmError, ValueError):
        return otherwise


def _day(today: date, text: str) -> date:
    from crm_tui.services.filters import times

    day: date = times.days(text.casefold(), today).first
    return day


def _hours(text: str) -> tuple[int | None, int | None] | str:
    """A stretch in minutes, none for a day off; :data:`AS_USUAL`. Raises :class:`Invalid`."""
    from crm_tui.services.companions.schedule_words import read_hours

    if text.strip().casefold() in (AS_USUAL, _("week").casefold()):
        return AS_USUAL
    return read_hours(text) or (None, None)


def _other(day: date, hours: tuple[int | None, int | None], reason: str) -> DayHours:
    from crm_tui.services.companions.schedule_rules import DayHours

    starts, ends = hours
    return DayHours(day, starts, ends, reason)
