"""One companion's business day at a glance; kept up to date while it is open."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from crm_tui.core.language import _, ngettext
from crm_tui.core.money import yuan
from crm_tui.screens import companion_cells
from crm_tui.widgets.text import shown
from crm_tui.widgets.timeline import Moment, moments_in_lines

if TYPE_CHECKING:
    from crm_tui.screens.desk import Studio
    from crm_tui.services.companions.day import CompanionDayView

WINDOWS = 3
"""Coming windows that are named."""
ENTRIES = 6
"""Entries of the credit that are named."""
BEGINS_AT = 100


class CompanionDayDialog(ModalScreen[str | None]):
    """What happened, what was earned, what lies ahead, credit with its reasons, skills, schedule.

    Answers the id of the command that is to be carried out next.
    """

    DEFAULT_CSS = "CompanionDayDialog { align: center middle; }"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,enter,q", "dismiss", show=False),
        Binding("j,down", "scroll(1)", show=False),
        Binding("k,up", "scroll(-1)", show=False),
        Binding("e", "dismiss('companion.edit')", show=False),
        Binding("h", "dismiss('companion.hours')", show=False),
        Binding("o", "dismiss('companion.open')", show=False),
        Binding("C", "dismiss('companion.correct')", show=False),
    ]

    def __init__(self, view: CompanionDayView, studio: Studio, now: Callable[[], datetime]) -> None:
        super().__init__()
        self._view, self._studio, self._now = view, studio, now

    @property
    def companion_id(self) -> int:
        """Whose day it is."""
        return self._view.row.id

    def compose(self) -> ComposeResult:
        with VerticalScroll(classes="dialog tall") as box:
            yield Static(markup=False)
        box.border_subtitle = Content(
            _("e edits, h schedule, o order, C credit, j k scroll, Esc closes")
        )

    def on_mount(self) -> None:
        self.show_day(self._view)

    def show_day(self, view: CompanionDayView) -> None:
        """Show the day as it is now."""
        self._view = view
        row = view.row
        title = f"{row.nick} · {row.presence.label} · {view.day:%m-%d}"
        self.query_one(VerticalScroll).border_title = shown(title)
        parts = (part for part in self._parts() if part.plain)
        self.query_one(Static).update(Content("\n").join(parts))

    def action_scroll(self, lines: int) -> None:
        """Scroll by ``lines``."""
        self.query_one(VerticalScroll).scroll_relative(y=lines, animate=False)

    def _parts(self) -> Iterator[Content]:
        view, now, wall = self._view, self._now(), self._studio.wall
        row = view.row
        yield shown(" · ".join(companion_cells.facts(row)), "$text-muted")
        yield shown(" · ".join(companion_cells.load(row, now, wall)[1:]))
        yield shown(self._earned())
        yield shown(row.note, "$text-accent")
        yield from _part(_("Today"), [self._moments()])
        yield from _part(_("Ahead"), map(shown, self._ahead()))
        yield from _part(_("Credit"), map(shown, self._credit()))
        yield from _part(
            _("Skills"), [shown(" · ".join((*companion_cells.skills(row), *row.tags)))]
        )
        yield from _part(_("Schedule"), map(shown, self._schedule()))
        known = [f"{each.label}: {each.shown}" for each in view.fields if each.shown]
        yield from _part(_("Fields"), map(shown, known))

    def _earned(self) -> str:
        view = self._view
        if not view.finished:
            return ""
        return ngettext(
            "{count} order finished, ¥{earned} of ¥{gross} earned",
            "{count} orders finished, ¥{earned} of ¥{gross} earned",
            view.finished,
        ).format(count=view.finished, earned=yuan(view.earned_fen), gross=yuan(view.gross_fen))

    def _moments(self) -> Content:
        told = [
            Moment(f"{self._studio.wall(each.at):%H:%M}", shown(each.text))
            for each in self._view.moments
        ]
        return moments_in_lines(told) if told else shown(_("Nothing yet."), "$text-muted")

    def _ahead(self) -> Iterator[str]:
        wall = self._studio.wall
        for promise in self._view.promises:
            says = _("{time}  kept for {order}: {customer}, {minutes} min")
            yield says.format(
                time=f"{wall(promise.start_at):%m-%d %H:%M}",
                order=promise.order,
                customer=promise.customer,
                minutes=promise.minutes,
            )
        for begin, end in (self._view.windows or ())[:WINDOWS]:
            says = _("{begin} to {end}  works")
            yield says.format(begin=f"{wall(begin):%m-%d %H:%M}", end=f"{wall(end):%H:%M}")

    def _credit(self) -> Iterator[str]:
        view = self._view
        terms = [str(BEGINS_AT)]
        for cause, points, times in view.credit_by_cause:
            counted = f" ({times})" if times > 1 else ""
            terms.append(f"{'-' if points < 0 else '+'} {abs(points)} {cause.label}{counted}")
        reckoned = f" = {' '.join(terms)}" if view.credit_by_cause else ""
        yield f"{view.row.credit}{reckoned}"
        for entry in view.credit[:ENTRIES]:
            at = f"{self._studio.wall(entry.at):%m-%d %H:%M}"
            told = (f"{at}  {entry.points:+d}", entry.cause.label, entry.order or "", entry.note)
            yield "  ".join(filter(None, told))

    def _schedule(self) -> Iterator[str]:
        from crm_tui.services.companions.schedule_words import hours_in_words, week_in_words

        yield week_in_words(self._view.week) or _("whenever idle")
        for other in self._view.other_days:
            hours = hours_in_words(other.starts, other.ends)
            yield "  ".join(filter(None, (f"{other.day:%m-%d}", hours, other.reason)))


def _part(heading: str, lines: Iterable[Content]) -> Iterator[Content]:
    """A headed part; none where it has nothing to say."""
    listed = [line for line in lines if line.plain]
    if listed:
        yield Content.styled(heading, "bold")
        yield from listed
